"""Brute force for whole rules: what `Contact` must mean, written to be read.

A slot is one person asked about and one group of the scale; a stay of anybody is in it if it is near to a place of
that person in that group.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from tests.twin.presence import oracle_together
from tests.twin.presence.oracle import Interval, S, length, shared
from tests.twin.presence.oracle_together import Part, best, near
from twin.presence import Contact, Dwell
from twin.presence.segments.days import Days
from twin.types import Window

Spans = list[tuple[Interval, bool]]
Slot = tuple[int, int]


@dataclass(frozen=True)
class Row:
    """What is compared with the engine's row."""

    person: int
    together: int
    certain: bool
    measured: int
    stays: tuple[int, int] | None


def parts(stays: list[S], window: Window, rule: Contact) -> list[Part]:
    """Stays as the rule takes them: those of `oracle_together`, and where gaps differ by source, bridged by source."""
    if not rule.gaps:
        return oracle_together.parts(stays, window, rule.together)
    gap = dict(rule.gaps)
    found: dict[tuple[int, int], list[tuple[int, int, int, bool]]] = {}
    for stay in stays:
        only, span = rule.together.trust.only, shared((stay.start, stay.end), (window.start, window.end))
        if span is not None and (only is None or stay.source in only):
            sure = stay.quality == 0 and stay.source not in rule.together.trust.doubtful
            holds = span[1] + gap.get(stay.source, rule.together.bridge_s)
            found.setdefault((stay.person, stay.place), []).append((*span, holds, sure))
    made = []
    for (person, place), spans in found.items():
        runs: list[tuple[int, int, int, bool]] = []
        for start, end, holds, sure in sorted(spans, key=lambda span: span[:2]):
            if runs and start <= runs[-1][2]:
                first, last, held, before = runs[-1]
                runs[-1] = (first, max(last, end), max(held, holds), before and sure)
            else:
                runs.append((start, end, holds, sure))
        made += [Part(person, place, (start, end), sure) for start, end, _, sure in runs]
    return made


class World:
    """One question: everything is worked out by looking at every pair of stays."""

    def __init__(self, stays: list[S], persons: set[int], window: Window, rule: Contact, zone: str) -> None:
        self.stays, self.persons, self.window, self.rule, self.zone = stays, persons, window, rule, zone
        self.every = parts(stays, window, rule)
        self.mine = [part for part in self.every if part.person in persons]
        self.others = sorted({stay.person for stay in stays} - persons)
        self.places: dict[Slot, set[int]] = {}
        for part in self.mine:
            if near(rule.together.near, part.place, part.place) is not None:
                self.places.setdefault(self.slot(part), set()).add(part.place)

    def slot(self, part: Part) -> Slot:
        group = self.rule.together.near.groups(np.array([part.place], dtype=np.uint64))[0]
        return part.person, int(group)

    def falls(self, place: int, slot: Slot) -> str | None:
        """How a place falls into a slot."""
        hows = {near(self.rule.together.near, own, place) for own in self.places[slot]}
        return "certain" if "certain" in hows else "possible" if "possible" in hows else None

    def met(self, other: int) -> dict[Slot, Spans]:
        """The shared intervals with one person, by slot."""
        found: dict[Slot, Spans] = {}
        for part in self.mine:
            for their in (part for part in self.every if part.person == other):
                how = near(self.rule.together.near, part.place, their.place)
                common = shared(part.span, their.span)
                if how is not None and common is not None:
                    certain = how == "certain" and part.certain and their.certain
                    found.setdefault(self.slot(part), []).append((common, certain))
        return found

    def there(self, person: int, slot: Slot, window: Window) -> Spans:
        """The stays of one person in a slot, within a window."""
        found: Spans = []
        for part in parts(self.stays, window, self.rule):
            how = self.falls(part.place, slot) if part.person == person else None
            if how is not None:
                found.append((part.span, how == "certain" and part.certain))
        return found

    def own_there(self, slot: Slot) -> Spans:
        """The stays of the person asked about in their own slot."""
        return [(part.span, part.certain) for part in self.mine if slot in self.places and self.slot(part) == slot]

    def measure(self, spans: Spans) -> tuple[int, int]:
        """(seconds, certain seconds) by the rule's measure; -1 for nothing at all."""
        sure = [span for span, certain in spans if certain]
        every = [span for span, _ in spans]
        of = (self.rule.together, self.window, self.zone)
        return best(every, *of) if every else -1, best(sure, *of) if sure else -1


