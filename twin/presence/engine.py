"""The presence store of one twin: stays in, answers out."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from twin.errors import Conflict, InvalidValue, NotATwin
from twin.presence.graph_questions import GraphQuestions
from twin.presence.manifest import FILE, Manifest
from twin.presence.people_questions import PeopleQuestions
from twin.presence.place_questions import PlaceQuestions
from twin.presence.segments.batch import Receipt, StayBatch
from twin.presence.segments.days import Days
from twin.presence.upkeep import Upkeep
from twin.presence.watch_questions import WatchQuestions
from twin.presence.writing.folder import WriterLock, disk_errors, sweep
from twin.presence.writing.ingest import store


@dataclass(frozen=True, slots=True)
class PresenceStats:
    """What is stored: people, stays, the UTC seconds [first, last) that hold them, local days, bytes on disk."""

    people: int
    stays: int
    first: int | None
    last: int | None
    days: int
    bytes: int
    segments: int
    pieces: int
    snapshot: int


class Presence(PeopleQuestions, PlaceQuestions, GraphQuestions, WatchQuestions, Upkeep):
    """One store. Questions may come from many threads at once; one process at a time writes."""

    def __init__(
        self, folder: Path, *, zone: str, write: bool, upkeep: bool = True, keep_versions: int | None = None
    ) -> None:
        own_zone = Days(zone).zone
        self._lock = WriterLock(folder) if write else None
        try:
            super().__init__(folder, own_zone, Manifest(folder, zone=zone, write=write))
            if write and self._manifest.zone != zone:
                reason = f"cuts its days in {self._manifest.zone}, not in {zone}"
                self._manifest.close()
                raise Conflict(f"presence store {folder}", reason, f"Write in zone {self._manifest.zone}")
            if write:
                sweep(folder, self._manifest.files())
        except BaseException:
            if self._lock:
                self._lock.release()
            raise
        self._days = Days(self._manifest.zone)
        self._upkeep = upkeep
        self._keep_versions = keep_versions

    @classmethod
    def open(
        cls,
        folder: Path,
        *,
        zone: str,
        write: bool = False,
        upkeep: bool = True,
        keep_versions: int | None = None,
    ) -> Presence:
        """Open a store; with `write`, make it where there is none and hold it against other writers.

        `zone` is the IANA zone of the local day. A writer gives the zone the store was made with; a reader may ask in
        another one, which answers then name. `upkeep`: a writer compacts days in the background as batches
        gather, and keeps that many versions before the newest as it does so (None: all of them).
        """
        if keep_versions is not None and keep_versions < 0:
            raise InvalidValue("keep_versions", "is negative", "Give a number of versions, or None to keep all")
        if write:
            with disk_errors(folder, "the store was not opened"):
                folder.mkdir(parents=True, exist_ok=True)
                return cls(folder, zone=zone, write=True, upkeep=upkeep, keep_versions=keep_versions)
        if not (folder / FILE).is_file():
            raise NotATwin(str(folder), "holds no presence store", "Import stays first")
        with disk_errors(folder, "the store was not opened"):
            return cls(folder, zone=zone, write=False)

    def close(self) -> None:
        """Give the folder back. Answers already given stay valid."""
        self._end_upkeep()
        self._manifest.close()
        self._segments.clear()
        self._names.close()
        if self._lock:
            self._lock.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def ingest(self, batch: StayBatch, *, key: str) -> Receipt:
        """Store a batch under an idempotency key; durable when it returns, all of it or nothing."""
        with self._change("nothing of this batch was stored"):
            receipt = store(self._folder, self._manifest, self._days, batch, key)
        if self._upkeep:
            self._background.wake()
        return receipt

    def stats(self) -> PresenceStats:
        """What is stored."""
        t = self._manifest.totals()
        return PresenceStats(
            t.people, t.stays, t.first, t.last, t.days, t.size, t.segments, t.pieces, self._manifest.version()
        )
