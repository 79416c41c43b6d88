"""Stays in records that name a place: access points, towers, cameras, gates and codes.

Rulings:

* Records of one person at one place that follow each other at most `gap_s` apart are one run; it lasts from the first
  to the last of them. A single record is a point in time.
* A record may say how long it holds (`hold`, its end cap): of an entry-only source nobody knows the end. The run then
  ends where the last record's hold does, or with the person's next record elsewhere where that is sooner, and that end
  is an estimate. Records within each other's hold are one run.
* Leaving a place and being back within `pingpong_s` of its last record (A-B-A between towers or access points) is no
  move: what was recorded in between is left out, and the run goes on. Of places that take turns, the first one stays.
* A run that is shorter than `least_s` is dropped, after all of this.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from twin.types import I64, U32, U64, Bools


class Sightings(NamedTuple):
    """(n,) records in the order of (person, time): dense person, place, UTC second, seconds that it holds (or 0)."""

    person: U32
    place: U64
    time: I64
    hold: I64


class Meeting(NamedTuple):
    """The rule: see the module. Seconds."""

    gap_s: int
    pingpong_s: int
    least_s: int


class Visits(NamedTuple):
    """Runs found, in order of (person, time).

    first (m,) is the first record of each, end its UTC end; estimated, whether that is no record's time; records, how
    many it is made of. left_out: records between two others of a run; short: records of runs that were dropped.
    """

    first: I64
    end: I64
    estimated: Bools
    records: I64
    left_out: int
    short: int


class _Chain(NamedTuple):
    """Runs in the making: first record, last time, time until which the last one holds, how many records."""

    first: I64
    last: I64
    until: I64
    records: I64


@njit(cache=True, nogil=True)
def visits(seen: Sightings, rule: Meeting) -> Visits:
    """All runs of all persons."""
    runs, left_out = _smooth(seen, rule.pingpong_s, _runs(seen, rule.gap_s))
    m = runs.first.size
    end = np.empty(m, dtype=np.int64)
    kept = np.empty(m, dtype=np.bool_)
    short = 0
    for k in range(m):
        begin = runs.first[k]
        end[k] = runs.until[k]
        if k + 1 < m and seen.person[runs.first[k + 1]] == seen.person[begin]:
            end[k] = min(end[k], seen.time[runs.first[k + 1]])
        end[k] = max(end[k], runs.last[k])
        kept[k] = end[k] - seen.time[begin] >= rule.least_s
        if not kept[k]:
            short += runs.records[k]
    estimated = runs.until > runs.last
    return Visits(runs.first[kept], end[kept], estimated[kept], runs.records[kept], left_out, short)


@njit(cache=True, nogil=True)
def _runs(seen: Sightings, gap_s: int) -> _Chain:
    """Records that follow each other at one place."""
    n = seen.time.size
    first = np.empty(n, dtype=np.int64)
    last = np.empty(n, dtype=np.int64)
    until = np.empty(n, dtype=np.int64)
    count = np.empty(n, dtype=np.int64)
    m = -1
    for i in range(n):
        time = seen.time[i]
        same = m >= 0 and seen.person[i] == seen.person[i - 1] and seen.place[i] == seen.place[i - 1]
        if not same or time > max(last[m] + gap_s, until[m]):
            m += 1
            first[m] = i
            until[m] = time
            count[m] = 0
        last[m] = time
        until[m] = max(until[m], time + seen.hold[i])
        count[m] += 1
    return _Chain(first[: m + 1], last[: m + 1], until[: m + 1], count[: m + 1])


@njit(cache=True, nogil=True)
def _smooth(seen: Sightings, pingpong_s: int, runs: _Chain) -> tuple[_Chain, int]:
    """Join runs that somebody came back to, in place: (what is left, how many records were left out)."""
    first, last, until, count = runs
    kept = left_out = 0
    i = 0
    while i < first.size:
        first[kept], last[kept], until[kept], count[kept] = first[i], last[i], until[i], count[i]
        passed = 0
        j = i + 1
        while j < first.size:
            if seen.person[first[j]] != seen.person[first[kept]] or seen.time[first[j]] - last[kept] > pingpong_s:
                break
            if seen.place[first[j]] == seen.place[first[kept]]:
                last[kept] = last[j]
                until[kept] = max(until[kept], until[j])
                count[kept] += count[j]
                left_out += passed
                passed = 0
                i = j
            else:
                passed += count[j]
            j += 1
        i += 1
        kept += 1
    return _Chain(first[:kept], last[:kept], until[:kept], count[:kept]), left_out
