"""Arrays as long as there are people, kept between questions: making and zeroing one takes longer than an answer."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from twin.types import U64


class Scratch:
    """Zeroed (people,) arrays, one per question that runs at the same time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._free: list[U64] = []

    @contextmanager
    def cells(self, people: int) -> Iterator[U64]:
        """An array of zeros, at least (people,), to be left all zeros; after an error it is dropped."""
        with self._lock:
            cells = self._free.pop() if self._free else np.zeros(0, dtype=np.uint64)
        if len(cells) < people:
            cells = np.zeros(people + people // 8, dtype=np.uint64)
        yield cells
        with self._lock:
            self._free.append(cells)
