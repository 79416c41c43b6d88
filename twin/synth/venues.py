"""Every place where people stay, floor by floor, and what lies near what."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely

from twin.synth.city import City
from twin.synth.homes import Homes
from twin.synth.hubs import BUS_FLOOR, METRO_FLOORS, Hubs
from twin.synth.premises import Premises
from twin.types import F64, I32, I64, U8

HOME, SHOP, FOOD, LEISURE, WORK, SCHOOL, CARE, HUB, PARK = range(9)
SETTINGS = ("home", "shop", "food", "leisure", "work", "school", "care", "hub", "park")

NEAR = 24
"""How many of a sort a block knows as near."""

JOBS_PER_PREMISES = 2.4

_FLOOR_PLACES = {
    "factory": WORK, "office": WORK, "cbd": WORK, "government": WORK, "teaching": SCHOOL, "hall": SCHOOL,
    "kindergarten": SCHOOL, "ward": CARE, "clinic": CARE, "fire": WORK, "police": WORK, "culture": LEISURE,
    "elderly": CARE,
}  # fmt: skip
_PREMISES = {"food": FOOD, "shop": SHOP, "service": SHOP, "workshop": WORK, "leisure": LEISURE, "elderly": CARE}

STOREY_SORTS = frozenset(("office", "cbd", "mall", "ward", "clinic", "government", "teaching", "station", "podium"))
"""Public buildings whose storeys are entities of their own; elsewhere floors are numbers on the building's keys."""


@dataclass(frozen=True, slots=True)
class Venues:
    """Columns, one row per place; `jobs` is how much work there is; `first` gives each setting's part of the rows.

    ids      entity that the place is: a unit, premises, a storey, a building (with the floor), a hub, a park
    near     (setting, block, NEAR) rows of the nearest shops, restaurants, leisure and parks, as int32
    """

    ids: list[str]
    floor: I64
    xy: F64
    block: I64
    setting: U8
    jobs: F64
    building: I64
    near: I32

    def of(self, *settings: int) -> I64:
        """Rows of some settings."""
        return np.flatnonzero(np.isin(self.setting, settings))


def building_id(row: int) -> str:
    """The entity id of a building."""
    return f"building-{row + 1:05d}"


def storey_id(row: int, level: int) -> str:
    """The entity id of one storey."""
    return f"storey-{row + 1:05d}-{'b' if level < 0 else ''}{abs(level):02d}"


def unit_ids(homes: Homes) -> list[str]:
    """Entity ids of all homes."""
    names = homes.unit_names()
    return [f"unit-{b + 1:05d}-{name}" for b, name in zip(homes.building.tolist(), names, strict=True)]


@dataclass(frozen=True, slots=True)
class _Part:
    """Places of one origin: columns as in `Venues`."""

    ids: list[str]
    floor: I64
    xy: F64
    block: I64
    setting: I64
    jobs: F64
    building: I64


def list_venues(city: City, homes: Homes, premises: Premises, hubs: Hubs) -> Venues:
    """All places: homes come first, in the order of `homes`, then premises in theirs."""
    parts = (_home_part(city, homes), _premises_part(city, premises), _floor_part(city), _hub_part(hubs), _parks(city))

    def joined(name: str, dtype: type) -> Any:
        return np.concatenate([getattr(part, name) for part in parts]).astype(dtype)

    setting, xy = joined("setting", np.uint8), joined("xy", np.float64)
    return Venues(
        ids=[entity for part in parts for entity in part.ids],
        floor=joined("floor", np.int64),
        xy=xy,
        block=joined("block", np.int64),
        setting=setting,
        jobs=joined("jobs", np.float64),
        building=joined("building", np.int64),
        near=_near(city, xy, setting),
    )


def _home_part(city: City, homes: Homes) -> _Part:
    at, n = homes.building, len(homes)
    houses = city.buildings
    return _Part(unit_ids(homes), homes.level, houses.centres[at], houses.block[at], np.full(n, HOME), np.zeros(n), at)


