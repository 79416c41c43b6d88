"""Outlines of more corners than can be drawn, with fewer."""

from __future__ import annotations

import shapely

FINEST_M = 0.01
COARSEST_M = 10.0

_DEGREE_M = 111_320.0


def thinned(shape: shapely.Geometry, most: int) -> tuple[shapely.Geometry, float] | None:
    """A (multi)polygon in degrees with at most so many corners, and how far it may be off, metres (Douglas-Peucker).

    Each try is twice as coarse as the one before. None where that does not help: too many holes, or parts.
    """
    tolerance = FINEST_M
    while tolerance <= COARSEST_M:
        coarse = shapely.simplify(shape, tolerance / _DEGREE_M, preserve_topology=False)
        if not coarse.is_valid:
            coarse = shapely.make_valid(coarse, method="structure", keep_collapsed=False)
        if not coarse.is_empty and shapely.get_num_coordinates(coarse) <= most:
            return coarse, tolerance
        tolerance *= 2
    return None
