"""Kernels of the questions: binary searches and sweeps over mapped columns, arrays in, arrays out, no lock held.

Times inside a segment are seconds of its local day; `base` makes them UTC. A stay of length zero counts as the second
it lies in when two stays are tested for overlap, and adds nothing to the time shared.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from twin.presence.segments.record import (
    DURATION_SHIFT,
    PERSON_MASK,
    PERSON_SHIFT,
    REACH_UNIT_S,
    SECONDS_MASK,
    START_SHIFT,
    TAG_MASK,
)
from twin.types import I64, U8, U16, U32, U64, Bools

EXCLUDED = -1
"""Mark of a person in the `shared` column who is not to be met."""


class Places(NamedTuple):
    """The place order of one segment (see `layout.Columns`), and which of its tags have an estimated end."""

    records: U64
    keys: U64
    offsets: U32
    reach: U8
    estimated: Bools
    base: int


class Probes(NamedTuple):
    """What is looked for: (n,) half-open key ranges and UTC intervals; `certain`: the place leaves no doubt.

    `stay` is the number of the stay that is probed for, as the caller counts them.
    """

    lo: U64
    hi: U64
    start: I64
    end: I64
    certain: Bools
    stay: U32


class Hits(NamedTuple):
    """Overlaps found: (n,) person, UTC interval shared, for which stay, the key of the place, whether it is certain."""

    person: U32
    start: I64
    end: I64
    stay: U32
    place: U64
    certain: Bools


class Union(NamedTuple):
    """Per person met, in order of person: where their hits begin, and the time shared in seconds.

    person (m,), first_hit (m + 1,), together: length of the union of all intervals, certain: of the certain ones,
    meetings: how many intervals the union has, first and last UTC second of them, sure: whether any hit is certain.
    """

    person: U32
    first_hit: I64
    together: I64
    certain: I64
    meetings: I64
    first: I64
    last: I64
    sure: Bools


@njit(cache=True, nogil=True)
def first_key(keys: U64, wanted: np.uint64) -> int:
    """Index of the first of the ascending (n,) keys that is at least `wanted`."""
    low, high = 0, keys.size
    while low < high:
        middle = (low + high) >> 1
        if keys[middle] < wanted:
            low = middle + 1
        else:
            high = middle
    return low


@njit(cache=True, nogil=True)
def first_start(records: U64, low: int, high: int, second: int) -> int:
    """Index within records[low:high] (one place) of the first that starts at `second` of the day or later."""
    if second <= 0:
        return low
    wanted = np.uint64(second) << np.uint64(START_SHIFT)
    while low < high:
        middle = (low + high) >> 1
        if records[middle] < wanted:
            low = middle + 1
        else:
            high = middle
    return low


@njit(cache=True, nogil=True)
def read_rows(row_low: U16, row_high: U8, places: Places) -> tuple[U64, I64, I64, U8]:
    """(n,) row numbers of one person, in 16 and 8 bits, to their place keys, UTC starts and ends, and tags."""
    n = row_low.size
    key = np.empty(n, dtype=np.uint64)
    start = np.empty(n, dtype=np.int64)
    end = np.empty(n, dtype=np.int64)
    tag = np.empty(n, dtype=np.uint8)
    for i in range(n):
        row = np.int64(row_low[i]) | np.int64(row_high[i]) << 16
        low, high = 0, places.keys.size
        while low < high:  # the last place that begins at this row or before
            middle = (low + high + 1) >> 1
            if places.offsets[middle] <= row:
                low = middle
            else:
                high = middle - 1
        record = places.records[row]
        key[i] = places.keys[low]
        start[i] = places.base + np.int64(record >> np.uint64(START_SHIFT))
        end[i] = start[i] + np.int64((record >> np.uint64(DURATION_SHIFT)) & np.uint64(SECONDS_MASK))
        tag[i] = np.uint8(record & np.uint64(TAG_MASK))
    return key, start, end, tag


@njit(cache=True, nogil=True)
def weigh(places: Places, probes: Probes, shared: I64) -> tuple[int, int, int]:
    """Add up, per person, the seconds of overlap with the probes: an upper bound of the union.

    `shared` (persons,) holds 1 + seconds for who was met, 0 for who was not, EXCLUDED for who must not be; it is
    updated in place. Returns (records read, dictionary entries read, records that overlap).
    """
    read, entries, matched = 0, 0, 0
    steps = 1
    while (1 << steps) <= places.keys.size:
        steps += 1
    for q in range(probes.lo.size):
        start, end = probes.start[q] - places.base, probes.end[q] - places.base
        until = max(end, start + 1)
        i, stop = first_key(places.keys, probes.lo[q]), first_key(places.keys, probes.hi[q])
        entries += 2 * steps + (stop - i)
        for p in range(i, stop):
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
                if max(e, s + 1) > start:
                    person = np.int64((record >> np.uint64(PERSON_SHIFT)) & np.uint64(PERSON_MASK))
                    if shared[person] != EXCLUDED:
                        matched += 1
                        shared[person] = max(shared[person], 1) + max(min(e, end) - max(s, start), 0)
                j += 1
    return read, entries, matched


@njit(cache=True, nogil=True)
def collect(places: Places, probes: Probes, shared: I64, least: int, room: int) -> Hits:
    """The overlaps of everybody whose sum in `shared` (see `weigh`) reaches `least` seconds; at most `room` of them."""
    person = np.empty(room, dtype=np.uint32)
    begin = np.empty(room, dtype=np.int64)
    finish = np.empty(room, dtype=np.int64)
    stay = np.empty(room, dtype=np.uint32)
    place = np.empty(room, dtype=np.uint64)
    certain = np.empty(room, dtype=np.bool_)
    n = 0
    for q in range(probes.lo.size):
        start, end = probes.start[q] - places.base, probes.end[q] - places.base
        until = max(end, start + 1)
        i, stop = first_key(places.keys, probes.lo[q]), first_key(places.keys, probes.hi[q])
        for p in range(i, stop):
            high = np.int64(places.offsets[p + 1])
            back = start - np.int64(places.reach[p]) * REACH_UNIT_S
            j = first_start(places.records, np.int64(places.offsets[p]), high, back)
            while j < high:
                record = places.records[j]
                s = np.int64(record >> np.uint64(START_SHIFT))
                if s >= until:
                    break
                e = s + np.int64((record >> np.uint64(DURATION_SHIFT)) & np.uint64(SECONDS_MASK))
                who = np.int64((record >> np.uint64(PERSON_SHIFT)) & np.uint64(PERSON_MASK))
                if max(e, s + 1) > start and shared[who] > least:
                    person[n] = np.uint32(who)
                    begin[n] = places.base + max(s, start)
                    finish[n] = places.base + min(e, end)
                    stay[n] = probes.stay[q]
                    place[n] = places.keys[p]
                    certain[n] = probes.certain[q] and not places.estimated[np.int64(record & np.uint64(TAG_MASK))]
                    n += 1
                j += 1
    return Hits(person[:n], begin[:n], finish[:n], stay[:n], place[:n], certain[:n])


@njit(cache=True, nogil=True)
def unite(person: U32, start: I64, end: I64, certain: Bools) -> Union:
    """(n,) hits sorted by (person, start) to one row per person: lengths of unions, never sums; touching ones join."""
    n = person.size
    people = 0
    for i in range(n):
        if i == 0 or person[i] != person[i - 1]:
            people += 1
    who = np.empty(people, dtype=np.uint32)
    first_hit = np.empty(people + 1, dtype=np.int64)
    together = np.zeros(people, dtype=np.int64)
    surely = np.zeros(people, dtype=np.int64)
    meetings = np.zeros(people, dtype=np.int64)
    first = np.empty(people, dtype=np.int64)
    last = np.empty(people, dtype=np.int64)
    sure = np.zeros(people, dtype=np.bool_)
    m = -1
    until, certain_until = np.int64(0), np.int64(0)
    for i in range(n):
        if i == 0 or person[i] != person[i - 1]:
            m += 1
            who[m] = person[i]
            first_hit[m] = i
            first[m] = start[i]
            last[m] = end[i]
            meetings[m] = 1
            until, certain_until = start[i], start[i]
        elif start[i] > until:
            meetings[m] += 1
            until = start[i]
        together[m] += max(end[i] - max(start[i], until), 0)
        until = max(until, end[i])
        last[m] = max(last[m], end[i])
        if certain[i]:
            sure[m] = True
            surely[m] += max(end[i] - max(start[i], certain_until), 0)
            certain_until = max(certain_until, end[i])
    first_hit[people] = n
    return Union(who, first_hit, together, surely, meetings, first, last, sure)


@njit(cache=True, nogil=True)
def join_intervals(start: I64, end: I64, fresh: Bools) -> tuple[I64, I64]:
    """(n,) intervals by (group, start), `fresh` at each group's first, to (index of the first, end) of each join."""
    kept = np.empty(start.size, dtype=np.int64)
    until = np.empty(start.size, dtype=np.int64)
    n = 0
    for i in range(start.size):
        if fresh[i] or start[i] > until[n - 1]:
            kept[n] = i
            until[n] = end[i]
            n += 1
        elif end[i] > until[n - 1]:
            until[n - 1] = end[i]
    return kept[:n], until[:n]
