"""Pseudonyms to dense numbers in order of appearance: an open hash table over 16-byte names, no Python per row."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numba import njit

from twin.pseudonyms import PSEUDONYM_BYTES
from twin.types import I32, I64, U8, U32, U64, Bools

_EMPTY = -1
_HEX_DIGITS = 2 * PSEUDONYM_BYTES
_NO_DIGIT = 16
_DIGITS = np.full(256, _NO_DIGIT, dtype=np.uint8)
_DIGITS[list(b"0123456789abcdef")] = np.arange(16)


@dataclass(slots=True)
class Names:
    """Every pseudonym seen, by number. A pseudonym is two words of 64 bits here, as its bytes lie in memory."""

    _known: U64 = field(default_factory=lambda: np.empty((1024, 2), dtype=np.uint64))
    _table: I32 = field(default_factory=lambda: np.full(4096, _EMPTY, dtype=np.int32))
    _count: int = 0

    def __len__(self) -> int:
        return self._count

    def numbers(self, names: U64) -> U32:
        """(n, 2) words of pseudonyms to (n,) numbers; new ones get the next."""
        most = self._count + len(names)
        if most > len(self._known):
            wider = np.empty((2 * most, 2), dtype=np.uint64)
            wider[: self._count] = self._known[: self._count]
            self._known = wider
        if 2 * most > len(self._table):
            self._table = np.full(1 << (2 * most).bit_length(), _EMPTY, dtype=np.int32)
            _refill(self._table, self._known[: self._count])
        numbers, self._count = _look_up(self._table, self._known, self._count, names)
        return np.asarray(numbers)

    def words(self) -> U64:
        """(count, 2) the words of all pseudonyms, by number."""
        return self._known[: self._count]


def words_of(names: bytes) -> U64:
    """Pseudonyms one after the other to (n, 2) words."""
    return np.frombuffer(names, dtype=np.uint64).reshape(-1, 2)


def bytes_of(words: U64) -> list[bytes]:
    """(n, 2) words to pseudonyms."""
    return [bytes(name) for name in np.ascontiguousarray(words).view(f"V{PSEUDONYM_BYTES}").ravel()]


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _place(table: I32, known: U64, name: U64) -> int:
    """The slot that holds a name, or the empty one where it belongs. The table is never more than half full."""
    mask = np.uint64(table.size - 1)
    mixed = (name[0] ^ (name[1] * np.uint64(0x9E3779B97F4A7C15))) * np.uint64(0xBF58476D1CE4E5B9)
    slot = (mixed ^ (mixed >> np.uint64(29))) & mask
    while table[slot] != _EMPTY:
        at = table[slot]
        if known[at, 0] == name[0] and known[at, 1] == name[1]:
            break
        slot = (slot + np.uint64(1)) & mask
    return int(slot)


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _refill(table: I32, known: U64) -> None:
    for i in range(known.shape[0]):
        table[_place(table, known, known[i])] = i


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _look_up(table: I32, known: U64, count: int, names: U64) -> tuple[U32, int]:
    """(n,) numbers of names and how many are known then; `table` and `known` have the room."""
    numbers = np.empty(names.shape[0], dtype=np.uint32)
    for i in range(names.shape[0]):
        slot = _place(table, known, names[i])
        if table[slot] == _EMPTY:
            table[slot] = count
            known[count] = names[i]
            count += 1
        numbers[i] = table[slot]
    return numbers, count


def read_hex(offsets: I64, text: U8) -> tuple[U8, Bools]:
    """Texts that lie one after the other to ((n, 16) bytes, (n,) whether each is 32 digits 0-9 a-f).

    offsets (n + 1,) say where each text begins in `text`, and where the last one ends.
    """
    names, good = _read_hex(offsets, text, _DIGITS)
    return names, good


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _read_hex(offsets: I64, text: U8, digits: U8) -> tuple[U8, Bools]:
    n = offsets.size - 1
    names = np.zeros((n, PSEUDONYM_BYTES), dtype=np.uint8)
    good = np.zeros(n, dtype=np.bool_)
    for i in range(n):
        if offsets[i + 1] - offsets[i] != _HEX_DIGITS:
            continue
        at = offsets[i]
        seen = np.uint8(0)
        for k in range(PSEUDONYM_BYTES):
            high, low = digits[text[at + 2 * k]], digits[text[at + 2 * k + 1]]
            seen |= high | low
            names[i, k] = high << np.uint8(4) | low
        good[i] = seen < _NO_DIGIT
    return names, good


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def renumbered(numbers: U32, people: int) -> tuple[U32, U32]:
    """(n,) numbers below `people` to ((m,) those that occur, ascending, (n,) the place of each among them)."""
    rank = np.zeros(people, dtype=np.uint32)
    for i in range(numbers.size):
        rank[numbers[i]] = 1
    count = np.uint32(0)
    for p in range(people):
        if rank[p]:
            rank[p] = count
            count += np.uint32(1)
        else:
            rank[p] = np.uint32(0xFFFFFFFF)
    here = np.empty(count, dtype=np.uint32)
    for p in range(people):
        if rank[p] != np.uint32(0xFFFFFFFF):
            here[rank[p]] = p
    local = np.empty(numbers.size, dtype=np.uint32)
    for i in range(numbers.size):
        local[i] = rank[numbers[i]]
    return here, local
