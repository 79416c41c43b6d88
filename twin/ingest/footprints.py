"""Building footprints of any vector format: ids, parts and whole, heights."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import shapely

from twin.entity import Entity
from twin.geo.crs import geoid_height
from twin.ingest.columns import Columns, text
from twin.ingest.heights import ground_datum, read_heights
from twin.ingest.ids import entity_id
from twin.ingest.pieces import Piece, Pieces, objects
from twin.ingest.roofs import ROOF_COLUMNS, read_roof
from twin.ingest.shapes import clean_polygons, geometry_ids
from twin.ingest.source import Options
from twin.ingest.survey import Layer, Survey, sample_lonlat
from twin.issues import Issue, Severity
from twin.types import F64, Objects

_NO = frozenset({"no", "false", "0", "none"})
_PLAIN_USE = frozenset({"yes", "building", "building_part", "true"})
_FIELDS = (
    "id", "name", "use", "height", "storeys", "storeys_below", "base", "min_height", "min_level", "address", "street",
    "housenumber", "year", "part", "parent", "low", "high", *ROOF_COLUMNS,
)  # fmt: skip


@dataclass(slots=True)
class _Run:
    """What is carried from batch to batch of one layer."""

    pieces: Pieces
    vertical: str | float
    used: frozenset[str]
    made_ids: set[str] = field(default_factory=set)

    @property
    def columns(self) -> Columns:
        return self.pieces.found.columns


def read_footprints(layer: Layer, options: Options, found: Survey) -> Iterator[Entity | Issue]:
    """Entities of kind building and building_part from a layer of polygons."""
    vertical: str | float = "egm96"
    _, centre = sample_lonlat(found, options, layer.name)
    for item in ground_datum(found.sample, found.columns, options, centre, layer.name):
        if isinstance(item, Issue):
            yield item
        else:
            vertical = item
    pieces = Pieces(layer, options, found, clean_polygons)
    run = _Run(pieces, vertical, found.columns.used(*_FIELDS))
    for batch, issues in pieces.stream():
        yield from issues
        yield from _entities(run, batch)


def _entities(run: _Run, pieces: list[Piece]) -> Iterator[Entity | Issue]:
    """One entity per piece: shapes are packed and the geoid is looked up for all of them at once."""
    if not pieces:
        return
    shapes = objects([piece.shape for piece in pieces])
    blobs = shapely.to_wkb(shapes)
    nameless = [i for i, piece in enumerate(pieces) if piece.id is None]
    made = dict(zip(nameless, geometry_ids(shapes[nameless], run.pieces.layer.stem), strict=True)) if nameless else {}
    geoid = _geoid(run, shapes)
    for i, piece in enumerate(pieces):
        if piece.id is None:
            why, repeated = "It has no id; one was made from its geometry", made[i] in run.made_ids
            if repeated:
                why = "The same geometry without an id came more than once; it is kept once"
            run.made_ids.add(made[i])
            code = "id.duplicate" if repeated else "id.missing"
            yield Issue(code, run.pieces.path(piece.number), why, Severity.NOTE)
            if repeated:
                continue
        yield from _entity(run, piece, made.get(i), blobs[i], float(geoid[i]))


def _geoid(run: _Run, shapes: Objects) -> F64:
    if run.vertical != "egm96":
        shift = 0.0 if run.vertical == "ellipsoidal" else float(run.vertical)
        return np.full(len(shapes), shift)
    if not any(ours in run.columns for ours in ("base", "low")):
        return np.zeros(len(shapes))
    return geoid_height(shapely.get_coordinates(shapely.point_on_surface(shapes)))


def _entity(run: _Run, piece: Piece, made: str | None, blob: bytes, geoid: float) -> Iterator[Entity | Issue]:
    row, columns = piece.row, run.columns
    heights, issues = read_heights(row, columns, run.pieces.options, run.pieces.path(piece.number, piece.id))
    yield from issues
    part = is_part(row, columns)
    attributes = columns.rest(row, run.used)
    attributes.update(_described(row, columns))
    roof, unclear = read_roof(row, columns, run.pieces.path(piece.number, piece.id))
    attributes.update(roof)
    yield from unclear
    if heights.above_m is not None:
        attributes["min_height_m"] = heights.above_m
    base = None if np.isnan(piece.z) else piece.z
    if heights.base_m is not None:
        base = heights.base_m + geoid + (heights.above_m or 0.0)
    yield Entity(
        id=made or entity_id(piece.id or "", run.pieces.layer.stem),
        kind="building_part" if part else run.pieces.options.kind or "building",
        parent=_parent(run, row, part),
        footprint=blob,
        base_m=base,
        height_m=heights.height_m,
        storeys=heights.storeys,
        storeys_below=heights.storeys_below,
        attributes=attributes,
        source=run.pieces.options.source_name or run.pieces.layer.source.name,
    )


def is_part(row: dict[str, Any], columns: Columns) -> bool:
    """Whether a row is a part of a building and not a whole one."""
    flag = text(columns.get(row, "part"))
    if flag is not None:
        return flag.lower() not in _NO
    return row.get("kind") == "building_part"


def _parent(run: _Run, row: dict[str, Any], part: bool) -> str | None:
    name = text(run.columns.get(row, "parent")) if part or "parent" in run.pieces.options.mapping else None
    if name is None or not run.pieces.found.has(hash(name)):
        return None
    return entity_id(name, run.pieces.layer.stem)


def _described(row: dict[str, Any], columns: Columns) -> dict[str, Any]:
    """The attributes that the kind building knows: name, address, use, year."""
    said = {ours: text(columns.get(row, ours)) for ours in ("name", "use", "address")}
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
