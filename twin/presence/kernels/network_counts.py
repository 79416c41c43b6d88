"""Kernels that count meetings cluster by cluster of places: stays are joined, pairs are not looked at.

A group is one place of the scale; groups of a cluster whose floor is known are apart from each other, and those whose
floor is unknown may be any of them. Times are seconds of the window.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from twin.presence.kernels.chain_crowd import Crowd, Entries, arrange, load, merge_crowd
from twin.presence.kernels.chain_ground import Ground, offsets_of
from twin.presence.kernels.network_sets import (
    Others,
    Part,
    all_of,
    begun_by,
    counted_up,
    ended_before,
    meeting,
    others,
    own_of,
)
from twin.types import I64, U32, U64, Bools

_DENSE = 16
"""A count for every second pays where there are more stays than seconds divided by this."""


class Counted(NamedTuple):
    """What counts: least seconds (at least 1) of a meeting, bridged gaps; (b + 1,) edges of the buckets of time."""

    least: int
    bridge: int
    edges: I64


class Tally(NamedTuple):
    """Counts (r, b): people, stays, meetings; `row` of each entry.

    seen: (people,) zeros where each group is a row of its own, else (b, people // 64 + 1) bits as one array.
    degree, kept: (people,) meetings and stays of each person; or (0,).
    """

    row: U32
    people: I64
    stays: I64
    meetings: I64
    seen: U64
    degree: I64
    kept: I64


class Some(NamedTuple):
    """(n,) stays that are long enough, by start: whose, from when, up to which second another may begin; their row."""

    person: U32
    start: I64
    end: I64
    row: U32


@njit(cache=True, nogil=True)
def count_clusters(ground: Ground, entries: Entries, crowd: Crowd, counted: Counted, tally: Tally) -> int:
    """Add up every cluster; returns how many records were read."""
    read, mark = 0, 0
    nobody = np.zeros(0, dtype=np.uint64)
    known = np.zeros(tally.seen.size, dtype=np.bool_)[:0]
    marks = nobody if not entries.unknown.any() else np.zeros(1, dtype=np.uint64)
    _ = known, marks
    for c in range(entries.bounds.size - 1):
        low, high = entries.bounds[c], entries.bounds[c + 1]
        mark, looked = _count_cluster(ground, entries, (low, high), crowd, counted, tally, mark)
        read += looked
    return read
