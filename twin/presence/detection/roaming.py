"""Stays in fixes that have a position and no place: where somebody kept within a roaming distance for long enough.

A stay is a run of fixes of one person that are pairwise no further apart than `roam_m`, from the first to the last of
them at least `least_s` seconds (Hariharan and Toyama, "Project Lachesis", 2004: the run as a whole, not the distance
from its first fix as in Li et al., 2008). Rulings:

* A stay begins with its first fix and ends with its last one; nothing is known of the time after it. The last stay of
  a person counts like every other.
* Where two fixes in a row are more than `gap_s` apart, nobody knows what was between: no stay goes on over it.
* An excursion is fixes that leave a run which the person is back in within `pingpong_s` of its last fix: a reflection,
  a jump of the receiver. They are left out of it, and the run goes on.
* Runs are found from early to late; each begins with the earliest fix that makes it long enough, and takes every fix
  up to the first that is too far. That fix may begin the next run.
* Distances are on a sphere of `EARTH_M`, in the plane at the later fix: over a few hundred metres that is exact to a
  half per cent, wherever on Earth, over the date line too.
* Positions count to a millionth of a degree (0.1 m), and one of them a second: where there are several, the middle one.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numba import njit

from twin.geo.cells import UNKNOWN_FLOOR
from twin.presence.detection.hull import grown, reduce_to_hull
from twin.types import F64, I64, U32, Bools

EARTH_M = 6_371_008.8
FINEST = 1e-6
"""Degrees that positions are counted in: whole numbers of them, so that hulls are exact and have few corners."""

_RADIANS = FINEST * math.pi / 180
_STEP_M = EARTH_M * _RADIANS
_CORNERS = 128
"""Room for fixes before they are reduced to their hull; it grows where they lie on a circle."""


class Fixes(NamedTuple):
    """(n,) fixes in the order of (person, time), one a second at most.

    Dense person, UTC second, whole numbers of FINEST degrees (longitudes run on over the date line, see `unwrapped`),
    floor (UNKNOWN_FLOOR where none is known).
    """

    person: U32
    time: I64
    lon: F64
    lat: F64
    floor: I64


class Roaming(NamedTuple):
    """The rule: see the module. Metres and seconds."""

    roam_m: float
    least_s: int
    gap_s: int
    pingpong_s: int


class Runs(NamedTuple):
    """Stays found, in order: (m,) first and last fix, mean position in degrees, floor where all that know one agree.

    left_out (n,) says which fixes are excursions of the stay that they lie in.
    """

    first: I64
    last: I64
    lon: F64
    lat: F64
    floor: I64
    left_out: Bools


class _Search(NamedTuple):
    """The fixes, the rule, the box (west, east, south, north) around the run in hand, excursions so far."""

    fixes: Fixes
    rule: Roaming
    box: F64
    left_out: Bools


@njit(cache=True, nogil=True)
def roaming_runs(fixes: Fixes, rule: Roaming) -> Runs:
    """All stays of all persons."""
    n = fixes.time.size
    first = np.empty(n, dtype=np.int64)
    last = np.empty(n, dtype=np.int64)
    search = _Search(fixes, rule, np.empty(4, dtype=np.float64), np.zeros(n, dtype=np.bool_))
    found = 0
    low = 0
    while low < n:
        high = _trace_end(fixes, low, rule.gap_s)
        i = low
        while i < high:
            begin, until = _long_enough(search, i, high)
            if begin < 0:
                break
            first[found] = begin
            last[found], i = _grow(search, begin, until, high)
            found += 1
        low = high
    lon, lat, floor = _centres(fixes, first[:found], last[:found], search.left_out)
    return Runs(first[:found], last[:found], lon, lat, floor, search.left_out)


@njit(cache=True, nogil=True)
def _trace_end(fixes: Fixes, low: int, gap_s: int) -> int:
    """The first fix after `low` of another person or after a gap."""
    high = low + 1
    while high < fixes.time.size and fixes.person[high] == fixes.person[low]:
        if fixes.time[high] - fixes.time[high - 1] > gap_s:
            break
        high += 1
    return high


@njit(cache=True, nogil=True)
def _long_enough(search: _Search, low: int, high: int) -> tuple[int, int]:
    """First and last fix of the earliest run within low..high that lasts `least_s`; (-1, -1) where none does.

    The run is the longest one that ends at the fix looked at: a fix that is too far takes away the run's beginning,
    up to the last fix that it is too far from.
    """
    time = search.fixes.time
    begin = last = j = low
    _open(search, low)
    while j < high:
        if not _box_fits(search, j):
            bad = _last_too_far(search, begin, last, j)
            if bad >= 0:
                back = j + 1
                while back < high and time[back] - time[last] <= search.rule.pingpong_s:
                    if not _too_far(search, back, bad) and _all_near(search, begin, last, back):
                        break
                    back += 1
                if back < high and time[back] - time[last] <= search.rule.pingpong_s:
                    search.left_out[j:back] = True
                    j = back
                else:
                    begin = _shrink(search, bad, last, j)
        _widen(search, j)
        last = j
        if time[j] - time[begin] >= search.rule.least_s:
            return begin, last
        j += 1
    return -1, -1


@njit(cache=True, nogil=True)
def _shrink(search: _Search, bad: int, last: int, j: int) -> int:
    """The run's new beginning after `bad`, which is j where nothing is left; the box becomes that of what is left."""
    begin = bad + 1
    while begin <= last and search.left_out[begin]:
        begin += 1
    if begin > last:
        _open(search, j)
        return j
    _open(search, begin)
    for k in range(begin + 1, last + 1):
        if not search.left_out[k]:
            _widen(search, k)
    return begin


