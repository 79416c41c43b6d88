"""The answer of a watch at one version of the store, and what would change it."""

from __future__ import annotations

import numpy as np

from twin.presence.kernels.layout import Probes
from twin.presence.kernels.uniting import join_intervals
from twin.presence.kernels.watching import exceeding, most_within
from twin.presence.near.ranges import KeyRanges
from twin.presence.questions.attendance import Attendance, Reading
from twin.presence.questions.buckets import edges_of
from twin.presence.questions.companions import surroundings, sweep_of
from twin.presence.questions.lasting import Lasting
from twin.presence.questions.overlap import Found, Sweep, find
from twin.presence.questions.placed import Placed, placed
from twin.presence.segments.segment import Segment
from twin.presence.snapshot import Snapshot
from twin.presence.together import Trust
from twin.presence.watch.reach import Reach
from twin.presence.watch.standings import Standings
from twin.presence.watch.watch import Watch, WatchCrowd, WatchPersons, WatchPlaces
from twin.types import I64, Window

NOBODY = np.empty(0, dtype=np.uint32)


def evaluate(snapshot: Snapshot, watch: Watch) -> tuple[Standings, Reach]:
    """The rows of the watch's answer. Raises TooMuch where it would read more than the snapshot's budget."""
    if isinstance(watch, WatchPersons):
        return _persons(snapshot, watch)
    if isinstance(watch, WatchPlaces):
        return _places(snapshot, watch)
    return _crowd(snapshot, watch)


def _persons(snapshot: Snapshot, watch: WatchPersons) -> tuple[Standings, Reach]:
    """Whoever is in the answer of `companions`. A person whom the store did not know yet has no stays."""
    persons = snapshot.representatives([person for person in watch.persons if person < snapshot.people])
    own, near = surroundings(snapshot, persons, watch.window, watch.rule)
    found = find(snapshot, sweep_of(own, near, persons, watch.window, watch.rule))
    probes = Lasting(own, near, own.end, watch.rule.bridge_s)
    numbers = np.union1d(snapshot.members(persons)[0], np.array(watch.persons, dtype=np.uint32))
    ranges = KeyRanges(near.ranges.lo, near.ranges.hi).merged()
    return _found(found), Reach(watch.window, ranges, numbers, probes.of, watch.rule.trust)


def _places(snapshot: Snapshot, watch: WatchPlaces) -> tuple[Standings, Reach]:
    """Whoever is in the answer of `visitors`."""
    there = _There(placed(watch.ranges), watch.window)
    found = find(snapshot, Sweep(watch.window, there.of, watch.threshold, watch.trust))
    return _found(found), there.reach(watch.trust)


def _found(found: Found) -> Standings:
    union, rows = found.union, found.order
    return Standings.of(
        union.person[rows].astype(np.int64),
        union.together[rows],
        union.certain[rows],
        union.meetings[rows],
        union.first[rows],
        union.last[rows],
        found.certain[rows].astype(np.int64),
    )


def _crowd(snapshot: Snapshot, watch: WatchCrowd) -> tuple[Standings, Reach]:
    """The times of too many people, by their beginning; those that touch at midnight are one."""
    there = _There(placed(watch.ranges), watch.window)
    reading = Reading(snapshot, there.placed, watch.trust)
    days = edges_of(watch.window, "day", snapshot.zone, 1)
    parts = [_crowded(found, watch.over) for found in reading.stretches(days, _each_day(days))]
    start, end, most, certain = (
        np.concatenate([np.empty(0, dtype=np.int64), *column]) for column in zip(*parts, strict=True)
    )
    fresh = np.arange(len(start)) == 0
    first, until = join_intervals(start, end, fresh)
    whole = [np.maximum.reduceat(column, first) if len(first) else column for column in (most, certain)]
    return Standings.of(start[first], until, *whole), there.reach(watch.trust)


def _each_day(days: I64) -> list[slice]:
    return [slice(day, day + 1) for day in range(len(days) - 1)]


def _crowded(found: Attendance, over: int) -> tuple[I64, I64, I64, I64]:
    """One day's times of more than `over` people: starts, ends, the most of all, the most of those who are certain."""
    every, sure = (found.intervals(seconds=True, only_certain=only) for only in (False, True))
    start, end, most = exceeding(every.start, every.end, over)
    return start, end, most, most_within(sure.start, sure.end, start, end)


class _There:
    """Places over a window."""

    def __init__(self, places: Placed, window: Window) -> None:
        self.placed = places
        self._window = window
        self._all = places.probes(slice(0, 1), window)

    def of(self, segment: Segment) -> Probes:
        """Probes for the part of the window that lies in a segment's day."""
        one = np.ones(len(self._all.lo), dtype=np.int64)
        start, end = max(self._window.start, segment.info.base), min(self._window.end, segment.info.until)
        return self._all._replace(start=one * start, end=one * end)

    def reach(self, trust: Trust) -> Reach:
        """What new stays touch it."""
        return Reach(self._window, KeyRanges(self._all.lo, self._all.hi).merged(), NOBODY, self.of, trust)
