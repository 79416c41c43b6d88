"""The built district in metres: lattice, land use, river and every building, before it becomes entities."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely

from twin.errors import InvalidValue
from twin.synth.areas import Areas, draw_areas
from twin.synth.draw import stream
from twin.synth.fabric import FABRIC
from twin.synth.landuse import USES, LandUse, draw_land_use
from twin.synth.lattice import Lattice, draw_lattice
from twin.synth.nature import River, draw_river
from twin.synth.plots import Lot, Site, street_turn
from twin.synth.spec import Spec
from twin.types import F64, I64, Bools, Objects

LANDMARKS = ("station", "mall", "cbd", "ward", "clinic", "government")
"""Sorts of buildings that a thinned-out district keeps."""


@dataclass(frozen=True, slots=True)
class Buildings:
    """Columns, one row per building, ordered by block: shapes in metres, heights in metres above ground."""

    shapes: Any
    block: I64
    use: Objects
    sort: Objects
    storeys: I64
    storey_m: F64
    below: I64
    roof: Objects

    def __len__(self) -> int:
        return len(self.block)

    @property
    def heights(self) -> F64:
        """(n,) metres: storeys and a parapet."""
        return np.asarray(np.round(self.storeys * self.storey_m + 1.1, 1), dtype=np.float64)

    @property
    def centres(self) -> F64:
        """(n, 2) metres: a point inside each footprint."""
        return np.asarray(shapely.get_coordinates(shapely.point_on_surface(self.shapes)), dtype=np.float64)

    def only(self, keep: Any) -> Buildings:
        """The rows of a mask or of positions."""
        return Buildings(*(getattr(self, name)[keep] for name in self.__slots__))


@dataclass(frozen=True, slots=True)
class City:
    """All that stands."""

    spec: Spec
    lattice: Lattice
    areas: Areas
    river: River
    land: LandUse
    buildings: Buildings


def build_city(spec: Spec) -> City:
    """The district's fabric, with exactly the number of buildings asked for."""
    lattice = draw_lattice(spec)
    river = draw_river(spec.seed, lattice)
    land = draw_land_use(spec, lattice, river.water)
    lots = {block: _built(spec, lattice, land, block) for block in range(len(land.use))}
    while sum(_count(lot) for lot in lots.values()) < spec.buildings:
        block = _next_village(spec, land)
        land.use[block] = USES.index("village")
        lots[block] = _built(spec, lattice, land, block)
    buildings = _thinned(spec, _table(lots))
    return City(spec, lattice, draw_areas(spec.seed, lattice), river, land, buildings)


def _built(spec: Spec, lattice: Lattice, land: LandUse, block: int) -> list[Lot]:
    lots: list[Lot] = []
    for part in shapely.get_parts(land.net[block]):
        if part.area < 400:
            continue
        far = math.dist(land.hub, shapely.get_coordinates(part.centroid)[0])
        site = Site(
            block=block,
            net=part,
            turn=street_turn(part, lattice.bend.turn),
            rng=stream(spec.seed, f"block {block} {USES[land.use[block]]} {part.area:.0f}"),
            nearness=max(0.0, 1 - far / 700),
        )
        FABRIC[USES[land.use[block]]](site)
        lots += site.lots
    return lots


def _count(lots: list[Lot]) -> int:
    return sum(len(lot.shapes) for lot in lots)


def _next_village(spec: Spec, land: LandUse) -> int:
    """The block to turn into a village: the largest estate, then the largest factory site, then any but the station."""
    area = shapely.area(land.net)
    for use in ("estate", "industrial", "office", "park"):
        blocks = land.blocks(use)
        if len(blocks):
            return int(blocks[np.argmax(area[blocks])])
    reason = f"{spec.buildings} do not fit on {spec.area_km2} km²"
    raise InvalidValue("buildings", reason, "Ask for fewer, or for a larger area")


def _table(lots: dict[int, list[Lot]]) -> Buildings:
    flat = [(block, lot, len(lot.shapes)) for block, of_block in sorted(lots.items()) for lot in of_block]

    def column(values: list[Any], dtype: Any) -> Any:
        return np.repeat(np.array(values, dtype=dtype), [n for _, _, n in flat])

    return Buildings(
        shapes=np.concatenate([lot.shapes for _, lot, _ in flat]),
        block=column([block for block, _, _ in flat], np.int64),
        use=column([lot.use for _, lot, _ in flat], object),
        sort=column([lot.sort for _, lot, _ in flat], object),
        storeys=np.concatenate([lot.storeys for _, lot, _ in flat]),
        storey_m=column([lot.storey_m for _, lot, _ in flat], np.float64),
        below=column([lot.below for _, lot, _ in flat], np.int64),
        roof=column([lot.roof for _, lot, _ in flat], object),
    )


def _thinned(spec: Spec, buildings: Buildings) -> Buildings:
    """Leave out at random what is too much: village houses first, then anything that is no landmark."""
    surplus = len(buildings) - spec.buildings
    rng = stream(spec.seed, "thinning")
    keep: Bools = np.ones(len(buildings), dtype=bool)
    house = buildings.sort == "house"
    for candidates in (house, ~house & ~np.isin(buildings.sort, LANDMARKS)):
        rows = np.flatnonzero(candidates)
        spare = max(0, len(rows) - len(rows) // 5)  # some of each sort stay
        dropped = rng.permutation(rows)[: min(surplus, spare)]
        keep[dropped] = False
        surplus -= len(dropped)
    if surplus:
        reason = f"{spec.buildings} are too few for the {spec.area_km2} km² asked for"
        raise InvalidValue("buildings", reason, "Ask for more, or for a smaller area")
    return buildings.only(keep)
