"""`twin bench presence-growth`: what becomes of answers and ingest as days and people grow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.presence.asking import ask_all, fill_memory
from benchmarks.presence.cases import Cases
from benchmarks.presence.questions import COMPANIONS
from benchmarks.presence.run import workplace
from benchmarks.presence.store import Say, Site, build, stored_days
from benchmarks.presence.world import ZONE, WorldSpec
from benchmarks.report import Goal, Report
from twin.presence import Presence, warm

DAYS = (1, 2, 4, 7, 14, 30, 60, 100, 200)
PEOPLE = (300_000, 700_000, 1_400_000, 2_830_000)
LOOK_BACK_DAYS = 14


@dataclass(frozen=True, slots=True)
class Point:
    """One size: (p50, p95) milliseconds over the last 14 days and over all days, million stays a second taken in."""

    people: int
    days: int
    stays: int
    recent: tuple[float, float]
    whole: tuple[float, float]
    rate: float


@dataclass(frozen=True, slots=True)
class Study:
    """Both series: days on the smallest crowd, people over 14 days."""

    days: list[Point]
    people: list[Point]


def study(
    report: Report, say: Say, *, days: Sequence[int] = DAYS, people: Sequence[int] = PEOPLE, runs: int = 100
) -> Study:
    """Measure both series; each store is made in a folder of its own, which is removed."""
    warm()
    with workplace(None, keep=False, say=say) as folder:
        by_days = [_point(report, Site(folder, WorldSpec(people[0], day), say), runs) for day in sorted(days)]
    by_people = []
    for crowd in people:
        with workplace(None, keep=False, say=say) as folder:
            by_people.append(_point(report, Site(folder, WorldSpec(crowd, LOOK_BACK_DAYS), say), runs))
    return Study(by_days, by_people)


def _point(report: Report, site: Site, runs: int) -> Point:
    """Bring the store to this size and measure it. A store of fewer days is made longer."""
    before = stored_days(site.folder)
    facts = build(site)
    fill_memory(site.store)
    spec = site.spec
    size = f"{spec.people:,} people, {spec.days} days"
    with Presence.open(site.store, zone=ZONE) as presence:
        stays = presence.stats().stays
        spans = {}
        for days in sorted({min(LOOK_BACK_DAYS, spec.days), spec.days}):
            what = f"companions over the last {days} days; {size}"
            site.say(what)
            took = ask_all(COMPANIONS, presence, Cases(spec, 1, spec.last_days(days)), runs)
            row = report.add(what, took, "ms")
            spans[days] = row.p50, row.p95
    rate = facts.rate(before)
    report.add(f"ingest; {size}", [rate], "M stays/s", goal=Goal(at_least=True))
    return Point(spec.people, spec.days, stays, spans[min(spans)], spans[max(spans)], rate)
