"""Kernels over stays held in memory that write down every shared interval of two persons: of bounded sets alone."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from twin.presence.kernels.pairing import Pairing
from twin.presence.kernels.probing import OTHER_FLOOR, floor_fits
from twin.presence.kernels.reading import first_key
from twin.types import I64, U64, Bools


class Shared(NamedTuple):
    """(n,) intervals [start, end) that two share: the pair (a * cases + b, a < b), whether it leaves no doubt."""

    pair: U64
    start: I64
    end: I64
    certain: Bools


class Among(NamedTuple):
    """For each probe of a pairing, the half-open range of the places held that lie in its key range."""

    first: I64
    last: I64


@njit(cache=True, nogil=True)
def among(pairing: Pairing) -> Among:
    """Look every key range up once: the passes to come go through all of them."""
    keys, probes = pairing.stays.keys, pairing.probes
    found = Among(np.empty(probes.lo.size, dtype=np.int64), np.empty(probes.lo.size, dtype=np.int64))
    for q in range(probes.lo.size):
        found.first[q], found.last[q] = first_key(keys, probes.lo[q]), first_key(keys, probes.hi[q])
    return found


@njit(cache=True, nogil=True)
def at_most(pairing: Pairing, places: Among, ends: I64) -> int:
    """How many pairs of stays share time, one person's own among them, from sorted ends: no pair is looked at.

    `ends` (stays,): the ends of the stays of each place, ascending, a point's second included.
    """
    stays, probes = pairing.stays, pairing.probes
    n = np.int64(0)
    for q in range(probes.lo.size):
        start, until = probes.start[q], max(probes.end[q], probes.start[q] + 1)
        for p in range(places.first[q], places.last[q]):
            if floor_fits(stays.keys[p], probes.floor[q], True) == OTHER_FLOOR:
                continue
            low, high = stays.offsets[p], stays.offsets[p + 1]
            n += np.searchsorted(stays.start[low:high], until) - np.searchsorted(ends[low:high], start, side="right")
    return int(n) // 2


@njit(cache=True, nogil=True)
def shared(pairing: Pairing, places: Among, found: Shared) -> int:
    """Put every shared interval into `found`, as far as there is room; returns how many there are."""
    stays, probes, case, cases = pairing
    n = 0
    for q in range(probes.lo.size):
        one, start, end = case[probes.stay[q]], probes.start[q], probes.end[q]
        until = max(end, start + 1)
        for p in range(places.first[q], places.last[q]):
            fits = floor_fits(stays.keys[p], probes.floor[q], probes.certain[q])
            if fits == OTHER_FLOOR:
                continue
            high = stays.offsets[p + 1]
            low = stays.offsets[p]
            j = low + np.searchsorted(stays.start[low:high], start - stays.reach[p])
            while j < high and stays.start[j] < until:
                if stays.case[j] > one and max(stays.end[j], stays.start[j] + 1) > start:
                    if n < found.pair.size:
                        found.pair[n] = np.uint64(one * cases + stays.case[j])
                        found.start[n], found.end[n] = max(stays.start[j], start), min(stays.end[j], end)
                        found.certain[n] = stays.certain[j] and fits == 0
                    n += 1
                j += 1
    return n
