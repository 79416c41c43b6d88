"""Kernels that read the stays of many persons for a chain: in the order of the file, then merged person by person."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from twin.presence.kernels.chain_ground import Ground, keys_of, offsets_of, on_course, records_of
from twin.presence.kernels.layout import UNUSED, People
from twin.presence.kernels.reading import rows_of
from twin.presence.segments.record import DURATION_SHIFT, SECONDS_MASK, START_SHIFT, TAG_MASK
from twin.types import I64, U32, U64


class Pieces(NamedTuple):
    """(n,) whose (an index), at which key, seconds of the chain [start, end)."""

    which: U32
    key: U64
    start: I64
    end: I64


class Wanted(NamedTuple):
    """What is read of each person (n,): seconds of the chain [since, until), widened by what is bridged."""

    since: I64
    until: I64
    bridge: int


@njit(cache=True, nogil=True)
def rows_by_person(people: People, numbers: U32) -> tuple[U32, U32]:
    """(m,) ascending numbers to (n,) which of them and row of each of their records."""
    n = 0
    for i in range(numbers.size):
        first, last = rows_of(people, np.int64(numbers[i]))
        n += last - first
    which, row = np.empty(n, dtype=np.uint32), np.empty(n, dtype=np.uint32)
    n = 0
    for i in range(numbers.size):
        first, last = rows_of(people, np.int64(numbers[i]))
        for j in range(first, last):
            which[n] = i
            row[n] = np.uint32(people.low[j]) | np.uint32(people.high[j]) << np.uint32(16)
            n += 1
    return which, row


@njit(cache=True, nogil=True)
def pieces_at(ground: Ground, g: int, which: U32, row: U32, wanted: Wanted) -> Pieces:
    """(n,) ascending rows of a segment to those pieces that are wanted, clipped to the window."""
    records, keys, offsets = records_of(ground, g), keys_of(ground, g), offsets_of(ground, g)
    pieces = Pieces(
        np.empty(row.size, dtype=np.uint32),
        np.empty(row.size, dtype=np.uint64),
        np.empty(row.size, dtype=np.int64),
        np.empty(row.size, dtype=np.int64),
    )
    n, place = 0, 0
    for i in range(row.size):
        record = records[row[i]]
        if ground.worth[g, np.int64(record & np.uint64(TAG_MASK))] == UNUSED:
            continue
        start = int(np.int64(record >> np.uint64(START_SHIFT)))
        end = start + int(np.int64((record >> np.uint64(DURATION_SHIFT)) & np.uint64(SECONDS_MASK)))
        inside, start, end = on_course(ground, g, start, end)
        who = which[i]
        if not inside or end + wanted.bridge < wanted.since[who] or start >= wanted.until[who] + wanted.bridge:
            continue
        place = _place_from(offsets, np.int64(row[i]), place)
        pieces.which[n], pieces.key[n], pieces.start[n], pieces.end[n] = who, keys[place], start, end
        n += 1
    return Pieces(pieces.which[:n], pieces.key[:n], pieces.start[:n], pieces.end[:n])


@njit(cache=True, nogil=True)
def _place_from(offsets: U32, row: int, place: int) -> int:
    """The place whose records hold a row, not before `place`."""
    step = 1
    while place + step < offsets.size - 1 and offsets[place + step] <= row:
        place += step
        step <<= 1
    low, high = place, min(place + step, offsets.size - 1)
    while high - low > 1:
        middle = (low + high) >> 1
        if offsets[middle] <= row:
            low = middle
        else:
            high = middle
    return low


@njit(cache=True, nogil=True)
def merge(pieces: Pieces, group: U64, bridge: int) -> tuple[I64, I64]:
    """(n,) pieces by (which, start) to stays: (index of the first piece, end) of each.

    Pieces of one person in one group that touch, overlap or are at most `bridge` seconds apart are one stay.
    """
    first, end = np.empty(pieces.which.size, dtype=np.int64), np.empty(pieces.which.size, dtype=np.int64)
    going = np.empty(256, dtype=np.int64)  # stays of the person that may still go on
    n, m = 0, 0
    for i in range(pieces.which.size):
        if i and pieces.which[i] != pieces.which[i - 1]:
            m = 0
        joined, kept = False, 0
        for j in range(m):
            stay = going[j]
            if end[stay] + bridge < pieces.start[i]:
                continue
            going[kept] = stay
            kept += 1
            if group[first[stay]] == group[i]:
                end[stay] = max(end[stay], pieces.end[i])
                joined = True
        m = kept
        if not joined:
            first[n], end[n] = i, pieces.end[i]
            if m == going.size:
                going = np.concatenate((going, np.empty_like(going)))
            going[m] = n
            n, m = n + 1, m + 1
    return first[:n], end[:n]
