"""Cells side by side over a box, each with a column and a row: H3 cells of one resolution, or squares of a grid.

Whoever draws a lattice needs no outline of any cell: the lattice is regular in its own coordinates, and a coarse net of
`nodes` says where on Earth those are.

    hexagons   column and row run along H3's local axes I and J, 120 degrees apart; a cell's centre is at (column, row)
    squares    column and row run east and north; a cell is [column, column + 1) by [row, row + 1)

A square grid begins at the whole degree south-west of the box, and is flat at that latitude.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
import shapely
from numpy.typing import ArrayLike

from twin.errors import InvalidValue
from twin.geo.cells import (
    cell_centres,
    cell_to_name,
    cells_to_ij,
    edge_m,
    ij_to_cells,
    lonlat_to_cells,
    polygon_to_cells,
)
from twin.geo.crs import metres_per_degree
from twin.types import F64, I64, U64, Bbox

Shape = Literal["hexagon", "square"]

MOST_CELLS = 1_000_000
"""Cells of one lattice."""

NODES = 24
"""Nodes along a side of the net, at least where that leaves them a cell apart or more."""

TOLERANCE = 0.02
"""How far the net may be off, as a share of a cell's size."""

_NAME = re.compile(r"h3-(\d{1,2})|square-(\d{1,5})")
_HALF = 1 << 31


@dataclass(frozen=True, eq=False)
class Lattice:
    """n cells and the net that they hang in.

    ids         (n,) ascending; H3 cells, or column and row of squares from the grid's origin in 32 bits each
    steps       (n, 2) column and row of each, from 0 on
    net         (a, b, 2) lattice coordinates of the nodes, evenly spaced
    nodes       (a, b, 2) the same in degrees lon/lat
    size_m      across a cell: between the middles of opposite edges
    """

    name: str
    shape: Shape
    size_m: float
    origin: tuple[float, float]
    ids: U64
    steps: I64
    net: F64
    nodes: F64

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def extent(self) -> tuple[int, int]:
        """Columns and rows."""
        columns, rows = (self.steps.max(axis=0) + 1).tolist()
        return columns, rows

    @cached_property
    def names(self) -> list[str]:
        """(n,) H3's hexadecimal names, or `x:y` of squares."""
        if self.shape == "hexagon":
            return [cell_to_name(cell) for cell in self.ids.tolist()]
        return [f"{(one >> 32) - _HALF}:{(one & 0xFFFFFFFF) - _HALF}" for one in self.ids.tolist()]

    @cached_property
    def _place(self) -> dict[str, int]:
        return {name: place for place, name in enumerate(self.names)}

    def named(self, names: Sequence[str]) -> I64:
        """(n,) names to positions in the lattice, -1 for what it does not hold."""
        return np.fromiter((self._place.get(name, -1) for name in names), dtype=np.int64, count=len(names))

    def at(self, lonlat: ArrayLike) -> I64:
        """(n, 2) degrees to positions in the lattice, -1 outside of it. NaN raises ValueError."""
        points = np.asarray(lonlat, dtype=np.float64).reshape(-1, 2)
        if self.shape == "hexagon":
            return self.holding(lonlat_to_cells(points, int(self.name.removeprefix("h3-"))))
        if not np.isfinite(points).all():
            raise ValueError("coordinates must be finite")
        return self.holding(_square_ids(_squares_at(points, self.origin, self.size_m)))

    def holding(self, ids: U64) -> I64:
        """(n,) ids to positions in the lattice, -1 for what it does not hold."""
        at = np.minimum(np.searchsorted(self.ids, ids), len(self.ids) - 1)
        return np.where(self.ids[at] == ids, at, -1)

    def centre(self, position: int) -> tuple[float, float]:
        """The middle of a cell, lon and lat degrees."""
        if self.shape == "hexagon":
            lon, lat = cell_centres(self.ids[position : position + 1])[0].tolist()
            return lon, lat
        x, y = (int(part) for part in self.names[position].split(":"))
        lon, lat = _degrees(np.array([[x + 0.5, y + 0.5]]), self.origin, self.size_m)[0].tolist()
        return lon, lat


def lattice(name: str, box: Bbox) -> Lattice:
    """Every cell that overlaps a box: `h3-10` is H3's resolution 10, `square-100` a grid of 100 m squares.

    Raises `InvalidValue` for any other name, for more than a million cells, and for hexagons around a pentagon.
    """
    match = _NAME.fullmatch(name)
    res, side = (int(part) if part else None for part in match.groups()) if match else (None, None)
    if (res is None or res > 15) and not side:
        raise InvalidValue("cells", f"{name!r} is no kind of cells", "Take h3-0 to h3-15, or square-100 for 100 m")
    _check_count(name, box, edge_m(res) ** 2 * 1.5 * math.sqrt(3) if res is not None else float(side or 1) ** 2)
    return _hexagons(name, res, box) if res is not None else _squares(name, float(side or 1), box)


