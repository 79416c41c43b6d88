"""The rows of our own engine: how it takes stays in, how much room they take, how fast it answers."""

from __future__ import annotations

from benchmarks.memory import forget_peak, own_gb, peak_gb
from benchmarks.presence.asking import ask_all, ask_cold, ask_together, fill_memory
from benchmarks.presence.cases import Cases
from benchmarks.presence.questions import COMPANIONS, QUESTIONS
from benchmarks.presence.store import Facts, Site
from benchmarks.presence.world import ZONE
from benchmarks.report import Goal, Report
from twin.presence import Presence, warm

ASKERS = 8
_COLD_RUNS = 50
_FIRST_CASES, _COLD_CASES, _SHARED_CASES = 1, 2, 3  # seeds: each its own order of people


def measure_ingest(report: Report, site: Site, facts: Facts) -> None:
    """Rates, room and memory of the build, as measured when it was made."""
    if facts.parts:
        rates = [part.stays / part.seconds / 1e6 for part in facts.parts]
        report.add(
            "ingest, both orders, durable, sustained",
            [facts.rate()],
            "M stays/s",
            goal=Goal(2, at_least=True),
        )
        report.add("ingest, part by part", rates, "M stays/s", goal=Goal(at_least=True))
        report.add("peak memory of ingest, the generator's included", [facts.peak_gb], "GB")
    with Presence.open(site.store, zone=ZONE) as presence:
        stats = presence.stats()
    report.data |= {"people": stats.people, "stays": stats.stays, "days": stats.days, "segments": stats.segments}
    report.add("bytes a stay, both orders", [stats.bytes / stats.stays], "B", goal=12)


def measure_answers(report: Report, site: Site, runs: int) -> None:
    """Every question, cold first, then warm."""
    warm()
    forget_peak()
    _measure_cold(report, site, min(runs, _COLD_RUNS))
    fill_memory(site.store)
    cases = Cases(site.spec, _FIRST_CASES)
    with Presence.open(site.store, zone=ZONE) as presence:
        for question in QUESTIONS:
            site.say(f"quanyu: {question.what}")
            took = ask_all(question, presence, cases, runs)
            report.add(question.what, took, question.unit, goal=question.goal)
        _measure_together(report, site, presence, runs)
    report.add("peak memory of answering, pages of the files included", [peak_gb()], "GB")
    report.add("memory of its own after answering", [own_gb()], "GB")


def _measure_cold(report: Report, site: Site, runs: int) -> None:
    cases = Cases(site.spec, _COLD_CASES)
    for what, every_time in (
        ("companions, first touch from disk", False),
        ("companions, first touch from disk, nothing at all in memory", True),
    ):
        site.say(f"quanyu: {what}")
        took = ask_cold(site.store, site.spec.window, cases.persons(runs), every_time=every_time)
        report.add(what, took, "ms", goal=Goal(p95=150))


def _measure_together(report: Report, site: Site, presence: Presence, runs: int) -> None:
    what = f"companions, warm, {ASKERS} askers at once"
    site.say(f"quanyu: {what}")
    persons = Cases(site.spec, _SHARED_CASES).persons(runs * 2)
    took, rate = ask_together(COMPANIONS.ask, presence, site.spec.window, persons, ASKERS)
    report.add(what, took, "ms")
    report.add(f"companions, {ASKERS} askers: answers a second", [rate], "1/s", goal=Goal(at_least=True))
