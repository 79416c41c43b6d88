"""How a chain spreads: layer by layer from the seeds, until nobody is reached any more or the hops are used up."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from twin.presence.chain.foremost import foremost_layers
from twin.presence.chain.frontier import Frontier, sources_of
from twin.presence.chain.running import FOREVER, Layer, Spread, Spreading
from twin.presence.chain.stays import Persons, stays_of
from twin.presence.chain.sweep import Sweep
from twin.presence.kernels.chain_ground import NEVER
from twin.presence.kernels.chain_sweep import Spreaders
from twin.types import I64

SWEEP_FROM = 0.02
"""Whole days are swept from a layer on that is more than this share of all people, where nothing else is asked for."""


class Known:
    """Who was reached so far: (people,) arrivals in seconds of the chain. Seeds are known cases, never reached."""

    def __init__(self, run: Spreading, seeds: Layer) -> None:
        self.run = run
        self.arrival = np.full(run.snapshot.people, NEVER, dtype=np.uint32)
        self.arrival[seeds.person] = 0
        self.reach = run.reach(self.arrival)
        self.read = 0
        self.entries = 0
        self._frontier: Frontier | None = None
        self._sweep: Sweep | None = None

    def by_frontier(self, layer: Layer, spread: I64, tick: Callable[[int], None]) -> None:
        """From the stays of a layer; each person's from `spread` on were spread from before."""
        run = self.run
        useful = np.minimum(layer.until, run.course.length) - layer.since >= run.rule.theta_s
        persons = Persons(layer.person[useful], layer.since[useful], layer.until[useful])
        stays = stays_of(run.field, run.members(persons.person), persons, run.scale)
        sources = sources_of(stays, persons.since, persons.until, spread[useful], run.rule.theta_s)
        self._frontier = self._frontier or Frontier(run.field, run.scale.near, self.reach)
        read, entries = self._frontier.spread(sources, stays.ranges, tick)
        self.read, self.entries = self.read + stays.read + read, self.entries + entries

    def by_sweep(self, layer: Layer, tick: Callable[[int], None], *, moving: bool = False) -> None:
        """Over whole days; `moving`: those reached spread on at once."""
        run, people = self.run, self.run.snapshot.people
        since = np.full(people, NEVER, dtype=np.uint32)
        since[layer.person] = np.minimum(layer.since, int(NEVER))
        until = np.empty(0, dtype=np.uint32)
        if run.rule.isolate_after_s is not None:
            until = np.zeros(people, dtype=np.uint32)
            until[layer.person] = np.minimum(layer.until, int(NEVER))
        after = -run.rule.theta_s if run.rule.first_contact else run.rule.latency_s
        changed, listed = np.empty(people if moving else 0, dtype=np.uint32), np.zeros(people, dtype=np.uint8)
        self._sweep = self._sweep or Sweep(run.field, run.scale, self.reach, run.snapshot)
        self.read += self._sweep.spread(Spreaders(since, until, moving, after, changed, listed), tick)


def spread(run: Spreading, seeds: Layer) -> Spread:
    """From the seeds as far as the rule goes. Raises TooMuch where more would be read than may be."""
    return _layered(run, seeds) if run.rule.layered else _closed(run, seeds)


def _layered(run: Spreading, seeds: Layer) -> Spread:
    """Layer k from layer k - 1, until nobody is reached or the hops are used up."""
    known = Known(run, seeds)
    layers, before = [seeds], np.full(len(seeds.person), FOREVER, dtype=np.int64)
    while len(layers[-1].person) and (run.rule.hops is None or len(layers) <= run.rule.hops):
        layer, last = _next(known, layers[-1], before, len(layers) - 1)
        layers.append(layer)
        before = last
    if not len(layers[-1].person) and len(layers) > 1:
        layers.pop()
    return Spread(layers, known.arrival, known.read, known.entries)


def _next(known: Known, layer: Layer, before: I64, number: int) -> tuple[Layer, I64]:
    """Whom a layer reaches earlier than was known, and since when they were infectious by what was known."""
    run, then = known.run, known.arrival.copy()

    def tick(days: int) -> None:
        run.tick(number, days)

    if _sweeps(run, layer):
        known.by_sweep(layer, tick)
    else:
        known.by_frontier(layer, before, tick)
    person = np.flatnonzero(known.arrival < then).astype(np.uint32)
    old = np.where(then[person] == NEVER, FOREVER, then[person].astype(np.int64))
    return run.layer(person, known.arrival[person].astype(np.int64)), run.layer(person, old).since


def _closed(run: Spreading, seeds: Layer) -> Spread:
    """The earliest arrival of everybody; hops are counted afterwards."""
    known = Known(run, seeds)
    layer, before, number = seeds, np.full(len(seeds.person), FOREVER, dtype=np.int64), 0
    while len(layer.person) and not _sweeps(run, layer):
        layer, before = _next(known, layer, before, number)
        number += 1
    if len(layer.person):
        known.by_sweep(layer, lambda days: run.tick(number, days), moving=True)
    return Spread(foremost_layers(run, seeds, known.arrival), known.arrival, known.read, known.entries)


def _sweeps(run: Spreading, layer: Layer) -> bool:
    if run.rule.method != "auto":
        return run.rule.method == "sweep"
    return run.scale.near.partition and len(layer.person) > SWEEP_FROM * run.snapshot.people
