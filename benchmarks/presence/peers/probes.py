"""What a peer has to look for, worked out from a person's own stays: the same for every peer, and independent of ours.

A peer is given everything that can be known without touching the stays of others, so that it only has to look up,
clip and add: key ranges (the place itself and, for a stay whose floor is known, the unknown floor of its cell; for one
whose floor is not, the whole cell), the interval, and since when a stay there can have begun to reach into it, from
the longest stay of each place, a table of (place, longest) that is kept in memory beside the peer. With the same table
a range is also spelled out as the places it holds, for shapes that prefer equality.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from twin.types import I64, U64, Window

_CELL = np.uint64(21)
_CELL_SPAN = np.uint64(1 << 21)
_FLOOR_SPAN = np.uint64(1 << 13)
_NO_DIGIT = np.uint64(7)


class PlaceTable(NamedTuple):
    """Every place there is, (p,) ascending keys, and the longest stay of each in seconds."""

    place: U64
    longest: I64


class OwnStays(NamedTuple):
    """One person's stays: (n,) columns."""

    place: U64
    start: I64
    end: I64


class Probes(NamedTuple):
    """(n,) key ranges [lo, hi) and intervals [start, end); nothing that began at `since` or before reaches in."""

    lo: U64
    hi: U64
    since: I64
    start: I64
    end: I64


def probes_of(own: OwnStays, window: Window, table: PlaceTable) -> Probes:
    """The probes of a person's stays at the scale of a unit; coarse fixes are not compared."""
    fine = ((own.place >> _CELL) & _NO_DIGIT) != _NO_DIGIT
    place, start, end = own.place[fine], own.start[fine], own.end[fine]
    start, end = np.maximum(start, window.start), np.minimum(end, window.end)
    cell = (place >> _CELL) << _CELL
    known = place - cell >= _FLOOR_SPAN
    lo = np.concatenate([place[known], cell])
    hi = np.concatenate([place[known] + np.uint64(1), cell + np.where(known, _FLOOR_SPAN, _CELL_SPAN)])
    start, end = np.concatenate([start[known], start]), np.concatenate([end[known], end])
    first, last = np.searchsorted(table.place, lo), np.searchsorted(table.place, hi)
    some = first < last
    bounds = np.stack([first[some], last[some]], axis=1).ravel()
    longest = np.maximum.reduceat(np.append(table.longest, 0), bounds)[::2]
    lo, hi, start, end = lo[some], hi[some], start[some], end[some]
    return Probes(lo, hi, start - longest, start, end)


def spelled_out(probes: Probes, table: PlaceTable) -> Probes:
    """The same with one place a row: lo is the place, hi the key after it, `since` the place's own."""
    first, last = np.searchsorted(table.place, probes.lo), np.searchsorted(table.place, probes.hi)
    count = last - first
    row = np.repeat(np.arange(len(count)), count)
    at = np.arange(len(row)) - np.repeat(np.cumsum(count) - count, count) + first[row]
    place = table.place[at]
    start, end = probes.start[row], probes.end[row]
    return Probes(place, place + np.uint64(1), start - table.longest[at], start, end)


def by_day(probes: Probes) -> list[Probes]:
    """The same in groups of one day each, for shapes that bound the time of a whole scan."""
    day = probes.start // 86_400
    return [Probes(*(column[day == one] for column in probes)) for one in np.unique(day)]


def a_day_back(probes: Probes) -> Probes:
    """The same for somebody who only knows that no stay is longer than a day."""
    return probes._replace(since=probes.start - 86_400)


def rows_of(probes: Probes) -> list[tuple[int, ...]]:
    """As plain numbers, one (lo, hi, since, start, end) a probe."""
    return list(zip(*(column.tolist() for column in probes), strict=True))
