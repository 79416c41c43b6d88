"""Where stays are: place keys as given, of named entities on their floors, or of the cell that a position lies in.

Reading only looks places up. Keys are given to entities that have none when the whole source has proved good, so that
a source that is refused leaves no key behind.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import shapely

from twin.errors import InvalidValue, UnknownEntity
from twin.geo.cells import (
    NO_UNIT,
    PLACE_RES,
    UNKNOWN_FLOOR,
    cells_to_keys,
    keys_of_cells,
    lonlat_to_cells,
    name_to_cell,
    no_finer_than,
)
from twin.geo.vehicles import keys_of_vehicles, vehicle_key
from twin.ingest.datum import LONLAT, to_lonlat
from twin.ingest.source import Options
from twin.ingest.staycells import valid
from twin.ingest.stayrows import Located, RowCheck
from twin.store import Store
from twin.types import F64, I64, U64, Bools

_FEW = 500
"""Up to so many new names are asked for one by one; for more, the whole model is read once."""

_DEEPEST = 12
"""Steps upwards that are followed at most: the kinds need six, and a loop of parents would have no end."""

_LEAST_KEY = 1 << 53
"""Smaller numbers would be keys near the North Pole: they are somebody's own numbering of places."""

_UNKNOWN = -1
_CELL_NAME = re.compile("8[0-9a-f]{14}")


@dataclass(frozen=True, slots=True)
class _Thing:
    """What is needed of an entity to place a stay in it. `venues`: what it is, the most particular first."""

    footprint: bytes | None
    parent: str | None
    level: int
    venues: tuple[str, ...]


