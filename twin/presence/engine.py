"""The presence store of one twin: stays in, answers out."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from twin.errors import Conflict, FolderInUse, InvalidValue, InvalidWindow, NotATwin, UnknownPerson
from twin.presence.answer import Answer, CompanionRow, TrajectoryRow, VisitorRow
from twin.presence.manifest import FILE, Manifest
from twin.presence.near.ranges import KeyRanges, Scale
from twin.presence.paging import DEFAULT_LIMIT, Page, page_of
from twin.presence.questions.companions import Together, companions
from twin.presence.questions.trajectory import trajectory
from twin.presence.questions.visitors import visitors
from twin.presence.segments.batch import Receipt, StayBatch
from twin.presence.segments.days import Days
from twin.presence.segments.segment import Segment, SegmentInfo, file_checksum, open_segment
from twin.presence.snapshot import Snapshot
from twin.presence.writing.folder import WriterLock, disk_errors, sweep
from twin.presence.writing.ingest import store
from twin.types import Window

LONGEST_WINDOW_S = 1 << 31


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


class Presence:
    """One store. Questions may come from many threads at once; one process at a time writes."""

    def __init__(self, folder: Path, *, zone: str, write: bool) -> None:
        self._folder = folder
        self._zone = Days(zone).zone
        self._lock = WriterLock(folder) if write else None
        try:
            self._manifest = Manifest(folder, zone=zone, write=write)
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
        self._writing = threading.Lock()
        self._opening = threading.Lock()
        self._segments: dict[str, Segment] = {}
        self._infos: tuple[int, list[SegmentInfo], int] | None = None

    @classmethod
    def open(cls, folder: Path, *, zone: str, write: bool = False) -> Presence:
        """Open a store; with `write`, make it where there is none and hold it against other writers.

        `zone` is the IANA zone of the local day. A writer gives the zone the store was made with; a reader may ask in
        another one, which answers then name.
        """
        if write:
            with disk_errors(folder):
                folder.mkdir(parents=True, exist_ok=True)
                return cls(folder, zone=zone, write=True)
        if not (folder / FILE).is_file():
            raise NotATwin(str(folder), "holds no presence store", "Import stays first")
        return cls(folder, zone=zone, write=False)

    def close(self) -> None:
        """Give the folder back. Answers already given stay valid."""
        self._manifest.close()
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
        if self._lock is None:
            raise FolderInUse(str(self._folder), "was opened for reading only", "Open it with write=True")
        with self._writing, disk_errors(self._folder):
            return store(self._folder, self._manifest, self._days, batch, key)

    def person(self, pseudonym: bytes) -> int:
        """The number of a pseudonym; UnknownPerson if no stay names it."""
        return self._manifest.person(pseudonym)

    def pseudonym(self, person: int) -> bytes:
        """The pseudonym of a number."""
        return self._manifest.pseudonyms([person])[0]

    def pseudonyms(self, persons: Sequence[int]) -> list[bytes]:
        """The pseudonyms of many numbers, in their order."""
        return self._manifest.pseudonyms(persons)

    def stats(self) -> PresenceStats:
        """What is stored."""
        t = self._manifest.totals()
        return PresenceStats(
            t.people, t.stays, t.first, t.last, t.days, t.size, t.segments, t.pieces, self._manifest.version()
        )

    def trajectory(
        self, person: int, window: Window, *, limit: int | None = None, cursor: str | None = None
    ) -> Answer[TrajectoryRow]:
        """Where a person was, in order of time."""
        page = page_of("trajectory", (person, window), limit, cursor)
        snapshot = self._snapshot(page, window)
        self._check_people([person], snapshot)
        return trajectory(snapshot, person, window, page)

    def visitors(
        self,
        ranges: KeyRanges,
        window: Window,
        *,
        min_overlap_s: int = 0,
        limit: int | None = DEFAULT_LIMIT,
        cursor: str | None = None,
    ) -> Answer[VisitorRow]:
        """Who was at the places of these key ranges."""
        _check_overlap(min_overlap_s)
        asked = (ranges.lo.tobytes(), ranges.hi.tobytes(), window, min_overlap_s)
        page = page_of("visitors", asked, limit, cursor)
        return visitors(self._snapshot(page, window), ranges, window, min_overlap_s, page)

    def companions(
        self,
        persons: Sequence[int],
        window: Window,
        *,
        scale: Scale = Scale.UNIT,
        res: int | None = None,
        min_overlap_s: int = 600,
        limit: int | None = DEFAULT_LIMIT,
        cursor: str | None = None,
    ) -> Answer[CompanionRow]:
        """Who was together with any of these persons (see `Scale`) for at least `min_overlap_s` in all."""
        _check_overlap(min_overlap_s)
        cases = sorted(set(persons))
        if not cases:
            raise InvalidValue("persons", "none is given", "Ask about at least one person")
        page = page_of("companions", (cases, window, scale, res, min_overlap_s), limit, cursor)
        snapshot = self._snapshot(page, window)
        self._check_people(cases, snapshot)
        return companions(snapshot, cases, window, Together(Scale.named(scale), res, min_overlap_s), page)

    def verify(self) -> list[str]:
        """Read every segment and compare its checksum; returns the files that are missing or differ."""
        wrong = []
        for info in self._manifest.segments(self._manifest.version()):
            path = self._folder / info.file
            if not path.is_file() or file_checksum(path) != info.sha256:
                wrong.append(info.file)
        return wrong

    def _snapshot(self, page: Page, window: Window) -> Snapshot:
        if window.end <= window.start:
            raise InvalidWindow("window", "ends before or as it starts", "Give a start before the end")
        if window.seconds >= LONGEST_WINDOW_S:
            raise InvalidWindow("window", "is longer than 68 years", "Give a shorter one")
        version, infos, people = self._current()
        if page.snapshot is not None and page.snapshot != version:
            if page.snapshot > version:
                raise InvalidValue("cursor", "names a snapshot that is not there", "Ask again from the first page")
            version, infos = page.snapshot, self._manifest.segments(page.snapshot)
        return Snapshot(version, self._zone, people, infos, self._open, self._manifest.pseudonyms)

    def _current(self) -> tuple[int, list[SegmentInfo], int]:
        version = self._manifest.version()
        if self._infos is None or self._infos[0] != version:
            self._infos = version, self._manifest.segments(version), self._manifest.people()
        return self._infos

    def _open(self, info: SegmentInfo) -> Segment:
        segment = self._segments.get(info.file)
        if segment is None:
            with self._opening:
                segment = self._segments.setdefault(info.file, open_segment(self._folder, info))
        return segment

    def _check_people(self, persons: Sequence[int], snapshot: Snapshot) -> None:
        if any(not 0 <= person < snapshot.people for person in persons):
            raise UnknownPerson("person", "no person has this number", "Ask by pseudonym")


def _check_overlap(min_overlap_s: int) -> None:
    if min_overlap_s < 0:
        raise InvalidValue("least overlap", "is negative", "Give seconds, 0 for any meeting at all")
