"""The store as it stands at one version: which segments count, who is whom, and some persons' pieces in them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from twin.errors import TooMuch
from twin.presence.kernels.layout import POSSIBLE, UNUSED
from twin.presence.kernels.reading import read_people
from twin.presence.scratch import Scratch
from twin.presence.segments.record import RECORD_BYTES
from twin.presence.segments.segment import Segment, SegmentInfo
from twin.presence.together import Trust
from twin.types import I64, U8, U32, U64, Bools, Window


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One version of the store.

    `people` bounds the person numbers in it. `alias` is None, or (people,) whom a number stands for: one human may
    have several; `merged` has the (m, 2) numbers that stand for another, and for whom. `budget` is the most records
    that a question may set out to read; None: as many as it takes.
    """

    version: int
    zone: str
    people: int
    infos: Sequence[SegmentInfo]
    open: Callable[[SegmentInfo], Segment]
    pseudonyms: Callable[[Sequence[int]], list[bytes]]
    scratch: Scratch
    alias: U32 | None = None
    merged: U32 = field(default_factory=lambda: np.empty((0, 2), dtype=np.uint32))
    budget: int | None = None

    def segments(self, window: Window) -> list[Segment]:
        """The segments of the days that the window touches, by time."""
        return [self.open(info) for info in self.infos if info.base < window.end and info.until > window.start]

    def representatives(self, persons: Sequence[int]) -> list[int]:
        """Whom some numbers stand for, ascending, each once."""
        return sorted({int(self.alias[person]) if self.alias is not None else person for person in persons})

    def members(self, persons: Sequence[int]) -> tuple[U32, U32]:
        """Every number of some representatives: (numbers, whom each stands for)."""
        own = np.asarray(persons, dtype=np.uint32)
        if self.alias is None:
            return own, own
        others = self.merged[np.isin(self.merged[:, 1], own)]
        numbers, cases = np.concatenate([own, others[:, 0]]), np.concatenate([own, others[:, 1]])
        order = np.argsort(numbers)
        return numbers[order], cases[order]

    def admit(self, rows: int) -> None:
        """Raise TooMuch before a question that would read more than it may."""
        if self.budget is not None and rows > self.budget:
            size = rows * RECORD_BYTES / 1e9
            reason = f"would read up to {rows:,} stays ({size:.1f} GB); {self.budget:,} is the most without being told"
            raise TooMuch("question", reason, "Narrow the window, the place or the scale, or ask with force")


@dataclass(frozen=True, slots=True)
class Own:
    """Pieces of the stays of the persons asked for, clipped to the window, by start: (n,) columns.

    `case` is the representative; `certain` whether source and end leave no doubt.
    """

    case: U32
    place: U64
    start: I64
    end: I64
    source: U8
    quality: U8
    certain: Bools

    def take(self, rows: I64 | Bools) -> Own:
        """Some of the pieces."""
        return Own(*(getattr(self, name)[rows] for name in self.__slots__))


def own_pieces(snapshot: Snapshot, persons: Sequence[int], window: Window, trust: Trust | None = None) -> Own:
    """What the persons asked for (representatives) did in the window, by the records that are trusted."""
    numbers, cases = snapshot.members(persons)
    trusted = trust or Trust()
    parts = [_pieces_in(segment, numbers, cases, window, trusted) for segment in snapshot.segments(window)]
    types = (np.uint32, np.uint64, np.int64, np.int64, np.uint8, np.uint8, np.bool_)
    columns = [np.concatenate([np.empty(0, kind), *(p[i] for p in parts)]) for i, kind in enumerate(types)]
    return Own(*columns).take(np.argsort(columns[2], kind="stable"))


def _pieces_in(
    segment: Segment, numbers: U32, cases: U32, window: Window, trust: Trust
) -> tuple[U32, U64, I64, I64, U8, U8, Bools]:
    which, place, start, end, tag = read_people(segment.people, segment.places, numbers)
    worth = trust.worth(segment.tag_source, segment.tag_quality)[tag]
    inside = (start < window.end) & (np.maximum(end, start + 1) > window.start) & (worth != UNUSED)
    tags = tag[inside]
    return (
        cases[which[inside]],
        place[inside],
        np.maximum(start[inside], window.start),
        np.minimum(end[inside], window.end),
        segment.tag_source[tags],
        segment.tag_quality[tags],
        worth[inside] != POSSIBLE,
    )