def _premises_part(city: City, premises: Premises) -> _Part:
    setting = np.array([_PREMISES[category] for category in premises.category.tolist()])
    return _Part(
        ids=[premises_id(row) for row in range(len(premises))],
        floor=premises.level,
        xy=premises.xy,
        block=city.buildings.block[premises.building],
        setting=setting,
        jobs=np.full(len(premises), JOBS_PER_PREMISES),
        building=premises.building,
    )


def _floor_part(city: City) -> _Part:
    """Every floor where people work, learn or are cared for."""
    houses = city.buildings
    kinds = np.array([_FLOOR_PLACES.get(sort, -1) for sort in houses.sort.tolist()])
    rows = np.flatnonzero(kinds >= 0)
    row = np.repeat(rows, houses.storeys[rows])
    level = np.arange(len(row)) - np.searchsorted(row, row) + 1
    own = np.isin(houses.sort[row], list(STOREY_SORTS))
    ids = [
        storey_id(at, floor) if public else building_id(at)
        for at, floor, public in zip(row.tolist(), level.tolist(), own.tolist(), strict=True)
    ]
    per_job = np.where(kinds[row] == WORK, 28.0, 120.0)  # square metres
    jobs = shapely.area(houses.shapes)[row] / per_job
    return _Part(ids, level, houses.centres[row], houses.block[row], kinds[row], jobs, row)


def _hub_part(hubs: Hubs) -> _Part:
    """Concourse and platform of every metro station, one stand of every bus hub."""
    metro = hubs.metro()
    bus = np.setdiff1d(np.arange(len(hubs.names)), metro)
    row = np.concatenate((np.repeat(metro, len(METRO_FLOORS)), bus))
    floor = np.concatenate((np.tile(METRO_FLOORS, len(metro)), np.full(len(bus), BUS_FLOOR)))
    n, ids = len(row), [hub_id(hub) for hub in row.tolist()]
    return _Part(ids, floor, hubs.xy[row], hubs.block[row], np.full(n, HUB), np.zeros(n), hubs.building[row])


def _parks(city: City) -> _Part:
    blocks = city.land.blocks("park")
    n, xy = len(blocks), shapely.get_coordinates(shapely.point_on_surface(city.land.net[blocks]))
    ids = [park_id(block) for block in blocks.tolist()]
    return _Part(ids, np.ones(n, dtype=np.int64), xy, blocks, np.full(n, PARK), np.zeros(n), np.full(n, -1))


def premises_id(row: int) -> str:
    """The entity id of premises."""
    return f"premises-{row + 1:05d}"


def hub_id(row: int) -> str:
    """The entity id of a hub."""
    return f"hub-{row + 1:02d}"


def park_id(block: int) -> str:
    """The entity id of the park on a block."""
    return f"green-{block + 1:03d}"


def _near(city: City, xy: F64, setting: U8) -> I32:
    """(9, blocks, NEAR) the nearest places of each setting to each block's middle, nearest first, repeated if few."""
    middles = shapely.get_coordinates(shapely.centroid(city.lattice.blocks))
    near = np.full((len(SETTINGS), len(middles), NEAR), -1, dtype=np.int32)
    for wanted in (SHOP, FOOD, LEISURE, CARE, PARK, HUB):
        rows = np.flatnonzero(setting == wanted)
        if not len(rows):
            continue
        for block, middle in enumerate(middles):
            near[wanted, block] = np.resize(rows[_nearest(np.hypot(*(xy[rows] - middle).T))], NEAR)
    return near


def _nearest(far: F64) -> I64:
    """Positions of the NEAR smallest, the smallest first."""
    few = np.argpartition(far, NEAR)[:NEAR] if len(far) > NEAR else np.arange(len(far))
    return np.asarray(few[np.lexsort((few, far[few]))], dtype=np.int64)
