"""Our own store of a world: made part by part, each part timed, taken up again where an earlier run left it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from benchmarks.memory import forget_peak, peak_gb
from benchmarks.presence.world import ZONE, World, WorldSpec
from twin.errors import Conflict
from twin.presence import Presence, warm

Say = Callable[[str], None]
FACTS = "world.json"
"""The file in a folder that says which world it holds."""


@dataclass(frozen=True, slots=True)
class Site:
    """Where a run works, on which world, and whom it tells how far it is."""

    folder: Path
    spec: WorldSpec
    say: Say

    @property
    def store(self) -> Path:
        """The folder of our own store."""
        return self.folder / "presence"


@dataclass(frozen=True, slots=True)
class Part:
    """One batch as it was stored: stays, and the seconds from handing it over until it was durable in both orders."""

    day: int
    stays: int
    seconds: float


@dataclass(slots=True)
class Facts:
    """What a folder holds and how it came about."""

    people: dict[str, int]
    days: int
    parts: list[Part]
    peak_gb: float

    @property
    def stays(self) -> int:
        """All stays stored."""
        return sum(part.stays for part in self.parts)

    def rate(self, since_day: int = 0) -> float:
        """Million stays a second, from a day (0 is the first) on; generation left out."""
        parts = [part for part in self.parts if part.day >= since_day]
        return sum(part.stays for part in parts) / sum(part.seconds for part in parts) / 1e6


def build(site: Site) -> Facts:
    """Bring the store to as many days as the world has. Raises Conflict where another world lies in the folder."""
    site.folder.mkdir(parents=True, exist_ok=True)
    facts = _read(site.folder) or Facts(site.spec.same_people(), 0, [], 0.0)
    if facts.people != site.spec.same_people() or facts.days > site.spec.days:
        reason = f"holds another world: {facts.people}, {facts.days} days"
        raise Conflict(str(site.folder), reason, "Ask for that one, or give another folder")
    if facts.days == site.spec.days:
        site.say(f"store: used again, {facts.stays:,} stays of {facts.days} days")
    else:
        _write(site.folder, facts)  # from now on the folder is a benchmark's
        _extend(site, facts)
    return facts


def _extend(site: Site, facts: Facts) -> None:
    world = World(site.spec)
    warm()
    forget_peak()
    with Presence.open(site.store, zone=ZONE, write=True) as presence:
        for day in range(facts.days, site.spec.days):
            for number, batch in enumerate(world.batches(day)):
                began = time.perf_counter()
                receipt = presence.ingest(batch, key=f"day {day} part {number}")
                took = time.perf_counter() - began
                stays = len(batch)
                del batch  # or two parts lie in memory while the next one is made
                if receipt.stored:
                    facts.parts.append(Part(day, stays, took))
                    site.say(f"store: day {day + 1} of {site.spec.days}, {stays:,} stays in {took:.1f} s")
            facts.days = day + 1
            facts.peak_gb = max(facts.peak_gb, peak_gb())
            _write(site.folder, facts)


def stored_days(folder: Path) -> int:
    """How many days the store in a folder has."""
    facts = _read(folder)
    return facts.days if facts else 0


def _read(folder: Path) -> Facts | None:
    path = folder / FACTS
    if not path.exists():
        return None
    values: dict[str, Any] = orjson.loads(path.read_bytes())
    return Facts(values["people"], values["days"], [Part(**part) for part in values["parts"]], values["peak_gb"])


def _write(folder: Path, facts: Facts) -> None:
    temporary = folder / (FACTS + ".part")
    temporary.write_bytes(orjson.dumps(facts, option=orjson.OPT_INDENT_2))
    temporary.rename(folder / FACTS)