@njit(cache=True, nogil=True)
def _grow(search: _Search, begin: int, last: int, high: int) -> tuple[int, int]:
    """Last fix of a run that is long enough already, and the fix after it that no longer belongs to it."""
    time, fixes = search.fixes.time, search.fixes
    corners = np.empty((_CORNERS, 2), dtype=np.float64)
    scratch = np.empty((2 * _CORNERS, 2), dtype=np.float64)
    count = 0
    k = begin
    while k < high:
        if k > last and not _box_fits(search, k) and not _near(search, corners[:count], k):
            back = k + 1
            while back < high and time[back] - time[last] <= search.rule.pingpong_s:
                if _near(search, corners[:count], back):
                    break
                back += 1
            if back >= high or time[back] - time[last] > search.rule.pingpong_s:
                return last, k
            search.left_out[k:back] = True
            k = back
        if not search.left_out[k]:
            if count == corners.shape[0]:
                count = reduce_to_hull(corners, count, scratch)
                if 2 * count > corners.shape[0]:
                    corners, scratch = grown(corners), grown(scratch)
            corners[count, 0], corners[count, 1] = fixes.lon[k], fixes.lat[k]
            count += 1
            _widen(search, k)
            last = max(last, k)
        k += 1
    return last, high


@njit(cache=True, nogil=True)
def _open(search: _Search, i: int) -> None:
    search.box[:2] = search.fixes.lon[i]
    search.box[2:] = search.fixes.lat[i]


@njit(cache=True, nogil=True)
def _widen(search: _Search, i: int) -> None:
    box, lon, lat = search.box, search.fixes.lon[i], search.fixes.lat[i]
    box[0], box[1] = min(box[0], lon), max(box[1], lon)
    box[2], box[3] = min(box[2], lat), max(box[3], lat)


@njit(cache=True, nogil=True)
def _box_fits(search: _Search, j: int) -> bool:
    """Whether fix j is near everything in the box for certain: near the corner that is farthest from it."""
    box, lon, lat = search.box, search.fixes.lon[j], search.fixes.lat[j]
    east = max(lon - box[0], box[1] - lon) * math.cos(lat * _RADIANS)
    north = max(lat - box[2], box[3] - lat)
    return bool(east * east + north * north <= (search.rule.roam_m / _STEP_M) ** 2)