def contacts(stays: list[S], persons: set[int], window: Window, rule: Contact, zone: str) -> list[Row]:
    """Every contact, longest first."""
    world = World(stays, persons, window, rule, zone)
    rows = [row for other in world.others if (row := _contact(world, other)) is not None]
    return sorted(rows, key=lambda row: (-row.together, row.person))


def _contact(world: World, other: int) -> Row | None:
    rule, least = world.rule, world.rule.together.threshold.least
    units = _units_at_once(world, other) if rule.when == "same_time" else _units_by_day(world, other)
    if not units:
        return None
    spans = [span for unit in units for span in unit[1]]
    if not rule.by_place:
        whole = world.measure(spans)
        units = [(slot, s, (whole[0], whole[1] if sure >= 0 else -1)) for slot, s, (_, sure) in units]
    most, surely = (max(unit[2][i] for unit in units) for i in (0, 1))
    passes, certain, stayed = most >= least, surely >= least, None
    if rule.dwell is not None:
        both = rule.combine == "and"
        counted = [(slot, sure >= (least if both else 0)) for slot, _, (m, sure) in units if m >= least or not both]
        long, surely_long, stayed = _dwelt(world, other, counted, rule.dwell)
        passes = passes and long if both else passes or long
        certain = surely_long if both else certain or surely_long
    if not passes:
        return None
    return Row(other, length([span for span, _ in spans]), certain, most, stayed)


Unit = tuple[Slot, Spans, tuple[int, int]]


def _units_at_once(world: World, other: int) -> list[Unit]:
    return [(slot, spans, world.measure(spans)) for slot, spans in world.met(other).items()]


def _units_by_day(world: World, other: int) -> list[Unit]:
    """Both were there, each for long enough, on one day or in the window."""
    edges = [world.window.start, world.window.end]
    if world.rule.when == "same_day":
        edges = Days(world.zone).edges_of(world.window).tolist()
    units: list[Unit] = []
    for slot in world.places:
        for day in pairwise(edges):
            own, their = (
                [(part, sure) for span, sure in spans if (part := shared(span, day)) is not None]
                for spans in (world.own_there(slot), world.there(other, slot, world.window))
            )
            mine, theirs = world.measure(own), world.measure(their)
            if their and mine[0] >= world.rule.together.threshold.least:
                units.append((slot, their, (min(mine[0], theirs[0]), min(mine[1], theirs[1]))))
    return units


def _dwelt(world: World, other: int, met: list[tuple[Slot, bool]], dwell: Dwell) -> tuple[bool, bool, tuple[int, int]]:
    window = dwell.window or world.window
    pairs: list[tuple[Spans, Spans, bool]] = []
    if dwell.where == "anywhere":
        of = {
            who: [(p.span, p.certain) for p in parts(world.stays, window, world.rule) if p.person == who]
            for who in {other, *world.persons}
        }
        pairs = [(of[slot[0]], of[other], sure) for slot, sure in sorted(met)]
    elif dwell.where == "met":
        pairs = [
            (world.there(slot[0], slot, window), world.there(other, slot, window), sure) for slot, sure in sorted(met)
        ]
    else:
        for slot in sorted(world.places):
            mine, theirs = world.there(slot[0], slot, window), world.there(other, slot, window)
            with_them = [sure for (case, _), sure in met if case == slot[0]]
            if mine and theirs and with_them:
                pairs.append((mine, theirs, any(with_them)))
    value = {"either": max, "both": min, "case": lambda a, _: a, "other": lambda _, b: b}[dwell.who]
    long = surely = False
    shown: tuple[int, tuple[int, int]] | None = None
    for mine, theirs, sure in pairs:
        a, b, x, y = (_length(spans, only) for only in (False, True) for spans in (mine, theirs))
        long |= value(a, b) >= dwell.least
        surely |= sure and value(x, y) >= dwell.least
        if shown is None or value(a, b) > shown[0]:
            shown = value(a, b), (max(a, 0), max(b, 0))
    return long, surely, shown[1] if shown else (0, 0)


def _length(spans: Spans, only_certain: bool) -> int:
    kept = [span for span, sure in spans if sure or not only_certain]
    return length(kept) if kept else -1
