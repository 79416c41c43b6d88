"""Batches of features (a geometry and a row of columns) as they come from any vector format, and their geometry."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

import numpy as np
import shapely

from twin.ingest.datum import to_lonlat
from twin.ingest.source import Options
from twin.issues import Issue
from twin.types import F64, I64, Objects

BATCH = 4000
"""Features per batch: large enough for whole-array geometry, small enough to stay in the cache."""

_EMPTY_COORDINATES = np.empty((0, 2), dtype=np.float64)


@dataclass(slots=True)
class Batch:
    """Some features of one source, in order.

    numbers  (n,) position in the source: line or feature, from 1
    ids      the source's own ids, None where it has none
    rows     columns of each
    raw      geometry of each as the format has it: a GeoJSON object, WKB bytes, or None
    crs      reference system by the file; None where it does not say
    issues   objects that could not even be read as features
    """

    numbers: list[int] = field(default_factory=list)
    ids: list[Any] = field(default_factory=list)
    rows: list[dict[str, Any]] = field(default_factory=list)
    raw: list[Any] = field(default_factory=list)
    crs: str | None = None
    issues: list[Issue] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.rows)

    def geometry(self) -> tuple[Objects, dict[int, tuple[str, str]]]:
        """(n,) shapely geometries in the source's coordinates (None where unusable), and faults as {i: (code, why)}."""
        if self.raw and any(isinstance(item, bytes) for item in self.raw):
            return _from_wkb(self.raw)
        return from_geojson(self.raw)


def _from_wkb(raw: Sequence[bytes | None]) -> tuple[Objects, dict[int, tuple[str, str]]]:
    geometry = shapely.from_wkb(np.array(raw, dtype=object), on_invalid="ignore")
    faults = {}
    for i, shape in enumerate(geometry):
        if shape is None:
            why = "there is no geometry" if raw[i] is None else "the geometry cannot be read"
            faults[i] = ("geometry.empty" if raw[i] is None else "geometry.too-few-points", why)
    return geometry, faults


def from_geojson(raw: Sequence[Any]) -> tuple[Objects, dict[int, tuple[str, str]]]:
    """GeoJSON geometry objects to shapely, whole batches at once; one by one only where something is wrong."""
    geometry: Objects = np.full(len(raw), None, dtype=object)
    faults: dict[int, tuple[str, str]] = {}
    groups: dict[str, list[int]] = {}
    for i, item in enumerate(raw):
        kind = item.get("type") if isinstance(item, dict) else None
        if item is None:
            faults[i] = ("geometry.empty", "there is no geometry")
        elif not isinstance(kind, str) or kind not in _MAKERS:
            faults[i] = ("geometry.wrong-type", f"{str(kind)[:40]!r} is not a geometry type that is taken")
        else:
            groups.setdefault(kind, []).append(i)
    for kind, members in groups.items():
        make = _MAKERS[kind]
        try:
            geometry[members] = make([raw[i]["coordinates"] for i in members])
        except (ValueError, TypeError, KeyError, OverflowError, shapely.errors.ShapelyError):
            for i in members:
                try:
                    geometry[i] = make([raw[i]["coordinates"]])[0]
                except (ValueError, TypeError, KeyError, OverflowError, shapely.errors.ShapelyError) as error:
                    faults[i] = _why(raw[i], error)
    return geometry, faults


def _why(item: dict[str, Any], error: Exception) -> tuple[str, str]:
    if isinstance(error, _NotFinite):
        return "geometry.not-finite", "a coordinate is missing or not a finite number"
    if "coordinates" not in item:
        return "geometry.empty", "the geometry has no coordinates"
    if isinstance(error, _TooFew):
        return "geometry.too-few-points", "a ring has fewer than three different points"
    return "geometry.not-finite", "the coordinates are not nested lists of numbers"


class _NotFinite(ValueError):
    pass


class _TooFew(ValueError):
    pass


