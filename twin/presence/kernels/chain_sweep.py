"""Kernels of the sweep: whole days, cluster of places by cluster, in O(n log n) of their stays, never by pairs.

A cluster holds the places among which people can be together: groups, each near to itself and to the groups of the
cluster whose floor nobody knows. Whoever is there from `s` to `e` is reached as soon as somebody infectious is there
too: at `s` if the latest end of those who came before is far enough away, else by the next who comes.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from twin.presence.kernels.chain_crowd import Crowd, Entries, Held, arrange, load, load_more, merge_crowd
from twin.presence.kernels.chain_frontier import Reach, within_bar
from twin.presence.kernels.chain_ground import NEVER, Ground, seek
from twin.types import I64, U8, U32

LATER = 1 << 40
"""A second of the chain after all others."""

_INDEX = 0xFFFFFFFF


class Spreaders(NamedTuple):
    """Seconds of the chain [since, until) in which persons are infectious (people,), NEVER; until may be (0,).

    moving: whether those reached spread on in the same run, `after` seconds from their arrival. changed: those who
    begin to in the day that is swept, each once, as `listed` (people,) says.
    """

    since: U32
    until: U32
    moving: bool
    after: int
    changed: U32
    listed: U8


class Actors(NamedTuple):
    """Who was reached, who spreads, and room for those who meet."""

    reach: Reach
    spreaders: Spreaders
    crowd: Crowd


class Meet(NamedTuple):
    """One look at a cluster: its stays and groups, where its day ends, whether what follows the day is known."""

    stays: int
    groups: int
    day_end: int
    ahead: bool


class Outcome(NamedTuple):
    """Persons who begin to spread in this day by now; whether any did, whether the next day must be looked into."""

    changed: int
    moved: bool
    ahead: bool


class Others(NamedTuple):
    """Sources as second << 32 | stay, ascending: those of a group, and those whose group nobody knows."""

    own: I64
    unknown: I64


@njit(cache=True, nogil=True)
def sweep(ground: Ground, day: int, places: tuple[Entries, Entries], actors: Actors, wanted: U8) -> tuple[int, int]:
    """Sweep the clusters of a day, those marked in `wanted` (clusters,) or, if that is (0,), all.

    places: of the day, and of the days that a contact begun in it can reach into. If gaps are bridged, those of the day
    hold the days around too. Returns records read and how many persons are in `changed`.
    """
    today, ahead = places
    reach, crowd = actors.reach, actors.crowd
    lo, hi = ground.lo[day], ground.hi[day]
    whole = (lo - reach.bridge, hi + reach.theta + reach.bridge) if reach.bridge else (lo, hi)
    read, changed, mark, hint = 0, 0, 0, 0
    crowd.mark[:] = 0
    for c in range(today.bounds.size - 1):
        if wanted.size and not wanted[c]:
            continue
        first, last = today.bounds[c], today.bounds[c + 1]
        held = load(ground, today, (first, last), whole, crowd)
        read += held.read
        if not _matters(crowd, held.stays, actors, hi):
            continue
        arrange(crowd, held.stays)
        mark += 1
        stays = merge_crowd(crowd, held.stays, reach.bridge, mark)
        changed, further = _meet(actors, Meet(stays, held.groups, hi, reach.bridge > 0), changed)
        if further:
            hint = seek(ahead.cluster, today.cluster[first], hint)
            end = hint
            while end < ahead.cluster.size and ahead.cluster[end] == today.cluster[first]:
                end += 1
            span = (hi, hi + reach.theta)
            held = load_more(ground, ahead, (hint, end), span, (crowd, Held(stays, held.groups, 0)))
            read += held.read
            arrange(crowd, held.stays)
            mark += 1
            stays = merge_crowd(crowd, held.stays, 0, mark)
            changed, further = _meet(actors, Meet(stays, held.groups, hi, True), changed)
    return read, changed


@njit(cache=True, nogil=True)
def _matters(crowd: Crowd, n: int, actors: Actors, day_end: int) -> bool:
    """Whether anybody there may reach anybody earlier than is known."""
    reach, since = actors.reach, actors.spreaders.since
    source, target = False, False
    for i in range(n):
        person = crowd.person[i]
        begins = np.int64(since[person])
        source |= begins + reach.theta <= crowd.end[i] or (crowd.end[i] >= day_end > begins)
        target |= crowd.start[i] + reach.theta < np.int64(reach.arrival[person])
    return source and target


@njit(cache=True, nogil=True)
def _meet(actors: Actors, meet: Meet, changed: int) -> tuple[int, bool]:
    """Let those who are there meet, until nobody is reached any more: (persons changed by now, look further)."""
    crowd = actors.crowd
    while True:
        sources, targets = _sources(actors, meet), _targets(actors, meet)
        if not sources or not targets:
            return changed, False
        if meet.groups == 1:
            others = Others(crowd.keys[:sources], crowd.keys[:0])
            outcome = _expose(actors, meet, crowd.targets[:targets], others, changed)
        else:
            outcome = _by_group(actors, meet, (sources, targets), changed)
        changed = outcome.changed
        if outcome.ahead or not outcome.moved:
            return changed, outcome.ahead


@njit(cache=True, nogil=True)
def _end(meet: Meet, end: int, theta: int) -> int:
    """When a stay ends at the latest, as far as it matters: one that lasts until the end of the day may go on."""
    return end if meet.ahead or end < meet.day_end else meet.day_end + theta


@njit(cache=True, nogil=True)
def _sources(actors: Actors, meet: Meet) -> int:
    """Put those who are infectious for long enough into `keys`, by when they begin to be; returns how many."""
    reach, spreaders, crowd = actors.reach, actors.spreaders, actors.crowd
    n, ordered = 0, True
    for k in range(meet.stays):
        person = int(np.int64(crowd.person[k]))
        begin = max(int(crowd.start[k]), int(np.int64(spreaders.since[person])))
        end = _end(meet, int(crowd.end[k]), reach.theta)
        if end - begin < reach.theta:
            continue
        if spreaders.until.size:
            end = min(end, int(np.int64(spreaders.until[person])))
        begin, end = within_bar(reach, person, begin, end)
        if end - begin >= reach.theta:
            crowd.until[k] = end
            crowd.keys[n] = begin << 32 | k
            ordered &= n == 0 or crowd.keys[n] > crowd.keys[n - 1]
            n += 1
    if not ordered:
        crowd.keys[:n].sort()
    return n


@njit(cache=True, nogil=True)
def _targets(actors: Actors, meet: Meet) -> int:
    """Put those who may be reached earlier than is known into `targets`, by start; returns how many."""
    reach, crowd = actors.reach, actors.crowd
    n = 0
    for k in range(meet.stays):
        start, end = int(crowd.start[k]), _end(meet, int(crowd.end[k]), reach.theta)
        if end - start >= reach.theta and start + reach.theta < int(np.int64(reach.arrival[crowd.person[k]])):
            crowd.targets[n] = k
            n += 1
    return n


@njit(cache=True, nogil=True)
def _expose(actors: Actors, meet: Meet, targets: I64, others: Others, changed: int) -> Outcome:
    """Note whom of the targets, by start, the others reach."""
    reach, crowd = actors.reach, actors.crowd
    theta, latest, moved, ahead = reach.theta, -1, False, False
    a, b = 0, 0
    for k in targets:
        person = int(np.int64(crowd.person[k]))
        start, end = int(crowd.start[k]), _end(meet, int(crowd.end[k]), theta)
        while a < others.own.size and others.own[a] >> 32 <= start:
            latest = max(latest, int(crowd.until[others.own[a] & _INDEX]))
            a += 1
        while b < others.unknown.size and others.unknown[b] >> 32 <= start:
            latest = max(latest, int(crowd.until[others.unknown[b] & _INDEX]))
            b += 1
        own, barred = within_bar(reach, person, start, end)
        if own != start:
            begin = _first_after(crowd, others, own, theta)
        elif latest >= start + theta:
            begin = start
        else:
            begin = min(_second(others.own, a), _second(others.unknown, b))
        if begin + theta > barred or begin + theta >= int(np.int64(reach.arrival[person])):
            continue
        if begin + theta > meet.day_end and not meet.ahead:
            ahead = True
            continue
        reach.arrival[person] = np.uint32(begin + theta)
        if actors.spreaders.moving:
            before = changed
            changed, began = _move(actors, person, begin + theta, meet.day_end, before)
            moved |= began
    return Outcome(changed, moved, ahead)


@njit(cache=True, nogil=True)
def _second(sources: I64, i: int) -> int:
    """When source number i begins to be infectious."""
    return int(sources[i] >> 32) if i < sources.size else LATER


@njit(cache=True, nogil=True)
def _first_after(crowd: Crowd, others: Others, start: int, theta: int) -> int:
    """When somebody who counts from `start` on first is together with one of the others for long enough."""
    first = LATER
    for sources in (others.own, others.unknown):
        for key in sources:
            begin = max(int(key >> 32), start)
            if int(crowd.until[key & _INDEX]) >= begin + theta:
                first = min(first, begin)
    return first


@njit(cache=True, nogil=True)
def _move(actors: Actors, person: int, arrival: int, day_end: int, changed: int) -> tuple[int, bool]:
    """Let somebody reached spread on: (persons changed by now, whether they begin to in this day)."""
    spreaders = actors.spreaders
    since, _ = within_bar(actors.reach, person, arrival + spreaders.after, LATER)
    if since >= int(np.int64(spreaders.since[person])):
        return changed, False
    spreaders.since[person] = np.uint32(min(since, int(np.int64(NEVER))))
    if since >= day_end:
        return changed, False
    if not spreaders.listed[person]:
        spreaders.listed[person] = 1
        spreaders.changed[changed] = person
        changed += 1
    return changed, True


@njit(cache=True, nogil=True)
def _by_group(actors: Actors, meet: Meet, counts: tuple[int, int], changed: int) -> Outcome:
    """Group by group: known ones with those whose group nobody knows, the latter with all."""
    crowd = actors.crowd
    sources, targets = counts
    first = _dealt(crowd.keys[:sources] & _INDEX, crowd, meet.groups, crowd.dealt)
    for i in range(sources):
        crowd.lists[i] = crowd.keys[crowd.dealt[i]]
    unknown = sources
    for i in range(sources):
        if crowd.unknown[crowd.group[crowd.keys[i] & _INDEX]]:
            crowd.lists[unknown] = crowd.keys[i]
            unknown += 1
    nobody = crowd.lists[sources:unknown]
    bounds = _dealt(crowd.targets[:targets], crowd, meet.groups, crowd.dealt)
    moved, ahead = False, False
    for g in range(meet.groups):
        some = crowd.dealt[bounds[g] : bounds[g + 1]]
        for i in range(some.size):
            some[i] = crowd.targets[some[i]]
        if crowd.unknown[g]:
            others = Others(crowd.keys[:sources], crowd.keys[:0])
        else:
            others = Others(crowd.lists[first[g] : first[g + 1]], nobody)
        if some.size and others.own.size + others.unknown.size:
            outcome = _expose(actors, meet, some, others, changed)
            changed, moved, ahead = outcome.changed, moved or outcome.moved, ahead or outcome.ahead
    return Outcome(changed, moved, ahead)


@njit(cache=True, nogil=True)
def _dealt(stays: I64, crowd: Crowd, groups: int, order: I64) -> I64:
    """Put the positions of (n,) stays into `order` by group, otherwise in their order; returns (groups + 1,) bounds."""
    bounds = np.zeros(groups + 2, dtype=np.int64)
    for k in stays:
        bounds[crowd.group[k] + 2] += 1
    for g in range(2, groups + 2):
        bounds[g] += bounds[g - 1]
    for i in range(stays.size):
        g = crowd.group[stays[i]] + 1
        order[bounds[g]] = i
        bounds[g] += 1
    return bounds[: groups + 1]
