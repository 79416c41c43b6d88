"""Which feature is drawn in which cell of an implicit quadtree: each in one that it lies in entirely.

Implicit tiling derives the volume of a tile from its place in the tree alone, so a feature that crosses the border
between the quarters of a cell stays with that cell. The rest is as in `tiles.tree`: a cell keeps its 512 largest and
hands on what is left, unless that is no more than it keeps: few large tiles beat many small ones. A cell has one
content: what would outgrow it is handed on, too.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from tiles.tree import CAPACITY
from twin.geo.crs import metres_per_degree
from twin.types import F64, I64, U32, Bools

DEPTH = 24
"""Levels below the root: cells of two metres in a region of 30 km. The last takes whatever comes."""

MOST_VERTICES = 400_000
"""Of the meshes in one content, about 8 MB; what crosses borders stays all the same."""

WIDE_DEGREES = 0.7
"""A wider cell keeps only what crosses its borders: float32 around its middle would move the rest by centimetres."""

_ROOM_DEGREES = 1e-6  # about 10 cm: packing moves a corner by one at most


@dataclass(frozen=True, slots=True, eq=False)
class Extents:
    """Where n features are, and how much of a content each takes.

    bounds    (n, 4) west, south, east, north, degrees: all that is drawn
    heights   (n, 2) ellipsoidal metres of the lowest and the highest point
    size      (n,) metres: the larger, the more important
    number    (n,) the stable number; the lower goes first where sizes are equal
    vertices  (n,) of its mesh; 0 for extrusions
    """

    bounds: F64
    heights: F64
    size: F64
    number: U32
    vertices: I64


@dataclass(slots=True, eq=False)
class Cell:
    """A tile to be, at (level, x, y), x to the east and y to the north.

    rows       the features that it draws itself, ascending
    low, high  ellipsoidal metres between which it and all below it lie
    missing    the largest size among what is drawn below it; 0 at leaves
    """

    level: int
    x: int
    y: int
    rows: I64
    low: float = np.inf
    high: float = -np.inf
    missing: float = 0.0


def region_of(bounds: F64) -> F64:
    """(4,) degrees west, south, east, north: the region of a root for (n, 4) bounds, about as wide as it is long."""
    room = 2 * _room(bounds)
    ends = np.concatenate(((bounds[:, :2] - room).min(axis=0), (bounds[:, 2:] + room).max(axis=0)))
    middle, sides = (ends[:2] + ends[2:]) / 2, ends[2:] - ends[:2]
    scale = np.array(metres_per_degree(float(middle[1])))
    half = (sides * scale).max() / scale / 2
    square = np.concatenate((middle - half, middle + half))
    most = np.array([-180.0, -90.0, 180.0, 90.0])
    fits = (square[:2] >= most[:2]).all() and (square[2:] <= most[2:]).all()
    return np.asarray(square if fits else np.clip(ends, np.tile(most[:2], 2), np.tile(most[2:], 2)))


def _room(bounds: F64) -> F64:
    """(n, 2) degrees to leave around features."""
    east = np.maximum(np.cos(np.radians(bounds[:, [1, 3]]).max(axis=1)), 1e-3)
    return _ROOM_DEGREES / np.column_stack((east, np.ones(len(bounds))))


def plan_cells(extents: Extents, region: F64, capacity: int = CAPACITY) -> list[Cell]:
    """All cells of a quadtree over a region, every ancestor before what is below it: each feature is in one cell."""
    planned = list(_Planning(extents, region, capacity).cells())
    _gather_up(extents, planned)
    return planned


@dataclass(slots=True, eq=False)
class _Planning:
    extents: Extents
    region: F64
    capacity: int
    first: I64 = field(init=False)  # (n, 2) the feature's south-west corner on the grid of the last level
    home: I64 = field(init=False)  # (n,) the last level on which it lies in one cell

    def __post_init__(self) -> None:
        room, bounds = _room(self.extents.bounds), self.extents.bounds
        self.first, last = self._on_grid(bounds[:, :2] - room), self._on_grid(bounds[:, 2:] + room)
        _, bits = np.frexp((self.first ^ last).max(axis=1).astype(np.float64))
        self.home = DEPTH - bits.astype(np.int64)

    def _on_grid(self, lonlat: F64) -> I64:
        span, count = self.region[2:] - self.region[:2], 1 << DEPTH
        return np.clip(np.floor((lonlat - self.region[:2]) / span * count), 0, count - 1).astype(np.int64)

    def cells(self) -> Iterator[Cell]:
        waiting = [(0, 0, 0, np.arange(len(self.home)))]
        while waiting:
            level, x, y, rows = waiting.pop()
            kept = self._kept(level, rows)
            yield Cell(level, x, y, rows[kept])
            rest = rows[~kept]
            quarter = self.first[rest] >> (DEPTH - level - 1) & 1 if len(rest) else self.first[rest]
            for east, north in ((0, 0), (1, 0), (0, 1), (1, 1)):
                below = rest[(quarter == (east, north)).all(axis=1)]
                if len(below):
                    waiting.append((level + 1, 2 * x + east, 2 * y + north, below))

    def _kept(self, level: int, rows: I64) -> Bools:
        """Which of the rows that come to a cell it draws itself."""
        if level == DEPTH or (len(rows) <= 2 * self.capacity and self._fits(level, rows)):
            return np.ones(len(rows), dtype=bool)
        kept = np.asarray(self.home[rows] <= level)
        if self._wide(level):
            return kept
        extents, others = self.extents, np.flatnonzero(~kept)
        ranked = others[np.lexsort((extents.number[rows[others]], -extents.size[rows[others]]))]
        filled = extents.vertices[rows[kept]].sum() + np.cumsum(extents.vertices[rows[ranked]])
        fitting = np.searchsorted(filled, MOST_VERTICES, side="right")
        count = max(min(self.capacity - int(kept.sum()), int(fitting)), 0 if kept.any() else 1)
        kept[ranked[:count]] = True
        return kept

    def _wide(self, level: int) -> bool:
        return bool((self.region[2:] - self.region[:2]).max() / (1 << level) > WIDE_DEGREES)

    def _fits(self, level: int, rows: I64) -> bool:
        return not self._wide(level) and int(self.extents.vertices[rows].sum()) <= MOST_VERTICES


def _gather_up(extents: Extents, cells: list[Cell]) -> None:
    """Heights and what is missing, from the leaves up."""
    at = {(cell.level, cell.x, cell.y): cell for cell in cells}
    for cell in sorted(cells, key=lambda cell: -cell.level):
        largest = cell.missing
        if len(cell.rows):
            cell.low = min(cell.low, float(extents.heights[cell.rows, 0].min()))
            cell.high = max(cell.high, float(extents.heights[cell.rows, 1].max()))
            largest = max(largest, float(extents.size[cell.rows].max()))
        above = at.get((cell.level - 1, cell.x >> 1, cell.y >> 1))
        if above is not None:
            above.low, above.high = min(above.low, cell.low), max(above.high, cell.high)
            above.missing = max(above.missing, largest)
