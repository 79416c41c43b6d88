"""The places of the synthetic world: homes, work, venues, stops, hubs, signalling cells, as real place keys."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from twin.geo.cells import UNKNOWN_FLOOR, cells_to_keys, lonlat_to_cells
from twin.types import F64, I64, U8, U64

CENTRE = (114.03, 22.66)
"""Degrees lon/lat of the middle of the area."""

PEOPLE_PER_KM2 = 16_000
PEOPLE_PER_UNIT = 3
PEOPLE_PER_VENUE = 40
PEOPLE_PER_STOP = 600
HUBS = 10

_KM_PER_DEGREE = 111.2
_LARGE_VENUES = 0.01
_LARGE_VENUE_FLOORS = 5
_SEATS = np.arange(5, 201)


class Places(NamedTuple):
    """Place keys by kind. `venues` (v,) stand by rank, the most visited first; `venue_floors` (v,) counts floors."""

    homes: U64
    works: U64
    venues: U64
    venue_floors: U8
    stops: U64
    hubs: U64
    squares: U64  # signalling fixes: cells of resolution 9 and 8, no floor


def work_sizes(rng: np.random.Generator, workers: int) -> I64:
    """How many people each work or school unit holds: Zipf between 5 and 200, in all at least `workers`."""
    chance = _SEATS**-1.5
    share = chance / chance.sum()
    units = int(workers / (share @ _SEATS)) + 1
    sizes = rng.choice(_SEATS, units, p=share)
    while sizes.sum() < workers:
        sizes = np.append(sizes, rng.choice(_SEATS, units // 10 + 1, p=share))
    return np.asarray(sizes, dtype=np.int64)


def make_places(rng: np.random.Generator, people: int, work_units: int) -> Places:
    """Everything there is to be at, for a number of people and of work or school units."""
    venues = max(people // PEOPLE_PER_VENUE, 20)
    stops = max(people // PEOPLE_PER_STOP, 20)
    homes = _Block(rng, max(people // PEOPLE_PER_UNIT, 1), floors=(4, 34), per_floor=(2, 7))
    works = _Block(rng, work_units, floors=(2, 16), per_floor=(2, 7))
    shops = _Block(rng, venues, floors=(1, 7), per_floor=(3, 13))
    cells = _cells(rng, people, [homes.buildings, works.buildings, shops.buildings, stops, HUBS])
    floors = np.ones(venues, dtype=np.uint8)
    floors[: int(venues * _LARGE_VENUES) + 1] = _LARGE_VENUE_FLOORS
    return Places(
        homes.keys(cells[0]),
        works.keys(cells[1]),
        rng.permutation(shops.keys(cells[2])),
        floors,
        cells_to_keys(cells[3], 1),
        cells_to_keys(cells[4], -2, 1),
        _squares(rng, people),
    )


class _Block:
    """`units` units in as many buildings as they fill: building, floor and number of each."""

    def __init__(
        self, rng: np.random.Generator, units: int, *, floors: tuple[int, int], per_floor: tuple[int, int]
    ) -> None:
        high, wide = rng.integers(*floors, units), rng.integers(*per_floor, units)  # never more buildings than units
        filled = np.cumsum(high * wide)
        unit = np.arange(units)
        self._building = np.searchsorted(filled, unit, side="right")
        self.buildings = int(self._building[-1]) + 1
        within = unit - (filled - high * wide)[self._building]
        self._floor = 1 + within // wide[self._building]
        self._number = 1 + within % wide[self._building]

    def keys(self, cells: U64) -> U64:
        """(units,) place keys, for one cell of each building."""
        return cells_to_keys(cells[self._building], self._floor, self._number)


def _points(rng: np.random.Generator, people: int, count: int) -> F64:
    half = max(people / PEOPLE_PER_KM2, 1.0) ** 0.5 / 2 / _KM_PER_DEGREE
    offset = rng.uniform(-half, half, (count, 2)) / [np.cos(np.radians(CENTRE[1])), 1]
    return np.asarray(offset + CENTRE, dtype=np.float64)


def _cells(rng: np.random.Generator, people: int, counts: list[int]) -> list[U64]:
    """Distinct cells of resolution 12, dealt out in as many groups as there are counts."""
    wanted = sum(counts)
    found = np.empty(0, dtype=np.uint64)
    while len(found) < wanted:
        found = np.unique(np.append(found, lonlat_to_cells(_points(rng, people, wanted), 12)))
    return np.split(rng.permutation(found)[:wanted], np.cumsum(counts)[:-1])


def _squares(rng: np.random.Generator, people: int) -> U64:
    points = _points(rng, people, min(max(people // 500, 30), 3000))
    cells = [np.unique(lonlat_to_cells(points, res)) for res in (9, 8)]
    return cells_to_keys(np.concatenate(cells), UNKNOWN_FLOOR)
