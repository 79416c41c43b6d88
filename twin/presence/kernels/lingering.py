"""Kernel that weighs presences after somebody had left: at each instant by the latest leaving, never by their sum."""

from __future__ import annotations

import heapq
import math
from typing import NamedTuple

import numpy as np
from numba import njit

from twin.types import F64, I64, Bools

_LN2 = math.log(2.0)


class Presences(NamedTuple):
    """(n,) presences, each after a leaving at `left` <= start."""

    start: I64
    end: I64
    left: I64
    certain: Bools


@njit(cache=True, nogil=True)
def exposure(first: I64, presences: Presences, half_life_s: float) -> tuple[F64, F64]:
    """(m + 1,) groups of presences, each group by start, to (m,) weights.

    A presence at t weighs 2 ** -((t - left) / half_life_s) with the latest `left` of those that hold then; the weights
    are its integral over the union, in seconds: of all presences, and of the certain ones alone.
    """
    start, end, left, certain = presences
    every = np.zeros(first.size - 1)
    sure = np.zeros(first.size - 1)
    for m in range(first.size - 1):
        low, high = first[m], first[m + 1]
        if high - low == 1:
            every[m] = _stretch(start[low], end[low], left[low], half_life_s)
            sure[m] = every[m] if certain[low] else 0.0
            continue
        every[m] = _weight(start[low:high], end[low:high], left[low:high], half_life_s)
        some = np.flatnonzero(certain[low:high]) + low
        if some.size == high - low:
            sure[m] = every[m]
        else:
            sure[m] = _weight(start[some], end[some], left[some], half_life_s)
    return every, sure


@njit(cache=True, nogil=True)
def _weight(start: I64, end: I64, left: I64, half_life_s: float) -> float:
    """The integral over one group. Stretches of one leaving are joined first: how days cut them makes no difference."""
    latest = [(np.int64(0), np.int64(0))]
    latest.pop()
    total: float = 0.0
    begun, until, of = np.int64(0), np.int64(0), np.int64(0)  # the stretch so far
    i, now = 0, np.int64(0)
    while i < start.size or latest:
        if not latest:
            now = max(now, start[i])
        while i < start.size and start[i] <= now:
            if end[i] > now:
                heapq.heappush(latest, (-left[i], end[i]))
            i += 1
        while latest and latest[0][1] <= now:
            heapq.heappop(latest)
        if not latest:
            continue
        stop = min(latest[0][1], start[i]) if i < start.size else latest[0][1]
        if until == now and of == -latest[0][0]:
            until = stop
        else:
            total += _stretch(begun, until, of, half_life_s)
            begun, until, of = now, stop, -latest[0][0]
        now = stop
    total += _stretch(begun, until, of, half_life_s)
    return total


@njit(cache=True, nogil=True)
def _stretch(start: int, end: int, left: int, half_life_s: float) -> float:
    """The integral of 2 ** -((t - left) / half_life_s) for t from start to end."""
    rate = _LN2 / half_life_s
    weight: float = (math.exp(-rate * (start - left)) - math.exp(-rate * (end - left))) / rate
    return weight