def _coordinates(points: list[Any]) -> F64:
    if not points:
        return _EMPTY_COORDINATES
    if any(isinstance(point, str) for point in points[:1]):
        raise ValueError("positions are text")
    flat = np.asarray(points, dtype=np.float64)
    if flat.ndim != 2 or flat.shape[1] < 2:
        raise ValueError("positions are not pairs of numbers")
    if not np.isfinite(flat).all():
        raise _NotFinite
    return flat[:, :3]


def _lengths(parts: Sequence[Any]) -> I64:
    return np.fromiter(map(len, parts), dtype=np.int64, count=len(parts))


def _owners(lengths: I64) -> I64:
    return np.repeat(np.arange(len(lengths)), lengths)


def _rings(rings: list[Any]) -> Objects:
    flat, lengths = _coordinates(list(chain.from_iterable(rings))), _lengths(rings)
    ends = np.cumsum(lengths)
    if (lengths < 3).any():
        raise _TooFew
    closed = (flat[ends - lengths] == flat[ends - 1]).all(axis=1)
    if (lengths - closed < 3).any():
        raise _TooFew
    made: Objects = shapely.linearrings(flat, indices=_owners(lengths))
    return made


def _polygons(coordinates: list[Any]) -> Objects:
    lengths = _lengths(coordinates)
    if (lengths == 0).any():
        raise _TooFew
    made: Objects = shapely.polygons(_rings(list(chain.from_iterable(coordinates))), indices=_owners(lengths))
    return made


def _multipolygons(coordinates: list[Any]) -> Objects:
    lengths = _lengths(coordinates)
    if (lengths == 0).any():
        raise _TooFew
    made: Objects = shapely.multipolygons(_polygons(list(chain.from_iterable(coordinates))), indices=_owners(lengths))
    return made


def _lines(coordinates: list[Any]) -> Objects:
    lengths = _lengths(coordinates)
    if (lengths < 2).any():
        raise _TooFew
    flat = _coordinates(list(chain.from_iterable(coordinates)))
    made: Objects = shapely.linestrings(flat, indices=_owners(lengths))
    return made


def _multilines(coordinates: list[Any]) -> Objects:
    lengths = _lengths(coordinates)
    if (lengths == 0).any():
        raise _TooFew
    made: Objects = shapely.multilinestrings(_lines(list(chain.from_iterable(coordinates))), indices=_owners(lengths))
    return made


def _points(coordinates: list[Any]) -> Objects:
    made: Objects = shapely.points(_coordinates(coordinates))
    return made


def _multipoints(coordinates: list[Any]) -> Objects:
    lengths = _lengths(coordinates)
    if (lengths == 0).any():
        raise _TooFew
    made: Objects = shapely.multipoints(_points(list(chain.from_iterable(coordinates))), indices=_owners(lengths))
    return made


_MAKERS = {
    "Polygon": _polygons,
    "MultiPolygon": _multipolygons,
    "LineString": _lines,
    "MultiLineString": _multilines,
    "Point": _points,
    "MultiPoint": _multipoints,
}


def to_wgs84(geometry: Objects, options: Options, crs: str | None, *, thing: str) -> tuple[Objects, F64]:
    """(n,) geometries in the source's system to lon/lat in two dimensions, and their lowest z in ellipsoidal metres.

    z is NaN where there is none. A geometry with a coordinate that is not on Earth becomes None.
    """
    points, owner = shapely.get_coordinates(geometry, include_z=True, return_index=True)
    flat_z = points[:, 2]
    z = None if np.isnan(flat_z).all() else flat_z
    lonlat, height = to_lonlat(points[:, 0], points[:, 1], z, options, crs, thing=thing)
    filled = np.where(np.isnan(lonlat), 0.0, lonlat)  # GEOS takes no ring of NaN; these become None anyway
    moved = shapely.set_coordinates(shapely.force_2d(geometry), filled)
    lost = np.unique(owner[np.isnan(lonlat).any(axis=1)])
    moved[lost] = None
    lowest = np.full(len(geometry), np.inf)
    np.fmin.at(lowest, owner, height)
    return moved, np.where(np.isfinite(lowest), lowest, np.nan)
