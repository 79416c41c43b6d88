"""The latest value of every datastream, in columns. Not thread-safe by itself: `twin.live.hub` holds the lock."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from twin.types import F64, I64, Bools, Objects

Result = float | int | bool | str
"""What an observation may say: a number, true/false, or a short word such as a status."""

NEVER = np.iinfo(np.int64).min
"""Time of a datastream that has not been observed yet."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Observations as columns, in the order they came.

    rows    (n,) int64, positions in the datastreams' columns
    times   (n,) int64, UTC seconds: when the value was true in the city
    values  (n,) objects: numbers, true/false or short words
    """

    rows: I64
    times: I64
    values: Objects

    def __len__(self) -> int:
        return len(self.rows)

    def take(self, chosen: I64 | Bools) -> Batch:
        """The chosen observations, by position or mask."""
        return Batch(self.rows[chosen], self.times[chosen], self.values[chosen])


def make_batch(observations: Iterable[tuple[int, int, Result]]) -> Batch:
    """(row, time, value) triples as columns."""
    rows, times, values = [], [], []
    for row, time, value in observations:
        rows.append(row)
        times.append(time)
        values.append(value)
    objects = np.empty(len(values), dtype=object)
    objects[:] = values
    return Batch(np.asarray(rows, dtype=np.int64), np.asarray(times, dtype=np.int64), objects)


def join(batches: list[Batch]) -> Batch:
    """Batches one after the other as one."""
    if len(batches) == 1:
        return batches[0]
    if not batches:
        return make_batch([])
    return Batch(
        np.concatenate([batch.rows for batch in batches]),
        np.concatenate([batch.times for batch in batches]),
        np.concatenate([batch.values for batch in batches]),
    )


def newest(batch: Batch) -> Batch:
    """One observation per row: the one with the latest time, among equal times the one that came last."""
    order = np.lexsort((np.arange(len(batch)), batch.times, batch.rows))
    last = np.ones(len(order), dtype=bool)
    last[:-1] = batch.rows[order][1:] != batch.rows[order][:-1]
    return batch.take(order[last])


class LatestState:
    """`times` and `values` hold, per row, the newest observation known; NEVER and None before the first."""

    def __init__(self, count: int) -> None:
        self.times: I64 = np.full(count, NEVER, dtype=np.int64)
        self.values: Objects = np.full(count, None, dtype=object)

    def apply(self, batch: Batch) -> Batch:
        """Take over what is not older than what is known; answer the observations that changed the state.

        A late observation (older than the latest) belongs to history alone and changes nothing here. One with the
        same time is a correction and wins.
        """
        candidates = newest(batch)
        changes = candidates.take(candidates.times >= self.times[candidates.rows])
        self.times[changes.rows] = changes.times
        self.values[changes.rows] = changes.values
        return changes

    def read(self, mask: Bools | None = None) -> Batch:
        """Every row that has been observed, within the mask."""
        seen = self.times != NEVER
        rows = np.flatnonzero(seen if mask is None else seen & mask)
        return Batch(rows, self.times[rows], self.values[rows])

    def numbers(self) -> F64:
        """(n,) the latest values as numbers; NaN where there is none or it is a word."""
        return np.fromiter(
            (float(v) if isinstance(v, (int, float)) else np.nan for v in self.values),
            dtype=np.float64,
            count=len(self.values),
        )
