"""The ground as triangles, and how high it is at points.

A surface of height over longitude and latitude (a TIN), flat within each triangle. Triangles are found through squares
of a grid over the whole of it; the few that lie over many squares are looked at one by one.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import shapely
from numba import njit

from twin.types import F64, I64, U32, Bools, Objects

_MOST_SQUARES = 64
"""What a triangle lies over from which on it is not put into squares: slivers would fill the memory."""

_MOST_SIDE = 2048
"""Squares along a side of the grid."""

_STRIDE = 50_000
"""Outlines that are in memory as shapes at a time."""

_EDGE = 1e-6
"""Share of a triangle's height by which a point may lie outside: nothing falls between two that touch."""


class Squares(NamedTuple):
    """A grid: (2,) degrees of its south-west corner, (2,) degrees of a square's sides, squares along each side."""

    origin: F64
    step: F64
    side: int


class Relief(NamedTuple):
    """Triangles that can be asked for the height at a point.

    corners    (v, 3) degrees east and north, ellipsoidal metres
    triangles  (t, 3) positions in corners
    squares    the grid over them
    first      (side * side + 1,) where the triangles of each square, row by row from the south, begin in `listed`
    listed     triangles square by square
    wide       triangles that lie over too many squares to be listed
    """

    corners: F64
    triangles: U32
    squares: Squares
    first: I64
    listed: U32
    wide: U32

    def heights(self, lonlat: F64) -> F64:
        """(n, 2) degrees to (n,) ellipsoidal metres; NaN where no triangle is. The highest where several are."""
        found: F64 = _heights(np.ascontiguousarray(lonlat, dtype=np.float64).reshape(-1, 2), self)
        return found

    def lowest(self, outlines: Objects) -> F64:
        """(n,) WKB or None to (n,) ellipsoidal metres of the lowest ground at the corners and the middle of each.

        NaN where no triangle is at any of these. On a slope the lowest is where heights are counted from
        (OpenStreetMap's `height`, CityGML's `measuredHeight`), and no wall ends in the air.
        """
        ground = np.full(len(outlines), np.nan)
        for start in range(0, len(outlines), _STRIDE):
            shapes = shapely.from_wkb(outlines[start : start + _STRIDE], on_invalid="ignore")
            corners, owner = shapely.get_coordinates(shapes, return_index=True)
            middles, middle_of = shapely.get_coordinates(shapely.centroid(shapes), return_index=True)
            heights = self.heights(np.concatenate((corners, middles)))
            np.fmin.at(ground, start + np.concatenate((owner, middle_of)), heights)
        return ground


def relief_of(corners: F64, triangles: U32) -> Relief:
    """(v, 3) degrees and ellipsoidal metres, (t, 3) positions in them, to a surface. What is upright is no ground."""
    used = corners[np.unique(triangles)] if len(triangles) else np.zeros((1, 3))
    origin, span = used[:, :2].min(axis=0), np.ptp(used[:, :2], axis=0)
    side = int(np.clip(np.ceil(np.sqrt(len(triangles))), 1, _MOST_SIDE))
    squares = Squares(origin, np.where(span > 0, span / side, 1.0), side)
    counts, wide = _count(corners, triangles, squares)
    first = np.concatenate((np.zeros(1, dtype=np.int64), np.cumsum(counts)))
    listed = _list(corners, triangles, squares, first)
    return Relief(corners, triangles, squares, first, listed, np.flatnonzero(wide).astype(np.uint32))


@njit(cache=True, nogil=True)
def _place(value: float, axis: int, squares: Squares) -> int:
    """The column (axis 0) or row (axis 1) of squares that a coordinate is in; the nearest one from outside."""
    return min(max(int((value - squares.origin[axis]) / squares.step[axis]), 0), squares.side - 1)


@njit(cache=True, nogil=True)
def _box(corners: F64, triangle: U32, squares: Squares) -> tuple[int, int, int, int]:
    """West, south, east and north of the squares that a triangle's box lies over, the latter two included."""
    a, b, c = corners[triangle[0]], corners[triangle[1]], corners[triangle[2]]
    return (
        _place(min(a[0], b[0], c[0]), 0, squares),
        _place(min(a[1], b[1], c[1]), 1, squares),
        _place(max(a[0], b[0], c[0]), 0, squares),
        _place(max(a[1], b[1], c[1]), 1, squares),
    )


@njit(cache=True, nogil=True)
def _count(corners: F64, triangles: U32, squares: Squares) -> tuple[I64, Bools]:
    """(side * side,) how many triangles each square lists, and (t,) which are too wide to be listed."""
    counts = np.zeros(squares.side * squares.side, dtype=np.int64)
    wide = np.zeros(len(triangles), dtype=np.bool_)
    for t in range(len(triangles)):
        west, south, east, north = _box(corners, triangles[t], squares)
        if (east - west + 1) * (north - south + 1) > _MOST_SQUARES:
            wide[t] = True
            continue
        for row in range(south, north + 1):
            counts[row * squares.side + west : row * squares.side + east + 1] += 1
    return counts, wide


@njit(cache=True, nogil=True)
def _list(corners: F64, triangles: U32, squares: Squares, first: I64) -> U32:
    """The triangles square by square."""
    listed = np.empty(first[-1], dtype=np.uint32)
    place = first[:-1].copy()
    for t in range(len(triangles)):
        west, south, east, north = _box(corners, triangles[t], squares)
        if (east - west + 1) * (north - south + 1) > _MOST_SQUARES:
            continue
        for row in range(south, north + 1):
            for square in range(row * squares.side + west, row * squares.side + east + 1):
                listed[place[square]] = t
                place[square] += 1
    return listed


@njit(cache=True, nogil=True)
def _height_in(a: F64, b: F64, c: F64, x: float, y: float) -> float:
    """Height of the plane through a triangle at a point in it; NaN outside, and where it stands upright."""
    bx, by, cx, cy = b[0] - a[0], b[1] - a[1], c[0] - a[0], c[1] - a[1]
    area = bx * cy - by * cx
    if area == 0.0:
        return np.nan
    px, py = x - a[0], y - a[1]
    v = (px * cy - py * cx) / area
    w = (bx * py - by * px) / area
    if v < -_EDGE or w < -_EDGE or v + w > 1.0 + _EDGE:
        return np.nan
    return float(a[2] + v * (b[2] - a[2]) + w * (c[2] - a[2]))


@njit(cache=True, nogil=True)
def _heights(points: F64, relief: Relief) -> F64:
    found = np.full(len(points), np.nan)
    corners, triangles, squares = relief.corners, relief.triangles, relief.squares
    for i in range(len(points)):
        x, y = points[i]
        if not (np.isfinite(x) and np.isfinite(y)):
            continue
        square = _place(y, 1, squares) * squares.side + _place(x, 0, squares)
        until = relief.first[square + 1]
        for place in range(relief.first[square], until + len(relief.wide)):
            t = relief.listed[place] if place < until else relief.wide[place - until]
            a, b, c = corners[triangles[t, 0]], corners[triangles[t, 1]], corners[triangles[t, 2]]
            height = _height_in(a, b, c, x, y)
            if not np.isnan(height) and not height <= found[i]:
                found[i] = height
    return found