def _check_count(name: str, box: Bbox, area_m2: float) -> None:
    east, north = metres_per_degree(box.centre[1])
    count = (box.east - box.west) * east * (box.north - box.south) * north / area_m2
    if count > MOST_CELLS:
        reason = f"{name} would be {count:,.0f} cells over this twin, {MOST_CELLS:,} is the most"
        raise InvalidValue("cells", reason, "Take coarser ones")


def _hexagons(name: str, res: int, box: Bbox) -> Lattice:
    ids = polygon_to_cells(shapely.box(box.west, box.south, box.east, box.north), res)
    origin = int(ids[len(ids) // 2])
    try:
        steps = cells_to_ij(origin, ids)
        first = steps.min(axis=0)
        net, nodes = _hexagon_net(origin, ids, steps, res)
    except ValueError as error:
        raise InvalidValue("cells", f"{name}: {error}", "Take squares, such as square-100") from error
    return Lattice(name, "hexagon", edge_m(res) * math.sqrt(3), box.centre, ids, steps - first, net - first, nodes)


def _hexagon_net(origin: int, ids: U64, steps: I64, res: int) -> tuple[F64, F64]:
    """Nodes are centres of cells, a cell beyond the lattice on every side; denser until the net fits."""
    low, high = steps.min(axis=0) - 1, steps.max(axis=0) + 1
    apart = max(1, math.ceil(int((high - low).max()) / NODES))
    sample = np.linspace(0, len(ids) - 1, min(len(ids), 2000)).astype(np.int64)
    while True:
        net = _net(low, high, apart)
        cells = ij_to_cells(origin, net.reshape(-1, 2))
        nodes = cell_centres(cells).reshape(net.shape)
        found = interpolated((steps[sample] - low) / apart, nodes)
        off = (found - cell_centres(ids[sample])) * metres_per_degree(float(nodes[0, 0, 1]))
        if apart == 1 or np.hypot(*off.T).max() <= TOLERANCE * edge_m(res):
            return net.astype(np.float64), nodes
        apart = (apart + 1) // 2


def _net(low: I64, high: I64, apart: int) -> I64:
    """(a, b, 2) evenly spaced steps from `low` to `high` or beyond."""
    count = -(-(high - low) // apart) + 1
    columns, rows = (low[axis] + apart * np.arange(count[axis]) for axis in (0, 1))
    return np.stack(np.meshgrid(columns, rows, indexing="ij"), axis=-1)


def interpolated(at: F64, nodes: F64) -> F64:
    """(n, 2) places in a net, in units of its nodes, to what is there: linear in each of its triangles."""
    corner = np.clip(np.floor(at).astype(np.int64), 0, np.array(nodes.shape[:2]) - 2)
    u, v = (at - corner).T[..., None]
    i, j = corner.T
    low, high = nodes[i, j], nodes[i + 1, j + 1]
    one, other = nodes[i + 1, j], nodes[i, j + 1]
    below, above = low + u * (one - low) + v * (high - one), low + v * (other - low) + u * (high - other)
    return np.where(u >= v, below, above)


def _squares(name: str, side_m: float, box: Bbox) -> Lattice:
    origin = float(math.floor(box.west)), float(math.floor(box.south))
    corners = _squares_at(np.array([[box.west, box.south], [box.east, box.north]]), origin, side_m)
    columns, rows = (np.arange(corners[0, axis], corners[1, axis] + 1) for axis in (0, 1))
    squares = np.stack(np.meshgrid(columns, rows, indexing="ij"), axis=-1).reshape(-1, 2)
    first, last = corners[0], corners[1] + 1
    net = _net(first, last, max(1, math.ceil(int((last - first).max()) / NODES))).astype(np.float64)
    nodes = _degrees(net.reshape(-1, 2), origin, side_m).reshape(net.shape)
    return Lattice(name, "square", side_m, origin, _square_ids(squares), squares - first, net - first, nodes)


def _squares_at(lonlat: F64, origin: tuple[float, float], side_m: float) -> I64:
    per = np.asarray(metres_per_degree(origin[1]))
    return np.asarray(np.floor((lonlat - origin) * per / side_m), dtype=np.int64)


def _degrees(squares: F64, origin: tuple[float, float], side_m: float) -> F64:
    return np.asarray(origin + squares * side_m / np.asarray(metres_per_degree(origin[1])))


def _square_ids(squares: I64) -> U64:
    """(n, 2) columns and rows to ids that sort by column and row."""
    shifted = (squares + _HALF).astype(np.uint64)
    return np.asarray(shifted[:, 0] << np.uint64(32) | shifted[:, 1], dtype=np.uint64)
