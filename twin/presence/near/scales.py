"""The scales of the key itself: the same place, the same floor of a cell, the same cell and those around it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twin.errors import InvalidValue
from twin.geo.cells import PLACE_RES, UNKNOWN_FLOOR, cell_key_ranges, cell_ring, keys_to_floors, keys_to_parent_ranges
from twin.presence.near.nearness import ANY_FLOOR, Neighbourhood, comparable, grounded, spread, with_floor
from twin.presence.near.ranges import CELL_SPAN, FLOOR_SPAN, KeyRanges
from twin.types import I64, U64, Bools

LARGEST_RING = 50
"""Steps: 7,651 cells around each place."""


@dataclass(frozen=True, slots=True)
class Unit:
    """The same place. A stay whose floor nobody knows may be at any place of its cell."""

    id = "unit"
    text = "At the same place on the same floor"
    partition = True

    def around(self, keys: U64) -> Neighbourhood:
        """The key itself, and the unknown floor of its cell."""
        return _same(keys, np.uint64(1))

    def groups(self, keys: U64) -> U64:
        """Each key is its own group."""
        return keys


@dataclass(frozen=True, slots=True)
class Floor:
    """The same floor of the same H3 cell of resolution 12, about 20 m across."""

    id = "floor"
    text = "On the same floor of the same H3 cell of resolution 12"
    partition = True

    def around(self, keys: U64) -> Neighbourhood:
        """The keys of the floor, and those of the unknown floor of the cell."""
        return _same(keys, FLOOR_SPAN)

    def groups(self, keys: U64) -> U64:
        """(cell, floor)."""
        return keys // FLOOR_SPAN


@dataclass(frozen=True, slots=True)
class Cell:
    """The same H3 cell of a resolution, or one at most `ring` steps from it. Steps are not metres."""

    res: int
    ring: int = 0
    same_floor: bool = False

    def __post_init__(self) -> None:
        if not 0 <= self.res <= PLACE_RES:
            raise InvalidValue("res", f"scale cell needs an H3 resolution of 0 to {PLACE_RES}", "Give one, e.g. 10")
        if not 0 <= self.ring <= LARGEST_RING:
            raise InvalidValue("ring", f"must be 0 to {LARGEST_RING} steps", "Take a coarser resolution instead")

    @property
    def id(self) -> str:
        """Such as cell-10+1."""
        return f"cell-{self.res}" + (f"+{self.ring}" if self.ring else "") + ("-floor" if self.same_floor else "")

    @property
    def text(self) -> str:
        """With resolution, ring and floor."""
        near = f" or one at most {self.ring} steps away" if self.ring else ""
        floor = "on the same floor" if self.same_floor else "on any floor,"
        return f"In the same H3 cell of resolution {self.res}{near}, {floor}"

    @property
    def partition(self) -> bool:
        """Rings overlap."""
        return self.ring == 0

    def around(self, keys: U64) -> Neighbourhood:
        """The cell and its ring. A fix coarser than the cell is not compared."""
        fine = grounded(keys, self.res)
        lo, hi = keys_to_parent_ranges(keys[fine], self.res)
        which = np.arange(len(lo))
        if self.ring:
            lo, hi, which = self._rings(lo)
        sure = np.ones(len(lo), dtype=np.bool_)
        return spread(keys, fine, which, KeyRanges(lo, hi), sure, same_floor=self.same_floor)

    def _rings(self, lo: U64) -> tuple[U64, U64, I64]:
        """(n,) first keys of cells to ranges of every cell around each: (lo, hi, which)."""
        cells, of_cell = np.unique(lo, return_inverse=True)
        rings = [np.unique(cell_ring(cell, self.ring)) for cell in _cells_at(cells, self.res)]
        parts = [cell_key_ranges(ring) for ring in rings]
        chosen = [parts[i] for i in of_cell.tolist()]
        which = np.repeat(np.arange(len(lo)), [len(part[0]) for part in chosen])
        none = np.empty(0, dtype=np.uint64)
        return np.concatenate([none, *(p[0] for p in chosen)]), np.concatenate([none, *(p[1] for p in chosen)]), which

    def groups(self, keys: U64) -> U64:
        """The cell, with the floor where it counts."""
        return with_floor(keys_to_parent_ranges(keys, self.res)[0] // CELL_SPAN, keys, self.same_floor)


def _cells_at(first_keys: U64, res: int) -> list[int]:
    """(n,) first keys of cells of a resolution to the H3 cells."""
    prefix = first_keys // CELL_SPAN
    unused = np.uint64((1 << 3 * (PLACE_RES - res)) - 1)
    whole = np.uint64(1 << 59 | res << 52 | 0x1FF) | (prefix | unused) << np.uint64(9)
    return [int(cell) for cell in whole]


def _same(keys: U64, span: np.uint64) -> Neighbourhood:
    """Ranges of the same unit or floor, then those of the unknown floor.

    A stay whose floor nobody knows may be on any floor of its cell.
    """
    fine = comparable(keys, PLACE_RES)
    near, which, certain = _same_fine(keys[fine], span)
    stays = np.flatnonzero(fine)[which]
    return Neighbourhood(stays, near, certain, np.full(len(stays), ANY_FLOOR), np.flatnonzero(~fine))


def _same_fine(keys: U64, span: np.uint64) -> tuple[KeyRanges, I64, Bools]:
    known = np.flatnonzero(keys_to_floors(keys) != UNKNOWN_FLOOR)
    cell = (keys // CELL_SPAN) * CELL_SPAN
    reach = np.full(len(keys), CELL_SPAN, dtype=np.uint64)
    reach[known] = FLOOR_SPAN
    near = (keys[known] // span) * span
    ranges = KeyRanges(np.concatenate([near, cell]), np.concatenate([near + span, cell + reach]))
    which = np.concatenate([known, np.arange(len(keys))])
    return ranges, which, np.arange(len(which)) < len(known)
