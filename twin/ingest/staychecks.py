"""What makes a row a stay: a person and times that hold. Columns in, columns out, an issue for each row that does not.

No message repeats a cell: where columns are mixed up, any of them may hold a person's identity. It says the row's
number and what the cell looks like.

Rulings:

* An end before its start is refused. Where the end is a local time that occurs twice and its first occurrence is
  before the start, its second one is taken.
* A stay that ends as it starts is kept, as a point in time.
* A missing end (a check-in) becomes the start plus `ESTIMATED_S`, or the next stay of the same person where that
  begins sooner; its quality is 1, and whatever rests on it is answered as possible.
* A time at which clocks were changed is kept (see `moments`) with quality 1 as well: it may be an hour off.
* A quality that cannot be read counts as 1, a source that cannot be read as 0 (not known).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, fields

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from twin.geo.cells import UNKNOWN_FLOOR
from twin.ingest.columns import number
from twin.ingest.moments import ABSENT, CERTAIN, NEVER, TWICE, UNREADABLE, Moments, TimeColumns, time_shape
from twin.ingest.staytables import Rows
from twin.issues import Issue, Severity
from twin.presence.segments.batch import EARLIEST, END_ESTIMATED, LATEST, LONGEST_S, MEASURED
from twin.types import F64, I64, U8, Bools

ESTIMATED_S = 1800
"""Length of a stay of which only the beginning is known, unless the person is somewhere else sooner."""

SOURCES = {"wifi": 1, "camera": 2, "scan": 3, "code": 3, "signalling": 4, "signaling": 4}
"""Names that the column `source` may hold instead of a number up to 255."""

Report = Callable[[Issue], None]


@dataclass(slots=True)
class Stays:
    """Rows that are stays, still by the source's names for persons and places.

    numbers      (n,) rows of the source
    person       identities: never to be logged;  place, key: text or null
    xy           (n, 2) coordinates as the source has them, NaN where there are none
    floor        (n,) floors, UNKNOWN_FLOOR where none is given
    start, end   (n,) UTC seconds;  source, quality: (n,) as in a StayBatch
    estimated    (n,) whether the row has no end of its own
    """

    numbers: I64
    person: pa.Array
    place: pa.Array
    key: pa.Array
    xy: F64
    floor: I64
    start: I64
    end: I64
    source: U8
    quality: U8
    estimated: Bools

    def __len__(self) -> int:
        return len(self.numbers)

    def keep(self, rows: Bools) -> Stays:
        """Just these rows."""
        if rows.all():
            return self
        picked = {}
        for one in fields(self):
            column = getattr(self, one.name)
            picked[one.name] = column.filter(pa.array(rows)) if isinstance(column, pa.Array) else column[rows]
        return Stays(**picked)


@dataclass(slots=True)
class StayCheck:
    """Checks the rows of one source, batch after batch."""

    name: str
    zone: str
    issue: Report
    last_refused: int = 0
    _times: TimeColumns = field(init=False)
    _told: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._times = TimeColumns(self.zone)

    def refuse(self, code: str, numbers: I64, why: str) -> None:
        """One issue for each of these rows, which are not stored."""
        for row in numbers.tolist():
            self.issue(Issue(code, f"{self.name}:{row}", why))
            self.last_refused = max(self.last_refused, row)

    def check(self, rows: Rows) -> Stays:
        """The rows that are stays by themselves; whether their places are known is seen later."""
        blank = pa.nulls(len(rows.numbers), pa.string())
        columns = {ours: rows.columns[ours] for ours in rows.columns}
        given = ("person", "place", "key", "floor", "source", "quality")
        cells = {ours: as_text(columns[ours]) if ours in columns else blank for ours in given}
        self._times.learn(columns["start"])
        self._times.learn(columns.get("end", blank))
        start, end = self._times.read(columns["start"]), self._times.read(columns.get("end", blank))
        stays = self._timed(rows.numbers, start, end, cells)
        good = self._whole(rows, cells, start, end, stays)
        self._notes(stays.numbers, good, start, end, stays, has_end="end" in columns)
        across, up = ("lon", "lat") if {"lon", "lat"} <= set(columns) else ("x", "y")
        if {across, up} <= set(columns):
            stays.xy = np.column_stack((as_number(columns[across]), as_number(columns[up])))
        return stays.keep(good)

    def _timed(self, numbers: I64, start: Moments, end: Moments, cells: dict[str, pa.Array]) -> Stays:
        missing = end.state == ABSENT
        again = (end.state == TWICE) & (end.utc < start.utc)
        stop = np.where(missing, start.utc + ESTIMATED_S, np.where(again, end.later, end.utc))
        quality = self._small(cells["quality"], numbers, {}, END_ESTIMATED, "quality")
        unsure = missing | start.doubtful | end.doubtful
        return Stays(
            numbers=numbers,
            person=cells["person"],
            place=cells["place"],
            key=cells["key"],
            xy=np.full((len(numbers), 2), np.nan),
            floor=self._floors(cells["floor"], numbers),
            start=start.utc,
            end=stop,
            source=self._small(cells["source"], numbers, SOURCES, 0, "source"),
            quality=np.where(unsure & (quality == MEASURED), END_ESTIMATED, quality).astype(np.uint8),
            estimated=missing,
        )

    def _whole(self, rows: Rows, cells: dict[str, pa.Array], start: Moments, end: Moments, stays: Stays) -> Bools:
        """Which rows are stays; an issue for each other one, of its first fault."""
        nobody = ~_valid(cells["person"])
        blank = nobody & (start.state == ABSENT) & (end.state == ABSENT) & ~_valid(cells["place"])
        left = ~blank

        def refuse(code: str, bad: Bools, why: str) -> None:
            nonlocal left
            self.refuse(code, stays.numbers[left & bad], why)
            left = left & ~bad

        refuse("attribute.unreadable", nobody, "The row names no person")
        for which, moments in (("start", start), ("end", end)):
            for i in np.flatnonzero(left & (moments.state == UNREADABLE)).tolist():
                shape = time_shape(rows.columns[which][i])
                why = f"The {which} cannot be read as a time: it is written like {shape!r}"
                self.refuse("stay.unreadable-time", stays.numbers[i : i + 1], why)
            left &= moments.state != UNREADABLE
        refuse("stay.unreadable-time", start.state == ABSENT, "The row has no start")
        far = (np.minimum(stays.start, stays.end) < EARLIEST) | (np.maximum(stays.start, stays.end) >= LATEST)
        refuse("stay.unreadable-time", far, "A time is not within the years 1970 to 2199")
        refuse("stay.reversed", stays.end < stays.start, "The stay ends before it starts")
        long = stays.end - stays.start > LONGEST_S
        refuse("stay.too-long", long, "The stay is longer than 366 days: a gap in the record, not a stay")
        return np.asarray(left)

    def _notes(self, numbers: I64, good: Bools, start: Moments, end: Moments, stays: Stays, *, has_end: bool) -> None:
        """What is worth knowing of rows that are kept."""
        for which, moments in (("start", start), ("end", end)):
            for state, what in ((TWICE, "occurs twice; the first one"), (NEVER, "never occurs; one hour on")):
                why = f"The {which} {what} was taken, where clocks were changed in {self.zone}; it counts as uncertain"
                self._note("stay.ambiguous-time", numbers[good & (moments.state == state)], why)
        point = good & (stays.end == stays.start) & (end.state == CERTAIN)
        self._note("stay.zero-length", numbers[point], "The stay ends when it starts; it is kept as a point in time")
        taken = f"{ESTIMATED_S // 60} minutes were taken, or up to the next stay of the same person; quality is 1"
        if has_end:
            self._note("stay.end-estimated", numbers[good & stays.estimated], f"The stay has no end: {taken}")
        elif good.any():
            self._once("stay.end-estimated", f"The source has no column of ends: for every stay {taken}")

    def _note(self, code: str, numbers: I64, why: str) -> None:
        for row in numbers.tolist():
            self.issue(Issue(code, f"{self.name}:{row}", why, Severity.NOTE))

    def _once(self, code: str, why: str) -> None:
        if why not in self._told:
            self._told.add(why)
            self.issue(Issue(code, self.name, why, Severity.NOTE))

    def _floors(self, cells: pa.Array, numbers: I64) -> I64:
        coded = cells.dictionary_encode()
        known = [_floor(written) for written in coded.dictionary.to_pylist()]
        table = np.array([UNKNOWN_FLOOR if floor is None else floor for floor in known] + [UNKNOWN_FLOOR])
        at = pc.fill_null(coded.indices, len(known)).to_numpy(zero_copy_only=False)
        unread = np.array([floor is None for floor in known] + [False])[at]
        self._note("attribute.unreadable", numbers[unread], "The floor cannot be read; it counts as unknown")
        return np.asarray(table[at], dtype=np.int64)

    def _small(self, cells: pa.Array, numbers: I64, names: dict[str, int], unread: int, which: str) -> U8:
        """Numbers up to 255, or names that stand for them; 0 where nothing is given."""
        coded = cells.dictionary_encode()
        table = [_byte(written, names) for written in coded.dictionary.to_pylist()]
        at = pc.fill_null(coded.indices, len(table)).to_numpy(zero_copy_only=False)
        bad = np.array([value is None for value in table] + [False])[at]
        if bad.any():
            first = f"The {which} of row {numbers[bad][0]}, and maybe of more"
            self._once("attribute.unreadable", f"{first}, is no number from 0 to 255; it counts as {unread}")
        read = np.array([unread if value is None else value for value in table] + [0], dtype=np.uint8)
        return np.asarray(read[at])


def as_text(column: pa.Array) -> pa.Array:
    """A column of any type as text without blanks around it; whole numbers without a point; null where it is empty."""
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if pa.types.is_floating(column.type):
        values = column.to_numpy(zero_copy_only=False)
        finite = values[np.isfinite(values)]
        if (np.abs(finite) < 1 << 53).all() and (finite == np.floor(finite)).all():
            column = pc.if_else(pc.is_finite(column), column, pa.scalar(None, column.type)).cast(pa.int64())
    trimmed = pc.utf8_trim_whitespace(column.cast(pa.string()))
    return pc.if_else(pc.equal(trimmed, ""), pa.scalar(None, pa.string()), trimmed)


def as_number(column: pa.Array) -> F64:
    """A column of any type as numbers, NaN where there is none."""
    if pa.types.is_integer(column.type) or pa.types.is_floating(column.type):
        return np.asarray(column.cast(pa.float64()).to_numpy(zero_copy_only=False), dtype=np.float64)
    texts = as_text(column)
    plain = pc.fill_null(pc.match_substring_regex(texts, r"^[-+]?\d+(?:\.\d+)?$"), True)
    if pc.all(plain, min_count=0).as_py():
        return np.asarray(pc.replace_substring(texts, "+", "").cast(pa.float64()).to_numpy(zero_copy_only=False))
    coded = texts.dictionary_encode()
    read = [number(written) for written in coded.dictionary.to_pylist()]
    table = np.array([np.nan if value is None else value for value in [*read, None]], dtype=np.float64)
    return np.asarray(table[pc.fill_null(coded.indices, len(read)).to_numpy(zero_copy_only=False)])


def _valid(column: pa.Array) -> Bools:
    return np.asarray(column.is_valid().to_numpy(zero_copy_only=False), dtype=bool)


def _byte(written: str, names: dict[str, int]) -> int | None:
    if written.lower() in names:
        return names[written.lower()]
    return int(written) if written.isascii() and written.isdigit() and int(written) < 256 else None


def _floor(written: str) -> int | None:
    """A floor the Chinese way: 1 is the ground storey, -1 the first basement; there is no 0."""
    found = number(written.upper().removesuffix("F").removesuffix("层").replace("B", "-"))
    return int(found) if found is not None and found == int(found) and found != 0 and -128 < found <= 127 else None
