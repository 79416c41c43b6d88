"""Homes and who lives in them: families in flats, workers in dormitories, villages as dense as the densest there is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

from twin.synth.city import City
from twin.synth.draw import stream
from twin.types import F64, I64, U8

DENSEST_PER_KM2 = 148_000
"""People on a square kilometre of the densest village."""

WORKER, STUDENT, AT_HOME, ELDER = range(4)
ROLES = ("worker", "student", "at home", "elder")

_SORTS = {"house": 0, "tower": 1, "slab": 1, "dormitory": 2}
_UNITS_PER_FLOOR = {"house": 3, "tower": 6, "slab": 8, "dormitory": 10}
_PEOPLE = (0.60, 0.34, 0.06)  # in villages, estates, dormitories
_SIZES = (
    (0.26, 0.26, 0.24, 0.16, 0.08),
    (0.09, 0.22, 0.34, 0.22, 0.13),
    (0.05, 0.15, 0.20, 0.40, 0.20),
)  # a household of 1, 2, ... 5


@dataclass(frozen=True, slots=True)
class Homes:
    """Units: building row, level and number on the floor. People: their unit and role; families stand together."""

    building: I64
    level: I64
    number: I64
    kind: I64
    person_unit: I64
    role: U8

    def __len__(self) -> int:
        return len(self.building)

    def unit_names(self) -> list[str]:
        """Names on the doors, such as 1203."""
        return [f"{a}{b:02d}" for a, b in zip(self.level.tolist(), self.number.tolist(), strict=True)]


def settle(city: City) -> Homes:
    """Deal exactly the people asked for to households, and households to buildings."""
    rng = stream(city.spec.seed, "homes")
    houses = city.buildings
    kind = np.array([_SORTS.get(sort, -1) for sort in houses.sort.tolist()])
    floor_area = shapely.area(houses.shapes) * houses.storeys
    parts = np.array([part * bool((kind == k).any()) for k, part in enumerate(_PEOPLE)])
    quota = np.floor(parts / parts.sum() * city.spec.people).astype(np.int64)
    quota[int(np.argmax(parts))] += city.spec.people - quota.sum()
    units = [
        _units(rng, city, np.flatnonzero(kind == k), floor_area, people=int(quota[k]), kind=k)
        for k in range(3)
        if quota[k]
    ]
    building, level, number, sizes, kinds = (np.concatenate(column) for column in zip(*units, strict=True))
    person_unit = np.repeat(np.arange(len(building)), sizes)
    rank = np.arange(len(person_unit)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    role = _roles(rng, rank, kinds[person_unit])
    return Homes(building, level, number, kinds, person_unit, role)


def _units(
    rng: np.random.Generator, city: City, rows: I64, floor_area: F64, *, people: int, kind: int
) -> tuple[I64, ...]:
    """Households of one kind of housing: (building, level, number on the floor, size, kind) each (n,)."""
    sizes = _sizes(rng, people, kind)
    weight = floor_area[rows] * (_crowding(rng, city, rows, floor_area, people) if kind == 0 else 1.0)
    at = (np.arange(len(sizes)) + 0.5) / len(sizes)
    building = rows[np.searchsorted(np.cumsum(weight) / weight.sum(), at)]
    nth = np.arange(len(building)) - np.searchsorted(building, building)
    floors, first = city.buildings.storeys[building], (2 if kind == 0 else 1)
    usable = np.maximum(floors - first + 1, 1)
    per_floor = _UNITS_PER_FLOOR[str(city.buildings.sort[rows[0]])]
    taken = np.searchsorted(building, building, side="right") - np.searchsorted(building, building)
    spread = np.where(taken < usable * per_floor, (nth * 7919) % usable, nth % usable)
    level = np.minimum(first + spread, floors)
    order = np.lexsort((nth, level, building))
    group = building[order] * 1000 + level[order]
    number = np.empty(len(nth), dtype=np.int64)
    number[order] = np.arange(len(nth)) - np.searchsorted(group, group) + 1
    return building, level, number, sizes, np.full(len(sizes), kind)


def _sizes(rng: np.random.Generator, people: int, kind: int) -> I64:
    """Household sizes that add up to `people`."""
    sizes = rng.choice(np.arange(1, 6), people, p=_SIZES[kind])
    last = int(np.searchsorted(np.cumsum(sizes), people))
    sizes = sizes[: last + 1]
    sizes[-1] -= int(sizes.sum()) - people
    return np.asarray(sizes, dtype=np.int64)


def _crowding(rng: np.random.Generator, city: City, rows: I64, floor_area: F64, people: int) -> F64:
    """(len(rows),) how crowded each house is: blocks differ, and the densest is as dense as the densest known."""
    block = city.buildings.block[rows]
    blocks, place = np.unique(block, return_inverse=True)
    area = shapely.area(city.land.net[blocks])
    built = np.bincount(place, weights=floor_area[rows])
    head = built * np.exp(rng.normal(0, 0.3, len(blocks)))
    head *= people / head.sum()
    top = int(np.argmax(head / area))
    goal = DENSEST_PER_KM2 * 1e-6 * area[top]
    if goal < 0.25 * people:
        rest = np.arange(len(blocks)) != top
        head[rest] = np.minimum(head[rest], 0.9 * DENSEST_PER_KM2 * 1e-6 * area[rest])
        head[rest] *= (people - goal) / head[rest].sum()
        head[top] = goal
    return np.asarray((head / built)[place], dtype=np.float64)


def _roles(rng: np.random.Generator, rank: I64, kind: I64) -> U8:
    """Role by place in the household: first and second adult, then children and the old; dormitories hold workers."""
    u = rng.uniform(size=len(rank))
    first = np.where(u < 0.89, WORKER, ELDER)
    second = np.where(u < 0.70, WORKER, np.where(u < 0.86, AT_HOME, ELDER))
    other = np.where(u < 0.62, STUDENT, np.where(u < 0.75, AT_HOME, ELDER))
    role = np.where(rank == 0, first, np.where(rank == 1, second, other))
    return np.where(kind == 2, WORKER, role).astype(np.uint8)
