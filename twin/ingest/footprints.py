"""Building footprints of any vector format: ids, parts and whole, pieces of one building united, heights."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import shapely

from twin.entity import Entity
from twin.geo.crs import geoid_height
from twin.ingest.columns import text
from twin.ingest.features import Batch, to_wgs84
from twin.ingest.heights import ground_datum, read_heights
from twin.ingest.shapes import clean_polygons, geometry_ids
from twin.ingest.source import Options
from twin.ingest.survey import Layer, Survey, own_id, sample_lonlat
from twin.issues import Issue, Severity

CLASS_OF_BUILDINGS = 50
"""A feature with more parts than this is a class of buildings, and so are the others of its layer: not one building."""

_PLAIN_NUMBER = re.compile(r"-?\d+")
_NO = frozenset({"no", "false", "0", "none"})
_PLAIN_USE = frozenset({"yes", "building", "building_part", "true"})
_FIELDS = (
    "id", "name", "use", "height", "storeys", "storeys_below", "base", "min_height", "min_level", "address", "street",
    "housenumber", "year", "roof_form", "part", "parent", "low", "high",
)  # fmt: skip


@dataclass(slots=True)
class _Piece:
    number: int
    id: str | None
    row: dict[str, Any]
    shape: Any
    z: float


@dataclass(slots=True)
class _Run:
    """What is carried from batch to batch of one layer."""

    layer: Layer
    options: Options
    found: Survey
    vertical: str | float
    used: frozenset[str]
    waiting: dict[str, list[_Piece]] = field(default_factory=dict)
    made_ids: set[str] = field(default_factory=set)

    def path(self, number: int, name: str | None = None) -> str:
        return f"{self.layer.name}:{number}" + (f" {name}" if name else "")


def entity_id(own: str, stem: str) -> str:
    """A source's id as an entity id: a plain number or a very short id is not unique beyond its file."""
    plain = _PLAIN_NUMBER.fullmatch(own) or len(own) < 5
    return (f"{stem}:{own}" if plain else own).replace("/", ":").replace(" ", "_")[:200]


def read_footprints(layer: Layer, options: Options, found: Survey) -> Iterator[Entity | Issue]:
    """Entities of kind building and building_part from a layer of polygons."""
    vertical: str | float = "egm96"
    _, centre = sample_lonlat(found, options, layer.name)
    for item in ground_datum(found.sample, found.columns, options, centre, layer.name):
        if isinstance(item, Issue):
            yield item
        else:
            vertical = item
    run = _Run(layer, options, found, vertical, found.columns.used(*_FIELDS))
    for batch in layer.batches():
        yield from batch.issues
        pieces, issues = _pieces(run, batch)
        yield from issues
        yield from _entities(run, pieces)
    for name in list(run.waiting):  # a piece of these was refused, so fewer came than were counted
        piece, note = _unite(run, name)
        yield note
        yield from _entities(run, [piece])


def _pieces(run: _Run, batch: Batch) -> tuple[list[_Piece], list[Issue]]:
    """The usable shapes of a batch in lon/lat, with whole buildings where several pieces of one have all come."""
    names = [own_id(batch, i, run.found.columns, "id" in run.options.mapping) for i in range(len(batch))]
    shapes, lost = batch.geometry()
    issues = [Issue(code, run.path(batch.numbers[i], names[i]), _sentence(why)) for i, (code, why) in lost.items()]
    shapes, z = to_wgs84(shapes, run.options, batch.crs, thing=run.layer.name)
    gone = np.flatnonzero(shapely.is_missing(shapes))
    off_earth = [int(i) for i in gone if int(i) not in lost]
    why = "Its coordinates are not on Earth in this reference system"
    issues += [Issue("geometry.outside-earth", run.path(batch.numbers[i], names[i]), why) for i in off_earth]
    shapes, names, rows, numbers, z, notes = _taken_apart(run, batch, shapes, names, z)
    issues += notes
    clean, faults = clean_polygons(shapes)
    for i, (code, why, dropped) in faults.items():
        severity = Severity.REJECTED if dropped else Severity.REPAIRED
        issues.append(Issue(code, run.path(numbers[i], names[i]), _sentence(why), severity))
    pieces = []
    for i in np.flatnonzero(~shapely.is_missing(clean)):
        piece = _Piece(numbers[i], names[i], rows[i], clean[i], float(z[i]))
        whole, note = _wait_for_rest(run, piece)
        issues += note
        pieces += whole
    return pieces, issues


def _sentence(why: str) -> str:
    return why[:1].upper() + why[1:]


def _taken_apart(
    run: _Run, batch: Batch, shapes: Any, names: list[str | None], z: Any
) -> tuple[Any, list[str | None], list[dict[str, Any]], list[int], Any, list[Issue]]:
    """In a layer whose features are classes of buildings, every polygon becomes a feature of its own."""
    if run.found.parts <= CLASS_OF_BUILDINGS:
        return shapes, names, batch.rows, batch.numbers, z, []
    parts = shapely.get_num_geometries(shapes)
    issues, apart, apart_names = [], [], []
    for i, shape in enumerate(shapes):
        name = names[i]
        apart += list(shapely.get_parts(shape)) or [shape]
        apart_names += [name and f"{name}-{k}" for k in range(1, max(1, parts[i]) + 1)] if parts[i] > 1 else [name]
        if parts[i] > 1:
            why = f"{parts[i]} separate buildings came as one feature; each became a building of its own"
            issues.append(Issue("id.missing", run.path(batch.numbers[i], name), why, Severity.NOTE))
    owner = np.repeat(np.arange(len(shapes)), np.maximum(parts, 1))
    taken = np.array([*apart, None], dtype=object)[:-1]
    rows, numbers = [batch.rows[i] for i in owner], [batch.numbers[i] for i in owner]
    return taken, apart_names, rows, numbers, z[owner], issues


