"""The store as it stands at one version: which segments count, and one person's pieces in them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from twin.presence.kernels.probing import read_rows
from twin.presence.segments.batch import MEASURED
from twin.presence.segments.segment import Segment, SegmentInfo
from twin.types import I64, U8, U32, U64, Bools, Window


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One version of the store. `people` bounds the person numbers in it."""

    version: int
    zone: str
    people: int
    infos: Sequence[SegmentInfo]
    open: Callable[[SegmentInfo], Segment]
    pseudonyms: Callable[[Sequence[int]], list[bytes]]

    def segments(self, window: Window) -> list[Segment]:
        """The segments of the days that the window touches, by time."""
        return [self.open(info) for info in self.infos if info.base < window.end and info.until > window.start]


@dataclass(frozen=True, slots=True)
class Own:
    """Pieces of the stays of the persons asked for, clipped to the window, by start: (n,) columns."""

    case: U32
    place: U64
    start: I64
    end: I64
    source: U8
    quality: U8

    @property
    def measured(self) -> Bools:
        """Which pieces have both ends measured."""
        return np.equal(self.quality, MEASURED)


def own_pieces(segments: Sequence[Segment], persons: Sequence[int], window: Window) -> Own:
    """What the persons asked for did in the window."""
    found: list[tuple[U32, U64, I64, I64, U8, U8]] = []
    for segment in segments:
        for person in persons:
            first, last = segment.rows_of(person)
            if first == last:
                continue
            place, start, end, tag = read_rows(
                segment.person_low[first:last], segment.person_high[first:last], segment.places
            )
            inside = (start < window.end) & (np.maximum(end, start + 1) > window.start)
            case = np.full(int(inside.sum()), person, dtype=np.uint32)
            tags = tag[inside]
            found.append(
                (
                    case,
                    place[inside],
                    np.maximum(start[inside], window.start),
                    np.minimum(end[inside], window.end),
                    segment.tag_source[tags],
                    segment.tag_quality[tags],
                )
            )
    types = (np.uint32, np.uint64, np.int64, np.int64, np.uint8, np.uint8)
    columns = [np.concatenate([np.empty(0, kind), *part]) for kind, part in zip(types, _columns(found), strict=True)]
    order = np.argsort(columns[2], kind="stable")
    return Own(*(column[order] for column in columns))


def _columns(found: list[tuple[U32, U64, I64, I64, U8, U8]]) -> list[list[object]]:
    return [[part[i] for part in found] for i in range(6)]
