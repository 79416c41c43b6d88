"""Kernels that make counts over time of the hits at places: who was there, from when to when, in which bucket.

`hits.stay` is the number of a place; hits are grouped by person, a person's in the order of place and start.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from twin.presence.kernels.gathering import Spans
from twin.presence.kernels.layout import Hits, Places, Probes
from twin.presence.kernels.reading import keys_between
from twin.types import I64, Bools


class Attended(NamedTuple):
    """(n,) maximal intervals at a place each, by person, place and start.

    fresh: the first of this person at this place. sure: a record that leaves no doubt begins when the interval does.
    """

    place: I64
    start: I64
    end: I64
    fresh: Bools
    sure: Bools


class Counts(NamedTuple):
    """(places, buckets) each: different people, arrivals, arrivals that leave no doubt, seconds."""

    people: I64
    arrivals: I64
    sure_arrivals: I64
    seconds: I64


@njit(cache=True, nogil=True)
def rows_each(places: Places, probes: Probes) -> I64:
    """(n,) how many records the places of each probe hold."""
    rows = np.empty(probes.lo.size, dtype=np.int64)
    for q in range(probes.lo.size):
        i, stop = keys_between(places, probes.lo[q], probes.hi[q])
        rows[q] = np.int64(places.offsets[stop]) - np.int64(places.offsets[i])
    return rows


@njit(cache=True, nogil=True)
def order_by_place(first: I64, hits: Hits, since: int) -> I64:
    """(m + 1,) persons' hits to the (n,) order by place and start within each. No hit starts before `since`."""
    order = np.arange(hits.start.size)
    code = np.empty(hits.start.size, dtype=np.int64)
    for i in range(code.size):
        code[i] = np.int64(hits.stay[i]) << 34 | (hits.start[i] - since)
    for m in range(first.size - 1):
        low, high = first[m], first[m + 1]
        for i in range(low + 1, high):
            if code[i] < code[i - 1]:
                order[low:high] = low + np.argsort(code[low:high], kind="mergesort")
                break
    return order


@njit(cache=True, nogil=True)
def attend(first: I64, hits: Hits, order: I64, seconds: bool, only_certain: bool) -> Attended:
    """Hits of (m + 1,) persons, in this order, to maximal intervals; touching ones join.

    `seconds`: a point in time lasts its second.
    """
    n, room = 0, order.size
    place, start, end = np.empty(room, dtype=np.int64), np.empty(room, dtype=np.int64), np.empty(room, dtype=np.int64)
    fresh, sure = np.empty(room, dtype=np.bool_), np.empty(room, dtype=np.bool_)
    for m in range(first.size - 1):
        begun = n
        for i in order[first[m] : first[m + 1]]:
            if only_certain and not hits.certain[i]:
                continue
            until = max(hits.end[i], hits.start[i] + 1) if seconds else hits.end[i]
            same = n > begun and place[n - 1] == np.int64(hits.stay[i])
            if same and hits.start[i] <= end[n - 1]:
                sure[n - 1] = sure[n - 1] or (hits.certain[i] and hits.start[i] == start[n - 1])
                end[n - 1] = max(end[n - 1], until)
            else:
                place[n], start[n], end[n] = np.int64(hits.stay[i]), hits.start[i], until
                fresh[n], sure[n] = not same, hits.certain[i]
                n += 1
    return Attended(place[:n], start[:n], end[:n], fresh[:n], sure[:n])


@njit(cache=True, nogil=True)
def people_in_buckets(attended: Attended, edges: I64, people: I64) -> None:
    """Add to (places, b) `people` everybody once for each of the buckets between (b + 1,) edges they were there in."""
    counted = -1
    for i in range(attended.place.size):
        if attended.fresh[i]:
            counted = -1
        k = max(np.searchsorted(edges, attended.start[i], side="right") - 1, 0)
        k = max(k, counted + 1)
        while k < edges.size - 1 and edges[k] < attended.end[i]:
            people[attended.place[i], k] += 1
            counted = k
            k += 1


@njit(cache=True, nogil=True)
def times_in_buckets(attended: Attended, edges: I64, counts: Counts) -> None:
    """Add seconds and arrivals: intervals that begin in a bucket, not those that had begun before the first edge."""
    for i in range(attended.place.size):
        start, end, place = attended.start[i], attended.end[i], attended.place[i]
        k = max(np.searchsorted(edges, start, side="right") - 1, 0)
        if start >= edges[0]:
            counts.arrivals[place, k] += 1
            counts.sure_arrivals[place, k] += attended.sure[i]
        while k < edges.size - 1 and edges[k] < end:
            counts.seconds[place, k] += max(min(end, edges[k + 1]) - max(start, edges[k]), 0)
            k += 1


class Curves(NamedTuple):
    """Per place: (places, t) people there at each instant, (places,) the most at any one time, and when that was."""

    counts: I64
    peak: I64
    peak_at: I64


@njit(cache=True, nogil=True)
def occupied(there: Spans, span: tuple[int, int], instants: I64, curves: Curves) -> None:
    """Intervals longer than nothing, within a span, to how many hold at each of the ascending instants in it.

    A peak is put down where it is more than what `curves` holds already.
    """
    for p in range(there.bounds.size - 1):
        start, end = (
            there.start[there.bounds[p] : there.bounds[p + 1]],
            there.end[there.bounds[p] : there.bounds[p + 1]],
        )
        if 16 * start.size > span[1] - span[0]:
            most, at = _by_second(start, end, span, instants, curves.counts[p])
        else:
            most, at = _by_event(np.sort(start), np.sort(end), instants, curves.counts[p])
        if most > curves.peak[p]:
            curves.peak[p], curves.peak_at[p] = most, at


@njit(cache=True, nogil=True)
def _by_second(start: I64, end: I64, span: tuple[int, int], instants: I64, counts: I64) -> tuple[int, int]:
    """Many intervals: how many hold in each second of the span. Returns the most and when first."""
    inside = np.zeros(span[1] - span[0] + 1, dtype=np.int64)
    for i in range(start.size):
        inside[start[i] - span[0]] += 1
        inside[end[i] - span[0]] -= 1
    most, at, now = 0, span[0], 0
    for second in range(inside.size):
        now += inside[second]
        inside[second] = now
        if now > most:
            most, at = now, span[0] + second
    for t in range(instants.size):
        counts[t] = inside[instants[t] - span[0]]
    return most, at


@njit(cache=True, nogil=True)
def _by_event(start: I64, end: I64, instants: I64, counts: I64) -> tuple[int, int]:
    """Few intervals, their starts and ends ascending each: the same by who comes and goes."""
    for t in range(instants.size):
        begun = np.searchsorted(start, instants[t], side="right")
        counts[t] = begun - np.searchsorted(end, instants[t], side="right")
    most, at, gone = 0, 0, 0
    for i in range(start.size):
        while end[gone] <= start[i]:
            gone += 1
        if i + 1 - gone > most:
            most, at = i + 1 - gone, start[i]
    return most, at
