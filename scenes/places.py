"""Where things are, in words: positions, titles, the grid a device stands in."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

import numpy as np
import shapely

from scenes.inventory import Devices, Grids, Inventory
from twin.entity import Entity
from twin.errors import UnknownEntity
from twin.kinds import BY_ID
from twin.store import Store

MAX_DEPTH = 10
"""Longest way up from an entity to its district."""


def lonlat_of(entity: Entity) -> list[float] | None:
    """A point in the entity's footprint, [lon, lat] degrees; None where it has no footprint."""
    if entity.footprint is None:
        return None
    point = shapely.from_wkb(entity.footprint).representative_point()
    return [point.x, point.y]


def title_of(entity: Entity) -> str:
    """What to call an entity: its name, title, address or code; the kind and id where it has none."""
    for name in ("name", "title", "address", "code"):
        value = entity.attributes.get(name)
        if value:
            return str(value)
    kind = BY_ID.get(entity.kind)
    return f"{kind.title_zh if kind else entity.kind} {entity.id}"


def open_attributes(entity: Entity) -> dict[str, Any]:
    """The attributes that everybody may see: those that the kind calls sensitive are left out."""
    kind = BY_ID.get(entity.kind)
    hidden = kind.sensitive if kind else ()
    return {name: value for name, value in entity.attributes.items() if name not in hidden}


def titles(store: Store, ids: Iterable[str]) -> dict[str, str]:
    """Titles by id; an id that has left the model meanwhile has none."""
    found = {}
    for id in ids:
        try:
            found[id] = title_of(store.get(id))
        except UnknownEntity:
            continue
    return found


def grid_above(store: Store, entity: Entity, *, at: int | None = None, known_at: int | None = None) -> Entity | None:
    """The grid an entity belongs to: the nearest one above it, else the one its middle lies in."""
    above = entity
    for _ in range(MAX_DEPTH):
        if above.kind == "grid":
            return above
        if above.parent is None:
            break
        try:
            above = store.get(above.parent, at=at, known_at=known_at)
        except UnknownEntity:
            break  # a parent that is named by the source but is not in the twin
    lonlat = lonlat_of(entity)
    if lonlat is None:
        return None
    return next(iter(store.containing(lonlat[0], lonlat[1], ("grid",), at=at, known_at=known_at)), None)


@lru_cache(maxsize=4)
def _grids_at(devices: Devices, grids: Grids) -> dict[str, str | None]:
    placed = np.flatnonzero(np.isfinite(devices.lonlat).all(axis=1))
    tree = shapely.STRtree(grids.polygons)
    point, grid = tree.query(shapely.points(devices.lonlat[placed]), predicate="intersects")
    return {
        devices.ids[placed[p]]: grids.ids[g] for p, g in zip(point[::-1].tolist(), grid[::-1].tolist(), strict=True)
    }


def grid_of_devices(inventory: Inventory) -> dict[str, str | None]:
    """Device id to the id of the grid it stands in; on a border, the grid that was declared first."""
    return _grids_at(inventory.devices, inventory.grids)
