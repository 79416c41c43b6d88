"""Whole days by the sweep: for frontiers so large that most places are looked at anyway."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from twin.presence.chain.clusters import Grounds
from twin.presence.chain.ground import Field
from twin.presence.chain.stays import Scale
from twin.presence.kernels.chain_crowd import Crowd, Entries
from twin.presence.kernels.chain_frontier import Reach
from twin.presence.kernels.chain_ground import NEVER
from twin.presence.kernels.chain_stays import rows_by_person
from twin.presence.kernels.chain_sweep import Actors, Spreaders, sweep
from twin.presence.snapshot import Snapshot
from twin.types import I64, U8, U32

_WHOLE_FROM = 0.05
"""A day is swept whole again if more than this share of all people began to spread in it."""


class Sweep:
    """Notes in `reach` whom the spreaders reach on a field, of a scale that is a partition."""

    def __init__(self, field: Field, scale: Scale, reach: Reach, snapshot: Snapshot) -> None:
        self._field = field
        self._reach = reach
        self._snapshot = snapshot
        self._grounds = Grounds(field, scale)
        self._rows = [np.diff(segment.places.offsets.astype(np.int64)) for segment in field.segments]
        self._crowd = _crowd(0)
        self._ahead: tuple[list[int], Entries] | None = None

    def spread(self, spreaders: Spreaders, tick: Callable[[int], None]) -> int:
        """Day by day; records read. Where spreaders are moving, each day is swept until nobody more spreads in it."""
        read = 0
        began = int(spreaders.since.min(initial=NEVER))
        for day in range(self._field.days):
            if began < self._field.ground.hi[day]:
                read += self._day(day, spreaders)
            tick(day + 1)
        return read

    def _day(self, day: int, spreaders: Spreaders) -> int:
        ground, bridge, theta = self._field.ground, self._reach.bridge, self._reach.theta
        lo, hi = int(ground.lo[day]), int(ground.hi[day])
        own = list(self._field.within(day)) if not bridge else self._between(lo - bridge, hi + theta + bridge)
        today = self._entries(own)
        following = [] if bridge else [g for g in self._between(hi, hi + theta) if ground.lo[ground.day[g]] >= hi]
        ahead = self._entries(following)
        self._ahead = (following, ahead)
        self._make_room(today, ahead)
        actors = Actors(self._reach, spreaders, self._crowd)
        wanted, total = np.empty(0, dtype=np.uint8), 0
        while True:
            read, changed = sweep(ground, day, (today, ahead), actors, wanted)
            total += int(read)
            moved = spreaders.changed[:changed].copy()
            spreaders.listed[moved] = 0
            if not changed:
                return total
            wanted = self._where(moved, own, today)

    def _between(self, lo: int, hi: int) -> list[int]:
        """The segments of the days that touch a span."""
        ground = self._field.ground
        days = np.flatnonzero((ground.hi >= lo) & (ground.lo <= hi))
        return [g for day in days.tolist() for g in self._field.within(day)]

    def _entries(self, segments: list[int]) -> Entries:
        if self._ahead is not None and self._ahead[0] == segments:
            return self._ahead[1]
        return self._grounds.entries(segments)

    def _make_room(self, *parts: Entries) -> None:
        most = sum(self._largest(part) for part in parts)
        if most > len(self._crowd.person):
            self._crowd = _crowd(most)

    def _largest(self, entries: Entries) -> int:
        """Records of the largest cluster."""
        if not len(entries.cluster):
            return 0
        rows = np.empty(len(entries.cluster), dtype=np.int64)
        for g in np.unique(entries.segment).tolist():
            there = entries.segment == g
            rows[there] = self._rows[g][entries.place[there]]
        return int(np.add.reduceat(rows, entries.bounds[:-1]).max())

    def _where(self, persons: U32, segments: list[int], entries: Entries) -> U8:
        """(clusters,) in which of them some persons are; (0,) for in all, where they are many."""
        if len(persons) > _WHOLE_FROM * self._snapshot.people:
            return np.empty(0, dtype=np.uint8)
        wanted = np.zeros(len(entries.bounds) - 1, dtype=np.uint8)
        numbers, _ = self._snapshot.members(np.sort(persons).tolist())
        of_entry = np.repeat(np.arange(len(wanted)), np.diff(entries.bounds))
        for g in segments:
            segment = self._field.segments[g]
            _, rows = rows_by_person(segment.people, numbers)
            there = np.unique(np.searchsorted(segment.places.offsets, rows, side="right") - 1)
            cluster: I64 = np.full(len(segment.places.keys), -1)
            own = entries.segment == g
            cluster[entries.place[own]] = of_entry[own]
            found = cluster[there]
            wanted[found[found >= 0]] = 1
        return wanted


def _crowd(size: int) -> Crowd:
    """Room for clusters of up to so many stays."""
    slots = 16
    while slots < 2 * size:
        slots <<= 1
    return Crowd(
        np.empty(size, dtype=np.uint32),
        np.empty(size, dtype=np.int64),
        np.empty(size, dtype=np.int64),
        np.empty(size, dtype=np.uint32),
        np.empty(size, dtype=np.uint64),
        np.empty(size, dtype=np.uint8),
        np.empty(slots, dtype=np.uint32),
        np.zeros(slots, dtype=np.uint32),
        np.empty(size, dtype=np.int64),
        np.empty(size, dtype=np.int64),
        np.empty(size, dtype=np.int64),
        np.empty(size, dtype=np.int64),
        np.empty(2 * size, dtype=np.int64),
    )
