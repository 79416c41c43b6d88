"""Every kind but buildings from a vector layer or a table of points: areas, roads, devices, premises, green, water."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import shapely

from twin.entity import Entity
from twin.ingest.codes import area_id, grid_code_form, parent_code
from twin.ingest.columns import Columns, number, text
from twin.ingest.ids import entity_id
from twin.ingest.pieces import Piece, Pieces, objects
from twin.ingest.shapes import clean_lines, clean_points, clean_polygons, geometry_ids
from twin.ingest.source import Options
from twin.ingest.survey import Layer, Survey
from twin.issues import Issue, Severity
from twin.kinds import BY_ID

_AREAS = frozenset({"grid", "community", "street", "district"})
_TEXT_FIELDS: dict[str, tuple[str, ...]] = {
    "road": ("name", "road_class"),
    "sensor": ("name", "category", "model", "status"),
    "camera": ("name", "mount", "status"),
    "premises": ("name", "category", "address"),
    "hub": ("name", "mode"),
    "building": ("name", "use", "address"),
}
_NUMBER_FIELDS: dict[str, dict[str, tuple[str, float, float]]] = {
    "road": {"width": ("width_m", 0.1, 200.0)},
    "camera": {
        "heading": ("heading_deg", 0.0, 360.0),
        "tilt": ("tilt_deg", -90.0, 90.0),
        "fov": ("fov_deg", 0.1, 360.0),
        "range": ("range_m", 0.1, 100_000.0),
    },
}
_LEVELLED = frozenset({"premises", "unit", "storey", "place"})


def read_things(layer: Layer, options: Options, found: Survey, kind: str) -> Iterator[Entity | Issue]:
    """Entities of one kind from a layer; features whose geometry that kind does not take are refused."""
    clean = {"line": clean_lines, "point": clean_points}.get(BY_ID[kind].form, clean_polygons)
    pieces = Pieces(layer, options, found, clean)
    made_ids: set[str] = set()
    for batch, issues in pieces.stream():
        yield from issues
        if batch:
            yield from _entities(pieces, batch, kind, made_ids)


def _entities(pieces: Pieces, batch: list[Piece], kind: str, made_ids: set[str]) -> Iterator[Entity | Issue]:
    shapes = objects([piece.shape for piece in batch])
    blobs = shapely.to_wkb(shapes)
    nameless = [i for i, piece in enumerate(batch) if piece.id is None]
    made = dict(zip(nameless, geometry_ids(shapes[nameless], pieces.layer.stem), strict=True)) if nameless else {}
    for i, piece in enumerate(batch):
        path = pieces.path(piece.number, piece.id)
        if i in made:
            if made[i] in made_ids:
                why = "The same geometry without an id came more than once; it is kept once"
                yield Issue("id.duplicate", path, why, Severity.NOTE)
                continue
            made_ids.add(made[i])
            how = "name" if kind in _AREAS and "name" in pieces.found.columns else "geometry"
            yield Issue("id.missing", path, f"It has no id; one was made from its {how}", Severity.NOTE)
        yield from entity_of(
            kind, made.get(i) or entity_id(piece.id or "", pieces.layer.stem), piece, blobs[i], pieces=pieces
        )


def entity_of(kind: str, name: str, piece: Piece, blob: bytes, *, pieces: Pieces) -> Iterator[Entity | Issue]:
    """One thing of a kind: its known attributes read by name, everything else of the row kept as it is."""
    columns, row = pieces.found.columns, piece.row
    path = pieces.path(piece.number, piece.id)
    attributes, used, issues = _attributes(kind, row, columns, path)
    yield from issues
    parent = text(columns.get(row, "parent")) if "parent" in pieces.options.mapping else None
    grid_code = None
    if kind in _AREAS:
        if piece.id is None and "name" in attributes:
            name = area_id(kind, attributes["name"])
        name, parent, grid_code, issues = _placed_by_code(kind, name, parent, attributes, path)
        yield from issues
    yield Entity(
        id=name,
        kind=kind,
        parent=parent,
        footprint=blob,
        base_m=None if piece.z != piece.z else piece.z,
        attributes=columns.rest(row, used | pieces.layer.position) | attributes,
        grid_code=grid_code,
        source=pieces.options.source_name or pieces.layer.source.name,
    )


def _attributes(
    kind: str, row: dict[str, Any], columns: Columns, path: str
) -> tuple[dict[str, Any], frozenset[str], list[Issue]]:
    issues: list[Issue] = []
    attributes: dict[str, Any] = {}
    texts = ("code", "name") if kind in _AREAS else _TEXT_FIELDS.get(kind, ("name", "category"))
    numbers = _NUMBER_FIELDS.get(kind, {})
    for ours in texts:
        value = text(columns.get(row, ours))
        if value is not None:
            attributes[ours] = value
    for ours, (attribute, lowest, highest) in numbers.items():
        raw = columns.get(row, ours)
        value_m = number(raw)
        if value_m is not None and lowest <= value_m <= highest:
            attributes[attribute] = value_m
        elif raw is not None:
            why = f"{columns.by_field[ours]} {str(raw)[:40]!r} is not a number from {lowest:g} to {highest:g}"
            issues.append(Issue("attribute.unreadable", path, why, Severity.NOTE))
    used = columns.used("id", *texts, *numbers)
    if kind in _LEVELLED:
        used |= columns.used("level")
        level, issue = read_level(columns.get(row, "level"), path)
        issues += [issue] if issue else []
        if level is not None:
            attributes["level"] = level
    return attributes, used, issues


def read_level(value: Any, path: str) -> tuple[int | None, Issue | None]:
    """A floor counted the Chinese way (1 is the ground storey, -1 the first basement), also from `F2` or `B1`."""
    if value is None:
        return None, None
    written = str(value).strip().upper().removesuffix("层").removesuffix("F") or ""
    sign = -1 if written.startswith(("B", "-", "地下")) else 1
    found = number(written.lstrip("BFL-地下+"))
    if found is None or found != int(found) or not 1 <= found <= 127:
        why = f"The level {str(value)[:40]!r} is not a floor (1 is the ground storey, -1 the first basement)"
        return None, Issue("attribute.unreadable", path, why, Severity.NOTE)
    return sign * int(found), None


def _placed_by_code(
    kind: str, name: str, parent: str | None, attributes: dict[str, Any], path: str
) -> tuple[str, str | None, str | None, list[Issue]]:
    """Id, parent, grid code of an area whose code says where it belongs."""
    code = attributes.get("code")
    if code is None:
        return name, parent, None, []
    issues = []
    if kind == "grid" and grid_code_form(code) is None:
        why = f"The code {code[:40]!r} is neither a 15-digit nor a 14-digit grid code; it is kept as it is"
        issues.append(Issue("grid.code", path, why, Severity.NOTE))
        return name, parent, code, issues
    above = parent_code(code)
    return area_id(kind, code), parent or (area_id(*above) if above else None), code if kind == "grid" else None, issues
