"""The pages of the workplaces: one per scene, from `frontend-static/pages/`."""

from __future__ import annotations

from collections.abc import Callable

from fastapi import APIRouter
from fastapi.responses import FileResponse, RedirectResponse

from api.pages import page
from scenes import SCENES

router = APIRouter(tags=["pages"])


@router.get("/")
def start() -> RedirectResponse:
    """To the command wall."""
    return RedirectResponse("/wall", status_code=303)


def _page(path: str) -> Callable[[], FileResponse]:
    def send() -> FileResponse:
        return page(path)

    return send


for scene in SCENES:
    router.add_api_route(
        scene.path,
        _page(scene.path),
        methods=["GET"],
        response_class=FileResponse,
        name=f"page_{scene.id}",
        summary=scene.title_en,
    )
