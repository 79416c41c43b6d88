"""Kernels that look back: from whom somebody was reached, given when."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from twin.presence.kernels.chain_frontier import (
    AT_ONCE,
    Fragments,
    Ranges,
    Sight,
    Site,
    joined,
    next_key,
    put_out,
    rows_in,
    runs_near,
    unpacked,
)
from twin.presence.kernels.chain_ground import NEVER, fits, local_span, on_course, records_of
from twin.presence.kernels.chain_seen import see, slots_for
from twin.presence.kernels.layout import POSSIBLE, UNUSED
from twin.presence.segments.record import TAG_MASK
from twin.types import I64, U32, U64

NOBODY = 1 << 62
"""What stands for no source."""

PERSON_BITS = 32
"""A source that was chosen is its hops and, in this many bits, its number."""


class Targets(NamedTuple):
    """Stays of persons reached (n,): there from `since` for as long as a contact takes; person, row of `Ranges`."""

    since: I64
    person: U32
    row: I64


class Infectious(NamedTuple):
    """Seconds of the chain [since, until) per person (people,), NEVER for who does not count; hops (people,)."""

    since: U32
    until: U32
    hops: U32


class Several(NamedTuple):
    """Sources (m,) who are there by several records: those of target t at first[t]:first[t + 1]."""

    first: I64
    person: U32


@njit(cache=True, nogil=True)
def _runs_at(site: Site, since: int, row: int) -> int:
    """The runs that hold who is there from `since` on for the length of a contact."""
    ground, reach = site.ground, site.reach
    first = np.searchsorted(ground.hi, since - reach.bridge)  # a record may end just as its day does
    last = np.searchsorted(ground.lo, since + reach.theta + reach.bridge, side="right")
    segments = (ground.first[first], ground.first[last])
    runs, _ = runs_near(site, segments, (since, since + reach.theta), row, 0)
    return int(runs)


@njit(cache=True, nogil=True)
def _counts(infectious: Infectious, person: int, since: int, until: int) -> bool:
    return int(np.int64(infectious.since[person])) <= since and until <= int(np.int64(infectious.until[person]))


@njit(cache=True, nogil=True)
def _rank(infectious: Infectious, person: int) -> int:
    """Fewest hops first, then by number."""
    hops = infectious.hops[person]
    return NOBODY if hops == NEVER else int(np.int64(hops)) << PERSON_BITS | person


@njit(cache=True, nogil=True)
def choose(site: Site, targets: Targets, infectious: Infectious, several: Several, spread: bool) -> I64:
    """(n,) targets to the hops and number of the source that comes first, NOBODY where there is none.

    With `spread`, targets are by arrival, and the hops of each become one more than those of its source.
    """
    best = np.full(targets.since.size, NOBODY, dtype=np.int64)
    for t in range(targets.since.size):
        for i in range(several.first[t], several.first[t + 1]):
            best[t] = min(best[t], _rank(infectious, int(np.int64(several.person[i]))))
        best[t] = min(best[t], _first_source(site, targets.since[t], targets.row[t], infectious))
        if spread and best[t] != NOBODY:
            hops = np.uint32((best[t] >> PERSON_BITS) + 1)
            infectious.hops[targets.person[t]] = min(infectious.hops[targets.person[t]], hops)
    return best


@njit(cache=True, nogil=True)
def _first_source(site: Site, since: int, row: int, infectious: Infectious) -> int:
    """Of those who are there by one record the one with the fewest hops and the smallest number."""
    ground, room = site.ground, site.room
    best, until = NOBODY, since + site.reach.theta
    for i in range(_runs_at(site, since, row)):
        g = room.segment[i]
        records = records_of(ground, g)
        for first in range(room.first[i], room.last[i], AT_ONCE):
            n = _covering(site, g, (first, min(first + AT_ONCE, room.last[i])), (since, until))
            for j in room.chosen[:n]:
                _, _, person = unpacked(records[j], ground.alias)
                if _counts(infectious, person, since, until):
                    best = min(best, _rank(infectious, person))
    return best


@njit(cache=True, nogil=True)
def _covering(site: Site, g: int, rows: tuple[int, int], span: tuple[int, int]) -> int:
    """Put the rows that cover a span of the chain into `chosen`, without branches; how many."""
    ground, chosen, n = site.ground, site.room.chosen, 0
    records = records_of(ground, g)
    low, high = local_span(ground, g, span[0], span[1])
    for j in range(rows[0], rows[1]):
        s, e, _ = unpacked(records[j], ground.alias)
        used = ground.worth[g, np.int64(records[j] & np.uint64(TAG_MASK))] != UNUSED
        chosen[n] = j
        n += int((s <= low) & (e >= high) & used)
    return n


@njit(cache=True, nogil=True)
def in_several(site: Site, targets: Targets, infectious: Infectious, out: Fragments) -> tuple[int, int]:
    """Put out the records of sources that may have to be joined to cover a target: (how many, slots they need)."""
    held, most = 0, 0
    for t in range(targets.since.size):
        runs = _runs_at(site, targets.since[t], targets.row[t])
        slots = slots_for(rows_in(site.room, runs))
        most = max(most, slots)
        if slots <= site.room.table.shape[0]:
            sight = Sight(t, targets.since[t], targets.since[t] + site.reach.theta, 0, slots, next_key(site.room))
            if _seen_again(site, runs, sight, infectious):
                held = _put_out(site, runs, sight, (out, held))
    return held, most


@njit(cache=True, nogil=True)
def _seen_again(site: Site, runs: int, sight: Sight, infectious: Infectious) -> bool:
    """Whether some source's records have to be joined: none of those is one that covers the target alone."""
    ground, room, bridge = site.ground, site.room, site.reach.bridge
    again = False
    for i in range(runs):
        g = room.segment[i]
        records = records_of(ground, g)
        near = local_span(ground, g, sight.start - bridge, sight.end + bridge)
        low, high = local_span(ground, g, sight.start, sight.end)
        for j in range(room.first[i], room.last[i]):
            s, e, person = unpacked(records[j], ground.alias)
            if (s > near[1]) | (e < near[0]) | ((s <= low) & (e >= high)):
                continue
            if ground.worth[g, np.int64(records[j] & np.uint64(TAG_MASK))] == UNUSED:
                continue
            if _counts(infectious, person, sight.start, sight.end):
                _, s, e = on_course(ground, g, s, e)
                again |= see(room.table, sight.slots, sight.key + person, (s, e), bridge)
    return again


