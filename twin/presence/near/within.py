"""A scale within some places only: stays of those asked about that lie elsewhere are near to nothing."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from twin.presence.near.nearness import Nearness, Neighbourhood
from twin.presence.near.ranges import KeyRanges
from twin.types import U64, Bools


@dataclass(frozen=True, slots=True)
class Within:
    """`near`, for places in `ranges` (apart and ascending). `name` says in words which places these are.

    It divides places no longer: what is near to a place outside is nothing, whatever group that is in.
    """

    near: Nearness
    name: str
    ranges: KeyRanges = field(compare=False)

    @property
    def id(self) -> str:
        """Such as unit-within."""
        return f"{self.near.id}-within"

    @property
    def text(self) -> str:
        """With the places."""
        return f"{self.near.text} (in {self.name})"

    @property
    def partition(self) -> bool:
        """Places outside belong to no group."""
        return False

    def around(self, keys: U64) -> Neighbourhood:
        """What is near to the places inside. Those outside are not meant, and so not counted as not compared."""
        inside = np.flatnonzero(self._inside(keys))
        found = self.near.around(keys[inside])
        return replace(found, stay=inside[found.stay], not_compared=inside[found.not_compared])

    def _inside(self, keys: U64) -> Bools:
        at = np.searchsorted(self.ranges.lo, keys, side="right") - 1
        if not len(self.ranges.lo):
            return np.zeros(len(keys), dtype=np.bool_)
        return np.asarray((at >= 0) & (keys < self.ranges.hi[at]), dtype=np.bool_)

    def groups(self, keys: U64) -> U64:
        """Those of the scale."""
        return self.near.groups(keys)
