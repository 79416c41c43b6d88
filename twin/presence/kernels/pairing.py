"""Kernels over stays held in memory: those of some persons among themselves, and which fall into which place.

Nothing here reads a segment. Times are UTC seconds; a stay of length zero counts as the second it lies in when two are
tested for overlap, and adds nothing to the time shared.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from twin.presence.kernels.layout import COUNT_BITS, EXCLUDED, Hits, Probes
from twin.presence.kernels.probing import OTHER_FLOOR, floor_fits
from twin.presence.kernels.reading import first_from, first_key
from twin.types import I64, U32, U64, Bools


class Held(NamedTuple):
    """(n,) stays by place and start, with whose they are (an index), and their row as the caller counts them.

    keys (p,) are the places, offsets (p + 1,) where the stays of each begin, reach (p,) the longest of each, seconds.
    """

    keys: U64
    offsets: I64
    reach: I64
    start: I64
    end: I64
    case: I64
    certain: Bools
    row: I64


def held(place: U64, start: I64, end: I64, case: I64, certain: Bools) -> Held:
    """(n,) stays in any order, put in this one."""
    order = np.lexsort((start, place))
    keys, first = np.unique(place[order], return_index=True)
    length = np.maximum(end - start, 1)[order]
    reach = np.maximum.reduceat(length, first) if len(first) else length
    offsets = np.append(first, len(order)).astype(np.int64)
    return Held(keys, offsets, reach, start[order], end[order], case[order], certain[order], order.astype(np.int64))


class Pairing(NamedTuple):
    """The stays of some persons and where others would be together with each.

    `probes.stay` are rows of stays, `case` (rows,) whose each is: a number below `cases`. Pair (a, b), a < b, has the
    number a * cases + b.
    """

    stays: Held
    probes: Probes
    case: I64
    cases: int


@njit(cache=True, nogil=True)
def weigh_pairs(pairing: Pairing, cell: U64, touched: U32) -> int:
    """Add up, per pair, the seconds of overlap (an upper bound of the union) and their number, as `weigh` does.

    `cell` (cases * cases,) zeros. Pairs that met go into `touched`, which has room for all; returns how many.
    """
    stays, probes, case, cases = pairing
    met = 0
    for q in range(probes.lo.size):
        one, start, end = case[probes.stay[q]], probes.start[q], probes.end[q]
        until = max(end, start + 1)
        for p in range(first_key(stays.keys, probes.lo[q]), first_key(stays.keys, probes.hi[q])):
            if floor_fits(stays.keys[p], probes.floor[q], True) == OTHER_FLOOR:
                continue
            high = stays.offsets[p + 1]
            j = first_from(stays.start, stays.offsets[p], high, start - stays.reach[p])
            while j < high and stays.start[j] < until:
                if stays.case[j] > one and max(stays.end[j], stays.start[j] + 1) > start:
                    pair = one * cases + stays.case[j]
                    if cell[pair] == np.uint64(0):
                        touched[met] = np.uint32(pair)
                        met += 1
                    shared = np.uint64(max(min(stays.end[j], end) - max(stays.start[j], start), 0))
                    cell[pair] += (shared << COUNT_BITS) + np.uint64(1)
                j += 1
    return met


@njit(cache=True, nogil=True)
def collect_pairs(pairing: Pairing, cell: U64, hits: Hits) -> None:
    """Put the overlaps of every pair that `deal` let through in their place in `hits`; `hits.person` is the pair."""
    stays, probes, case, cases = pairing
    for q in range(probes.lo.size):
        one, start, end = case[probes.stay[q]], probes.start[q], probes.end[q]
        until = max(end, start + 1)
        for p in range(first_key(stays.keys, probes.lo[q]), first_key(stays.keys, probes.hi[q])):
            fits = floor_fits(stays.keys[p], probes.floor[q], probes.certain[q])
            if fits == OTHER_FLOOR:
                continue
            high = stays.offsets[p + 1]
            j = first_from(stays.start, stays.offsets[p], high, start - stays.reach[p])
            while j < high and stays.start[j] < until:
                if stays.case[j] > one and max(stays.end[j], stays.start[j] + 1) > start:
                    pair = one * cases + stays.case[j]
                    if cell[pair] != EXCLUDED:
                        n = np.int64(cell[pair])
                        cell[pair] += np.uint64(1)
                        hits.person[n] = np.uint32(pair)
                        hits.start[n] = max(stays.start[j], start)
                        hits.end[n] = min(stays.end[j], end)
                        hits.stay[n] = probes.stay[q]
                        hits.place[n] = stays.keys[p]
                        hits.certain[n] = stays.certain[j] and fits == 0
                j += 1


@njit(cache=True, nogil=True)
def count_within(stays: Held, probes: Probes) -> int:
    """How many stays lie at the places of the probes, whenever."""
    n = np.int64(0)
    for q in range(probes.lo.size):
        for p in range(first_key(stays.keys, probes.lo[q]), first_key(stays.keys, probes.hi[q])):
            if floor_fits(stays.keys[p], probes.floor[q], True) != OTHER_FLOOR:
                n += stays.offsets[p + 1] - stays.offsets[p]
    return int(n)


@njit(cache=True, nogil=True)
def stays_within(stays: Held, probes: Probes, count: int) -> tuple[I64, I64, Bools]:
    """Every stay at the places of the probes: (count,) the probe's `stay`, the stay's row, whether it is certain."""
    of = np.empty(count, dtype=np.int64)
    row = np.empty(count, dtype=np.int64)
    certain = np.empty(count, dtype=np.bool_)
    n = 0
    for q in range(probes.lo.size):
        for p in range(first_key(stays.keys, probes.lo[q]), first_key(stays.keys, probes.hi[q])):
            fits = floor_fits(stays.keys[p], probes.floor[q], probes.certain[q])
            if fits == OTHER_FLOOR:
                continue
            for j in range(stays.offsets[p], stays.offsets[p + 1]):
                of[n], row[n] = probes.stay[q], stays.row[j]
                certain[n] = stays.certain[j] and fits == 0
                n += 1
    return of, row, certain
