"""Indoor floors stacked over one another: an object of floors, each with outlines and shops as GeoJSON."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import shapely

from twin.entity import Entity
from twin.errors import EmptySource, UnreadableSource
from twin.ingest.datum import LONLAT
from twin.ingest.features import from_geojson, to_wgs84
from twin.ingest.heights import STOREY_M
from twin.ingest.ids import tidy
from twin.ingest.pieces import objects, sentence
from twin.ingest.shapes import clean_polygons, geometry_ids
from twin.ingest.source import Options, Source
from twin.ingest.things import read_level
from twin.ingest.vector import stem_of
from twin.issues import Issue, Severity
from twin.types import Objects

_START = re.compile(rb'\s*\{\s*"[^"]{1,40}"\s*:\s*\{\s*"[^"]{1,40}"\s*:\s*\{\s*"type"\s*:\s*"FeatureCollection"')
_OUTER = ("floor", "floors", "outline")
_MAX_JSON = 1 << 29


@dataclass(slots=True)
class _Floor:
    key: str
    level: int
    outline: Objects
    units: Objects
    unit_rows: list[dict[str, Any]]


def is_floors_json(_path: Path, head: bytes) -> bool:
    """Whether it is an object of floors, each with feature collections."""
    return bool(_START.match(head.removeprefix(b"\xef\xbb\xbf")))


def read_floors(source: Source, options: Options) -> Iterator[Entity | Issue]:
    """One building of all outlines, its storeys, and the units of each storey at their level.

    Storeys share their x and y; what keeps a shop on floor 2 apart from the one below it is its level and its storey.
    """
    stem = stem_of(source, options)
    issues: list[Issue] = []
    floors = [floor for floor in _floors(source, options, issues) if len(floor.outline) or len(floor.units)]
    yield from issues
    if not floors:
        raise EmptySource(source.name, "it has no floor with an outline", "Check that it is the right file")
    whole = shapely.union_all(np.concatenate([np.concatenate((f.outline, f.units)) for f in floors]))
    above = sum(1 for floor in floors if floor.level > 0)
    building = Entity(
        id=tidy(stem),
        kind="building",
        footprint=shapely.to_wkb(whole),
        height_m=above * STOREY_M,
        storeys=above,
        storeys_below=len(floors) - above or None,
        source=options.source_name or source.name,
    )
    why = f"No height is given: {above} storeys of {STOREY_M:g} m were assumed"
    yield Issue("height.assumed", source.name, why, Severity.NOTE)
    yield building
    for floor in sorted(floors, key=lambda floor: floor.level):
        yield from _storey(floor, building, options)


def _storey(floor: _Floor, building: Entity, options: Options) -> Iterator[Entity | Issue]:
    outline = floor.outline if len(floor.outline) else floor.units
    name = f"{building.id}:{floor.key}"
    yield Entity(
        id=name,
        kind="storey",
        parent=building.id,
        footprint=shapely.to_wkb(shapely.union_all(outline)),
        height_m=STOREY_M,
        attributes={"level": floor.level, "name": floor.key, "min_height_m": _bottom(floor.level)},
        source=building.source,
    )
    if not len(floor.units):
        return
    seen: set[str] = set()
    made = geometry_ids(floor.units, name)
    for own, shape, row in zip(made, floor.units, floor.unit_rows, strict=True):
        if own in seen:
            why = "The same outline came more than once on this floor; it is kept once"
            yield Issue("id.duplicate", own, why, Severity.NOTE)
            continue
        seen.add(own)
        known = {k: v for k, v in row.items() if v is not None and k not in ("level",)}
        yield Entity(
            id=own,
            kind="unit",
            parent=name,
            footprint=shapely.to_wkb(shape),
            height_m=STOREY_M,
            attributes=known | {"level": floor.level, "min_height_m": _bottom(floor.level)},
            source=building.source,
        )


def _bottom(level: int) -> float:
    """Metres of a floor's bottom above the ground, by the assumed height of a storey."""
    return (level - 1 if level > 0 else level) * STOREY_M


def _floors(source: Source, options: Options, issues: list[Issue]) -> Iterator[_Floor]:
    with source.open() as stream:
        try:
            content = orjson.loads(stream.read(_MAX_JSON))
        except orjson.JSONDecodeError as error:
            reason = f"it is truncated or broken ({error})"[:200]
            raise UnreadableSource(source.name, reason, "Fetch the file again") from error
    for key, parts in content.items() if isinstance(content, dict) else ():
        path = f"{source.name}#{key}"
        level, _ = read_level(key, path)
        if level is None or not isinstance(parts, dict):
            why = f"{key[:40]!r} does not name a floor (f1, f2, b1 ...)"
            issues.append(Issue("object.unsupported", path, why))
            continue
        outline: list[Any] = []
        units: list[Any] = []
        rows: list[dict[str, Any]] = []
        for name, collection in parts.items():
            shapes, properties = _shapes(collection, f"{path}.{name}", options, issues)
            if name in _OUTER:
                outline += shapes
            else:
                units += shapes
                rows += properties
        yield _Floor(key, level, objects(outline), objects(units), rows)


def _shapes(
    collection: Any, path: str, options: Options, issues: list[Issue]
) -> tuple[list[Any], list[dict[str, Any]]]:
    features = collection.get("features") if isinstance(collection, dict) else None
    found = [feature for feature in features if isinstance(feature, dict)] if isinstance(features, list) else []
    raw = [feature.get("geometry") for feature in found]
    shapes, lost = from_geojson(raw)
    shapes, _ = to_wgs84(shapes, options, LONLAT, thing=path)
    lines = np.isin(shapely.get_type_id(shapes), (1, 5))  # a drawn line round the floor: the floor's polygon says more
    shapes[lines] = None
    clean, faults = clean_polygons(shapes)
    for i, (code, why) in lost.items():
        issues.append(Issue(code, f"{path}:{i + 1}", sentence(why)))
    for i, (code, why, dropped) in faults.items():
        severity = Severity.REJECTED if dropped else Severity.REPAIRED
        issues.append(Issue(code, f"{path}:{i + 1}", sentence(why), severity))
    kept = np.flatnonzero(~shapely.is_missing(clean))
    rows = [found[i].get("properties") for i in kept]
    return [clean[i] for i in kept], [row if isinstance(row, dict) else {} for row in rows]
