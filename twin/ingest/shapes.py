"""Footprints as the model takes them: valid, with an area; repaired where the repair cannot change what is meant."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import numpy as np
import shapely

from twin.types import F64, Bools, Objects

TOLERANCE = 0.02
"""Largest share of its area that a repair may change; beyond that nobody knows what the ring meant to enclose."""

HALF_ROUND_DEG = 180.0
"""Nothing in a city is wider: what seems so crosses the antimeridian."""

HIGHEST_LATITUDE = 89.9
"""Nearer to a pole, longitudes tell nothing."""

Fault = tuple[str, str, bool]
"""(code, why, whether the shape is lost)."""


def clean_polygons(shapes: Objects) -> tuple[Objects, dict[int, Fault]]:
    """(n,) lon/lat geometries to valid polygons or multipolygons; None and a fault where that cannot be."""
    shapes = shapes.copy()
    faults: dict[int, Fault] = {}
    present = ~shapely.is_missing(shapes)
    kinds = shapely.get_type_id(shapes)
    for i in np.flatnonzero(present & (kinds != 3) & (kinds != 6)):
        faults[int(i)] = ("geometry.wrong-type", f"a {shapes[i].geom_type} has no area", True)
        shapes[i] = None
    bounds = shapely.bounds(shapes)
    round_the_earth = (bounds[:, 2] - bounds[:, 0] > HALF_ROUND_DEG) | (
        np.abs(bounds[:, [1, 3]]).max(axis=1, initial=0) > HIGHEST_LATITUDE
    )
    for i in np.flatnonzero(round_the_earth):
        faults[int(i)] = ("geometry.antimeridian", "it crosses the antimeridian or lies at a pole", True)
        shapes[i] = None
    invalid = ~shapely.is_missing(shapes) & ~shapely.is_valid(shapes)
    for i in np.flatnonzero(invalid):
        shapes[i], fault = _repair(shapes[i])
        faults[int(i)] = fault
    flat = ~shapely.is_missing(shapes) & ~(shapely.area(shapes) > 0)
    for i in np.flatnonzero(flat):
        faults[int(i)] = ("geometry.empty", "the outline encloses no area", True)
        shapes[i] = None
    return shapes, faults


def clean_lines(shapes: Objects) -> tuple[Objects, dict[int, Fault]]:
    """(n,) lon/lat geometries to lines of some length; None and a fault for the others."""
    return _only(shapes, (1, 5), "line", lambda kept: shapely.length(kept) > 0)


def clean_points(shapes: Objects) -> tuple[Objects, dict[int, Fault]]:
    """(n,) lon/lat geometries to points; anything with an extent becomes a point on it."""
    extended = ~shapely.is_missing(shapes) & (shapely.get_type_id(shapes) != 0)
    shapes = shapes.copy()
    shapes[extended] = shapely.point_on_surface(shapes[extended])
    return _only(shapes, (0,), "point", lambda kept: ~shapely.is_empty(kept))


def _only(
    shapes: Objects, types: tuple[int, ...], what: str, fine: Callable[[Objects], Bools]
) -> tuple[Objects, dict[int, Fault]]:
    shapes = shapes.copy()
    faults: dict[int, Fault] = {}
    wrong = ~shapely.is_missing(shapes) & ~np.isin(shapely.get_type_id(shapes), types)
    for i in np.flatnonzero(wrong):
        faults[int(i)] = ("geometry.wrong-type", f"a {shapes[i].geom_type} is not a {what}", True)
    empty = ~shapely.is_missing(shapes) & ~wrong & ~fine(shapes)
    for i in np.flatnonzero(empty):
        faults[int(i)] = ("geometry.empty", f"the {what} has no extent", True)
    shapes[wrong | empty] = None
    return shapes, faults


def _repair(shape: shapely.Geometry) -> tuple[shapely.Geometry | None, Fault]:
    """Make one polygon valid if the area that its rings wind around stays what it is."""
    why = shapely.is_valid_reason(shape).split("[", maxsplit=1)[0].strip().lower()
    signed = _signed_area(shape)
    fixed = shapely.make_valid(shape)
    areas = [part for part in shapely.get_parts(fixed) if part.geom_type in ("Polygon", "MultiPolygon")]
    fixed = shapely.union_all(areas) if areas else None
    if fixed is None or fixed.area == 0:
        return None, ("geometry.empty", f"the outline encloses no area ({why})", True)
    if abs(fixed.area - signed) > TOLERANCE * fixed.area:
        change = abs(fixed.area - signed) / fixed.area
        return None, ("geometry.self-intersection", f"{why}; what it encloses is ambiguous by {change:.0%}", True)
    return fixed, ("geometry.self-intersection", f"{why}; repaired, the area stays within {TOLERANCE:.0%}", False)


def _signed_area(shape: shapely.Geometry) -> float:
    total = 0.0
    for polygon in shapely.get_parts(shape):
        rings = [polygon.exterior, *polygon.interiors]
        areas = [abs(_ring_area(shapely.get_coordinates(ring))) for ring in rings]
        total += areas[0] - sum(areas[1:])
    return total


def _ring_area(points: F64) -> float:
    x, y = (points - points[0]).T
    return float(np.sum(x[:-1] * y[1:] - x[1:] * y[:-1]) / 2)


def geometry_ids(shapes: Objects, stem: str) -> list[str]:
    """An id for each geometry that has none of its own: the same geometry gets the same id at every import."""
    blobs = shapely.to_wkb(shapely.normalize(shapes), byte_order=1)
    return [f"{stem}:g{hashlib.blake2b(blob, digest_size=8).hexdigest()}" for blob in blobs]
