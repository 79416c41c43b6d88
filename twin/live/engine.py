"""The live engine as one piece: an observation is checked, made durable, then shown."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from twin.live.datastreams import Datastreams
from twin.live.history import DAY_S, History
from twin.live.hub import Hub, Snapshot
from twin.live.state import Result, make_batch
from twin.types import Bools

LOOK_BACK_S = 7 * DAY_S
"""A value older than this is history, not a latest value: after a restart its device counts as silent."""

EARLIEST = 946_684_800
"""2000-01-01: an observation before it has a clock that was never set."""

AHEAD_S = 3600
"""How far a device's clock may run ahead."""

WORD_LENGTH = 200
"""The longest word an observation may say, in characters."""


@dataclass(frozen=True, slots=True)
class Refused:
    """An observation that was not taken: its position in the request and why."""

    index: int
    reason: str


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a request: `accepted` observations are on disk."""

    accepted: int
    refused: tuple[Refused, ...]


class Live:
    """Latest state, hub and history over one set of datastreams. Thread-safe."""

    def __init__(
        self, datastreams: Datastreams, history: History, hub: Hub, clock: Callable[[], float] = time.time
    ) -> None:
        self.datastreams = datastreams
        self.history = history
        self.hub = hub
        self._clock = clock

    @classmethod
    def open(cls, folder: Path, datastreams: Datastreams, clock: Callable[[], float] = time.time) -> Live:
        """Open the history in a folder and take the latest values from it."""
        hub = Hub(len(datastreams))
        history = History(folder, datastreams.ids, hub.publish)
        try:
            hub.publish(history.newest(since=int(clock()) - LOOK_BACK_S))
        except BaseException:
            history.close()
            raise
        return cls(datastreams, history, hub, clock)

    def close(self) -> None:
        """Finish what is under way and close the files."""
        self.history.close()

    def observe(self, observations: Sequence[tuple[str, int, Result]]) -> Receipt:
        """Take (datastream id, UTC seconds, result) triples; returns when the good ones are on disk and shown."""
        good: list[tuple[int, int, Result]] = []
        refused: list[Refused] = []
        latest_time = int(self._clock()) + AHEAD_S
        for index, (datastream, when, result) in enumerate(observations):
            row = self.datastreams.row(datastream)
            reason = _fault(row, when, result, latest_time)
            if reason or row is None:
                refused.append(Refused(index, reason))
            else:
                good.append((row, when, result if isinstance(result, str) else float(result)))
        if good:
            self.history.append(make_batch(good))
        return Receipt(len(good), tuple(refused))

    def latest(self, mask: Bools | None = None) -> Snapshot:
        """The latest values within the mask."""
        return self.hub.snapshot(mask)


def _fault(row: int | None, when: int, result: Result, latest_time: int) -> str:
    """Why an observation cannot be taken; empty where it can."""
    if row is None:
        return "unknown datastream: no device of the twin had this property when the server started"
    if when < EARLIEST:
        return "the time is before the year 2000: is the device's clock set?"
    if when > latest_time:
        return "the time is more than an hour ahead of the server's clock"
    if isinstance(result, str):
        return f"the result is longer than {WORD_LENGTH} characters" if len(result) > WORD_LENGTH else ""
    return "" if math.isfinite(result) else "the result is not a finite number"
