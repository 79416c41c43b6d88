"""Cells over the twin, for whoever draws them: their ids, where each hangs in the lattice, where that is on Earth."""

from __future__ import annotations

from functools import lru_cache

import brotli
from fastapi import APIRouter, Request, Response

from api.sending import accepts_brotli, names_tag
from api.twin import TheCity
from scenes.cells import lattice_of
from tiles.contents import content_hash
from tiles.lattice import encode
from twin.geo.lattice import Lattice

router = APIRouter(tags=["cells"])

MEDIA_TYPE = "application/vnd.quanyu.cells"


@lru_cache(maxsize=16)
def _packed(cells: Lattice) -> tuple[bytes, bytes, str]:
    """The lattice on the wire, the same compressed, what stands for it."""
    body = encode(cells)
    return body, brotli.compress(body, quality=4), content_hash(body)


@router.get("/cells/{name}", responses={200: {"content": {MEDIA_TYPE: {}}, "description": "The lattice"}})
def cells(name: str, request: Request, city: TheCity) -> Response:
    """Every cell over the twin: `h3-10` is H3's resolution 10, `square-100` are squares of 100 m. ETag by content."""
    body, packed, tag = _packed(lattice_of(city.store, name))
    compressed = accepts_brotli(request.headers.get("accept-encoding", "").encode())
    headers = {"Cache-Control": "private, no-cache, no-transform", "Vary": "Accept-Encoding"}
    headers["ETag"] = f'"{tag}{".br" if compressed else ""}"'
    if names_tag(request.headers.get("if-none-match", "").encode(), tag):
        return Response(status_code=304, headers=headers)
    if compressed:
        headers["Content-Encoding"] = "br"
    return Response(packed if compressed else body, headers=headers, media_type=MEDIA_TYPE)
