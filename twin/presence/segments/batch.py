"""What is handed in: a batch of stays as columns, and what a batch may not contain."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, fields
from typing import Any, TypeVar

import numpy as np
from numba import njit

from twin.errors import InvalidValue
from twin.pseudonyms import PSEUDONYM_BYTES
from twin.types import I64, U8, U32, U64

EARLIEST = 0
LATEST = 7_258_118_400  # 2200-01-01: a later second is a time in milliseconds
LONGEST_S = 366 * 86_400

MEASURED = 0
END_ESTIMATED = 1

Column = TypeVar("Column", bound=np.ndarray[Any, Any])

_COLUMNS = {
    "person": np.uint32,
    "place": np.uint64,
    "start": np.int64,
    "end": np.int64,
    "source": np.uint8,
    "quality": np.uint8,
}


@dataclass(frozen=True, slots=True)
class StayBatch:
    """Stays as columns of one length; `person` is an index into `pseudonyms`.

    `start` and `end` are UTC seconds, half open; equal means a point in time. `quality` is 0 where both ends were
    measured and 1 where the end is an estimate; whatever rests on an estimate is answered as *possible*.
    """

    pseudonyms: list[bytes]
    person: U32
    place: U64
    start: I64
    end: I64
    source: U8
    quality: U8

    def __len__(self) -> int:
        return len(self.start)

    def faults(self) -> list[tuple[str, I64]]:
        """What is wrong with which rows: (reason, row numbers), empty for a good batch of well-formed columns."""
        if _sound(plain(self.person), plain(self.start), plain(self.end), len(self.pseudonyms)):
            return []
        checks = (
            ("its person is not in the list of pseudonyms", self.person >= len(self.pseudonyms)),
            ("it ends before it starts", self.end < self.start),
            (
                "its time is not within the years 1970 to 2199 (UTC seconds, not milliseconds)",
                (self.start < EARLIEST) | (self.end < EARLIEST) | (self.start >= LATEST) | (self.end >= LATEST),
            ),
            ("it is longer than 366 days: a gap in the record, not a stay", self.end - self.start > LONGEST_S),
        )
        return [(reason, np.flatnonzero(bad)) for reason, bad in checks if bad.any()]

    def check(self) -> None:
        """Raise InvalidValue for columns of the wrong form and for the first kind of bad row."""
        for name, dtype in _COLUMNS.items():
            column = getattr(self, name)
            if not isinstance(column, np.ndarray) or column.dtype != dtype or column.shape != self.start.shape:
                wanted = f"must be a {np.dtype(dtype).name} array as long as the others"
                raise InvalidValue(f"column {name}", wanted, "Convert it before handing the batch over")
        if self.start.ndim != 1:
            raise InvalidValue("stays", "columns must have one dimension", "Flatten them")
        if not set(map(type, self.pseudonyms)) <= {bytes} or not set(map(len, self.pseudonyms)) <= {PSEUDONYM_BYTES}:
            raise InvalidValue(
                "pseudonyms", f"each must be {PSEUDONYM_BYTES} bytes", "Make them with twin.pseudonyms.Pseudonyms"
            )
        for reason, rows in self.faults():
            others = f" ({len(rows)} stays in all)" if len(rows) > 1 else ""
            raise InvalidValue(f"stay {rows[0]}", reason + others, "Nothing of the batch was stored; mend it and retry")

    def digest(self, names: bytes | None = None) -> bytes:
        """SHA-256 of the whole content, in order. `names`: the pseudonyms joined, where that is done already."""
        content = hashlib.sha256(len(self.pseudonyms).to_bytes(8, "little"))
        content.update(b"".join(self.pseudonyms) if names is None else names)
        for column in fields(self)[1:]:
            content.update(np.ascontiguousarray(getattr(self, column.name)).data)
        return content.digest()


def plain(column: Column) -> Column:
    """A column as kernels take it: contiguous and writable, copied only where it is not."""
    return column if column.flags.c_contiguous and column.flags.writeable else column.copy()


@njit(cache=True, nogil=True)
def _sound(person: U32, start: I64, end: I64, people: int) -> bool:
    """Whether none of (n,) stays has a fault."""
    for i in range(start.size):
        if person[i] >= people or not EARLIEST <= start[i] <= end[i] < LATEST or end[i] - start[i] > LONGEST_S:
            return False
    return True


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a batch: how many stays were stored, or that it had been stored before (`repeated`).

    `gone` says why its stays are no longer (all) there, where that is so: "withdrawn", "dropped" or "partly dropped" by
    retention. They are not stored again under the same key.
    """

    key: str
    stored: int
    repeated: bool
    snapshot: int
    gone: str | None = None
