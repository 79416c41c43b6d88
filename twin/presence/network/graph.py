"""The contact graph of a bounded set: every two of some persons, or of everybody at some places, who were together."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from twin.errors import InvalidValue, TooMuch
from twin.presence.answer import Answer, Cost, PairRow
from twin.presence.kernels.graph_pairs import Shared, among, at_most, shared
from twin.presence.kernels.layout import Hits, Probes
from twin.presence.kernels.pairing import Held, Pairing
from twin.presence.kernels.uniting import Union, unite
from twin.presence.near.nearness import ANY_FLOOR
from twin.presence.near.ranges import KeyRanges
from twin.presence.near.within import Within
from twin.presence.paging import Page
from twin.presence.questions.bridging import bridge_own
from twin.presence.questions.meetings import pair_columns, pairing_of
from twin.presence.questions.overlap import Sweep, find, time_columns
from twin.presence.questions.reaching import reaching
from twin.presence.segments.record import RECORD_BYTES, ROW_BYTES
from twin.presence.segments.segment import Segment
from twin.presence.snapshot import Own, Snapshot, own_pieces
from twin.presence.together import Threshold, Together
from twin.types import I64, Bools, Window

MOST_PAIRS = 10_000_000
"""Pairs of stays that a graph may write down without being told to: some 600 MB while they are put together."""


@dataclass(frozen=True, slots=True)
class Members:
    """Whose graph: these persons (ascending representatives), or everybody with a stay at places; or both: of these
    persons, at these places.
    """

    persons: Sequence[int] | None
    ranges: KeyRanges | None

    def __post_init__(self) -> None:
        if self.persons is None and self.ranges is None:
            reason = "neither persons nor places are given, and a graph is of a bounded set"
            raise InvalidValue("persons, places", reason, "Name some; `network` counts meetings everywhere")


def contact_graph(snapshot: Snapshot, members: Members, window: Window, rule: Together, page: Page) -> Answer[PairRow]:
    """An edge for every two who were together for long enough, longest first, then by numbers: as `meetings` has it."""
    began = time.perf_counter()
    own, near = _stays(snapshot, members, window, rule)
    around = near.near.around(own.place)
    persons = np.unique(own.case).tolist()
    pairing = pairing_of(own, around, persons)
    edges = _edges(snapshot, pairing, window, rule)
    shown = edges.order[page.cut(len(edges.order))]
    left_out, following = page.rest(len(edges.order), snapshot.version)
    size = len(own.start) * (RECORD_BYTES + ROW_BYTES)
    return Answer(
        question="contact_graph",
        rows=_rows(snapshot, edges, shown, persons),
        snapshot=snapshot.version,
        rule=rule.rule("contact_graph"),
        window=window,
        zone=snapshot.zone,
        total=len(edges.order),
        left_out=left_out,
        next=following,
        cost=Cost(len(own.start), size, len(own.start), size, (time.perf_counter() - began) * 1e3),
        below_threshold=len(edges.pair) - len(edges.order),
        not_compared=len(around.not_compared),
    )


def _stays(snapshot: Snapshot, members: Members, window: Window, rule: Together) -> tuple[Own, Together]:
    """The stays of the members, bridged where the rule says so, and the rule within the places."""
    if members.ranges is None:
        own = own_pieces(snapshot, members.persons or (), window, rule.trust)
    else:
        rule = Together(
            Within(rule.near, "the places asked for", members.ranges), rule.threshold, rule.bridge_s, rule.trust
        )
        own = _there(snapshot, members.ranges, window, rule)
        if members.persons is not None:
            own = own.take(np.isin(own.case, np.asarray(members.persons, dtype=np.uint32)))
    return (bridge_own(own, rule.bridge_s) if rule.bridge_s else own), rule


def _there(snapshot: Snapshot, ranges: KeyRanges, window: Window, rule: Together) -> Own:
    """Everybody's stays at some places, clipped to the window."""
    n = len(ranges.lo)

    def probes(segment: Segment) -> Probes:
        start, end = max(window.start, segment.info.base), min(window.end, segment.info.until)
        times = np.full(n, start, dtype=np.int64), np.full(n, end, dtype=np.int64)
        numbers = np.arange(n, dtype=np.uint32)
        return Probes(ranges.lo, ranges.hi, *times, np.ones(n, dtype=np.bool_), np.full(n, ANY_FLOOR), numbers)

    hits = find(snapshot, Sweep(window, probes, Threshold(0), rule.trust)).hits
    none = np.zeros(len(hits.start), dtype=np.uint8)
    own = Own(hits.person, hits.place, hits.start, hits.end, none, none, hits.certain)
    return own.take(np.argsort(own.start, kind="stable"))


@dataclass(frozen=True, slots=True)
class _Edges:
    """(m,) pairs who shared time at all, united, and the rows of those that are edges, in the order of the answer."""

    pair: I64
    union: Union
    order: I64
    certain: Bools


def _edges(snapshot: Snapshot, pairing: Pairing, window: Window, rule: Together) -> _Edges:
    found = _shared(snapshot, pairing)
    order = np.lexsort((found.start, found.pair))
    found = Shared._make(column[order] for column in found)
    pair, first = np.unique(found.pair, return_index=True)
    bounds = np.append(first, len(order)).astype(np.int64)
    numbers = np.arange(len(pair), dtype=np.uint32)
    union = unite(numbers, bounds, found.start, found.end, found.certain)
    nobody = np.empty(0, dtype=np.uint32)
    hits = Hits(nobody, found.start, found.end, nobody, np.empty(0, dtype=np.uint64), found.certain)
    passes, certainly = reaching(rule.threshold, snapshot.zone, window, union, hits)
    rows = np.flatnonzero(passes)
    return _Edges(pair.astype(np.int64), union, rows[np.lexsort((rows, -union.together[rows]))], certainly)


def _shared(snapshot: Snapshot, pairing: Pairing) -> Shared:
    """Every shared interval. Raises TooMuch first where there may be more than may be written down."""
    places = among(pairing)
    most = int(at_most(pairing, places, _sorted_ends(pairing.stays)))
    if snapshot.budget is not None and most > MOST_PAIRS:
        reason = f"would write down up to {most:,} pairs of stays; {MOST_PAIRS:,} is the most without being told"
        raise TooMuch("contact_graph", reason, "Name fewer persons or places, count by `network`, or ask with force")
    count = int(shared(pairing, places, _room(0)))
    found = _room(count)
    shared(pairing, places, found)
    return found


def _room(count: int) -> Shared:
    return Shared._make(np.empty(count, dtype=kind) for kind in (np.uint64, np.int64, np.int64, np.bool_))


def _sorted_ends(stays: Held) -> I64:
    """(n,) the ends of each place's stays, ascending; a point ends with its second."""
    ends: I64 = np.maximum(stays.end, stays.start + 1)
    place = np.repeat(np.arange(len(stays.keys)), np.diff(stays.offsets))
    ordered: I64 = ends[np.lexsort((ends, place))]
    return ordered


def _rows(snapshot: Snapshot, edges: _Edges, shown: I64, persons: Sequence[int]) -> list[PairRow]:
    columns = pair_columns(snapshot, edges.pair[shown], persons)
    return [PairRow(*row) for row in zip(*columns, *time_columns(edges.union, edges.certain, shown), strict=True)]
