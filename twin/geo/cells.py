"""H3 cells and the 3D place key: the only door to h3.

A place key is a u64 that sorts by place: 43 bits of H3 (base cell and 12 digits), 8 bits of floor, 13 bits of unit.
Every coarser H3 cell, every (cell, floor) and every unit is therefore one contiguous range of keys. A fix that is
coarser than resolution 12 keeps the digits it has: its unused digits are 7, as in H3 itself, which sorts it last
within its own cell.
"""

from __future__ import annotations

from functools import lru_cache

import h3
import h3.api.numpy_int as h3n
import numpy as np
from numpy.typing import ArrayLike

from twin.geo.cellbits import are_cells
from twin.types import F64, I64, U64, Bools

PLACE_RES = 12
"""Resolution of the finest cell in a place key: about 10 m across."""

UNKNOWN_FLOOR = -128
"""Floor value of a stay whose floor nobody knows; it is never silently the ground floor."""

NO_UNIT = 0
"""Unit number of a place that is a whole floor or a whole building."""

_FLOOR_SHIFT = 13
_CELL_SHIFT = 21
_CELL_MASK = (1 << 43) - 1
_H3_DROP = 9  # the three digits below resolution 12
_MODE_CELL = 1 << 59
_DIGITS_BELOW_12 = (1 << _H3_DROP) - 1


def lonlat_to_cells(lonlat: ArrayLike, res: int) -> U64:
    """(n, 2) degrees to (n,) H3 cells at a resolution. NaN or infinite coordinates raise ValueError."""
    points = np.asarray(lonlat, dtype=np.float64).reshape(-1, 2)
    if not np.isfinite(points).all():
        raise ValueError("coordinates must be finite")
    to_cell = h3n.latlng_to_cell
    return np.fromiter((to_cell(lat, lon, res) for lon, lat in points.tolist()), dtype=np.uint64, count=len(points))


def cell_resolution(cells: ArrayLike) -> I64:
    """(n,) H3 cells to (n,) resolutions."""
    return np.asarray((np.asarray(cells, dtype=np.uint64) >> np.uint64(52)) & np.uint64(15), dtype=np.int64)


def cells_to_keys(cells: ArrayLike, floors: ArrayLike = UNKNOWN_FLOOR, units: ArrayLike = NO_UNIT) -> U64:
    """(n,) H3 cells of resolution <= 12, (n,) floors in -128..127 and (n,) units in 0..8191 to (n,) place keys."""
    cells = np.asarray(cells, dtype=np.uint64)
    floors = np.asarray(floors, dtype=np.int64)
    units = np.asarray(units, dtype=np.int64)
    if (cell_resolution(cells) > PLACE_RES).any():
        raise ValueError("a place key holds cells of resolution 12 or coarser")
    if ((floors < -128) | (floors > 127)).any() or ((units < 0) | (units > 8191)).any():
        raise ValueError("floors are -128..127 and units 0..8191")
    prefix = (cells >> np.uint64(_H3_DROP)) & np.uint64(_CELL_MASK)
    low = ((floors + 128) << _FLOOR_SHIFT | units).astype(np.uint64)
    return np.asarray((prefix << np.uint64(_CELL_SHIFT)) | low, dtype=np.uint64)


def keys_to_floors(keys: ArrayLike) -> I64:
    """(n,) place keys to (n,) floors; UNKNOWN_FLOOR where the floor is not known."""
    floors = (np.asarray(keys, dtype=np.uint64) >> np.uint64(_FLOOR_SHIFT)) & np.uint64(255)
    return np.asarray(floors, dtype=np.int64) - 128


def keys_to_units(keys: ArrayLike) -> I64:
    """(n,) place keys to (n,) unit numbers."""
    return np.asarray(np.asarray(keys, dtype=np.uint64) & np.uint64(8191), dtype=np.int64)


def keys_to_cells(keys: ArrayLike) -> U64:
    """(n,) place keys to (n,) H3 cells, at each key's own resolution: coarser than 12 where digits are unused."""
    prefix = np.asarray(keys, dtype=np.uint64) >> np.uint64(_CELL_SHIFT)
    used = np.full(prefix.shape, PLACE_RES, dtype=np.uint64)
    unset = np.ones(prefix.shape, dtype=bool)
    for digit in range(PLACE_RES):  # from the finest digit up: 7 means unused
        unset &= ((prefix >> np.uint64(3 * digit)) & np.uint64(7)) == np.uint64(7)
        used[unset] = PLACE_RES - 1 - digit
    return (
        np.uint64(_MODE_CELL) | (used << np.uint64(52)) | (prefix << np.uint64(_H3_DROP)) | np.uint64(_DIGITS_BELOW_12)
    )


def keys_of_cells(keys: ArrayLike) -> Bools:
    """(n,) place keys to (n,) whether the cell of each is an H3 cell. Keys of places that move are none."""
    prefix = np.asarray(keys, dtype=np.uint64) >> np.uint64(_CELL_SHIFT)
    return np.asarray(are_cells(prefix, PLACE_RES, _pentagons()))


