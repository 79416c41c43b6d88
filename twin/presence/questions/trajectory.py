"""Where was one person: their stays in a window, in order of time."""

from __future__ import annotations

import time
from collections import defaultdict

from twin.presence.answer import Answer, Cost, Rule, TrajectoryRow
from twin.presence.paging import Page
from twin.presence.segments.record import RECORD_BYTES, ROW_BYTES
from twin.presence.snapshot import Own, Snapshot, own_pieces
from twin.types import Window

RULE = Rule(
    "trajectory",
    1,
    "Stays clipped to the window [start, end); records of one place, source and quality that touch or overlap are one.",
)


def trajectory(snapshot: Snapshot, person: int, window: Window, page: Page) -> Answer[TrajectoryRow]:
    """The stays of a person, by start, then end, then place."""
    began = time.perf_counter()
    own = own_pieces(snapshot, [person], window)
    rows = joined(own)
    left_out, following = page.rest(len(rows), snapshot.version)
    read = len(own.start)
    size = read * (RECORD_BYTES + ROW_BYTES)
    cost = Cost(read, size, read, size, (time.perf_counter() - began) * 1e3)
    part = rows[page.cut(len(rows))]
    return Answer(
        "trajectory", part, snapshot.version, RULE, window, snapshot.zone, len(rows), left_out, following, cost
    )


def joined(own: Own) -> list[TrajectoryRow]:
    """Pieces re-joined over the edges of days: per place, source and quality, what touches or overlaps is one stay.

    A point in time at the open end of a stay is not part of it and stays a row of its own.
    """
    groups: dict[tuple[int, int, int], list[tuple[int, int]]] = defaultdict(list)
    columns = (own.place, own.source, own.quality, own.start, own.end)
    for place, source, quality, start, end in zip(*(column.tolist() for column in columns), strict=True):
        groups[place, source, quality].append((start, end))
    rows = []
    for (place, source, quality), pieces in groups.items():
        pieces.sort(key=lambda piece: (piece[0], -piece[1]))
        start, end = pieces[0]
        for next_start, next_end in pieces[1:]:
            if next_start < end or (next_start == end and (next_end > next_start or start == end)):
                end = max(end, next_end)
            else:
                rows.append(TrajectoryRow(place, start, end, source, quality))
                start, end = next_start, next_end
        rows.append(TrajectoryRow(place, start, end, source, quality))
    return sorted(rows, key=lambda row: (row.start, row.end, row.place, row.source, row.quality))