@njit(cache=True, nogil=True)
def _last_too_far(search: _Search, begin: int, last: int, j: int) -> int:
    """The latest of the run's fixes begin..last that fix j is too far from; -1 where there is none."""
    lon, lat = search.fixes.lon, search.fixes.lat
    narrow = math.cos(lat[j] * _RADIANS)
    limit = (search.rule.roam_m / _STEP_M) ** 2
    for k in range(last, begin - 1, -1):
        east, north = (lon[k] - lon[j]) * narrow, lat[k] - lat[j]
        if east * east + north * north > limit and not search.left_out[k]:
            return k
    return -1


@njit(cache=True, nogil=True)
def _too_far(search: _Search, j: int, k: int) -> bool:
    lon, lat = search.fixes.lon, search.fixes.lat
    east, north = (lon[k] - lon[j]) * math.cos(lat[j] * _RADIANS), lat[k] - lat[j]
    return bool(east * east + north * north > (search.rule.roam_m / _STEP_M) ** 2)


@njit(cache=True, nogil=True)
def _all_near(search: _Search, begin: int, last: int, j: int) -> bool:
    """Whether fix j is near all of begin..last; asks the oldest first, which is the likeliest to be too far."""
    lon, lat = search.fixes.lon, search.fixes.lat
    narrow = math.cos(lat[j] * _RADIANS)
    limit = (search.rule.roam_m / _STEP_M) ** 2
    for k in range(begin, last + 1):
        east, north = (lon[k] - lon[j]) * narrow, lat[k] - lat[j]
        if east * east + north * north > limit and not search.left_out[k]:
            return False
    return True


@njit(cache=True, nogil=True)
def _near(search: _Search, corners: F64, j: int) -> bool:
    """Whether fix j is near every one of (c, 2) corners."""
    lon, lat = search.fixes.lon[j], search.fixes.lat[j]
    narrow = math.cos(lat * _RADIANS)
    limit = (search.rule.roam_m / _STEP_M) ** 2
    for k in range(corners.shape[0]):
        east, north = (corners[k, 0] - lon) * narrow, corners[k, 1] - lat
        if east * east + north * north > limit:
            return False
    return True


@njit(cache=True, nogil=True)
def _centres(fixes: Fixes, first: I64, last: I64, left_out: Bools) -> tuple[F64, F64, I64]:
    """(m,) mean positions of runs, and their floors: UNKNOWN_FLOOR where none is known or two differ."""
    lon = np.empty(first.size, dtype=np.float64)
    lat = np.empty(first.size, dtype=np.float64)
    floor = np.empty(first.size, dtype=np.int64)
    for m in range(first.size):
        i = first[m]
        east = north = 0.0
        count = 0
        level, mixed = UNKNOWN_FLOOR, False
        for k in range(i, last[m] + 1):
            if left_out[k]:
                continue
            east += fixes.lon[k] - fixes.lon[i]
            north += fixes.lat[k] - fixes.lat[i]
            count += 1
            if fixes.floor[k] != UNKNOWN_FLOOR:
                mixed |= level not in (UNKNOWN_FLOOR, fixes.floor[k])
                level = fixes.floor[k]
        lon[m] = (fixes.lon[i] + east / count) * FINEST
        lat[m] = (fixes.lat[i] + north / count) * FINEST
        floor[m] = UNKNOWN_FLOOR if mixed else level
    return lon, lat, floor


@njit(cache=True, nogil=True)
def unwrapped(person: U32, lon: F64) -> F64:
    """(n,) longitudes in FINEST degrees without the jump at the date line: those of one person run on beyond it."""
    out = lon.copy()
    turn = round(360 / FINEST)
    for i in range(1, out.size):
        if person[i] == person[i - 1]:
            out[i] += turn * math.floor((out[i - 1] - out[i] + turn / 2) / turn)
    return out
