"""Records of any number of people put aside on disk, to be had back person by person in bounded memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import IO

import numpy as np
from numpy.typing import NDArray

FIX = np.dtype(
    [
        ("time", np.int64),
        ("one", np.uint64),
        ("two", np.uint64),
        ("person", np.uint32),
        ("floor", np.int16),
        ("spare", np.int16),
    ]
)
"""A record of four words: second, what it says in two words, person by number and a floor."""

_WHOLE = f"V{FIX.itemsize}"
"""A record as one value: such are moved about a hundred times as fast as records of fields."""

BUCKETS = 256
AT_ONCE = 4_000_000
"""Records handed out together, unless one bucket holds more."""


@dataclass(slots=True)
class FixSpool:
    """Records in a file, of which every batch lies sorted by bucket: person modulo BUCKETS."""

    file: IO[bytes]
    _counts: list[NDArray[np.int64]] = field(default_factory=list)

    def __len__(self) -> int:
        return int(sum(counts.sum() for counts in self._counts))

    def put(self, records: NDArray[np.void]) -> None:
        """Put (n,) FIX records aside."""
        bucket = (records["person"] % np.uint32(BUCKETS)).astype(np.uint8)
        self.file.write(records.view(_WHOLE)[np.argsort(bucket, kind="stable")].tobytes())
        self._counts.append(np.bincount(bucket, minlength=BUCKETS).astype(np.int64))

    def by_people(self) -> Iterator[NDArray[np.void]]:
        """Every record once, in groups; all records of a person are in one group."""
        if not self._counts:
            return
        counts = np.array(self._counts)
        begins = np.concatenate(([0], np.cumsum(counts.sum(axis=1))[:-1]))[:, None] + np.cumsum(counts, axis=1) - counts
        in_all = counts.sum(axis=0)
        first = 0
        while first < BUCKETS:
            after = first + 1
            while after < BUCKETS and in_all[first : after + 1].sum() <= AT_ONCE:
                after += 1
            parts = [
                self._read(int(begin), int(count))
                for begin, count in zip(begins[:, first], counts[:, first:after].sum(axis=1), strict=True)
                if count
            ]
            if parts:
                yield np.concatenate(parts).view(FIX)
            first = after

    def _read(self, begin: int, count: int) -> NDArray[np.void]:
        self.file.seek(begin * FIX.itemsize)
        return np.frombuffer(self.file.read(count * FIX.itemsize), dtype=_WHOLE)
