"""One layer by the frontier: the stays of those just reached, day by day, and whom they reach."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from twin.presence.chain.ground import Field
from twin.presence.chain.nearby import groups_of
from twin.presence.chain.stays import Stays
from twin.presence.kernels.chain_frontier import (
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
    return Room(_table(_FIRST_SLOTS), np.zeros(1, dtype=np.int64), np.zeros(len(ground.places), dtype=np.int64), *runs)


def with_slots(site: Site, slots: int) -> Site:
    """The same site with a table of as many slots, if it has fewer."""
    if slots <= len(site.room.table):
        return site
    return site._replace(room=site.room._replace(table=_table(slots)))


def _table(slots: int) -> I64:
    return np.zeros((slots, COLUMNS), dtype=np.int64)


def empty_fragments(size: int = _FIRST_ROOM) -> Fragments:
    """Room for some fragments."""
    kinds = (np.int64, np.uint32, np.uint64, np.int64, np.int64)
    return Fragments._make(np.empty(size, dtype=kind) for kind in kinds)


def in_order(fragments: Fragments, count: int, near: Nearness) -> tuple[Fragments, U64, I64]:
    """The first `count` fragments, the group of each, and their order by (scan, person, group, start)."""
    some = Fragments._make(column[:count] for column in fragments)
    keys, index = np.unique(some.key, return_inverse=True)
    group: U64 = groups_of(near, keys)[index]
    return some, group, np.lexsort((some.start, group, some.person, some.part))


class Frontier:
    """Notes in `reach` whom sources reach on a field."""

    def __init__(self, field: Field, near: Nearness, reach: Reach) -> None:
        self._field = field
        self._near = near
        self._reach = reach
        self._room = room_for(field, reach.theta, reach.bridge)

    def spread(self, sources: Sources, ranges: Ranges, tick: Callable[[int], None]) -> tuple[int, int]:
        """From all sources; (records, dictionary entries) read. `tick` is called day by day."""
        site = Site(self._field.ground, ranges, self._reach, self._room)
        read = entries = 0
        for day, parts in enumerate(self._by_day(sources)):
            if len(parts.start):
                scanned = self._scan(site, day, parts)
                read, entries = read + scanned.records, entries + scanned.entries
            tick(day + 1)
        return read, entries

    def _by_day(self, sources: Sources) -> Iterator[Parts]:
        """The sources cut at the edges of days; a part may go on for as long as a contact begun in its day takes."""
        theta = self._reach.theta
        for lo, hi in zip(self._field.ground.lo.tolist(), self._field.ground.hi.tolist(), strict=True):
            there = np.flatnonzero((sources.start < hi) & (sources.end > lo))
            there = there[np.argsort(sources.rank[there], kind="stable")]
            start, end = np.maximum(sources.start[there], lo), np.minimum(sources.end[there], hi + theta)
            long = end - start >= theta
            yield Parts(start[long], end[long], sources.row[there][long])

    def _scan(self, site: Site, day: int, parts: Parts) -> Scanned:
        fragments = empty_fragments()
        while True:
            scanned = Scanned._make(scan(site, day, parts, fragments))
            if scanned.fragments <= len(fragments.part) and scanned.slots <= len(site.room.table):
                break
            site = with_slots(site, scanned.slots)
            fragments = empty_fragments(max(scanned.fragments, len(fragments.part)))
        some, group, order = in_order(fragments, scanned.fragments, self._near)
        settle(order, some, group, parts, self._reach)
        return scanned
