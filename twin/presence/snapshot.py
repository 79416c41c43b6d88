"""The store as it stands at one version: which segments count, who is whom, and some persons' pieces in them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from twin.errors import TooMuch
from twin.presence.kernels.reading import Pieces, Tags, read_people
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
    span, trusted, parts = (window.start, window.end), trust or Trust(), [_NOTHING]
    for segment in snapshot.segments(window):
        worth = trusted.worth(segment.tag_source, segment.tag_quality)
        tags = Tags(worth, segment.tag_source, segment.tag_quality)
        parts.append(read_people(segment.people, segment.places, numbers, tags, span))
    which, *others = (np.concatenate(column) for column in zip(*parts, strict=True))
    return Own(cases[which], *others).take(np.argsort(others[1], kind="stable"))


_NOTHING = Pieces._make(
    np.empty(0, kind) for kind in (np.uint32, np.uint64, np.int64, np.int64, np.uint8, np.uint8, np.bool_)
)
