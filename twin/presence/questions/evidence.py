"""Evidence of the rows shown: the intervals behind each name, joined where they touch or overlap."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from twin.presence.kernels.uniting import join_intervals
from twin.presence.questions.overlap import Found
from twin.types import I64, Objects


@dataclass(frozen=True, slots=True)
class Intervals:
    """Joined intervals of the rows shown: row i has those at bounds[i]:bounds[i + 1], by time; `hit` is one of each."""

    bounds: I64
    hit: I64
    start: I64
    end: I64


def joined(found: Found, shown: I64, by: Callable[[I64], Sequence[Objects]]) -> Intervals:
    """The hits of the union rows `shown`, joined within each row where all columns of `by` agree.

    `by` takes the numbers of some hits and gives its columns for them."""
    first, last = found.union.first_hit[shown], found.union.first_hit[shown + 1]
    row = np.repeat(np.arange(len(shown)), last - first)
    hit = np.arange(len(row)) + np.repeat(first - np.cumsum(last - first) + (last - first), last - first)
    groups = by(hit)
    order = np.lexsort((found.hits.start[hit], *groups, row))
    fresh = np.ones(len(order), dtype=np.bool_)
    fresh[1:] = row[order][1:] != row[order][:-1]
    for column in groups:
        fresh[1:] |= column[order][1:] != column[order][:-1]
    kept, end = join_intervals(found.hits.start[hit][order], found.hits.end[hit][order], fresh)
    chosen = order[kept]
    start = found.hits.start[hit][chosen]
    final = np.lexsort((*(column[chosen] for column in groups), end, start, row[chosen]))
    bounds = np.searchsorted(row[chosen][final], np.arange(len(shown) + 1))
    return Intervals(bounds, hit[chosen][final], start[final], end[final])
