"""What place keys stand for: the entity, its building, the height of its floor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import orjson
from sqlalchemy import Connection, select

from twin.geo.cells import UNKNOWN_FLOOR, cell_centres, cell_to_name, keys_to_cells, keys_to_floors
from twin.geo.vehicles import keys_on_vehicles, vehicle_name
from twin.store.asof import standing
from twin.store.database import Database
from twin.store.reading import versions
from twin.store.records import PlaceInfo
from twin.store.tables import entity, entity_number, meta, place
from twin.types import U64

STOREY_M = 3.0
"""Height of a storey where the building does not tell its own, metres."""

_DEEPEST = 12
"""Steps upwards that are followed at most: the kinds need six, and a loop of parents would have no end."""

_TITLES = ("name", "title", "address", "code")


@dataclass(frozen=True, slots=True)
class _Thing:
    """What is needed of an entity to describe a place in it."""

    id: str
    kind: str
    parent: str | None
    name: str
    base_m: float | None
    storey_m: float
    level: int | None


def describe(database: Database, connection: Connection, keys: U64, signed: Sequence[int]) -> list[PlaceInfo]:
    """One description a key, in the order asked for."""
    query = select(place.c.key, place.c.floor, place.c.lon, place.c.lat, entity_number.c.id).join(
        entity_number, entity_number.c.number == place.c.number
    )
    rows = {row.key: row for row in connection.execute(query.where(database.among(place.c.key, list(set(signed)))))}
    things = _things(database, connection, {row.id for row in rows.values()})
    ground = connection.execute(select(meta.c.ground_m)).scalar()
    moving = keys_on_vehicles(keys)
    cells = keys_to_cells(keys)
    centres = np.full((len(keys), 2), np.nan)
    centres[~moving] = cell_centres(cells[~moving])
    found = []
    for i, (key, floor) in enumerate(zip(keys.tolist(), keys_to_floors(keys).tolist(), strict=True)):
        row = rows.get(signed[i])
        if moving[i]:
            name, nowhere = vehicle_name(key), float("nan")
            found.append(PlaceInfo(key, None, name, "vehicle", UNKNOWN_FLOOR, nowhere, nowhere, None, None))
            continue
        if row is None:
            lon, lat = centres[i].tolist()
            height = _height([], floor, ground)
            found.append(PlaceInfo(key, None, cell_to_name(int(cells[i])), "cell", floor, lon, lat, height, None))
            continue
        line = _line(things, row.id)
        name, kind = (line[0].name, line[0].kind) if line else (row.id, "place")
        building = next((thing.id for thing in line if thing.kind == "building"), None)
        height = _height(line, floor, ground)
        found.append(PlaceInfo(key, row.id, name, kind, floor, row.lon, row.lat, height, building))
    return found


def _things(database: Database, connection: Connection, ids: set[str]) -> dict[str, _Thing]:
    """These entities and everything above them, level by level."""
    found: dict[str, _Thing] = {}
    wanted = ids
    for _ in range(_DEEPEST):
        if not wanted:
            break
        names = (entity.c.kind, entity.c.parent, entity.c.base_m, entity.c.height_m, entity.c.storeys)
        query = versions(entity_number.c.id, *names, entity.c.attributes)
        rows = connection.execute(query.where(database.among(entity_number.c.id, sorted(wanted)), standing()))
        for id_, kind, parent, base, height, storeys, text in rows:
            attributes = orjson.loads(text)
            name = next((str(attributes[title]) for title in _TITLES if attributes.get(title)), id_)
            storey = height / storeys if height and storeys else STOREY_M
            level = attributes.get("level") if kind in ("storey", "unit", "premises", "place") else None
            found[id_] = _Thing(id_, kind, parent, name, base, storey, level)
        wanted = {thing.parent for thing in found.values() if thing.parent} - set(found)
    return found


def _line(things: Mapping[str, _Thing], id_: str) -> list[_Thing]:
    """The entity, its parent, and so on upwards."""
    line: list[_Thing] = []
    step: str | None = id_
    while step is not None and step in things and len(line) < _DEEPEST:
        line.append(things[step])
        step = things[step].parent
    return line


def _height(line: Sequence[_Thing], floor: int, ground: float | None) -> float | None:
    """Ellipsoidal height of the floor: as measured for the nearest thing on it, else counted up from the building."""
    for thing in line:
        if thing.base_m is None:
            continue
        if floor in (UNKNOWN_FLOOR, thing.level):
            return thing.base_m
        if thing.kind in ("building", "building_part"):
            return thing.base_m + _above_base(floor) * thing.storey_m
    if ground is None:
        return None
    return ground if floor == UNKNOWN_FLOOR else ground + _above_base(floor) * STOREY_M


def _above_base(floor: int) -> int:
    """Storeys between the ground storey (level 1) and a level; a fix with no level counting has 0 for the ground."""
    return floor - 1 if floor > 0 else floor
