"""One run of a chain as a value: the store, the rule, the ground; and the layers that come of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from twin.presence.chain.asked import ChainRule
from twin.presence.chain.course import Course
from twin.presence.chain.ground import Field
from twin.presence.chain.stays import Scale
from twin.presence.kernels.chain_frontier import Reach
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
        return Reach(arrival, self.bar, self.rule.theta_s, self.scale.bridge_s, self.course.sign)
