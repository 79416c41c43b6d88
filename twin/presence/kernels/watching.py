"""Kernels that tell whether new stays concern somebody who waits, and when a place is too full."""

from __future__ import annotations

import numpy as np
from numba import njit

from twin.presence.kernels.layout import UNUSED, Work
from twin.presence.kernels.probing import OTHER_FLOOR, floor_fits
from twin.presence.kernels.reading import first_start, keys_between
from twin.presence.segments.record import DURATION_SHIFT, REACH_UNIT_S, SECONDS_MASK, START_SHIFT, TAG_MASK
from twin.types import I64


@njit(cache=True, nogil=True)
def any_meets(work: Work) -> bool:
    """Whether any record of some worth overlaps with a probe."""
    places, probes, worth = work.places, work.probes, work.worth
    for q in range(probes.lo.size):
        start, end = probes.start[q] - places.base, probes.end[q] - places.base
        until = max(end, start + 1)
        i, stop = keys_between(places, probes.lo[q], probes.hi[q])
        for p in range(i, stop):
            if floor_fits(places.keys[p], probes.floor[q], True) == OTHER_FLOOR:
                continue
            high = np.int64(places.offsets[p + 1])
            back = start - np.int64(places.reach[p]) * REACH_UNIT_S
            for j in range(first_start(places.records, np.int64(places.offsets[p]), high, back), high):
                record = places.records[j]
                s = np.int64(record >> np.uint64(START_SHIFT))
                if s >= until:
                    break
                e = s + np.int64((record >> np.uint64(DURATION_SHIFT)) & np.uint64(SECONDS_MASK))
                if max(e, s + 1) > start and worth[np.int64(record & np.uint64(TAG_MASK))] != UNUSED:
                    return True
    return False


@njit(cache=True, nogil=True)
def exceeding(start: I64, end: I64, over: int) -> tuple[I64, I64, I64]:
    """(n,) intervals longer than nothing to the maximal intervals in which more than `over` hold.

    Returns their starts, ends, and the most at once in each.
    """
    start, end = np.sort(start), np.sort(end)
    lo, hi = np.empty(start.size, dtype=np.int64), np.empty(start.size, dtype=np.int64)
    most = np.empty(start.size, dtype=np.int64)
    n, i, inside = 0, 0, 0
    for j in range(end.size):
        while i < start.size and start[i] < end[j]:
            inside += 1
            if inside == over + 1 and (n == 0 or hi[n - 1] < start[i]):
                lo[n], most[n] = start[i], inside
                n += 1
            if inside > over:
                most[n - 1] = max(most[n - 1], inside)
            i += 1
        inside -= 1
        if inside == over:
            hi[n - 1] = end[j]
    return lo[:n].copy(), hi[:n].copy(), most[:n].copy()


@njit(cache=True, nogil=True)
def most_within(start: I64, end: I64, lo: I64, hi: I64) -> I64:
    """(n,) intervals longer than nothing: the most of them at once within each of (m,) spans lo..hi."""
    start, end = np.sort(start), np.sort(end)
    most = np.zeros(lo.size, dtype=np.int64)
    for m in range(lo.size):
        i = np.searchsorted(start, lo[m], side="right")
        most[m] = i - np.searchsorted(end, lo[m], side="right")
        while i < start.size and start[i] < hi[m]:
            most[m] = max(most[m], i + 1 - np.searchsorted(end, start[i], side="right"))
            i += 1
    return most
