"""Entities of a kind as GeoJSON, page by page."""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np
import orjson
import shapely
from fastapi import APIRouter, Query, Request, Response

from api.reply import reply
from api.standing import stand_at
from api.twin import TheCity
from scenes.places import open_attributes, title_of
from twin.entity import Entity
from twin.errors import InvalidValue, NotFound
from twin.kinds import BY_ID
from twin.store import Store
from twin.types import Bbox

router = APIRouter(tags=["features"])
MAX_PAGE = 10_000


def parse_bbox(text: str) -> Bbox:
    """`west,south,east,north` in degrees."""
    try:
        west, south, east, north = (float(part) for part in text.split(","))
    except ValueError as error:
        raise InvalidValue("bbox", "it is not four numbers", "Give west,south,east,north in degrees") from error
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        raise InvalidValue("bbox", "west/south must be below east/north, in degrees", "Give west,south,east,north")
    return Bbox(west, south, east, north)


def geojson(store: Store, entities: list[Entity]) -> list[dict[str, Any]]:
    """Entities as GeoJSON features."""
    footprints = shapely.from_wkb(np.asarray([entity.footprint for entity in entities], dtype=object))
    shapes = [None if text is None else orjson.Fragment(text) for text in shapely.to_geojson(footprints)]
    numbers = store.numbers([entity.id for entity in entities])
    heights = [None if np.isnan(height) else height for height in stand_at(store, entities).tolist()]
    return [
        {
            "type": "Feature",
            "id": entity.id,
            "geometry": shape,
            "properties": {
                **open_attributes(entity),
                "number": numbers[entity.id],
                "kind": entity.kind,
                "name": title_of(entity),
                "parent": entity.parent,
                "base_m": entity.base_m,
                "stands_m": stands,
                "height_m": entity.height_m,
                "storeys": entity.storeys,
            },
        }
        for entity, shape, stands in zip(entities, shapes, heights, strict=True)
    ]


@router.get("/features/{kind}")
def features(
    kind: str,
    request: Request,
    city: TheCity,
    *,
    bbox: Annotated[str | None, Query(description="west,south,east,north in degrees")] = None,
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE)] = 1000,
    cursor: Annotated[str | None, Query(description="`next` of the page before")] = None,
) -> Response:
    """Entities of one kind whose footprint meets the box; follow `next` until it is null."""
    if kind not in BY_ID:
        raise NotFound(f"kind {kind}", "there is no such kind", "See /kinds")
    box = parse_bbox(bbox) if bbox else None
    page = city.store.find(kinds=(kind,), bbox=box, limit=limit, cursor=cursor)
    return reply(
        request,
        {
            "type": "FeatureCollection",
            "features": geojson(city.store, page.entities),
            "numberReturned": len(page.entities),
            "numberMatched": page.total,
            "next": page.next,
        },
        media_type="application/geo+json",
    )
