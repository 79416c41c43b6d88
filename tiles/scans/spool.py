"""Points on their way into tiles: records in memory, or in a file where they are many."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

RECORD = np.dtype([("xyz", "<i4", 3), ("rgb", "<u2", 3), ("intensity", "<u2"), ("classification", "u1")])
"""A point: whole millimetres east, north, up of the cloud's anchor; colours as they came."""

Records = NDArray[Any]
"""(n,) of `RECORD`."""

CHUNK = 500_000
"""Records that are read from a file at a time."""


class Heap(Protocol):
    """Some points, which can be gone through more than once."""

    count: int

    def chunks(self) -> Iterator[Records]:
        """All of them, some at a time, in the order in which they were put."""

    def release(self) -> None:
        """They are not needed any more."""


class Held:
    """Points in memory."""

    def __init__(self) -> None:
        self.count = 0
        self._parts: list[Records] = []

    def put(self, records: Records) -> None:
        """Add some."""
        self._parts.append(records)
        self.count += len(records)

    def chunks(self) -> Iterator[Records]:
        """As `Heap` says: one chunk."""
        if len(self._parts) > 1:
            self._parts = [np.concatenate(self._parts)]
        yield from self._parts

    def release(self) -> None:
        """As `Heap` says."""
        self._parts = []


class Spool:
    """Points in a file, which is open only while something is put or read: many spools may be filled side by side."""

    def __init__(self, path: Path) -> None:
        self.count = 0
        self._path = path

    def put(self, records: Records) -> None:
        """Add some."""
        with open(self._path, "ab") as file:
            file.write(records.tobytes())
        self.count += len(records)

    def chunks(self) -> Iterator[Records]:
        """As `Heap` says."""
        with open(self._path, "rb") as file:
            while len(records := np.fromfile(file, RECORD, CHUNK)):
                yield records

    def release(self) -> None:
        """As `Heap` says."""
        self._path.unlink(missing_ok=True)
