"""One layer by the frontier: the stays of those just reached, day by day, and whom they reach."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from twin.presence.chain.ground import Field
from twin.presence.chain.nearby import groups_of
from twin.presence.chain.running import FOREVER
from twin.presence.chain.stays import Stays
from twin.presence.kernels.chain_frontier import (
    AT_ONCE,
    Fragments,
    Parts,
    Ranges,
    Reach,
    Room,
    Scanned,
    Site,
    scan,
    settle,
)
from twin.presence.kernels.chain_seen import COLUMNS
from twin.presence.near.nearness import Nearness
from twin.types import I64, U64

_FIRST_ROOM = 1 << 16
_FIRST_SLOTS = 1 << 14


@dataclass(frozen=True, slots=True)
class Sources:
    """Infectious stays (n,): seconds [start, end) of the chain, rank of the place, row of its ranges."""

    start: I64
    end: I64
    rank: I64
    row: I64


def sources_of(stays: Stays, since: I64, until: I64, spread: I64, theta_s: int) -> Sources:
    """Stays clipped to the infectious time of their persons; what begins at `spread` or later was spread before."""
    start = np.maximum(stays.start, since[stays.which])
    end = np.minimum(stays.end, until[stays.which])
    new = (end - start >= theta_s) & (stays.start < spread[stays.which])
    return Sources(start[new], end[new], stays.rank[new], stays.row[new])


def room_for(field: Field, theta_s: int, bridge_s: int) -> Room:
    """Room for the scans of a ground."""
    ground = field.ground
    first = np.searchsorted(ground.hi, ground.lo - bridge_s)
    last = np.searchsorted(ground.lo, ground.hi + theta_s + bridge_s, side="right")
    until = np.concatenate([[0], np.cumsum(ground.places)])[ground.first]
    most = int((until[last] - until[first]).max(initial=0))
    runs = np.empty((4, most), dtype=np.int64)
    number, chosen, hint = (np.zeros(size, dtype=np.int64) for size in (1, AT_ONCE, len(ground.places)))
    return Room(_table(_FIRST_SLOTS), number, chosen, hint, *runs)


def with_slots(room: Room, slots: int) -> Room:
    """The same room with a table of as many slots, if it has fewer."""
    return room if slots <= len(room.table) else room._replace(table=_table(slots))


def _table(slots: int) -> I64:
    return np.zeros((slots, COLUMNS), dtype=np.int64)


def empty_fragments(size: int = _FIRST_ROOM) -> Fragments:
    """Room for some fragments."""
    kinds = (np.int64, np.uint32, np.uint64, np.int64, np.int64)
    return Fragments._make(np.empty(size, dtype=kind) for kind in kinds)


def with_places(fragments: Fragments, places: int) -> Fragments:
    """Room for as many fragments, and some more, if there is less."""
    return fragments if places <= len(fragments.part) else empty_fragments(places + places // 4)


def in_order(fragments: Fragments, count: int, near: Nearness) -> tuple[Fragments, U64, I64]:
    """The first `count` fragments, the group of each, and their order by (scan, person, group, start)."""
    some = Fragments._make(column[:count] for column in fragments)
    keys, index = np.unique(some.key, return_inverse=True)
    group: U64 = groups_of(near, keys)[index]
    return some, group, np.lexsort((some.start, group, some.person, some.part))


def after_others(start: I64, end: I64, row: I64, theta_s: int) -> I64:
    """(n,) starts of sources by (row, start), put off to when those who were there before can reach nobody more.

    Who was there `theta_s` before an earlier source of the row left was reached by that one, and earlier.
    """
    left = np.maximum.accumulate(row * FOREVER + end)[:-1] - row[1:] * FOREVER  # far below 0 where it is another row
    later = start.copy()
    later[1:] = np.maximum(start[1:], left - theta_s)
    return later


class Frontier:
    """Notes in `reach` whom sources reach on a field."""

    def __init__(self, field: Field, near: Nearness, reach: Reach) -> None:
        self._field = field
        self._near = near
        self._reach = reach
        self._room = room_for(field, reach.theta, reach.bridge)
        self._fragments = empty_fragments()

    def spread(self, sources: Sources, ranges: Ranges, tick: Callable[[int], None]) -> tuple[int, int]:
        """From all sources; (records, dictionary entries) read. `tick` is called day by day."""
        read = entries = 0
        for day, parts in enumerate(self._by_day(sources)):
            if len(parts.start):
                scanned = self._scan(day, parts, ranges)
                read, entries = read + scanned.records, entries + scanned.entries
            tick(day + 1)
        return read, entries

    def _by_day(self, sources: Sources) -> Iterator[Parts]:
        """The sources cut at the edges of days; a part may go on for as long as a contact begun in its day takes."""
        theta = self._reach.theta
        for lo, hi in zip(self._field.ground.lo.tolist(), self._field.ground.hi.tolist(), strict=True):
            there = np.flatnonzero((sources.start < hi) & (sources.end > lo))
            there = there[np.lexsort((sources.start[there], sources.row[there]))]
            start, end = np.maximum(sources.start[there], lo), np.minimum(sources.end[there], hi + theta)
            start = after_others(start, end, sources.row[there], theta)
            long = end - start >= theta
            yield Parts(start[long], end[long], sources.row[there][long])

    def _scan(self, day: int, parts: Parts, ranges: Ranges) -> Scanned:
        while True:
            site = Site(self._field.ground, ranges, self._reach, self._room)
            scanned = Scanned._make(scan(site, day, parts, self._fragments))
            if scanned.fragments <= len(self._fragments.part) and scanned.slots <= len(self._room.table):
                break
            self._room = with_slots(self._room, scanned.slots)
            self._fragments = with_places(self._fragments, scanned.fragments)
        some, group, order = in_order(self._fragments, scanned.fragments, self._near)
        settle(order, some, group, parts, self._reach)
        return scanned