@lru_cache(maxsize=1)
def _pentagons() -> Bools:
    """(128,) which base cells are pentagons."""
    pentagons = np.zeros(128, dtype=np.bool_)
    pentagons[[h3n.get_base_cell_number(cell) for cell in h3n.get_pentagons(0)]] = True
    return pentagons


def no_finer_than(cell: int, res: int) -> int:
    """The cell itself, or the one at `res` that it is in where it is finer."""
    return int(h3n.cell_to_parent(cell, min(res, h3n.get_resolution(cell))))


def cell_key_ranges(cells: ArrayLike) -> tuple[U64, U64]:
    """(n,) cells of resolution <= 12 to half-open key ranges [lo, hi): every floor, unit and finer cell in each."""
    cells = np.asarray(cells, dtype=np.uint64)
    res = cell_resolution(cells).astype(np.uint64)
    prefix = (cells >> np.uint64(_H3_DROP)) & np.uint64(_CELL_MASK)
    span = np.uint64(1) << (np.uint64(3) * (np.uint64(PLACE_RES) - res))  # the unused digits are all ones in the cell
    first = prefix & ~(span - np.uint64(1))
    return first << np.uint64(_CELL_SHIFT), (first + span) << np.uint64(_CELL_SHIFT)


def keys_to_parent_ranges(keys: ArrayLike, res: int) -> tuple[U64, U64]:
    """(n,) place keys no coarser than `res` to the half-open key ranges [lo, hi) of the res cells that hold them."""
    prefix = np.asarray(keys, dtype=np.uint64) >> np.uint64(_CELL_SHIFT)
    span = np.uint64(1 << 3 * (PLACE_RES - res))
    first = prefix & ~(span - np.uint64(1))
    return first << np.uint64(_CELL_SHIFT), (first + span) << np.uint64(_CELL_SHIFT)


def floor_key_range(cell: int, floor: int) -> tuple[int, int]:
    """One resolution-12 cell and a floor to the half-open range [lo, hi) of its keys: every unit on that floor."""
    lo = int(cells_to_keys([cell], [floor], [0])[0])
    return lo, lo + (1 << _FLOOR_SHIFT)


def cell_to_name(cell: int) -> str:
    """The usual hexadecimal name of a cell, e.g. 8c41...ff."""
    return str(h3.int_to_str(int(cell)))


def name_to_cell(name: str) -> int:
    """The inverse of `cell_to_name`; raises ValueError for a name that is no H3 cell."""
    cell = h3.str_to_int(name)
    if not h3n.is_valid_cell(cell):
        raise ValueError(f"{name!r} is not an H3 cell")
    return int(cell)


def cell_boundary(cell: int) -> list[tuple[float, float]]:
    """The corners of a cell as (lon, lat) degrees, not closed."""
    return [(lon, lat) for lat, lon in h3n.cell_to_boundary(int(cell))]


def cell_ring(cell: int, k: int) -> U64:
    """All cells within k steps, the cell itself among them."""
    return np.asarray(h3n.grid_disk(int(cell), k), dtype=np.uint64)


def cells_to_ij(origin: int, cells: ArrayLike) -> I64:
    """(n,) cells of the origin's resolution to (n, 2) steps along H3's local axes I and J, 120 degrees apart.

    Raises ValueError where a pentagon lies between: there are no such axes across it.
    """
    try:
        steps = [h3n.cell_to_local_ij(int(origin), cell) for cell in np.asarray(cells, dtype=np.uint64).tolist()]
    except h3.H3BaseException as error:
        raise ValueError("cells around a pentagon do not lie in rows") from error
    return np.asarray(steps, dtype=np.int64).reshape(-1, 2)


def ij_to_cells(origin: int, steps: ArrayLike) -> U64:
    """The inverse of `cells_to_ij`; raises ValueError likewise."""
    try:
        cells = [h3n.local_ij_to_cell(int(origin), i, j) for i, j in np.asarray(steps, dtype=np.int64).tolist()]
    except h3.H3BaseException as error:
        raise ValueError("cells around a pentagon do not lie in rows") from error
    return np.asarray(cells, dtype=np.uint64)


def edge_m(res: int) -> float:
    """Length of a hexagon's edge at a resolution, metres, on average over the Earth."""
    return float(h3n.average_hexagon_edge_length(res, unit="m"))


def polygon_to_cells(polygon: object, res: int) -> U64:
    """Every cell that overlaps a shapely (multi)polygon in lon/lat, sorted: overlapping, not centre containment."""
    shape = h3.geo_to_h3shape(polygon)
    return np.sort(np.asarray(h3n.polygon_to_cells_experimental(shape, res, contain="overlap"), dtype=np.uint64))


def cell_centres(cells: ArrayLike) -> F64:
    """(n,) H3 cells of any resolution to their centres, (n, 2) degrees lon/lat."""
    wanted = np.asarray(cells, dtype=np.uint64).tolist()
    centres = [h3n.cell_to_latlng(cell) for cell in wanted]
    return np.array(centres, dtype=np.float64).reshape(-1, 2)[:, ::-1]
