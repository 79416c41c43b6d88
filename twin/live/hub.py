"""Snapshot and ordered deltas with a cursor: nobody who listens can miss a change without being told.

Each change of the latest state gets the next cursor. The hub keeps the recent changes in a ring and nothing per
listener: a listener holds its own cursor and asks for what came after it. One that is slow gets all it missed as one
delta in which the newest value per datastream wins; one whose cursor has left the ring is told to take a new
snapshot. So back-pressure costs the server nothing, and no gap is silent.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from twin.live.state import Batch, LatestState, join, newest
from twin.types import Bools

RING_ROWS = 500_000
"""How many changed values the ring holds before the oldest leave it."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The latest values at one moment; deltas after `cursor` continue from it."""

    cursor: int
    batch: Batch


@dataclass(frozen=True, slots=True)
class Delta:
    """Everything that changed after the asked cursor up to `cursor`: at most one value per datastream."""

    cursor: int
    batch: Batch


@dataclass(frozen=True, slots=True)
class TooOld:
    """The asked cursor is not in the ring (any more, or of this run): take a new snapshot."""


def first_cursor() -> int:
    """A start that no earlier run of the server has reached: milliseconds since 1970.

    A run hands out far fewer than a thousand cursors a second (each follows a commit to disk), so a cursor kept from
    an earlier run is below this one's ring and meets `TooOld`. It stays below 2^53: exact in JavaScript.
    """
    return int(time.time() * 1000)


class Hub:
    """Latest state plus ring under one lock. Thread-safe."""

    def __init__(self, count: int, *, ring_rows: int = RING_ROWS, start: int | None = None) -> None:
        self._state = LatestState(count)
        self._ring: deque[tuple[int, Batch]] = deque()
        self._ring_rows = 0
        self._ring_limit = ring_rows
        self._cursor = first_cursor() if start is None else start
        self._lock = threading.Lock()
        self._listeners: list[Callable[[], object]] = []

    @property
    def cursor(self) -> int:
        """The cursor of the newest change."""
        return self._cursor

    def publish(self, batch: Batch) -> int:
        """Apply observations to the latest state, remember the changes, wake the listeners; answer the cursor."""
        with self._lock:
            changes = self._state.apply(batch)
            if not len(changes):
                return self._cursor
            self._cursor += 1
            self._ring.append((self._cursor, changes))
            self._ring_rows += len(changes)
            while self._ring_rows > self._ring_limit:
                self._ring_rows -= len(self._ring.popleft()[1])
            cursor, listeners = self._cursor, list(self._listeners)
        for wake in listeners:
            wake()
        return cursor

    def snapshot(self, mask: Bools | None = None) -> Snapshot:
        """The latest values within the mask and the cursor they stand at, as one moment."""
        with self._lock:
            return Snapshot(self._cursor, self._state.read(mask))

    def since(self, cursor: int, mask: Bools | None = None) -> Delta | TooOld:
        """What changed within the mask after a cursor, newest value per datastream; empty when nothing did."""
        with self._lock:
            oldest = self._cursor - len(self._ring)  # a listener at this cursor still misses nothing
            if not oldest <= cursor <= self._cursor:
                return TooOld()
            parts = [self._ring[i][1] for i in range(cursor - oldest, len(self._ring))]
            reached = self._cursor
        merged = newest(join(parts))
        return Delta(reached, merged if mask is None else merged.take(mask[merged.rows]))

    def listen(self, wake: Callable[[], object]) -> Callable[[], None]:
        """Call `wake` (quick, from any thread) after each change; answers the function that ends it."""
        with self._lock:
            self._listeners.append(wake)

        def stop() -> None:
            with self._lock:
                self._listeners.remove(wake)

        return stop
