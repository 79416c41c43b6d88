"""From what was drawn on the map to ranges of place keys. Arrays in, arrays out."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import shapely

from twin.errors import InvalidValue
from twin.geo.cells import PLACE_RES, cell_key_ranges, polygon_to_cells
from twin.geo.crs import metres_per_degree
from twin.types import U64

LARGEST_M2 = 25_000_000.0
"""A polygon covers at most 25 km²: some 80,000 cells of resolution 12."""


def polygon_ranges(corners: Sequence[tuple[float, float]]) -> tuple[U64, U64]:
    """Corners in lon/lat degrees to half-open key ranges of every resolution-12 cell that the polygon touches."""
    try:
        polygon = shapely.Polygon(corners)
    except (ValueError, shapely.GEOSException) as error:
        raise InvalidValue("polygon", "is not a ring of points", "Give at least three corners") from error
    return area_ranges(polygon)


def geojson_ranges(geometry: Mapping[str, Any]) -> tuple[U64, U64]:
    """The same of a GeoJSON polygon or multipolygon, bare or in a feature or a collection of them."""
    shapes = [_shape(part) for part in _geometries(geometry)]
    if not shapes:
        raise InvalidValue("geojson", "holds no polygon", "Give a Polygon or a MultiPolygon")
    return area_ranges(shapes[0] if len(shapes) == 1 else shapely.union_all(shapes))


def area_ranges(area: shapely.Geometry) -> tuple[U64, U64]:
    """The same of any polygon or multipolygon in lon/lat degrees."""
    if not area.is_valid or area.area == 0:
        raise InvalidValue("polygon", "crosses itself or has no area", "Draw it without crossing lines")
    west, south, east, north = area.bounds
    if not (west >= -180 and east <= 180 and south >= -90 and north <= 90):
        raise InvalidValue("polygon", "has corners that are not on Earth", "Give [lon, lat] in degrees")
    per_lon, per_lat = metres_per_degree((south + north) / 2)
    if area.area * per_lon * per_lat > LARGEST_M2:
        raise InvalidValue("polygon", "is larger than 25 km²", "Draw a smaller one, or ask in parts")
    return cell_key_ranges(np.asarray(polygon_to_cells(area, PLACE_RES)))


def _geometries(geometry: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The bare geometries of a GeoJSON object."""
    kind = geometry.get("type")
    if kind == "FeatureCollection":
        features = geometry.get("features")
        return [part for each in features for part in _geometries(each)] if isinstance(features, list) else []
    inner = geometry.get("geometry") if kind == "Feature" else geometry
    return [inner] if isinstance(inner, Mapping) else []


def _shape(geometry: Mapping[str, Any]) -> shapely.Geometry:
    try:
        shape = shapely.from_geojson(json.dumps(geometry))
    except (ValueError, TypeError, shapely.GEOSException) as error:
        raise InvalidValue("geojson", "is no GeoJSON geometry", "Give a Polygon or a MultiPolygon") from error
    if shape.geom_type not in ("Polygon", "MultiPolygon"):
        raise InvalidValue("geojson", f"is a {shape.geom_type}", "Give a Polygon or a MultiPolygon")
    return shape
