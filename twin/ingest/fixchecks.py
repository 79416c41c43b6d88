"""What makes a row a record of somebody somewhere at a time; an issue for each row that does not."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from twin.ingest.moments import ABSENT
from twin.ingest.staycells import as_text, valid
from twin.ingest.stayrows import Located, RowCheck
from twin.ingest.tablerows import Rows
from twin.presence.segments.batch import EARLIEST, LATEST
from twin.types import I64


@dataclass(slots=True)
class FixRows(Located):
    """Rows that are records: (n,) UTC seconds, and the kind of venue as text or null."""

    time: I64
    venue: pa.Array


@dataclass(slots=True)
class FixCheck(RowCheck):
    """Checks rows that should be records of a person at a time, by a clock that is `clock_s` ahead."""

    clock_s: int = 0

    def check(self, rows: Rows) -> FixRows:
        """The rows that are records by themselves; whether their places are known is seen later."""
        self.learn_times(rows, "time")
        time = self.moments(rows, "time")
        where = self.located(rows)
        found = FixRows(
            where.numbers,
            where.person,
            where.place,
            where.key,
            where.xy,
            where.floor,
            time=time.utc - self.clock_s,
            venue=self.read(rows, "venue", as_text),
        )
        left = ~self.blank(where, time)
        nobody = left & ~valid(where.person)
        self.refuse("attribute.unreadable", rows.numbers[nobody], "The row names no person")
        left = self.refuse_times(rows, "time", time, left & ~nobody)
        untimed = left & (time.state == ABSENT)
        self.refuse("stay.unreadable-time", rows.numbers[untimed], "The row has no time")
        left &= ~untimed
        far = left & ((found.time < EARLIEST) | (found.time >= LATEST))
        self.refuse("stay.unreadable-time", rows.numbers[far], "The time is not within the years 1970 to 2199")
        left = np.asarray(left & ~far)
        self.note_clocks(rows.numbers, left, {"time": time})
        return found.keep(left)
