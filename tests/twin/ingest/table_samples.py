"""Small sources of tables and shapes for tests: features, GeoJSON, slices of the real files."""

from __future__ import annotations

import gzip
import itertools
import json
from pathlib import Path
from typing import Any

from twin.ingest.source import Source

LON, LAT = 114.03, 22.65  # in Longhua


def square(i: int = 0, size: float = 0.0002, lon: float = LON, lat: float = LAT) -> list[list[float]]:
    """A closed ring, the i-th of a row of squares that do not touch."""
    west = lon + i * 2 * size
    return [[west, lat], [west + size, lat], [west + size, lat + size], [west, lat + size], [west, lat]]


def bowtie(i: int = 0) -> list[list[float]]:
    """A ring that crosses itself in the middle: nobody knows what it encloses."""
    a, b, c, d, _ = square(i)
    return [a, c, b, d, a]


def feature(ring: list[list[float]] | None = None, ident: Any = None, **properties: Any) -> dict[str, Any]:
    """A polygon with columns."""
    made: dict[str, Any] = {"type": "Feature", "properties": properties}
    if ident is not None:
        made["id"] = ident
    made["geometry"] = {"type": "Polygon", "coordinates": [ring or square()]}
    return made


def point(lon: float = LON, lat: float = LAT, ident: Any = None, **properties: Any) -> dict[str, Any]:
    """A point with columns."""
    geometry = {"type": "Point", "coordinates": [lon, lat]}
    return {"type": "Feature", "id": ident, "properties": properties, "geometry": geometry}


def collection(*features: dict[str, Any], **members: Any) -> dict[str, Any]:
    """A FeatureCollection; `members` come before the features."""
    return {"type": "FeatureCollection", **members, "features": list(features)}


def lines(*features: dict[str, Any]) -> str:
    """A feature per line."""
    return "".join(json.dumps(one) + "\n" for one in features)


def buildings(count: int, first: int = 0) -> str:
    """A row of houses, a feature per line."""
    return lines(*(feature(square(i), f"house-{i}", height=9.0) for i in range(first, first + count)))


def sliced(path: Path, folder: Path, count: int) -> Source:
    """The first lines of a packed file, as a source."""
    target = folder / path.name.removesuffix(".gz")
    with gzip.open(path, "rb") as packed:
        target.write_bytes(b"".join(itertools.islice(packed, count)))
    return Source(target)
