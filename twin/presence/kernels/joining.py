"""Kernels over the pieces that days and batches made of stays: how many some persons have, and joined again."""

from __future__ import annotations

import numpy as np
from numba import njit

from twin.presence.kernels.layout import People
from twin.presence.kernels.reading import rows_of
from twin.types import I64, U32, Bools


@njit(cache=True, nogil=True)
def count_pieces(people: People, persons: U32) -> int:
    """How many pieces some persons have in a segment."""
    n = 0
    for i in range(persons.size):
        first, last = rows_of(people, np.int64(persons[i]))
        n += last - first
    return n


@njit(cache=True, nogil=True)
def join_stays(start: I64, end: I64, fresh: Bools) -> tuple[I64, I64]:
    """(n,) pieces by (group, start, longest first), `fresh` at each group's first, to (first piece, end) of each stay.

    Touching pieces are one stay; a point in time at the open end of a stay is not part of it and stays by itself.
    """
    first = np.empty(start.size, dtype=np.int64)
    until = np.empty(start.size, dtype=np.int64)
    n = 0
    for i in range(start.size):
        open_ = not fresh[i] and n > 0
        last = until[n - 1] if open_ else np.int64(0)
        if open_ and (start[i] < last or (start[i] == last and (end[i] > last or start[first[n - 1]] == last))):
            until[n - 1] = max(last, end[i])
        else:
            first[n], until[n] = i, end[i]
            n += 1
    return first[:n].copy(), until[:n].copy()
