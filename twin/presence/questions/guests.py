"""Rows of shared places: for each place shown, which of the persons were there, when, and who with whom."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from twin.presence.answer import Guest, Visit
from twin.presence.kernels.gathering import Stretches
from twin.presence.questions.evidence import joined
from twin.presence.questions.gatherings import Gatherings
from twin.presence.questions.overlap import Found
from twin.presence.questions.visits import Visits, crowds, presences
from twin.presence.slices import sliced
from twin.presence.snapshot import Snapshot
from twin.types import I64, Bools


class Guests:
    """The visits to the places shown, whose numbers are below `places`. `certain` (v,): whether each is for certain."""

    def __init__(self, snapshot: Snapshot, visits: Visits, certain: Bools, places: int) -> None:
        self._visits = visits
        self._crowds = crowds(visits, places)
        self._present = presences(visits, seconds=True)
        self._person = visits.hits.person[visits.union.first_hit[:-1]].astype(np.int64)
        self._guests = self._made(snapshot, certain)

    def at(self, place: int) -> tuple[Sequence[Guest], Gatherings]:
        """Who was at a place, in order of coming, and who with whom."""
        first, last = np.searchsorted(self._visits.place, [place, place + 1]).tolist()
        guests = sorted(self._guests[first:last], key=lambda guest: (guest.first, guest.person))
        low, high = np.searchsorted(self._present.of, [first, last])
        present = Stretches._make(column[low:high] for column in self._present)
        return guests, Gatherings(present._replace(of=self._person[present.of]))

    def crowded_s(self, place: int) -> int:
        """Seconds with two or more of them there."""
        return int(self._crowds.crowded_s[place])

    def most(self, place: int) -> int:
        """The most of them at any one time."""
        return int(self._crowds.most[place])

    def _made(self, snapshot: Snapshot, certain: Bools) -> list[Guest]:
        union = self._visits.union
        people = self._person.tolist()
        columns = (
            people,
            snapshot.pseudonyms(people),
            union.together.tolist(),
            union.certain.tolist(),
            (union.together - union.certain).tolist(),
            self._crowds.shared_s.tolist(),
            union.meetings.tolist(),
            union.first.tolist(),
            union.last.tolist(),
            certain.tolist(),
            self._evidence(),
        )
        return [Guest(*row) for row in zip(*columns, strict=True)]

    def _evidence(self) -> list[Sequence[Visit]]:
        hits, rows = self._visits.hits, np.arange(len(self._visits.place))
        found = Found(hits, self._visits.union, rows, hits.certain, 0, 0, 0, 0)
        intervals = joined(found, rows, lambda hit: (hits.certain[hit], hits.place[hit]))
        at: I64 = intervals.hit
        columns = (intervals.start, intervals.end, hits.place[at], hits.certain[at])
        return sliced(Visit._make, columns, intervals.bounds)
