"""The people of one source as numbers, in order of appearance. Identities are kept only while it is read."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from twin.ingest.numbering import Names, bytes_of, read_hex, words_of
from twin.pseudonyms import PSEUDONYM_BYTES, Pseudonyms
from twin.types import I64, U8, U32, U64

_HEX_DIGITS = 2 * PSEUDONYM_BYTES


@dataclass(slots=True)
class People:
    """Numbers people. A pseudonym, as 16 bytes or as 32 hex digits, stands for itself."""

    pseudonyms: Pseudonyms
    _names: Names = field(default_factory=Names)
    _known: dict[str, int] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self._names)

    def number(self, persons: pa.Array) -> U32:
        """(n,) numbers of (n,) persons as `staycells.as_person` gives them, none of them null."""
        if pa.types.is_dictionary(persons.type):
            numbers = self.number(persons.dictionary)
            return np.asarray(numbers[persons.indices.to_numpy(zero_copy_only=False)])
        if persons.type == pa.binary(PSEUDONYM_BYTES):
            return self._names.numbers(_fixed_words(persons))
        offsets, text = _texts(persons)
        names, good = read_hex(offsets, text)
        if good.all():
            return self._names.numbers(names.view(np.uint64))
        coded = persons.dictionary_encode()
        return np.asarray(self._identities(coded.dictionary.to_pylist())[coded.indices.to_numpy()])

    def names(self, numbers: U32) -> list[bytes]:
        """The pseudonyms of numbers."""
        words: U64 = self._names.words()[numbers]
        return bytes_of(words)

    def _identities(self, persons: list[str]) -> U32:
        """Numbers of different texts; each is made a pseudonym once. Two spellings of one person have one number."""
        fresh = [person for person in persons if person not in self._known]
        if fresh:
            self._known.update(zip(fresh, self._names.numbers(words_of(self._made(fresh))).tolist(), strict=True))
        return np.array([self._known[person] for person in persons], dtype=np.uint32)

    def _made(self, persons: list[str]) -> bytes:
        """Their pseudonyms, one after the other."""
        made = iter(self.pseudonyms.of(person for person in persons if len(person) != _HEX_DIGITS))
        return b"".join(
            next(made) if len(person) != _HEX_DIGITS else self.pseudonyms.resolve(person) for person in persons
        )


def _fixed_words(persons: pa.Array) -> U64:
    if not len(persons):
        return np.empty((0, 2), dtype=np.uint64)
    data = np.frombuffer(persons.buffers()[1], dtype=np.uint64).reshape(-1, 2)
    return np.asarray(data[persons.offset : persons.offset + len(persons)])


def _texts(persons: pa.Array) -> tuple[I64, U8]:
    """Where the texts begin and end, and their bytes."""
    _, offsets, data = persons.buffers()
    if offsets is None or not len(persons):
        return np.zeros(1, dtype=np.int64), np.empty(0, dtype=np.uint8)
    within = np.frombuffer(offsets, dtype=np.int32)[persons.offset : persons.offset + len(persons) + 1]
    text = np.empty(0, dtype=np.uint8) if data is None else np.frombuffer(data, dtype=np.uint8)
    return within.astype(np.int64), text
