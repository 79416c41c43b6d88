"""Convex hulls of a stay's fixes, to know how far a new one is from all of them: the farthest is on the hull."""

from __future__ import annotations

import numpy as np
from numba import njit

from twin.types import F64


@njit(cache=True, nogil=True)
def reduce_to_hull(points: F64, count: int, scratch: F64) -> int:
    """Keep of the first `count` rows of points (m, 2) just the corners of their convex hull; returns how many.

    The corners come first in `points` afterwards; scratch (2 m, 2) is written over. Works in any affine frame.
    """
    if count < 3:
        return count
    _sort(points, count)
    size = 0
    for i in range(count):  # the lower side, from west to east
        while size >= 2 and _turn(scratch, size, points[i]) <= 0:
            size -= 1
        scratch[size] = points[i]
        size += 1
    lower = size + 1
    for i in range(count - 2, -1, -1):  # the upper side, and back
        while size >= lower and _turn(scratch, size, points[i]) <= 0:
            size -= 1
        scratch[size] = points[i]
        size += 1
    size = max(size - 1, 1)  # the last is the first again
    points[:size] = scratch[:size]
    return size


@njit(cache=True, nogil=True)
def _turn(chain: F64, size: int, point: F64) -> float:
    """Positive where the way over the last two points of a chain to a further one turns left."""
    ax, ay = chain[size - 2, 0], chain[size - 2, 1]
    return float((chain[size - 1, 0] - ax) * (point[1] - ay) - (chain[size - 1, 1] - ay) * (point[0] - ax))


@njit(cache=True, nogil=True)
def _sort(points: F64, count: int) -> None:
    """Shell sort by (x, y), in place: some dozens of points, most of them in order from the last time."""
    gap = 1
    while 3 * gap < count:
        gap = 3 * gap + 1
    while gap >= 1:
        for i in range(gap, count):
            x, y = points[i, 0], points[i, 1]
            j = i
            while j >= gap and (points[j - gap, 0] > x or (points[j - gap, 0] == x and points[j - gap, 1] > y)):
                points[j, 0], points[j, 1] = points[j - gap, 0], points[j - gap, 1]
                j -= gap
            points[j, 0], points[j, 1] = x, y
        gap //= 3


@njit(cache=True, nogil=True)
def grown(points: F64) -> F64:
    """Twice the room, with the same rows first."""
    wider = np.empty((2 * points.shape[0], 2), dtype=np.float64)
    wider[: points.shape[0]] = points
    return wider
