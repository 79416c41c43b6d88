"""Spellings of a time that no column kernel reads: day/month/year in both orders, month names, Chinese."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from twin.errors import InvalidValue

MILLISECONDS_FROM = 100_000_000_000
_DAY_MONTH = re.compile(
    r"\s*(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})[,\sT]*(?:(\d{1,2}):(\d{2})(?::(\d{2}))?)?\s*([ap]\.?m\.?)?\s*", re.I
)
_MONTH_NAME = re.compile(r"\s*(\d{1,2})-([A-Za-z]{3})-(\d{4})[,\s]+(\d{1,2}):(\d{2})(?::(\d{2}))?\s*")
_CHINESE = re.compile(r"\s*(\d{4})年(\d{1,2})月(\d{1,2})日\s*(?:(\d{1,2})[时:](\d{1,2})分?(?::?(\d{1,2})秒?)?)?\s*")
_SLASHED = re.compile(r"\s*(\d{4})/(\d{1,2})/(\d{1,2})(.*)")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


def zone_named(name: str) -> ZoneInfo:
    """A time zone by its IANA name."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise InvalidValue(
            f"time zone {name!r}", "it is not known", "Give an IANA name such as Asia/Shanghai"
        ) from error


@dataclass(slots=True)
class TimeReader:
    """Reads the spellings of one source.

    day_first  whether 03/04/2021 is the 3rd of April; None while nothing in the source has told
    """

    day_first: bool | None = None

    def learn_order(self, samples: Iterable[str]) -> None:
        """See from some times whether days come before months; a number above 12 tells. What was learnt stays."""
        if self.day_first is not None:
            return
        for sample in samples:
            match = _DAY_MONTH.fullmatch(sample)
            if match and max(int(match[1]), int(match[2])) > 12:
                self.day_first = int(match[1]) > 12
                return

    def read(self, written: str) -> datetime | None:
        """The time that a text means, naive where it names no zone; None where it cannot be read."""
        try:
            return datetime.fromisoformat(written)
        except ValueError:
            pass
        try:
            return self._other_forms(written)
        except (ValueError, OverflowError):
            return None

    def _other_forms(self, written: str) -> datetime | None:
        slashed = _SLASHED.fullmatch(written)
        if slashed:
            year, month, day = (int(slashed[k]) for k in (1, 2, 3))
            return datetime.fromisoformat(f"{year:04}-{month:02}-{day:02}{_padded(slashed[4])}")
        chinese = _CHINESE.fullmatch(written)
        if chinese:
            return datetime(*(int(part or 0) for part in chinese.groups()))  # type: ignore[arg-type]
        named = _MONTH_NAME.fullmatch(written)
        if named and named[2].lower() in _MONTHS:
            month = _MONTHS.index(named[2].lower()) + 1
            return datetime(int(named[3]), month, int(named[1]), int(named[4]), int(named[5]), int(named[6] or 0))
        match = _DAY_MONTH.fullmatch(written)
        if match is None:
            return None
        first, second = int(match[1]), int(match[2])
        day_first = first > 12 if max(first, second) > 12 else self.day_first
        if day_first is None:
            return None
        day, month = (first, second) if day_first else (second, first)
        return datetime(int(match[3]), month, day, _hour(match[4], match[7]), int(match[5] or 0), int(match[6] or 0))


def _hour(written: str | None, half: str | None) -> int:
    hour = int(written or 0)
    if half is None:
        return hour
    if not 1 <= hour <= 12:
        raise ValueError("no such hour")
    return hour % 12 + (12 if half.lower().startswith("p") else 0)


def _padded(rest: str) -> str:
    """` 8:05` as `T08:05`."""
    match = re.fullmatch(r"[T\s]+(\d{1,2})(:.*)", rest)
    return f"T{int(match[1]):02}{match[2].strip()}" if match else rest.strip()
