"""How many people were there at once: at each instant of a grid, at the most, and on average."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from twin.presence.answer import Answer, Cost, OccupancyRow, Present, Rule
from twin.presence.kernels.attending import Attended, Curves, occupied
from twin.presence.kernels.gathering import Spans
from twin.presence.paging import Page
from twin.presence.questions.attendance import Reading
from twin.presence.questions.buckets import edges_of
from twin.presence.questions.placed import Placed
from twin.presence.questions.suppressing import check_least, small, suppressed
from twin.presence.segments.record import RECORD_BYTES
from twin.presence.slices import sliced
from twin.presence.snapshot import Snapshot
from twin.presence.together import Trust
from twin.types import I64, Bools, Objects, Window


@dataclass(frozen=True, slots=True)
class Occupation:
    """How to count: at instants so many seconds apart, by which records, and the smallest count that may be shown."""

    step_s: int = 3600
    trust: Trust = field(default_factory=Trust)
    suppress_below: int = 0

    def __post_init__(self) -> None:
        check_least(self.suppress_below)

    @property
    def rule(self) -> Rule:
        """In words."""
        kept = f" Counts from 1 to {self.suppress_below - 1} are suppressed, and others that would give one away."
        text = (
            f"Per place: different people there at each instant, {self.step_s} s apart from the beginning of the window"
            " on; the most at any instant at all, and when that was first; the mean over the window. Who was there for"
            " a point in time was there for its second, which adds nothing to the mean. Possible, not certain: the"
            " floor is unknown, the end of a stay is an estimate, or its source is doubtful."
            f"{kept if self.suppress_below > 1 else ''}"
        )
        return Rule("occupancy", 1, text)


def occupancy(
    snapshot: Snapshot, placed: Placed, window: Window, asked: Occupation, page: Page
) -> Answer[OccupancyRow]:
    """A row per place, by place number, those where nobody was, too."""
    began = time.perf_counter()
    instants = edges_of(window, asked.step_s, snapshot.zone, len(placed.number))[:-1]
    every, sure = (_Curve(len(placed.number), instants) for _ in range(2))
    reading = Reading(snapshot, placed, asked.trust)
    days = edges_of(window, "day", snapshot.zone, 1)
    for found in reading.stretches(days, [slice(day, day + 1) for day in range(len(days) - 1)]):
        span = Window(int(days[found.part.start]), int(days[found.part.stop]))
        for curve, only_certain in ((every, False), (sure, True)):
            curve.add(found.places, span, found.intervals(seconds=True, only_certain=only_certain))
            curve.add_time(found.places, found.intervals(only_certain=only_certain))
    total = len(placed.number)
    rows = _rows(_Shown(placed.number, instants, window, every, sure), asked.suppress_below, page)
    left_out, following = page.rest(total, snapshot.version)
    return Answer(
        question="occupancy",
        rows=rows,
        snapshot=snapshot.version,
        rule=asked.rule,
        window=window,
        zone=snapshot.zone,
        total=total,
        left_out=left_out,
        next=following,
        cost=Cost(
            reading.rows,
            reading.bytes,
            reading.matched,
            reading.matched * RECORD_BYTES,
            (time.perf_counter() - began) * 1e3,
        ),
    )


class _Curve:
    """How many were at each of some places, filled in day by day."""

    def __init__(self, places: int, instants: I64) -> None:
        self.instants = instants
        nothing, none = np.zeros(places, dtype=np.int64), np.zeros(places, dtype=np.int64)
        self.of = Curves(np.zeros((places, len(instants)), dtype=np.int64), nothing, none)
        self.seconds = np.zeros(places, dtype=np.int64)

    def add(self, places: slice, span: Window, found: Attended) -> None:
        """Who was there in a span, points in time for their second."""
        order = np.argsort(found.place, kind="stable")
        bounds = np.searchsorted(found.place[order], np.arange(places.stop - places.start + 1)).astype(np.int64)
        low, high = np.searchsorted(self.instants, [span.start, span.end]).tolist()
        own = Curves(self.of.counts[places, low:high], self.of.peak[places], self.of.peak_at[places])
        there = Spans(bounds, found.start[order], found.end[order])
        occupied(there, (span.start, span.end), self.instants[low:high], own)

    def add_time(self, places: slice, found: Attended) -> None:
        """The time they spent there."""
        width = places.stop - places.start
        spent = np.bincount(found.place, weights=found.end - found.start, minlength=width)  # exact: below 2 ** 53
        self.seconds[places] += spent.astype(np.int64)


@dataclass(frozen=True, slots=True)
class _Shown:
    """What rows are made of: place numbers, instants, and the curves of all and of what is certain."""

    number: I64
    instants: I64
    window: Window
    every: _Curve
    sure: _Curve

    def hidden(self, least: int) -> tuple[Bools, Bools]:
        """(places, t) which counts, and which of the certain ones, must not be given."""
        every, sure = self.every.of.counts, self.sure.of.counts
        if least <= 1:
            nothing = np.zeros(every.shape, dtype=np.bool_)
            return nothing, nothing
        counts = suppressed(every, np.zeros(len(self.instants), dtype=np.int64), least)
        return counts, counts | small(sure, least) | small(every - sure, least)


def _rows(shown: _Shown, least: int, page: Page) -> list[OccupancyRow]:
    every, sure, width = shown.every, shown.sure, shown.window.seconds
    counts, certain = shown.hidden(least)
    rows = []
    for i in range(len(shown.number))[page.cut(len(shown.number))]:
        most, surely = int(every.of.peak[i]), int(sure.of.peak[i])
        few = 0 < most < least
        fewer = few or 0 < surely < least or 0 < most - surely < least
        rows.append(
            OccupancyRow(
                place=int(shown.number[i]),
                peak=None if few else most,
                peak_at=None if few or not most else int(every.of.peak_at[i]),
                certain_peak=None if fewer else surely,
                mean=None if few else every.seconds[i] / width,
                certain_mean=None if fewer else sure.seconds[i] / width,
                steps=_steps(shown.instants, (every.of.counts[i], counts[i]), (sure.of.counts[i], certain[i])),
            )
        )
    return rows


def _steps(instants: I64, every: tuple[I64, Bools], sure: tuple[I64, Bools]) -> Sequence[Present]:
    columns = (instants, *(_given(*counts) for counts in (every, sure)))
    return sliced(Present._make, columns, np.array([0, len(instants)]))[0]


def _given(counts: I64, hidden: Bools) -> Objects:
    """Counts, None where hidden."""
    given = counts.astype(object)
    given[hidden] = None
    return given
