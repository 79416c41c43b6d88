"""Planted outbreaks: who truly infected whom, where and when, always at a recorded meeting on one floor."""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from twin.synth.days import DayStays
from twin.synth.draw import mixed, stream, uniform
from twin.synth.people import LOCAL, PUPIL, People
from twin.synth.venues import CARE, FOOD, HOME, HUB, LEISURE, PARK, SCHOOL, SHOP, WORK, Venues
from twin.types import I32, I64, Bools

NAMES = (("办公楼聚集疫情", "Office cluster"), ("学校聚集疫情", "School cluster"), ("市场聚集疫情", "Market cluster"))
"""Where the first case of each outbreak works or learns."""

SHORTEST_S = 600
"""Nobody is infected in a meeting of less than ten minutes."""

_PER_HOUR = {
    HOME: 0.10,
    WORK: 0.018,
    SCHOOL: 0.02,
    FOOD: 0.20,
    SHOP: 0.10,
    LEISURE: 0.16,
    CARE: 0.06,
    HUB: 0.004,
    PARK: 0.002,
}
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


@dataclass(frozen=True)
class Today:
    """A local day: `exact` are the stays of which place, floor and both ends are on record."""

    midnight: int
    day: DayStays
    exact: Bools

    @cached_property
    def _by_venue(self) -> tuple[I64, I32]:
        rows = np.flatnonzero(self.exact)
        rows = rows[np.argsort(self.day.venue[rows], kind="stable")]
        return rows, self.day.venue[rows]

    def at(self, venue: int) -> I64:
        """Rows of the exact stays at a venue."""
        rows, venues = self._by_venue
        low, high = np.searchsorted(venues, np.array([venue, venue + 1], dtype=np.int32))
        return rows[low:high]


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
        self._infected: set[int] = set()
        self.outbreaks: list[Outbreak] = []
        rng = stream(seed, "outbreaks")
        at_work = np.where(people.work >= 0, venues.setting[people.work], -1)
        choices = (at_work == WORK, people.persona == PUPIL, np.isin(at_work, (SHOP, FOOD)))
        for number, (name, choice) in enumerate(zip(NAMES, choices, strict=True)):
            rows = np.flatnonzero(choice & (people.persona != LOCAL if number == 1 else people.persona == LOCAL))
            free = [p for p in (rows if len(rows) else np.arange(len(people))) if int(p) not in self._infected]
            size = max(5, round(_SIZES[number] * min(1.0, len(people) / 150_000)))
            outbreak = Outbreak(name, size)
            self._infect(outbreak, int(rng.choice(free)), first)
            self.outbreaks.append(outbreak)

    def advance(self, today: Today) -> None:
        """Tell the next day."""
        for outbreak in self.outbreaks:
            queue = [(case.infectious_from, case.person, case) for case in outbreak.cases]
            heapq.heapify(queue)
            while queue and len(outbreak.cases) < outbreak.size:
                _, _, case = heapq.heappop(queue)
                if case.infectious_to <= today.midnight:
                    continue
                for caught in self._spread(outbreak, case, today):
                    heapq.heappush(queue, (caught.infectious_from, caught.person, caught))

    def _infect(self, outbreak: Outbreak, person: int, at: int, by: Case | None = None) -> Case:
        """A new case, without anybody for an index case."""
        latent = int(self._latent_s * (0.5 + uniform(self._seed, 41, person)[0])) if by else 0
        start, generation = at + latent, by.generation + 1 if by else 0
        case = Case(person, at, start, start + _INFECTIOUS_DAYS * 86_400, generation, by.person if by else -1)
        few = uniform(self._seed, 42, person)[0]
        outbreak.spread[person] = 5 if by is None else int(0.6 + 5.5 * few**1.7)  # most infect few, some many
        outbreak.cases.append(case)
        self._infected.add(person)
        return case

    def _spread(self, outbreak: Outbreak, case: Case, today: Today) -> list[Case]:
        """Whom a case infects on this day."""
        meetings = self._meetings(case, today)
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
            caught.append(self._infect(outbreak, other, end, case))
        return caught

    def _meetings(self, case: Case, today: Today) -> list[tuple[int, int, int, int]]:
        """(start, end, other person, venue) of a case's meetings of the day, in an order that is drawn."""
        midnight, day, exact = today.midnight, today.day, today.exact
        low, high = np.searchsorted(day.person, np.array([case.person, case.person + 1], dtype=np.uint32))
        own = [r for r in range(int(low), int(high)) if exact[r] and day.end[r] + midnight > case.infectious_from]
        meetings = []
        for row in own:
            others = today.at(int(day.venue[row]))
            others = others[day.person[others] != case.person]
            start = np.maximum(day.start[others], day.start[row]).astype(np.int64) + midnight
            start = np.maximum(start, case.infectious_from)
            end = np.minimum(day.end[others], day.end[row]).astype(np.int64) + midnight
            for k in np.flatnonzero(end - start >= SHORTEST_S).tolist():
                meetings.append((int(start[k]), int(end[k]), int(day.person[others[k]]), int(day.venue[row])))
        if not meetings:
            return []
        order = mixed(self._seed, 44, [m[2] for m in meetings], [m[0] for m in meetings])
        return [meetings[k] for k in np.argsort(order, kind="stable").tolist()]
