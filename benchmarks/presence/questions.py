"""The measured questions. To add one: an entry in `QUESTIONS`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.presence.cases import Cases, PlaceHour
from benchmarks.presence.itinerary import DAY_S
from benchmarks.report import Goal
from twin.presence import Presence, Threshold, Together
from twin.types import Window

GROUP = 20
"""How many persons share places."""

Ask = Callable[[Presence, Window, Any], object]
Choose = Callable[[Cases, Presence, int], Sequence[Any]]


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, how, about which cases, how often (as a share of the runs asked for), and what it should cost."""

    what: str
    ask: Ask
    choose: Choose
    goal: Goal | None = None
    unit: str = "ms"
    share: float = 1.0


def one_person(cases: Cases, presence: Presence, n: int) -> Sequence[int]:
    """n persons, each a case of its own."""
    return cases.persons(n)


def groups(cases: Cases, presence: Presence, n: int) -> Sequence[Sequence[int]]:
    """n groups of persons."""
    return [cases.persons(GROUP) for _ in range(n)]


def pairs(cases: Cases, presence: Presence, n: int) -> Sequence[tuple[int, int]]:
    """n pairs who met."""
    return cases.pairs(presence, n)


def place_hours(cases: Cases, presence: Presence, n: int) -> Sequence[PlaceHour]:
    """n places and hours."""
    return cases.place_hours(presence, n)


def hub_days(cases: Cases, presence: Presence, n: int) -> Sequence[PlaceHour]:
    """n days of the busiest hub."""
    return cases.hub_days(n)


def ask_companions(presence: Presence, window: Window, person: int) -> object:
    """The first page, longest together first, with the evidence of every name on it."""
    answer = presence.companions([person], window)
    return [len(row.evidence) for row in answer.rows]  # evidence is made when it is looked at


def ask_trajectory(presence: Presence, window: Window, person: int) -> object:
    """All of it."""
    return presence.trajectory(person, window)


def ask_visitors(presence: Presence, window: Window, asked: PlaceHour) -> object:
    """The first page, with evidence."""
    answer = presence.visitors(asked.ranges, asked.window)
    return [len(row.evidence) for row in answer.rows]


def ask_meetings(presence: Presence, window: Window, pair: tuple[int, int]) -> object:
    """Each meeting of the two, with its places."""
    return presence.meetings(pair, window)


def ask_shared_places(presence: Presence, window: Window, group: Sequence[int]) -> object:
    """Where at least two of them were, the most telling places first."""
    return presence.shared_places(group, window)


def ask_hub_day(presence: Presence, window: Window, asked: PlaceHour) -> object:
    """How many stays of two persons shared any time at all there: hundreds of millions, exactly."""
    return presence.network(asked.window, places=asked.ranges, rule=Together(threshold=Threshold(0, "meeting")))


def ask_second_degree(presence: Presence, window: Window, person: int) -> object:
    """Contacts of ten minutes, and those whom they met from a day later on, each with a way that leads there."""
    return presence.chain([person], window, theta_s=600, latency_s=DAY_S, hops=2, force=True)


def ask_closure(presence: Presence, window: Window, person: int) -> object:
    """Everybody whom a chain of contacts from one person reaches, however long."""
    return presence.chain([person], window, theta_s=600, latency_s=DAY_S, hops=None, force=True)


COMPANIONS = Question("companions, warm, 1 asker", ask_companions, one_person, Goal(5, 15))

QUESTIONS: tuple[Question, ...] = (
    COMPANIONS,
    Question("trajectory", ask_trajectory, one_person, Goal(p95=3)),
    Question("visitors of a place and hour", ask_visitors, place_hours, Goal(p95=5)),
    Question("meetings of two", ask_meetings, pairs, Goal(p95=5)),
    Question(f"shared places of {GROUP} persons", ask_shared_places, groups, share=0.25),
    Question("exact number of meetings of the busiest hub's day", ask_hub_day, hub_days, Goal(20), share=0.5),
    Question("contacts and their contacts (2 hops)", ask_second_degree, one_person, Goal(1), "s", share=0.05),
    Question("everybody whom a chain reaches (any hops)", ask_closure, one_person, Goal(60), "s", share=0.005),
)
"""In this order, on warm files."""
