"""Hops of a chain without a limit: the fewest of a walk every contact of which is as early as can be."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from twin.presence.chain.asked import ChainRule
from twin.presence.chain.frontier import room_for
from twin.presence.chain.running import Layer, Spreading
from twin.presence.chain.stays import Persons
from twin.presence.chain.witness import met_at, several_of
from twin.presence.kernels.chain_frontier import Site
from twin.presence.kernels.chain_ground import NEVER
from twin.presence.kernels.chain_witness import Infectious, Targets, choose
from twin.types import U32

_AT_ONCE = 1_000_000
"""Persons whose stays are looked at together."""


def foremost_layers(run: Spreading, seeds: Layer, arrival: U32) -> list[Layer]:
    """The seeds, then everybody by hops: (people,) arrivals are those of the whole chain."""
    reached = np.flatnonzero((arrival != NEVER) & (arrival > 0)).astype(np.uint32)
    everybody = run.layer(reached, arrival[reached].astype(np.int64))
    infectious = _infectious(run.snapshot.people, [seeds, everybody])
    infectious.hops[seeds.person] = 0
    for persons in _by_arrival(run, everybody):
        _count(run, persons, infectious)
    hops = infectious.hops[reached]
    if (hops == NEVER).any():
        raise RuntimeError("somebody reached was reached by nobody")
    layers = [seeds]
    for number in range(1, int(hops.max(initial=0)) + 1):
        person = reached[hops == number]
        layers.append(run.layer(person, arrival[person].astype(np.int64)))
    return layers


def _infectious(people: int, layers: list[Layer]) -> Infectious:
    table = np.full((people, 4), NEVER, dtype=np.uint32)  # what belongs to somebody lies in one cache line
    columns = table.T[:3]
    for layer in layers:
        columns[0][layer.person] = np.minimum(layer.since, int(NEVER))
        columns[1][layer.person] = np.minimum(layer.until, int(NEVER))
    return Infectious(columns[0], columns[1], columns[2])


def _by_arrival(run: Spreading, layer: Layer) -> Iterator[Persons]:
    """The persons of a layer in parts, by arrival; who arrives in the same second is in the same part."""
    order = np.argsort(layer.arrival, kind="stable")
    begin = layer.arrival[order] - run.rule.theta_s
    first = 0
    while first < len(order):
        last = int(np.searchsorted(begin, begin[min(first + _AT_ONCE, len(order)) - 1], side="right"))
        part = np.sort(order[first:last])
        since = layer.arrival[part] - run.rule.theta_s
        yield Persons(layer.person[part], since, since + run.rule.theta_s)
        first = last


def _count(run: Spreading, persons: Persons, infectious: Infectious) -> None:
    """Set the hops of some persons, by arrival, once those of everybody before them are."""
    met, stays = met_at(run, persons)
    targets = _place_by_place(Targets(met.told.start, met.told.person, met.told.row), run.rule)
    room = room_for(run.field, run.rule.theta_s, run.scale.bridge_s)
    site = Site(run.field.ground, stays.ranges, run.reach(np.empty(0, dtype=np.uint32)), room)
    several = several_of(site, targets, infectious, run.scale.near)
    while True:
        before = infectious.hops[persons.person]
        choose(site, targets, infectious, several, True)
        if not run.rule.first_contact or (infectious.hops[persons.person] == before).all():
            return  # only first contacts can follow each other within a second


def _place_by_place(targets: Targets, rule: ChainRule) -> Targets:
    """Targets in an order in which nobody comes before their sources, those at one place together as far as may be."""
    if rule.first_contact:
        return targets
    apart = rule.theta_s + rule.latency_s  # whoever was reached in this time reaches nobody in it
    order = np.lexsort((targets.since, targets.row, targets.since // apart))
    return Targets(targets.since[order], targets.person[order], targets.row[order])
