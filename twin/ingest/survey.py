"""A first pass over a vector source: what columns and shapes it has and which ids repeat. Coordinates are not kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import shapely

from twin.errors import EmptySource
from twin.ingest.columns import Columns, text
from twin.ingest.features import Batch, to_wgs84
from twin.ingest.source import Options, Source
from twin.types import I64, Objects

SAMPLE = 2000
"""Rows looked at to tell what a source is about."""

_WKB_NAMES = ("other", "Point", "LineString", "Polygon", "MultiPoint", "MultiLineString", "MultiPolygon")


@dataclass(slots=True)
class Layer:
    """One layer of a vector source: can be read as often as needed. `name` is for messages, `stem` goes into ids.

    `position` are columns that only say where a thing is, in the source's own system: the footprint says it better.
    """

    source: Source
    name: str
    stem: str
    batches: Callable[[], Iterator[Batch]]
    position: frozenset[str] = frozenset()


@dataclass(slots=True)
class Survey:
    """What a layer turned out to hold.

    types     geometry type -> count
    repeated  hashes of ids that come more than once
    known     sorted hashes of all ids
    sample    some (row, lon/lat-or-own-system centre) pairs, spread over the beginning of the source
    crs       as the file says
    parts     the most polygons that one feature holds
    """

    features: int
    types: Counter[str]
    columns: Columns
    repeated: dict[int, int]
    known: I64
    sample: list[dict[str, Any]]
    shapes: list[Any] = field(default_factory=list)
    crs: str | None = None
    parts: int = 1

    def has(self, hashed: int) -> bool:
        """Whether an id with this hash is in the layer."""
        at = int(np.searchsorted(self.known, hashed))
        return at < len(self.known) and int(self.known[at]) == hashed

    def share(self, *endings: str) -> float:
        """The share of features whose geometry type ends so, such as `Polygon`."""
        return sum(n for kind, n in self.types.items() if kind.endswith(endings)) / max(1, sum(self.types.values()))


def survey(layer: Layer, options: Options) -> Survey:
    """Read a layer once. Raises EmptySource where it has no feature, InvalidValue where a mapping does not fit."""
    columns: dict[str, None] = {}
    types: Counter[str] = Counter()
    own_ids: list[int] = []
    rows: list[dict[str, Any]] = []
    shapes: list[Any] = []
    crs: str | None = None
    features = refused = 0
    parts = 1
    for batch in layer.batches():
        features += len(batch)
        refused += len(batch.issues)
        crs = batch.crs
        for row in batch.rows:
            columns.update(dict.fromkeys(row))
        types.update(map(_type_name, batch.raw))
        parts = max(parts, *map(_part_count, batch.raw)) if batch.raw else parts
        own_ids.extend(hash(text(own)) for own in batch.ids if own is not None)
        if len(rows) < SAMPLE:
            rows.extend(batch.rows)
            shapes.extend(batch.raw)
    if not features:
        reason = f"none of its {refused} objects is a feature" if refused else "it has no features"
        raise EmptySource(layer.name, reason, "Check that it is the right file")
    found = Columns(columns, options.mapping, layer.name)
    hashes = own_ids if len(own_ids) == features and "id" not in options.mapping else _column_ids(layer, found, options)
    known, counts = np.unique(np.array(hashes, dtype=np.int64), return_counts=True)
    repeated = {int(key): int(n) for key, n in zip(known[counts > 1], counts[counts > 1], strict=True)}
    return Survey(features, types, found, repeated, known, rows[:SAMPLE], shapes[:SAMPLE], crs, parts)


def own_id(batch: Batch, i: int, columns: Columns, explicit: bool) -> str | None:
    """The source's id of a feature: the mapped column, else the feature's own id, else a well-known column."""
    if explicit or batch.ids[i] is None:
        return text(columns.get(batch.rows[i], "id"))
    return text(batch.ids[i])


def _column_ids(layer: Layer, columns: Columns, options: Options) -> list[int]:
    hashes = []
    for batch in layer.batches():
        for i in range(len(batch)):
            name = own_id(batch, i, columns, "id" in options.mapping)
            if name is not None:
                hashes.append(hash(name))
    return hashes


def _type_name(raw: Any) -> str:
    if isinstance(raw, dict):
        return str(raw.get("type"))[:40]
    if isinstance(raw, bytes) and len(raw) >= 5:
        code = (int.from_bytes(raw[1:5], "little" if raw[0] else "big") & 0x0FFFFFFF) % 1000
        return _WKB_NAMES[code] if code < len(_WKB_NAMES) else "other"
    return "None"


def _part_count(raw: Any) -> int:
    if isinstance(raw, dict) and raw.get("type") == "MultiPolygon" and isinstance(raw.get("coordinates"), list):
        return len(raw["coordinates"])
    if isinstance(raw, bytes) and len(raw) >= 9 and _type_name(raw) == "MultiPolygon":
        return int.from_bytes(raw[5:9], "little" if raw[0] else "big")
    return 1


def sample_lonlat(found: Survey, options: Options, name: str) -> tuple[Objects, tuple[float, float] | None]:
    """The sample's geometries in lon/lat (None where unusable) and the middle of them."""
    shapes, _ = Batch(rows=found.sample, raw=found.shapes).geometry()
    lonlat, _ = to_wgs84(shapes, options, found.crs, thing=name)
    points = shapely.get_coordinates(lonlat)
    return lonlat, (float(np.median(points[:, 0])), float(np.median(points[:, 1]))) if len(points) else None
