"""Kernels that make one row per person of their hits: lengths of unions, joined intervals, measures of thresholds."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from twin.presence.kernels.layout import Hits
from twin.types import I64, U32, Bools

WINDOW, MEETING, DAY, SPAN = 0, 1, 2, 3
"""What a threshold is measured over: the whole window, one meeting, one local day, any span of some seconds."""


class Measure(NamedTuple):
    """What a threshold is measured over; `edges` (d + 1,) are the UTC starts of the local days of the window."""

    per: int
    edges: I64
    span_s: int


class Union(NamedTuple):
    """Per person met: where their hits begin, and the time shared in seconds.

    person (m,), first_hit (m + 1,), together: length of the union of all intervals, certain: of the certain ones,
    meetings: how many intervals the union has, first and last UTC second of them, sure: whether any hit is certain.
    """

    person: U32
    first_hit: I64
    together: I64
    certain: I64
    meetings: I64
    first: I64
    last: I64
    sure: Bools


@njit(cache=True, nogil=True)
def unite(person: U32, first_hit: I64, start: I64, end: I64, certain: Bools) -> Union:
    """(n,) hits in (m,) groups of one person each, by start, to one row per person; touching intervals join."""
    people = person.size
    together = np.zeros(people, dtype=np.int64)
    surely = np.zeros(people, dtype=np.int64)
    meetings = np.zeros(people, dtype=np.int64)
    first = np.zeros(people, dtype=np.int64)
    last = np.zeros(people, dtype=np.int64)
    sure = np.zeros(people, dtype=np.bool_)
    for m in range(people):
        low, high = first_hit[m], first_hit[m + 1]
        if low == high:
            continue
        first[m], last[m] = start[low], end[low]
        meetings[m] = 1
        until, certain_until = start[low], start[low]
        for i in range(low, high):
            if start[i] > until:
                meetings[m] += 1
                until = start[i]
            together[m] += max(end[i] - max(start[i], until), 0)
            until = max(until, end[i])
            last[m] = max(last[m], end[i])
            if certain[i]:
                sure[m] = True
                surely[m] += max(end[i] - max(start[i], certain_until), 0)
                certain_until = max(certain_until, end[i])
    return Union(person, first_hit, together, surely, meetings, first, last, sure)


@njit(cache=True, nogil=True)
def join_intervals(start: I64, end: I64, fresh: Bools) -> tuple[I64, I64]:
    """(n,) intervals by (group, start), `fresh` at each group's first, to (index of the first, end) of each join."""
    kept = np.empty(start.size, dtype=np.int64)
    until = np.empty(start.size, dtype=np.int64)
    n = 0
    for i in range(start.size):
        if fresh[i] or start[i] > until[n - 1]:
            kept[n] = i
            until[n] = end[i]
            n += 1
        elif end[i] > until[n - 1]:
            until[n - 1] = end[i]
    return kept[:n], until[:n]


@njit(cache=True, nogil=True)
def measure(first_hit: I64, hits: Hits, only_certain: bool, by: Measure) -> I64:
    """(m + 1,) groups of hits, each by start, to (m,) seconds: the most of their union by a measure."""
    start, end, certain = hits.start, hits.end, hits.certain
    per, edges, span = by.per, by.edges, by.span_s
    best = np.zeros(first_hit.size - 1, dtype=np.int64)
    for m in range(best.size):
        low, high = first_hit[m], first_hit[m + 1]
        s = np.empty(high - low, dtype=np.int64)
        e = np.empty(high - low, dtype=np.int64)
        n = 0
        for i in range(low, high):
            if only_certain and not certain[i]:
                continue
            if n and start[i] <= e[n - 1]:
                e[n - 1] = max(e[n - 1], end[i])
            else:
                s[n], e[n] = start[i], end[i]
                n += 1
        if per == MEETING:
            for i in range(n):
                best[m] = max(best[m], e[i] - s[i])
        elif per == DAY:
            best[m] = _best_day(s[:n], e[:n], edges)
        elif per == SPAN:
            best[m] = max(_best_span(s[:n], e[:n], span), _best_span(-e[:n][::-1], -s[:n][::-1], span))
        else:
            for i in range(n):
                best[m] += e[i] - s[i]
    return best


@njit(cache=True, nogil=True)
def _best_day(s: I64, e: I64, edges: I64) -> int:
    """The most of (n,) apart intervals that lies in one day."""
    best, i = 0, 0
    for day in range(edges.size - 1):
        total = 0
        while i < s.size and s[i] < edges[day + 1]:
            total += max(min(e[i], edges[day + 1]) - max(s[i], edges[day]), 0)
            if e[i] > edges[day + 1]:
                break
            i += 1
        best = max(best, total)
    return best


@njit(cache=True, nogil=True)
def _best_span(s: I64, e: I64, span: int) -> int:
    """The most of (n,) apart intervals that lies in a span which begins with one of them."""
    best, total, j = 0, 0, 0
    for i in range(s.size):
        until = s[i] + span
        while j < s.size and e[j] <= until:
            total += e[j] - s[j]
            j += 1
        part = max(until - s[j], 0) if j < s.size else 0
        best = max(best, total + part)
        if j > i:
            total -= e[i] - s[i]
        else:
            j = i + 1
    return best
