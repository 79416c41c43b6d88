"""When did they meet: every pair of some persons, with the maximal intervals of the time they shared."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import numpy as np

from twin.errors import InvalidValue
from twin.presence.answer import Answer, Cost, Evidence, Meeting, MeetingRow
from twin.presence.kernels.layout import Hits, Probes
from twin.presence.kernels.pairing import Pairing, collect_pairs, held, weigh_pairs
from twin.presence.kernels.probing import deal, order_within, room_for
from twin.presence.kernels.uniting import join_intervals, unite
from twin.presence.near.nearness import Neighbourhood
from twin.presence.paging import Page
from twin.presence.questions.companions import surroundings
from twin.presence.questions.evidence import joined
from twin.presence.questions.overlap import Found, time_columns
from twin.presence.questions.reaching import reaching
from twin.presence.segments.record import RECORD_BYTES, ROW_BYTES
from twin.presence.slices import sliced
from twin.presence.snapshot import Own, Snapshot
from twin.presence.together import Together
from twin.types import I64, U32, U64, Objects, Window

MOST_IN_GROUP = 1_000
"""Persons whose pairs are looked at: half a million pairs."""


def meetings(
    snapshot: Snapshot, persons: Sequence[int], window: Window, rule: Together, page: Page
) -> Answer[MeetingRow]:
    """Every pair of `persons` (ascending) that met for long enough, longest first, then by numbers.

    Two are near as seen from the stay of the smaller number: a scale in metres is the same from either side but for the
    rounding of its last digit.
    """
    began = time.perf_counter()
    _check(persons)
    own, near = surroundings(snapshot, persons, window, rule)
    found = _met(snapshot, pairing_of(own, near, persons), window, rule)
    total = len(found.order)
    shown = found.order[page.cut(total)]
    left_out, following = page.rest(total, snapshot.version)
    size = len(own.start) * (RECORD_BYTES + ROW_BYTES)
    return Answer(
        question="meetings",
        rows=_rows(snapshot, own, found, shown, persons),
        snapshot=snapshot.version,
        rule=rule.rule("meetings"),
        window=window,
        zone=snapshot.zone,
        total=total,
        left_out=left_out,
        next=following,
        cost=Cost(len(own.start), size, len(own.start), size, (time.perf_counter() - began) * 1e3),
        below_threshold=found.met - total,
        not_compared=len(near.not_compared),
    )


def _check(persons: Sequence[int]) -> None:
    if len(persons) < 2:
        raise InvalidValue("persons", "a meeting needs two different people", "Name two or more")
    if len(persons) > MOST_IN_GROUP:
        reason = f"{len(persons):,} are named, {MOST_IN_GROUP:,} is the most whose pairs are looked at"
        raise InvalidValue("persons", reason, "Ask in smaller groups, or for companions")


def pairing_of(own: Own, near: Neighbourhood, persons: Sequence[int]) -> Pairing:
    """The persons' stays, to be compared among themselves."""
    case = np.searchsorted(np.asarray(persons), own.case).astype(np.int64)
    stays = held(own.place, own.start, own.end, case, own.certain)
    stay = near.stay
    certain = near.certain & own.certain[stay]
    probes = Probes(
        near.ranges.lo, near.ranges.hi, own.start[stay], own.end[stay], certain, near.floor, stay.astype(np.uint32)
    )
    return Pairing(stays, probes, case, len(persons))


def _met(snapshot: Snapshot, pairing: Pairing, window: Window, rule: Together) -> Found:
    """The overlaps, united per pair, whose number `union.person` is. Raises TooMuch for more than may be held."""
    cases = pairing.cases
    cell: U64 = np.zeros(cases * cases, dtype=np.uint64)
    touched = np.empty(cases * (cases - 1) // 2, dtype=np.uint32)
    met = weigh_pairs(pairing, cell, touched)
    pair, first = deal(touched[:met], cell, rule.threshold.least)
    snapshot.admit(int(first[-1]))
    hits = room_for(int(first[-1]))
    collect_pairs(pairing, cell, hits)
    order, _ = order_within(first, hits.start)
    hits = Hits._make(column[order] for column in hits)
    union = unite(pair, first, hits.start, hits.end, hits.certain)
    passes, certainly = reaching(rule.threshold, snapshot.zone, window, union, hits)
    rows = np.flatnonzero(passes)
    rows = rows[np.lexsort((union.person[rows], -union.together[rows]))]
    read = len(pairing.stays.start)
    return Found(hits, union, rows, certainly, met, read, read * (RECORD_BYTES + ROW_BYTES), read)


def _rows(snapshot: Snapshot, own: Own, found: Found, shown: I64, persons: Sequence[int]) -> list[MeetingRow]:
    columns = pair_columns(snapshot, found.union.person[shown], persons)
    times = time_columns(found.union, found.certain, shown)
    return [MeetingRow(*row) for row in zip(*columns, *times, _intervals(own, found, shown), strict=True)]


def pair_columns(snapshot: Snapshot, pair: I64 | U32, persons: Sequence[int]) -> tuple[list[Any], ...]:
    """(n,) numbers of pairs, as `Pairing` has them, to the persons of each: number, pseudonym, and the other's."""
    both = np.asarray(persons, dtype=np.int64)[np.stack(np.divmod(pair.astype(np.int64), max(len(persons), 1)))]
    people = np.unique(both).tolist()
    names = dict(zip(people, snapshot.pseudonyms(people), strict=True))
    one, other = both.tolist()
    return one, [names[person] for person in one], other, [names[person] for person in other]


def _intervals(own: Own, found: Found, shown: I64) -> list[Sequence[Meeting]]:
    """The meetings of each pair shown, each with the shared intervals that make it, by pair of places."""
    hits = found.hits

    def by(hit: I64) -> tuple[Objects, ...]:
        return hits.certain[hit], hits.place[hit], own.place[hits.stay[hit]]

    parts = joined(found, shown, by)
    certain, other_place, place = by(parts.hit)
    row = np.repeat(np.arange(len(shown)), np.diff(parts.bounds))
    fresh = np.ones(len(row), dtype=np.bool_)
    fresh[1:] = row[1:] != row[:-1]
    first, end = join_intervals(parts.start, parts.end, fresh)
    bounds = np.append(first, len(row))
    sure = unite(np.arange(len(first), dtype=np.uint32), bounds, parts.start, parts.end, certain).certain
    case = own.case[hits.stay[parts.hit]]
    slices = sliced(Evidence._make, (parts.start, parts.end, place, other_place, certain, case), bounds)
    evidence = np.fromiter(slices, dtype=object, count=len(slices))
    of_row = np.searchsorted(row[first], np.arange(len(shown) + 1))
    return sliced(Meeting._make, (parts.start[first], end, sure, evidence), of_row)
