"""The stays of one cluster of places as kernels of the sweep handle them: read, put in order, merged."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from twin.presence.kernels.chain_frontier import unpacked
from twin.presence.kernels.chain_ground import Ground, local_span, offsets_of, on_course, reach_of, records_of
from twin.presence.kernels.layout import UNUSED
from twin.presence.kernels.reading import first_start
from twin.presence.segments.record import DAY_LIMIT, REACH_UNIT_S, TAG_MASK
from twin.types import I64, U8, U32, U64

_FEW = 40
"""So many are sorted by insertion."""


class Entries(NamedTuple):
    """Places (n,) by (cluster, group): segment, place in it, whether its floor is unknown; cluster c at bounds[c]:."""

    cluster: U64
    group: U64
    segment: U32
    place: U32
    unknown: U8
    bounds: I64


class Crowd(NamedTuple):
    """Room for the stays of one cluster (n,): person, seconds of the chain, group (an index).

    groups, unknown: of each index. Room besides: table and mark (a power of two, at least 2 n) to find somebody's
    latest stay; keys, until, targets, dealt (n,) and lists (2 n,) to sort and to deal by group.
    """

    person: U32
    start: I64
    end: I64
    group: U32
    groups: U64
    unknown: U8
    table: U32
    mark: U32
    keys: I64
    until: I64
    targets: I64
    dealt: I64
    lists: I64


class Held(NamedTuple):
    """How much of a crowd is used: stays, groups; and records read for it."""

    stays: int
    groups: int
    read: int


@njit(cache=True, nogil=True)
def load(ground: Ground, entries: Entries, which: tuple[int, int], span: tuple[int, int], crowd: Crowd) -> Held:
    """The records of entries first..last that meet a span (seconds of the chain)."""
    n, m, read = 0, 0, 0
    for i in range(which[0], which[1]):
        if i == which[0] or entries.group[i] != entries.group[i - 1]:
            crowd.groups[m], crowd.unknown[m] = entries.group[i], entries.unknown[i]
            m += 1
        more, looked = _append(ground, (int(entries.segment[i]), int(entries.place[i])), span, crowd, (n, m - 1))
        n, read = n + more, read + looked
    return Held(n, m, read)


@njit(cache=True, nogil=True)
def load_more(
    ground: Ground, entries: Entries, which: tuple[int, int], span: tuple[int, int], to: tuple[Crowd, Held]
) -> Held:
    """Append those of further entries whose groups are known already."""
    crowd, held = to
    n, read = held.stays, held.read
    for i in range(which[0], which[1]):
        group = np.searchsorted(crowd.groups[: held.groups], entries.group[i])
        if group < held.groups and crowd.groups[group] == entries.group[i]:
            place = (int(entries.segment[i]), int(entries.place[i]))
            more, looked = _append(ground, place, span, crowd, (n, int(group)))
            n, read = n + more, read + looked
    return Held(n, held.groups, read)


@njit(cache=True, nogil=True)
def _append(
    ground: Ground, place: tuple[int, int], span: tuple[int, int], crowd: Crowd, at: tuple[int, int]
) -> tuple[int, int]:
    """Append the records of a place that meet a span: (stays, records read)."""
    g, p = place
    n, group = at
    records, offsets = records_of(ground, g), offsets_of(ground, g)
    low, high = local_span(ground, g, span[0], span[1])
    first, last = int(np.int64(offsets[p])), int(np.int64(offsets[p + 1]))
    if low > 0:
        first = first_start(records, first, last, low - int(np.int64(reach_of(ground, g)[p])) * REACH_UNIT_S)
    if high < DAY_LIMIT:
        last = first_start(records, first, last, high + 1)
    for j in range(first, last):
        s, e, person = unpacked(records[j], ground.alias)
        if e < low or s > high or ground.worth[g, np.int64(records[j] & np.uint64(TAG_MASK))] == UNUSED:
            continue
        inside, s, e = on_course(ground, g, s, e)
        if inside:
            crowd.person[n], crowd.start[n], crowd.end[n], crowd.group[n] = person, s, e, group
            n += 1
    return n - at[0], last - first


@njit(cache=True, nogil=True)
def arrange(crowd: Crowd, n: int) -> None:
    """Put the first n stays in order of start."""
    person, start, end, group = crowd.person, crowd.start, crowd.end, crowd.group
    if n <= _FEW:
        for i in range(1, n):
            p, s, e, g = person[i], start[i], end[i], group[i]
            j = i
            while j > 0 and start[j - 1] > s:
                person[j], start[j], end[j], group[j] = person[j - 1], start[j - 1], end[j - 1], group[j - 1]
                j -= 1
            person[j], start[j], end[j], group[j] = p, s, e, g
        return
    if not _ascending(start, n):
        for i in range(n):
            crowd.keys[i] = start[i] << 32 | i
        crowd.keys[:n].sort()
        for i in range(n):
            k = crowd.keys[i] & 0xFFFFFFFF
            crowd.lists[i], crowd.until[i] = np.int64(person[k]) << 32 | np.int64(group[k]), end[k]
        for i in range(n):
            start[i], end[i] = crowd.keys[i] >> 32, crowd.until[i]
            person[i], group[i] = np.uint32(crowd.lists[i] >> 32), np.uint32(crowd.lists[i] & 0xFFFFFFFF)


@njit(cache=True, nogil=True)
def _ascending(values: I64, n: int) -> bool:
    ordered = True
    for i in range(1, n):
        ordered &= values[i] >= values[i - 1]
    return bool(ordered)


@njit(cache=True, nogil=True)
def merge_crowd(crowd: Crowd, n: int, bridge: int, mark: int) -> int:
    """Merge the first n stays, which are by start, per person and group; `mark` is new each time. Returns how many."""
    slots = 16
    while slots < 2 * n:
        slots <<= 1
    stamp, m = np.uint32(mark), 0
    for i in range(n):
        person, group = crowd.person[i], crowd.group[i]
        slot = _slot(person, group, slots)
        while crowd.mark[slot] == stamp:
            k = crowd.table[slot]
            if crowd.person[k] == person and crowd.group[k] == group:
                break
            slot = (slot + 1) & (slots - 1)
        if crowd.mark[slot] == stamp:
            k = crowd.table[slot]
            if crowd.start[i] <= crowd.end[k] + bridge:
                crowd.end[k] = max(crowd.end[k], crowd.end[i])
                continue
        crowd.mark[slot], crowd.table[slot] = stamp, np.uint32(m)
        crowd.person[m], crowd.start[m], crowd.end[m], crowd.group[m] = person, crowd.start[i], crowd.end[i], group
        m += 1
    return m


@njit(cache=True, nogil=True)
def _slot(person: np.uint32, group: np.uint32, slots: int) -> int:
    mixed = (np.uint64(person) + (np.uint64(group) << np.uint64(32))) * np.uint64(0x9E3779B97F4A7C15)
    return int(np.int64(mixed >> np.uint64(33))) & (slots - 1)
