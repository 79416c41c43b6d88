"""One walk for each person shown: from the labels alone, so that it is the same however they were found."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twin.presence.chain.frontier import empty_fragments, in_order, room_for, with_places, with_slots
from twin.presence.chain.running import FOREVER, Layer, Spread, Spreading
from twin.presence.chain.stays import Persons, Stays, stays_of
from twin.presence.kernels.chain_frontier import Ranges, Site
from twin.presence.kernels.chain_ground import NEVER
from twin.presence.kernels.chain_witness import (
    NOBODY,
    PERSON_BITS,
    Infectious,
    Several,
    Targets,
    Told,
    choose,
    covering,
    in_several,
    tell,
)
from twin.presence.near.nearness import Nearness
from twin.types import I64, U32, U64, Bools


@dataclass(frozen=True, slots=True)
class Edges:
    """How persons (n,), ascending, were reached in one layer: from whom, where, in which seconds of the chain."""

    person: U32
    source: U32
    place: U64
    other_place: U64
    start: I64
    end: I64
    certain: Bools


@dataclass(frozen=True, slots=True)
class Met:
    """Stays (t,) of persons reached (an index each), by start: from the contact on which reached them."""

    which: I64
    told: Told


def trace(run: Spreading, sure: Spreading, spread: Spread, wanted: dict[int, U32]) -> dict[int, Edges]:
    """Edges by layer for the persons wanted of some layers, and for all who come before them in their walks.

    `sure`: the same ground with nothing but certain contacts on it.
    """
    found: dict[int, Edges] = {}
    before = np.empty(0, dtype=np.uint32)
    for hops in range(max(wanted, default=0), 0, -1):
        person = np.union1d(before, wanted.get(hops, np.empty(0, dtype=np.uint32))).astype(np.uint32)
        layer = spread.layers[hops]
        at = np.searchsorted(layer.person, person)
        found[hops] = _edges(run, sure, spread.layers[hops - 1], person, layer.arrival[at] - run.rule.theta_s)
        before = np.unique(found[hops].source)
    return found


def _edges(run: Spreading, sure: Spreading, sources: Layer, person: U32, since: I64) -> Edges:
    """How some persons were reached by contacts with `sources` that began at (n,) seconds."""
    met, around = met_at(run, Persons(person, since, np.full(len(person), FOREVER, dtype=np.int64)))
    if run.scale.near.partition:
        source = _sources(run, sources, met, around.ranges, len(person))
    else:
        source = np.full(len(person), -1, dtype=np.int64)
    stay, told, until = _told(run, sources, met, source)
    chosen = _first(met, stay, told, len(person))
    x, y = told, met.told
    found = stay[chosen]
    certain = run.scale.certain or _certain(sure, sources, person, since, x.person[found].astype(np.int64))
    return Edges(
        person,
        x.person[found],
        x.key[found],
        y.key[chosen],
        y.start[chosen],
        until[chosen],
        np.broadcast_to(np.asarray(certain, dtype=np.bool_), person.shape),
    )


def met_at(run: Spreading, persons: Persons) -> tuple[Met, Stays]:
    """The stays in which persons were met, from `since` on for as long as a contact takes; known until `until`."""
    person, since = persons.person, persons.since
    stays = stays_of(run.field, run.members(person), persons, run.scale)
    start, end = stays.start, stays.end
    if len(run.bar):
        bar = run.bar[person[stays.which]].astype(np.int64)
        start, end = (start, np.minimum(end, bar)) if run.course.sign > 0 else (np.maximum(start, bar), end)
    begin = since[stays.which]
    there = np.flatnonzero((start <= begin) & (end >= begin + run.rule.theta_s))
    there = there[np.argsort(begin[there], kind="stable")]
    told = Told(person[stays.which[there]], begin[there], end[there], stays.key[there], stays.row[there])
    return Met(stays.which[there], told), stays


def _sources(run: Spreading, layer: Layer, met: Met, ranges: Ranges, count: int) -> I64:
    """(count,) who reached each person: the smallest number of those who may have."""
    nobody = run.reach(np.empty(0, dtype=np.uint32))
    room = room_for(run.field, run.rule.theta_s, run.scale.bridge_s)
    site = Site(run.field.ground, ranges, nobody, room)
    targets = Targets(met.told.start, met.told.person, met.told.row)
    infectious = _infectious(run.snapshot.people, layer)
    best = choose(site, targets, infectious, several_of(site, targets, infectious, run.scale.near), False)
    source = np.full(count, NOBODY, dtype=np.int64)
    np.minimum.at(source, met.which, best)
    return np.asarray(source & ((1 << PERSON_BITS) - 1), dtype=np.int64)


def several_of(site: Site, targets: Targets, infectious: Infectious, near: Nearness) -> Several:
    """Sources who were with a target by several records taken together."""
    fragments = empty_fragments()
    while True:
        held, slots = in_several(site, targets, infectious, fragments)
        if held <= len(fragments.part) and slots <= len(site.room.table):
            break
        site = site._replace(room=with_slots(site.room, slots))
        fragments = with_places(fragments, held)
    some, group, order = in_order(fragments, held, near)
    found = covering(order, some, group, targets.since, (site.reach.theta, site.reach.bridge))
    return Several(np.searchsorted(some.part[found], np.arange(len(targets.since) + 1)), some.person[found])


def _infectious(people: int, layer: Layer) -> Infectious:
    since = np.full(people, NEVER, dtype=np.uint32)
    until = np.full(people, NEVER, dtype=np.uint32)
    since[layer.person] = np.minimum(layer.since, int(NEVER))
    until[layer.person] = np.minimum(layer.until, int(NEVER))
    return Infectious(since, until, np.zeros(people, dtype=np.uint32))


def _told(run: Spreading, layer: Layer, met: Met, source: I64) -> tuple[I64, Told, I64]:
    """For each of the stays met: which stay of a source, all of these, and when the time shared ends."""
    person = layer.person
    known = source[source >= 0]
    if len(known):
        person = np.unique(known).astype(np.uint32)
    at = np.searchsorted(layer.person, person)
    persons = Persons(person, layer.since[at], layer.until[at])
    stays = stays_of(run.field, run.members(person), persons, run.scale)
    start, end = np.maximum(stays.start, persons.since[stays.which]), np.minimum(stays.end, persons.until[stays.which])
    told = Told(person[stays.which], start, end, stays.key, stays.row)
    stay, until = tell(told, stays.ranges, met.told, source[met.which], run.rule.theta_s)
    return stay, told, until


def _first(met: Met, stay: I64, told: Told, count: int) -> I64:
    """(count,) of the stays met, the one to be told for each person: smallest source, its place, then the own place."""
    some = np.flatnonzero(stay >= 0)
    found = stay[some]
    order = some[
        np.lexsort((met.told.key[some], told.start[found], told.key[found], told.person[found], met.which[some]))
    ]
    chosen = np.searchsorted(met.which[order], np.arange(count))
    return np.asarray(order[chosen], dtype=np.int64)


def _certain(sure: Spreading, layer: Layer, person: U32, since: I64, source: I64) -> Bools:
    """(n,) whether the contacts are there by what is certain alone."""
    met, _ = met_at(sure, Persons(person, since, since + sure.rule.theta_s))
    stay, _, _ = _told(sure, layer, met, source)
    certain = np.zeros(len(person), dtype=np.bool_)
    certain[met.which[stay >= 0]] = True
    return certain
