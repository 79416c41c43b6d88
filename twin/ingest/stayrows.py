"""Rows of a source that say where somebody was, and what checking them has in common. No message repeats a cell."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, fields
from typing import Self, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from twin.errors import InvalidValue
from twin.geo.cells import UNKNOWN_FLOOR
from twin.ingest.columns import number
from twin.ingest.moments import ABSENT, NEVER, TWICE, UNREADABLE, Moments, TimeColumns, time_shape
from twin.ingest.staycells import as_key, as_number, as_person, as_text, valid, whole_numbers
from twin.ingest.tablerows import Rows
from twin.issues import Issue, Severity
from twin.types import F64, I64, U8, Bools

Report = Callable[[Issue], None]
T = TypeVar("T")


@dataclass(slots=True)
class Located:
    """Rows by the source's names for persons and places.

    numbers      (n,) rows of the source
    person       identities or pseudonyms: never to be logged
    place, key   text or null; keys may be numbers
    xy           (n, 2) coordinates as the source has them, NaN where there are none
    floor        (n,) floors, UNKNOWN_FLOOR where none is given
    """

    numbers: I64
    person: pa.Array
    place: pa.Array
    key: pa.Array
    xy: F64
    floor: I64

    def __len__(self) -> int:
        return len(self.numbers)

    def keep(self, rows: Bools) -> Self:
        """Just these rows."""
        if rows.all():
            return self
        picked = {}
        for one in fields(self):
            column = getattr(self, one.name)
            picked[one.name] = column.filter(pa.array(rows)) if isinstance(column, pa.Array) else column[rows]
        return type(self)(**picked)


@dataclass(slots=True)
class RowCheck:
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

    def located(self, rows: Rows) -> Located:
        """Who and where of each row."""
        across, up = ("lon", "lat") if {"lon", "lat"} <= set(rows.columns) else ("x", "y")
        if {across, up} <= set(rows.columns):
            xy = np.column_stack((self.read(rows, across, as_number), self.read(rows, up, as_number)))
        else:
            xy = np.full((len(rows.numbers), 2), np.nan)
        return Located(
            rows.numbers,
            self.read(rows, "person", as_person),
            self.read(rows, "place", as_text),
            self.read(rows, "key", as_key),
            xy,
            self._floors(rows),
        )

    def moments(self, rows: Rows, which: str) -> Moments:
        """The times in a column."""
        return self.read(rows, which, self._times.read)

    def learn_times(self, rows: Rows, *which: str) -> None:
        """See from the columns how their days are written, before the first of them is read."""
        for one in which:
            if one in rows.columns:
                self._times.learn(rows.columns[one])

    def read(self, rows: Rows, which: str, reader: Callable[[pa.Array], T]) -> T:
        """A column by a reader, as all blank where there is none; InvalidValue where its type makes no sense."""
        column = rows.columns[which] if which in rows.columns else pa.nulls(len(rows.numbers), pa.string())
        try:
            return reader(column)
        except pa.ArrowException as error:
            reason = f"its column for the {which} holds values of type {str(column.type)[:60]}"
            raise InvalidValue(self.name, reason, f"Name another: --map {which}=COLUMN") from error

    def refuse_times(self, rows: Rows, which: str, moments: Moments, left: Bools) -> Bools:
        """Refuse those of the rows `left` whose time cannot be read; returns which are left then."""
        for i in np.flatnonzero(left & (moments.state == UNREADABLE)).tolist():
            why = f"The {which} cannot be read as a time: it is written like {time_shape(rows.columns[which][i])!r}"
            self.refuse("stay.unreadable-time", rows.numbers[i : i + 1], why)
        return np.asarray(left & (moments.state != UNREADABLE))

    def blank(self, located: Located, *times: Moments) -> Bools:
        """(n,) rows that say nothing at all: no person, no place, no time."""
        nothing = ~valid(located.person) & ~valid(located.place)
        for moments in times:
            nothing &= moments.state == ABSENT
        return np.asarray(nothing)

    def note_clocks(self, numbers: I64, good: Bools, times: dict[str, Moments]) -> None:
        """A note for each kept row one of whose local times occurs twice or never."""
        for which, moments in times.items():
            for state, what in ((TWICE, "occurs twice; the first one"), (NEVER, "never occurs; one hour on")):
                why = f"The {which} {what} was taken, where clocks were changed in {self.zone}; it counts as uncertain"
                self.note("stay.ambiguous-time", numbers[good & (moments.state == state)], why)

    def note(self, code: str, numbers: I64, why: str) -> None:
        """One note for each of these rows, which are stored."""
        for row in numbers.tolist():
            self.issue(Issue(code, f"{self.name}:{row}", why, Severity.NOTE))

    def once(self, code: str, why: str) -> None:
        """A note on the source as a whole, however often it is said."""
        if why not in self._told:
            self._told.add(why)
            self.issue(Issue(code, self.name, why, Severity.NOTE))

    def _floors(self, rows: Rows) -> I64:
        given = whole_numbers(rows.columns["floor"]) if "floor" in rows.columns else None
        if given is not None:
            values, known = given
            good = known & (values > -128) & (values <= 127) & (values != 0)
            floors, unread = np.where(good, values, UNKNOWN_FLOOR), known & ~good
        else:
            coded = self.read(rows, "floor", as_text).dictionary_encode()
            read = [_floor(written) for written in coded.dictionary.to_pylist()]
            table = np.array([UNKNOWN_FLOOR if floor is None else floor for floor in read] + [UNKNOWN_FLOOR])
            at = pc.fill_null(coded.indices, len(read)).to_numpy(zero_copy_only=False)
            floors, unread = table[at], np.array([floor is None for floor in read] + [False])[at]
        self.note("attribute.unreadable", rows.numbers[unread], "The floor cannot be read; it counts as unknown")
        return np.asarray(floors, dtype=np.int64)

    def small_numbers(self, rows: Rows, which: str, names: dict[str, int], unread: int) -> U8:
        """(n,) numbers up to 255, or names that stand for them; 0 for nothing, `unread` for anything else."""
        given = whole_numbers(rows.columns[which]) if which in rows.columns else None
        if given is not None:
            values, known = given
            bad = known & ((values < 0) | (values > 255))
            read = np.where(bad, unread, values).astype(np.uint8)
        else:
            coded = self.read(rows, which, as_text).dictionary_encode()
            table = [_byte(written, names) for written in coded.dictionary.to_pylist()]
            at = pc.fill_null(coded.indices, len(table)).to_numpy(zero_copy_only=False)
            bad = np.array([value is None for value in table] + [False])[at]
            read = np.array([unread if value is None else value for value in table] + [0], dtype=np.uint8)[at]
        if bad.any():
            first = f"The {which} of row {rows.numbers[bad][0]}, and maybe of more"
            self.once("attribute.unreadable", f"{first}, is no number from 0 to 255; it counts as {unread}")
        return read


def _byte(written: str, names: dict[str, int]) -> int | None:
    if written.lower() in names:
        return names[written.lower()]
    return int(written) if written.isascii() and written.isdigit() and int(written) < 256 else None


def _floor(written: str) -> int | None:
    """A floor the Chinese way: 1 is the ground storey, -1 the first basement; there is no 0."""
    found = number(written.upper().removesuffix("F").removesuffix("层").replace("B", "-"))
    return int(found) if found is not None and found == int(found) and found != 0 and -128 < found <= 127 else None
