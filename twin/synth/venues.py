"""Every place where people stay, floor by floor, and what lies near what."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

from twin.synth.city import City
from twin.synth.homes import Homes
from twin.synth.hubs import BUS_FLOOR, METRO_FLOORS, Hubs
from twin.synth.premises import Premises
from twin.types import F64, I32, I64, U8, Objects

HOME, SHOP, FOOD, LEISURE, WORK, SCHOOL, CARE, HUB, PARK = range(9)
SETTINGS = ("home", "shop", "food", "leisure", "work", "school", "care", "hub", "park")

NEAR = 24
"""How many of a sort a block knows as near."""

_FLOOR_PLACES = {
    "factory": WORK, "office": WORK, "cbd": WORK, "government": WORK, "teaching": SCHOOL, "hall": SCHOOL,
    "kindergarten": SCHOOL, "ward": CARE, "clinic": CARE, "fire": WORK, "police": WORK, "culture": LEISURE, "elderly": CARE,
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


def list_venues(city: City, homes: Homes, premises: Premises, hubs: Hubs) -> Venues:
    """All places: homes come first, in the order of `homes`, then premises in theirs."""
    houses, centres = city.buildings, city.buildings.centres
    floors = _floors(city)
    metro = hubs.metro()
    hub_rows = np.concatenate((np.repeat(metro, 2), np.setdiff1d(np.arange(len(hubs.names)), metro)))
    hub_floor = np.concatenate((np.tile(METRO_FLOORS, len(metro)), np.full(len(hub_rows) - 2 * len(metro), BUS_FLOOR)))
    parks = city.land.blocks("park")
    setting_of = np.array([_PREMISES[c] for c in premises.category.tolist()])
    columns = (
        (unit_ids(homes), homes.level, centres[homes.building], houses.block[homes.building], HOME, 0.0, homes.building),
        ([premises_id(n) for n in range(len(premises))], premises.level, premises.xy, houses.block[premises.building], setting_of, 2.4, premises.building),
        ([f[0] for f in floors], np.array([f[2] for f in floors]), centres[[f[1] for f in floors]], houses.block[[f[1] for f in floors]], np.array([f[3] for f in floors]), np.array([f[4] for f in floors]), np.array([f[1] for f in floors])),
        ([hub_id(h) for h in hub_rows.tolist()], hub_floor, hubs.xy[hub_rows], hubs.block[hub_rows], HUB, 4.0, hubs.building[hub_rows]),
        ([park_id(b) for b in parks.tolist()], np.ones(len(parks)), shapely.get_coordinates(shapely.point_on_surface(city.land.net[parks])), parks, PARK, 0.0, np.full(len(parks), -1)),
    )  # fmt: skip
    sizes = [len(column[0]) for column in columns]

    def joined(at: int, dtype: type) -> Objects:
        parts = (np.broadcast_to(np.asarray(c[at], dtype=dtype), (n, *np.shape(c[at])[1:])) for c, n in zip(columns, sizes, strict=True))  # fmt: skip
        return np.concatenate(list(parts))

    setting, xy = joined(4, np.uint8), joined(2, np.float64)
    return Venues(
        ids=[entity for column in columns for entity in column[0]],
        floor=joined(1, np.int64),
        xy=xy,
        block=joined(3, np.int64),
        setting=setting,
        jobs=joined(5, np.float64),
        building=joined(6, np.int64),
        near=_near(city, xy, setting),
    )


def premises_id(row: int) -> str:
    """The entity id of premises."""
    return f"premises-{row + 1:05d}"


def hub_id(row: int) -> str:
    """The entity id of a hub."""
    return f"hub-{row + 1:02d}"


def park_id(block: int) -> str:
    """The entity id of the park on a block."""
    return f"green-{block + 1:03d}"


def _floors(city: City) -> list[tuple[str, int, int, int, float]]:
    """(entity id, building row, level, setting, jobs) of every floor where people work, learn or are cared for."""
    houses = city.buildings
    area = shapely.area(houses.shapes)
    found = []
    for row, sort in enumerate(houses.sort.tolist()):
        setting = _FLOOR_PLACES.get(sort)
        if setting is None:
            continue
        for level in range(1, int(houses.storeys[row]) + 1):
            entity = storey_id(row, level) if sort in STOREY_SORTS else building_id(row)
            found.append((entity, row, level, setting, float(area[row]) / (28 if setting == WORK else 120)))
    return found


def _near(city: City, xy: F64, setting: U8) -> I32:
    """(9, blocks, NEAR) the nearest places of each setting to each block's middle, nearest first, repeated if few."""
    middles = shapely.get_coordinates(shapely.centroid(city.lattice.blocks))
    near = np.full((len(SETTINGS), len(middles), NEAR), -1, dtype=np.int32)
    for wanted in (SHOP, FOOD, LEISURE, CARE, PARK, HUB):
        rows = np.flatnonzero(setting == wanted)
        if not len(rows):
            continue
        for block, middle in enumerate(middles):
            order = np.argsort(np.hypot(*(xy[rows] - middle).T), kind="stable")[:NEAR]
            near[wanted, block] = np.resize(rows[order], NEAR)
    return near
