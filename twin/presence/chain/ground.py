"""The segments of a window as the ground of a chain, and where stays are near each other on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np

from twin.presence.chain.course import Course
from twin.presence.kernels.chain_ground import Ground
from twin.presence.kernels.layout import POSSIBLE, UNUSED
from twin.presence.segments.record import TAG_LIMIT
from twin.presence.segments.segment import Segment
from twin.presence.snapshot import Snapshot
from twin.presence.together import Trust
from twin.types import I64, U8, Window


@dataclass(frozen=True, slots=True)
class Field:
    """A ground and the segments it points into: they stay mapped as long as this is kept."""

    ground: Ground
    segments: Sequence[Segment]

    @property
    def days(self) -> int:
        """How many days it has."""
        return len(self.ground.lo)

    def within(self, day: int) -> range:
        """The segments of a day."""
        return range(int(self.ground.first[day]), int(self.ground.first[day + 1]))


def field(snapshot: Snapshot, course: Course, window: Window, trust: Trust, *, certain: bool) -> Field:
    """The segments of a window. `certain`: records that are no more than possible are not used."""

    def day(segment: Segment) -> tuple[int, int]:
        ends = course.second(segment.info.base), course.second(segment.info.until)
        return min(ends), max(ends)

    segments = sorted(snapshot.segments(window), key=lambda segment: (day(segment), segment.info.file))
    days = [(edges, len(list(some))) for edges, some in groupby(segments, key=day)]
    worth = np.full((len(segments), TAG_LIMIT), UNUSED, dtype=np.uint8)
    for row, segment in zip(worth, segments, strict=True):
        row[: len(segment.tag_source)] = _worth(trust, segment, certain)

    def column(values: Sequence[int]) -> I64:
        return np.array(values, dtype=np.int64)

    places = [segment.places for segment in segments]
    ground = Ground(
        column([p.records.ctypes.data for p in places]),
        column([p.keys.ctypes.data for p in places]),
        column([p.offsets.ctypes.data for p in places]),
        column([p.reach.ctypes.data for p in places]),
        column([len(p.keys) for p in places]),
        column([len(p.records) for p in places]),
        column([p.base for p in places]),
        worth,
        np.repeat(np.arange(len(days)), [count for _, count in days]),
        np.concatenate([[0], np.cumsum(column([count for _, count in days]), dtype=np.int64)]),
        column([edges[0] for edges, _ in days]),
        column([edges[1] for edges, _ in days]),
        course.origin,
        course.sign,
        course.length,
        np.empty(0, dtype=np.uint32) if snapshot.alias is None else snapshot.alias,
    )
    return Field(ground, segments)


def _worth(trust: Trust, segment: Segment, certain: bool) -> U8:
    worth = trust.worth(segment.tag_source, segment.tag_quality)
    if certain:
        worth[worth == POSSIBLE] = UNUSED
    return worth
