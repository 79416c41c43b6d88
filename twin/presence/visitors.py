"""Who was there: everybody with a stay at the places asked for, given as ranges of place keys."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from twin.presence.answer import Answer, Cost, Rule, Visit, VisitorRow
from twin.presence.kernels import Probes
from twin.presence.overlap import Found, find
from twin.presence.paging import Page
from twin.presence.ranges import KeyRanges, with_unknown_floors
from twin.presence.record import RECORD_BYTES
from twin.presence.segment import Segment
from twin.presence.snapshot import Snapshot
from twin.types import Bools, Window


def visitors(
    snapshot: Snapshot, ranges: KeyRanges, window: Window, min_overlap_s: int, page: Page
) -> Answer[VisitorRow]:
    """Everybody who was at the places for at least `min_overlap_s` of the window, longest first."""
    began = time.perf_counter()
    asked, certain = with_unknown_floors(ranges)
    found = find(snapshot.segments(window), _Window(asked, certain, window).of, snapshot.people, (), min_overlap_s)
    total = len(found.order)
    shown = found.order[page.cut(total)].tolist()
    rows = _rows(snapshot, found, shown, min_overlap_s)
    left_out, following = page.rest(total, snapshot.version)
    return Answer(
        question="visitors",
        rows=rows,
        snapshot=snapshot.version,
        rule=Rule(
            "visitors",
            1,
            f"At the places asked for, {min_overlap_s} s or longer in all: the length of the union of stays in the"
            " window. Possible: the floor is unknown, or the end of a stay is an estimate.",
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
        return Probes(self._ranges.lo, self._ranges.hi, start, end, self._certain, numbers)


def _rows(snapshot: Snapshot, found: Found, shown: Sequence[int], min_overlap_s: int) -> list[VisitorRow]:
    union = found.union
    people = union.person[shown].tolist()
    rows = []
    for at, person, pseudonym in zip(shown, people, snapshot.pseudonyms(people), strict=True):
        present, certain = int(union.together[at]), int(union.certain[at])
        rows.append(
            VisitorRow(
                person=person,
                pseudonym=pseudonym,
                present_s=present,
                certain_s=certain,
                possible_s=present - certain,
                visits=int(union.meetings[at]),
                first=int(union.first[at]),
                last=int(union.last[at]),
                certain=bool(union.sure[at]) and certain >= min_overlap_s,
                evidence=_visits(found, at),
            )
        )
    return rows


def _visits(found: Found, at: int) -> tuple[Visit, ...]:
    hits = slice(int(found.union.first_hit[at]), int(found.union.first_hit[at + 1]))
    columns = (found.hits.start[hits], found.hits.end[hits], found.hits.place[hits], found.hits.certain[hits])
    groups: dict[tuple[int, bool], list[int]] = defaultdict(list)
    for start, end, place, certain in zip(*(column.tolist() for column in columns), strict=True):
        spans = groups[place, certain]
        if spans and start <= spans[-1]:
            spans[-1] = max(spans[-1], end)
        else:
            spans += [start, end]
    return tuple(
        sorted(
            Visit(start, end, place, certain)
            for (place, certain), spans in groups.items()
            for start, end in zip(spans[::2], spans[1::2], strict=True)
        )
    )
