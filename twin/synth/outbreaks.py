"""Planted outbreaks: who truly infected whom, where and when, always at a recorded meeting on one floor."""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field

import numpy as np

from twin.synth.days import DayStays
from twin.synth.draw import mixed, stream, uniform
from twin.synth.people import LOCAL, PUPIL, People
from twin.synth.venues import CARE, FOOD, HOME, HUB, LEISURE, PARK, SCHOOL, SHOP, WORK, Venues
from twin.types import I64, Bools

NAMES = (("办公楼聚集疫情", "Office cluster"), ("学校聚集疫情", "School cluster"), ("市场聚集疫情", "Market cluster"))
"""Where the first case of each outbreak works or learns."""

SHORTEST_S = 600
"""Nobody is infected in a meeting of less than ten minutes."""

_PER_HOUR = {HOME: 0.10, WORK: 0.018, SCHOOL: 0.02, FOOD: 0.20, SHOP: 0.10, LEISURE: 0.16, CARE: 0.06, HUB: 0.004, PARK: 0.002}  # fmt: skip
_SIZES = (24, 36, 52)  # of a district of 150,000; smaller ones have smaller outbreaks
_INFECTIOUS_DAYS = 7


@dataclass(frozen=True, slots=True)
class Case:
    """One infected person (a row of `People`). Times are UTC seconds; index cases have no infector."""

    person: int
    infected_at: int
    infectious_from: int
    infectious_to: int
    generation: int
    infector: int = -1


@dataclass(frozen=True, slots=True)
class Transmission:
    """Infector and infectee were both at the venue from start to end."""

    infector: int
    infectee: int
    venue: int
    start: int
    end: int


@dataclass(slots=True)
class Outbreak:
    """Cases in the order in which they were infected, and the edges of the true tree."""

    name: tuple[str, str]
    size: int
    cases: list[Case] = field(default_factory=list)
    transmissions: list[Transmission] = field(default_factory=list)
    spread: dict[int, int] = field(default_factory=dict)


class Epidemic:
    """Three outbreaks that never share a person, told day by day."""

    def __init__(self, seed: int, days: int, first: int, people: People, venues: Venues) -> None:
        self._seed, self._venues = seed, venues
        self._latent_s = days * 86_400 / 9  # a day and a half in a fortnight: some six generations in any window
        self._infected: dict[int, int] = {}
        self.outbreaks: list[Outbreak] = []
        rng = stream(seed, "outbreaks")
        at_work = np.where(people.work >= 0, venues.setting[people.work], -1)
        choices = (at_work == WORK, people.persona == PUPIL, np.isin(at_work, (SHOP, FOOD)))
        for number, (name, choice) in enumerate(zip(NAMES, choices, strict=True)):
            rows = np.flatnonzero(choice & (people.persona != LOCAL if number == 1 else people.persona == LOCAL))
            free = [p for p in (rows if len(rows) else np.arange(len(people))) if int(p) not in self._infected]
            size = max(5, round(_SIZES[number] * min(1.0, len(people) / 150_000)))
            outbreak = Outbreak(name, size)
            self._infect(number, outbreak, int(rng.choice(free)), first, 0, -1)
            self.outbreaks.append(outbreak)

    def advance(self, midnight: int, day: DayStays, exact: Bools) -> None:
        """One local day from `midnight`: `exact` are the stays of which place, floor and both ends are on record."""
        for number, outbreak in enumerate(self.outbreaks):
            queue = [(case.infectious_from, case.person, case) for case in outbreak.cases]
            heapq.heapify(queue)
            while queue and len(outbreak.cases) < outbreak.size:
                _, _, case = heapq.heappop(queue)
                if case.infectious_to <= midnight:
                    continue
                for caught in self._spread(number, outbreak, case, midnight, day, exact):
                    heapq.heappush(queue, (caught.infectious_from, caught.person, caught))

    def _infect(self, number: int, outbreak: Outbreak, person: int, at: int, generation: int, infector: int) -> Case:
        latent = 0 if infector < 0 else int(self._latent_s * (0.5 + uniform(self._seed, 41, person)[0]))
        start = at + latent
        case = Case(person, at, start, start + _INFECTIOUS_DAYS * 86_400, generation, infector)
        few = uniform(self._seed, 42, person)[0]
        outbreak.spread[person] = 5 if infector < 0 else int(0.6 + 5.5 * few**1.7)  # most infect few, some many
        outbreak.cases.append(case)
        self._infected[person] = number
        return case

    def _spread(self, number: int, outbreak: Outbreak, case: Case, midnight: int, day: DayStays, exact: Bools) -> list[Case]:  # fmt: skip
        """Whom a case infects on this day."""
        meetings = self._meetings(case, midnight, day, exact)
        caught: list[Case] = []
        for start, end, other, venue in meetings:
            if outbreak.spread[case.person] <= 0 or len(outbreak.cases) >= outbreak.size:
                break
            if other in self._infected:
                continue
            hazard = _PER_HOUR[int(self._venues.setting[venue])] * (end - start) / 3600
            if uniform(self._seed, 43, case.person, other, start)[0] >= 1 - np.exp(-hazard):
                continue
            outbreak.transmissions.append(Transmission(case.person, other, venue, start, end))
            outbreak.spread[case.person] -= 1
            caught.append(self._infect(number, outbreak, other, end, case.generation + 1, case.person))
        return caught

    def _meetings(self, case: Case, midnight: int, day: DayStays, exact: Bools) -> list[tuple[int, int, int, int]]:
        """(start, end, other person, venue) of a case's meetings of the day, in an order that is drawn."""
        low, high = np.searchsorted(day.person, [case.person, case.person + 1])
        own = [r for r in range(int(low), int(high)) if exact[r] and day.end[r] + midnight > case.infectious_from]
        meetings = []
        for row in own:
            others: I64 = np.flatnonzero((day.venue == day.venue[row]) & exact & (day.person != case.person))
            start = np.maximum(day.start[others], day.start[row]).astype(np.int64) + midnight
            start = np.maximum(start, case.infectious_from)
            end = np.minimum(day.end[others], day.end[row]).astype(np.int64) + midnight
            for k in np.flatnonzero(end - start >= SHORTEST_S).tolist():
                meetings.append((int(start[k]), int(end[k]), int(day.person[others[k]]), int(day.venue[row])))
        order = mixed(self._seed, 44, [m[2] for m in meetings], [m[0] for m in meetings]) if meetings else []
        return [meetings[k] for k in np.argsort(order, kind="stable").tolist()]
