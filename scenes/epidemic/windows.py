"""Times as people give them, to UTC seconds and back.

They come as ISO 8601 (a time without a zone is in the twin's) or as epoch seconds.
"""

from __future__ import annotations

import math
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from twin.errors import InvalidValue, InvalidWindow
from twin.types import Window

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
    return datetime.fromtimestamp(seconds, ZoneInfo(zone)).isoformat()