def _wait_for_rest(run: _Run, piece: _Piece) -> tuple[list[_Piece], list[Issue]]:
    """A piece whose id comes once goes on at once; the others when the last of them has come."""
    if piece.id is None:
        return [piece], []
    expected = run.found.repeated.get(hash(piece.id), 1)
    if expected == 1:
        return [piece], []
    run.waiting.setdefault(piece.id, []).append(piece)
    if len(run.waiting[piece.id]) < expected:
        return [], []
    united, note = _unite(run, piece.id)
    return [united], [note]


def _unite(run: _Run, name: str) -> tuple[_Piece, Issue]:
    """The pieces of one building as one: the union of their shapes, the columns of the largest."""
    pieces = run.waiting.pop(name)
    largest = max(pieces, key=lambda piece: float(piece.shape.area))
    shape = shapely.union_all([piece.shape for piece in pieces])
    lows = [piece.z for piece in pieces if not np.isnan(piece.z)]
    lines = ", ".join(str(piece.number) for piece in pieces[:8]) + (" ..." if len(pieces) > 8 else "")
    why = f"The id came {len(pieces)} times ({lines}); the shapes were united"
    note = Issue("id.duplicate", run.path(largest.number, name), why, Severity.NOTE)
    return _Piece(largest.number, name, largest.row, shape, min(lows, default=float("nan"))), note


def _entities(run: _Run, pieces: list[_Piece]) -> Iterator[Entity | Issue]:
    """One entity per piece: shapes are packed and the geoid is looked up for all of them at once."""
    if not pieces:
        return
    shapes = np.array([piece.shape for piece in pieces] + [None], dtype=object)[:-1]
    blobs = shapely.to_wkb(shapes)
    nameless = [i for i, piece in enumerate(pieces) if piece.id is None]
    made = dict(zip(nameless, geometry_ids(shapes[nameless], run.layer.stem), strict=True)) if nameless else {}
    geoid = _geoid(run, shapes)
    for i, piece in enumerate(pieces):
        if piece.id is None:
            why, repeated = "It has no id; one was made from its geometry", made[i] in run.made_ids
            if repeated:
                why = "The same geometry without an id came more than once; it is kept once"
            run.made_ids.add(made[i])
            code = "id.duplicate" if repeated else "id.missing"
            yield Issue(code, run.path(piece.number), why, Severity.NOTE)
            if repeated:
                continue
        yield from _entity(run, piece, made.get(i), blobs[i], float(geoid[i]))


def _geoid(run: _Run, shapes: Any) -> Any:
    if run.vertical != "egm96":
        shift = 0.0 if run.vertical == "ellipsoidal" else float(run.vertical)
        return np.full(len(shapes), shift)
    if not any(ours in run.found.columns for ours in ("base", "low")):
        return np.zeros(len(shapes))
    return geoid_height(shapely.get_coordinates(shapely.point_on_surface(shapes)))


def _entity(run: _Run, piece: _Piece, made: str | None, blob: bytes, geoid: float) -> Iterator[Entity | Issue]:
    row, columns = piece.row, run.found.columns
    heights, issues = read_heights(row, columns, run.options, run.path(piece.number, piece.id))
    yield from issues
    part = is_part(row, columns)
    attributes = columns.rest(row, run.used)
    attributes.update(_described(row, columns))
    if heights.above_m is not None:
        attributes["min_height_m"] = heights.above_m
    base = heights.base_m + geoid if heights.base_m is not None else (None if np.isnan(piece.z) else piece.z)
    yield Entity(
        id=made or entity_id(piece.id or "", run.layer.stem),
        kind="building_part" if part else run.options.kind or "building",
        parent=_parent(run, row, part),
        footprint=blob,
        base_m=base,
        height_m=heights.height_m,
        storeys=heights.storeys,
        storeys_below=heights.storeys_below,
        attributes=attributes,
        source=run.options.source_name or run.layer.source.name,
    )


def is_part(row: dict[str, Any], columns: Any) -> bool:
    """Whether a row is a part of a building and not a whole one."""
    flag = text(columns.get(row, "part"))
    if flag is not None:
        return flag.lower() not in _NO
    return row.get("kind") == "building_part"


def _parent(run: _Run, row: dict[str, Any], part: bool) -> str | None:
    name = text(run.found.columns.get(row, "parent")) if part or "parent" in run.options.mapping else None
    if name is None or not run.found.has(hash(name)):
        return None
    return entity_id(name, run.layer.stem)


def _described(row: dict[str, Any], columns: Any) -> dict[str, Any]:
    """The attributes that the kind building knows: name, address, use, year, roof form."""
    said = {ours: text(columns.get(row, ours)) for ours in ("name", "use", "address", "roof_form")}
    if said["use"] is not None and said["use"].lower() in _PLAIN_USE:
        said["use"] = None
    street, house = text(columns.get(row, "street")), text(columns.get(row, "housenumber"))
    if said["address"] is None and street is not None:
        said["address"] = f"{street} {house}" if house else street
    known: dict[str, Any] = {ours: value for ours, value in said.items() if value is not None}
    year = re.search(r"\d{4}", text(columns.get(row, "year")) or "")
    if year:
        known["year"] = int(year[0])
    return known
