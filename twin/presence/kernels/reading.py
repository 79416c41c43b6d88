"""Kernels that read: binary searches over places and starts, and all the pieces of some persons."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from twin.presence.kernels.layout import CERTAIN, FENCE, UNUSED, People, Places
from twin.presence.segments.record import DURATION_SHIFT, SECONDS_MASK, START_SHIFT, TAG_MASK
from twin.types import I64, U8, U32, U64, Bools

BLOCK = 64
"""Slots of one block of `People.blocks`; the same as in `segments.layout`."""


@njit(cache=True, nogil=True)
def first_from(values: I64 | U64, low: int, high: int, wanted: int | np.uint64) -> int:
    """Index within values[low:high], ascending, of the first that is at least `wanted`, which is of their kind."""
    while low < high:
        middle = (low + high) >> 1
        if values[middle] < wanted:
            low = middle + 1
        else:
            high = middle
    return low


@njit(cache=True, nogil=True)
def first_key(keys: U64, wanted: np.uint64) -> int:
    """Index of the first of the ascending (n,) keys that is at least `wanted`."""
    return int(first_from(keys, 0, keys.size, wanted))


@njit(cache=True, nogil=True)
def keys_between(places: Places, lo: np.uint64, hi: np.uint64) -> tuple[int, int]:
    """The half-open range of the places whose keys are in [lo, hi): a narrow one, mostly."""
    keys, low, high = places.keys, 0, places.keys.size
    if places.fences.size:
        fence = first_key(places.fences, lo)
        low, high = max(fence - 1, 0) * FENCE, min(fence * FENCE, high)
    low = first_from(keys, low, high, lo)
    stop, step = low, 1
    while stop + step <= keys.size and keys[stop + step - 1] < hi:
        stop += step
        step <<= 1
    return low, first_from(keys, stop, min(stop + step - 1, keys.size), hi)


@njit(cache=True, nogil=True)
def first_start(records: U64, low: int, high: int, second: int) -> int:
    """Index within records[low:high] (one place) of the first that starts at `second` of the day or later."""
    if second <= 0:
        return low
    if second > SECONDS_MASK:
        return high  # no day is that long, nor has a record the bits for it
    wanted = np.uint64(second) << np.uint64(START_SHIFT)
    while low < high:
        middle = (low + high) >> 1
        if records[middle] < wanted:
            low = middle + 1
        else:
            high = middle
    return low


@njit(cache=True, nogil=True)
def rows_of(people: People, person: int) -> tuple[int, int]:
    """The half-open range of the rows by person that is this person's; empty where there is none."""
    slot = person - people.first
    if people.ids.size:
        low, high = 0, people.ids.size
        while low < high:
            middle = (low + high) >> 1
            if people.ids[middle] < person:
                low = middle + 1
            else:
                high = middle
        slot = low
        if slot == people.ids.size or people.ids[slot] != person:
            return 0, 0
    elif slot < 0 or slot >= people.counts.size:
        return 0, 0
    block = slot // BLOCK
    first = np.int64(people.blocks[block])
    for before in range(block * BLOCK, slot):
        first += people.counts[before]
    return int(first), int(first + people.counts[slot])


@njit(cache=True, nogil=True)
def place_of_row(offsets: U32, row: int) -> int:
    """Index of the place whose records hold a row number."""
    low, high = 0, offsets.size - 2
    while low < high:
        middle = (low + high + 1) >> 1
        if offsets[middle] <= row:
            low = middle
        else:
            high = middle - 1
    return low


class Tags(NamedTuple):
    """Of each tag of a segment (t,): what it is worth to a question, its source, its quality."""

    worth: U8
    source: U8
    quality: U8


class Pieces(NamedTuple):
    """Pieces of some persons, clipped to a window: (n,) which of the persons asked for, place key, UTC start and end,
    source, quality, and whether source and end leave no doubt."""

    which: U32
    place: U64
    start: I64
    end: I64
    source: U8
    quality: U8
    certain: Bools


@njit(cache=True, nogil=True)
def read_people(people: People, places: Places, persons: U32, tags: Tags, window: tuple[int, int]) -> Pieces:
    """(m,) persons to their pieces in a segment that are worth something and meet the window, by person and start."""
    room = 0
    for i in range(persons.size):
        first, last = rows_of(people, np.int64(persons[i]))
        room += last - first
    found = Pieces(
        np.empty(room, dtype=np.uint32),
        np.empty(room, dtype=np.uint64),
        np.empty(room, dtype=np.int64),
        np.empty(room, dtype=np.int64),
        np.empty(room, dtype=np.uint8),
        np.empty(room, dtype=np.uint8),
        np.empty(room, dtype=np.bool_),
    )
    n = 0
    for i in range(persons.size):
        first, last = rows_of(people, np.int64(persons[i]))
        for j in range(first, last):
            row = np.int64(people.low[j]) | np.int64(people.high[j]) << 16
            record = places.records[row]
            start = places.base + np.int64(record >> np.uint64(START_SHIFT))
            end = start + np.int64((record >> np.uint64(DURATION_SHIFT)) & np.uint64(SECONDS_MASK))
            tag = np.int64(record & np.uint64(TAG_MASK))
            if start >= window[1] or max(end, start + 1) <= window[0] or tags.worth[tag] == UNUSED:
                continue
            found.which[n] = i
            found.place[n] = places.keys[place_of_row(places.offsets, row)]
            found.start[n] = start if start > window[0] else window[0]
            found.end[n] = end if end < window[1] else window[1]
            found.source[n] = tags.source[tag]
            found.quality[n] = tags.quality[tag]
            found.certain[n] = bool(tags.worth[tag] == CERTAIN)
            n += 1
    return Pieces(
        found.which[:n],
        found.place[:n],
        found.start[:n],
        found.end[:n],
        found.source[:n],
        found.quality[:n],
        found.certain[:n],
    )
