"""Places as ranges of keys, their algebra, and where a floor is not known."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from twin.errors import InvalidValue
from twin.types import U64, Bools

CELL_SPAN = np.uint64(1 << 21)
FLOOR_SPAN = np.uint64(1 << 13)


@dataclass(frozen=True, slots=True)
class KeyRanges:
    """Half-open ranges [lo, hi) of place keys, (n,) each."""

    lo: U64
    hi: U64

    @classmethod
    def of(cls, pairs: Iterable[tuple[int, int]]) -> KeyRanges:
        """Ranges from (lo, hi) pairs."""
        table = np.asarray(list(pairs), dtype=np.uint64).reshape(-1, 2)
        return cls(table[:, 0].copy(), table[:, 1].copy())

    def merged(self) -> KeyRanges:
        """The same keys as ascending ranges that neither touch nor overlap."""
        if (self.lo >= self.hi).any():
            raise InvalidValue("place", "a key range is empty or reversed", "Ranges are half open: lo < hi")
        order = np.argsort(self.lo, kind="stable")
        lo, hi = self.lo[order], np.maximum.accumulate(self.hi[order]) if len(order) else self.hi
        opens = np.ones(len(lo), dtype=np.bool_)
        opens[1:] = lo[1:] > hi[:-1]
        closes = np.append(opens[1:], True)[: len(lo)]
        return KeyRanges(lo[opens], hi[closes])

    def without(self, other: KeyRanges) -> KeyRanges:
        """The keys of these ranges that are in none of the other ranges."""
        kept: list[tuple[int, int]] = []
        holes = other.merged()
        for lo, hi in zip(self.lo.tolist(), self.hi.tolist(), strict=True):
            first = int(np.searchsorted(holes.hi, np.uint64(lo), side="right"))
            at = lo
            while first < len(holes.lo) and int(holes.lo[first]) < hi:
                if int(holes.lo[first]) > at:
                    kept.append((at, int(holes.lo[first])))
                at = int(holes.hi[first])
                first += 1
            if at < hi:
                kept.append((at, hi))
        return KeyRanges.of(kept)


def with_unknown_floors(asked: KeyRanges) -> tuple[KeyRanges, Bools]:
    """Ranges asked for, then those of stays that *may* be there: (ranges, which are certain).

    A range that lies within one cell and is not all of it asks for floors or units: a stay in that cell whose floor
    nobody knows may be there. A range that is the unknown floor itself, or a whole cell, needs nothing more.
    """
    asked = asked.merged()
    cell = (asked.lo // CELL_SPAN) * CELL_SPAN
    within = (asked.hi <= cell + CELL_SPAN) & (asked.hi > cell + FLOOR_SPAN) & (asked.hi - asked.lo < CELL_SPAN)
    unknown = KeyRanges(cell[within], cell[within] + FLOOR_SPAN).merged().without(asked)
    certain = np.zeros(len(asked.lo) + len(unknown.lo), dtype=np.bool_)
    certain[: len(asked.lo)] = True
    return KeyRanges(np.concatenate([asked.lo, unknown.lo]), np.concatenate([asked.hi, unknown.hi])), certain
