"""The scale of named areas: a building, an estate, a venue, each a set of key ranges handed in by who knows them."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field

import numpy as np

from twin.errors import InvalidValue
from twin.presence.near.nearness import Neighbourhood, spread, with_floor
from twin.presence.near.ranges import KeyRanges
from twin.types import I64, U64


@dataclass(frozen=True, slots=True, repr=False)
class Areas:
    """The same area. `ranges` (m,) are apart and ascending; `area` (m,) says whose each is. `name` is its kind.

    A place that lies in no area is not compared.
    """

    name: str
    ranges: KeyRanges = field(compare=False)
    area: I64 = field(compare=False)
    same_floor: bool = False

    def __post_init__(self) -> None:
        lo, hi = self.ranges.lo, self.ranges.hi
        if len(self.area) != len(lo) or (lo >= hi).any() or (lo[1:] < hi[:-1]).any():
            raise InvalidValue(f"areas {self.name}", "key ranges are reversed or overlap", "Give each key to one area")

    def __repr__(self) -> str:
        """Short, and another one for other areas: questions are told apart by what they are asked with."""
        content = 0
        for column in (self.ranges.lo, self.ranges.hi, self.area):
            content = zlib.crc32(np.ascontiguousarray(column).tobytes(), content)
        return f"Areas({self.name!r}, {self.same_floor}, {len(self.area)} ranges, {content:08x})"

    @property
    def id(self) -> str:
        """Such as building."""
        return self.name + ("-floor" if self.same_floor else "")

    @property
    def text(self) -> str:
        """With the name of the areas."""
        return f"In the same {self.name}, {'on the same floor' if self.same_floor else 'on any floor,'}"

    @property
    def partition(self) -> bool:
        """Areas do not overlap."""
        return True

    def _of(self, keys: U64) -> I64:
        """(n,) keys to (n,) areas, -1 for none."""
        if not len(self.area):
            return np.full(len(keys), -1)
        at = np.searchsorted(self.ranges.lo, keys, side="right") - 1
        inside = (at >= 0) & (keys < self.ranges.hi[at])
        return np.where(inside, self.area[at], -1)

    def around(self, keys: U64) -> Neighbourhood:
        """Every range of the area that holds each key."""
        area = self._of(keys)
        fine = area >= 0
        order = np.argsort(self.area, kind="stable")
        first = np.searchsorted(self.area[order], area[fine], side="left")
        count = np.searchsorted(self.area[order], area[fine], side="right") - first
        which = np.repeat(np.arange(len(first)), count)
        at = order[np.arange(len(which)) + np.repeat(first - np.cumsum(count) + count, count)]
        ranges = KeyRanges(self.ranges.lo[at], self.ranges.hi[at])
        return spread(keys, fine, which, ranges, np.ones(len(at), dtype=np.bool_), same_floor=self.same_floor)

    def groups(self, keys: U64) -> U64:
        """The area. What lies in none is one group, which nothing is compared with."""
        area = self._of(keys)
        return with_floor((area & ((1 << 48) - 1)).astype(np.uint64), keys, self.same_floor)
