"""Places to be counted: ranges of keys as one place, or areas as one place each, with what may be there."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twin.errors import InvalidValue
from twin.presence.kernels.layout import Probes
from twin.presence.near.areas import Areas
from twin.presence.near.nearness import ANY_FLOOR
from twin.presence.near.ranges import CELL_SPAN, FLOOR_SPAN, KeyRanges
from twin.types import I64, U64, Bools, Window


@dataclass(frozen=True, slots=True)
class Placed:
    """(a,) places by number, and (m,) ranges by place: which place, keys, whether certain.

    A range is possible where the floor is unknown. Ranges of one place may overlap: being in one that is certain is
    certain.
    """

    number: I64
    place: I64
    lo: U64
    hi: U64
    certain: Bools

    @property
    def fingerprint(self) -> tuple[bytes, ...]:
        """The same for the same places."""
        return tuple(column.tobytes() for column in (self.number, self.place, self.lo, self.hi))

    def probes(self, places: slice, window: Window) -> Probes:
        """Probes for some of the places; `stay` numbers them from 0."""
        first, last = np.searchsorted(self.place, [places.start, places.stop]).tolist()
        one = np.ones(last - first, dtype=np.int64)
        return Probes(
            self.lo[first:last],
            self.hi[first:last],
            one * window.start,
            one * window.end,
            self.certain[first:last],
            one * ANY_FLOOR,
            (self.place[first:last] - places.start).astype(np.uint32),
        )


def placed(places: KeyRanges | Areas) -> Placed:
    """Ranges are place 0; areas are places by their numbers. InvalidValue for ranges that are reversed or empty."""
    ranges = places if isinstance(places, KeyRanges) else places.ranges
    area = np.zeros(len(ranges.lo), dtype=np.int64) if isinstance(places, KeyRanges) else places.area
    if not len(ranges.lo):
        raise InvalidValue("places", "no key range is given", "Give at least one")
    if (ranges.lo >= ranges.hi).any():
        raise InvalidValue("place", "a key range is empty or reversed", "Ranges are half open: lo < hi")
    number, place = np.unique(area, return_inverse=True)
    place, lo, hi = _merged(place.astype(np.int64), ranges.lo, ranges.hi)
    cell = (lo // CELL_SPAN) * CELL_SPAN
    within = (hi <= cell + CELL_SPAN) & (hi > cell + FLOOR_SPAN) & (hi - lo < CELL_SPAN)
    fresh = np.ones(int(within.sum()), dtype=np.bool_)
    fresh[1:] = (np.diff(place[within]) > 0) | (cell[within][1:] != cell[within][:-1])
    of, unknown = place[within][fresh], cell[within][fresh]
    order = np.argsort(np.concatenate([place, of]), kind="stable")
    certain = np.arange(len(order)) < len(lo)
    return Placed(
        number,
        np.concatenate([place, of])[order],
        np.concatenate([lo, unknown])[order],
        np.concatenate([hi, unknown + FLOOR_SPAN])[order],
        certain[order],
    )


def _merged(place: I64, lo: U64, hi: U64) -> tuple[I64, U64, U64]:
    """The same keys of each place as ascending ranges that neither touch nor overlap."""
    order = np.lexsort((lo, place))
    place = place[order]
    keys, rank = np.unique(np.concatenate([lo[order], hi[order]]), return_inverse=True)
    first, last = np.split(rank, 2)
    lift = place * (len(keys) + 1)  # no place reaches into the next
    reach = np.maximum.accumulate(last + lift)
    opens = np.ones(len(place), dtype=np.bool_)
    opens[1:] = first[1:] + lift[1:] > reach[:-1]
    closes = np.append(opens[1:], True)
    return place[opens], keys[first[opens]], keys[(reach - lift)[closes]]
