"""Who was with them: everybody who shared place and time with one or several persons, for long enough."""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np

from twin.presence.answer import Answer, CompanionRow, Cost, Evidence
from twin.presence.kernels.layout import Probes
from twin.presence.near.nearness import Neighbourhood
from twin.presence.paging import Page
from twin.presence.questions.bridging import bridge_own
from twin.presence.questions.evidence import joined
from twin.presence.questions.overlap import Found, Sweep, find, person_columns
from twin.presence.segments.record import RECORD_BYTES, ROW_BYTES
from twin.presence.segments.segment import Segment
from twin.presence.slices import Cut, sliced_later
from twin.presence.snapshot import Own, Snapshot, own_pieces
from twin.presence.together import Together
from twin.types import I64, Objects, Window


def companions(
    snapshot: Snapshot, persons: Sequence[int], window: Window, rule: Together, page: Page
) -> Answer[CompanionRow]:
    """Everybody who was together with any of `persons`, longest first; nobody of `persons` is in the answer."""
    began = time.perf_counter()
    own, near = surroundings(snapshot, persons, window, rule)
    found = find(snapshot, sweep_of(own, near, persons, window, rule))
    total = len(found.order)
    shown = found.order[page.cut(total)]
    columns = (*person_columns(snapshot, found, shown), evidence_of(own, found, shown))
    left_out, following = page.rest(total, snapshot.version)
    return Answer(
        question="companions",
        rows=[CompanionRow(*row) for row in zip(*columns, strict=True)],
        snapshot=snapshot.version,
        rule=rule.rule("companions"),
        window=window,
        zone=snapshot.zone,
        total=total,
        left_out=left_out,
        next=following,
        cost=cost_of(own, found, began),
        below_threshold=found.met - total,
        not_compared=len(near.not_compared),
    )


def surroundings(
    snapshot: Snapshot, persons: Sequence[int], window: Window, rule: Together
) -> tuple[Own, Neighbourhood]:
    """The stays of some persons, bridged where the rule says so, and where others would be together with each."""
    own = own_pieces(snapshot, persons, window, rule.trust)
    if rule.bridge_s:
        own = bridge_own(own, rule.bridge_s)
    return own, rule.near.around(own.place)


def sweep_of(own: Own, near: Neighbourhood, persons: Sequence[int], window: Window, rule: Together) -> Sweep:
    """What to look for around the stays of some persons."""
    probes = ByStart(own, near, rule.bridge_s)
    return Sweep(
        window,
        probes.of,
        rule.threshold,
        rule.trust,
        excluded=persons,
        bridge_s=rule.bridge_s,
        own=(own.start, own.end) if rule.bridge_s else None,
    )


class ByStart:
    """The probes of all stays by start: those of one day are one slice, for no piece crosses a day's edge.

    Bridged stays do; widened by the gap, they are looked for in every day that they reach into.
    """

    def __init__(self, own: Own, near: Neighbourhood, gap_s: int) -> None:
        order = np.argsort(near.stay, kind="stable")
        stay = near.stay[order]
        self._across = gap_s > 0
        self._all = Probes(
            near.ranges.lo[order],
            near.ranges.hi[order],
            own.start[stay] - gap_s,
            own.end[stay] + gap_s + self._across,  # a stay that begins just as the gap ends is still bridged
            near.certain[order] & own.certain[stay],
            near.floor[order],
            stay.astype(np.uint32),
        )

    def of(self, segment: Segment) -> Probes:
        """The probes that fall into a segment's day."""
        base, until = segment.info.base, segment.info.until
        if self._across:
            inside = (self._all.start < until) & (self._all.end > base)
            return Probes._make(column[inside] for column in self._all)
        first, last = np.searchsorted(self._all.start, [base, until]).tolist()
        return Probes._make(column[first:last] for column in self._all)


def cost_of(own: Own, found: Found, began: float) -> Cost:
    """What a sweep around the stays of some persons read, theirs among it."""
    own_bytes = len(own.start) * (RECORD_BYTES + ROW_BYTES)
    return Cost(
        rows_read=found.rows_read + len(own.start),
        bytes_read=found.bytes_read + own_bytes,
        least_rows=found.matched + len(own.start),
        least_bytes=found.matched * RECORD_BYTES + own_bytes,
        ms=(time.perf_counter() - began) * 1e3,
    )


def evidence_of(own: Own, found: Found, shown: I64) -> list[Sequence[Evidence]]:
    """The shared intervals of each companion shown, by pair of places."""
    hits = found.hits

    def by(hit: I64) -> tuple[Objects, ...]:
        stay = hits.stay[hit]
        return own.case[stay], hits.certain[hit], hits.place[hit], own.place[stay]

    def cut() -> Cut:
        intervals = joined(found, shown, by)
        case, certain, other_place, place = by(intervals.hit)
        return (intervals.start, intervals.end, place, other_place, certain, case), intervals.bounds

    return sliced_later(Evidence._make, len(shown), cut)