@dataclass(slots=True)
class StayPlaces:
    """Places of one source. `store` is None where there is no twin yet: then named places are not looked up.

    The place of a stay is a key, or, for a named entity, the number of an (entity, floor) whose key is given last. A
    place that is no entity's id may be the name of an H3 cell. A position is the cell of resolution `res` it lies in;
    with `or_position` it also stands for a place that is not known (a tower has a number of its own, and a position).
    """

    store: Store | None
    options: Options
    res: int = PLACE_RES
    or_position: bool = False
    _names: dict[str, int] = field(default_factory=dict)
    _ids: list[str] = field(default_factory=list)
    _points: list[tuple[float, float]] = field(default_factory=list)
    _levels: list[int] = field(default_factory=list)
    _venues: list[tuple[str, ...]] = field(default_factory=list)
    _cells: dict[str, int] = field(default_factory=dict)
    _pairs: dict[tuple[int, int], int] = field(default_factory=dict)
    _things: dict[str, _Thing] = field(default_factory=dict)
    _whole: bool = False

    def place(self, stays: Located, check: RowCheck) -> tuple[U64, Bools, Bools]:
        """(n,) keys or numbers of (entity, floor), (n,) which are such numbers, (n,) which stays have a place."""
        places = np.zeros(len(stays), dtype=np.uint64)
        keyed, told = valid(stays.key), valid(stays.place)
        told &= ~keyed
        named = np.zeros(len(stays), dtype=bool)
        good = np.ones(len(stays), dtype=bool)
        if keyed.any():
            places[keyed], good[keyed] = _read_keys(stays.key.filter(pa.array(keyed)))
            check.refuse("stay.unknown-place", stays.numbers[keyed & ~good], "Its key is no key of a place")
        if told.any():
            places[told], good[told], named[told] = self._named(stays.keep(told))
            if self.or_position:
                instead = told & ~good & np.isfinite(stays.xy).all(axis=1)
                told, good = told & ~instead, good | instead
            why = "It names a place that is not in this twin, or has no position there"
            check.refuse("stay.unknown-place", stays.numbers[told & ~good], why)
        spots = ~keyed & ~told
        if spots.any():
            places[spots], good[spots] = self._positions(stays.xy[spots], stays.floor[spots], check.name)
            why = "It names no place and has no position on Earth"
            check.refuse("stay.unknown-place", stays.numbers[spots & ~good], why)
        return places, named, good

    def keys(self) -> U64:
        """The keys of all (entity, floor) in the order of their numbers; an entity without one gets one."""
        if self.store is None or not self._pairs:
            return np.empty(0, dtype=np.uint64)
        at = [entity for entity, _ in self._pairs]
        points = np.array([self._points[entity] for entity in at], dtype=np.float64)
        floors = np.array([floor for _, floor in self._pairs], dtype=np.int64)
        return self.store.places.assign([self._ids[entity] for entity in at], points, floors)

    def venues(self) -> list[tuple[str, ...]]:
        """What each (entity, floor) is, by number: its category and its kind, as far as they are known."""
        return [self._venues[entity] for entity, _ in self._pairs]

    def _named(self, stays: Located) -> tuple[U64, Bools, Bools]:
        """(n,) keys or numbers of (entity, floor), (n,) which are known, (n,) which are such numbers."""
        coded = stays.place.dictionary_encode()
        names, at = coded.dictionary.to_pylist(), coded.indices.to_numpy()
        if self.store is None:
            dealt = np.array([self._names.setdefault(name, len(self._names)) for name in names], dtype=np.uint64)
            return dealt[at], np.ones(len(stays), dtype=bool), np.ones(len(stays), dtype=bool)
        self._learn(self.store, [name for name in names if name not in self._names])
        entity = np.array([self._names[name] for name in names], dtype=np.int64)[at]
        cell = np.array([self._cells.get(name, 0) for name in names], dtype=np.uint64)[at]
        numbers = self._entities(entity, stays.floor)
        places = np.maximum(numbers, 0).astype(np.uint64)
        places[cell > 0] = cells_to_keys(cell[cell > 0], stays.floor[cell > 0], NO_UNIT)
        return places, (numbers != _UNKNOWN) | (cell > 0), numbers != _UNKNOWN

    def _entities(self, entity: I64, floors: I64) -> I64:
        """(n,) entities and floors to numbers of (entity, floor), -1 for no entity.

        A stay without a floor is on the entity's own level, or on an unknown floor of an entity that has several.
        """
        level = np.array([*self._levels, UNKNOWN_FLOOR], dtype=np.int64)[entity]
        floor = np.where(floors == UNKNOWN_FLOOR, level, floors)
        code, back = np.unique((entity << 8) | (floor + 128), return_inverse=True)
        numbers = [
            _UNKNOWN if one < 0 else self._pairs.setdefault((one >> 8, (one & 255) - 128), len(self._pairs))
            for one in code.tolist()
        ]
        return np.array(numbers, dtype=np.int64)[back]

    def _learn(self, store: Store, names: list[str]) -> None:
        if not self._whole and len(names) > _FEW:
            self._things, self._whole = _whole_model(store), True
        found = {name: here for name in names if (here := self._find(store, name)) is not None}
        shapes = shapely.from_wkb(np.array([wkb for wkb, _, _ in found.values()], dtype=object))
        points = shapely.get_coordinates(shapely.point_on_surface(shapes))
        for (name, (_, level, venues)), (lon, lat) in zip(found.items(), points.tolist(), strict=True):
            self._names[name] = len(self._ids)
            self._ids.append(name)
            self._points.append((lon, lat))
            self._levels.append(level)
            self._venues.append(venues)
        unknown = set(names) - set(found)
        self._names.update(dict.fromkeys(unknown, _UNKNOWN))
        self._cells.update({name: cell for name in unknown if (cell := _cell(name))})

    def _find(self, store: Store, name: str) -> tuple[bytes, int, tuple[str, ...]] | None:
        """(footprint, level, what it is) of an entity; None for one that is not there or has no place on the map.

        A unit without a footprint of its own lies in that of its storey, or of its building.
        """
        thing = self._thing(store, name)
        level, venues = (thing.level, thing.venues) if thing else (UNKNOWN_FLOOR, ())
        for _ in range(_DEEPEST):
            if thing is None or thing.footprint is not None:
                break
            thing = self._thing(store, thing.parent) if thing.parent else None
        return (thing.footprint, level, venues) if thing is not None and thing.footprint is not None else None

    def _thing(self, store: Store, name: str) -> _Thing | None:
        if name not in self._things and not self._whole:
            try:
                entity = store.get(name)
                level, category = entity.attributes.get("level"), entity.attributes.get("category")
                venues = _venues(category, entity.kind)
                self._things[name] = _Thing(entity.footprint, entity.parent, _level(level), venues)
            except UnknownEntity:
                return None
        return self._things.get(name)

    def _positions(self, xy: F64, floors: I64, name: str) -> tuple[U64, Bools]:
        """(n,) keys of the cells that positions lie in, on their floors; (n,) which are on Earth."""
        keys = np.zeros(len(xy), dtype=np.uint64)
        finite: Bools = np.isfinite(xy[:, 0]) & np.isfinite(xy[:, 1])
        if not finite.any():
            return keys, finite
        once, back = np.unique(xy[finite], axis=0, return_inverse=True)
        lonlat, _ = to_lonlat(once[:, 0], once[:, 1], None, self.options, LONLAT, thing=name)
        fine: Bools = np.isfinite(lonlat[:, 0])
        cells = np.zeros(len(once), dtype=np.uint64)
        cells[fine] = lonlat_to_cells(lonlat[fine], self.res)
        good = finite.copy()
        good[finite] = fine[back]
        keys[good] = cells_to_keys(cells[back][fine[back]], floors[good], NO_UNIT)
        return keys, good


