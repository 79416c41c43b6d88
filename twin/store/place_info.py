"""What place keys stand for: the entity, its building, the height of its floor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import orjson
import shapely
from sqlalchemy import Connection, and_, case, func, select

from twin.geo.cells import UNKNOWN_FLOOR, cell_centres, cell_to_name, keys_to_cells, keys_to_floors
from twin.geo.relief import Relief
from twin.geo.vehicles import keys_on_vehicles, vehicle_name
from twin.store.asof import standing
from twin.store.database import Database
from twin.store.reading import versions
from twin.store.records import PlaceInfo
from twin.store.tables import entity, entity_number, meta, place
from twin.types import F64, U64

STOREY_M = 3.0
"""Height of a storey where the building does not tell its own, metres."""

_DEEPEST = 12
"""Steps upwards that are followed at most: the kinds need six, and a loop of parents would have no end."""

_STRUCTURES = ("building", "building_part")

_OUTLINE = case((and_(entity.c.kind.in_(_STRUCTURES), entity.c.base_m.is_(None)), func.ST_AsBinary(entity.c.footprint)))
"""The footprint of what stands on the ground, at a height that is not known itself."""

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
    outline: bytes | None


def describe(
    database: Database, connection: Connection, keys: U64, signed: Sequence[int], terrain: Relief | None
) -> list[PlaceInfo]:
    """One description a key, in the order asked for. `terrain`: what stands on it, where that is not known itself."""
    query = select(place.c.key, place.c.floor, place.c.lon, place.c.lat, entity_number.c.id).join(
        entity_number, entity_number.c.number == place.c.number
    )
    rows = {row.key: row for row in connection.execute(query.where(database.among(place.c.key, list(set(signed)))))}
    things = _things(database, connection, {row.id for row in rows.values()})
    moving = keys_on_vehicles(keys)
    cells = keys_to_cells(keys)
    centres = np.full((len(keys), 2), np.nan)
    centres[~moving] = cell_centres(cells[~moving])
    lines = [_line(things, rows[one].id) if one in rows else [] for one in signed]
    points = np.array([(rows[one].lon, rows[one].lat) if one in rows else centres[i] for i, one in enumerate(signed)])
    typical = connection.execute(select(meta.c.ground_m)).scalar()
    grounds = [typical] * len(keys) if terrain is None else _grounds(terrain, typical, lines, points)
    found = []
    for i, (key, floor) in enumerate(zip(keys.tolist(), keys_to_floors(keys).tolist(), strict=True)):
        row, line, ground = rows.get(signed[i]), lines[i], grounds[i]
        if moving[i]:
            name, nowhere = vehicle_name(key), float("nan")
            found.append(PlaceInfo(key, None, name, "vehicle", UNKNOWN_FLOOR, nowhere, nowhere, None, None))
            continue
        if row is None:
            lon, lat = centres[i].tolist()
            height = _height([], floor, ground)
            found.append(PlaceInfo(key, None, cell_to_name(int(cells[i])), "cell", floor, lon, lat, height, None))
            continue
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
        query = versions(entity_number.c.id, *names, _OUTLINE, entity.c.attributes)
        rows = connection.execute(query.where(database.among(entity_number.c.id, sorted(wanted)), standing()))
        for id_, kind, parent, base, height, storeys, outline, text in rows:
            attributes = orjson.loads(text)
            name = next((str(attributes[title]) for title in _TITLES if attributes.get(title)), id_)
            storey = height / storeys if height and storeys else STOREY_M
            level = attributes.get("level") if kind in ("storey", "unit", "premises", "place") else None
            found[id_] = _Thing(id_, kind, parent, name, base, storey, level, bytes(outline) if outline else None)
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


def _grounds(
    terrain: Relief, typical: float | None, lines: Sequence[Sequence[_Thing]], points: F64
) -> list[float | None]:
    """The ground below each place: that of the building that it is in, as the building's tiles stand, or its own."""
    outlines = shapely.to_wkb(shapely.points(points))
    for i, line in enumerate(lines):
        outlines[i] = next((thing.outline for thing in reversed(line) if thing.outline), outlines[i])
    return [typical if np.isnan(height) else float(height) for height in terrain.lowest(outlines)]


def _height(line: Sequence[_Thing], floor: int, ground: float | None) -> float | None:
    """Ellipsoidal height of the floor: as measured for the nearest thing on it, else counted up from the building."""
    for thing in line:
        if thing.base_m is None:
            continue
        if floor in (UNKNOWN_FLOOR, thing.level):
            return thing.base_m
        if thing.kind in _STRUCTURES:
            return thing.base_m + _above_base(floor) * thing.storey_m
    if ground is None:
        return None
    return ground if floor == UNKNOWN_FLOOR else ground + _above_base(floor) * STOREY_M


def _above_base(floor: int) -> int:
    """Storeys between the ground storey (level 1) and a level; a fix with no level counting has 0 for the ground."""
    return floor - 1 if floor > 0 else floor
