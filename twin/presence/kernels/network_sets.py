"""Stays as sorted ends: how many of them meet another stay, without looking at any pair.

A stay counts from its start to its `end`, the last second at which another one may begin and still share enough time
with it: two stays meet if each begins no later than the other's `end`. So those who meet a stay are all who begin by
its end, less those whose end is before its start.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from twin.presence.kernels.reading import first_from
from twin.types import I64, U32, U64


class Others(NamedTuple):
    """(n,) stays: starts and ends, each ascending; the same per person, persons ascending.

    begun, ended: how many have begun by each second, have ended before it, (length + 1,); or (0,), to be looked up.
    """

    start: I64
    end: I64
    person: U32
    own_start: I64
    own_end: I64
    begun: I64
    ended: I64


class Part(NamedTuple):
    """Some of them, or all: starts and ends, each ascending within [low, high); `begun`, `ended`: of `Others`."""

    start: I64
    end: I64
    low: int
    high: int
    begun: I64
    ended: I64


@njit(cache=True, nogil=True)
def begun_by(part: Part, second: int) -> int:
    """How many have begun at a second or before."""
    if part.begun.size:
        return int(part.begun[second])
    return int(first_from(part.start, part.low, part.high, second + 1)) - part.low


@njit(cache=True, nogil=True)
def ended_before(part: Part, second: int) -> int:
    """How many have ended before a second."""
    if part.ended.size:
        return int(part.ended[second])
    return int(first_from(part.end, part.low, part.high, second)) - part.low


@njit(cache=True, nogil=True)
def counted_up(values: I64, length: int, before: bool) -> I64:
    """(length + 1,) how many of the values are at most each second; `before`: less than it."""
    count = np.zeros(length + 1 + before, dtype=np.int64)
    for i in range(values.size):
        count[values[i] + before] += 1
    for second in range(1, count.size):
        count[second] += count[second - 1]
    return count[: length + 1]


@njit(cache=True, nogil=True)
def others(person: U32, start: I64, end: I64, length: int, dense: bool) -> Others:
    """(n,) stays in the order of their starts. `dense`: they will be asked so often that a count a second pays."""
    n = start.size
    order = np.argsort(person, kind="mergesort")
    whose, own_start, own_end = np.empty(n, dtype=np.uint32), np.empty(n, dtype=np.int64), np.empty(n, dtype=np.int64)
    for i in range(n):
        whose[i], own_start[i], own_end[i] = person[order[i]], start[order[i]], end[order[i]]
    low = 0
    for i in range(1, n + 1):
        if i == n or whose[i] != whose[low]:
            own_end[low:i].sort()
            low = i
    begun, ended = np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
    if dense:
        begun, ended = counted_up(start, length, False), counted_up(end, length, True)
    return Others(start, np.sort(end), whose, own_start, own_end, begun, ended)


@njit(cache=True, nogil=True)
def all_of(some: Others) -> Part:
    """All of them."""
    return Part(some.start, some.end, 0, some.start.size, some.begun, some.ended)


@njit(cache=True, nogil=True)
def own_of(some: Others, person: np.uint32) -> Part:
    """Those of one person."""
    low, high = 0, some.person.size
    while low < high:
        middle = (low + high) >> 1
        if some.person[middle] < person:
            low = middle + 1
        else:
            high = middle
    first = low
    while low < some.person.size and some.person[low] == person:
        low += 1
    none = np.empty(0, dtype=np.int64)
    return Part(some.own_start, some.own_end, first, low, none, none)


@njit(cache=True, nogil=True)
def meeting(part: Part, start: int, end: int) -> int:
    """How many of them meet a stay; itself, too, if it is one of them."""
    return int(begun_by(part, end)) - int(ended_before(part, start))


@njit(cache=True, nogil=True)
def bits(person: U32) -> U64:
    """(n,) ascending persons as a small filter: whoever is in it has their bit, few others have one."""
    slots = 64
    while slots < 16 * person.size:
        slots <<= 1
    found = np.zeros(slots >> 6, dtype=np.uint64)
    for i in range(person.size):
        slot = np.int64(person[i]) & (slots - 1)
        found[slot >> 6] |= np.uint64(1) << np.uint64(slot & 63)
    return found


@njit(cache=True, nogil=True)
def has(filter_: U64, person: np.uint32) -> bool:
    """False for most persons who are not in it."""
    slot = np.int64(person) & ((filter_.size << 6) - 1)
    return bool((filter_[slot >> 6] >> np.uint64(slot & 63)) & np.uint64(1))
