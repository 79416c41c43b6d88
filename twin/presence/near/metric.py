"""The scales in metres: a literal square grid, a radius. Both go by the centre of a stay's H3 cell.

A place key is known to its cell: about 10 m around at resolution 12. Cells of resolution 10 and finer (76 m) count as
exact for the square grid; the radius counts both cells' own size: certain where even the farthest corners are within
it, possible where the nearest may be.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import shapely

from twin.errors import InvalidValue
from twin.geo.cells import (
    PLACE_RES,
    cell_centres,
    cell_key_ranges,
    cell_ring,
    keys_to_cells,
    polygon_to_cells,
)
from twin.geo.crs import metres_per_degree
from twin.geo.vehicles import keys_on_vehicles
from twin.presence.near.nearness import Neighbourhood, comparable, grounded, spread, with_floor
from twin.presence.near.ranges import CELL_SPAN, KeyRanges
from twin.types import F64, I64, U64, Bools

EXACT_RES = 10
"""Cells of this resolution and finer count as exact in a square grid."""

CELL_RADIUS_M = {12: 10.9, 11: 29.0, 10: 76.0, 9: 201.0, 8: 532.0, 7: 1407.0}
"""From the centre of a cell to its farthest corner, metres: the largest on Earth, rounded up."""

Ranged = tuple[KeyRanges, Bools]


@dataclass(frozen=True, slots=True)
class Square:
    """The same square of a grid with a declared origin, sides along the meridians and parallels there.

    x and y are metres east and north of the origin, on a plane scaled at the origin's latitude.
    """

    side_m: float = 800.0
    origin: tuple[float, float] = (113.0, 22.0)
    same_floor: bool = False

    def __post_init__(self) -> None:
        if not 20 <= self.side_m <= 5000:
            raise InvalidValue("side", "must be 20 to 5,000 metres", "Take scale cell for larger areas")
        lon, lat = self.origin
        if not (-180 <= lon <= 180 and -80 <= lat <= 80):
            raise InvalidValue("origin", "must be lon/lat degrees between 80 south and 80 north", "Give it so")

    @property
    def id(self) -> str:
        """Such as square-800."""
        return f"square-{self.side_m:g}" + ("-floor" if self.same_floor else "")

    @property
    def text(self) -> str:
        """With side, origin and floor."""
        floor = "on the same floor" if self.same_floor else "on any floor,"
        return f"In the same square of {self.side_m:g} m (grid from {self.origin[0]:g}, {self.origin[1]:g}), {floor}"

    @property
    def partition(self) -> bool:
        """Squares do not overlap."""
        return True

    def squares(self, keys: U64) -> I64:
        """(n,) keys on the ground to (n, 2) column and row of the square that holds the centre of each key's cell."""
        cells, which = np.unique(keys_to_cells(keys), return_inverse=True)
        return np.asarray(self._of_points(cell_centres(cells))[which], dtype=np.int64)

    def _of_points(self, lonlat: F64) -> I64:
        per = np.asarray(metres_per_degree(self.origin[1]))
        return np.asarray(np.floor((lonlat - self.origin) * per / self.side_m), dtype=np.int64)

    def around(self, keys: U64) -> Neighbourhood:
        """Every key whose cell has its centre in the same square."""
        coarsest = self._coarsest()
        fine = grounded(keys, coarsest)
        squares = self.squares(keys[fine])
        exact = comparable(keys[fine], EXACT_RES)
        parts = [_square_ranges(self, int(x), int(y), coarsest) for x, y in squares]
        ranges, certain, which = _joined(parts)
        return spread(keys, fine, which, ranges, certain & exact[which], same_floor=self.same_floor)

    def groups(self, keys: U64) -> U64:
        """Column and row in one number. What is on a vehicle is one group, which nothing is compared with."""
        square = np.zeros((len(keys), 2), dtype=np.int64)
        ground = ~keys_on_vehicles(keys)
        square[ground] = self.squares(keys[ground]) + (1 << 23)
        return with_floor((square[:, 0] << 24 | square[:, 1]).astype(np.uint64), keys, self.same_floor)

    def _coarsest(self) -> int:
        """The coarsest resolution whose cells are not larger than a square."""
        return next(res for res in sorted(CELL_RADIUS_M) if CELL_RADIUS_M[res] <= max(self.side_m, 20) or res == 12)

    def corners(self, x: int, y: int) -> tuple[float, float, float, float]:
        """West, south, east, north of a square, degrees."""
        side = self.side_m / np.asarray(metres_per_degree(self.origin[1]))
        west, south = np.asarray(self.origin) + side * (x, y)
        return float(west), float(south), float(west + side[0]), float(south + side[1])

    def cells(self, x: int, y: int, res: int) -> U64:
        """Every cell of a resolution with its centre in a square."""
        near = polygon_to_cells(shapely.box(*self.corners(x, y)), res)
        inside = (self._of_points(cell_centres(near)) == (x, y)).all(axis=1)
        return np.asarray(near[inside], dtype=np.uint64)


