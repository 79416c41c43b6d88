"""States of features, beside the tiles: which there are, and each as one binary column."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from api.reply import reply
from api.sending import accepts_brotli, names_tag
from api.twin import Serving

router = APIRouter(tags=["state"])

MEDIA_TYPE = "application/vnd.quanyu.state"


@router.get("/state")
def states(request: Request, served: Serving) -> Response:
    """The states that scenes declare. Any attribute of a tiled kind is one, too: `/state/building.use`."""
    found = [
        {
            "id": one.id,
            "kind": one.kind,
            "cells": one.cells,
            "title_en": one.title_en,
            "title_zh": one.title_zh,
            "url": f"/state/{one.id}",
        }
        for one in served.states.declared()
    ]
    return reply(request, found)


@router.get("/state/{layer}")
def state(layer: str, request: Request, served: Serving) -> Response:
    """One value or class a feature, by its stable number (`docs/tiles.md` has the format). ETag by content."""
    current = served.states.current(layer)
    headers = {"Cache-Control": "private, no-cache, no-transform", "Vary": "Accept-Encoding"}
    packed = accepts_brotli(request.headers.get("accept-encoding", "").encode())
    headers["ETag"] = f'"{current.tag}{".br" if packed else ""}"'
    if names_tag(request.headers.get("if-none-match", "").encode(), current.tag):
        return Response(status_code=304, headers=headers)
    if packed:
        headers["Content-Encoding"] = "br"
    return Response(current.packed if packed else current.body, headers=headers, media_type=MEDIA_TYPE)
