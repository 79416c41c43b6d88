"""Kernels of the sweep that most questions share: probes against the place order, added up and collected per person.

Times inside a segment are seconds of its local day; `base` makes them UTC. A stay of length zero counts as the second
it lies in when two stays are tested for overlap, and adds nothing to the time shared.

`cell` (people,) is scratch, all zeros between questions: see `kernels.layout` for what one holds. `alias` is None or
(people,): whom a number stands for.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from twin.presence.kernels.layout import COUNT_BITS, EXCLUDED, POSSIBLE, UNUSED, Hits, Places, Probes, Work
from twin.presence.kernels.reading import first_start, keys_between
from twin.presence.near.nearness import ANY_FLOOR
from twin.presence.segments.record import (
    DURATION_SHIFT,
    PERSON_MASK,
    PERSON_SHIFT,
    REACH_UNIT_S,
    SECONDS_MASK,
    START_SHIFT,
    TAG_MASK,
)
from twin.types import I64, U32, U64

OTHER_FLOOR = 3


class Read(NamedTuple):
    """What a sweep read: records, dictionary entries, records that overlap, people touched so far."""

    records: int
    entries: int
    matched: int
    touched: int


@njit(cache=True, nogil=True)
def floor_fits(key: np.uint64, wanted: int, certain: bool) -> int:
    """0: the place is meant for certain, 1: possibly, OTHER_FLOOR: not at all."""
    worth = 0 if certain else POSSIBLE
    if wanted == ANY_FLOOR:
        return worth
    floor = np.int64((key >> np.uint64(13)) & np.uint64(255)) - 128
    if floor == -128:
        return POSSIBLE
    return worth if floor == wanted else OTHER_FLOOR


@njit(cache=True, nogil=True)
def estimate(places: Places, probes: Probes) -> int:
    """How many records the probes could make us read at the most: those of the places in their ranges."""
    rows = np.int64(0)
    for q in range(probes.lo.size):
        i, stop = keys_between(places, probes.lo[q], probes.hi[q])
        rows += np.int64(places.offsets[stop]) - np.int64(places.offsets[i])
    return int(rows)


@njit(cache=True, nogil=True)
def weigh(work: Work, alias: U32 | None, cell: U64, touched: U32, met: int) -> Read:
    """Add up, per person, the seconds of overlap with the probes (an upper bound of the union) and their number.

    New people are appended to `touched` from `met` on, which must have room for everybody.
    """
    places, probes, worth = work.places, work.probes, work.worth
    read, entries, matched = 0, 0, 0
    steps = 1
    while (1 << steps) <= places.keys.size:
        steps += 1
    for q in range(probes.lo.size):
        start, end = probes.start[q] - places.base, probes.end[q] - places.base
        until = max(end, start + 1)
        i, stop = keys_between(places, probes.lo[q], probes.hi[q])
        entries += 2 * steps + (stop - i)
        for p in range(i, stop):
            if floor_fits(places.keys[p], probes.floor[q], True) == OTHER_FLOOR:
                continue
            high = np.int64(places.offsets[p + 1])
            back = start - np.int64(places.reach[p]) * REACH_UNIT_S
            j = first_start(places.records, np.int64(places.offsets[p]), high, back)
            while j < high:
                record = places.records[j]
                s = np.int64(record >> np.uint64(START_SHIFT))
                read += 1
                if s >= until:
                    break
                e = s + np.int64((record >> np.uint64(DURATION_SHIFT)) & np.uint64(SECONDS_MASK))
                if max(e, s + 1) > start and worth[np.int64(record & np.uint64(TAG_MASK))] != UNUSED:
                    person = np.int64((record >> np.uint64(PERSON_SHIFT)) & np.uint64(PERSON_MASK))
                    if alias is not None:
                        person = np.int64(alias[person])
                    if cell[person] != EXCLUDED:
                        matched += 1
                        if cell[person] == np.uint64(0):
                            touched[met] = np.uint32(person)
                            met += 1
                        shared = np.uint64(max(min(e, end) - max(s, start), 0))
                        cell[person] += (shared << COUNT_BITS) + np.uint64(1)
                j += 1
    return Read(read, entries, matched, met)


@njit(cache=True, nogil=True)
def deal(touched: U32, cell: U64, least: int) -> tuple[U32, I64]:
    """Who reaches `least` seconds: (m,) people and (m + 1,) where the hits of each will lie.

    Their cells become the place of their next hit; those of everybody else become EXCLUDED.
    """
    count = np.uint64((1 << np.int64(COUNT_BITS)) - 1)
    m = 0
    for i in range(touched.size):
        if np.int64(cell[touched[i]] >> COUNT_BITS) >= least:
            m += 1
    person = np.empty(m, dtype=np.uint32)
    first = np.zeros(m + 1, dtype=np.int64)
    m = 0
    for i in range(touched.size):
        who = touched[i]
        if np.int64(cell[who] >> COUNT_BITS) >= least:
            person[m] = who
            first[m + 1] = first[m] + np.int64(cell[who] & count)
            cell[who] = np.uint64(first[m])
            m += 1
        else:
            cell[who] = EXCLUDED
    return person, first


@njit(cache=True, nogil=True)
def collect(work: Work, alias: U32 | None, cell: U64, clip: bool, hits: Hits) -> None:
    """Put the overlaps of everybody whom `deal` let through in their place in `hits`; whole pieces without `clip`."""
    places, probes, worth = work.places, work.probes, work.worth
    for q in range(probes.lo.size):
        start, end = probes.start[q] - places.base, probes.end[q] - places.base
        until = max(end, start + 1)
        i, stop = keys_between(places, probes.lo[q], probes.hi[q])
        for p in range(i, stop):
            fits = floor_fits(places.keys[p], probes.floor[q], probes.certain[q])
            if fits == OTHER_FLOOR:
                continue
            high = np.int64(places.offsets[p + 1])
            back = start - np.int64(places.reach[p]) * REACH_UNIT_S
            j = first_start(places.records, np.int64(places.offsets[p]), high, back)
            while j < high:
                record = places.records[j]
                s = np.int64(record >> np.uint64(START_SHIFT))
                if s >= until:
                    break
                e = s + np.int64((record >> np.uint64(DURATION_SHIFT)) & np.uint64(SECONDS_MASK))
                value = worth[np.int64(record & np.uint64(TAG_MASK))]
                if max(e, s + 1) > start and value != UNUSED:
                    who = np.int64((record >> np.uint64(PERSON_SHIFT)) & np.uint64(PERSON_MASK))
                    if alias is not None:
                        who = np.int64(alias[who])
                    if cell[who] != EXCLUDED:
                        n = np.int64(cell[who])
                        cell[who] += np.uint64(1)
                        hits.person[n] = np.uint32(who)
                        hits.start[n] = places.base + (max(s, start) if clip else s)
                        hits.end[n] = places.base + (min(e, end) if clip else e)
                        hits.stay[n] = probes.stay[q]
                        hits.place[n] = places.keys[p]
                        hits.certain[n] = max(fits, value) != POSSIBLE
                j += 1


@njit(cache=True, nogil=True)
def clear(cell: U64, people: U32) -> None:
    """Zero the cells of some people."""
    for i in range(people.size):
        cell[people[i]] = np.uint64(0)


@njit(cache=True, nogil=True)
def order_within(first: I64, start: I64) -> tuple[I64, bool]:
    """(m + 1,) groups of (n,) starts to the (n,) order by start within each group, and whether it changes anything."""
    order = np.arange(start.size)
    changed = False
    for g in range(first.size - 1):
        low, high = first[g], first[g + 1]
        sorted_already = True
        for i in range(low + 1, high):
            if start[i] < start[i - 1]:
                sorted_already = False
                break
        if not sorted_already:
            changed = True
            order[low:high] = low + np.argsort(start[low:high], kind="mergesort")
    return order, changed


def room_for(count: int) -> Hits:
    """Uninitialised columns for some hits."""
    kinds = (np.uint32, np.int64, np.int64, np.uint32, np.uint64, np.bool_)
    return Hits._make(np.empty(count, dtype=kind) for kind in kinds)
