"""Everybody's stays at some places as clusters to be counted: twice, of all records and of the certain ones."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from twin.presence.chain.clusters import clusters
from twin.presence.chain.course import Course
from twin.presence.chain.ground import Field, field
from twin.presence.chain.stays import Scale
from twin.presence.kernels.chain_crowd import Crowd, Entries
from twin.presence.kernels.network_counts import Counted, Job, Tally, count_clusters
from twin.presence.near.ranges import KeyRanges
from twin.presence.network.asked import Counting
from twin.presence.segments.segment import Segment
from twin.presence.snapshot import Snapshot
from twin.types import I64, U32, U64, Bools, Window


@dataclass(frozen=True, slots=True)
class Ground:
    """Places to be counted: (n,) entries by cluster and group, the row of each, whether it can be certain.

    place: (rows,) the smallest key of each row's group. `rows_held`: records of all entries.
    """

    entries: Entries
    row: U32
    sure: Bools
    place: U64
    rows_held: int


class Counts:
    """Counts of one run. Of `(rows, buckets)`, or, with `degrees`, per person."""

    def __init__(self, people: int, shape: tuple[int, int], *, degrees: bool) -> None:
        self.people, self.stays, self.meetings = (np.zeros(shape, dtype=np.int64) for _ in range(3))
        self.degree, self.kept = (np.zeros(people if degrees else 0, dtype=np.int64) for _ in range(2))
        self.read = 0
        one_a_group = shape[0] > 1
        self._seen = np.zeros(people if one_a_group else shape[1] * (people // 32 + 1), dtype=np.uint32)

    def add(self, on: Field, entries: Entries, row: U32, counted: Counted) -> None:
        """Count what entries hold."""
        tally = Tally(row, self.people, self.stays, self.meetings, self._seen, self.degree, self.kept)
        state = np.zeros(2, dtype=np.int64)
        count_clusters(Job(on.ground, entries, crowd_for(on, entries), counted, tally, state))
        self.read += int(state[1])


def ground(
    snapshot: Snapshot, window: Window, counting: Counting, ranges: KeyRanges | None, around: U64 | None = None
) -> Ground:
    """The entries of every segment of a window, within key ranges; `around`: only where others are near to these keys.

    Raises TooMuch where they hold more records than may be read.
    """
    every, certain = (Scale(counting.rule.near, counting.rule.bridge_s, sure) for sure in (False, True))
    close = None if around is None else counting.rule.near.around(around).ranges.merged()
    parts = []
    for number, segment in enumerate(_segments(snapshot, window, counting)):
        at = _within(segment.places.keys, close if ranges is None else ranges)
        if ranges is not None and close is not None:
            at = np.intersect1d(at, _within(segment.places.keys, close), assume_unique=True)
        keys = segment.places.keys[at]
        found = clusters(every, keys)
        used = found.used
        at, keys = at[used], keys[used]
        sure = clusters(certain, keys).used
        offsets = segment.places.offsets
        held = offsets[at + 1].astype(np.int64) - offsets[at]
        numbers = np.full(len(at), number, dtype=np.uint32)
        parts.append((found.cluster[used], found.group[used], numbers, at, found.unknown[used], sure, keys, held))
    kinds = (np.uint64, np.uint64, np.uint32, np.uint32, np.uint8, np.bool_, np.uint64, np.int64)
    columns = [
        np.concatenate([np.empty(0, kind), *(part[i].astype(kind) for part in parts)]) for i, kind in enumerate(kinds)
    ]
    snapshot.admit(int(columns[-1].sum()))
    return _grouped(columns, by_place=counting.by_place)


def run(
    snapshot: Snapshot, window: Window, counting: Counting, on: Ground, edges: I64, *, degrees: bool = False
) -> tuple[Counts, Counts]:
    """Count the entries: of all records, and of those that leave no doubt. (b + 1,) edges are UTC."""
    course = Course.of(window, "forward")
    counted = Counted(counting.least, counting.rule.bridge_s, (edges - window.start).astype(np.int64))
    shape = (1, 1) if degrees else (len(on.place) if counting.by_place else 1, len(edges) - 1)

    def one(certain: bool) -> Counts:
        counts = Counts(snapshot.people, shape, degrees=degrees)
        entries, row = (_only(on.entries, on.sure), on.row[on.sure]) if certain else (on.entries, on.row)
        counts.add(field(snapshot, course, window, counting.rule.trust, certain=certain), entries, row, counted)
        return counts

    with ThreadPoolExecutor(1, thread_name_prefix="network") as pool:
        other = pool.submit(one, True)
        every = one(False)
        return every, other.result()


def _segments(snapshot: Snapshot, window: Window, counting: Counting) -> Sequence[Segment]:
    """In the order of a field."""
    return field(snapshot, Course.of(window, "forward"), window, counting.rule.trust, certain=False).segments


def _within(keys: U64, ranges: KeyRanges | None) -> I64:
    """Indices of the ascending keys that lie in ranges, which are apart and ascending."""
    if ranges is None:
        return np.arange(len(keys))
    first, last = np.searchsorted(keys, ranges.lo), np.searchsorted(keys, ranges.hi)
    count = last - first
    inside: I64 = np.arange(int(count.sum())) + np.repeat(first - np.cumsum(count) + count, count)
    return inside


def _grouped(columns: Sequence[np.ndarray[tuple[int], np.dtype[np.generic]]], *, by_place: bool) -> Ground:
    """Columns as `ground` gathers them, put in order of cluster and group."""
    order = np.lexsort((columns[1], columns[0]))
    cluster, group, segment, place, unknown, sure, keys, held = (column[order] for column in columns)
    fresh = np.ones(len(order), dtype=np.bool_)
    fresh[1:] = (cluster[1:] != cluster[:-1]) | (group[1:] != group[:-1])
    row = (np.cumsum(fresh) - 1 if by_place else np.zeros(len(order))).astype(np.uint32)
    first = np.flatnonzero(fresh)
    smallest = np.minimum.reduceat(keys, first) if len(first) else keys
    entries = Entries(cluster, group, segment, place, unknown, _bounds(cluster))
    return Ground(entries, row, sure, smallest, int(held.sum()))


def _bounds(cluster: U64) -> I64:
    """Where each cluster begins, and the end."""
    inner = np.flatnonzero(cluster[1:] != cluster[:-1]) + 1
    return np.concatenate([[0], inner, [len(cluster)]] if len(cluster) else [[0]]).astype(np.int64)


def _only(entries: Entries, which: Bools) -> Entries:
    cluster = entries.cluster[which]
    return Entries._make((cluster, *(column[which] for column in entries[1:-1]), _bounds(cluster)))


def crowd_for(on: Field, entries: Entries) -> Crowd:
    """Room for the largest group of the entries."""
    size = 0
    if len(entries.group):
        rows = np.empty(len(entries.group), dtype=np.int64)
        for number, segment in enumerate(on.segments):
            there = entries.segment == number
            at = entries.place[there].astype(np.int64)
            rows[there] = segment.places.offsets[at + 1].astype(np.int64) - segment.places.offsets[at]
        fresh = np.ones(len(rows), dtype=np.bool_)
        fresh[1:] = (entries.group[1:] != entries.group[:-1]) | (entries.cluster[1:] != entries.cluster[:-1])
        size = int(np.add.reduceat(rows, np.flatnonzero(fresh)).max())
    slots = max(16, 1 << (2 * size - 1).bit_length()) if size else 16
    kinds = (np.uint32, np.int64, np.int64, np.uint32, np.uint64, np.uint8)
    marks = np.empty(slots, dtype=np.uint32), np.zeros(slots, dtype=np.uint32)
    lists = (*(np.empty(size, dtype=np.int64) for _ in range(4)), np.empty(2 * size, dtype=np.int64))
    return Crowd._make((*(np.empty(size, dtype=kind) for kind in kinds), *marks, *lists))
