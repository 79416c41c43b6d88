"""Local days of a zone as UTC seconds, and stays cut at their edges. A day has 23, 24 or 25 hours."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
from numba import njit

from twin.errors import InvalidValue
from twin.presence.segments.batch import plain
from twin.presence.segments.record import DAY_LIMIT
from twin.types import I64, U32, Window

_EPOCH = date(1970, 1, 1).toordinal()


def day_number(day: date) -> int:
    """The number of a local day."""
    return day.toordinal() - _EPOCH


class Days:
    """The local days of one zone. A day is a number: days since 1970-01-01 on the local calendar."""

    def __init__(self, zone: str) -> None:
        try:
            self._zone = ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError) as error:
            reason = "is not an IANA time zone"
            raise InvalidValue(f"zone {zone!r}", reason, "Give one such as Asia/Shanghai") from error
        self.zone = zone
        self._start = lru_cache(maxsize=None)(self._start_of)

    def _start_of(self, day: int) -> int:
        midnight = datetime.combine(date.fromordinal(day + _EPOCH), datetime.min.time(), tzinfo=self._zone)
        return int(midnight.timestamp())

    def start(self, day: int) -> int:
        """The UTC second at which a local day begins."""
        return self._start(day)

    def number(self, second: int) -> int:
        """The local day that holds a UTC second."""
        day = datetime.fromtimestamp(second, UTC).toordinal() - _EPOCH + 1
        while self._start(day) > second:
            day -= 1
        return day

    def edges(self, first: int, last: int) -> I64:
        """UTC starts of the days first..last and of the one after: (last - first + 2,) seconds."""
        return np.asarray([self._start(day) for day in range(first, last + 2)], dtype=np.int64)

    def edges_of(self, window: Window) -> I64:
        """UTC starts of the days that a window touches, and of the one after the last."""
        return self.edges(self.number(window.start), self.number(window.end - 1))


@dataclass(frozen=True, slots=True)
class DaySpan:
    """A local day by number and as UTC seconds [base, until)."""

    day: int
    base: int
    until: int


@dataclass(frozen=True, slots=True)
class DayRows:
    """The stays that lie in one local day or partly so, by row number of the batch."""

    span: DaySpan
    rows: U32


def split(start: I64, end: I64, days: Days) -> Iterator[DayRows]:
    """Deal (n,) stays [start, end) to the local days they touch, in order of days. Memory: a row number each."""
    if not len(start):
        return
    start, end = plain(start), plain(end)
    first, last = span_of(start, end)
    first_day = days.number(first)
    edges = days.edges(first_day, days.number(last - 1))
    if (np.diff(edges) > DAY_LIMIT).any():
        reason = "has a day of more than 25 hours and a half among these stays"
        raise InvalidValue(f"zone {days.zone}", reason, "Check the times")
    order, bounds = _deal(start, edges)
    carried = order[:0]
    for index in range(len(edges) - 1):
        own = order[bounds[index] : bounds[index + 1]]
        rows = np.concatenate([carried, own]) if len(carried) else own
        low, high = int(edges[index]), int(edges[index + 1])
        if len(rows) and high > low:
            yield DayRows(DaySpan(first_day + index, low, high), rows)
        carried = _going_on(rows, end, high)


@njit(cache=True, nogil=True)
def span_of(start: I64, end: I64) -> tuple[int, int]:
    """The shortest half-open interval of seconds that holds all of (n,) stays, points in time among them."""
    first, last = start[0], start[0] + 1
    for i in range(start.size):
        first = min(first, start[i])
        last = max(last, end[i], start[i] + 1)
    return first, last


@njit(cache=True, nogil=True)
def _going_on(rows: U32, end: I64, high: int) -> U32:
    """The rows whose stays go on after a day's end."""
    going_on = np.empty(rows.size, dtype=np.uint32)
    n = 0
    for i in range(rows.size):
        if end[rows[i]] > high:
            going_on[n] = rows[i]
            n += 1
    return going_on[:n].copy()


@njit(cache=True, nogil=True)
def _deal(start: I64, edges: I64) -> tuple[U32, I64]:
    """(n,) starts to row numbers by day, and where the rows of each day begin: (edges,)."""
    day = np.empty(start.size, dtype=np.uint32)
    bounds = np.zeros(edges.size + 1, dtype=np.int64)
    for i in range(start.size):
        low, high = 0, edges.size - 1
        while high - low > 1:
            middle = (low + high) >> 1
            if edges[middle] <= start[i]:
                low = middle
            else:
                high = middle
        day[i] = low
        bounds[low + 2] += 1
    for d in range(1, edges.size + 1):
        bounds[d] += bounds[d - 1]
    order = np.empty(start.size, dtype=np.uint32)
    for i in range(start.size):
        order[bounds[day[i] + 1]] = i
        bounds[day[i] + 1] += 1
    return order, bounds[:-1]
