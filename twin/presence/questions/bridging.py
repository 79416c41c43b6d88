"""Gaps bridged: stays of one person at one place that are at most so many seconds apart are one stay.

Whoever looks for stays that meet [start, end) after bridging must collect the pieces that meet [start - gap, end +
gap): both neighbours of a gap that reaches into the interval lie within.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from twin.presence.kernels.layout import Hits
from twin.presence.snapshot import Own
from twin.types import I64, U8, U32, Bools, Window


@dataclass(frozen=True, slots=True)
class Gaps:
    """How long a gap may be, by the source of the stay before it: `default_s` for a source that is not in `by_source`.

    Of stays that overlap, the one that would hold longest counts.
    """

    default_s: int
    by_source: tuple[tuple[int, int], ...] = ()

    @property
    def most(self) -> int:
        """The longest of them."""
        return max(self.default_s, *(gap for _, gap in self.by_source))

    @property
    def values(self) -> I64:
        """The different ones, ascending."""
        return np.unique([self.default_s, *(gap for _, gap in self.by_source)])

    def of(self, sources: U8) -> I64:
        """(n,) sources to seconds."""
        table = np.full(256, self.default_s, dtype=np.int64)
        for source, gap in self.by_source:
            table[source] = gap
        return table[sources]


def bridge_own(own: Own, gap_s: int, gaps: Gaps | None = None) -> Own:
    """The stays of those asked about, bridged per person and place: gaps up to `gap_s`, or by source where given.

    Doubt in one part is doubt in the whole.
    """
    order = np.lexsort((own.start, own.place, own.case))
    sorted_own = own.take(order)
    same = (sorted_own.place[1:] == sorted_own.place[:-1]) & (sorted_own.case[1:] == sorted_own.case[:-1])
    gap = gap_s if gaps is None else gaps.of(sorted_own.source)
    group, start, end, certain = _bridged(sorted_own.start, sorted_own.end, sorted_own.certain, same, gap)
    merged = replace(sorted_own.take(group), start=start, end=end, certain=certain)
    return merged.take(np.argsort(merged.start, kind="stable"))


Dealt = tuple[U32, I64, Hits]
"""People (m,), where the hits of each begin (m + 1,), and the hits."""


def bridge(dealt: Dealt, own: tuple[I64, I64], window: Window, gap_s: int | I64) -> Dealt:
    """Whole pieces, per person met, to the parts of bridged stays that lie within the stays they were found for.

    `own`: starts and ends of the stays that hits name. `gap_s` is one for all, or one a hit.
    """
    person, first, hits = dealt
    group = np.repeat(np.arange(len(person)), np.diff(first))
    start, end = np.maximum(hits.start, window.start), np.minimum(hits.end, window.end)
    inside = start < np.maximum(end, start + 1)
    inside &= (hits.start < window.end) & (np.maximum(hits.end, hits.start + 1) > window.start)
    rows = np.flatnonzero(inside)
    order = rows[np.lexsort((start[rows], hits.place[rows], hits.stay[rows], group[rows]))]
    kept = Hits._make(column[order] for column in hits)
    of = group[order]
    same = (of[1:] == of[:-1]) & (kept.stay[1:] == kept.stay[:-1]) & (kept.place[1:] == kept.place[:-1])
    gap = gap_s if isinstance(gap_s, int) else gap_s[order]
    at, begin, finish, certain = _bridged(start[order], end[order], kept.certain, same, gap)
    own_start, own_end = own[0][kept.stay[at]], own[1][kept.stay[at]]
    meets = (begin < np.maximum(own_end, own_start + 1)) & (np.maximum(finish, begin + 1) > own_start)
    at = at[meets]
    clipped = Hits(
        kept.person[at],
        np.maximum(begin[meets], own_start[meets]),
        np.minimum(finish[meets], own_end[meets]),
        kept.stay[at],
        kept.place[at],
        certain[meets],
    )
    people, counts = np.unique(of[at], return_counts=True)
    return person[people], np.concatenate([[0], np.cumsum(counts)]), clipped


def _bridged(start: I64, end: I64, certain: Bools, same: Bools, gap_s: int | I64) -> tuple[I64, I64, I64, Bools]:
    """(n,) intervals by (group, start), `same` (n - 1,) where the next is of the same group.

    Returns, per bridged interval: index of its first part, start, end, whether every part is certain.
    """
    if not len(start):
        return np.empty(0, dtype=np.int64), start, end, certain
    fresh = np.ones(len(start), dtype=np.bool_)
    fresh[1:] = ~same
    reach = _running_end(end + gap_s, fresh)
    fresh[1:] |= start[1:] > reach[:-1]
    at = np.flatnonzero(fresh)
    return at, start[at], np.maximum.reduceat(end, at), np.logical_and.reduceat(certain, at)


def _running_end(end: I64, fresh: Bools) -> I64:
    """The latest end so far within each group."""
    group = np.cumsum(fresh)
    span = int(end.max()) - int(end.min()) + 1
    lifted = end - int(end.min()) + group * span
    return np.asarray(np.maximum.accumulate(lifted) - group * span + int(end.min()), dtype=np.int64)
