"""Who was there: everybody with a stay at the places asked for, given as ranges of place keys."""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np

from twin.presence.answer import Answer, Cost, Rule, Visit, VisitorRow
from twin.presence.kernels.layout import Probes
from twin.presence.near.nearness import ANY_FLOOR
from twin.presence.near.ranges import KeyRanges, with_unknown_floors
from twin.presence.paging import Page
from twin.presence.questions.evidence import joined
from twin.presence.questions.overlap import Found, Sweep, find, person_columns
from twin.presence.segments.record import RECORD_BYTES
from twin.presence.segments.segment import Segment
from twin.presence.slices import Cut, sliced_later
from twin.presence.snapshot import Snapshot
from twin.presence.together import Threshold, Trust
from twin.types import I64, Bools, Window


def visitors(
    snapshot: Snapshot, ranges: KeyRanges, window: Window, page: Page, *, threshold: Threshold, trust: Trust
) -> Answer[VisitorRow]:
    """Everybody who was at the places for long enough in the window, longest first."""
    began = time.perf_counter()
    asked, certain = with_unknown_floors(ranges)
    found = find(snapshot, Sweep(window, _Window(asked, certain, window).of, threshold, trust))
    total = len(found.order)
    shown = found.order[page.cut(total)]
    rows = _rows(snapshot, found, shown)
    left_out, following = page.rest(total, snapshot.version)
    return Answer(
        question="visitors",
        rows=rows,
        snapshot=snapshot.version,
        rule=Rule(
            "visitors",
            1,
            f"At the places asked for, {threshold.text}: the length of the union of stays in the window. Possible: the"
            " floor is unknown, the end of a stay is an estimate, or its source is doubtful.",
        ),
        window=window,
        zone=snapshot.zone,
        total=total,
        left_out=left_out,
        next=following,
        cost=Cost(
            rows_read=found.rows_read,
            bytes_read=found.bytes_read,
            least_rows=found.matched,
            least_bytes=found.matched * RECORD_BYTES,
            ms=(time.perf_counter() - began) * 1e3,
        ),
        below_threshold=found.met - total,
    )


class _Window:
    """Every range, for the part of the window that lies in a segment's day."""

    def __init__(self, ranges: KeyRanges, certain: Bools, window: Window) -> None:
        self._ranges = ranges
        self._certain = certain
        self._window = window

    def of(self, segment: Segment) -> Probes:
        """The probes of one segment."""
        n = len(self._certain)
        start = np.full(n, max(self._window.start, segment.info.base), dtype=np.int64)
        end = np.full(n, min(self._window.end, segment.info.until), dtype=np.int64)
        numbers = np.arange(n, dtype=np.uint32)
        floor = np.full(n, ANY_FLOOR)
        return Probes(self._ranges.lo, self._ranges.hi, start, end, self._certain, floor, numbers)


def _rows(snapshot: Snapshot, found: Found, shown: I64) -> list[VisitorRow]:
    columns = (*person_columns(snapshot, found, shown), _visits(found, shown))
    return [VisitorRow(*row) for row in zip(*columns, strict=True)]


def _visits(found: Found, shown: I64) -> list[Sequence[Visit]]:
    """The stays of each visitor shown, by place."""
    hits = found.hits

    def cut() -> Cut:
        intervals = joined(found, shown, lambda hit: (hits.certain[hit], hits.place[hit]))
        at = intervals.hit
        return (intervals.start, intervals.end, hits.place[at], hits.certain[at]), intervals.bounds

    return sliced_later(Visit._make, len(shown), cut)
