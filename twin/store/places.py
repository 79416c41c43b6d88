"""The place table: which entity, on which floor, a place key stands for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from sqlalchemy import Connection, func, literal_column, select

from twin.errors import InvalidValue, UnknownPlace
from twin.geo.cells import PLACE_RES, cells_to_keys, keys_to_units, lonlat_to_cells
from twin.store.asof import standing
from twin.store.database import Database
from twin.store.place_info import describe
from twin.store.records import PlaceInfo, PlaceTable
from twin.store.tables import entity, entity_number, place
from twin.store.terrain import Terrain
from twin.store.writing import MANY
from twin.types import F64, I64, U64

_FLIP = np.uint64(1 << 63)
_UNIT_BITS = 13
_UNITS = (1 << _UNIT_BITS) - 1


def to_signed(keys: U64) -> list[int]:
    """(n,) place keys to signed integers of the same order: no database has a u64."""
    signed: list[int] = (np.asarray(keys, dtype=np.uint64) ^ _FLIP).view(np.int64).tolist()
    return signed


def to_keys(signed: Sequence[int]) -> U64:
    """The inverse of `to_signed`."""
    return np.array(signed, dtype=np.int64).view(np.uint64) ^ _FLIP


class Places:
    """Ties place keys to entities. A key, once given, stays with its entity and floor for good."""

    def __init__(self, database: Database, terrain: Terrain) -> None:
        self._database = database
        self._terrain = terrain

    def assign(self, ids: Sequence[str], lonlat: F64, floors: I64) -> U64:
        """(n,) keys for n entities at (n, 2) degrees on (n,) floors.

        The key that an (entity, floor) has already is given again; a new one takes the next unit number of its cell
        and floor. Raises `UnknownPlace` for an entity that is not in the twin.
        """
        points = np.asarray(lonlat, dtype=np.float64).reshape(-1, 2)
        levels = np.asarray(floors, dtype=np.int64)
        if not len(ids) == len(points) == len(levels):
            raise InvalidValue("places", "there are not as many ids as points and floors", "Give one of each")
        if (
            not np.isfinite(points).all()
            or (np.abs(points) > (180, 90)).any()
            or ((levels < -128) | (levels > 127)).any()
        ):
            raise InvalidValue("places", "a point is not on Earth or a floor is not in -128..127", "Check the columns")
        if not ids:
            return np.empty(0, dtype=np.uint64)
        with self._database.writing() as connection:
            return self._assign(connection, ids, points, levels)

    def _assign(self, connection: Connection, ids: Sequence[str], points: F64, levels: I64) -> U64:
        numbers = self._numbers(connection, ids)
        given = self._given(connection, list(set(numbers)))
        owners = {number for number, _ in given}
        pairs = list(zip(numbers, levels.tolist(), strict=True))
        first = {pair: i for i, pair in reversed(list(enumerate(pairs))) if pair not in given}
        order = sorted(first.values())
        keys = self._deal(connection, points[order], levels[order])
        rows = []
        for i, signed in zip(order, to_signed(keys), strict=True):
            number, floor = pairs[i]
            rows.append((signed, number, floor, *points[i].tolist(), number not in owners))
            owners.add(number)
            given[pairs[i]] = signed
        self._database.insert(connection, place, ("key", "number", "floor", "lon", "lat", "own"), rows)
        if len(rows) >= MANY:
            self._database.refresh_statistics(connection, place)
        return to_keys([given[pair] for pair in pairs])

    def _numbers(self, connection: Connection, ids: Sequence[str]) -> list[int]:
        query = select(entity_number.c.id, entity_number.c.number)
        rows = connection.execute(query.where(self._database.among(entity_number.c.id, list(set(ids)))))
        found = {row.id: row.number for row in rows}
        _all_there([id_ for id_ in ids if id_ not in found], len(ids), "no entity of the twin has this id")
        return [found[id_] for id_ in ids]

    def _given(self, connection: Connection, numbers: Sequence[int]) -> dict[tuple[int, int], int]:
        query = select(place.c.number, place.c.floor, place.c.key).where(self._database.among(place.c.number, numbers))
        return {(number, floor): key for number, floor, key in connection.execute(query)}

    def _deal(self, connection: Connection, points: F64, levels: I64) -> U64:
        """New keys: the unit numbers of a (cell, floor) are dealt 1, 2, 3, …; 0 is the floor as a whole."""
        bases = cells_to_keys(lonlat_to_cells(points, PLACE_RES), levels)
        taken = self._taken(connection, bases)
        keys = []
        for base in bases.tolist():
            unit = taken.get(base, 0) + 1
            if unit > _UNITS:
                reason = f"{_UNITS} places stand on one floor within 10 metres already"
                raise InvalidValue("places", reason, "Check their coordinates: many are probably the same")
            keys.append(base + unit)
            taken[base] = unit
        return np.array(keys, dtype=np.uint64)

    def _taken(self, connection: Connection, bases: U64) -> dict[int, int]:
        """The highest unit number of each (cell, floor) that has any, for those between the first and the last base."""
        if not len(bases):
            return {}
        low, high = to_signed(np.array([bases.min(), bases.max() + np.uint64(_UNITS)], dtype=np.uint64))
        query = select(func.max(place.c.key)).where(place.c.key.between(low, high))
        tops = to_keys(
            connection.execute(query.group_by(place.c.key.op(">>")(literal_column(str(_UNIT_BITS))))).scalars().all()
        )
        units = keys_to_units(tops)
        return dict(zip((tops - units.astype(np.uint64)).tolist(), units.tolist(), strict=True))

    def keys(self, ids: Sequence[str], floors: I64 | None = None) -> U64:
        """(n,) keys of n entities, each on its own floor (the first it was given) or on the given one.

        Raises `UnknownPlace` with the number of those that have no key, and the first of them.
        """
        query = select(entity_number.c.id, place.c.floor, place.c.key, place.c.own).join(
            place, place.c.number == entity_number.c.number
        )
        with self._database.reading() as connection:
            rows = connection.execute(query.where(self._database.among(entity_number.c.id, list(set(ids))))).all()
        wanted: list[Any]
        found: dict[Any, int]
        if floors is None:
            found = {row.id: row.key for row in rows if row.own}
            wanted = list(ids)
        else:
            found = {(row.id, row.floor): row.key for row in rows}
            wanted = list(zip(ids, np.asarray(floors).tolist(), strict=True))
        missing = [id_ for id_, pair in zip(ids, wanted, strict=True) if pair not in found]
        _all_there(missing, len(ids), "it has no place key" + ("" if floors is None else " on the given floor"))
        return to_keys([found[pair] for pair in wanted])

    def key_table(self) -> tuple[list[str], U64]:
        """Every (entity id, key), in the order of the keys: for joins in bulk."""
        query = select(entity_number.c.id, place.c.key).join(place, place.c.number == entity_number.c.number)
        with self._database.reading() as connection:
            rows = connection.execute(query.order_by(place.c.key)).all()
        return [row.id for row in rows], to_keys([row.key for row in rows])

    def table(self) -> PlaceTable:
        """Every key, in order: whose it is and where it stands."""
        query = select(place.c.key, place.c.number, place.c.lon, place.c.lat).order_by(place.c.key)
        with self._database.reading() as connection:
            rows = connection.execute(query).all()
        key, number, lon, lat = zip(*rows, strict=True) if rows else ((), (), (), ())
        points = np.array([lon, lat], dtype=np.float64).T
        return PlaceTable(to_keys(key), np.array(number, dtype=np.uint32), np.ascontiguousarray(points))

    def count(self) -> int:
        """How many keys were given: as long as it is the same, so is the table, for a key stays for good."""
        with self._database.reading() as connection:
            return int(connection.execute(select(func.count()).select_from(place)).scalar_one())

    def ranges(self, id: str) -> tuple[U64, U64]:
        """The keys of an entity and of everything under it, as half-open ranges [lo, hi), sorted and apart."""
        with self._database.reading() as connection:
            query = select(place.c.key).where(place.c.number.in_(_family(id)))
            keys = np.sort(to_keys(connection.execute(query).scalars().all()))
            if not len(keys):
                known = connection.execute(select(entity_number.c.number).where(entity_number.c.id == id)).scalar()
                _all_there([id] if known is None else [], 1, "no entity of the twin has this id")
        starts = np.ones(len(keys), dtype=bool)
        starts[1:] = keys[1:] != keys[:-1] + np.uint64(1)
        ends = np.roll(starts, -1)
        return keys[starts], keys[ends] + np.uint64(1)

    def describe(self, keys: U64) -> list[PlaceInfo]:
        """What each key stands for; a key of no entity is its cell and floor."""
        wanted = np.asarray(keys, dtype=np.uint64)
        terrain = self._terrain.relief(None, None)
        with self._database.reading() as connection:
            return describe(self._database, connection, wanted, to_signed(wanted), terrain)


def _family(id_: str) -> Any:
    """The numbers of an entity and of everything that stands under it, however deep."""
    top = (
        select(entity_number.c.number, entity_number.c.id)
        .where(entity_number.c.id == id_)
        .cte("family", recursive=True)
    )
    below = (
        select(entity_number.c.number, entity_number.c.id)
        .join(entity, entity.c.number == entity_number.c.number)
        .join(top, entity.c.parent == top.c.id)
        .where(standing())
    )
    return select(top.union(below).c.number)


def _all_there(missing: list[str], asked: int, reason: str) -> None:
    if missing:
        raise UnknownPlace(missing[0], f"{reason} ({len(missing)} of {asked} are unknown)", "Import the places first")
