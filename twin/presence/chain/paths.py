"""The walks of the people shown as columns of steps."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from twin.presence.chain.course import Course
from twin.presence.chain.labels import Shown
from twin.presence.chain.rows import Step
from twin.presence.chain.running import Spread, Spreading
from twin.presence.chain.witness import Edges, trace
from twin.presence.slices import sliced
from twin.types import I64, Bools, Objects

_TYPES = (np.int64, np.int64, np.uint32, np.uint32, np.uint64, np.uint64, np.int64, np.int64, np.bool_)


def paths(
    runs: Sequence[tuple[Spreading, Spread]], shown: Shown, surely: Bools, course: Course
) -> list[Sequence[Step]]:
    """One walk to the first label of each person: by certain contacts alone for those marked `surely`.

    `runs`: of every contact, then of the certain ones.
    """
    parts: list[list[Objects]] = [[np.empty(0, dtype=kind)] for kind in _TYPES]
    for (run, spread), some in zip(runs, (~surely, surely), strict=True):
        rows = np.flatnonzero(some)
        wanted = {int(hops): shown.person[rows][shown.hops[rows] == hops] for hops in np.unique(shown.hops[rows])}
        edges = trace(run, runs[1][0], spread, wanted)
        for hops in wanted:
            for part, columns in zip(parts, _walk(edges, rows[shown.hops[rows] == hops], shown, hops), strict=True):
                part += columns
    row, step, source, target, place, other, start, end, certain = (np.concatenate(part) for part in parts)
    order = np.lexsort((step, row))
    begin, finish = (start, end) if course.sign > 0 else (-end, -start)
    columns = [source, target, place, other, course.origin + begin, course.origin + finish, certain]
    bounds: I64 = np.searchsorted(row[order], np.arange(len(shown.person) + 1))
    return sliced(Step._make, [column[order] for column in columns], bounds)


def _walk(edges: dict[int, Edges], rows: I64, shown: Shown, hops: int) -> list[list[Objects]]:
    """The steps of the walks of some rows that all have as many hops: columns, each in parts."""
    parts: list[list[Objects]] = [[] for _ in _TYPES]
    person = shown.person[rows]
    for step in range(hops, 0, -1):
        layer = edges[step]
        at = np.searchsorted(layer.person, person)
        columns: tuple[Objects, ...] = (
            rows,
            np.full(len(rows), step),
            layer.source[at],
            person,
            layer.place[at],
            layer.other_place[at],
            layer.start[at],
            layer.end[at],
            layer.certain[at],
        )
        for part, column in zip(parts, columns, strict=True):
            part.append(column)
        person = layer.source[at]
    return parts
