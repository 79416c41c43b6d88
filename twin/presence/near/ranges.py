"""Places as ranges of keys: what to look through for a place, a floor, a cell, and where a floor is not known."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from twin.errors import InvalidValue
from twin.geo.cells import (
    PLACE_RES,
    UNKNOWN_FLOOR,
    cell_resolution,
    keys_to_cells,
    keys_to_floors,
    keys_to_parent_ranges,
)
from twin.types import I64, U64, Bools

_CELL_SPAN = np.uint64(1 << 21)
_FLOOR_SPAN = np.uint64(1 << 13)


class Scale(StrEnum):
    """How near is together: the same place, the same floor of a cell, the same cell at any floor."""

    UNIT = "unit"
    FLOOR = "floor"
    CELL = "cell"

    @classmethod
    def named(cls, name: str) -> Scale:
        """The scale of a name; InvalidValue where there is none."""
        if name not in set(cls):
            raise InvalidValue(f"scale {name!r}", "there is none of this name", f"Take one of: {', '.join(cls)}")
        return cls(name)


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
    cell = (asked.lo // _CELL_SPAN) * _CELL_SPAN
    within = (asked.hi <= cell + _CELL_SPAN) & (asked.hi > cell + _FLOOR_SPAN) & (asked.hi - asked.lo < _CELL_SPAN)
    unknown = KeyRanges(cell[within], cell[within] + _FLOOR_SPAN).merged().without(asked)
    certain = np.zeros(len(asked.lo) + len(unknown.lo), dtype=np.bool_)
    certain[: len(asked.lo)] = True
    return KeyRanges(np.concatenate([asked.lo, unknown.lo]), np.concatenate([asked.hi, unknown.hi])), certain


@dataclass(frozen=True, slots=True)
class Neighbourhood:
    """Where others would be together with each stay: (m,) stay number, key range, and whether it leaves no doubt."""

    stay: I64
    ranges: KeyRanges
    certain: Bools
    not_compared: I64  # stays coarser than the scale


def neighbourhood(keys: U64, scale: Scale, res: int | None) -> Neighbourhood:
    """(n,) place keys of stays to the key ranges that count as together with each, at a scale.

    A fix coarser than the scale's cell (a signalling square, a tower) says nothing at that scale: it is not compared.
    """
    if scale is not Scale.CELL and res is not None:
        raise InvalidValue("res", f"has no meaning at scale {scale}", "Leave it out, or ask at scale cell")
    if scale is Scale.CELL and (res is None or not 0 <= res <= PLACE_RES):
        raise InvalidValue("res", f"scale cell needs an H3 resolution of 0 to {PLACE_RES}", "Give one, e.g. 10")
    finest = PLACE_RES if res is None else res
    fine = cell_resolution(keys_to_cells(keys)) >= finest
    stays = np.flatnonzero(fine)
    if scale is Scale.CELL:
        ranges, certain = KeyRanges(*keys_to_parent_ranges(keys[fine], finest)), np.ones(len(stays), dtype=np.bool_)
        return Neighbourhood(stays, ranges, certain, np.flatnonzero(~fine))
    near, which, certain = _same_place(keys[fine], _FLOOR_SPAN if scale is Scale.FLOOR else np.uint64(1))
    return Neighbourhood(stays[which], near, certain, np.flatnonzero(~fine))


def _same_place(keys: U64, span: np.uint64) -> tuple[KeyRanges, I64, Bools]:
    """Ranges of the same unit or floor, then those of the unknown floor; (ranges, which key, whether certain).

    A stay whose floor nobody knows may be on any floor of its cell.
    """
    known = np.flatnonzero(keys_to_floors(keys) != UNKNOWN_FLOOR)
    cell = (keys // _CELL_SPAN) * _CELL_SPAN
    reach = np.full(len(keys), _CELL_SPAN, dtype=np.uint64)
    reach[known] = _FLOOR_SPAN
    near = (keys[known] // span) * span
    ranges = KeyRanges(np.concatenate([near, cell]), np.concatenate([near + span, cell + reach]))
    which = np.concatenate([known, np.arange(len(keys))])
    return ranges, which, np.arange(len(which)) < len(known)
