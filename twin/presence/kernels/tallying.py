"""Kernels that count distinct people: those at each of some places, those who were anywhere at all.

`cell` (people,) is scratch, all zeros between questions (see `presence.scratch`). `alias` is None or (people,): whom a
number stands for.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from twin.presence.kernels.layout import UNUSED, People, Places, Work
from twin.presence.kernels.probing import OTHER_FLOOR, Read, floor_fits
from twin.presence.kernels.reading import first_start, keys_between
from twin.presence.segments.record import (
    DURATION_SHIFT,
    PERSON_MASK,
    PERSON_SHIFT,
    REACH_UNIT_S,
    SECONDS_MASK,
    START_SHIFT,
    TAG_MASK,
)
from twin.types import I64, U8, U32, U64

AT_ONCE = 64
"""Places counted in one sweep: one bit each of a person's cell."""


class Marks(NamedTuple):
    """Scratch (people,) `cell`, room for everybody in `touched`, and (AT_ONCE,) counts of different people."""

    cell: U64
    touched: U32
    counts: I64


class Day(NamedTuple):
    """One segment in both orders, and the worth (t,) of its tags."""

    people: People
    places: Places
    worth: U8


@njit(cache=True, nogil=True)
def tally(work: Work, alias: U32 | None, marks: Marks, met: int) -> Read:
    """Count whoever meets a probe of place `probes.stay` and is not counted there yet.

    New people are appended to `marks.touched` from `met` on.
    """
    cell, touched, counts = marks
    places, probes, worth = work.places, work.probes, work.worth
    read, entries, matched = 0, 0, 0
    for q in range(probes.lo.size):
        start, end = probes.start[q] - places.base, probes.end[q] - places.base
        until = max(end, start + 1)
        bit = np.uint64(1) << np.uint64(probes.stay[q])
        i, stop = keys_between(places, probes.lo[q], probes.hi[q])
        entries += stop - i
        for p in range(i, stop):
            if floor_fits(places.keys[p], probes.floor[q], True) == OTHER_FLOOR:
                continue
            high = np.int64(places.offsets[p + 1])
            back = start - np.int64(places.reach[p]) * REACH_UNIT_S
            for j in range(first_start(places.records, np.int64(places.offsets[p]), high, back), high):
                record = places.records[j]
                s = np.int64(record >> np.uint64(START_SHIFT))
                read += 1
                if s >= until:
                    break
                e = s + np.int64((record >> np.uint64(DURATION_SHIFT)) & np.uint64(SECONDS_MASK))
                if max(e, s + 1) <= start or worth[np.int64(record & np.uint64(TAG_MASK))] == UNUSED:
                    continue
                matched += 1
                person = np.int64((record >> np.uint64(PERSON_SHIFT)) & np.uint64(PERSON_MASK))
                if alias is not None:
                    person = np.int64(alias[person])
                if cell[person] & bit == np.uint64(0):
                    if cell[person] == np.uint64(0):
                        touched[met] = np.uint32(person)
                        met += 1
                    cell[person] |= bit
                    counts[probes.stay[q]] += 1
    return Read(read, entries, matched, met)


@njit(cache=True, nogil=True)
def tally_one(work: Work, alias: U32 | None, seen: U64) -> Read:
    """Count whoever meets any probe and is not in `seen`, one bit each of (people // 64 + 1,), and put them there.

    `touched` counts those who are new. For a place with many people: the bits of all fit the processor's cache.
    """
    places, probes, worth = work.places, work.probes, work.worth
    read, entries, matched, new = 0, 0, 0, 0
    for q in range(probes.lo.size):
        start, end = probes.start[q] - places.base, probes.end[q] - places.base
        until = max(end, start + 1)
        i, stop = keys_between(places, probes.lo[q], probes.hi[q])
        entries += stop - i
        for p in range(i, stop):
            if floor_fits(places.keys[p], probes.floor[q], True) == OTHER_FLOOR:
                continue
            high = np.int64(places.offsets[p + 1])
            back = start - np.int64(places.reach[p]) * REACH_UNIT_S
            for j in range(first_start(places.records, np.int64(places.offsets[p]), high, back), high):
                record = places.records[j]
                s = np.int64(record >> np.uint64(START_SHIFT))
                read += 1
                if s >= until:
                    break
                e = s + np.int64((record >> np.uint64(DURATION_SHIFT)) & np.uint64(SECONDS_MASK))
                if max(e, s + 1) <= start or worth[np.int64(record & np.uint64(TAG_MASK))] == UNUSED:
                    continue
                matched += 1
                person = np.int64((record >> np.uint64(PERSON_SHIFT)) & np.uint64(PERSON_MASK))
                if alias is not None:
                    person = np.int64(alias[person])
                bit = np.uint64(1) << np.uint64(person & 63)
                if seen[person >> 6] & bit == np.uint64(0):
                    seen[person >> 6] |= bit
                    new += 1
    return Read(read, entries, matched, new)


@njit(cache=True, nogil=True)
def mark_people(day: Day, span: tuple[int, int], alias: U32 | None, seen: U64) -> Read:
    """Mark in `seen`, one bit each, whoever has a stay of some worth in `span`, UTC [start, end).

    `touched` counts those marked now. Records are read of those alone who are not marked yet, and none where the span
    is empty: then each counts.
    """
    people, places, worth = day
    low, high = span[0] - places.base, span[1] - places.base
    row, read, marked = np.int64(0), 0, 0
    for slot in range(people.counts.size):
        first, row = row, row + np.int64(people.counts[slot])
        if first == row:
            continue
        person = np.int64(people.ids[slot]) if people.ids.size else slot + people.first
        if alias is not None:
            person = np.int64(alias[person])
        bit = np.uint64(1) << np.uint64(person & 63)
        if seen[person >> 6] & bit:
            continue
        there = low >= high
        for at in range(first, row):
            if there:
                break
            record = places.records[np.int64(people.low[at]) | np.int64(people.high[at]) << 16]
            read += 1
            s = np.int64(record >> np.uint64(START_SHIFT))
            e = s + np.int64((record >> np.uint64(DURATION_SHIFT)) & np.uint64(SECONDS_MASK))
            if s < high and max(e, s + 1) > low and worth[np.int64(record & np.uint64(TAG_MASK))] != UNUSED:
                there = True
        if there:
            seen[person >> 6] |= bit
            marked += 1
    return Read(read, people.counts.size, read, marked)
