"""What a database must do to stand beside us, and what is measured of it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from pathlib import Path

from benchmarks.presence.peers.probes import OwnStays, PlaceTable, Probes
from twin.presence import StayBatch
from twin.types import Window

LEAST_S = 600
"""The least time together: what `Presence.companions` takes by default."""

Pairs = list[tuple[int, int]]
"""(person, seconds together), in any order."""

Shape = Callable[[int, Probes, Probes], Pairs]
"""One way to ask: (person to leave out, probes as ranges, the same spelled out) to who was together long enough."""


class Peer(ABC):
    """A database that holds the stays in both orders."""

    label: str

    @abstractmethod
    def create(self) -> None:
        """Make the empty tables."""

    @abstractmethod
    def add(self, batch: StayBatch) -> None:
        """Take one part of a day in."""

    @abstractmethod
    def finish(self) -> None:
        """Sort, merge, index, make durable: whatever makes questions as fast as they get."""

    @abstractmethod
    def size(self) -> int:
        """Bytes on disk of both orders."""

    @abstractmethod
    def places(self) -> PlaceTable:
        """Every place and its longest stay."""

    @abstractmethod
    def own(self, person: int, window: Window) -> OwnStays:
        """The stays of one person that overlap the window."""

    @abstractmethod
    def shapes(self) -> Mapping[str, Shape]:
        """Every way to ask, by name."""

    @abstractmethod
    def close(self) -> None:
        """End it; what it holds stays on disk."""


def folder_size(folder: Path) -> int:
    """Bytes of all files below a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
