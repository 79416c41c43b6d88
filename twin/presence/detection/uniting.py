"""Stays that several sources recorded of one person at one place, united on request; every record stays named.

Answers never need this: they count the union of what is stored. It is for lists in which one visit should be one row.
What counts as the same place is the caller's to say, by the numbers handed in as `place`: keys as they are, or keys cut
to their cell and floor.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numba import njit

from twin.presence.segments.batch import MEASURED
from twin.types import I64, U8, U32, U64


class Recorded(NamedTuple):
    """(n,) stays as sources recorded them, in any order: dense person, place, UTC seconds, quality."""

    person: U32
    place: U64
    start: I64
    end: I64
    quality: U8


@dataclass(frozen=True, slots=True)
class United:
    """(m,) stays in the order of (person, place, start), and for each of the (n,) stays handed in which one it is in.

    `quality` is MEASURED where some record with the latest end has a measured one.
    """

    person: U32
    place: U64
    start: I64
    end: I64
    quality: U8
    member_of: I64

    def members(self, stay: int) -> I64:
        """The rows handed in that are this stay."""
        return np.flatnonzero(self.member_of == stay)


def unite(stays: Recorded, *, gap_s: int = 0) -> United:
    """Join stays of one person at one place that overlap, touch, or are at most `gap_s` seconds apart."""
    order = np.lexsort((stays.end, stays.start, stays.place, stays.person))
    ordered = Recorded(*(column[order] for column in stays))
    first, until, best, group = _joined(ordered, gap_s)
    member_of = np.empty(len(order), dtype=np.int64)
    member_of[order] = group
    return United(ordered.person[first], ordered.place[first], ordered.start[first], until, best, member_of)


@njit(cache=True, nogil=True)
def _joined(stays: Recorded, gap_s: int) -> tuple[I64, I64, U8, I64]:
    """Sorted stays to (first row, end, quality) of each union, and the union that each row is in."""
    person, place, start, end, quality = stays
    n = start.size
    first = np.empty(n, dtype=np.int64)
    until = np.empty(n, dtype=np.int64)
    best = np.empty(n, dtype=np.uint8)
    group = np.empty(n, dtype=np.int64)
    m = -1
    for i in range(n):
        same = m >= 0 and person[i] == person[i - 1] and place[i] == place[i - 1]
        if not same or start[i] > until[m] + gap_s:
            m += 1
            first[m], until[m], best[m] = i, end[i], quality[i]
        elif end[i] > until[m]:
            until[m], best[m] = end[i], quality[i]
        elif end[i] == until[m] and quality[i] == MEASURED:
            best[m] = MEASURED
        group[i] = m
    return first[: m + 1], until[: m + 1], best[: m + 1], group
