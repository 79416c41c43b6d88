"""Who came later: everybody who was where a case had been, while it lingered, weighed by a half-life."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from twin.errors import InvalidValue
from twin.presence.answer import Answer, Cost, Late, LingeringRow, Rule
from twin.presence.kernels.layout import Hits
from twin.presence.kernels.lingering import Presences, exposure
from twin.presence.kernels.probing import order_within
from twin.presence.kernels.uniting import Union, unite
from twin.presence.near.nearness import Nearness
from twin.presence.paging import Page
from twin.presence.questions.bridging import bridge_own
from twin.presence.questions.evidence import joined
from twin.presence.questions.lasting import Lasting
from twin.presence.questions.overlap import Found, Sweep, find
from twin.presence.questions.reaching import reaching
from twin.presence.questions.trajectory import admit_pieces
from twin.presence.segments.record import RECORD_BYTES, ROW_BYTES
from twin.presence.slices import sliced
from twin.presence.snapshot import Own, Snapshot, own_pieces
from twin.presence.together import Threshold, Together
from twin.types import F64, I64, Bools, Objects, Window

LONGEST_LINGER_S = 7 * 86_400


@dataclass(frozen=True, slots=True)
class Lingering:
    """How long something lingers: presence counts up to `linger_s` after a case had left, half every half-life."""

    rule: Together
    linger_s: int = 7_200
    half_life_s: float = 1_800.0

    def __post_init__(self) -> None:
        if not 1 <= self.linger_s <= LONGEST_LINGER_S:
            raise InvalidValue("linger_s", f"must be 1 to {LONGEST_LINGER_S:,} seconds", "Give seconds, 7200 for 2 h")
        if not 1 <= self.half_life_s <= 1e9:
            raise InvalidValue("half_life_s", "must be 1 to 1,000,000,000 seconds", "Give 1800 for half an hour")

    @property
    def text(self) -> Rule:
        """In words."""
        named = self.rule.rule("lingering")
        near = self.rule.near.text
        text = (
            f"Present after a case had left, within {self.linger_s} s, {self.rule.threshold.text}: {near[0].lower()}"
            f"{near[1:].rstrip(',')}. At each instant a presence weighs 2 ** -(seconds since the latest leaving /"
            f" {self.half_life_s:g}). Touching stays of a case at one place are one stay. Possible: a floor is unknown,"
            " the end of a stay is an estimate, or its source is doubtful."
        )
        return Rule(named.id, named.version, text)


def lingering(
    snapshot: Snapshot, persons: Sequence[int], window: Window, asked: Lingering, page: Page
) -> Answer[LingeringRow]:
    """Everybody who was there after any of `persons` had left, the largest exposure first; none of `persons`.

    Stays of cases, what they leave and who comes after count within the window alone.
    """
    began = time.perf_counter()
    rule = asked.rule
    admit_pieces(snapshot, persons, window)
    own = own_pieces(snapshot, persons, window, rule.trust)
    read = len(own.start)
    own, not_compared = presences(bridge_own(own, rule.bridge_s) if rule.bridge_s else own, rule.near)
    near = rule.near.around(own.place)
    until = np.minimum(own.end + asked.linger_s, window.end)
    found = find(snapshot, _sweep(Lasting(own, near, until, rule.bridge_s), persons, window, rule))
    later = _later(found, own, asked, snapshot.zone, window)
    total = len(later.order)
    shown = later.order[page.cut(total)]
    rows = _rows(snapshot, later, own, shown)
    left_out, following = page.rest(total, snapshot.version)
    size = read * (RECORD_BYTES + ROW_BYTES)
    cost = Cost(
        rows_read=found.rows_read + read,
        bytes_read=found.bytes_read + size,
        least_rows=found.matched + read,
        least_bytes=found.matched * RECORD_BYTES + size,
        ms=(time.perf_counter() - began) * 1e3,
    )
    return Answer(
        question="lingering",
        rows=rows,
        snapshot=snapshot.version,
        rule=asked.text,
        window=window,
        zone=snapshot.zone,
        total=total,
        left_out=left_out,
        next=following,
        cost=cost,
        below_threshold=len(later.union.person) - total,
        not_compared=not_compared,
    )


def presences(own: Own, near: Nearness) -> tuple[Own, int]:
    """Stays of each person that touch or overlap within one group of the scale, joined: doubt in one part is in all.

    The place of a joined stay is the one that was left last, and of those the smallest. Returns with them how many
    stays are placed too coarsely for the scale and are left out.
    """
    compared = np.unique(near.around(own.place).stay)
    not_compared = len(own.start) - len(compared)
    own = own.take(compared)
    if not len(own.start):
        return own, not_compared
    group = near.groups(own.place)
    order = np.lexsort((own.start, group, own.case))
    sorted_own, group = own.take(order), group[order]
    fresh = np.ones(len(order), dtype=np.bool_)
    fresh[1:] = (group[1:] != group[:-1]) | (sorted_own.case[1:] != sorted_own.case[:-1])
    whole = np.cumsum(fresh) * (int(own.end.max()) - int(own.start.min()) + 2)
    reach = np.maximum.accumulate(sorted_own.end + whole)
    fresh[1:] |= sorted_own.start[1:] + whole[1:] > reach[:-1]
    first = np.flatnonzero(fresh)
    of = np.cumsum(fresh) - 1
    last = np.lexsort((sorted_own.place, -sorted_own.end, of))[first]
    joined_own = Own(
        sorted_own.case[first],
        sorted_own.place[last],
        sorted_own.start[first],
        sorted_own.end[last],
        sorted_own.source[last],
        sorted_own.quality[last],
        np.logical_and.reduceat(sorted_own.certain, first),
    )
    return joined_own.take(np.argsort(joined_own.start, kind="stable")), not_compared


def _sweep(probes: Lasting, persons: Sequence[int], window: Window, rule: Together) -> Sweep:
    """Whoever is near from the beginning of a stay until what it leaves is gone; the time is measured afterwards."""
    return Sweep(
        window,
        probes.of,
        Threshold(0),
        rule.trust,
        excluded=persons,
        bridge_s=rule.bridge_s,
        own=probes.spans if rule.bridge_s else None,
    )


@dataclass(frozen=True, slots=True)
class _Later:
    """Presences after a leaving, per person: hits by person and start, one union row each, and what they weigh."""

    hits: Hits
    union: Union
    order: I64
    certain: Bools
    weight: F64
    sure_weight: F64
    after: I64
    direct: Bools


def _later(found: Found, own: Own, asked: Lingering, zone: str, window: Window) -> _Later:
    """The part of each hit that lies after the leaving of its stay; whoever has none is left out."""
    hits = found.hits
    begun, left = own.start[hits.stay], own.end[hits.stay]
    point = begun == left
    meets = (hits.start < left) | (point & (hits.start == left))
    after = (hits.end > left) | ((hits.start == hits.end) & (hits.start >= left) & ~meets)
    group = np.repeat(np.arange(len(found.union.person)), np.diff(found.union.first_hit))
    groups, counts = np.unique(group[after], return_counts=True)
    first = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    later = Hits._make(column[after] for column in hits)
    later = later._replace(start=np.maximum(later.start, left[after]))
    order, _ = order_within(first, later.start)
    later = Hits._make(column[order] for column in later)
    union = unite(found.union.person[groups], first, later.start, later.end, later.certain)
    passes, certainly = reaching(asked.rule.threshold, zone, window, union, later)
    leaving = own.end[later.stay]
    weighed = Presences(later.start, later.end, leaving, later.certain)
    every, sure = exposure(first, weighed, float(asked.half_life_s))
    direct = np.zeros(len(found.union.person), dtype=np.bool_)
    direct[group[meets]] = True
    soonest = np.minimum.reduceat(later.start - leaving, first[:-1]) if len(groups) else leaving
    rows = np.flatnonzero(passes)
    rows = rows[np.lexsort((union.person[rows], -every[rows]))]
    return _Later(later, union, rows, certainly, every, sure, soonest, direct[groups])


def _rows(snapshot: Snapshot, later: _Later, own: Own, shown: I64) -> list[LingeringRow]:
    union = later.union
    people = union.person[shown].tolist()
    late, certain = union.together[shown], union.certain[shown]
    columns = (
        people,
        snapshot.pseudonyms(people),
        later.weight[shown].tolist(),
        later.sure_weight[shown].tolist(),
        late.tolist(),
        certain.tolist(),
        (late - certain).tolist(),
        union.meetings[shown].tolist(),
        union.first[shown].tolist(),
        union.last[shown].tolist(),
        later.after[shown].tolist(),
        later.direct[shown].tolist(),
        later.certain[shown].tolist(),
        _evidence(later, own, shown),
    )
    return [LingeringRow(*row) for row in zip(*columns, strict=True)]


def _evidence(later: _Later, own: Own, shown: I64) -> list[Sequence[Late]]:
    """The later presences of each person shown, by place and by what they came after."""
    hits = later.hits
    found = Found(hits, later.union, shown, later.certain, 0, 0, 0, 0)

    def by(hit: I64) -> tuple[Objects, ...]:
        stay = hits.stay[hit]
        return hits.certain[hit], own.end[stay], own.case[stay], own.place[stay], hits.place[hit]

    intervals = joined(found, shown, by)
    certain, left, case, case_place, place = by(intervals.hit)
    return sliced(
        Late._make, (intervals.start, intervals.end, place, case_place, case, left, certain), intervals.bounds
    )
