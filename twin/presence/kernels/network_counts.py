"""Kernels that count meetings cluster by cluster of places: stays are joined, pairs are not looked at.

A group is one place of the scale; groups of a cluster whose floor is known are apart from each other, and those whose
floor is unknown may be any of them. Times are seconds of the window.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from twin.presence.kernels.chain_crowd import Crowd, Entries, arrange, load, merge_crowd
from twin.presence.kernels.chain_ground import Ground, offsets_of
from twin.presence.kernels.network_sets import (
    Others,
    Part,
    all_of,
    begun_by,
    bits,
    counted_up,
    ended_before,
    has,
    meeting,
    others,
    own_of,
)
from twin.types import I64, U32

_DENSE = 16
"""A count for every second pays where there are more stays than seconds divided by this."""


class Counted(NamedTuple):
    """What counts: least seconds (at least 1) of a meeting, bridged gaps; (b + 1,) edges of the buckets of time."""

    least: int
    bridge: int
    edges: I64


class Tally(NamedTuple):
    """Counts (r, b): people, stays, meetings; `row` of each entry.

    seen: (people,) zeros where each group is a row of its own, else (b, people // 32 + 1) bits as one array.
    degree, kept: (people,) meetings and stays of each person; or (0,).
    """

    row: U32
    people: I64
    stays: I64
    meetings: I64
    seen: U32
    degree: I64
    kept: I64


class Some(NamedTuple):
    """(n,) stays that are long enough, by start: whose, from when, up to which second another may begin; their row."""

    person: U32
    start: I64
    end: I64
    row: U32


class Job(NamedTuple):
    """What is counted, and the room for it: `crowd` holds the largest group. state: joins so far, records read."""

    ground: Ground
    entries: Entries
    crowd: Crowd
    counted: Counted
    tally: Tally
    state: I64


@njit(cache=True, nogil=True)
def count_clusters(job: Job) -> None:
    """Add up every cluster."""
    entries = job.entries
    for c in range(entries.bounds.size - 1):
        low, high = entries.bounds[c], entries.bounds[c + 1]
        if entries.unknown[low:high].any():
            _count_doubtful(job, low, high)
            continue
        first = low
        while first < high:
            until = _group_end(entries, first, high)
            n = _gather(job, first, until)
            _count_within(job, n, job.tally.row[first])
            first = until


@njit(cache=True, nogil=True)
def _group_end(entries: Entries, first: int, high: int) -> int:
    """Where the group of an entry ends."""
    until = first + 1
    while until < high and entries.group[until] == entries.group[first]:
        until += 1
    return until


@njit(cache=True, nogil=True)
def _gather(job: Job, first: int, until: int) -> int:
    """Read and join the stays of one group, note them, keep those long enough for a meeting in the crowd: their number.

    Of those kept, the end is the last second at which another may begin.
    """
    crowd, least = job.crowd, job.counted.least
    held = load(job.ground, job.entries, (first, until), (0, int(job.ground.length)), crowd)
    job.state[0] += 1
    job.state[1] += held.read
    _arrange(crowd, held.stays, int(job.ground.length))
    n = merge_crowd(crowd, held.stays, job.counted.bridge, int(job.state[0]))
    if job.tally.degree.size:
        for i in range(n):
            job.tally.kept[crowd.person[i]] += 1
    elif job.tally.people.size == job.tally.people.shape[0] and job.tally.people.shape[0] > 1:
        row = job.tally.row[first]
        job.tally.stays[row, 0] += n
        job.tally.people[row, 0] += _different(crowd, held.stays, np.uint32(job.state[0]))
    else:
        _note(job, n, job.tally.row[first])
    kept = 0
    for i in range(n):
        if crowd.end[i] - crowd.start[i] >= least:
            crowd.person[kept], crowd.start[kept], crowd.end[kept] = (
                crowd.person[i],
                crowd.start[i],
                crowd.end[i] - least,
            )
            kept += 1
    return kept


@njit(cache=True, nogil=True)
def _different(crowd: Crowd, n: int, mark: np.uint32) -> int:
    """How many different persons n stays of one group were merged of: each left one mark in the table."""
    slots = 16
    while slots < 2 * n:
        slots <<= 1
    count = 0
    for slot in range(slots):
        count += crowd.mark[slot] == mark
    return count


@njit(cache=True, nogil=True)
def _arrange(crowd: Crowd, n: int, length: int) -> None:
    """Put the first n stays of one group in order of start: many in few seconds by counting."""
    if n * _DENSE < length:
        arrange(crowd, n)
        return
    at = counted_up(crowd.start[:n], length, True)
    for i in range(n):
        k = at[crowd.start[i]]
        at[crowd.start[i]] += 1
        crowd.keys[k], crowd.until[k], crowd.targets[k] = crowd.start[i], crowd.end[i], np.int64(crowd.person[i])
    for k in range(n):
        crowd.start[k], crowd.end[k], crowd.person[k] = crowd.keys[k], crowd.until[k], np.uint32(crowd.targets[k])


@njit(cache=True, nogil=True)
def _note(job: Job, n: int, row: int) -> None:
    """Count the joined stays of a group where they begin, and different people in each bucket that they touch."""
    crowd, edges, tally = job.crowd, job.counted.edges, job.tally
    buckets = edges.size - 1
    words = tally.seen.size // buckets
    one_a_group = tally.people.shape[0] > 1
    bucket = 0
    for i in range(n):
        while edges[bucket + 1] <= crowd.start[i]:
            bucket += 1
        tally.stays[row, bucket] += 1
        person, until, at = np.int64(crowd.person[i]), max(crowd.end[i], crowd.start[i] + 1), bucket
        while at < buckets and edges[at] < until:
            if one_a_group:
                stamp, last = row * buckets + at + 1, np.int64(tally.seen[person])
                new = last <= row * buckets or last > (row + 1) * buckets or last < stamp
                if new:
                    tally.seen[person] = np.uint32(stamp)
            else:
                word, bit = at * words + (person >> 5), np.uint32(1) << np.uint32(person & 31)
                new = tally.seen[word] & bit == np.uint32(0)
                tally.seen[word] |= bit
            tally.people[row, at] += new
            at += 1


@njit(cache=True, nogil=True)
def _count_within(job: Job, n: int, row: int) -> None:
    """Meetings among the stays of one group, no two of one person at once: each counts when the later begins."""
    if n < 2:
        return
    crowd, tally, length = job.crowd, job.tally, int(job.ground.length)
    start, end = crowd.start[:n], crowd.end[:n]
    none = np.empty(0, dtype=np.int64)
    dense = n * _DENSE >= length
    if tally.degree.size:
        begun = counted_up(start, length, False) if dense else none
        ended = counted_up(end, length, True) if dense else none
        part = Part(start, none if dense else np.sort(end), 0, n, begun, ended)
        for i in range(n):
            tally.degree[crowd.person[i]] += meeting(part, start[i], end[i]) - 1
        return
    ended = counted_up(end, length, True) if dense else np.sort(end)
    bucket, gone = 0, 0
    for i in range(n):
        while job.counted.edges[bucket + 1] <= start[i]:
            bucket += 1
        if dense:
            gone = ended[start[i]]
        else:
            while ended[gone] < start[i]:
                gone += 1
        tally.meetings[row, bucket] += i - gone


@njit(cache=True, nogil=True)
def _count_doubtful(job: Job, low: int, high: int) -> None:
    """A cluster with stays whose floor is unknown: those meet each other and all on known floors, persons aside."""
    entries, tally = job.entries, job.tally
    rows = np.int64(0)
    for i in range(low, high):
        offsets = offsets_of(job.ground, entries.segment[i])
        rows += np.int64(offsets[entries.place[i] + 1]) - np.int64(offsets[entries.place[i]])
    length = int(job.ground.length)
    dense = rows * _DENSE >= length
    every = Some(
        np.empty(rows, dtype=np.uint32),
        np.empty(rows, dtype=np.int64),
        np.empty(rows, dtype=np.int64),
        np.empty(rows, dtype=np.uint32),
    )
    n, first = 0, low
    while first < high:
        until = _group_end(entries, first, high)
        if entries.unknown[first]:
            n = _append(job.crowd, _gather(job, first, until), tally.row[first], every, n)
        first = until
    loose = _by_start(every, n)
    unknown = others(loose.person, loose.start, loose.end, length, dense)
    first = low
    while first < high:
        until = _group_end(entries, first, high)
        if not entries.unknown[first]:
            more = _gather(job, first, until)
            _count_within(job, more, tally.row[first])
            _count_across(job, more, tally.row[first], unknown)
            if tally.degree.size:
                n = _append(job.crowd, more, tally.row[first], every, n)
        first = until
    if tally.degree.size:
        there = _by_start(every, n)
        _degrees_of(loose, others(there.person, there.start, there.end, length, dense), tally)
    else:
        _count_loose(job, loose, unknown)


@njit(cache=True, nogil=True)
def _append(crowd: Crowd, count: int, row: int, to: Some, n: int) -> int:
    """Put what is kept in the crowd behind the first n; returns how many there are then."""
    for i in range(count):
        to.person[n], to.start[n], to.end[n], to.row[n] = crowd.person[i], crowd.start[i], crowd.end[i], row
        n += 1
    return n


@njit(cache=True, nogil=True)
def _by_start(some: Some, n: int) -> Some:
    """The first n by start; those of one second as they come."""
    order = np.argsort(some.start[:n], kind="mergesort")
    return Some(some.person[:n][order], some.start[:n][order], some.end[:n][order], some.row[:n][order])


@njit(cache=True, nogil=True)
def _count_across(job: Job, n: int, row: int, unknown: Others) -> None:
    """Meetings of the stays of a group on a known floor with those whose floor is unknown, of other persons."""
    crowd, tally, edges, meetings = job.crowd, job.tally, job.counted.edges, job.tally.meetings[row]
    everybody, begun, ended = all_of(unknown), unknown.begun, unknown.ended
    some, simple = bits(unknown.person), begun.size > 0 and meetings.size == 1
    for i in range(n):
        person, start, end = crowd.person[i], crowd.start[i], crowd.end[i]
        if tally.degree.size:
            tally.degree[person] += meeting(everybody, start, end)
        elif simple:  # the same as below, where it is done a hundred thousand times
            meetings[0] += begun[end] - ended[start]
        else:
            _add(everybody, (start, end), 1, edges, meetings)
        if has(some, person):
            own = own_of(unknown, person)
            if tally.degree.size:
                tally.degree[person] -= meeting(own, start, end)
            else:
                _add(own, (start, end), -1, edges, meetings)


@njit(cache=True, nogil=True)
def _add(part: Part, span: tuple[int, int], sign: int, edges: I64, meetings: I64) -> None:
    """Add those of a part who meet a stay that is none of them to the (b,) buckets in which the later one begins."""
    start, end = span
    if meetings.size == 1:
        meetings[0] += sign * meeting(part, start, end)
        return
    bucket = int(np.searchsorted(edges, start, side="right")) - 1
    before = begun_by(part, start)
    meetings[bucket] += sign * (before - ended_before(part, start))
    while True:
        until = min(end, edges[bucket + 1] - 1)
        by = begun_by(part, until)
        meetings[bucket] += sign * (by - before)
        before = by
        if until == end:
            return
        bucket += 1


@njit(cache=True, nogil=True)
def _degrees_of(loose: Some, everybody: Others, tally: Tally) -> None:
    """Add how many meetings stays whose floor is unknown have, of everybody in the cluster."""
    every = all_of(everybody)
    for i in range(loose.start.size):
        own = meeting(own_of(everybody, loose.person[i]), loose.start[i], loose.end[i])
        tally.degree[loose.person[i]] += meeting(every, loose.start[i], loose.end[i]) - own


@njit(cache=True, nogil=True)
def _count_loose(job: Job, loose: Some, unknown: Others) -> None:
    """Meetings of stays whose floor is unknown with each other, at the place of the later one."""
    everybody, edges = all_of(unknown), job.counted.edges
    before = np.zeros(loose.start.size, dtype=np.int64)
    order = np.argsort(loose.person, kind="mergesort")
    for k in range(1, order.size):  # how many of one's own begin before each of one's own
        if loose.person[order[k]] == loose.person[order[k - 1]]:
            before[order[k]] = before[order[k - 1]] + 1
    bucket = 0
    for i in range(loose.start.size):
        start = loose.start[i]
        while edges[bucket + 1] <= start:
            bucket += 1
        own = before[i] - ended_before(own_of(unknown, loose.person[i]), start)
        job.tally.meetings[loose.row[i], bucket] += i - ended_before(everybody, start) - own
