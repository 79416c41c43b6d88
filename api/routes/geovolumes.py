"""OGC API - 3D GeoVolumes: every tileset of the twin as a collection, found by where it is."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from api.reply import reply
from api.routes.features import parse_bbox
from api.twin import Serving
from tiles.tileset import ROOT_DOCUMENT
from tiles.vector.layers import MAPS
from tiles.volumes import Volume, volumes
from twin.errors import InvalidValue, NotFound
from twin.types import Bbox

router = APIRouter(tags=["geovolumes"])

CONFORMS = (
    "http://www.opengis.net/spec/ogcapi-common-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-common-2/1.0/conf/collections",
    "https://www.opengis.net/spec/ogcapi-geovolumes-1/1.0/conf/core",
    "https://www.opengis.net/spec/ogcapi-geovolumes-1/1.0/conf/3d-tiles",
)
OGC_REL = "http://www.opengis.net/def/rel/ogc/1.0/"
CRS84H = "http://www.opengis.net/def/crs/OGC/0/CRS84h"
TILESET = "application/json+3dtiles"
GIVE = "Give west,south,east,north in degrees, or west,south,low,east,north,high with ellipsoidal metres"

Box = Annotated[
    str | None,
    Query(description="west,south,east,north in degrees; or west,south,low,east,north,high with ellipsoidal metres"),
]


@router.get("/conformance")
def conformance(request: Request) -> Response:
    """The conformance classes of OGC API that are answered here."""
    return reply(request, {"conformsTo": CONFORMS})


@router.get("/collections")
def collections(request: Request, served: Serving, bbox: Box = None) -> Response:
    """Every tileset: layers of kinds, landmarks, point clouds, models. With a box, those that it touches."""
    wanted = None if bbox is None else parse_space(bbox)
    found = [one for one in volumes(served.tiles, served.tilesets.landmarks) if _touches(one, wanted)]
    return reply(
        request,
        {
            "links": [
                {"rel": "self", "type": "application/json", "href": "/collections", "title": "This document"},
                {"rel": "service-desc", "type": "application/json", "href": "/openapi.json", "title": "The API"},
                {
                    "rel": f"{OGC_REL}conformance",
                    "type": "application/json",
                    "href": "/conformance",
                    "title": "What of the standards is answered",
                },
            ],
            "numberMatched": len(found),
            "numberReturned": len(found),
            "collections": [collection(one) for one in found],
        },
    )


@router.get("/collections/{name}")
def one_collection(name: str, request: Request, served: Serving, bbox: Box = None) -> Response:
    """One tileset: where it is, and its document. With a box that it does not touch, it has no content."""
    wanted = None if bbox is None else parse_space(bbox)
    for one in volumes(served.tiles, served.tilesets.landmarks):
        if one.name == name:
            return reply(request, collection(one, shown=_touches(one, wanted)))
    raise NotFound(f"collection {name}", "there is no such tileset", "See /collections")


def collection(one: Volume, *, shown: bool = True) -> dict[str, Any]:
    """A tileset as the standard describes a 3D container; `shown`: with its content."""
    box = one.bbox
    space = [box.west, box.south, one.low_m, box.east, box.north, one.high_m]
    content = _content(one) if shown else []
    return {
        "id": one.name,
        "title": one.title_en,
        "title_zh": one.title_zh,
        "itemType": "unknown" if one.made_of == "tileset" else one.made_of,
        "collectionType": "3d-container",
        "features": one.features,
        "extent": {"spatial": {"bbox": [space], "crs": CRS84H}},
        "contentExtent": {"bbox": space, "crs": CRS84H},
        "links": [
            {"rel": "self", "type": "application/json", "href": f"/collections/{one.name}"},
            *({**link, "rel": f"{OGC_REL}3d-geovolumes"} for link in content if link["type"] == TILESET),
            *(link for link in content if link["type"] != TILESET),
        ],
        "content": content,
    }


def _content(one: Volume) -> list[dict[str, str]]:
    """The tileset; then the TileJSON of each flat map that shows the same kind."""
    flat = [each for each in MAPS if one.made_of == "layer" and any(one.name in layer.kinds for layer in each.layers)]
    return [
        {"rel": "original", "type": TILESET, "href": one.url, "title": f"{one.title_en}: {ROOT_DOCUMENT}"},
        *(
            {
                "rel": "alternate",
                "type": "application/json",
                "href": f"/maps/{each.id}.json",
                "title": f"{each.title_en}: flat map, TileJSON",
            }
            for each in flat
        ),
    ]


def parse_space(text: str) -> tuple[Bbox, float, float]:
    """A box of four numbers, of all heights, or of six. Raises `InvalidValue`."""
    parts = text.split(",")
    if len(parts) not in (4, 6):
        raise InvalidValue("bbox", "it is not four or six numbers", GIVE)
    if len(parts) == 4:
        return parse_bbox(text), float("-inf"), float("inf")
    try:
        low, high = float(parts[2]), float(parts[5])
    except ValueError as error:
        raise InvalidValue("bbox", "its heights are no numbers", GIVE) from error
    if not low <= high:
        raise InvalidValue("bbox", "its lower height is above its upper one", GIVE)
    return parse_bbox(",".join((*parts[:2], *parts[3:5]))), low, high


def _touches(one: Volume, wanted: tuple[Bbox, float, float] | None) -> bool:
    if wanted is None:
        return True
    box, (area, low, high) = one.bbox, wanted
    flat = box.west <= area.east and area.west <= box.east and box.south <= area.north and area.south <= box.north
    return flat and one.low_m <= high and low <= one.high_m
