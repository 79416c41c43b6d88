"""Kernels that put one day's pieces into both orders: radix sorts, O(n), no Python per row."""

from __future__ import annotations

import numpy as np
from numba import njit

from twin.presence.segments.record import (
    DURATION_SHIFT,
    PERSON_MASK,
    PERSON_SHIFT,
    REACH_UNIT_S,
    SECONDS_MASK,
    START_SHIFT,
)
from twin.types import U8, U16, U32, U64

DIGIT = 9
"""The most bits that one pass sorts by: more write positions than the caches hold lines for are slower than a pass."""

ROW_BITS = 24
START_BITS = 17

_Rows = tuple[U64, U64, U32]  # records, places, marks

_FEW = 24  # ties up to this many are sorted by insertion


def order_by_place(records: U64, places: U64, marks: U32) -> tuple[U64, U64, U32]:
    """(n,) records, their place keys and marks, sorted by (place, record).

    The arrays given are used as room and must not be used afterwards.
    """
    given = (records, places, marks)
    room = (np.empty_like(records), np.empty_like(places), np.empty_like(marks))
    steps = [(True, shift, bits) for shift, bits in _windows(((1 << START_BITS) - 1) << START_SHIFT)]
    steps += [(False, shift, bits) for shift, bits in _windows(int(_varying(places)))]
    for of_record, shift, bits in steps:
        _scatter(given, room, of_record, shift, bits)
        given, room = room, given
    _settle(*given)
    return given


