"""Which places do several cases share: ranked by how much more often than chance, each with who was there and when."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from twin.errors import InvalidValue
from twin.presence.answer import Answer, Cost, Rule, SharedPlaceRow
from twin.presence.paging import Page
from twin.presence.questions.bridging import bridge_own
from twin.presence.questions.guests import Guests
from twin.presence.questions.meetings import MOST_IN_GROUP
from twin.presence.questions.tallying import Tally, people_in, visitors_of
from twin.presence.questions.visits import Visits, passing, places_of, visits_to
from twin.presence.segments.record import RECORD_BYTES, ROW_BYTES
from twin.presence.snapshot import Snapshot, own_pieces
from twin.presence.together import Together
from twin.types import F64, I64, U64, Bools, Window


@dataclass(frozen=True, slots=True)
class Sharing:
    """What makes a place shared: by which rule each counts, only by time together or by any, how many must have."""

    rule: Together
    together: bool = False
    at_least: int = 2

    def __post_init__(self) -> None:
        if self.at_least < 1:
            raise InvalidValue("at_least", "is less than one person", "Give the number of persons, 2 or more")
        if not self.rule.near.partition:
            reason = f"{self.rule.near.id} does not divide places: they overlap"
            raise InvalidValue("scale", reason, "Take unit, floor, cell without ring, square or areas")

    @property
    def text(self) -> Rule:
        """In words."""
        named = self.rule.rule("shared_places")
        who = "together with another of them " if self.together else ""
        text = (
            f"Places where at least {self.at_least} of the persons were {who}{self.rule.threshold.text}. One place:"
            f" {self.rule.near.text[0].lower()}{self.rule.near.text[1:].rstrip(',')}. Ranked by lift: how many were"
            " there, over the number to be expected of as many people taken at random from all who have any stay in the"
            " window. Possible: a floor is unknown, the end of a stay is an estimate, or its source is doubtful."
        )
        return Rule(named.id, named.version, text)


def shared_places(
    snapshot: Snapshot, persons: Sequence[int], window: Window, sharing: Sharing, page: Page
) -> Answer[SharedPlaceRow]:
    """Places that several of `persons` (ascending) share, the largest lift first, then more cases, then key."""
    began = time.perf_counter()
    if len(persons) > MOST_IN_GROUP:
        reason = f"{len(persons):,} are named, {MOST_IN_GROUP:,} is the most where shared places are asked for"
        raise InvalidValue("persons", reason, "Ask in smaller groups")
    rule = sharing.rule
    own = own_pieces(snapshot, persons, window, rule.trust)
    read = len(own.start)
    own = bridge_own(own, rule.bridge_s) if rule.bridge_s else own
    places = places_of(own, rule.near, window)
    case = np.searchsorted(np.asarray(persons), own.case).astype(np.int64)
    visits = visits_to(snapshot, places, own, case, len(persons))
    long, surely = passing(visits, len(places.key), rule.threshold, snapshot.zone, window, together=sharing.together)
    kept = np.flatnonzero(np.bincount(visits.place[long], minlength=len(places.key)) >= sharing.at_least)
    tally = visitors_of(snapshot, places.only(kept), len(kept), window, rule.trust)
    everybody = people_in(snapshot, window, rule.trust)
    ranking = _ranked(_Counted(visits, long, surely, places.key), kept, tally, everybody, len(persons))
    rows = _rows(snapshot, _Counted(visits, long, surely, places.key), ranking, page)
    left_out, following = page.rest(len(kept), snapshot.version)
    return Answer(
        question="shared_places",
        rows=rows,
        snapshot=snapshot.version,
        rule=sharing.text,
        window=window,
        zone=snapshot.zone,
        total=len(kept),
        left_out=left_out,
        next=following,
        cost=_cost(read, tally, everybody, began),
        below_threshold=len(places.key) - len(kept),
        not_compared=places.not_compared,
    )


def _cost(read: int, tally: Tally, everybody: Tally, began: float) -> Cost:
    size = read * (RECORD_BYTES + ROW_BYTES)
    return Cost(
        rows_read=read + tally.rows_read + everybody.rows_read,
        bytes_read=size + tally.bytes_read + everybody.bytes_read,
        least_rows=read + tally.matched,
        least_bytes=size + tally.matched * RECORD_BYTES,
        ms=(time.perf_counter() - began) * 1e3,
    )


@dataclass(frozen=True, slots=True)
class _Counted:
    """Visits, which of them count, which do for certain; the key of each place."""

    visits: Visits
    long: Bools
    surely: Bools
    key: U64


@dataclass(frozen=True, slots=True)
class _Ranking:
    """The places that are shared, in order of the answer: (s,) columns."""

    place: I64
    cases: I64
    certain: I64
    footfall: I64
    expected: F64
    lift: F64
    asked: int
    people: int


def _ranked(counted: _Counted, kept: I64, tally: Tally, everybody: Tally, asked: int) -> _Ranking:
    every = len(counted.key)
    place = counted.visits.place
    cases = np.bincount(place[counted.long], minlength=every)[kept]
    certain = np.bincount(place[counted.long & counted.surely], minlength=every)[kept]
    people = int(everybody.people[0])
    expected = asked * tally.people / max(people, 1)
    lift = cases / expected
    order = np.lexsort((counted.key[kept], -cases, -lift))
    return _Ranking(
        place=kept[order],
        cases=cases[order],
        certain=certain[order],
        footfall=tally.people[order],
        expected=expected[order],
        lift=lift[order],
        asked=asked,
        people=people,
    )


def _rows(snapshot: Snapshot, counted: _Counted, ranking: _Ranking, page: Page) -> list[SharedPlaceRow]:
    """The rows of a page, with the visits that count."""
    shown = range(len(ranking.place))[page.cut(len(ranking.place))]
    chosen = np.flatnonzero(counted.long & np.isin(counted.visits.place, ranking.place[shown.start : shown.stop]))
    guests = Guests(snapshot, counted.visits.take(chosen), counted.surely[chosen], len(counted.key))
    return [_row(counted.key, ranking, guests, i) for i in shown]


def _row(key: U64, ranking: _Ranking, guests: Guests, i: int) -> SharedPlaceRow:
    place = int(ranking.place[i])
    who, gatherings = guests.at(place)
    return SharedPlaceRow(
        place=int(key[place]),
        cases=int(ranking.cases[i]),
        certain_cases=int(ranking.certain[i]),
        asked=ranking.asked,
        footfall=int(ranking.footfall[i]),
        people=ranking.people,
        expected=float(ranking.expected[i]),
        lift=float(ranking.lift[i]),
        present_s=sum(guest.present_s for guest in who),
        together_s=guests.crowded_s(place),
        most_at_once=guests.most(place),
        first=min(guest.first for guest in who),
        last=max(guest.last for guest in who),
        who=who,
        gatherings=gatherings,
    )
