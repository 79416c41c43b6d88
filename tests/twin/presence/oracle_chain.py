"""Brute force for chains over whole stays: every pair of merged stays, layer by layer, written to be read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tests.twin.presence.oracle import Interval, S, floor, parent, shared
from tests.twin.presence.oracle_together import near, square_of
from twin.presence import Areas, Cell, Floor, Nearness, Square, Together
from twin.types import Window

FOREVER = 1 << 60
Labels = dict[int, list[tuple[int, int]]]  # person -> (hops, arrival), fewest hops first


@dataclass(frozen=True)
class Asked:
    rule: Together
    theta: int
    latency: int
    hops: int | None
    forward: bool = True
    first_contact: bool = False
    isolate_after: int | None = None
    isolation: Mapping[int, int] | None = None
    times: Mapping[int, int] | None = None


@dataclass(frozen=True)
class Piece:
    """A merged stay, its times those of the walk: backward they are negative."""

    person: int
    places: tuple[int, ...]
    span: Interval


def group(at: Nearness, key: int) -> object:
    if isinstance(at, Floor):
        return key >> 13
    if isinstance(at, Cell) and at.ring == 0:
        return parent(key, at.res), at.same_floor and floor(key)
    if isinstance(at, Square):
        return square_of(at, key), at.same_floor and floor(key)
    if isinstance(at, Areas):
        inside = [int(a) for lo, hi, a in zip(at.ranges.lo, at.ranges.hi, at.area, strict=True) if lo <= key < hi]
        return tuple(inside), at.same_floor and floor(key)
    return key


def pieces(stays: list[S], window: Window, asked: Asked, sure: bool) -> list[Piece]:
    """Merged stays of everybody; `sure`: of certain records alone, at places that leave no doubt."""
    at, rule = asked.rule.near, asked.rule
    found: dict[tuple[int, object], list[tuple[Interval, int]]] = {}
    for stay in stays:
        span = shared((stay.start, stay.end), (window.start, window.end))
        how = near(at, stay.place, stay.place)
        if span is None or (rule.trust.only is not None and stay.source not in rule.trust.only) or how is None:
            continue
        if sure and (how != "certain" or stay.quality or stay.source in rule.trust.doubtful):
            continue
        span = span if asked.forward else (-span[1], -span[0])
        found.setdefault((stay.person, group(at, stay.place)), []).append((span, stay.place))
    made = []
    for (person, _), parts in found.items():
        runs: list[tuple[Interval, list[int]]] = []
        for span, place in sorted(parts):
            if runs and span[0] <= runs[-1][0][1] + rule.bridge_s:
                (start, end), places = runs[-1]
                runs[-1] = (start, max(end, span[1])), [*places, place]
            else:
                runs.append((span, [place]))
        made += [Piece(person, tuple(places), span) for span, places in runs]
    return made


def own_time(asked: Asked, person: int) -> Interval:
    """When somebody counts: before isolation."""
    if person not in (asked.isolation or {}):
        return -FOREVER, FOREVER
    at = (asked.isolation or {})[person]
    return (-FOREVER, at) if asked.forward else (-at, FOREVER)


def contact(asked: Asked, x: Piece, y: Piece, infectious: Interval, sure: bool) -> Interval | None:
    """The time that x and y share while x is infectious and neither is isolated, if it is long enough."""
    hows = {near(asked.rule.near, a, b) for a in x.places for b in y.places}
    if not ("certain" in hows or (not sure and "possible" in hows)):
        return None
    spans = [x.span, y.span, infectious, own_time(asked, x.person), own_time(asked, y.person)]
    start, end = max(span[0] for span in spans), min(span[1] for span in spans)
    return (start, end) if end - start >= asked.theta else None


def infectious_time(asked: Asked, arrival: int) -> Interval:
    since = arrival - asked.theta if asked.first_contact else arrival + asked.latency
    return since, FOREVER if asked.isolate_after is None else arrival + asked.isolate_after


def seed_time(asked: Asked, seed: int, window: Window) -> Interval:
    if asked.times and seed in asked.times:
        return (asked.times[seed] if asked.forward else -asked.times[seed]), FOREVER
    return (window.start if asked.forward else -window.end), FOREVER


def layers(stays: list[S], seeds: set[int], window: Window, asked: Asked, sure: bool) -> list[dict[int, int]]:
    """Who has a label of 1, 2, ... hops, and its arrival in time of the walk; the seeds are layer 0."""
    every = pieces(stays, window, asked, sure)
    best: dict[int, int] = {}
    last = {seed: seed_time(asked, seed, window) for seed in seeds}
    found: list[dict[int, int]] = []
    while last and (asked.hops is None or len(found) < asked.hops):
        reached: dict[int, int] = {}
        for x in every:
            for y in every if x.person in last else []:
                time = None if y.person in seeds or x.person == y.person else contact(asked, x, y, last[x.person], sure)
                if time is not None:
                    reached[y.person] = min(reached.get(y.person, FOREVER), time[0] + asked.theta)
        new = {person: at for person, at in reached.items() if at < best.get(person, FOREVER)}
        best.update(new)
        found.append(new)
        last = {person: infectious_time(asked, at) for person, at in new.items()}
    return found


def chain(stays: list[S], seeds: set[int], window: Window, asked: Asked, sure: bool = False) -> Labels:
    """Every label, in UTC. Without a limit to the hops: the earliest arrival alone, by the fewest hops of a walk
    every contact of which is the earliest of the person reached (unless arrival ends the infectious time)."""
    found = layers(stays, seeds, window, asked, sure)
    made: Labels = {}
    if asked.hops is None and asked.isolate_after is None:
        best = {person: at for layer in found for person, at in layer.items()}
        times = {seed: seed_time(asked, seed, window) for seed in seeds}
        times |= {person: infectious_time(asked, at) for person, at in best.items()}
        hops = foremost_hops(pieces(stays, window, asked, sure), times, asked, sure, best)
        made = {person: [(hops[person], at)] for person, at in best.items()}
    else:
        for number, layer in enumerate(found, start=1):
            for person, at in layer.items():
                made.setdefault(person, []).append((number, at))
    sign = 1 if asked.forward else -1
    return {person: [(hops, sign * at) for hops, at in labels] for person, labels in made.items()}


def foremost_hops(
    every: list[Piece], times: dict[int, Interval], asked: Asked, sure: bool, best: dict[int, int]
) -> dict[int, int]:
    """Fewest hops of walks each contact of which is as early as the arrival `best`; `times`: when who is infectious."""
    hops = {person: 0 for person in times if person not in best}
    while True:
        further: dict[int, int] = {}
        for x in every:
            for y in every:
                if x.person in hops and y.person in best and y.person not in hops and x.person != y.person:
                    time = contact(asked, x, y, times[x.person], sure)
                    if time is not None and time[0] + asked.theta == best[y.person]:
                        further[y.person] = min(further.get(y.person, FOREVER), hops[x.person] + 1)
        if not further:
            return hops
        hops |= further


def rows(stays: list[S], seeds: set[int], window: Window, asked: Asked) -> list[tuple[object, ...]]:
    """(person, labels, labels by certain contacts alone), in the order of the answer."""
    every, surely = (chain(stays, seeds, window, asked, sure) for sure in (False, True))
    sign = 1 if asked.forward else -1
    order = sorted(every, key=lambda person: (every[person][0][0], sign * every[person][0][1], person))
    return [(person, every[person], surely.get(person, [])) for person in order]
