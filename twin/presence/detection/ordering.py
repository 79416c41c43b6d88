"""Records into the order of (person, time): counting sort by person, each person's part sorted only where it is not.

Logs come by time, exports by person, some newest first: all of these take a pass or two. Records of one person in one
second are ordered by what they say, so that the order of the rows in a source never changes an answer.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from twin.types import I64, U32, U64, Bools


class Content(NamedTuple):
    """What each of (n,) records says, in any form that tells different ones apart and puts them in some order."""

    one: U64
    two: U64
    three: I64


def sorted_rows(person: U32, time: I64, content: Content, *, one_a_second: bool = False) -> I64:
    """(m,) rows of (n,) records in the order of (person, time, content), each different record once.

    Persons are dense numbers, times are seconds. With `one_a_second`, of the different records of a person in one
    second only the middle one in the order of content is kept.
    """
    if not len(person):
        return np.empty(0, dtype=np.int64)
    order = _by_person(person, int(person.max()) + 1)
    _by_time(person, time, order)
    kept = _settle_ties(order, person, time, content)
    if one_a_second:
        _keep_middle(order, person, time, kept)
    return order if kept.all() else np.asarray(order[kept])


@njit(cache=True, nogil=True)
def _by_person(person: U32, people: int) -> I64:
    """Rows by person, in the order they came within each: a counting sort."""
    order = np.arange(person.size)
    ascending = True
    for i in range(1, person.size):
        if person[i] < person[i - 1]:
            ascending = False
            break
    if ascending:
        return order
    cursor = np.zeros(people + 1, dtype=np.int64)
    for i in range(person.size):
        cursor[person[i] + 1] += 1
    for p in range(people):
        cursor[p + 1] += cursor[p]
    for i in range(person.size):
        order[cursor[person[i]]] = i
        cursor[person[i]] += 1
    return order


@njit(cache=True, nogil=True)
def _by_time(person: U32, time: I64, order: I64) -> None:
    """Sort the rows of each person by time, in place: nothing to do, a reversal, or a stable sort."""
    n = order.size
    low = 0
    while low < n:
        high = low + 1
        ascending = descending = True
        while high < n and person[order[high]] == person[order[low]]:
            step = time[order[high]] - time[order[high - 1]]
            ascending &= step >= 0
            descending &= step <= 0
            high += 1
        if not ascending and descending:
            order[low:high] = order[low:high][::-1].copy()
        elif not ascending:
            rows = order[low:high].copy()
            order[low:high] = rows[np.argsort(time[rows], kind="mergesort")]
        low = high


@njit(cache=True, nogil=True)
def _before(a: int, b: int, content: Content) -> bool:
    if content.one[a] != content.one[b]:
        return bool(content.one[a] < content.one[b])
    if content.two[a] != content.two[b]:
        return bool(content.two[a] < content.two[b])
    return bool(content.three[a] < content.three[b])


@njit(cache=True, nogil=True)
def _settle_ties(order: I64, person: U32, time: I64, content: Content) -> Bools:
    """Order the rows of one person and second by what they say, in place; (n,) which of `order` are no repetition."""
    n = order.size
    kept = np.ones(n, dtype=np.bool_)
    low = 0
    while low < n:
        high = low + 1
        first = order[low]
        while high < n and time[order[high]] == time[first] and person[order[high]] == person[first]:
            high += 1
        if high - low > 1:
            _sort_few(order, low, high, content)
            for i in range(low + 1, high):
                kept[i] = _before(order[i - 1], order[i], content)
        low = high
    return kept


@njit(cache=True, nogil=True)
def _keep_middle(order: I64, person: U32, time: I64, kept: Bools) -> None:
    """Of the kept rows of one person and second, keep the middle one alone, in place."""
    n = order.size
    low = 0
    while low < n:
        high = low + 1
        count = 1
        while high < n and time[order[high]] == time[order[low]] and person[order[high]] == person[order[low]]:
            count += kept[high]
            high += 1
        middle = (count - 1) // 2
        for i in range(low, high):
            if kept[i]:
                kept[i] = middle == 0
                middle -= 1
        low = high


@njit(cache=True, nogil=True)
def _sort_few(order: I64, low: int, high: int, content: Content) -> None:
    """Shell sort of order[low:high]: nearly always two or three rows, and no worse than n^1.5 for a flood of them."""
    gap = 1
    while 3 * gap < high - low:
        gap = 3 * gap + 1
    while gap >= 1:
        for i in range(low + gap, high):
            row = order[i]
            j = i
            while j - gap >= low and _before(row, order[j - gap], content):
                order[j] = order[j - gap]
                j -= gap
            order[j] = row
        gap //= 3
