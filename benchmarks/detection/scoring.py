"""How stays found compare with what is known: recall, precision, and what no stay may be."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from benchmarks.detection.diaries import Planted
from benchmarks.detection.traces import EAST_M, NORTH_M, GardenCity, Trace, Visits, building_at
from twin.types import F64, I64, Bools

NEAR_M = 60.0
"""A stay found is at the right place where its centre is no further from the true one."""


@dataclass(frozen=True, slots=True)
class Score:
    """Shares from 0 to 1: of true stays found, of found stays that are true, of the found time that is not true."""

    stays: int
    recall: float
    precision: float
    false_time: float


def _shared(ones: Visits, others: Visits, same_place: I64 | None, at: I64 | None) -> F64:
    """(n,) seconds of each of `ones` that are covered by the `others` of its person at the same place.

    Others do not overlap each other. The place is the same by the numbers handed in, or where none are by distance.
    """
    covered = np.zeros(len(ones))
    order = np.lexsort((others.start, others.person))
    whose = others.person[order]
    for row in range(len(ones)):
        low, high = np.searchsorted(whose, ones.person[row]), np.searchsorted(whose, ones.person[row], side="right")
        rows = order[low:high]
        both = np.minimum(others.end[rows], ones.end[row]) - np.maximum(others.start[rows], ones.start[row])
        rows, both = rows[both > 0], both[both > 0]
        if same_place is None or at is None:
            east = (others.lon[rows] - ones.lon[row]) * EAST_M
            near: Bools = np.hypot(east, (others.lat[rows] - ones.lat[row]) * NORTH_M) <= NEAR_M
        else:
            near = at[rows] == same_place[row]
        covered[row] = both[near].sum()
    return covered


def against_diaries(found: Visits, planted: Planted) -> Score:
    """Half of a true stay's visible time must be found; half of a found stay's time must be in the diary."""
    seen = _shared(planted.seen, found, None, None) / (planted.seen.end - planted.seen.start)
    length = found.end - found.start
    true = _shared(found, planted.diary, None, None)
    return Score(
        len(found), float((seen >= 0.5).mean()), float((true >= 0.5 * length).mean()), 1 - true.sum() / length.sum()
    )


def against_buildings(found: Visits, town: GardenCity) -> Score:
    """Half of a visit must be found, centred at its building; most pings in a found stay's time must be in its own."""
    where = building_at(town.buildings, found.lon, found.lat, within_m=6.0)
    hit = _shared(town.visits, found, town.building_of_visit, where) / (town.visits.end - town.visits.start)
    inside = building_at(town.buildings, town.trace.lon, town.trace.lat)
    right = np.zeros(len(found), dtype=bool)
    for row in range(len(found)):
        low, high = _rows(town.trace, found, row)
        right[row] = where[row] >= 0 and (inside[low:high] == where[row]).sum() * 2 >= (inside[low:high] >= 0).sum()
    length = found.end - found.start
    return Score(
        len(found), float((hit >= 0.5).mean()), float(right.mean()), float(length[~right].sum() / length.sum())
    )


@dataclass(frozen=True, slots=True)
class Faults:
    """What no stay may be: shorter than asked for, with a silence inside, overlapping another of its person."""

    stays: int
    too_short: int
    silent: int
    overlapping: int


def faults(found: Visits, trace: Trace, least_s: int, gap_s: int) -> Faults:
    """Count them; the trace in any order."""
    order = np.lexsort((trace.time, trace.person))
    ordered = Trace(trace.person[order], trace.time[order], trace.lon[order], trace.lat[order])
    silent = 0
    for row in range(len(found)):
        low, high = _rows(ordered, found, row)
        moments = np.concatenate(([found.start[row]], ordered.time[low:high], [found.end[row]]))
        silent += bool(np.diff(moments).max() > gap_s)
    by_time = np.lexsort((found.start, found.person))
    same = found.person[by_time][1:] == found.person[by_time][:-1]
    overlapping = int((same & (found.start[by_time][1:] < found.end[by_time][:-1])).sum())
    return Faults(len(found), int((found.end - found.start < least_s).sum()), silent, overlapping)


def _rows(trace: Trace, found: Visits, row: int) -> tuple[int, int]:
    """The fixes of a trace in order that lie within a stay."""
    low = int(np.searchsorted(trace.person, found.person[row]))
    high = int(np.searchsorted(trace.person, found.person[row], side="right"))
    first, last = np.searchsorted(trace.time[low:high], [found.start[row], found.end[row] + 1])
    return low + int(first), low + int(last)
