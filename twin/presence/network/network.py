"""How many meetings there were: exact counts by place and day, without a list of pairs."""

from __future__ import annotations

import time

import numpy as np

from twin.errors import InvalidValue
from twin.presence.answer import Answer, Cost
from twin.presence.near.ranges import KeyRanges
from twin.presence.network.asked import Counting
from twin.presence.network.counting import Counts, Ground, ground, run
from twin.presence.network.rows import NetworkRow
from twin.presence.paging import Page
from twin.presence.questions.buckets import edges_of
from twin.presence.segments.record import RECORD_BYTES
from twin.presence.snapshot import Snapshot
from twin.types import I64, Window

_ENTRY_BYTES = 8

MOST_COUNTS = 10_000_000
"""Rows, of places times days, that are counted at once: half a gigabyte."""


def network(
    snapshot: Snapshot, window: Window, counting: Counting, ranges: KeyRanges | None, page: Page
) -> Answer[NetworkRow]:
    """A row per place, most meetings first, then by key (and day); or per day, by time. Places where nobody was: none.

    A stay that is cut at midnight in the store is one again: a meeting over midnight counts once, on the day on which
    it begins. One with somebody whose floor is unknown counts at the place that is known, and is possible. Where the
    doubtful records alone join two stays, these are two among the certain ones.
    """
    began = time.perf_counter()
    edges = np.array([window.start, window.end])
    if counting.by_day:
        edges = edges_of(window, "day", snapshot.zone, 1)
    on = ground(snapshot, window, counting, ranges)
    if counting.by_place and len(on.place) * (len(edges) - 1) > MOST_COUNTS:
        reason = f"{len(on.place):,} places and {len(edges) - 1} days are more than {MOST_COUNTS:,} counts"
        raise InvalidValue("by", reason, "Narrow the window or the places, take a coarser scale, or rows by day")
    every, sure = run(snapshot, window, counting, on, edges)
    rows, total = _rows(on, edges, (every, sure), counting, page)
    left_out, following = page.rest(total, snapshot.version)
    return Answer(
        question="network",
        rows=rows,
        snapshot=snapshot.version,
        rule=counting.rule_of("network"),
        window=window,
        zone=snapshot.zone,
        total=total,
        left_out=left_out,
        next=following,
        cost=cost(on, (every, sure), began),
    )


def cost(on: Ground, runs: tuple[Counts, Counts], began: float) -> Cost:
    """What was read: every record once for each of the two runs; the least is once."""
    read = sum(one.read for one in runs)
    size = read * RECORD_BYTES + len(on.row) * _ENTRY_BYTES
    least = runs[0].read
    return Cost(read, size, least, least * RECORD_BYTES, (time.perf_counter() - began) * 1e3)


def _rows(
    on: Ground, edges: I64, runs: tuple[Counts, Counts], counting: Counting, page: Page
) -> tuple[list[NetworkRow], int]:
    every, sure = runs
    group, bucket = np.indices(every.people.shape).reshape(2, -1)
    if counting.by_place:
        some = np.flatnonzero(every.people.reshape(-1))
        group, bucket = group[some], bucket[some]
        order = np.lexsort((bucket, on.place[group], -every.meetings[group, bucket]))
        group, bucket = group[order], bucket[order]
    total = len(group)
    at = group[page.cut(total)], bucket[page.cut(total)]
    places = on.place[at[0]].tolist() if counting.by_place else [None] * len(at[0])
    counts = (every.people, sure.people, every.stays, every.meetings, sure.meetings)
    columns = (edges[at[1]].tolist(), edges[at[1] + 1].tolist(), *(column[at].tolist() for column in counts))
    return [NetworkRow(*row) for row in zip(places, *columns, strict=True)], total