@dataclass(frozen=True, slots=True)
class Radius:
    """Not farther apart than some metres, as far as the cells of both stays tell."""

    metres: float
    same_floor: bool = False

    def __post_init__(self) -> None:
        if not 1 <= self.metres <= 2000:
            raise InvalidValue("radius", "must be 1 to 2,000 metres", "Take scale cell for larger areas")

    @property
    def id(self) -> str:
        """Such as radius-50."""
        return f"radius-{self.metres:g}" + ("-floor" if self.same_floor else "")

    @property
    def text(self) -> str:
        """With radius and floor."""
        floor = "on the same floor" if self.same_floor else "on any floor,"
        return f"At most {self.metres:g} m apart by the centres and sizes of H3 cells of resolution 12, {floor}"

    @property
    def partition(self) -> bool:
        """Circles overlap."""
        return False

    def around(self, keys: U64) -> Neighbourhood:
        """Cells of resolution 12 within reach. A coarser fix is not compared."""
        fine = grounded(keys, PLACE_RES)
        parts = [_circle_ranges(cell, self.metres) for cell in keys_to_cells(keys[fine]).tolist()]
        ranges, certain, which = _joined(parts)
        return spread(keys, fine, which, ranges, certain, same_floor=self.same_floor)

    def groups(self, keys: U64) -> U64:
        """Each place by itself."""
        return keys


@lru_cache(maxsize=512)
def _square_ranges(grid: Square, x: int, y: int, coarsest: int) -> Ranged:
    """The keys of one square: those of exact cells, certain, and those of coarser ones, possible."""
    exact = _runs(np.concatenate([grid.cells(x, y, res) for res in range(EXACT_RES, PLACE_RES + 1)]))
    rough = [grid.cells(x, y, res) for res in range(coarsest, EXACT_RES)]
    doubtful = _runs(np.concatenate([np.empty(0, dtype=np.uint64), *rough]))
    return _marked(exact, doubtful)


@lru_cache(maxsize=8192)
def _circle_ranges(cell: int, metres: float) -> Ranged:
    """The keys around one cell of resolution 12: surely within the radius, then possibly."""
    slack = 2 * CELL_RADIUS_M[PLACE_RES]
    steps = int((metres + slack) / 15.0) + 2  # centres of neighbours are 15 m apart at the least
    disk = np.unique(cell_ring(cell, steps))
    centres, own = cell_centres(disk), cell_centres([cell])[0]
    away = np.hypot(*((centres - own) * metres_per_degree(float(own[1]))).T)
    sure = away + slack <= metres
    return _marked(_runs(disk[sure]), _runs(disk[~sure & (away - slack <= metres)]))


def _runs(cells: U64) -> KeyRanges:
    """Each cell's own keys (not those of finer cells in it), as ranges that do not touch."""
    last = cell_key_ranges(cells)[1] - CELL_SPAN  # a coarser cell's own key has all unused digits set: the last
    return KeyRanges(last, last + CELL_SPAN).merged()


def _marked(sure: KeyRanges, doubtful: KeyRanges) -> Ranged:
    certain = np.zeros(len(sure.lo) + len(doubtful.lo), dtype=np.bool_)
    certain[: len(sure.lo)] = True
    return KeyRanges(np.concatenate([sure.lo, doubtful.lo]), np.concatenate([sure.hi, doubtful.hi])), certain


def _joined(parts: list[Ranged]) -> tuple[KeyRanges, Bools, I64]:
    """Ranges of many stays in a row: (ranges, certain, which stay)."""
    none, nothing = np.empty(0, dtype=np.uint64), np.empty(0, dtype=np.bool_)
    which = np.repeat(np.arange(len(parts)), [len(part[1]) for part in parts])
    lo = np.concatenate([none, *(part[0].lo for part in parts)])
    hi = np.concatenate([none, *(part[0].hi for part in parts)])
    return KeyRanges(lo, hi), np.concatenate([nothing, *(part[1] for part in parts)]), which