def _whole_model(store: Store) -> dict[str, _Thing]:
    """Every entity of the twin by its id."""
    model: dict[str, _Thing] = {}
    for kind in store.counts():
        columns = store.columns(kind, ["level", "category"])
        told = columns.attributes
        rows = zip(columns.ids, columns.wkb, columns.parents, told["level"], told["category"], strict=True)
        model.update((id_, _Thing(wkb, up, _level(level), _venues(sort, kind))) for id_, wkb, up, level, sort in rows)
    return model


def _venues(category: object, kind: str) -> tuple[str, ...]:
    return (category, kind) if isinstance(category, str) else (kind,)


def _cell(name: str) -> int:
    """The H3 cell of a name, no finer than a place key holds; 0 where it is none."""
    try:
        return no_finer_than(name_to_cell(name), PLACE_RES) if _CELL_NAME.fullmatch(name) else 0
    except ValueError:
        return 0


def _level(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else UNKNOWN_FLOOR


def _read_keys(column: pa.Array) -> tuple[U64, Bools]:
    """Keys as numbers, or written as decimal or 0x hexadecimal ones or as places on vehicles; which are of places."""
    if pa.types.is_uint64(column.type):
        keys = np.asarray(column.to_numpy(zero_copy_only=False), dtype=np.uint64)
        return keys, (keys >= np.uint64(_LEAST_KEY)) & _of_places(keys)
    coded = column.dictionary_encode()
    read = [_key(written) for written in coded.dictionary.to_pylist()]
    keys = np.array([key or 0 for key in read], dtype=np.uint64)
    at = coded.indices.to_numpy()
    good = np.array([key is not None for key in read], dtype=bool) & _of_places(keys)
    return keys[at], np.asarray(good[at])


def _of_places(keys: U64) -> Bools:
    """(n,) whether each is the key of a place on the ground or on a vehicle."""
    good = keys_of_cells(keys)
    if not good.all():
        good[~good] = keys_of_vehicles(keys[~good])
    return good


def _key(written: str) -> int | None:
    if "/" in written:
        try:
            return vehicle_key(written)
        except InvalidValue:
            return None
    try:
        key = int(written, 16) if written.lower().startswith("0x") else int(written)
    except ValueError:
        return None
    return key if _LEAST_KEY <= key < 1 << 64 else None
