"""The rows of a watched answer as columns, and the difference of two of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from twin.presence.watch.alert import Change
from twin.types import I64


@dataclass(frozen=True, slots=True)
class Standings:
    """(n,) ascending keys (persons, or when a crowd began) and (n, k) what is said of each."""

    key: I64
    values: I64

    @classmethod
    def of(cls, key: I64, *columns: I64) -> Standings:
        """Rows in any order, of different keys."""
        order = np.argsort(key, kind="stable")
        return cls(key[order], np.stack([column[order] for column in columns], axis=1).astype(np.int64))

    @classmethod
    def none(cls) -> Standings:
        """No rows."""
        return cls(np.empty(0, dtype=np.int64), np.empty((0, 0), dtype=np.int64))


Row = tuple[int, ...]


def differences(before: Standings, after: Standings) -> Iterator[tuple[Change, int, Row | None, Row | None]]:
    """(change, key, values before, values after) of the rows that differ, by key."""
    keys = np.union1d(before.key, after.key)
    was, now = (np.isin(keys, part.key) for part in (before, after))
    old, new = (np.searchsorted(part.key, keys) for part in (before, after))
    same = was & now
    if same.any():
        same[same] = (before.values[old[same]] == after.values[new[same]]).all(axis=1)
    for i in np.flatnonzero(~same).tolist():
        then = tuple(before.values[old[i]].tolist()) if was[i] else None
        since = tuple(after.values[new[i]].tolist()) if now[i] else None
        change = Change.NEW if then is None else Change.RETRACTED if since is None else Change.CHANGED
        yield change, int(keys[i]), then, since
