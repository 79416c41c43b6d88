"""One entity in full, and finding entities by words."""

from __future__ import annotations

from collections import Counter
from typing import Annotated, Any

import numpy as np
from fastapi import APIRouter, Query, Request, Response

from api.cells import cell_asked, describe_cell
from api.live import latest_of_sensor
from api.moments import At, KnownAt, moment_of
from api.reply import reply
from api.standing import stand_at
from api.twin import Serving, TheCity
from scenes.base import City
from scenes.inventory import DEVICE_KINDS
from scenes.places import grid_above, lonlat_of, open_attributes, title_of
from twin.entity import Entity
from twin.geo import cells

router = APIRouter(tags=["entities"])

Times = dict[str, int | None]
"""`at` and `known_at` as the store takes them; empty: now."""

CELL_RESOLUTIONS = (9, 12)


def _cells(lonlat: list[float] | None) -> dict[str, str]:
    if lonlat is None:
        return {}
    point = np.asarray([lonlat])
    return {str(res): cells.cell_to_name(int(cells.lonlat_to_cells(point, res)[0])) for res in CELL_RESOLUTIONS}


def _grid(city: City, entity: Entity, times: Times) -> dict[str, Any] | None:
    grid = grid_above(city.store, entity, **times)
    if grid is None:
        return None
    return {"id": grid.id, "code": grid.attributes.get("code") or grid.grid_code, "name": title_of(grid)}


def _sensor(city: City, device: Entity, times: Times) -> dict[str, Any]:
    return {
        "id": device.id,
        "kind": device.kind,
        "name": title_of(device),
        "category": device.attributes.get("category"),
        "status": device.attributes.get("status"),
        "latest": [] if times else latest_of_sensor(city.live, device.id),  # what it says now is not what it said then
    }


def describe(city: City, entity: Entity, times: Times | None = None) -> dict[str, Any]:
    """Everything a detail panel shows of an entity; with `times`, of what stood and was known then."""
    times = times or {}
    below = city.store.children(entity.id, **times)
    devices = [entity] if entity.kind in DEVICE_KINDS else [child for child in below if child.kind in DEVICE_KINDS]
    lonlat = lonlat_of(entity)
    attributes = open_attributes(entity)
    stands = float(stand_at(city.store, [entity], **times)[0])
    return {
        "id": entity.id,
        "number": city.store.number(entity.id),
        "kind": entity.kind,
        "title": title_of(entity),
        "lonlat": lonlat,
        "height_m": entity.height_m,
        "base_m": entity.base_m,
        "stands_m": None if np.isnan(stands) else stands,
        "storeys": entity.storeys,
        "storeys_below": entity.storeys_below,
        "attributes": attributes,
        "address": attributes.get("address"),
        "use": attributes.get("use"),
        "grid": _grid(city, entity, times),
        "cells": _cells(lonlat),
        "parent": entity.parent,
        "children": dict(Counter(child.kind for child in below)),
        "sensors": [_sensor(city, device, times) for device in devices],
        "source": entity.source,
        "valid_from": entity.valid_from,
        "valid_to": entity.valid_to,
    }


@router.get("/entities/{id:path}")
def entity(id: str, request: Request, served: Serving, at: At = None, known_at: KnownAt = None) -> Response:
    """What is known of one entity: shape, attributes, grid, cells, what hangs under it, its sensors' latest values.

    With `at`: as it stood then, without readings of sensors. `cell/h3-10/8a…` is a cell, with its value now in every
    layer of cells of that kind.
    """
    if (cell := cell_asked(id)) is not None:
        return reply(request, describe_cell(served, *cell))
    city = served.city
    moment = moment_of(at, known_at, city.zone)
    times: Times = {} if moment is None else {"at": moment.at, "known_at": moment.known_at}
    return reply(request, describe(city, city.store.get(id, **times), times))


@router.get("/search")
def search(
    request: Request,
    city: TheCity,
    q: Annotated[str, Query(min_length=1, max_length=200, description="Words of a name, address, code or id")],
    limit: Annotated[int, Query(ge=1, le=1000)] = 50,
) -> Response:
    """Entities whose name, address, code or id has these words."""
    page = city.store.find(text=q, limit=limit)
    return reply(
        request,
        [
            {"id": found.id, "kind": found.kind, "title": title_of(found), "lonlat": lonlat_of(found)}
            for found in page.entities
        ],
    )
