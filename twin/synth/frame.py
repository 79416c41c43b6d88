"""The district's own metric frame: metres east and north of its centre."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely

from twin.geo.crs import metres_per_degree
from twin.types import F64

CENTRE = (114.03, 22.65)
"""Degrees WGS84. The place is that of a real dense district; everything in it is made up."""

GROUND_M = 72.0
"""Ellipsoidal height of the ground, the same everywhere."""

_METRES = np.array(metres_per_degree(CENTRE[1]))


def to_lonlat(xy: F64) -> F64:
    """(n, 2) metres to (n, 2) degrees WGS84."""
    return np.asarray(xy / _METRES + np.array(CENTRE), dtype=np.float64)


def to_xy(lonlat: F64) -> F64:
    """(n, 2) degrees WGS84 to (n, 2) metres."""
    return np.asarray((lonlat - np.array(CENTRE)) * _METRES, dtype=np.float64)


def to_wkb(shapes: Any) -> list[bytes]:
    """Shapely geometries in metres to WKB in degrees WGS84."""
    return list(shapely.to_wkb(shapely.transform(np.asarray(shapes, dtype=object), to_lonlat)))
