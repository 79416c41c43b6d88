"""How many meetings each person had, how these numbers are spread, and, of a few persons, how many people they met."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from twin.errors import InvalidValue, TooMuch
from twin.presence.near.ranges import KeyRanges
from twin.presence.network.asked import Counting
from twin.presence.network.counting import Counts, ground, run
from twin.presence.network.network import cost
from twin.presence.network.rows import DegreeRow, Degrees
from twin.presence.network.there import There
from twin.presence.paging import Page
from twin.presence.questions.companions import surroundings, sweep_of
from twin.presence.questions.overlap import find
from twin.presence.snapshot import Snapshot, own_pieces
from twin.presence.together import Together
from twin.types import I64, Window

MOST_MET = 1_000
"""Persons whose different contacts are counted without being told to: each is a question for companions."""


@dataclass(frozen=True, slots=True)
class Whom:
    """Whose degrees: of these persons (ascending representatives; None: of everybody), within these places.

    `met`: count the different people they met, too.
    """

    persons: Sequence[int] | None = None
    ranges: KeyRanges | None = None
    met: bool = False

    def __post_init__(self) -> None:
        if self.met and self.persons is None:
            raise InvalidValue("met", "different people met are counted of persons who are named", "Name them")


def degrees(snapshot: Snapshot, window: Window, counting: Counting, whom: Whom, page: Page) -> Degrees:
    """Everybody (of those named) with a stay there, the most meetings first. See `network` for what is a meeting."""
    began = time.perf_counter()
    around = None
    if whom.persons is not None:
        around = np.unique(own_pieces(snapshot, whom.persons, window, counting.rule.trust).place)
        if whom.met and snapshot.budget is not None and len(whom.persons) > MOST_MET:
            reason = f"would ask for the companions of {len(whom.persons):,} persons; {MOST_MET:,} is the most"
            raise TooMuch("met", reason, "Name fewer persons, leave it out, or ask with force")
    on = ground(snapshot, window, counting, whom.ranges, around)
    every, sure = run(snapshot, window, counting, on, np.array([window.start, window.end]), degrees=True)
    person = _ranked(every, whom)
    shown = person[page.cut(len(person))]
    degree = every.degree[person]
    left_out, following = page.rest(len(person), snapshot.version)
    return Degrees(
        question="degrees",
        rows=_rows(snapshot, shown, (every, sure), _met(snapshot, shown, window, counting.rule, whom)),
        snapshot=snapshot.version,
        rule=counting.rule_of("degrees"),
        window=window,
        zone=snapshot.zone,
        total=len(person),
        left_out=left_out,
        next=following,
        cost=cost(on, (every, sure), began),
        mean=float(degree.mean()) if len(degree) else 0.0,
        most=int(degree.max(initial=0)),
        distribution=_distribution(degree),
    )


def _ranked(every: Counts, whom: Whom) -> I64:
    """Those with a stay, by the most meetings, then by number."""
    there = np.flatnonzero(every.kept)
    if whom.persons is not None:
        there = np.intersect1d(there, np.asarray(whom.persons, dtype=np.int64))
    ranked: I64 = there[np.lexsort((there, -every.degree[there]))]
    return ranked


def _distribution(degree: I64) -> list[tuple[int, int]]:
    meetings, people = np.unique(degree, return_counts=True)
    return list(zip(meetings.tolist(), people.tolist(), strict=True))


def _met(
    snapshot: Snapshot, shown: I64, window: Window, rule: Together, whom: Whom
) -> list[tuple[int | None, int | None]]:
    """How many different people each met, by the engine of companions: and how many for certain."""
    if not whom.met:
        return [(None, None)] * len(shown)
    if whom.ranges is not None:
        rule = replace(rule, near=There(rule.near, "the places asked for", whom.ranges))
    found: list[tuple[int | None, int | None]] = []
    for person in shown.tolist():
        own, near = surroundings(snapshot, [person], window, rule)
        met = find(snapshot, sweep_of(own, near, [person], window, rule))
        found.append((len(met.order), int(met.certain[met.order].sum())))
    return found


def _rows(
    snapshot: Snapshot, shown: I64, runs: tuple[Counts, Counts], met: list[tuple[int | None, int | None]]
) -> list[DegreeRow]:
    every, sure = runs
    people = shown.tolist()
    columns = (
        people,
        snapshot.pseudonyms(people),
        every.kept[shown].tolist(),
        every.degree[shown].tolist(),
        sure.degree[shown].tolist(),
    )
    return [DegreeRow(*row, *both) for *row, both in zip(*columns, met, strict=True)]
