"""One peer against us: filled with the same stays, asked about the same people, its answers compared with ours."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import numpy as np
import orjson

from benchmarks.presence.peers.kinds import PeerKind
from benchmarks.presence.peers.peer import Pairs, Peer, Shape
from benchmarks.presence.peers.probes import probes_of, spelled_out
from benchmarks.presence.store import Site
from benchmarks.presence.world import World
from twin.errors import TwinError
from twin.types import Window

_FACTS = "loaded.json"
_TRIALS = 3


class AnswersDiffer(TwinError):
    """Two engines disagree about the same stays: neither figure is worth anything."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """How a peer was filled: which world, how many of its first days, stays, seconds in all, bytes on disk."""

    people: dict[str, int]
    days: int
    stays: int
    seconds: float
    bytes: int

    @property
    def rate(self) -> float:
        """Million stays a second until both orders answer at their best, generation left out."""
        return self.stays / self.seconds / 1e6


@dataclass(frozen=True, slots=True)
class Raced:
    """What came out: milliseconds an answer in the best shape, and the median of each shape on trial."""

    label: str
    loaded: Loaded
    best: str
    ms: list[float]
    trials: dict[str, float]


def race(kind: PeerKind, site: Site, days: int, ours: Mapping[int, Pairs]) -> Raced:
    """Ask a peer who was together with each person of `ours` in the first days, filling it first where it is not.

    Raises AnswersDiffer where any answer, in any shape that was tried, is not the same persons with the same seconds.
    """
    with _opened(kind, site, days) as (peer, loaded):
        runner = _Runner(peer, site.spec.first_days(days), ours)
        persons = list(ours)
        trials = {}
        for name, shape in peer.shapes().items():
            took = [runner.ask(shape, person) for person in persons[: _TRIALS + 1]]
            trials[name] = round(float(np.median(took[1:] or took)), 3)  # the first one reads what all share
            site.say(f"{peer.label}: {name}, {trials[name]:.1f} ms")
        best = min(trials, key=lambda name: trials[name])
        ms = [runner.ask(peer.shapes()[best], person) for person in persons[_TRIALS + 1 :] or persons]
        return Raced(peer.label, loaded, best, ms, trials)


class _Runner:
    """Asks a peer and compares."""

    def __init__(self, peer: Peer, window: Window, expected: Mapping[int, Pairs]) -> None:
        self._peer, self._window, self._expected = peer, window, expected
        self._table = peer.places()

    def ask(self, shape: Shape, person: int) -> float:
        """Milliseconds from the person's number to all their companions, in one shape."""
        began = time.perf_counter()
        ranges = probes_of(self._peer.own(person, self._window), self._window, self._table)
        found = shape(person, ranges, spelled_out(ranges, self._table)) if len(ranges.lo) else []
        took = (time.perf_counter() - began) * 1e3
        expected = self._expected[person]
        if sorted(found) != sorted(expected):
            extra, lacking = len(set(found) - set(expected)), len(set(expected) - set(found))
            reason = f"{extra} rows of its answer are not in ours, {lacking} of ours not in its ({len(expected)} rows)"
            raise AnswersDiffer(self._peer.label, reason, "One of the two is wrong; no figure of this run counts")
        return took


@contextmanager
def _opened(kind: PeerKind, site: Site, days: int) -> Iterator[tuple[Peer, Loaded]]:
    """The peer over its folder, filled: as an earlier run left it where that was the same world."""
    folder = site.folder / kind.name
    loaded = _read(folder)
    if loaded is None or loaded.people != site.spec.same_people() or loaded.days != days:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        loaded = None
    peer = kind.open(folder)
    try:
        if loaded is None:
            loaded = _fill(peer, site, days)
            (folder / _FACTS).write_bytes(orjson.dumps(loaded))
        else:
            site.say(f"{peer.label}: used again, {loaded.stays:,} stays")
        yield peer, loaded
    finally:
        peer.close()


def _fill(peer: Peer, site: Site, days: int) -> Loaded:
    world = World(site.spec)
    stays, seconds = 0, _timed(peer.create)
    for day in range(days):
        for batch in world.batches(day):
            seconds += _timed(partial(peer.add, batch))
            stays += len(batch)
        site.say(f"{peer.label}: day {day + 1} of {days} taken in, {stays / seconds / 1e6:.2f} M stays/s")
    site.say(f"{peer.label}: sorting and indexing")
    seconds += _timed(peer.finish)
    return Loaded(site.spec.same_people(), days, stays, seconds, peer.size())


def _timed(call: Callable[[], object]) -> float:
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


def _read(folder: Path) -> Loaded | None:
    path = folder / _FACTS
    return Loaded(**orjson.loads(path.read_bytes())) if path.exists() else None


def facts_of(raced: Raced) -> dict[str, object]:
    """What the report says of a race besides its rows."""
    return {"best shape": raced.best, "ms by shape": raced.trials, "load": asdict(raced.loaded) | {"people": None}}
