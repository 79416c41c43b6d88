"""The octree of a cloud: every point is in one tile, the coarse ones above, in bounded memory.

A cube with more points than a tile takes shows one of each of its cells and hands the rest to its eighths (`refine:
ADD`). Many points are handed on through files, two million or fewer in memory; what a cube shows are the first that
come, so both give the same tree.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from tiles.glb import Packed
from tiles.scans.octree import SIDES, SMALLEST_MM, Cube, cells_of, coarser, first_of_each, octants_of
from tiles.scans.spool import Heap, Held, Records, Spool
from tiles.tileset import Leafing

MOST_POINTS = 50_000
"""Of a tile: about a megabyte."""

IN_MEMORY = 2_000_000
"""Points up to which a cube is halved in memory."""

_LEAST_ERROR_M = 0.01  # what has something below it must never say that nothing is missing

Draw = Callable[[str, Records], Packed]
"""Makes the content of a tile out of its name and its points."""


class Growth:
    """Grows a tree; `folder` is for files on their way."""

    def __init__(self, folder: Path, draw: Draw, in_memory: int = IN_MEMORY) -> None:
        self._folder = folder
        self._draw = draw
        self._in_memory = in_memory
        self.tiles = 0

    def grow(self, name: str, heap: Heap, cube: Cube) -> Leafing:
        """The tile of a cube with all below it. The points are released."""
        if heap.count <= MOST_POINTS or cube.size <= SMALLEST_MM:
            return self._leaf(name, heap)
        side = densest(heap, cube)
        shown, parts = self._split(name, heap, cube, side)
        tile = self._tile(name, shown)
        tile.error = max(_LEAST_ERROR_M, cube.size / side * 3**0.5 / 1000)
        del shown
        while parts:
            octant, part = parts.popitem()
            tile.children.append(self.grow(f"{name}{octant}", part, cube.octant(octant)))
        return tile

    def _tile(self, name: str, records: Records) -> Leafing:
        packed = self._draw(name, records)
        self.tiles += 1
        return Leafing(name, packed.low, packed.high, 0.0)

    def _leaf(self, name: str, heap: Heap) -> Leafing:
        """All points of a cube: one tile; further ones below it where more than it takes are on one spot."""
        slices = [
            chunk[start : start + MOST_POINTS] for chunk in heap.chunks() for start in range(0, len(chunk), MOST_POINTS)
        ]
        if len(slices) > 1 and heap.count <= MOST_POINTS:  # a file ends its chunks anywhere
            slices = [np.concatenate(slices)]
        heap.release()
        tile, *rest = [self._tile(f"{name}-{number}" if number else name, part) for number, part in enumerate(slices)]
        tile.children, tile.error = rest, _LEAST_ERROR_M if rest else 0.0
        return tile

    def _split(self, name: str, heap: Heap, cube: Cube, side: int) -> tuple[Records, dict[int, Heap]]:
        """What a cube shows itself, and what its eighths are left with."""
        small = heap.count <= self._in_memory
        taken = np.zeros(side**3, dtype=bool)
        shown: list[Records] = []
        parts: dict[int, Held | Spool] = {}
        for records in heap.chunks():
            first = first_of_each(cells_of(records["xyz"], cube, side), taken)
            shown.append(records[first])
            rest = records[~first]
            octants = octants_of(rest["xyz"], cube)
            for octant in np.unique(octants).tolist():
                if octant not in parts:
                    parts[octant] = Held() if small else Spool(self._folder / f"{name}{octant}.points")
                parts[octant].put(rest[octants == octant])
        heap.release()
        return np.concatenate(shown), dict(parts)


def densest(heap: Heap, cube: Cube) -> int:
    """The most cells along a cube's edge that show no more points than a tile takes."""
    side = SIDES[0]
    taken = np.zeros(side**3, dtype=bool)
    for records in heap.chunks():
        taken[cells_of(records["xyz"], cube, side)] = True
    while side > SIDES[-1] and int(taken.sum()) > MOST_POINTS:
        taken, side = coarser(taken, side), side // 2
    return side
