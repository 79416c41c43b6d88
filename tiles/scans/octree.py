"""Cubes of whole millimetres, halved again and again, and which points a cube shows of those in it. Arrays only."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twin.types import I32, I64, U8, Bools

SIDES = (128, 64, 32)
"""Cells along an edge of a cube, of which each shows one point: the most that give no more points than a tile takes.
The last gives 32,768 at most, in whatever way the points lie."""

SMALLEST_MM = 128
"""A cube whose cells are single millimetres is not halved again: its points are one spot."""


@dataclass(frozen=True, slots=True)
class Cube:
    """Millimetres: its lowest corner and the length of its edges, `SMALLEST_MM` times a power of two."""

    low: tuple[int, int, int]
    size: int

    def octant(self, number: int) -> Cube:
        """One of its eighths: bit 0 east, bit 1 north, bit 2 up."""
        half = self.size // 2
        return Cube(
            (
                self.low[0] + half * (number & 1),
                self.low[1] + half * (number >> 1 & 1),
                self.low[2] + half * (number >> 2 & 1),
            ),
            half,
        )


def cube_around(low: I64, high: I64) -> Cube:
    """The smallest cube from a lowest (3,) corner on that holds a highest one."""
    size = SMALLEST_MM
    while size <= int((high - low).max()):
        size *= 2
    return Cube((int(low[0]), int(low[1]), int(low[2])), size)


def octants_of(xyz: I32, cube: Cube) -> U8:
    """(n, 3) millimetres to (n,) which eighth of a cube each is in."""
    upper = xyz >= np.array(cube.low) + cube.size // 2
    return np.asarray(upper @ np.array([1, 2, 4]), dtype=np.uint8)


def cells_of(xyz: I32, cube: Cube, side: int) -> I64:
    """(n, 3) millimetres to (n,) which of side**3 cells of a cube each is in."""
    at = (xyz.astype(np.int64) - np.array(cube.low)) // (cube.size // side)
    return np.asarray((at[:, 0] * side + at[:, 1]) * side + at[:, 2])


def coarser(taken: Bools, side: int) -> Bools:
    """(side**3,) which cells hold anything, for cells of twice the width."""
    half = side // 2
    return np.asarray(taken.reshape(half, 2, half, 2, half, 2).any(axis=(1, 3, 5)).ravel())


def first_of_each(cells: I64, taken: Bools) -> Bools:
    """(n,) cells: which points are the first in a cell that nobody has taken. Takes them."""
    slot = np.empty(len(taken), dtype=np.int64)
    order = np.arange(len(cells))
    slot[cells[::-1]] = order[::-1]  # of several the last one written stays: the first in order
    first = (slot[cells] == order) & ~taken[cells]
    taken[cells] = True
    return np.asarray(first)
