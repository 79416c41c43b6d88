"""How many different people were at each of some places, and anywhere at all: exact counts, by scratch."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twin.presence.kernels.attending import rows_each
from twin.presence.kernels.layout import UNUSED, Probes, Work
from twin.presence.kernels.probing import Read, clear
from twin.presence.kernels.tallying import AT_ONCE, Day, Marks, mark_people, tally, tally_one
from twin.presence.segments.record import RECORD_BYTES
from twin.presence.segments.segment import Segment
from twin.presence.snapshot import Snapshot
from twin.presence.together import Trust
from twin.types import I64, U64, Window

_ENTRY_BYTES = 8

MANY = 20_000
"""Records of a place that is counted by itself."""


@dataclass(frozen=True, slots=True)
class Tally:
    """Distinct people per place, how many records were read for it and how many of them count, and bytes."""

    people: I64
    rows_read: int
    matched: int
    bytes_read: int


def visitors_of(snapshot: Snapshot, probes: Probes, places: int, window: Window, trust: Trust) -> Tally:
    """(places,) how many had a stay at each in the window: in a range of those `probes` whose `stay` it is.

    Raises TooMuch where the places hold more records than may be read.
    """
    counting = _Counting(snapshot, window, trust)
    held = counting.held(probes, places)
    snapshot.admit(int(held.sum()))
    counts = np.zeros(places, dtype=np.int64)
    crowded = held >= MANY
    for place in np.flatnonzero(crowded).tolist():
        counts[place] = counting.one(_only(probes, np.array([place])))
    others = np.flatnonzero(~crowded)
    for first in range(0, len(others), AT_ONCE):
        part = others[first : first + AT_ONCE]
        counts[part] = counting.some(_only(probes, part))[: len(part)]
    return Tally(
        counts, counting.rows, counting.matched, counting.rows * RECORD_BYTES + counting.entries * _ENTRY_BYTES
    )


class _Counting:
    """Counts different people in a window, and what it reads for that."""

    def __init__(self, snapshot: Snapshot, window: Window, trust: Trust) -> None:
        self._snapshot = snapshot
        self._window = window
        self._days = [(s, trust.worth(s.tag_source, s.tag_quality)) for s in snapshot.segments(window)]
        self._seen = _nobody(snapshot)
        self.rows = self.entries = self.matched = 0

    def held(self, probes: Probes, places: int) -> I64:
        """(places,) how many records each holds on the days of the window."""
        rows = np.zeros(places, dtype=np.int64)
        for segment, _ in self._days:
            np.add.at(rows, probes.stay, rows_each(segment.places, probes))
        return rows

    def one(self, probes: Probes) -> int:
        """How many people were at the place of all the probes."""
        people = 0
        for work in self._work(probes):
            read = tally_one(work, self._snapshot.alias, self._seen)
            self._add(read)
            people += read[3]
        self._seen[:] = 0
        return people

    def some(self, probes: Probes) -> I64:
        """(AT_ONCE,) how many people were at each of as many places, which the probes' `stay` numbers from 0."""
        found = np.zeros(AT_ONCE, dtype=np.int64)
        met = 0
        with self._snapshot.scratch.cells(self._snapshot.people) as cell:
            touched = np.empty(self._snapshot.people, dtype=np.uint32)
            for work in self._work(probes):
                read = tally(work, self._snapshot.alias, Marks(cell, touched, found), met)
                self._add(read)
                met = read[3]
            clear(cell, touched[:met])
        return found

    def _work(self, probes: Probes) -> list[Work]:
        return [Work(s.places, _of_day(probes, s, self._window), worth) for s, worth in self._days]

    def _add(self, read: Read) -> None:
        self.rows, self.entries, self.matched = self.rows + read[0], self.entries + read[1], self.matched + read[2]


def _nobody(snapshot: Snapshot) -> U64:
    """A bit for each person, none set."""
    return np.zeros(snapshot.people // 64 + 1, dtype=np.uint64)


def people_in(snapshot: Snapshot, window: Window, trust: Trust) -> Tally:
    """(1,) how many people have a stay in the window, by the records that are trusted."""
    segments = snapshot.segments(window)
    open_ended = [(segment, _to_check(segment, window, trust)) for segment in segments]
    open_ended.sort(key=lambda pair: pair[1][0] < pair[1][1])  # days that need no look at records first
    marked = rows = size = 0
    seen = _nobody(snapshot)
    for segment, span in open_ended:
        if marked == snapshot.people:
            break
        worth = trust.worth(segment.tag_source, segment.tag_quality)
        read = mark_people(Day(segment.people, segment.places, worth), span, snapshot.alias, seen)
        rows, marked, size = rows + read[0], marked + read[3], size + read[1] + read[0] * RECORD_BYTES
    return Tally(np.array([marked]), rows, rows, size)


def _to_check(segment: Segment, window: Window, trust: Trust) -> tuple[int, int]:
    """The seconds that records must be looked at for; none where the whole day counts, whoever says so."""
    worth = trust.worth(segment.tag_source, segment.tag_quality)
    whole = window.start <= segment.info.base and window.end >= segment.info.until
    return (0, 0) if whole and not (worth == UNUSED).any() else (window.start, window.end)


def _only(probes: Probes, places: I64) -> Probes:
    """The probes of some places, ascending, numbered from 0."""
    inside = np.isin(probes.stay, places)
    part = Probes._make(column[inside] for column in probes)
    return part._replace(stay=np.searchsorted(places, part.stay).astype(np.uint32))


def _of_day(probes: Probes, segment: Segment, window: Window) -> Probes:
    """The same probes for the part of the window that lies in a segment's day."""
    n = len(probes.lo)
    start = np.full(n, max(window.start, segment.info.base), dtype=np.int64)
    end = np.full(n, min(window.end, segment.info.until), dtype=np.int64)
    return probes._replace(start=start, end=end)
