"""The sweep that companions and visitors share: probes against the segments, then one row per person met."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from twin.presence.kernels.probing import EXCLUDED, Hits, Probes, Union, collect, unite, weigh
from twin.presence.segments.record import RECORD_BYTES
from twin.presence.segments.segment import Segment
from twin.presence.snapshot import Snapshot
from twin.types import I64

_ENTRY_BYTES = 8


@dataclass(frozen=True, slots=True)
class Found:
    """Everybody met for long enough: hits sorted by (person, start), one union row each, in order of the answer."""

    hits: Hits
    union: Union
    order: I64  # rows of `union`: longest first, then by person
    met: int  # people met at all
    rows_read: int
    bytes_read: int
    matched: int  # records that overlap: the least to read


def find(
    segments: Sequence[Segment],
    probes_of: Callable[[Segment], Probes],
    people: int,
    excluded: Sequence[int],
    least_s: int,
) -> Found:
    """Sweep the segments with their probes; keep who shares at least `least_s` seconds, counted as a union.

    Two passes: the first only adds up seconds per person, which bounds the union from above, so that the second
    keeps evidence for those alone who can pass.
    """
    shared = np.zeros(people, dtype=np.int64)
    shared[np.asarray(excluded, dtype=np.int64)] = EXCLUDED
    work = [(segment.places, probes_of(segment)) for segment in segments]
    rows_read = entries = 0
    matched = []
    for places, probes in work:
        read, touched, overlapping = weigh(places, probes, shared)
        rows_read += read
        entries += touched
        matched.append(overlapping)
    parts = [
        collect(places, probes, shared, least_s, room) for (places, probes), room in zip(work, matched, strict=True)
    ]
    hits = _sorted(parts)
    union = unite(hits.person, hits.start, hits.end, hits.certain)
    rows = np.flatnonzero(union.together >= least_s)
    order = rows[np.lexsort((union.person[rows], -union.together[rows]))]
    size = rows_read * RECORD_BYTES + entries * _ENTRY_BYTES
    return Found(hits, union, order, int(np.count_nonzero(shared > 0)), rows_read, size, sum(matched))


def person_columns(snapshot: Snapshot, found: Found, shown: I64, least_s: int) -> tuple[list[Any], ...]:
    """What an answer says of each person shown, before the evidence: the fields of `CompanionRow` and `VisitorRow`."""
    union = Union._make(column[shown] for column in found.union)
    people = union.person.tolist()
    return (
        people,
        snapshot.pseudonyms(people),
        union.together.tolist(),
        union.certain.tolist(),
        (union.together - union.certain).tolist(),
        union.meetings.tolist(),
        union.first.tolist(),
        union.last.tolist(),
        (union.sure & (union.certain >= least_s)).tolist(),
    )


def _sorted(parts: Sequence[Hits]) -> Hits:
    """All hits by (person, start). Evidence is put in its own full order when a row is shown."""
    hits = _joined(parts) if parts else _NONE
    since = hits.start - (hits.start.min() if len(hits.start) else 0)
    order = np.argsort(hits.person.astype(np.uint64) << np.uint64(37) | since.astype(np.uint64))
    return Hits._make(column[order] for column in hits)


def _joined(parts: Sequence[Hits]) -> Hits:
    return Hits._make(np.concatenate(column) for column in zip(*parts, strict=True))


_NONE = Hits(
    np.empty(0, np.uint32),
    np.empty(0, np.int64),
    np.empty(0, np.int64),
    np.empty(0, np.uint32),
    np.empty(0, np.uint64),
    np.empty(0, np.bool_),
)
