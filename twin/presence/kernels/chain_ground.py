"""Many segments as one ground for a kernel: their columns by address, grouped into days in the order of a chain.

Times are seconds of the chain: of UTC minus the start of the window where it runs forward, of the end of the window
minus UTC where it runs backward (`sign` -1), so that every kernel sees causes before their effects. The days are in
that order too. Whoever makes a ground keeps its segments mapped as long as it is used.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import carray, njit, types
from numba.core import cgutils
from numba.extending import intrinsic

from twin.presence.kernels.layout import CERTAIN, POSSIBLE
from twin.presence.kernels.reading import first_from
from twin.presence.near.nearness import ANY_FLOOR
from twin.types import I64, U8, U32, U64

NEVER = np.uint32(0xFFFFFFFF)
"""The second of what never happens."""

NO_FLOOR = -128


class Ground(NamedTuple):
    """Segments (g,) by day (d + 1,).

    records, keys, offsets, reach: addresses; places and rows: how many; base: UTC second of the day; worth (g, 16):
    what a tag is worth; day: its day. first: where the segments of each day begin; lo, hi (d,): the day in seconds of
    the chain; length: of the window. alias: whom a number stands for (people,), or (0,).
    """

    records: I64
    keys: I64
    offsets: I64
    reach: I64
    places: I64
    rows: I64
    base: I64
    worth: U8
    day: I64
    first: I64
    lo: I64
    hi: I64
    origin: int
    sign: int
    length: int
    alias: U32


@intrinsic
def _pointer(_context: Any, address: Any) -> Any:
    """An integer as an address."""

    def generate(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.inttoptr(arguments[0], cgutils.voidptr_t)

    return types.voidptr(address), generate


@njit(cache=True, nogil=True)
def records_of(ground: Ground, g: int) -> U64:
    """The records of a segment."""
    return carray(_pointer(ground.records[g]), (ground.rows[g],), np.uint64)  # type: ignore[no-any-return]


@njit(cache=True, nogil=True)
def keys_of(ground: Ground, g: int) -> U64:
    """Its place keys."""
    return carray(_pointer(ground.keys[g]), (ground.places[g],), np.uint64)  # type: ignore[no-any-return]


@njit(cache=True, nogil=True)
def offsets_of(ground: Ground, g: int) -> U32:
    """Where the records of each place begin."""
    return carray(_pointer(ground.offsets[g]), (ground.places[g] + 1,), np.uint32)  # type: ignore[no-any-return]


@njit(cache=True, nogil=True)
def reach_of(ground: Ground, g: int) -> U8:
    """The longest record of each place."""
    return carray(_pointer(ground.reach[g]), (ground.places[g],), np.uint8)  # type: ignore[no-any-return]


@njit(cache=True, nogil=True)
def seek(keys: U64, wanted: np.uint64, hint: int) -> int:
    """Index of the first of the ascending keys that is at least `wanted`: quick where it is close to `hint`."""
    low, high = 0, keys.size
    step = 1
    if hint < keys.size and keys[hint] < wanted:
        low = hint + 1
        while low + step < keys.size and keys[low + step] < wanted:
            low += step + 1
            step <<= 1
        high = min(low + step, keys.size)
    else:
        high = min(hint, keys.size)
        while high - step >= 0 and keys[high - step] >= wanted:
            high -= step
            step <<= 1
        low = max(high - step, 0)
    return int(first_from(keys, low, high, wanted))


@njit(cache=True, nogil=True)
def fits(key: np.uint64, wanted: int, certain: bool) -> int:
    """CERTAIN or POSSIBLE: how the place is meant; -1: not at all."""
    worth = CERTAIN if certain else POSSIBLE
    if wanted == ANY_FLOOR:
        return worth
    floor = np.int64((key >> np.uint64(13)) & np.uint64(255)) - 128
    if floor == NO_FLOOR:
        return POSSIBLE
    return worth if floor == wanted else -1


@njit(cache=True, nogil=True)
def local_span(ground: Ground, g: int, start: int, end: int) -> tuple[int, int]:
    """Seconds of the chain to those of a segment's day."""
    shift = ground.origin - ground.base[g]
    if ground.sign > 0:
        return start + shift, end + shift
    return shift - end, shift - start


@njit(cache=True, nogil=True)
def on_course(ground: Ground, g: int, start: int, end: int) -> tuple[bool, int, int]:
    """Seconds of a segment's day to those of the chain, clipped to the window: (is any of it inside, start, end).

    A point is inside if its second is.
    """
    shift = int(ground.sign * (ground.base[g] - ground.origin))
    if ground.sign > 0:
        low, high, inside = start + shift, end + shift, 0 <= start + shift < ground.length
    else:
        low, high, inside = shift - end, shift - start, 0 < shift - start <= ground.length
    if start == end:
        return inside, low, high
    low, high = max(low, 0), min(high, int(ground.length))
    return low < high, low, high
