"""Who was with them: everybody who shared place and time with one or several persons, for long enough."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from twin.presence.answer import Answer, CompanionRow, Cost, Evidence, Rule
from twin.presence.kernels.probing import Probes
from twin.presence.near.ranges import Neighbourhood, Scale, neighbourhood
from twin.presence.paging import Page
from twin.presence.questions.evidence import joined
from twin.presence.questions.overlap import Found, find, person_columns
from twin.presence.segments.record import RECORD_BYTES, ROW_BYTES
from twin.presence.segments.segment import Segment
from twin.presence.snapshot import Own, Snapshot, own_pieces
from twin.types import I64, Window

_TEXTS = {
    Scale.UNIT: "At the same place on the same floor",
    Scale.FLOOR: "On the same floor of the same H3 cell of resolution 12",
    Scale.CELL: "In the same H3 cell of resolution {res}, on any floor,",
}


@dataclass(frozen=True, slots=True)
class Together:
    """What counts as together: the scale, the cell's resolution where it needs one, and the least time shared."""

    scale: Scale
    res: int | None
    min_overlap_s: int

    def rule(self) -> Rule:
        """The rule in words."""
        where = _TEXTS[self.scale].format(res=self.res)
        text = (
            f"{where} at the same time, {self.min_overlap_s} s or longer in all: the length of the union of shared"
            " intervals in the window. Possible: a floor is unknown, or the end of a stay is an estimate."
        )
        return Rule(f"companions/{self.scale}", 1, text)


def companions(
    snapshot: Snapshot, persons: Sequence[int], window: Window, together: Together, page: Page
) -> Answer[CompanionRow]:
    """Everybody who was together with any of `persons`, longest first; nobody of `persons` is in the answer."""
    began = time.perf_counter()
    segments = snapshot.segments(window)
    own = own_pieces(segments, persons, window)
    near = neighbourhood(own.place, together.scale, together.res)
    probes = _Sorted(own, near)
    found = find(segments, probes.of, snapshot.people, persons, together.min_overlap_s)
    total = len(found.order)
    shown = found.order[page.cut(total)]
    rows = _rows(snapshot, own, found, shown, together.min_overlap_s)
    left_out, following = page.rest(total, snapshot.version)
    return Answer(
        question="companions",
        rows=rows,
        snapshot=snapshot.version,
        rule=together.rule(),
        window=window,
        zone=snapshot.zone,
        total=total,
        left_out=left_out,
        next=following,
        cost=_cost(own, found, began),
        below_threshold=found.met - total,
        not_compared=len(near.not_compared),
    )


class _Sorted:
    """The probes of all stays by start: those of one day are one slice, for no piece crosses a day's edge."""

    def __init__(self, own: Own, near: Neighbourhood) -> None:
        order = np.argsort(near.stay, kind="stable")
        stay = near.stay[order]
        self._all = Probes(
            near.ranges.lo[order],
            near.ranges.hi[order],
            own.start[stay],
            own.end[stay],
            near.certain[order] & own.measured[stay],
            stay.astype(np.uint32),
        )

    def of(self, segment: Segment) -> Probes:
        """The probes that fall into a segment's day."""
        first, last = np.searchsorted(self._all.start, [segment.info.base, segment.info.until]).tolist()
        return Probes._make(column[first:last] for column in self._all)


def _cost(own: Own, found: Found, began: float) -> Cost:
    own_bytes = len(own.start) * (RECORD_BYTES + ROW_BYTES)
    return Cost(
        rows_read=found.rows_read + len(own.start),
        bytes_read=found.bytes_read + own_bytes,
        least_rows=found.matched + len(own.start),
        least_bytes=found.matched * RECORD_BYTES + own_bytes,
        ms=(time.perf_counter() - began) * 1e3,
    )


def _rows(snapshot: Snapshot, own: Own, found: Found, shown: I64, min_overlap_s: int) -> list[CompanionRow]:
    columns = (*person_columns(snapshot, found, shown, min_overlap_s), _evidence(own, found, shown))
    return [CompanionRow(*row) for row in zip(*columns, strict=True)]


def _evidence(own: Own, found: Found, shown: I64) -> list[tuple[Evidence, ...]]:
    """The shared intervals of each companion shown, by pair of places."""
    hits = found.hits
    case, place = own.case[hits.stay], own.place[hits.stay]
    intervals = joined(found, shown, (case, hits.certain, hits.place, place))
    at = intervals.hit
    columns = (intervals.start, intervals.end, place[at], hits.place[at], hits.certain[at], case[at])
    every = list(map(Evidence._make, zip(*(column.tolist() for column in columns), strict=True)))
    bounds = intervals.bounds.tolist()
    return [tuple(every[first:last]) for first, last in pairwise(bounds)]
