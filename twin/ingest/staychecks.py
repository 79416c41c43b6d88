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

from dataclasses import dataclass

import numpy as np

from twin.ingest.moments import ABSENT, CERTAIN, TWICE, Moments
from twin.ingest.staycells import valid
from twin.ingest.stayrows import Located, RowCheck
from twin.ingest.tablerows import Rows
from twin.presence.detection.profiles import by_name
from twin.presence.segments.batch import EARLIEST, END_ESTIMATED, LATEST, LONGEST_S, MEASURED
from twin.types import I64, U8, Bools

ESTIMATED_S = 1800
"""Length of a stay of which only the beginning is known, unless the person is somewhere else sooner."""


@dataclass(slots=True)
class Stays(Located):
    """Rows that are stays, still by the source's names for persons and places.

    start, end   (n,) UTC seconds;  source, quality: (n,) as in a StayBatch
    estimated    (n,) whether the row has no end of its own
    """

    start: I64
    end: I64
    source: U8
    quality: U8
    estimated: Bools


@dataclass(slots=True)
class StayCheck(RowCheck):
    """Checks rows that should be stays."""

    def check(self, rows: Rows) -> Stays:
        """The rows that are stays by themselves; whether their places are known is seen later."""
        self.learn_times(rows, "start", "end")
        start, end = self.moments(rows, "start"), self.moments(rows, "end")
        stays = self._timed(rows, start, end)
        good = self._whole(rows, start, end, stays)
        self._notes(good, start, end, stays, has_end="end" in rows.columns)
        return stays.keep(good)

    def _timed(self, rows: Rows, start: Moments, end: Moments) -> Stays:
        where = self.located(rows)
        missing = end.state == ABSENT
        again = (end.state == TWICE) & (end.utc < start.utc)
        stop = np.where(missing, start.utc + ESTIMATED_S, np.where(again, end.later, end.utc))
        sources = {name: profile.source for name, profile in by_name().items()}
        quality = self.small_numbers(rows, "quality", {}, END_ESTIMATED)
        unsure = missing | start.doubtful | end.doubtful
        return Stays(
            where.numbers,
            where.person,
            where.place,
            where.key,
            where.xy,
            where.floor,
            start=start.utc,
            end=stop,
            source=self.small_numbers(rows, "source", sources, 0),
            quality=np.where(unsure & (quality == MEASURED), END_ESTIMATED, quality).astype(np.uint8),
            estimated=missing,
        )

    def _whole(self, rows: Rows, start: Moments, end: Moments, stays: Stays) -> Bools:
        """Which rows are stays; an issue for each other one, of its first fault."""
        left = ~self.blank(stays, start, end)

        def refuse(code: str, bad: Bools, why: str) -> None:
            nonlocal left
            self.refuse(code, stays.numbers[left & bad], why)
            left = left & ~bad

        refuse("attribute.unreadable", ~valid(stays.person), "The row names no person")
        for which, moments in (("start", start), ("end", end)):
            left = self.refuse_times(rows, which, moments, left)
        refuse("stay.unreadable-time", start.state == ABSENT, "The row has no start")
        far = (np.minimum(stays.start, stays.end) < EARLIEST) | (np.maximum(stays.start, stays.end) >= LATEST)
        refuse("stay.unreadable-time", far, "A time is not within the years 1970 to 2199")
        refuse("stay.reversed", stays.end < stays.start, "The stay ends before it starts")
        long = stays.end - stays.start > LONGEST_S
        refuse("stay.too-long", long, "The stay is longer than 366 days: a gap in the record, not a stay")
        return np.asarray(left)

    def _notes(self, good: Bools, start: Moments, end: Moments, stays: Stays, *, has_end: bool) -> None:
        """What is worth knowing of rows that are kept."""
        numbers = stays.numbers
        self.note_clocks(numbers, good, {"start": start, "end": end})
        point = good & (stays.end == stays.start) & (end.state == CERTAIN)
        self.note("stay.zero-length", numbers[point], "The stay ends when it starts; it is kept as a point in time")
        taken = f"{ESTIMATED_S // 60} minutes were taken, or up to the next stay of the same person; quality is 1"
        if has_end:
            self.note("stay.end-estimated", numbers[good & stays.estimated], f"The stay has no end: {taken}")
        elif good.any():
            self.once("stay.end-estimated", f"The source has no column of ends: for every stay {taken}")
