"""Kernels over the presences of several persons at places: when several are there at once, and who.

Presences are maximal intervals per place and person, longer than nothing; those of one person at one place are apart.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from twin.types import I64


class Spans(NamedTuple):
    """Intervals of (g,) places: (g + 1,) where those of each begin, their (n,) starts and ends."""

    bounds: I64
    start: I64
    end: I64


class Stretches(NamedTuple):
    """(n,) intervals, each with the number of a place or of a person."""

    of: I64
    start: I64
    end: I64


@njit(cache=True, nogil=True)
def crowded(present: Spans) -> tuple[Spans, I64]:
    """Presences per place to the maximal intervals in which two or more hold, and (g,) the most at any one time."""
    first, start, end = present.bounds, present.start, present.end
    bounds, most = np.zeros(first.size, dtype=np.int64), np.zeros(first.size - 1, dtype=np.int64)
    lo, hi = np.empty(start.size, dtype=np.int64), np.empty(start.size, dtype=np.int64)
    n = 0
    for g in range(first.size - 1):
        s, e = np.sort(start[first[g] : first[g + 1]]), np.sort(end[first[g] : first[g + 1]])
        i, inside, begun = 0, 0, n
        for j in range(e.size):
            while i < s.size and s[i] < e[j]:
                inside += 1
                if inside == 2 and (n == begun or hi[n - 1] < s[i]):
                    lo[n] = s[i]
                    n += 1
                most[g] = max(most[g], inside)
                i += 1
            inside -= 1
            if inside == 1:
                hi[n - 1] = e[j]
        bounds[g + 1] = n
    return Spans(bounds, lo[:n].copy(), hi[:n].copy()), most


@njit(cache=True, nogil=True)
def within(parts: Stretches, spans: Spans) -> Stretches:
    """(n,) intervals, each at a place, cut to those that the place has, which are apart: `of` says which each was."""
    group, start, end = parts.of, parts.start, parts.end
    bounds, lo, hi = spans.bounds, spans.start, spans.end
    n = 0
    for i in range(start.size):
        first, last = bounds[group[i]], bounds[group[i] + 1]
        j = first + np.searchsorted(hi[first:last], start[i], side="right")
        while j < last and lo[j] < end[i]:
            n += 1
            j += 1
    which = np.empty(n, dtype=np.int64)
    s, e = np.empty(n, dtype=np.int64), np.empty(n, dtype=np.int64)
    n = 0
    for i in range(start.size):
        first, last = bounds[group[i]], bounds[group[i] + 1]
        j = first + np.searchsorted(hi[first:last], start[i], side="right")
        while j < last and lo[j] < end[i]:
            which[n], s[n], e[n] = i, max(start[i], lo[j]), min(end[i], hi[j])
            n += 1
            j += 1
    return Stretches(which, s, e)


@njit(cache=True, nogil=True)
def constellations(present: Stretches) -> tuple[I64, I64, I64]:
    """(n,) presences of persons at one place, by (start, person), to who was there, until the next comes or goes.

    Returns (c, 2) starts and ends, (c + 1,) where the people of each begin, and the people, in order of coming. Only
    where there are two or more.
    """
    going = np.argsort(present.end, kind="mergesort")
    sizes = _walk(present, going, np.empty((0, 2), dtype=np.int64), np.empty(0, dtype=np.int64))
    bounds = np.zeros(sizes.size + 1, dtype=np.int64)
    bounds[1:] = np.cumsum(sizes)
    people = np.empty(bounds[-1], dtype=np.int64)
    spans = np.empty((sizes.size, 2), dtype=np.int64)
    _walk(present, going, spans, people)
    return spans, bounds, people


@njit(cache=True, nogil=True)
def _walk(present: Stretches, going: I64, spans: I64, people: I64) -> I64:
    """How many people each constellation has; with room in `spans` and `people`, these are written as well."""
    who, start, end = present.of, present.start, present.end
    sizes = np.empty(2 * start.size, dtype=np.int64)
    there = np.empty(start.size, dtype=np.int64)
    inside, i, j, n, written = 0, 0, 0, 0, 0
    while j < end.size:
        now = min(start[i], end[going[j]]) if i < start.size else end[going[j]]
        while j < end.size and end[going[j]] == now:
            at = 0
            while there[at] != who[going[j]]:
                at += 1
            there[at : inside - 1] = there[at + 1 : inside].copy()
            inside -= 1
            j += 1
        while i < start.size and start[i] == now:
            there[inside] = who[i]
            inside += 1
            i += 1
        if inside >= 2:
            sizes[n] = inside
            if spans.size:
                spans[n, 0] = now
                spans[n, 1] = min(start[i], end[going[j]]) if i < start.size else end[going[j]]
                people[written : written + inside] = there[:inside]
                written += inside
            n += 1
    return sizes[:n].copy()
