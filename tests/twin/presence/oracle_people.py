"""Brute force for meetings, shared places and lingering, over whole stays, written to be read."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations, pairwise
from math import exp, log

from tests.twin.presence.oracle import Interval, S, floor, length, shared, summary, union
from tests.twin.presence.oracle_together import Part, best, near, parts, res_of, square_of
from twin.presence import Areas, Cell, Floor, Nearness, Square, Together
from twin.types import Window

Found = list[tuple[Interval, bool]]


def passes(found: Found, rule: Together, window: Window, zone: str) -> tuple[bool, bool]:
    """(whether it lasts long enough, whether its certain part alone does)."""
    sure = [span for span, certain in found if certain]
    every = best([span for span, _ in found], rule, window, zone) >= rule.threshold.least
    return every, bool(sure) and best(sure, rule, window, zone) >= rule.threshold.least


def meetings(
    stays: list[S], persons: set[int], window: Window, rule: Together, zone: str
) -> list[tuple[int, int, list[Interval], int, bool]]:
    """(one, other, meetings, certain seconds, certain) of every pair, longest first."""
    every = parts(stays, window, rule)
    rows = []
    for one, other in combinations(sorted(persons), 2):
        found: Found = []
        for a in (part for part in every if part.person == one):
            for b in (part for part in every if part.person == other):
                how, common = near(rule.near, a.place, b.place), shared(a.span, b.span)
                if how is not None and common is not None:
                    found.append((common, how == "certain" and a.certain and b.certain))
        if found and passes(found, rule, window, zone)[0]:
            sure = length([span for span, certain in found if certain])
            spans = union([span for span, _ in found])
            rows.append((one, other, spans, sure, passes(found, rule, window, zone)[1]))
    return sorted(rows, key=lambda row: (-length(row[2]), row[0], row[1]))


def group_of(at: Nearness, key: int) -> object:
    """The place that a key is part of."""
    if isinstance(at, Floor):
        return key >> 13
    level = floor(key) if getattr(at, "same_floor", False) else None
    if isinstance(at, Cell):
        return (key >> 21 >> 3 * (12 - at.res)), level
    if isinstance(at, Square):
        return square_of(at, key), level
    if isinstance(at, Areas):
        owner = [int(a) for lo, hi, a in zip(at.ranges.lo, at.ranges.hi, at.area, strict=True) if lo <= key < hi]
        return tuple(owner), level
    return key


@dataclass
class Shared:
    place: int
    who: dict[int, Found]
    certain: dict[int, bool]
    footfall: int
    people: int
    lift: float


def shared_places(
    stays: list[S], persons: set[int], window: Window, rule: Together, how: tuple[bool, int, str]
) -> list[Shared]:
    """`how`: whether together only, of at least how many, in which zone."""
    together, at_least, zone = how
    every = parts(stays, window, rule)
    places: dict[object, int] = {}
    for key in {part.place for part in every if part.person in persons and near(rule.near, part.place, part.place)}:
        finest = places.setdefault(group_of(rule.near, key), key)
        if (-res_of(key), key) < (-res_of(finest), finest):
            places[group_of(rule.near, key)] = key
    everybody = {part.person for part in every}
    rows = []
    for place in places.values():
        there = [(part, near(rule.near, place, part.place)) for part in every]
        visitors = {part.person for part, how_ in there if how_}
        found: dict[int, Found] = {}
        for part, how_ in there:
            if how_ and part.person in persons:
                found.setdefault(part.person, []).append((part.span, how_ == "certain" and part.certain))
        judged = {who: passes(with_others(who, found) if together else found[who], rule, window, zone) for who in found}
        if together:
            judged = {who: verdict for who, verdict in judged.items() if with_others(who, found)}
        who = {person: found[person] for person, verdict in judged.items() if verdict[0]}
        certain = {person: judged[person][1] for person in who}
        if len(who) >= at_least:
            expected = len(persons) * len(visitors) / len(everybody)
            rows.append(Shared(place, who, certain, len(visitors), len(everybody), len(who) / expected))
    return sorted(rows, key=lambda row: (-row.lift, -len(row.who), row.place))


def with_others(person: int, found: dict[int, Found]) -> Found:
    """The time that somebody shares with any of the others."""
    return [
        (common, sure and certain)
        for span, sure in found[person]
        for other in found
        if other != person
        for other_span, certain in found[other]
        if (common := shared(span, other_span)) is not None
    ]


def gatherings(who: dict[int, Found]) -> list[tuple[int, int, tuple[int, ...]]]:
    """Who was there with whom, each point in time for its second."""
    spans = {person: union([(s, max(e, s + 1)) for (s, e), _ in found]) for person, found in who.items()}
    edges = sorted({edge for every in spans.values() for span in every for edge in span})
    rows = []
    for start, end in pairwise(edges):
        there = sorted((s, person) for person, every in spans.items() for s, e in every if s <= start < e)
        if len(there) > 1:
            rows.append((start, end, tuple(person for _, person in there)))
    return rows


@dataclass
class Presence:
    """A stay of a case at a place as the scale divides them: what it leaves begins at its end."""

    case: int
    place: int
    span: Interval
    certain: bool


def presences(every: list[Part], persons: set[int], at: Nearness) -> list[Presence]:
    runs: dict[tuple[int, object], list[list[Part]]] = {}
    mine = [part for part in every if part.person in persons and near(at, part.place, part.place)]
    for part in sorted(mine, key=lambda part: part.span):
        found = runs.setdefault((part.person, group_of(at, part.place)), [])
        if found and part.span[0] <= max(other.span[1] for other in found[-1]):
            found[-1].append(part)
        else:
            found.append([part])
    made = []
    for run in (run for found in runs.values() for run in found):
        last = min(run, key=lambda part: (-part.span[1], part.place))
        span = run[0].span[0], last.span[1]
        made.append(Presence(run[0].person, last.place, span, all(part.certain for part in run)))
    return made


Later = list[tuple[Interval, int, bool]]
"""(later presence, second of the leaving, certain)."""


def weight(later: Later, half_life: float) -> float:
    """The integral of 2 ** -((t - latest leaving) / half life), in closed form between all edges."""
    total, rate = 0.0, log(2) / half_life
    for start, end in pairwise(sorted({edge for span, _, _ in later for edge in span})):
        holding = [left for (s, e), left, _ in later if s <= start and end <= e]
        if holding:
            total += (exp(-rate * (start - max(holding))) - exp(-rate * (end - max(holding)))) / rate
    return total


def lingering(
    stays: list[S], persons: set[int], window: Window, rule: Together, how: tuple[int, float, str]
) -> dict[int, tuple[object, ...]]:
    """(weight, certain weight, seconds, certain, visits, first, last, any certain, soonest, direct, passes) of each."""
    linger, half_life, zone = how
    every = parts(stays, window, rule)
    met: dict[int, Later] = {}
    direct = set()
    for case in presences(every, persons, rule.near):
        for part in (part for part in every if part.person not in persons):
            nearness = near(rule.near, case.place, part.place)
            if nearness is None:
                continue
            together = shared(case.span, part.span) is not None
            if together:
                direct.add(part.person)
            left, gone = case.span[1], min(case.span[1] + linger, window.end)
            after = shared(part.span, (left, gone)) if left < gone else None
            if after is not None and not (together and part.span[0] == part.span[1]):
                met.setdefault(part.person, []).append(
                    (after, left, nearness == "certain" and case.certain and part.certain)
                )
    rows = {}
    for person, later in met.items():
        found = [(span, certain) for span, _, certain in later]
        sure = [row for row in later if row[2]]
        soonest = min(span[0] - left for span, left, _ in later)
        rows[person] = (
            weight(later, half_life),
            weight(sure, half_life),
            *summary(found),
            soonest,
            person in direct,
            passes(found, rule, window, zone),
        )
    return rows