@njit(cache=True, nogil=True)
def _put_out(site: Site, runs: int, sight: Sight, to: tuple[Fragments, int]) -> int:
    ground, room, bridge = site.ground, site.room, site.reach.bridge
    out, held = to
    for i in range(runs):
        g = room.segment[i]
        records = records_of(ground, g)
        low, high = local_span(ground, g, sight.start - bridge, sight.end + bridge)
        for j in range(room.first[i], room.last[i]):
            s, e, _ = unpacked(records[j], ground.alias)
            if s <= high and e >= low and ground.worth[g, np.int64(records[j] & np.uint64(TAG_MASK))] != UNUSED:
                held = put_out(site, (i, j), sight, out, held)
    return held


@njit(cache=True, nogil=True)
def covering(order: I64, fragments: Fragments, group: U64, since: I64, length: tuple[int, int]) -> I64:
    """Fragments in the order of (target, person, group, start) to the first of each stay that covers its target.

    since (n,): of the targets. length: least seconds of a contact, seconds that are bridged.
    """
    found = np.empty(order.size, dtype=np.int64)
    n, i = 0, 0
    while i < order.size:
        f = order[i]
        end, i = joined(order, i, fragments, group, length[1])
        begin = since[fragments.part[f]]
        if fragments.start[f] <= begin and end >= begin + length[0]:
            found[n] = f
            n += 1
    return found[:n]


class Told(NamedTuple):
    """Stays by which something can be told (n,): person, seconds of the chain, key, row of `Ranges`."""

    person: U32
    start: I64
    end: I64
    key: U64
    row: I64


@njit(cache=True, nogil=True)
def tell(stays: Told, ranges: Ranges, targets: Told, source: I64, theta: int) -> tuple[I64, I64]:
    """For each of (n,) targets: index of the stay of the source that it met from its start on, -1 for none.

    Targets are stays of those reached, from the contact on, by start. source (n,): who it was, -1 for anybody; of
    several the one with the smallest (person, key, start). Returns the index and the second at which the time shared
    ends.
    """
    chosen, until = np.full(source.size, -1, dtype=np.int64), np.zeros(source.size, dtype=np.int64)
    for i in range(stays.start.size):
        first = np.searchsorted(targets.start, stays.start[i])
        last = np.searchsorted(targets.start, stays.end[i] - theta, side="right")
        for t in range(first, last):
            if source[t] >= 0 and source[t] != int(np.int64(stays.person[i])):
                continue
            if stays.person[i] == targets.person[t] or not _is_near(targets.key[t], ranges, stays.row[i]):
                continue
            if chosen[t] < 0 or _before(stays, i, chosen[t]):
                chosen[t] = i
                until[t] = min(stays.end[i], targets.end[t])
    return chosen, until


@njit(cache=True, nogil=True)
def _before(stays: Told, i: int, k: int) -> bool:
    """Whether stay i comes before stay k."""
    if stays.person[i] != stays.person[k]:
        return bool(stays.person[i] < stays.person[k])
    if stays.key[i] != stays.key[k]:
        return bool(stays.key[i] < stays.key[k])
    return bool(stays.start[i] < stays.start[k])


@njit(cache=True, nogil=True)
def _is_near(key: np.uint64, ranges: Ranges, row: int) -> bool:
    """Whether a key lies in the ranges of a row."""
    for r in range(ranges.first[row], ranges.first[row + 1]):
        if ranges.lo[r] <= key < ranges.hi[r]:
            fit = fits(key, ranges.floor[r], ranges.certain[r])
            if fit >= 0 and not (ranges.only and fit == POSSIBLE):
                return True
    return False
