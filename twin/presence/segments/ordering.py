"""Kernels that put one day's pieces into both orders: counting sorts, O(n), no Python per row."""

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
from twin.types import U8, U32, U64


@njit(cache=True, nogil=True)
def order_by_place(records: U64, rank: U32, places: int) -> tuple[U64, U32, U8]:
    """(n,) records and their (n,) place ranks to records sorted by (place, record).

    Returns records (n,), offsets (places + 1,) into them, and reach (places,): the longest duration of each place in
    units of REACH_UNIT_S, rounded up, at least one.
    """
    offsets = np.zeros(places + 1, dtype=np.uint32)
    for i in range(rank.size):
        offsets[rank[i] + 1] += 1
    for p in range(places):
        offsets[p + 1] += offsets[p]
    cursor = offsets[:-1].copy()
    ordered = np.empty(records.size, dtype=np.uint64)
    reach = np.ones(places, dtype=np.uint8)
    for i in range(rank.size):
        p = rank[i]
        ordered[cursor[p]] = records[i]
        cursor[p] += np.uint32(1)
        duration = np.int64((records[i] >> np.uint64(DURATION_SHIFT)) & np.uint64(SECONDS_MASK))
        units = (duration + REACH_UNIT_S - 1) // REACH_UNIT_S
        if units > reach[p]:
            reach[p] = np.uint8(units)
    for p in range(places):
        if offsets[p + 1] - offsets[p] > 1:
            ordered[offsets[p] : offsets[p + 1]].sort()
    return ordered, offsets, reach


@njit(cache=True, nogil=True)
def order_by_person(records: U64, slot: U32, slots: int) -> tuple[U32, U32]:
    """(n,) records in place order and their (n,) person slots to (rows, counts).

    rows (n,) are row numbers into `records`, sorted by (slot, start); counts (slots,) says how many each slot has.
    """
    by_start = np.zeros((1 << 17) + 1, dtype=np.int64)
    for i in range(records.size):
        by_start[np.int64(records[i] >> np.uint64(START_SHIFT)) + 1] += 1
    for s in range(1 << 17):
        by_start[s + 1] += by_start[s]
    in_time = np.empty(records.size, dtype=np.uint32)
    for i in range(records.size):
        second = np.int64(records[i] >> np.uint64(START_SHIFT))
        in_time[by_start[second]] = np.uint32(i)
        by_start[second] += 1
    counts = np.zeros(slots, dtype=np.uint32)
    for i in range(slot.size):
        counts[slot[i]] += np.uint32(1)
    cursor = np.zeros(slots, dtype=np.int64)
    for s in range(1, slots):
        cursor[s] = cursor[s - 1] + counts[s - 1]
    rows = np.empty(records.size, dtype=np.uint32)
    for i in range(records.size):
        row = in_time[i]
        rows[cursor[slot[row]]] = row
        cursor[slot[row]] += 1
    return rows, counts


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
