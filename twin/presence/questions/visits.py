"""The visits of some persons to the places that they have in common, as a scale divides places."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twin.geo.cells import cell_resolution, keys_to_cells
from twin.presence.kernels.gathering import Spans, Stretches, crowded, within
from twin.presence.kernels.layout import Hits, Probes
from twin.presence.kernels.pairing import count_within, held, stays_within
from twin.presence.kernels.uniting import Union, join_intervals, unite
from twin.presence.near.nearness import Nearness
from twin.presence.questions.reaching import reaching
from twin.presence.snapshot import Own, Snapshot
from twin.presence.together import Threshold
from twin.types import I64, U64, Bools, Window


@dataclass(frozen=True, slots=True)
class Places:
    """(g,) different places of some stays: a key of each, and probes for whatever counts as being there.

    `probes.stay` is the number of the place. `not_compared`: stays that are nowhere as the scale divides places.
    """

    key: U64
    probes: Probes
    not_compared: int

    def only(self, places: I64) -> Probes:
        """The probes of some places, ascending, numbered from 0."""
        inside = np.isin(self.probes.stay, places)
        part = Probes._make(column[inside] for column in self.probes)
        return part._replace(stay=np.searchsorted(places, part.stay).astype(np.uint32))


def places_of(own: Own, near: Nearness, window: Window) -> Places:
    """The groups that the stays fall into, each by its finest and then smallest key."""
    keys, at = np.unique(own.place, return_inverse=True)
    around = near.around(keys)
    compared = np.zeros(len(keys), dtype=np.bool_)
    compared[around.stay] = True
    rows = np.flatnonzero(compared)
    groups, fineness = near.groups(keys[rows]), cell_resolution(keys_to_cells(keys[rows]))
    order = np.lexsort((keys[rows], -fineness, groups))
    fresh = np.ones(len(order), dtype=np.bool_)
    fresh[1:] = groups[order][1:] != groups[order][:-1]
    chosen = rows[order[fresh]]
    number = np.full(len(keys), -1, dtype=np.int64)
    number[chosen] = np.arange(len(chosen))
    place = number[around.stay]
    kept = place >= 0
    span = np.ones(int(kept.sum()), dtype=np.int64)
    probes = Probes(
        around.ranges.lo[kept],
        around.ranges.hi[kept],
        span * window.start,
        span * window.end,
        around.certain[kept],
        around.floor[kept],
        place[kept].astype(np.uint32),
    )
    return Places(keys[chosen], probes, int((~compared[at]).sum()))


@dataclass(frozen=True, slots=True)
class Visits:
    """Who was where: one row per place and person, by place. (v,) place number, index of the person, and their union.

    `hits` are their stays there by start, those of row i at union.first_hit[i]:union.first_hit[i + 1]; `hits.stay` is
    the row of the stay in what was asked about.
    """

    place: I64
    case: I64
    union: Union
    hits: Hits

    def take(self, rows: I64) -> Visits:
        """Some of the rows, ascending."""
        first, last = self.union.first_hit[rows], self.union.first_hit[rows + 1]
        bounds = np.concatenate([[0], np.cumsum(last - first)]).astype(np.int64)
        at = np.arange(bounds[-1]) + np.repeat(first - bounds[:-1], last - first)
        columns = {name: getattr(self.union, name)[rows] for name in Union._fields if name != "first_hit"}
        union = Union(**columns, first_hit=bounds)
        return Visits(self.place[rows], self.case[rows], union, Hits._make(column[at] for column in self.hits))

    @property
    def row(self) -> I64:
        """(n,) of which row each hit is."""
        return np.repeat(np.arange(len(self.place)), np.diff(self.union.first_hit))


def visits_to(snapshot: Snapshot, places: Places, own: Own, case: I64, cases: int) -> Visits:
    """The stays of everybody at every one of the places. Raises TooMuch where these are more than may be held."""
    stays = held(own.place, own.start, own.end, case, own.certain)
    count = count_within(stays, places.probes)
    snapshot.admit(count)
    of, row, certain = stays_within(stays, places.probes, count)
    code = of * cases + case[row]
    order = np.lexsort((own.start[row], code))
    of, row, certain, code = of[order], row[order], certain[order], code[order]
    visit, first = np.unique(code, return_index=True)
    bounds = np.append(first, len(row)).astype(np.int64)
    hits = Hits(own.case[row], own.start[row], own.end[row], row.astype(np.uint32), own.place[row], certain)
    union = unite(np.arange(len(visit), dtype=np.uint32), bounds, hits.start, hits.end, hits.certain)
    return Visits(visit // cases, visit % cases, union, hits)


def presences(visits: Visits, *, seconds: bool, only_certain: bool = False) -> Stretches:
    """When each was there: maximal intervals of the rows of visits.

    `seconds`: a point in time counts as its second; otherwise it is left out.
    """
    hits, row = visits.hits, visits.row
    end = np.maximum(hits.end, hits.start + 1) if seconds else hits.end
    kept = end > hits.start
    if only_certain:
        kept &= hits.certain
    row, start, end = row[kept], hits.start[kept], end[kept]
    fresh = np.ones(len(row), dtype=np.bool_)
    fresh[1:] = row[1:] != row[:-1]
    first, until = join_intervals(start, end, fresh)
    return Stretches(row[first], start[first], until)


@dataclass(frozen=True, slots=True)
class Crowds:
    """What of each visit's presence is shared with another's at the same place: its rows' parts; `met` (v,): at all.

    Per place (g,): seconds with two or more there, and the most at once (a point in time counts as its second).
    """

    shared: Stretches
    shared_s: I64
    met: Bools
    crowded_s: I64
    most: I64


def crowds(visits: Visits, places: int, *, only_certain: bool = False) -> Crowds:
    """Where and when the visitors of each place met each other there."""
    spans, shared, _ = _crowded(visits, presences(visits, seconds=False, only_certain=only_certain), places)
    _, at_all, most = _crowded(visits, presences(visits, seconds=True, only_certain=only_certain), places)
    met = np.zeros(len(visits.place), dtype=np.bool_)
    met[at_all.of] = True
    seconds = np.bincount(shared.of, weights=shared.end - shared.start, minlength=len(met)).astype(np.int64)
    total = np.concatenate([[0], np.cumsum(spans.end - spans.start)])
    return Crowds(shared, seconds, met, total[spans.bounds[1:]] - total[spans.bounds[:-1]], most)


def _crowded(visits: Visits, present: Stretches, places: int) -> tuple[Spans, Stretches, I64]:
    """(when two or more were at each place, the part of each row in it, the most at once at each place)."""
    place = visits.place[present.of]
    bounds = np.searchsorted(place, np.arange(places + 1)).astype(np.int64)
    # of one place, presences lie by person here
    spans, most = crowded(Spans(bounds, present.start, present.end))
    parts = within(Stretches(place, present.start, present.end), spans)
    return spans, parts._replace(of=present.of[parts.of]), most


def passing(
    visits: Visits, places: int, threshold: Threshold, zone: str, window: Window, *, together: bool
) -> tuple[Bools, Bools]:
    """(v,) which visits last long enough, and which do for certain; `together`: by what is shared with others alone."""
    if not together:
        return reaching(threshold, zone, window, visits.union, visits.hits)
    every, sure = (
        _lasting(visits, crowds(visits, places, only_certain=only), threshold, zone, window) for only in (False, True)
    )
    return every, every & sure


def _lasting(visits: Visits, found: Crowds, threshold: Threshold, zone: str, window: Window) -> Bools:
    """(v,) which visits share enough time with others."""
    row, start, end = found.shared
    bounds = np.searchsorted(row, np.arange(len(visits.place) + 1)).astype(np.int64)
    sure = np.ones(len(row), dtype=np.bool_)
    nothing = np.zeros(len(row), dtype=np.uint32)
    hits = Hits(nothing, start, end, nothing, np.zeros(len(row), dtype=np.uint64), sure)
    union = unite(np.arange(len(visits.place), dtype=np.uint32), bounds, start, end, sure)
    return found.met & reaching(threshold, zone, window, union, hits)[0]
