"""How far the clock of one source is ahead of another's, from people whom both saw at the same place.

Where two sources record the same visits, the differences between their starts pile up at the offset of their clocks,
however many other visits there are. The offset is where most of them lie together; it goes into a profile's `clock_s`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numba import njit

from twin.errors import InvalidValue
from twin.types import I64, U32, U64

LONGEST_S = 86_400
"""Clocks are not compared further apart than this."""


class Starts(NamedTuple):
    """(n,) starts of stays of one source, in any order: dense person, place, UTC second."""

    person: U32
    place: U64
    start: I64


@dataclass(frozen=True, slots=True)
class ClockOffset:
    """Seconds that the first source's clock is ahead, and what that rests on.

    pairs   pairs of stays of one person at one place, one of each source, whose starts differ by about the offset
    chance  how many pairs would lie so close together if the starts had nothing to do with each other
    """

    seconds: int
    pairs: int
    chance: float


def clock_offset(ahead: Starts, of: Starts, *, most_s: int = 3600, spread_s: int = 60) -> ClockOffset | None:
    """The offset of `ahead`'s clock against that of `of`, up to `most_s`; None where no pair of stays is so close.

    `spread_s` is how far apart the records of one visit are by themselves, as when a camera sees somebody at the door
    before the phone finds the access point. With `pairs` not well above `chance`, the offset means nothing.
    """
    if not 0 < most_s <= LONGEST_S or not 0 <= spread_s <= most_s:
        reason = f"it is not from 1 to {LONGEST_S}, or less than the spread"
        raise InvalidValue("most_s", reason, "Give seconds such as 3600, and a spread below")
    ones, others = _ordered(ahead), _ordered(of)
    counts = _differences(ones, others, most_s)
    total = int(counts.sum())
    if not total:
        return None
    width = 2 * spread_s + 1
    together = np.convolve(counts, np.ones(width, dtype=np.int64), mode="same")
    best = np.flatnonzero(together == together.max())
    middle = int(best[len(best) // 2])
    low, high = max(middle - spread_s, 0), middle + spread_s + 1
    inside = np.repeat(np.arange(low, low + len(counts[low:high])), counts[low:high])
    return ClockOffset(int(np.median(inside)) - most_s, len(inside), total * width / len(counts))


def _ordered(starts: Starts) -> Starts:
    order = np.lexsort((starts.start, starts.place, starts.person))
    return Starts(*(column[order] for column in starts))


@njit(cache=True, nogil=True)
def _differences(ones: Starts, others: Starts, most_s: int) -> I64:
    """(2 most_s + 1,) how often a start is -most_s .. most_s later than an other, of one person at one place."""
    counts = np.zeros(2 * most_s + 1, dtype=np.int64)
    low = 0
    for i in range(ones.start.size):
        while low < others.start.size and _before(others, low, ones, i, most_s):
            low += 1
        j = low
        while j < others.start.size and others.person[j] == ones.person[i] and others.place[j] == ones.place[i]:
            if others.start[j] > ones.start[i] + most_s:
                break
            counts[ones.start[i] - others.start[j] + most_s] += 1
            j += 1
    return counts


@njit(cache=True, nogil=True)
def _before(others: Starts, j: int, ones: Starts, i: int, most_s: int) -> bool:
    """Whether stay j of others comes before everything that stay i of ones could be compared with."""
    if others.person[j] != ones.person[i]:
        return bool(others.person[j] < ones.person[i])
    if others.place[j] != ones.place[i]:
        return bool(others.place[j] < ones.place[i])
    return bool(others.start[j] < ones.start[i] - most_s)
