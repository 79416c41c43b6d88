"""Time in buckets: local hours, local days, or so many seconds each. An hour that comes twice is two buckets."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from zoneinfo import ZoneInfo

import numpy as np

from twin.errors import InvalidValue
from twin.presence.segments.days import Days
from twin.types import I64, Window

Step = Literal["hour", "day"] | int

MOST_COUNTS = 1_000_000
"""Counts, of places times buckets, in one answer."""

_HOUR = 3600


def edges_of(window: Window, step: Step, zone: str, places: int) -> I64:
    """The (b + 1,) edges of the buckets of a window, which cuts the first and the last one.

    InvalidValue for a step that is none, and where there would be too many buckets for so many places.
    """
    if step not in ("hour", "day") and (isinstance(step, str) or step < 1):
        raise InvalidValue("step", "must be hour, day or at least one second", "Give one of them")
    seconds = _HOUR if step == "hour" else 23 * _HOUR if step == "day" else int(step)
    if (window.seconds // seconds + 1) * places > MOST_COUNTS:
        reason = f"would give more than {MOST_COUNTS:,} counts"
        raise InvalidValue("step", reason, "Take a longer step, a shorter window or fewer places")
    if step not in ("hour", "day"):
        return np.append(np.arange(window.start, window.end, seconds), window.end).astype(np.int64)
    days = Days(zone).edges_of(window)
    inner = days if step == "day" else _hours(days, ZoneInfo(zone))
    inner = inner[(inner > window.start) & (inner < window.end)]
    return np.concatenate([[window.start], inner, [window.end]]).astype(np.int64)


def days_of(edges: I64, zone: str) -> I64:
    """The number, in its window, of the local day in which each of (b + 1,) edges' (b,) buckets begins."""
    days = Days(zone).edges_of(Window(int(edges[0]), int(edges[-1])))
    return np.searchsorted(days, edges[:-1], side="right") - 1


def _hours(days: I64, zone: ZoneInfo) -> I64:
    """The UTC seconds at which a local hour begins, in the days between (d + 1,) edges, and the last edge."""
    found = []
    for start, end in zip(days[:-1].tolist(), days[1:].tolist(), strict=True):
        if (end - start) % _HOUR == 0:  # clocks change by whole hours, if at all
            found.append(np.arange(start, end, _HOUR))
        else:
            found.append(np.array(_hours_in(start, end, zone)))
    return np.concatenate([*found, days[-1:]])


def _hours_in(start: int, end: int, zone: ZoneInfo) -> list[int]:
    """The same of one day whose clocks change by parts of an hour: at the change, too, a new bucket begins."""
    edges, now = [], start
    while now < end:
        edges.append(now)
        local = datetime.fromtimestamp(now, zone)
        following = now + _HOUR - local.minute * 60 - local.second
        now = _change(now, following, zone)
    return edges


def _change(low: int, high: int, zone: ZoneInfo) -> int:
    """The first second in (low, high] whose offset is not that of `low`; `high` where there is none."""
    offset = datetime.fromtimestamp(low, zone).utcoffset()
    if datetime.fromtimestamp(high, zone).utcoffset() == offset:
        return high
    while high - low > 1:
        middle = (low + high) // 2
        if datetime.fromtimestamp(middle, zone).utcoffset() == offset:
            low = middle
        else:
            high = middle
    return high
