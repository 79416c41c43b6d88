"""What can touch a watch: key ranges, times and persons; and lists from those to watches, for many at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from twin.presence.kernels.layout import Probes, Work
from twin.presence.kernels.watching import any_meets
from twin.presence.near.ranges import KeyRanges
from twin.presence.segments.segment import Segment, SegmentInfo
from twin.presence.together import Trust
from twin.types import I64, U32, U64, Window

_REBUILT_PART = 8
_REBUILT_LEAST = 64


@dataclass(frozen=True, slots=True)
class Reach:
    """Where, when and by whom new stays change the answer of one watch.

    `persons` (p,) ascending numbers whose every stay in the window does; `probes_of` and `trust` say which others do.
    """

    window: Window
    ranges: KeyRanges
    persons: U32
    probes_of: Callable[[Segment], Probes]
    trust: Trust

    def touched_by(self, segment: Segment) -> bool:
        """Whether any stay of a segment is of that kind."""
        if segment.info.base >= self.window.end or segment.info.until <= self.window.start:
            return False
        if len(_numbers_in(segment, self.persons)):
            return True
        worth = self.trust.worth(segment.tag_source, segment.tag_quality)
        return bool(any_meets(Work(segment.places, self.probes_of(segment), worth)))


def _numbers_in(segment: Segment, persons: U32) -> U32:
    """Those of some ascending numbers who have a stay in a segment."""
    people = segment.people
    if people.ids.size:
        at = np.minimum(np.searchsorted(people.ids, persons), people.ids.size - 1)
        known: U32 = persons[people.ids[at] == persons]
        return known
    slot = persons.astype(np.int64) - people.first
    inside = (slot >= 0) & (slot < people.counts.size)
    return persons[inside][people.counts[slot[inside]] > 0]


class Lists:
    """From keys and persons to the watches that they may touch.

    A segment that touches none costs two look-ups of its places and persons in sorted arrays. Watches whose reach has
    changed are looked at one by one until they are many; then the lists are made anew.
    """

    def __init__(self) -> None:
        self._reach: dict[str, Reach] = {}
        self._apart: set[str] = set()
        self._build()

    def put(self, watch: str, reach: Reach) -> None:
        """Add a watch, or change what touches it."""
        self._reach[watch] = reach
        self._apart.add(watch)
        if len(self._apart) > max(_REBUILT_LEAST, len(self._reach) // _REBUILT_PART):
            self._build()

    def remove(self, watch: str) -> None:
        """Forget a watch."""
        self._reach.pop(watch, None)
        self._apart.discard(watch)
        self._build()

    def touched(self, segment: Segment) -> set[str]:
        """The watches whose answer a new segment may change."""
        named = self._by_place(segment.places.keys) | self._by_person(segment)
        return {watch for watch in named | self._apart if self._reach[watch].touched_by(segment)}

    def on_day(self, info: SegmentInfo) -> set[str]:
        """The watches whose window reaches into a segment's day, whatever the segment held."""
        reach = self._reach.items()
        return {watch for watch, of in reach if info.base < of.window.end and info.until > of.window.start}

    def _build(self) -> None:
        self._apart = set()
        self._names = list(self._reach)
        ranges = [self._reach[name].ranges for name in self._names]
        persons = [self._reach[name].persons for name in self._names]
        lo = np.concatenate([np.empty(0, dtype=np.uint64), *(part.lo for part in ranges)])
        hi = np.concatenate([np.empty(0, dtype=np.uint64), *(part.hi for part in ranges)])
        of = np.repeat(np.arange(len(ranges)), [len(part.lo) for part in ranges])
        order = np.argsort(lo, kind="stable")
        self._lo, self._hi, self._of = lo[order], hi[order], of[order]
        self._merged = KeyRanges(lo, hi).merged()
        self._first = np.searchsorted(self._lo, self._merged.lo)
        numbers = np.concatenate([np.empty(0, dtype=np.uint32), *persons])
        by = np.argsort(numbers, kind="stable")
        self._persons = numbers[by]
        self._person_of = np.repeat(np.arange(len(persons)), [len(part) for part in persons])[by]

    def _by_place(self, keys: U64) -> set[str]:
        """The watches with a range around any of (n,) ascending keys."""
        if not len(self._lo):
            return set()
        at = np.searchsorted(self._merged.lo, keys, side="right") - 1
        hit = np.unique(at[(at >= 0) & (keys < self._merged.hi[at])])
        found: set[str] = set()
        for first, last in zip(self._first[hit].tolist(), self._ends[hit].tolist(), strict=True):
            some = np.searchsorted(keys, self._lo[first:last]) < np.searchsorted(keys, self._hi[first:last])
            found.update(self._names[i] for i in np.unique(self._of[first:last][some]).tolist())
        return found

    @property
    def _ends(self) -> I64:
        return np.append(self._first[1:], len(self._lo))

    def _by_person(self, segment: Segment) -> set[str]:
        """The watches of any of the persons of a segment."""
        known = _numbers_in(segment, np.unique(self._persons))
        return {self._names[i] for i in np.unique(self._person_of[np.isin(self._persons, known)]).tolist()}
