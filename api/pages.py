"""How files of the front end are sent: checked anew at each visit, and forbidden to fetch from anywhere else."""

from __future__ import annotations

import os
from pathlib import Path

from fastapi import Response
from fastapi.responses import FileResponse
from fastapi.staticfiles import StaticFiles
from starlette.types import Scope

FRONTEND = Path(__file__).resolve().parent.parent / "frontend-static"

ONLY_US = {
    # The browser itself refuses whatever a page would fetch from another machine. Cesium needs blob workers and eval.
    "Content-Security-Policy": (
        "default-src 'self' data: blob: 'unsafe-inline' 'unsafe-eval'; frame-ancestors 'self'; form-action 'self'"
    ),
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-cache",
}


def page(path: str) -> FileResponse:
    """The page of a workplace: `/wall` is `pages/wall.html`."""
    return FileResponse(FRONTEND / "pages" / f"{path.strip('/')}.html", headers=ONLY_US)


class Files(StaticFiles):
    """Static files that a browser may keep but must ask for again, so that an upgrade never mixes two versions."""

    def file_response(
        self, full_path: str | os.PathLike[str], stat_result: os.stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        """As Starlette's, with our headers."""
        answer = super().file_response(full_path, stat_result, scope, status_code)
        answer.headers["Cache-Control"] = "no-cache"
        answer.headers["X-Content-Type-Options"] = "nosniff"
        return answer