def _windows(mask: int) -> list[tuple[int, int]]:
    """The bits of a mask as (shift, width) of digits, lowest first, about equally wide; bits before a digit that are
    not in the mask are skipped.
    """
    windows = []
    while mask:
        shift = (mask & -mask).bit_length() - 1
        left = mask.bit_length() - shift
        width = -(-left // -(-left // DIGIT))
        windows.append((shift, width))
        mask &= ~(((1 << width) - 1) << shift)
    return windows


@njit(cache=True, nogil=True)
def _varying(places: U64) -> np.uint64:
    """The bits in which (n,) keys differ."""
    mask = np.uint64(0)
    for i in range(1, places.size):
        mask |= places[i] ^ places[0]
    return mask


@njit(cache=True, nogil=True)
def _scatter(given: _Rows, room: _Rows, of_record: bool, shift: int, bits: int) -> None:
    """One stable pass from the one to the other, by a digit of the records or of the places."""
    records, places, marks = given
    to_records, to_places, to_marks = room
    mask = np.uint64((1 << bits) - 1)
    source = records if of_record else places
    at = np.zeros((1 << bits) + 1, dtype=np.int64)
    for i in range(source.size):
        at[np.int64((source[i] >> np.uint64(shift)) & mask) + 1] += 1
    for b in range(1 << bits):
        at[b + 1] += at[b]
    for i in range(source.size):
        digit = np.int64((source[i] >> np.uint64(shift)) & mask)
        to = at[digit]
        at[digit] = to + 1
        to_records[to] = records[i]
        to_places[to] = places[i]
        to_marks[to] = marks[i]


@njit(cache=True, nogil=True)
def _settle(records: U64, places: U64, marks: U32) -> None:
    """Sort what is sorted by (place, start) by the whole record, in place."""
    n = records.size
    first = 0
    while first < n:
        last = first + 1
        start = records[first] >> np.uint64(START_SHIFT)
        while last < n and places[last] == places[first] and records[last] >> np.uint64(START_SHIFT) == start:
            last += 1
        if last - first > _FEW:
            order = np.argsort(records[first:last], kind="mergesort")
            records[first:last] = records[first:last][order]
            marks[first:last] = marks[first:last][order]
        elif last - first > 1:
            for i in range(first + 1, last):
                record, mark = records[i], marks[i]
                j = i
                while j > first and records[j - 1] > record:
                    records[j], marks[j] = records[j - 1], marks[j - 1]
                    j -= 1
                records[j], marks[j] = record, mark
        first = last


@njit(cache=True, nogil=True)
def dictionary(records: U64, places: U64) -> tuple[U64, U32, U8]:
    """(n,) records sorted by place to keys (p,), offsets (p + 1,) and reach (p,).

    Reach is the longest duration of each place in units of REACH_UNIT_S, rounded up, at least one.
    """
    count = 0
    for i in range(places.size):
        count += i == 0 or places[i] != places[i - 1]
    keys = np.empty(count, dtype=np.uint64)
    offsets = np.empty(count + 1, dtype=np.uint32)
    reach = np.ones(count, dtype=np.uint8)
    p = -1
    for i in range(places.size):
        if i == 0 or places[i] != places[i - 1]:
            p += 1
            keys[p] = places[i]
            offsets[p] = i
        duration = np.int64((records[i] >> np.uint64(DURATION_SHIFT)) & np.uint64(SECONDS_MASK))
        units = (duration + REACH_UNIT_S - 1) // REACH_UNIT_S
        if units > reach[p]:
            reach[p] = np.uint8(units)
    offsets[count] = places.size
    return keys, offsets, reach


def order_by_person(slots: U32, records: U64, count: int) -> tuple[U16, U8, U8]:
    """(n,) person slots of records in place order to (lower 16 bits of rows, upper 8, pieces of each slot).

    Rows are numbers of records, sorted by (slot, start); `count` slots, each with at most 255 pieces.
    """
    keys: U64 = _person_keys(slots, records)
    room = np.empty_like(keys)
    width = START_BITS + (count - 1).bit_length()
    for shift, bits in _windows(((1 << width) - 1) << ROW_BITS):
        _pass(keys, room, shift, bits)
        keys, room = room, keys
    rows: tuple[U16, U8, U8] = _rows(keys, count)
    return rows


@njit(cache=True, nogil=True)
def _person_keys(slots: U32, records: U64) -> U64:
    """slot | start | row of (n,) records."""
    keys = np.empty(records.size, dtype=np.uint64)
    for i in range(records.size):
        start = records[i] >> np.uint64(START_SHIFT)
        keys[i] = (np.uint64(slots[i]) << np.uint64(START_BITS) | start) << np.uint64(ROW_BITS) | np.uint64(i)
    return keys


@njit(cache=True, nogil=True)
def _pass(keys: U64, to: U64, shift: int, bits: int) -> None:
    """One stable pass by a digit."""
    mask = np.uint64((1 << bits) - 1)
    at = np.zeros((1 << bits) + 1, dtype=np.int64)
    for i in range(keys.size):
        at[np.int64((keys[i] >> np.uint64(shift)) & mask) + 1] += 1
    for b in range(1 << bits):
        at[b + 1] += at[b]
    for i in range(keys.size):
        digit = np.int64((keys[i] >> np.uint64(shift)) & mask)
        to[at[digit]] = keys[i]
        at[digit] += 1


@njit(cache=True, nogil=True)
def _rows(keys: U64, count: int) -> tuple[U16, U8, U8]:
    low = np.empty(keys.size, dtype=np.uint16)
    high = np.empty(keys.size, dtype=np.uint8)
    counts = np.zeros(count, dtype=np.uint8)
    for i in range(keys.size):
        low[i] = np.uint16(keys[i] & np.uint64(0xFFFF))
        high[i] = np.uint8((keys[i] >> np.uint64(16)) & np.uint64(0xFF))
        counts[np.int64(keys[i] >> np.uint64(ROW_BITS + START_BITS))] += np.uint8(1)
    return low, high, counts


@njit(cache=True, nogil=True)
def block_starts(counts: U8, block: int) -> U32:
    """(slots,) counts to (ceil(slots / block),) running totals: where each block of slots begins."""
    blocks = (counts.size + block - 1) // block
    starts = np.zeros(blocks, dtype=np.uint32)
    total = np.uint32(0)
    for s in range(counts.size):
        if s % block == 0:
            starts[s // block] = total
        total += np.uint32(counts[s])
    return starts


@njit(cache=True, nogil=True)
def person_column(records: U64) -> U32:
    """(n,) records to (n,) persons."""
    persons = np.empty(records.size, dtype=np.uint32)
    for i in range(records.size):
        persons[i] = np.uint32((records[i] >> np.uint64(PERSON_SHIFT)) & np.uint64(PERSON_MASK))
    return persons


@njit(cache=True, nogil=True)
def present_slots(persons: U32, first: int, last: int) -> U8:
    """(n,) persons to which of the numbers first..last are there, 1 or 0."""
    present = np.zeros(last - first + 1, dtype=np.uint8)
    for i in range(persons.size):
        present[np.int64(persons[i]) - first] = 1
    return present
