"""One day of one person: a table of what they may do, in order of time, and the kernel that writes it down.

Every number is drawn from a hash of (seed, day, person, what for): a day can be made without the days before it, any
part of it without the other parts, always the same.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from twin.presence import END_ESTIMATED, MEASURED
from twin.types import F64, I64, U8, U16, U32, U64

HOME, WORK, VENUE, STOP, HUB, FIX = range(6)

_HOUR = 3600.0
_SLOTS = (
    # kind, leg, chance at work, chance at leisure, at least s, not before, and up to s more
    (HOME, 0, 1.00, 1.00, 0, 6.0 * _HOUR, 3.5 * _HOUR),
    (STOP, 0, 0.62, 0.60, 120, 0, 480),
    (HUB, 0, 0.24, 0.20, 60, 0, 900),
    (FIX, 0, 0.25, 0.25, 300, 0, 1200),
    (WORK, 0, 0.97, 0.00, 3600, 11.5 * _HOUR, 1.0 * _HOUR),
    (VENUE, 0, 0.62, 0.80, 900, 0, 2700),
    (HOME, 0, 0.05, 0.80, 3600, 14.0 * _HOUR, 2.0 * _HOUR),
    (WORK, 0, 0.96, 0.00, 3600, 17.0 * _HOUR, 2.0 * _HOUR),
    (VENUE, 1, 0.20, 0.70, 900, 0, 3600),
    (STOP, 1, 0.62, 0.60, 120, 0, 480),
    (HUB, 1, 0.24, 0.20, 60, 0, 900),
    (FIX, 1, 0.25, 0.25, 300, 0, 1200),
    (VENUE, 2, 0.60, 0.60, 1200, 0, 5400),
    (HOME, 0, 1.00, 1.00, 60, 24.0 * _HOUR, 0),
)
SLOTS = np.array(_SLOTS, dtype=np.float64)
"""(slots, 7): a stay ends at max(start + least, not before) plus a random part of what may come on top."""

MOST_STAYS = len(_SLOTS)
"""The most stays that one person can have in a day."""

DAY_S = 86_400
WORKERS = 0.8
_RIDERS = 0.6
_HABIT = 0.6
_UNKNOWN_FLOOR = 0.03
_ENTRY_ONLY = 0.2
_LONGEST_WAY_S = 780
_WIFI, _CAMERA, _SCAN, _SIGNALLING = 1, 2, 3, 4
_SOURCES = np.array([_WIFI, _WIFI, _CAMERA, _CAMERA, _CAMERA, _SIGNALLING], dtype=np.uint8)
_CELL_SHIFT = np.uint64(21)
_FLOOR_SHIFT = np.uint64(13)


class Crowd(NamedTuple):
    """Who lives and works where, and what they choose from. `work` is 0 for people who go nowhere by day."""

    home: U64  # (people,)
    work: U64  # (people,)
    venues: U64
    venue_floors: U8
    venue_at: U32  # (q,) venue rank by quantile of visits
    stops: U64
    hubs: U64
    hub_at: U16  # (q,) hub by quantile of visits
    squares: U64


class Stays(NamedTuple):
    """Columns to write into (see `StayBatch`)."""

    person: U32
    place: U64
    start: I64
    end: I64
    source: U8
    quality: U8


@njit(cache=True, nogil=True)
def mix(value: np.uint64) -> np.uint64:
    """The finaliser of splitmix64: a bijection of 64 bits that leaves no pattern."""
    value = (value ^ (value >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    value = (value ^ (value >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.uint64(value ^ (value >> np.uint64(31)))


@njit(cache=True, nogil=True)
def draw(key: np.uint64, what: int) -> float:
    """A number in [0, 1) that hangs on the key and on what it is for."""
    return float(mix(key + np.uint64(what) * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(11)) * 2.0**-53


class Day(NamedTuple):
    """Which day it is: the UTC second it begins, hashes of the world and of the day, the share of workers at work."""

    midnight: int
    world: int
    day: int
    working: float


@njit(cache=True, nogil=True)
def _venue(slot: int, own: np.uint64, key: np.uint64, crowd: Crowd) -> np.uint64:
    """A venue and one of its floors: often one of three haunts, otherwise any, the popular ones more often."""
    chosen = draw(key, 100 + slot)
    haunt = draw(own, 40 + int(chosen / _HABIT * 3))
    rank = crowd.venue_at[int((haunt if chosen < _HABIT else (chosen - _HABIT) / (1 - _HABIT)) * crowd.venue_at.size)]
    up = np.uint64(draw(key, 120 + slot) * crowd.venue_floors[rank])
    return np.uint64(crowd.venues[rank] + (up << _FLOOR_SHIFT))


@njit(cache=True, nogil=True)
def _place(slot: int, person: int, own: np.uint64, key: np.uint64, crowd: Crowd) -> np.uint64:
    """Where a stay is: `own` hashes the person alone (habits), `key` the person and the day."""
    kind, leg = int(SLOTS[slot, 0]), int(SLOTS[slot, 1])
    place = crowd.home[person]
    if kind == WORK:
        place = crowd.work[person]
    elif kind == VENUE:
        place = _venue(slot, own, key, crowd)
    elif kind == STOP:
        place = crowd.stops[int(draw(own, 10 + leg) * crowd.stops.size)]
    elif kind == HUB:
        place = crowd.hubs[crowd.hub_at[int(draw(own, 20 + leg) * crowd.hub_at.size)]]
    elif kind == FIX:
        place = crowd.squares[int(draw(own, 30 + leg) * crowd.squares.size)]
    indoors = kind in (HOME, WORK, VENUE, HUB)
    if indoors and draw(key, 180 + slot) < _UNKNOWN_FLOOR:
        place = (place >> _CELL_SHIFT) << _CELL_SHIFT
    return np.uint64(place)


@njit(cache=True, nogil=True)
def write_day(persons: U32, day: Day, crowd: Crowd, out: Stays) -> int:
    """Write one day of (n,) persons; returns how many stays.

    The stays of a person follow each other without overlap, a minute long at least, and lie within the day.
    """
    n = 0
    for i in range(persons.size):
        person = np.int64(persons[i])
        own = mix(np.uint64(day.world) + np.uint64(person))
        key = mix(np.uint64(day.day) + np.uint64(person))
        at_work = crowd.work[person] != 0 and draw(key, 1) < day.working
        rides = draw(own, 2) < _RIDERS
        t = 0
        for s in range(SLOTS.shape[0]):
            kind = int(SLOTS[s, 0])
            start = t + (0 if t == 0 else 120 + int(draw(key, 140 + s) * (_LONGEST_WAY_S - 120)))
            if draw(key, 200 + s) >= SLOTS[s, 2 if at_work else 3] or (kind == HUB and not rides):
                continue
            until = max(start + SLOTS[s, 4], SLOTS[s, 5]) + draw(key, 160 + s) * SLOTS[s, 6]
            end = min(int(until), DAY_S)
            if end - start < 60:
                continue
            scanned = kind == VENUE and draw(key, 220 + s) < _ENTRY_ONLY
            out.person[n] = np.uint32(person)
            out.place[n] = _place(s, person, own, key, crowd)
            out.start[n] = day.midnight + start
            out.end[n] = day.midnight + end
            out.source[n] = _SCAN if scanned else _SOURCES[kind]
            out.quality[n] = END_ESTIMATED if scanned else MEASURED
            n += 1
            t = end
    return n


def quantiles(weights: F64, steps: int) -> I64:
    """(n,) weights to (steps,) indices: index i fills its share of the steps."""
    cumulated = np.cumsum(weights) / weights.sum()
    return np.searchsorted(cumulated, (np.arange(steps) + 0.5) / steps, side="right").astype(np.int64)
