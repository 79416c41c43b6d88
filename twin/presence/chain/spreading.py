"""How a chain spreads: layer by layer from the seeds, until nobody is reached any more or the hops are used up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from twin.presence.chain.asked import ChainRule
from twin.presence.chain.course import Course
from twin.presence.chain.frontier import Frontier, sources_of
from twin.presence.chain.ground import Field
from twin.presence.chain.stays import Persons, Scale, stays_of
from twin.presence.kernels.chain_frontier import Reach
from twin.presence.kernels.chain_ground import NEVER
from twin.presence.snapshot import Snapshot
from twin.types import I64, U32

Tick = Callable[[int, int], None]
"""Called with the layers and the days of the next one that are finished; it may raise to stop a run."""

FOREVER = 1 << 40
"""A second of the chain after all others."""


@dataclass(frozen=True, slots=True)
class Layer:
    """Persons (n,), ascending, who were first reached, or reached earlier, by so many contacts as the layer's number.

    Seconds of the chain: arrival, and the infectious time [since, until) that follows from it.
    """

    person: U32
    arrival: I64
    since: I64
    until: I64


@dataclass(frozen=True, slots=True)
class Spread:
    """Layers of a chain, the seeds first; the earliest arrival of everybody (people,); what was read."""

    layers: list[Layer]
    arrival: U32
    read: int
    entries: int


@dataclass(frozen=True, slots=True)
class Spreading:
    """One run: the store, the rule, the ground; `bar` (people,) or (0,): seconds of the chain of isolation."""

    snapshot: Snapshot
    rule: ChainRule
    course: Course
    field: Field
    scale: Scale
    bar: U32
    tick: Tick

    def members(self, persons: U32) -> tuple[U32, U32]:
        """All numbers of some persons, and whom each stands for."""
        return self.snapshot.members(persons.tolist()) if self.snapshot.alias is not None else (persons, persons)

    def layer(self, person: U32, arrival: I64) -> Layer:
        """Persons reached, with the time in which they are infectious."""
        rule = self.rule
        since = arrival - rule.theta_s if rule.first_contact else arrival + rule.latency_s
        until = np.full(len(person), FOREVER, dtype=np.int64)
        if rule.isolate_after_s is not None:
            until = arrival + rule.isolate_after_s
        return self._barred(Layer(person, arrival, since, until))

    def _barred(self, layer: Layer) -> Layer:
        if not len(self.bar):
            return layer
        bar = self.bar[layer.person].astype(np.int64)
        if self.course.sign > 0:
            return replace(layer, until=np.minimum(layer.until, bar))
        return replace(layer, since=np.maximum(layer.since, bar))

    def seeds(self, times: dict[int, int]) -> Layer:
        """The seeds with the seconds of the chain from which they are infectious."""
        person = np.array(sorted(times), dtype=np.uint32)
        since = np.array([times[int(p)] for p in person], dtype=np.int64)
        return self._barred(Layer(person, since, since, np.full(len(person), FOREVER, dtype=np.int64)))

    def reach(self, arrival: U32) -> Reach:
        """The same arrivals as a kernel takes them."""
        none = np.empty(0, dtype=np.uint32)
        alias = none if self.snapshot.alias is None else self.snapshot.alias
        return Reach(arrival, self.bar, alias, self.rule.theta_s, self.scale.bridge_s, self.course.sign)


def spread_layers(run: Spreading, seeds: Layer) -> Spread:
    """Layer k from layer k - 1. Raises TooMuch where a layer would read more than it may."""
    arrival = np.full(run.snapshot.people, NEVER, dtype=np.uint32)
    arrival[seeds.person] = 0  # seeds are known cases: nothing is asked about them
    layers, spread = [seeds], np.full(len(seeds.person), FOREVER, dtype=np.int64)
    read = entries = 0
    while len(layers[-1].person) and (run.rule.hops is None or len(layers) <= run.rule.hops):
        before = arrival.copy()
        more = _frontier(run, layers[-1], spread, arrival, len(layers) - 1)
        read, entries = read + more[0], entries + more[1]
        person = np.flatnonzero(arrival < before).astype(np.uint32)
        layers.append(run.layer(person, arrival[person].astype(np.int64)))
        spread = run.layer(person, np.where(before[person] == NEVER, FOREVER, before[person].astype(np.int64))).since
    if not len(layers[-1].person) and len(layers) > 1:
        layers.pop()
    return Spread(layers, arrival, read, entries)


def _frontier(run: Spreading, layer: Layer, spread: I64, arrival: U32, number: int) -> tuple[int, int]:
    length = run.course.length
    useful = np.minimum(layer.until, length) - layer.since >= run.rule.theta_s
    persons = Persons(layer.person[useful], layer.since[useful], layer.until[useful])
    stays = stays_of(run.field, run.members(persons.person), persons, run.scale, length)
    sources = sources_of(stays, persons.since, persons.until, spread[useful], run.rule.theta_s)
    frontier = Frontier(run.field, run.scale.near, run.reach(arrival))
    read, entries = frontier.spread(sources, stays.ranges, lambda days: run.tick(number, days))
    return read + stays.read, entries
