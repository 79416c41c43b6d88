"""Kernel of cumulative stays: pieces of persons, by start, added up per person and slot as a union."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from twin.presence.kernels.reading import Pieces
from twin.presence.near.nearness import ANY_FLOOR
from twin.types import I64, U64, Bools

NONE = -1
"""Seconds of a person in a slot where they have no stay at all."""


class Lookup(NamedTuple):
    """Which slots a key falls into: (e,) ranges that do not overlap, ascending, from `edge` to the next edge.

    edge (e + 1,); first (e + 1,) where the (k,) slots of each range begin, with whether the place leaves no doubt and
    the floor that is asked for.
    """

    edge: U64
    first: I64
    slot: I64
    certain: Bools
    floor: I64


class Tally(NamedTuple):
    """(n, s) persons and slots: seconds of all their pieces and of the certain ones, and until when these reach."""

    every: I64
    sure: I64
    until: I64
    sure_until: I64


def empty_tally(persons: int, slots: int) -> Tally:
    """Nobody anywhere."""
    return Tally(*(np.full((persons, slots), NONE, dtype=np.int64) for _ in range(4)))


@njit(cache=True, nogil=True)
def add_up(pieces: Pieces, lookup: Lookup, tally: Tally) -> None:
    """Add pieces to a tally. Those of one person must come by start, also after those of any call before."""
    last = lookup.edge.size - 1
    for i in range(pieces.which.size):
        key = pieces.place[i]
        if last < 1 or key < lookup.edge[0] or key >= lookup.edge[last]:
            continue
        low, high = 0, last
        while high - low > 1:
            middle = (low + high) >> 1
            if lookup.edge[middle] <= key:
                low = middle
            else:
                high = middle
        floor = np.int64((key >> np.uint64(13)) & np.uint64(255)) - 128
        who, start, end = np.int64(pieces.which[i]), pieces.start[i], pieces.end[i]
        for k in range(lookup.first[low], lookup.first[low + 1]):
            wanted = lookup.floor[k]
            if wanted != ANY_FLOOR and floor not in (wanted, -128):
                continue
            slot = lookup.slot[k]
            tally.every[who, slot] = max(tally.every[who, slot], 0) + max(end - max(start, tally.until[who, slot]), 0)
            tally.until[who, slot] = max(tally.until[who, slot], end)
            if pieces.certain[i] and lookup.certain[k] and (wanted == ANY_FLOOR or floor != -128):
                more = max(end - max(start, tally.sure_until[who, slot]), 0)
                tally.sure[who, slot] = max(tally.sure[who, slot], 0) + more
                tally.sure_until[who, slot] = max(tally.sure_until[who, slot], end)
