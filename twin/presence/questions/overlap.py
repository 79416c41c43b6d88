"""The sweep that companions, visitors and others share: probes against the segments, then one row per person met."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from twin.presence.kernels.layout import EXCLUDED, UNUSED, Hits, Probes, Work
from twin.presence.kernels.probing import clear, collect, deal, estimate, order_within, room_for, weigh
from twin.presence.kernels.uniting import Measure, Union, measure, unite
from twin.presence.questions.bridging import Gaps, bridge
from twin.presence.segments.days import Days
from twin.presence.segments.record import RECORD_BYTES
from twin.presence.segments.segment import Segment
from twin.presence.snapshot import Snapshot
from twin.presence.together import PER, Threshold, Trust
from twin.types import I64, Bools, Window

_ENTRY_BYTES = 8

LONGEST_S = 1 << 31
"""No union is longer: no window is."""


@dataclass(frozen=True, slots=True)
class Found:
    """Everybody met for long enough: hits by person and start, one union row each, in order of the answer."""

    hits: Hits
    union: Union
    order: I64  # rows of `union`: longest first, then by person
    certain: Bools  # (m,) rows of `union` whose certain part alone passes
    met: int  # people met at all
    rows_read: int
    bytes_read: int
    matched: int  # records that overlap: the least to read


@dataclass(frozen=True, slots=True)
class Sweep:
    """What to look for: the probes of each segment, for how long, by which records, never these people.

    With `bridge_s`, probes are widened by it already; `own` gives the interval of each stay that hits are clipped to.
    `gaps`: gaps to be bridged by source, none longer than `bridge_s`.
    """

    window: Window
    probes_of: Callable[[Segment], Probes]
    threshold: Threshold
    trust: Trust
    excluded: Sequence[int] = ()
    bridge_s: int = 0
    own: tuple[I64, I64] | None = None
    gaps: Gaps | None = None


def find(snapshot: Snapshot, sweep: Sweep) -> Found:
    """Sweep the segments with their probes; keep who passes the threshold, counted as a union.

    Two passes: the first only adds up seconds per person, which bounds the union from above, so that the second
    keeps evidence for those alone who can pass. Raises TooMuch where the probes could read more than they may.
    """
    work = [part for segment in snapshot.segments(sweep.window) for part in _work(segment, sweep)]
    if snapshot.budget is not None:
        snapshot.admit(sum(estimate(part.places, part.probes) for part in work))
    rows = entries = matched = met = 0
    least = 0 if sweep.bridge_s else sweep.threshold.least
    with snapshot.scratch.cells(snapshot.people) as cell:
        excluded = np.asarray(sweep.excluded, dtype=np.uint32)
        cell[excluded] = EXCLUDED
        touched = np.empty(snapshot.people, dtype=np.uint32)
        for part in work:
            read = weigh(part, snapshot.alias, cell, touched, met)
            rows, entries, matched, met = rows + read[0], entries + read[1], matched + read[2], read[3]
        person, first = deal(touched[:met], cell, least)
        hits = room_for(int(first[-1]))
        for part in work:
            collect(part, snapshot.alias, cell, not sweep.bridge_s, hits)
        clear(cell, touched[:met])
        clear(cell, excluded)
    if sweep.bridge_s and sweep.own is not None:
        hits, gap = _gaps(hits, sweep)
        person, first, hits = bridge((person, first, hits), sweep.own, sweep.window, gap)
        met = len(person)
    hits = _by_start(first, hits)
    union = unite(person, first, hits.start, hits.end, hits.certain)
    order, certain = _passing(snapshot, sweep, union, hits)
    return Found(hits, union, order, certain, met, rows, rows * RECORD_BYTES + entries * _ENTRY_BYTES, matched)


def _work(segment: Segment, sweep: Sweep) -> list[Work]:
    """The part of a sweep in one segment: one, or, where gaps differ by source, one for each gap.

    Hits do not tell their source: the number of the gap is put on top of the number of the stay.
    """
    probes, worth = sweep.probes_of(segment), sweep.trust.worth(segment.tag_source, segment.tag_quality)
    if sweep.gaps is None or sweep.own is None:
        return [Work(segment.places, probes, worth)]
    gap, stays = sweep.gaps.of(segment.tag_source), len(sweep.own[0])
    return [
        Work(
            segment.places,
            probes._replace(stay=probes.stay + np.uint32(number * stays)),
            np.where(gap == value, worth, UNUSED).astype(np.uint8),
        )
        for number, value in enumerate(sweep.gaps.values.tolist())
        if (gap == value).any()
    ]


def _gaps(hits: Hits, sweep: Sweep) -> tuple[Hits, int | I64]:
    """Hits with the numbers of their stays, and the gap to be bridged after each."""
    if sweep.gaps is None or sweep.own is None:
        return hits, sweep.bridge_s
    number, stay = np.divmod(hits.stay, np.uint32(max(len(sweep.own[0]), 1)))
    return hits._replace(stay=stay), sweep.gaps.values[number]


def _by_start(first: I64, hits: Hits) -> Hits:
    """Evidence is put in its own full order when a row is shown."""
    order, changed = order_within(first, hits.start)
    return Hits._make(column[order] for column in hits) if changed else hits


def _passing(snapshot: Snapshot, sweep: Sweep, union: Union, hits: Hits) -> tuple[I64, Bools]:
    """(rows that pass, longest first; whether each row's certain part alone passes)."""
    threshold = sweep.threshold
    most, surely = union.together, union.certain
    if threshold.per != "window":
        by = Measure(PER[threshold.per], Days(snapshot.zone).edges_of(sweep.window), threshold.span_s)
        most, surely = (measure(union.first_hit, hits, only_certain, by) for only_certain in (False, True))
    rows = np.flatnonzero(most >= threshold.least)
    # longest first, then by person, in one number: seconds take 31 bits, a person 26
    rank = (LONGEST_S - union.together[rows]) << 26 | union.person[rows]
    order = rows[np.argsort(rank)]
    return order, union.sure & (surely >= threshold.least)


def person_columns(snapshot: Snapshot, found: Found, shown: I64) -> tuple[list[Any], ...]:
    """What an answer says of each person shown, before the evidence: the fields of `CompanionRow` and `VisitorRow`."""
    people = found.union.person[shown].tolist()
    return people, snapshot.pseudonyms(people), *time_columns(found.union, found.certain, shown)


def time_columns(union: Union, certainly: Bools, shown: I64) -> tuple[list[Any], ...]:
    """What an answer says of time shared: together_s, certain_s, possible_s, meetings, first, last, certain."""
    together, certain = union.together[shown], union.certain[shown]
    columns = (together, certain, together - certain, union.meetings[shown], union.first[shown], union.last[shown])
    return *(column.tolist() for column in columns), certainly[shown].tolist()
