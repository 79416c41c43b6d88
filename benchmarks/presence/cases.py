"""Whom and what to ask about: people at random, and the places and hours where people like them were."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from benchmarks.presence.itinerary import DAY_S
from benchmarks.presence.world import World, WorldSpec
from twin.geo.cells import PLACE_RES, cell_resolution, keys_to_cells
from twin.presence import KeyRanges, Presence
from twin.types import Window

HOUR_S = 3600


@dataclass(frozen=True, slots=True)
class PlaceHour:
    """A place as a range of keys, and one hour (of a hub: one day)."""

    ranges: KeyRanges
    window: Window


class Cases:
    """A supply of cases from a seed. No person comes twice, so that every question is a new one to every cache."""

    def __init__(self, spec: WorldSpec, seed: int, window: Window | None = None) -> None:
        self._spec = spec
        self._rng = np.random.default_rng([spec.seed, seed])
        self._persons = self._rng.permutation(spec.people)
        self._at = 0
        self.window = window or spec.window
        """What every question is about."""

    def persons(self, n: int) -> list[int]:
        """Up to n persons not given before; from the start again where all were."""
        if self._at + n > len(self._persons):
            self._at = 0
        part = self._persons[self._at : self._at + n]
        self._at += n
        return [int(person) for person in part]

    def place_hours(self, presence: Presence, n: int) -> list[PlaceHour]:
        """Where n people were at some time, each a place and the hour they came: busy places come more often."""
        found = []
        for person in self.persons(n):
            rows = presence.trajectory(person, self.window).rows
            fine = [row for row in rows if int(cell_resolution(keys_to_cells([row.place]))[0]) == PLACE_RES]
            row = fine[int(self._rng.integers(len(fine)))]
            start = row.start // HOUR_S * HOUR_S
            found.append(PlaceHour(KeyRanges.of([(row.place, row.place + 1)]), Window(start, start + HOUR_S)))
        return found

    def hub_days(self, n: int) -> list[PlaceHour]:
        """n days of the busiest hub, one after the other, from the first again after the last."""
        hub = int(World(self._spec).crowd.hubs[0])
        starts = range(self.window.start, self.window.end, DAY_S)
        days = [Window(start, start + DAY_S) for start in starts]
        return [PlaceHour(KeyRanges.of([(hub, hub + 1)]), days[i % len(days)]) for i in range(n)]

    def pairs(self, presence: Presence, n: int) -> list[tuple[int, int]]:
        """n pairs who met: a person and one of those they were with."""
        found = []
        for person in self.persons(n):
            rows = presence.companions([person], self.window).rows
            other = rows[int(self._rng.integers(len(rows)))].person if rows else self.persons(1)[0]
            found.append((person, other))
        return found
