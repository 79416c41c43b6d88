"""What each block is used for: a centre around the station, villages and factories in clusters, schools well spread."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely

from twin.synth.areas import hub_point
from twin.synth.draw import stream
from twin.synth.lattice import Lattice
from twin.synth.spec import Spec
from twin.types import F64, I64

USES = (
    "station", "cbd", "mall", "office", "hospital", "public", "school", "park", "industrial", "village", "estate",
)  # fmt: skip

VILLAGE_PLOTS_PER_M2 = 1 / 205
"""Village houses on a square metre of net block: plots of 11.6 x 12.4 m, lanes and yards."""

PARTS = {"cbd": 0.04, "office": 0.045, "park": 0.085, "industrial": 0.13}
"""Parts of the net area."""

EACH_KM2 = {"mall": 0.4, "hospital": 0.15, "public": 0.35, "school": 0.9}
"""Blocks of these per square kilometre, at least one."""


@dataclass(frozen=True, slots=True)
class LandUse:
    """use[i] is the position in USES of block i; net[i] is what is left of it between roads and river, metres."""

    use: I64
    net: Any
    hub: F64

    def blocks(self, use: str) -> I64:
        """Which blocks have a use."""
        return np.flatnonzero(self.use == USES.index(use))


def draw_land_use(spec: Spec, lattice: Lattice, water: Any) -> LandUse:
    """Deal the uses: each in turn takes the free blocks that suit it best."""
    rng = stream(spec.seed, "land use")
    net = _net(lattice, water)
    area, centre = shapely.area(net), shapely.get_coordinates(shapely.point_on_surface(lattice.blocks))
    hub = np.asarray(hub_point(lattice), dtype=np.float64)
    far = np.hypot(*(centre - hub).T)
    deal = _Deal(area, np.full(len(area), -1, dtype=np.int64))
    deal.take("station", -far - 1e5 * (area < min(15_000.0, 0.8 * float(area.max()))), blocks=1)
    deal.take("cbd", -far, part=PARTS["cbd"])
    deal.take("mall", -far * rng.uniform(0.3, 1.0, len(far)), blocks=_each(spec, "mall"))
    wet = -shapely.distance(lattice.blocks, water) if not water.is_empty else rng.normal(size=len(far))
    deal.take("park", wet + 260 * _field(rng, centre), part=PARTS["park"])
    deal.spread("hospital", centre, _each(spec, "hospital"), far < np.quantile(far, 0.7))
    deal.spread("school", centre, _each(spec, "school"), far > -1)
    deal.spread("public", centre, _each(spec, "public"), far > -1)
    turn = rng.uniform(0, 2 * math.pi)
    away = (centre - hub) @ np.array([math.cos(turn), math.sin(turn)])
    deal.take("industrial", away + 300 * _field(rng, centre), part=PARTS["industrial"])
    deal.take("office", -far + 500 * _field(rng, centre), part=PARTS["office"])
    need = spec.buildings * 0.90 / VILLAGE_PLOTS_PER_M2
    deal.take("village", 400 * _field(rng, centre) + 0.15 * far, part=need / area.sum())
    deal.rest("estate")
    return LandUse(deal.use, net, hub)


class _Deal:
    def __init__(self, area: F64, use: I64) -> None:
        self.area, self.use = area, use

    def take(self, use: str, liking: F64, *, blocks: int = 0, part: float = 0.0) -> None:
        """The best-liked free blocks: so many, or up to so large a part of the area; always one while any is free."""
        order = [int(i) for i in np.argsort(-liking, kind="stable") if self.use[i] < 0]
        quota = part * self.area.sum()
        for n, i in enumerate(order):
            had = float(self.area[order[:n]].sum())
            if (blocks and n >= blocks) or (not blocks and n and had + 0.5 * self.area[i] > quota):
                break
            self.use[i] = USES.index(use)

    def spread(self, use: str, centre: F64, blocks: int, allowed: Any) -> None:
        """Free blocks as far as can be from one another."""
        gap = np.full(len(self.use), np.inf)
        for _ in range(blocks):
            free = np.flatnonzero((self.use < 0) & allowed)
            if not len(free):
                return
            best = int(
                free[np.argmax(np.where(np.isinf(gap[free]), -self.area[free], gap[free]))]
            )  # first: a small one
            gap = np.minimum(gap, np.hypot(*(centre - centre[best]).T))
            self.use[best] = USES.index(use)

    def rest(self, use: str) -> None:
        """All that is still free."""
        self.use[self.use < 0] = USES.index(use)


def _each(spec: Spec, use: str) -> int:
    return max(1, round(EACH_KM2[use] * spec.area_km2)) if spec.area_km2 >= 1 or use == "school" else 0


def _field(rng: np.random.Generator, at: F64) -> F64:
    """(n,) a smooth random field about -1..1, with hills some 700 m apart."""
    total = np.zeros(len(at))
    for _ in range(6):
        turn, length = rng.uniform(0, 2 * math.pi), rng.uniform(500, 1100)
        total += np.sin(at @ np.array([math.cos(turn), math.sin(turn)]) * 2 * math.pi / length + rng.uniform(0, 6.3))
    return np.asarray(total / math.sqrt(6), dtype=np.float64)


def _net(lattice: Lattice, water: Any) -> Any:
    """Blocks less half of every road beside them and less the river with its banks."""
    carved = [shapely.buffer(road.line, road.width_m / 2, quad_segs=4) for road in lattice.roads]
    carved.append(shapely.buffer(water, 12.0))
    pieces = np.array(carved, dtype=object)
    block, piece = shapely.STRtree(pieces).query(lattice.blocks, predicate="intersects")
    net = [
        shapely.difference(shape, shapely.union_all(shapely.clip_by_rect(pieces[piece[block == n]], *shape.bounds)))
        for n, shape in enumerate(lattice.blocks)
    ]
    return np.asarray(shapely.buffer(shapely.buffer(net, -6.0), 4.0), dtype=object)
