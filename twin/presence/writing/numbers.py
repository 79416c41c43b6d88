"""The dense numbers of all known pseudonyms, in memory while a writer is at work: one look-up takes no SQL."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numba import njit

from twin.types import I64, U32, U64

_FREE = np.uint32((1 << 32) - 1)
_MIX = np.uint64(0x9E3779B97F4A7C15)


class Numbers:
    """A hash table of 16-byte pseudonyms. It forgets nobody: make a new one where somebody is deleted."""

    def __init__(self, known: Sequence[tuple[int, bytes]]) -> None:
        """`known`: (number, pseudonym) of everybody so far."""
        self._table = np.full(1 << 10, _FREE, dtype=np.uint32)
        self._names = np.empty((0, 2), dtype=np.uint64)
        self._ids = np.empty(0, dtype=np.uint32)
        ids = np.fromiter((number for number, _ in known), dtype=np.uint32, count=len(known))
        self._add(_halves(b"".join(name for _, name in known)), ids)

    def assign(self, names: bytes, next_number: int) -> tuple[U32, I64]:
        """Joined pseudonyms to ((n,) numbers, positions of those seen first, which are numbered on from the next)."""
        halves = _halves(names)
        found, fresh = _find(self._table, self._names, halves)
        # what is fresh may be named twice: the table deals one entry to each name
        entries = self._add(halves[fresh], np.empty(0, dtype=np.uint32), next_number)
        found[fresh] = entries
        first = np.unique(entries, return_index=True)[1]
        return self._ids[found], fresh[np.sort(first)]

    def _add(self, halves: U64, ids: U32, next_number: int = 0) -> U32:
        """Put names into the table; (n,) entries of each. New ones are numbered by `ids`, or on from the next."""
        room = len(self._ids) + len(halves)
        if 2 * room > len(self._table):
            self._table = np.full(1 << int(2 * room).bit_length(), _FREE, dtype=np.uint32)
            _insert(self._table, self._names, 0, self._names)
        names = np.concatenate([self._names, halves])
        entries: U32
        entries, used = _insert(self._table, names, len(self._ids), halves)
        self._names = names[:used]
        dealt = np.arange(next_number, next_number + used - len(self._ids), dtype=np.uint32)
        self._ids = np.concatenate([self._ids, ids if len(ids) else dealt])
        return entries


def _halves(names: bytes) -> U64:
    """Joined pseudonyms of 16 bytes to (n, 2)."""
    return np.frombuffer(names, dtype=np.uint64).reshape(-1, 2).copy()


@njit(cache=True, nogil=True)
def _slot(table: U32, names: U64, low: np.uint64, high: np.uint64) -> int:
    """Where a name is in the table, or the free slot where it would be."""
    mask = np.uint64(table.size - 1)
    at = ((low ^ (high * _MIX)) * _MIX >> np.uint64(20)) & mask
    while table[at] != _FREE and (names[table[at], 0] != low or names[table[at], 1] != high):
        at = (at + np.uint64(1)) & mask
    return int(at)


@njit(cache=True, nogil=True)
def _find(table: U32, names: U64, wanted: U64) -> tuple[U32, I64]:
    """(n, 2) names to (n,) entries and the positions of those that have none."""
    found = np.empty(len(wanted), dtype=np.uint32)
    fresh = np.empty(len(wanted), dtype=np.int64)
    n = 0
    for i in range(len(wanted)):
        found[i] = table[_slot(table, names, wanted[i, 0], wanted[i, 1])]
        if found[i] == _FREE:
            fresh[n] = i
            n += 1
    return found, fresh[:n].copy()


@njit(cache=True, nogil=True)
def _insert(table: U32, names: U64, used: int, wanted: U64) -> tuple[U32, int]:
    """Put (n, 2) names that are not in the table into it; entries of each, and how many are used then.

    `names` (used + n, 2) is written from `used` on.
    """
    entries = np.empty(len(wanted), dtype=np.uint32)
    for i in range(len(wanted)):
        at = _slot(table, names, wanted[i, 0], wanted[i, 1])
        if table[at] == _FREE:
            names[used, 0], names[used, 1] = wanted[i, 0], wanted[i, 1]
            table[at] = np.uint32(used)
            used += 1
        entries[i] = table[at]
    return entries, used
