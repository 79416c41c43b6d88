"""Whole columns of times to UTC seconds: ISO 8601 and epoch times by column kernels, other spellings one by one.

Rulings on local times (those without an offset), which are read in the zone of the import:

* A time that occurs twice, because clocks were put back, is its first occurrence; `later` is the second.
* A time that never occurs, because clocks were put forward over it, is read as by a clock that nobody put forward:
  02:30 in a gap from 02:00 to 03:00 is the instant that proper clocks call 03:30.

Fractions of a second are cut off. Numbers are epoch seconds, or milliseconds from 100,000,000,000 on (the year 5138).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from twin.ingest.staytimes import MILLISECONDS_FROM, TimeReader, zone_named
from twin.types import I64, U8, Bools

ABSENT = 0
CERTAIN = 1
TWICE = 2
NEVER = 3
UNREADABLE = 4

_DATE = (
    r"\d{4}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12]\d|3[01])|(?:0[469]|11)-(?:0[1-9]|[12]\d|30)"
    r"|02-(?:0[1-9]|1\d|2[0-8]))"
)
_CLOCK = r"[T ](?:[01]\d|2[0-3])(?::[0-5]\d(?::[0-5]\d(?:\.\d{1,6})?)?)?"
_LOCAL = f"^{_DATE}(?:{_CLOCK})?$"
_ZONED = rf"^{_DATE}{_CLOCK}(?:Z|[+-](?:0\d|1[0-4])(?::?[0-5]\d)?)$"
_EPOCH = r"^-?\d{6,16}(?:\.\d+)?$"
_DAY_MONTH = r"^\d{1,2}[/.-]\d{1,2}[/.-]\d{4}"
_DAY = r"^(?:19|20)\d{6}$"
_BLOCK_S = 900
"""Offsets are looked up for a quarter of an hour at a time; clocks are changed on its edges."""

_TOO_LARGE = 10**15
"""Numbers of this size are no times, in milliseconds or seconds."""

_FIRST, _LAST = -86_400, 7_258_118_400 + 86_400
_OLDEST = datetime(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class Moments:
    """A column of times: (n,) UTC seconds, the other reading of a time that occurs twice, and what is known of each."""

    utc: I64
    later: I64
    state: U8

    @property
    def doubtful(self) -> Bools:
        """(n,) whether clocks were changed at this local time."""
        return np.asarray((self.state == TWICE) | (self.state == NEVER))


@dataclass(slots=True)
class TimeColumns:
    """Reads the columns of times of one source in one zone."""

    zone: str
    _zone: ZoneInfo = field(init=False)
    _reader: TimeReader = field(init=False)
    _offsets: dict[int, tuple[int, int] | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._zone = zone_named(self.zone)
        self._reader = TimeReader()

    def learn(self, column: pa.Array) -> None:
        """See from a column whether its days come before its months; to be called before the first `read`."""
        if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
            texts = pc.utf8_trim_whitespace(column)
            self._reader.learn_order(texts.filter(pa.array(_fits(texts, _DAY_MONTH))).unique().to_pylist())

    def read(self, column: pa.Array) -> Moments:
        """A column of any type that sources keep times in."""
        if pa.types.is_dictionary(column.type):
            column = column.dictionary_decode()
        if pa.types.is_date(column.type):
            column = column.cast(pa.timestamp("s"))
        if pa.types.is_timestamp(column.type):
            seconds, given = _timestamps(column)
            return self._local(seconds, given) if column.type.tz is None else _certain(seconds, given)
        if pa.types.is_integer(column.type) and column.type != pa.uint64():
            return _whole_epoch(column.cast(pa.int64()))
        if pa.types.is_integer(column.type) or pa.types.is_floating(column.type):
            return _epoch(column.cast(pa.float64(), safe=False))
        return self._texts(column)

    def _texts(self, column: pa.Array) -> Moments:
        texts = pc.utf8_trim_whitespace(column.cast(pa.string()))
        empty = np.zeros(len(texts), dtype=np.int64)
        found = Moments(empty, empty.copy(), np.full(len(texts), UNREADABLE, dtype=np.uint8))
        found.state[_bools(pc.fill_null(pc.equal(texts, ""), True))] = ABSENT
        for pattern, but in ((_LOCAL, None), (_ZONED, None), (_EPOCH, _DAY)):
            left = found.state == UNREADABLE
            if not left.any():
                return found
            fits = left & _fits(texts, pattern)
            if but is not None and fits.any():
                fits &= ~_fits(texts, but)
            if fits.any():
                _put(found, fits, self._matched(pattern, texts.filter(pa.array(fits))))
        left = found.state == UNREADABLE
        if left.any():
            _put(found, left, self._spelt(texts.filter(pa.array(left))))
        return found

    def _matched(self, pattern: str, texts: pa.Array) -> Moments:
        """Texts all of which match one of the patterns."""
        if pattern == _EPOCH:
            return _epoch(texts.cast(pa.float64()))
        zoned = pattern == _ZONED
        seconds, given = _timestamps(texts.cast(pa.timestamp("us", "UTC" if zoned else None)))
        return _certain(seconds, given) if zoned else self._local(seconds, given)

    def _spelt(self, texts: pa.Array) -> Moments:
        """Other spellings: each different one is read once."""
        coded = texts.dictionary_encode()
        written = coded.dictionary.to_pylist()
        self._reader.learn_order(written)
        read = [self._reader.read(one) for one in written]
        seconds = np.array([_seconds(one) for one in read], dtype=np.int64)
        naive = np.array([one is not None and one.tzinfo is None for one in read], dtype=bool)
        zoned = np.array([one is not None and one.tzinfo is not None for one in read], dtype=bool)
        moments = self._local(seconds, naive)
        moments.utc[zoned], moments.later[zoned], moments.state[zoned] = seconds[zoned], seconds[zoned], CERTAIN
        moments.state[~(naive | zoned)] = UNREADABLE
        at = coded.indices.to_numpy()
        return Moments(moments.utc[at], moments.later[at], moments.state[at])

    def _local(self, local: I64, given: Bools) -> Moments:
        """(n,) seconds since 1970-01-01 00:00 by the clock on the wall to moments."""
        within = np.clip(local, _FIRST, _LAST)
        coded = pa.array(within // _BLOCK_S).dictionary_encode()
        at = coded.indices.to_numpy()
        known = [self._block(block) for block in coded.dictionary.to_pylist()]
        pairs = np.array([pair or (0, 0) for pair in known], dtype=np.int64).reshape(-1, 2)[at]
        for i in np.flatnonzero(np.array([pair is None for pair in known], dtype=bool)[at]):
            pairs[i] = self._both(int(within[i]))
        before, after = pairs[:, 0], pairs[:, 1]
        state = np.where(before > after, TWICE, np.where(before < after, NEVER, CERTAIN)).astype(np.uint8)
        state[~given] = ABSENT
        utc = local - before
        return Moments(utc, np.where(before > after, local - after, utc), state)

    def _block(self, block: int) -> tuple[int, int] | None:
        """Both offsets that hold through a quarter of an hour; None where they change within."""
        if block not in self._offsets:
            first, last = self._both(block * _BLOCK_S), self._both((block + 1) * _BLOCK_S - 1)
            self._offsets[block] = first if first == last else None
        return self._offsets[block]

    def _both(self, local: int) -> tuple[int, int]:
        """Seconds east of UTC at a local second, by its first and its second occurrence."""
        when = _OLDEST + timedelta(seconds=local)
        first, second = (when.replace(tzinfo=self._zone, fold=fold).utcoffset() or timedelta() for fold in (0, 1))
        return int(first.total_seconds()), int(second.total_seconds())


def _fits(texts: pa.Array, pattern: str) -> Bools:
    return _bools(pc.fill_null(pc.match_substring_regex(texts, pattern), False))


def _bools(column: pa.Array) -> Bools:
    return np.asarray(column.to_numpy(zero_copy_only=False), dtype=bool)


def _put(into: Moments, rows: Bools, moments: Moments) -> None:
    into.utc[rows], into.later[rows], into.state[rows] = moments.utc, moments.later, moments.state


def _timestamps(column: pa.Array) -> tuple[I64, Bools]:
    """Timestamps to seconds, rounded down, and whether there is one."""
    per_second = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}[column.type.unit]
    given = _bools(column.is_valid())
    counts = pc.fill_null(column.view(pa.int64()), 0).to_numpy(zero_copy_only=False)
    return np.asarray(counts // per_second, dtype=np.int64), given


def _certain(seconds: I64, given: Bools) -> Moments:
    return Moments(seconds, seconds.copy(), np.where(given, CERTAIN, ABSENT).astype(np.uint8))


def _whole_epoch(column: pa.Array) -> Moments:
    given = _bools(column.is_valid())
    values = pc.fill_null(column, 0).to_numpy(zero_copy_only=False)
    fine = (values > -_TOO_LARGE) & (values < _TOO_LARGE)
    seconds = np.where(np.abs(values) >= MILLISECONDS_FROM, values // 1000, values)
    moments = _certain(np.where(fine, seconds, 0), given)
    moments.state[given & ~fine] = UNREADABLE
    return moments


def _epoch(column: pa.Array) -> Moments:
    values = column.to_numpy(zero_copy_only=False).astype(np.float64)
    given = _bools(column.is_valid()) & ~np.isnan(values)
    fine = given & (np.abs(np.nan_to_num(values, nan=0.0, posinf=1e16, neginf=-1e16)) < _TOO_LARGE)
    values = np.where(fine, values, 0.0)
    seconds = np.floor(np.where(np.abs(values) >= MILLISECONDS_FROM, values / 1000, values)).astype(np.int64)
    moments = _certain(seconds, given)
    moments.state[given & ~fine] = UNREADABLE
    return moments


def _seconds(when: datetime | None) -> int:
    """Seconds since 1970-01-01 00:00: UTC, or by the wall's clock where the time has no zone."""
    if when is None:
        return 0
    naive = when if when.tzinfo is None else when.astimezone(UTC).replace(tzinfo=None)
    return (naive - _OLDEST) // timedelta(seconds=1)


def time_shape(written: object) -> str:
    """What a cell looks like, for messages: `99/aaa/9999`. Its own text could be anything, a person's name too."""
    return re.sub(r"[^\W\d_]", "a", re.sub(r"\d", "9", str(written)))[:30]
