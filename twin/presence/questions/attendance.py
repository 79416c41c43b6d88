"""Everybody's stays at some places, a stretch of time and some of the places at a time: memory stays bounded."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from twin.presence.kernels.attending import Attended, attend, order_by_place, rows_each
from twin.presence.kernels.layout import Hits, Probes, Work
from twin.presence.kernels.probing import clear, collect, deal, room_for, weigh
from twin.presence.questions.placed import Placed
from twin.presence.segments.record import RECORD_BYTES
from twin.presence.segments.segment import Segment
from twin.presence.snapshot import Snapshot
from twin.presence.together import Trust
from twin.types import I64, Window

_ENTRY_BYTES = 8

ROOM = 4_000_000
"""Records that are held at a time, unless one place alone has more: 150 MB."""


@dataclass(frozen=True, slots=True)
class Attendance:
    """Hits at some of the places (`hits.stay` counts them from the first) in a stretch of time, and their order."""

    places: slice
    part: slice
    first: I64
    hits: Hits
    order: I64

    def intervals(self, *, seconds: bool = False, only_certain: bool = False) -> Attended:
        """Who was there from when to when; `seconds`: a point in time lasts its second."""
        found: Attended = attend(self.first, self.hits, self.order, seconds, only_certain)
        return found


@dataclass(slots=True)
class Reading:
    """Reads what there is of some places, in stretches between `edges`; counts what it read.

    `before_s`: each stretch reaches back so many seconds, to see who was there already.
    """

    snapshot: Snapshot
    placed: Placed
    trust: Trust
    before_s: int = 0
    rows: int = field(default=0, init=False)
    entries: int = field(default=0, init=False)
    matched: int = field(default=0, init=False)

    @property
    def bytes(self) -> int:
        """Bytes read so far."""
        return self.rows * RECORD_BYTES + self.entries * _ENTRY_BYTES

    def stretches(self, edges: I64, parts: Sequence[slice]) -> Iterator[Attendance]:
        """For each part of the buckets between the edges, all places, some at a time.

        Raises TooMuch first where the places hold more records than may be read.
        """
        windows = [Window(int(edges[part.start]), int(edges[part.stop])) for part in parts]
        every = slice(0, len(self.placed.number))
        held = [self._held(every, window) for window in windows]
        self.snapshot.admit(int(sum(rows.sum() for rows in held)))
        touched = np.empty(self.snapshot.people, dtype=np.uint32)
        for part, window, rows in zip(parts, windows, held, strict=True):
            for places in _runs(rows):
                first, hits = self._hits(places, window, touched)
                yield Attendance(places, part, first, hits, order_by_place(first, hits, window.start - self.before_s))

    def _held(self, places: slice, window: Window) -> I64:
        """(a,) how many records each of the places holds on the days of a window."""
        probes = self.placed.probes(places, window)
        rows = np.zeros(places.stop - places.start, dtype=np.int64)
        for segment in self.snapshot.segments(window):
            np.add.at(rows, probes.stay, rows_each(segment.places, probes))
        return rows

    def _hits(
        self, places: slice, window: Window, touched: np.ndarray[tuple[int], np.dtype[np.uint32]]
    ) -> tuple[I64, Hits]:
        snapshot, wide = self.snapshot, Window(window.start - self.before_s, window.end)
        probes = self.placed.probes(places, wide)
        work = [
            Work(
                segment.places,
                _of_day(probes, segment, wide),
                self.trust.worth(segment.tag_source, segment.tag_quality),
            )
            for segment in snapshot.segments(wide)
        ]
        met = 0
        with snapshot.scratch.cells(snapshot.people) as cell:
            for one in work:
                read = weigh(one, snapshot.alias, cell, touched, met)
                self.rows, self.entries, self.matched = (
                    self.rows + read[0],
                    self.entries + read[1],
                    self.matched + read[2],
                )
                met = read[3]
            _, first = deal(touched[:met], cell, 0)
            hits = room_for(int(first[-1]))
            for one in work:
                collect(one, snapshot.alias, cell, True, hits)
            clear(cell, touched[:met])
        return first, hits


def _runs(rows: I64) -> Iterator[slice]:
    """(a,) records of places to runs of places that are held at a time."""
    first, total = 0, 0
    for place, count in enumerate(rows.tolist()):
        if place > first and total + count > ROOM:
            yield slice(first, place)
            first, total = place, 0
        total += count
    yield slice(first, len(rows))


def _of_day(probes: Probes, segment: Segment, window: Window) -> Probes:
    """The same probes for the part of the window that lies in a segment's day."""
    one = np.ones(len(probes.lo), dtype=np.int64)
    start, end = max(window.start, segment.info.base), min(window.end, segment.info.until)
    return probes._replace(start=one * start, end=one * end)
