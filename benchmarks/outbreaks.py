"""`twin bench outbreaks`: the planted outbreaks of a synthetic twin, looked for without knowing them.

Recall is the share of what is true that is found, precision the share of what is found that is true. A contact list is
meant to be longer than the list of those who fell ill: a precision of one in a hundred is a list of a hundred people.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from benchmarks.report import Report
from twin.errors import NotFound
from twin.presence import Presence, Threshold, Together
from twin.synth.truth import FILE
from twin.types import Window

LEAST_S = 600
"""The shortest contact that counts: planted transmissions take longer."""

HOPS, TOP_PLACES = 2, 10


@dataclass(frozen=True, slots=True)
class Case:
    """Who fell ill, when, from whom (None: the index case), and when they were infectious."""

    person: int
    infector: int | None
    generation: int
    infected_at: int
    infectious: Window


@dataclass(frozen=True, slots=True)
class Outbreak:
    """One planted outbreak; `places`: keys of the places of its transmissions, by their infectee."""

    name: str
    cases: Sequence[Case]
    places: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class Found:
    """What one question found: how much of the truth, how much else."""

    true: int
    hits: int
    named: int

    @property
    def recall(self) -> float:
        """In percent."""
        return 100 * self.hits / self.true

    @property
    def precision(self) -> float:
        """In percent."""
        return 100 * self.hits / self.named if self.named else 0.0


def run(twin: Path, say: Callable[[str], None]) -> Report:
    """Every question about every outbreak of the twin in a folder. Raises `NotFound` where none were planted."""
    if not (twin / FILE).exists():
        raise NotFound(str(twin / FILE), "no outbreaks were planted here", "Make a twin with twin new DIR --synth")
    truth = orjson.loads((twin / FILE).read_bytes())
    window = Window(truth["window"]["start"], truth["window"]["end"])
    report = Report()
    with Presence.open(twin / "presence", zone=truth["zone"]) as presence:
        stats = presence.stats()
        report.data = {"people": stats.people, "stays": stats.stays, "days": (window.end - window.start) // 86_400}
        for outbreak in _outbreaks(truth, presence):
            say(f"{outbreak.name}: {len(outbreak.cases)} cases")
            for what, ask in QUESTIONS.items():
                found = ask(presence, outbreak, window)
                if not found.true:
                    say(f"{outbreak.name}, {what}: there are none")
                    continue
                report.add(f"{outbreak.name}, {what}: recall", [found.recall], "%", who=f"{found.hits} of {found.true}")
                who = f"{found.hits} of {found.named}"
                report.add(f"{outbreak.name}, {what}: precision", [found.precision], "%", who=who)
    return report


def contacts_of_each(presence: Presence, outbreak: Outbreak, window: Window) -> Found:
    """The contact list of every case while infectious: does it name whom that case infected?"""
    rule = Together(threshold=Threshold(LEAST_S, per="meeting"))
    true = hits = named = 0
    for case in outbreak.cases:
        infected = {other.person for other in outbreak.cases if other.infector == case.person}
        span = Window(max(case.infectious.start, window.start), min(case.infectious.end, window.end))
        if span.start >= span.end:
            continue
        listed = {row.person for row in presence.companions([case.person], span, rule=rule, limit=None).rows}
        true, hits, named = true + len(infected), hits + len(infected & listed), named + len(listed)
    return Found(true, hits, named)


def chain_forward(presence: Presence, outbreak: Outbreak, window: Window) -> Found:
    """From the index case alone: its contacts and theirs, each in the generation in which they fell ill or before."""
    index, others = outbreak.cases[0], outbreak.cases[1:]
    answer = presence.chain(
        [index.person], window, theta_s=LEAST_S, latency_s=_latency(others), hops=HOPS, limit=None, force=True
    )
    reached = {row.person: row.hops for row in answer.rows}
    true = [case for case in others if case.generation <= HOPS]
    hits = sum(reached.get(case.person, HOPS + 1) <= case.generation for case in true)
    return Found(len(true), hits, len(reached))


def chain_backward(presence: Presence, outbreak: Outbreak, window: Window) -> Found:
    """From each case of the last generation, back from when it was exposed: who infected it, and who infected them?"""
    by_person = {case.person: case for case in outbreak.cases}
    last = max(case.generation for case in outbreak.cases)
    true = hits = named = 0
    for case in (case for case in outbreak.cases if case.generation == last):
        answer = presence.chain(
            [case.person],
            window,
            theta_s=LEAST_S,
            latency_s=_latency(outbreak.cases[1:]),
            hops=HOPS,
            direction="backward",
            seed_times={case.person: case.infected_at},
            limit=None,
            force=True,
        )
        above = [case.infector, by_person[case.infector].infector if case.infector is not None else None]
        before = {person for person in above if person is not None}
        listed = {row.person for row in answer.rows}
        true, hits, named = true + len(before), hits + len(before & listed), named + len(listed)
    return Found(true, hits, named)


def places_shared(presence: Presence, outbreak: Outbreak, window: Window) -> Found:
    """Of the ten places where cases were together far more than chance says: those where several were infected."""
    cases = [case.person for case in outbreak.cases]
    answer = presence.shared_places(cases, window, together=True, limit=TOP_PLACES)
    listed = {row.place for row in answer.rows}
    often = {place for place, infected in Counter(outbreak.places.values()).items() if infected > 1}
    return Found(len(often), len(listed & often), len(listed))


QUESTIONS: dict[str, Callable[[Presence, Outbreak, Window], Found]] = {
    "contacts of each case": contacts_of_each,
    "two hops from the index case": chain_forward,
    "two hops back from the last": chain_backward,
    "places where several were infected": places_shared,
}


def _latency(cases: Sequence[Case]) -> int:
    """The shortest time from infection to being infectious: what is known of a disease."""
    return min(case.infectious.start - case.infected_at for case in cases)


def _outbreaks(truth: Mapping[str, Any], presence: Presence) -> Iterator[Outbreak]:
    def number(pseudonym: str) -> int:
        return presence.person(bytes.fromhex(pseudonym))

    for told in truth["outbreaks"]:
        cases = [
            Case(
                number(case["person"]),
                number(case["infector"]) if case["infector"] else None,
                case["generation"],
                case["infected_at"],
                Window(case["infectious_from"], case["infectious_to"]),
            )
            for case in told["cases"]
        ]
        places = {number(edge["infectee"]): edge["place"]["key"] for edge in told["transmissions"]}
        yield Outbreak(told["name_en"], cases, places)
