"""Times as people give them, to UTC seconds and back.

They come as ISO 8601 (a time without a zone is in the twin's) or as epoch seconds.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from twin.errors import InvalidValue, InvalidWindow
from twin.types import Window

DAY_S = 86_400

_TWO = tuple(f"{number:02}" for number in range(60))

LATEST = 32_503_680_000
"""The year 3000, epoch seconds: a larger number is in milliseconds, not seconds."""


def to_utc(value: Any, zone: str, field: str) -> int:
    """One time to UTC seconds."""
    way_out = "Give ISO 8601 such as 2024-05-01T08:00 or epoch seconds"
    if isinstance(value, str) and not _is_number(value):
        try:
            moment = datetime.fromisoformat(value.strip())
        except ValueError as error:
            raise InvalidValue(field, "cannot be read", way_out) from error
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=ZoneInfo(zone))
        return math.floor(moment.timestamp())
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise InvalidValue(field, "is missing", way_out)
    number = float(value)
    if not math.isfinite(number) or abs(number) > LATEST:
        raise InvalidValue(field, "is out of range", way_out)
    return math.floor(number)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def to_window(start: Any, end: Any, zone: str) -> Window:
    """A half-open window; InvalidWindow where it is empty or reversed."""
    window = Window(to_utc(start, zone, "from"), to_utc(end, zone, "to"))
    if window.start >= window.end:
        raise InvalidWindow("from, to", "the window ends before it starts, or is empty", "Give a `to` after `from`")
    return window


def local(seconds: int, zone: str) -> str:
    """UTC seconds as ISO 8601 in a zone."""
    return clock(zone).text(seconds)


@lru_cache(maxsize=32)
def clock(zone: str) -> Clock:
    """The clock of a zone."""
    return Clock(zone)


class Clock:
    """UTC seconds to local time as text, as `datetime.isoformat` gives it and several times as fast.

    The offset of a UTC day without a change of clocks is looked up once.
    """

    def __init__(self, zone: str) -> None:
        self._zone = ZoneInfo(zone)
        self._days: dict[int, tuple[int, str] | None] = {}
        self._dates: dict[int, str] = {}

    def text(self, seconds: int) -> str:
        """One moment."""
        day = seconds // DAY_S
        if day not in self._days:
            self._days[day] = self._offset(day)
        offset = self._days[day]
        if offset is None:
            return self._moment(seconds).isoformat()
        local_day, rest = divmod(seconds + offset[0], DAY_S)
        if local_day not in self._dates:
            self._dates[local_day] = datetime.fromtimestamp(local_day * DAY_S, UTC).date().isoformat()
        minutes, second = divmod(rest, 60)
        hour, minute = divmod(minutes, 60)
        return f"{self._dates[local_day]}T{_TWO[hour]}:{_TWO[minute]}:{_TWO[second]}{offset[1]}"

    def _moment(self, seconds: int) -> datetime:
        return datetime.fromtimestamp(seconds, self._zone)

    def _offset(self, day: int) -> tuple[int, str] | None:
        """Seconds and text of the offset that holds all through a UTC day; None where it changes within."""
        first, last = self._moment(day * DAY_S), self._moment((day + 1) * DAY_S - 1)
        offset = first.utcoffset()
        if offset is None or offset != last.utcoffset():
            return None
        return round(offset.total_seconds()), first.isoformat()[19:]
