"""Setting buildings on a block: only where they fit whole and touch nothing that stands there already."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np
import shapely

from twin.synth.shapes import set_down
from twin.types import F64, I64, Bools, Objects


@dataclass(slots=True)
class Lot:
    """Buildings of one sort, set down together."""

    shapes: Any
    use: str
    storeys: I64
    storey_m: float
    below: int = 0
    roof: str = "flat"
    sort: str = ""


@dataclass(slots=True)
class Site:
    """A block while it is being built on.

    turn      the direction of its streets, radians from east
    nearness  1 at the station, 0 far from it
    """

    block: int
    net: Any
    turn: float
    rng: np.random.Generator
    nearness: float = 0.0
    lots: list[Lot] = field(default_factory=list)
    _taken: Any = None

    def lattice(self, pitch: tuple[float, float], turn: float | None = None) -> F64:
        """(n, 2) points of a square lattice over the block: its middle lies between them, or on one if it is small."""
        turn = self.turn if turn is None else turn
        middle = shapely.get_coordinates(shapely.centroid(self.net))[0]
        corners = place(shapely.get_coordinates(self.net) - middle, np.zeros(2), -turn)
        axes = []
        for axis, step in enumerate(pitch):
            reach = float(np.abs(corners[:, axis]).max())
            shift = 0.5 if reach > 1.15 * step else 0.0
            count = math.ceil(reach / step)
            axes.append((np.arange(-count, count + 1) + shift) * step)
        return place(np.stack(np.meshgrid(*axes), axis=-1).reshape(-1, 2), middle, turn)

    def put(
        self, outline: str, centres: F64, sizes: F64, *, turn: float | None = None, gap: float = 3.0, **lot: Any
    ) -> int:
        """Set down what fits, at `gap` metres from the edge and from everything older; how many fitted.

        `lot` are the fields of `Lot` beside the shapes; storeys may be one number or one per centre.
        """
        if not len(centres):
            return 0
        shapes = set_down(outline, centres, np.broadcast_to(sizes, centres.shape), self.turn if turn is None else turn)
        fits = self._fits(shapes, gap)
        if not fits.any():
            return 0
        storeys = np.broadcast_to(np.asarray(lot.pop("storeys"), dtype=np.int64), (len(centres),))[fits]
        self._take(Lot(shapes=shapes[fits], storeys=storeys, **lot))
        return int(fits.sum())

    def _fits(self, shapes: Any, gap: float) -> Bools:
        room = shapely.buffer(self.net, -gap / 2, join_style="mitre")
        shapely.prepare(room)
        fits = np.asarray(shapely.contains_properly(room, shapes), dtype=bool)
        if self._taken is not None:
            near = self._taken.query(shapes, predicate="dwithin", distance=gap)
            fits[np.unique(near[0])] = False
        return fits

    def _take(self, lot: Lot) -> None:
        self.lots.append(lot)
        standing: Objects = np.concatenate([old.shapes for old in self.lots])
        self._taken = shapely.STRtree(standing)


def place(local: F64, middle: F64, turn: float) -> F64:
    """(n, 2) local metres, turned and moved."""
    c, s = math.cos(turn), math.sin(turn)
    return np.asarray(local @ np.array([[c, s], [-s, c]]) + middle, dtype=np.float64)


def along_rim(net: Any, inset: float, step: float) -> tuple[F64, F64]:
    """Points every `step` metres on the block's rim, moved inwards: (n, 2) and the rim's direction there, radians."""
    points, turns = [], []
    for part in shapely.get_parts(shapely.buffer(net, -inset, join_style="mitre")):
        rim = shapely.simplify(part.exterior, 6.0)
        corners = shapely.get_coordinates(rim)
        for a, b in pairwise(corners):
            length = math.dist(a, b)
            count = int(length // step)
            if not count:
                continue
            at = (np.arange(count) + 0.5) * step + (length - count * step) / 2
            points.append(a + np.outer(at / length, b - a))
            turns.append(np.full(count, math.atan2(*(b - a)[::-1])))
    if not points:
        return np.zeros((0, 2)), np.zeros(0)
    return np.concatenate(points), np.concatenate(turns)


def street_turn(net: Any, about: float) -> float:
    """The direction of a block's longest side, radians, within a quarter turn of `about`."""
    corners = shapely.get_coordinates(shapely.minimum_rotated_rectangle(net))
    east, north = corners[1] - corners[0]
    quarter = math.pi / 2
    turn = math.atan2(north, east)
    return float(turn - round((turn - about) / quarter) * quarter)
