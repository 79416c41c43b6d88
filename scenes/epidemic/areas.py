"""Named areas as a scale: the keys of every building, estate, community … of a twin, for the presence engine.

A place belongs to the nearest entity of the kind that it hangs under. What is drawn over the buildings and not above
them in the tree (an estate, and a grid where a building hangs under none) takes the places that stand in its footprint:
a building with all that is in it goes by the building's own middle, so that no building is cut in two.
"""

from __future__ import annotations

import numpy as np
import shapely

from scenes.epidemic.keeping import kept
from scenes.places import MAX_DEPTH
from twin.errors import InvalidValue
from twin.presence import Areas, KeyRanges
from twin.store import PlaceTable, Store
from twin.types import F64, I64, U32, U64, Bools

BY_TREE = ("storey", "building")
"""Kinds that hold a place only where it hangs under them."""

BY_FOOTPRINT = ("estate", "grid", "community", "street", "district")
"""Kinds that also hold what stands in their footprint."""

AREA_KINDS = (*BY_TREE, *BY_FOOTPRINT)


def areas(store: Store, kind: str) -> Areas:
    """Every entity of a kind as an area of place keys, made once and again when model or place table have changed.

    An area's number is its entity's. Raises InvalidValue for a kind that is no area and for one that holds no place.
    """
    if kind not in AREA_KINDS:
        raise InvalidValue(f"scale {kind!r}", "is no kind of area", f"Take one of: {', '.join(AREA_KINDS)}")
    return kept(store, f"areas {kind}", lambda: _read(store, kind))


def _read(store: Store, kind: str) -> Areas:
    table, parents = store.places.table(), store.parents()
    area = above(table.numbers, parents, store.columns(kind).numbers)
    if kind in BY_FOOTPRINT:
        homeless = area == 0
        points = _middles(store, parents, table)[homeless]
        area[homeless] = _drawn_around(store, kind, points)
    held = area > 0
    if not held.any():
        raise InvalidValue(
            f"scale {kind!r}", f"no place of this twin lies in a {kind}", "Import them, or ask otherwise"
        )
    return Areas(kind, *key_ranges(table.keys[held], area[held].astype(np.int64)))


def above(numbers: U32, parents: U32, wanted: U32) -> U32:
    """(n,) numbers to the nearest of the `wanted` that each is or hangs under; 0: none."""
    parent = np.zeros(int(max(numbers.max(initial=0), wanted.max(initial=0), len(parents))) + 1, dtype=np.uint32)
    parent[: len(parents)] = parents
    is_wanted = np.zeros(len(parent), dtype=np.bool_)
    is_wanted[wanted] = True
    at = numbers.copy()
    for _ in range(MAX_DEPTH):
        at = np.where(is_wanted[at], at, parent[at])
    return np.where(is_wanted[at], at, np.uint32(0)).astype(np.uint32)


def _middles(store: Store, parents: U32, table: PlaceTable) -> F64:
    """(n, 2) where each place stands: the middle of its building, else its own point."""
    buildings = store.columns("building")
    middles = np.empty(len(buildings.ids) + 1, dtype=object)  # the last is nobody's
    middles[:-1] = shapely.point_on_surface(shapely.from_wkb(buildings.wkb))
    building = above(table.numbers, parents, buildings.numbers)
    at = np.where(building > 0, np.searchsorted(buildings.numbers, building), len(buildings.ids))
    known: Bools = ~shapely.is_missing(middles[at])
    points = table.lonlat.copy()
    points[known] = shapely.get_coordinates(middles[at[known]])
    return points


def _drawn_around(store: Store, kind: str, points: F64) -> U32:
    """(n, 2) points to the number of the entity around each: of several the smallest, then the first; 0: none."""
    drawn = store.columns(kind)
    shapes = shapely.make_valid(shapely.from_wkb(drawn.wkb))
    point, shape = shapely.STRtree(shapes).query(shapely.points(points), predicate="intersects")
    order = np.lexsort((shape, shapely.area(shapes)[shape], point))
    first, at = np.unique(point[order], return_index=True)
    found = np.zeros(len(points), dtype=np.uint32)
    found[first] = drawn.numbers[shape[order][at]]
    return found


def key_ranges(keys: U64, area: I64) -> tuple[KeyRanges, I64]:
    """(n,) ascending keys, each in one area, to half-open ranges: neighbours of one area are one range."""
    opens = np.ones(len(keys), dtype=np.bool_)
    opens[1:] = (keys[1:] != keys[:-1] + np.uint64(1)) | (area[1:] != area[:-1])
    first = np.flatnonzero(opens)
    last = np.append(first[1:], len(keys)) - 1
    return KeyRanges(keys[first], keys[last] + np.uint64(1)), area[first]
