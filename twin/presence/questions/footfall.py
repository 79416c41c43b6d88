"""How many people were where, by hour or day: different people, arrivals, and the time they spent there."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from twin.presence.answer import Answer, Cost, FootfallRow, Rule
from twin.presence.kernels.attending import Counts, people_in_buckets, times_in_buckets
from twin.presence.paging import Page
from twin.presence.questions.attendance import Attendance, Reading
from twin.presence.questions.buckets import Step, days_of, edges_of
from twin.presence.questions.placed import Placed
from twin.presence.questions.suppressing import check_least, small, suppressed
from twin.presence.segments.record import RECORD_BYTES
from twin.presence.snapshot import Snapshot
from twin.presence.together import Trust
from twin.types import I64, Bools, Window

TOUCH_S = 1
"""How far before a stretch somebody is looked for who was there already and has not come in it."""


@dataclass(frozen=True, slots=True)
class Counting:
    """How to count: in which steps, by which records, and the smallest count that may be shown."""

    step: Step = "hour"
    trust: Trust = field(default_factory=Trust)
    suppress_below: int = 0

    def __post_init__(self) -> None:
        check_least(self.suppress_below)

    @property
    def rule(self) -> Rule:
        """In words."""
        step = f"local {self.step}" if isinstance(self.step, str) else f"{self.step} s"
        kept = f" Counts from 1 to {self.suppress_below - 1} are suppressed, and others that would give one away."
        text = (
            f"Per place and {step}: different people with a stay there; arrivals, the beginnings of their joined stays"
            " there; seconds, the union of each one's stays. Possible, not certain: the floor is unknown, the end of a"
            f" stay is an estimate, or its source is doubtful.{kept if self.suppress_below > 1 else ''}"
        )
        return Rule("footfall", 1, text)


def footfall(snapshot: Snapshot, placed: Placed, window: Window, counting: Counting, page: Page) -> Answer[FootfallRow]:
    """A row per place and bucket of time, by place number and time; those where nobody was, too."""
    began = time.perf_counter()
    edges = edges_of(window, counting.step, snapshot.zone, len(placed.number))
    days = days_of(edges, snapshot.zone)
    reading = Reading(snapshot, placed, counting.trust, TOUCH_S)
    every, sure = (_Table(len(placed.number), len(edges) - 1) for _ in range(2))
    bounds = np.flatnonzero(np.diff(days, prepend=-1, append=-1)).tolist()
    for found in reading.stretches(edges, [slice(*part) for part in pairwise(bounds)]):
        every.add(found, edges, only_certain=False)
        sure.add(found, edges, only_certain=True)
    total = len(placed.number) * (len(edges) - 1)
    rows = _rows(_Shown(placed.number, edges, days, every.counts, sure.counts), counting.suppress_below, page)
    left_out, following = page.rest(total, snapshot.version)
    return Answer(
        question="footfall",
        rows=rows,
        snapshot=snapshot.version,
        rule=counting.rule,
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


class _Table:
    """Counts of all places and buckets, added to stretch by stretch."""

    def __init__(self, places: int, buckets: int) -> None:
        self.counts = Counts(*(np.zeros((places, buckets), dtype=np.int64) for _ in Counts._fields))

    def add(self, found: Attendance, edges: I64, *, only_certain: bool) -> None:
        """Count a stretch."""
        own = Counts._make(column[found.places, found.part] for column in self.counts)
        part = edges[found.part.start : found.part.stop + 1]
        people_in_buckets(found.intervals(seconds=True, only_certain=only_certain), part, own.people)
        times_in_buckets(found.intervals(only_certain=only_certain), part, own)


@dataclass(frozen=True, slots=True)
class _Shown:
    """What rows are made of: place numbers, edges of buckets and their days, counts of all and of what is certain."""

    number: I64
    edges: I64
    days: I64
    every: Counts
    sure: Counts

    def hidden(self, least: int) -> tuple[Bools, Bools, Bools, Bools]:
        """Which (people, people for certain, arrivals, arrivals for certain) must not be given."""
        if least <= 1:
            nothing = np.zeros(self.every.people.shape, dtype=np.bool_)
            return nothing, nothing, nothing, nothing
        people = suppressed(self.every.people, self.days, least)
        arrivals = suppressed(self.every.arrivals, self.days, least) | people
        return (
            people,
            people | _told_apart(self.every.people, self.sure.people, least),
            arrivals,
            arrivals | _told_apart(self.every.arrivals, self.every.sure_arrivals, least),
        )


def _told_apart(every: I64, sure: I64, least: int) -> Bools:
    """Where the certain ones, or those who are only possible, are too few."""
    return small(sure, least) | small(every - sure, least)


def _rows(shown: _Shown, least: int, page: Page) -> list[FootfallRow]:
    buckets = len(shown.edges) - 1
    part = page.cut(len(shown.number) * buckets)
    place, bucket = np.divmod(np.arange(part.start, max(part.start, part.stop)), buckets)
    people, sure_people, arrivals, sure_arrivals = shown.hidden(least)
    at = place, bucket
    columns = (
        shown.number[place].tolist(),
        shown.edges[bucket].tolist(),
        shown.edges[bucket + 1].tolist(),
        _given(shown.every.people, people, at),
        _given(shown.sure.people, sure_people, at),
        _given(shown.every.arrivals, arrivals, at),
        _given(shown.every.sure_arrivals, sure_arrivals, at),
        _given(shown.every.seconds, people, at),
        _given(shown.sure.seconds, sure_people, at),
    )
    return [FootfallRow(*row) for row in zip(*columns, strict=True)]


def _given(counts: I64, hidden: Bools, at: tuple[I64, I64]) -> list[int | None]:
    """Counts at places and buckets, None where hidden."""
    return [None if secret else count for count, secret in zip(counts[at].tolist(), hidden[at].tolist(), strict=True)]
