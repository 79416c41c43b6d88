"""The measured questions. To add one: an entry in `QUESTIONS`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.presence.cases import Cases, PlaceHour
from benchmarks.report import Goal
from twin.presence import Presence
from twin.types import Window

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


def place_hours(cases: Cases, presence: Presence, n: int) -> Sequence[PlaceHour]:
    """n places and hours."""
    return cases.place_hours(presence, n)


def ask_companions(presence: Presence, window: Window, person: int) -> object:
    """The first page, longest together first, with the evidence of every name on it."""
    return presence.companions([person], window)


def ask_trajectory(presence: Presence, window: Window, person: int) -> object:
    """All of it."""
    return presence.trajectory(person, window)


def ask_visitors(presence: Presence, window: Window, asked: PlaceHour) -> object:
    """The first page, with evidence."""
    return presence.visitors(asked.ranges, asked.window)


COMPANIONS = Question("companions, warm, 1 asker", ask_companions, one_person, Goal(5, 15))

QUESTIONS: tuple[Question, ...] = (
    COMPANIONS,
    Question("trajectory", ask_trajectory, one_person, Goal(p95=3)),
    Question("visitors of a place and hour", ask_visitors, place_hours, Goal(p95=5)),
)
"""In this order, on warm files."""
