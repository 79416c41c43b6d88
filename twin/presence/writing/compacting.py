"""Small segments of a day into few: which ones, and how without standing in anybody's way.

The new segments are built beside everything else; only the transaction that exchanges them takes the right to write.
Killed at any time, a compaction leaves the old segments or the new. The old files stay while a kept version names them.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, chain
from pathlib import Path

from twin.presence.manifest import Manifest
from twin.presence.segments import pieces
from twin.presence.segments.days import DaySpan
from twin.presence.segments.pieces import joined
from twin.presence.segments.segment import SegmentGone, SegmentInfo
from twin.presence.segments.unpacking import unpack
from twin.presence.versions import Change, Kind
from twin.presence.writing.drafts import Drafts

FEW = 8
"""A day is compacted by itself when this many segments of like size have gathered."""

_GROWTH = 4

_AT_ONCE = 2
"""Merge at most so many full segments' worth of rows in one step: it takes 100 bytes of memory a row."""


def worth_merging(segments: Iterable[SegmentInfo], built: Mapping[str, str]) -> list[list[SegmentInfo]]:
    """Everything that makes fewer segments: per day, the smallest ones, with as few others as that takes.

    What one build left apart stays apart. A group is no larger than memory takes at once.
    """
    groups = []
    for day in _by_day(segments):
        left = sorted(day, key=lambda info: info.rows)
        while fewer := _fewer(left, built):
            groups.append(left[:fewer])
            left = left[fewer:]
    return groups


def _fewer(segments: Sequence[SegmentInfo], built: Mapping[str, str]) -> int:
    """How many of the first of these, smallest first, to merge to have the fewest in the end; 0 where none.

    All that there are may as well be as many of one build: each place is in one of them then.
    """
    best = most_saved = total = 0
    for number, info in enumerate(segments, 1):
        total += info.rows
        saved = number + total // -pieces.ROW_LIMIT
        if total > _AT_ONCE * pieces.ROW_LIMIT:
            break
        better = saved > most_saved or (not best and number == len(segments))
        if better and len({built[part.file] for part in segments[:number]}) > 1:
            best, most_saved = number, saved
    return best


def ripe(segments: Iterable[SegmentInfo], built: Mapping[str, str], few: int = FEW) -> list[list[SegmentInfo]]:
    """What is worth merging now: per day, the smallest builds that are at least `few` and grow fourfold together.

    So a row is rewritten at most log4(rows of the day / rows of its batch) times, however the batches come.
    """
    groups = []
    for day in _by_day(segments):
        builds: dict[str, list[SegmentInfo]] = defaultdict(list)
        for info in day:
            if info.rows <= pieces.ROW_LIMIT // 2:
                builds[built[info.file]].append(info)
        smallest = sorted(builds.values(), key=_rows)
        sizes = [_rows(build) for build in smallest]
        sums = list(accumulate(sizes))
        most = _AT_ONCE * pieces.ROW_LIMIT
        grown = [k for k in range(few, len(sizes) + 1) if _GROWTH * sizes[k - 1] <= sums[k - 1] <= most]
        if grown:
            groups.append([info for build in smallest[: grown[-1]] for info in build])
    return groups


@dataclass(frozen=True, slots=True)
class Merging:
    """What a compaction needs of its store: the lock of whoever changes it, and whether to go on."""

    folder: Path
    manifest: Manifest
    writing: threading.Lock
    stopped: Callable[[], bool]

    def merge(self, segments: Sequence[SegmentInfo]) -> bool:
        """Put segments of one day into as few as hold them.

        False, and nothing is done, where one of them was withdrawn, dropped or forgotten meanwhile or it was stopped.
        """
        with Drafts(self.folder, self.manifest.files) as drafts:
            done = self._build(drafts, segments) and self._exchange(drafts, segments)
            if not done:
                drafts.discard()
        return done

    def _build(self, drafts: Drafts, segments: Sequence[SegmentInfo]) -> bool:
        first = segments[0]
        parts = []
        for info in segments:
            if self.stopped():
                return False
            try:
                parts.append(unpack(self.folder, info, self.manifest.batches(info.file)))
            except SegmentGone:
                if info.file in self.manifest.builds():
                    raise
                return False
        whole = joined(parts)
        parts.clear()  # its memory is needed to build
        drafts.add(DaySpan(first.day, first.base, first.until), whole)
        return len(drafts.drawn()) > 0

    def _exchange(self, drafts: Drafts, segments: Sequence[SegmentInfo]) -> bool:
        with self.writing, self.manifest.transaction():
            counting = self.manifest.builds()
            if self.stopped() or not all(info.file in counting for info in segments):
                return False
            version = self.manifest.add_version(Change(Kind.COMPACTION))
            self.manifest.drop_segments([info.file for info in segments], version)
            self.manifest.add_segments(chain(*drafts.publish(version)), version)
        return True


def _by_day(segments: Iterable[SegmentInfo]) -> list[list[SegmentInfo]]:
    days: dict[int, list[SegmentInfo]] = defaultdict(list)
    for info in segments:
        days[info.day].append(info)
    return [days[day] for day in sorted(days)]


def _rows(build: Sequence[SegmentInfo]) -> int:
    return sum(info.rows for info in build)
