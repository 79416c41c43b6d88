"""A table of whom one scan has seen and when, in a few cache lines: whose records may have to be joined."""

from __future__ import annotations

import numpy as np
from numba import njit

from twin.types import I64

COLUMNS = 4
"""Of a table (slots, COLUMNS): scan << 32 | person, the seconds [from, to] that hold all records, whether again."""

_FEWEST = 64


@njit(cache=True, nogil=True)
def slots_for(rows: int) -> int:
    """Slots for so many records: a power of two."""
    slots = _FEWEST
    while slots < 2 * rows:
        slots <<= 1
    return slots


@njit(cache=True, nogil=True)
def _slot(table: I64, slots: int, key: int) -> int:
    """Where somebody is noted, or would be."""
    slot = int(np.int64((np.uint64(key) * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(32))) & (slots - 1)
    while table[slot, 0] != key and table[slot, 0] >> 32 == key >> 32:
        slot = (slot + 1) & (slots - 1)
    return slot


@njit(cache=True, nogil=True)
def see(table: I64, slots: int, key: int, span: tuple[int, int], bridge: int) -> bool:
    """Note a record; whether it may touch one of the same person that was seen before, gaps bridged."""
    slot = _slot(table, slots, key)
    start, end = span
    if table[slot, 0] != key:
        table[slot, 0], table[slot, 1], table[slot, 2], table[slot, 3] = key, start, end, 0
        return False
    touches = start <= table[slot, 2] + bridge and end + bridge >= table[slot, 1]
    table[slot, 1], table[slot, 2] = min(table[slot, 1], start), max(table[slot, 2], end)
    if touches:
        table[slot, 3] = 1
    return bool(touches)


@njit(cache=True, nogil=True)
def mark(table: I64, slots: int, key: int) -> None:
    """Note that somebody's record has to be joined with others, wherever they are."""
    slot = _slot(table, slots, key)
    if table[slot, 0] != key:
        table[slot, 0], table[slot, 1], table[slot, 2] = key, 1 << 62, -(1 << 62)
    table[slot, 3] = 1


@njit(cache=True, nogil=True)
def is_marked(table: I64, slots: int, key: int) -> bool:
    """Whether somebody's records have to be joined."""
    slot = _slot(table, slots, key)
    return bool(table[slot, 0] == key and table[slot, 3] == 1)
