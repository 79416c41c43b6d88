"""Slots: the places of each person asked about, as a scale divides them.

A slot is one (person asked about, group of the scale): their square, their floor, their building. What falls into it is
whatever the scale calls near to the places of that person there.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twin.presence.near.nearness import Nearness
from twin.presence.near.ranges import KeyRanges
from twin.types import I64, U32, U64, Bools


@dataclass(frozen=True, slots=True)
class Slots:
    """(s,) slots, and (m,) what is near to each: slot number, key range, whether certain, floor asked for.

    case, place  (s,) whose slot it is, and one of the places it was made of
    pairs        (p,) person and place that each slot was asked for, as `number` looks them up
    """

    case: U32
    place: U64
    slot: I64
    ranges: KeyRanges
    certain: Bools
    floor: I64
    pairs: tuple[U32, U64, I64]

    def __len__(self) -> int:
        return len(self.case)

    def number(self, case: U32, place: U64) -> I64:
        """(n,) persons asked about and places of theirs to slots; -1 for a place that the scale does not compare."""
        cases, places, slot = self.pairs
        known, at = np.unique(places, return_inverse=True)
        own = np.searchsorted(known, place)
        width = len(known)
        codes = cases.astype(np.int64) * width + at
        order = np.argsort(codes)
        wanted = case.astype(np.int64) * width + own
        return slot[order[np.searchsorted(codes[order], wanted)]]


def slots_of(near: Nearness, case: U32, place: U64) -> Slots:
    """The slots of (n,) persons and places of theirs."""
    first, _ = _different(case, place)
    cases, places = case[first], place[first]
    found = near.around(places)
    compared = np.zeros(len(places), dtype=np.bool_)
    compared[found.stay] = True
    owner, of = _different(cases[compared], near.groups(places)[compared])
    number = np.full(len(places), -1, dtype=np.int64)
    number[compared] = of
    owner = np.flatnonzero(compared)[owner]
    slot, ranges, pairs = number[found.stay], found.ranges, (cases, places, number)
    kept = _once(slot, ranges, found.certain)
    ranges = KeyRanges(ranges.lo[kept], ranges.hi[kept])
    return Slots(cases[owner], places[owner], slot[kept], ranges, found.certain[kept], found.floor[kept], pairs)


def _once(slot: I64, ranges: KeyRanges, certain: Bools) -> I64:
    """Each range of a slot once, the certain one of several: a group may hold both coarse places and fine ones."""
    order = np.lexsort((~certain, ranges.lo, slot))
    fresh = np.ones(len(order), dtype=np.bool_)
    fresh[1:] = (slot[order][1:] != slot[order][:-1]) | (ranges.lo[order][1:] != ranges.lo[order][:-1])
    kept: I64 = order[fresh]
    return kept


def _different(case: U32, value: U64) -> tuple[I64, I64]:
    """(n,) pairs to (the first row of each different one, which of these each is), in order of case and value."""
    values, at = np.unique(value, return_inverse=True)
    code = case.astype(np.int64) * max(len(values), 1) + at
    _, first, of = np.unique(code, return_index=True, return_inverse=True)
    return first, of
