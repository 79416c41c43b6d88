"""From what was drawn on the map to ranges of place keys. Arrays in, arrays out."""

from __future__ import annotations

from collections.abc import Sequence

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
    if not polygon.is_valid or polygon.area == 0:
        raise InvalidValue("polygon", "crosses itself or has no area", "Draw it without crossing lines")
    west, south, east, north = polygon.bounds
    if not (west >= -180 and east <= 180 and south >= -90 and north <= 90):
        raise InvalidValue("polygon", "has corners that are not on Earth", "Give [lon, lat] in degrees")
    per_lon, per_lat = metres_per_degree((south + north) / 2)
    if polygon.area * per_lon * per_lat > LARGEST_M2:
        raise InvalidValue("polygon", "is larger than 25 km²", "Draw a smaller one, or ask in parts")
    return cell_key_ranges(np.asarray(polygon_to_cells(polygon, PLACE_RES)))
