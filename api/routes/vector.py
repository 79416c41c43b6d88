"""The flat map over HTTP: vector tiles, TileJSON, styles."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from api.caching import matches
from api.reply import reply
from api.twin import Serving
from tiles.vector.layers import MAPS, vector_map
from tiles.vector.mercator import TileAddress
from tiles.vector.styles import style

router = APIRouter(tags=["maps"])
MEDIA = "application/vnd.mapbox-vector-tile"


def _base(request: Request) -> str:
    return str(request.base_url).rstrip("/")


@router.get("/maps/style/{theme}.json")
def map_style(theme: str, request: Request) -> Response:
    """A MapLibre style document."""
    tilejson = {each.id: f"{_base(request)}/maps/{each.id}.json" for each in MAPS}
    return reply(request, style(theme, tilejson))


@router.get("/maps/{map}.json")
def tilejson(map: str, request: Request, served: Serving) -> Response:
    """TileJSON of a map."""
    template = f"{_base(request)}/maps/{map}/{{z}}/{{x}}/{{y}}.mvt"
    return reply(request, served.maps.tilejson(vector_map(map), template))


@router.get(
    "/maps/{map}/{z}/{x}/{y}.mvt",
    responses={200: {"content": {MEDIA: {}}, "description": "The tile"}, 204: {"description": "Nothing lies in it"}},
)
def map_tile(map: str, z: int, x: int, y: int, *, request: Request, served: Serving) -> Response:
    """One vector tile."""
    chosen = vector_map(map)
    address = TileAddress(z, x, y)
    headers = {"Cache-Control": "private, no-cache", "ETag": f'"{map}-{served.maps.version(chosen)}"'}
    if matches(request.headers.get("if-none-match", ""), headers["ETag"]):
        return Response(status_code=304, headers=headers)
    tile = served.maps.tile(chosen, address)
    return Response(tile, 200, headers, MEDIA) if tile else Response(status_code=204, headers=headers)
