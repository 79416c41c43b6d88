"""A scale within some places, for both: whom somebody met there was there, too."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from twin.presence.near.nearness import Neighbourhood
from twin.presence.near.ranges import KeyRanges
from twin.presence.near.within import Within
from twin.types import U64


@dataclass(frozen=True, slots=True)
class There(Within):
    """As `Within`, and nothing outside `ranges` is near to what is inside."""

    def around(self, keys: U64) -> Neighbourhood:
        """What is near to the places inside, cut to the ranges."""
        inside = np.flatnonzero(self._inside(keys))
        found = self.near.around(keys[inside])
        lo, hi = found.ranges.lo, found.ranges.hi
        first = np.searchsorted(self.ranges.hi, lo, side="right")
        count = np.maximum(np.searchsorted(self.ranges.lo, hi, side="left") - first, 0)
        which = np.repeat(np.arange(len(lo)), count)
        at = np.arange(len(which)) + np.repeat(first - np.cumsum(count) + count, count)
        cut = KeyRanges(np.maximum(lo[which], self.ranges.lo[at]), np.minimum(hi[which], self.ranges.hi[at]))
        return replace(
            found,
            stay=inside[found.stay[which]],
            ranges=cut,
            certain=found.certain[which],
            floor=found.floor[which],
            not_compared=inside[found.not_compared],
        )
