"""What every question needs of the store: a snapshot to ask, numbers that exist, a budget."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from twin.errors import InvalidValue, InvalidWindow, UnknownPerson
from twin.presence.manifest import Manifest
from twin.presence.names import Names
from twin.presence.paging import Page
from twin.presence.scratch import Scratch
from twin.presence.segments.segment import Segment, SegmentGone, SegmentInfo, open_segment
from twin.presence.snapshot import Snapshot
from twin.presence.versions import State
from twin.types import Window

LONGEST_WINDOW_S = 1 << 31

BUDGET = 50_000_000
"""Records that a question may set out to read without being told to: a few seconds and 3 GB of evidence at the most."""

MOST_PERSONS = 100_000
"""Persons that one question may name."""


class Asking:
    """The reading side of a store; the questions themselves are in the classes that inherit from it."""

    def __init__(self, folder: Path, zone: str, manifest: Manifest) -> None:
        self._folder = folder
        self._zone = zone
        self._manifest = manifest
        self._opening = threading.Lock()
        self._segments: dict[str, Segment] = {}
        self._state: State | None = None
        self._scratch = Scratch()
        self._listeners: list[Callable[[], None]] = []  # told of each change made here
        self._names = Names(folder, manifest)

    def person(self, pseudonym: bytes) -> int:
        """The number of a pseudonym; UnknownPerson if no stay names it."""
        return self._manifest.person(pseudonym)

    def pseudonym(self, person: int) -> bytes:
        """The pseudonym of a number."""
        return self._names.of([person])[0]

    def pseudonyms(self, persons: Sequence[int]) -> list[bytes]:
        """The pseudonyms of many numbers, in their order."""
        return self._names.of(persons)

    def _snapshot(self, page: Page, window: Window, *, as_of: int | None = None, force: bool = False) -> Snapshot:
        """The store at the page's version, else at `as_of`, else as it is now. `force`: read as much as it takes."""
        if window.end <= window.start:
            raise InvalidWindow("window", "ends before or as it starts", "Give a start before the end")
        if window.seconds >= LONGEST_WINDOW_S:
            raise InvalidWindow("window", "is longer than 68 years", "Give a shorter one")
        field = "as_of" if page.snapshot is None else "cursor"
        state = self._opened(as_of if page.snapshot is None else page.snapshot, field, window)
        return Snapshot(
            state.version,
            self._zone,
            state.people,
            state.segments,
            self._open,
            self._names.of,
            self._scratch,
            alias=state.alias,
            merged=state.merged,
            budget=None if force else BUDGET,
        )

    def _opened(self, version: int | None, field: str, window: Window) -> State:
        """What counts at a version, or now, with the segments of a window mapped: then they may be removed meanwhile.

        A segment removed between the look into the manifest and this is looked for there once more.
        """
        try:
            return self._map(version, field, window)
        except SegmentGone:
            self._state = None
            return self._map(version, field, window)

    def _map(self, version: int | None, field: str, window: Window) -> State:
        current = self._current()
        old = version is not None and version != current.version
        state = self._manifest.state(version, field=field) if old else current
        for info in state.segments:
            if info.base < window.end and info.until > window.start:
                self._open(info)
        return state

    def _current(self) -> State:
        """What counts now. Segments that do not are let go, so that a removed file's room on the disk is free."""
        state = self._state
        if state is None or state.version != self._manifest.version():
            self._state = state = self._manifest.state()
            named = {info.file for info in state.segments}
            for file in [file for file in self._segments.copy() if file not in named]:
                self._segments.pop(file, None)
        return state

    def _open(self, info: SegmentInfo) -> Segment:
        segment = self._segments.get(info.file)
        if segment is None:
            with self._opening:
                segment = self._segments.setdefault(info.file, open_segment(self._folder, info))
        return segment


def people_asked(snapshot: Snapshot, persons: Sequence[int]) -> list[int]:
    """The representatives of the persons named; UnknownPerson for a number that nobody has."""
    if not len(persons):
        raise InvalidValue("persons", "none is given", "Ask about at least one person")
    if len(persons) > MOST_PERSONS:
        reason = f"{len(persons):,} are named, {MOST_PERSONS:,} is the most in one question"
        raise InvalidValue("persons", reason, "Ask in parts")
    if any(not 0 <= person < snapshot.people for person in persons):
        raise UnknownPerson("person", "no person has this number", "Ask by pseudonym")
    return snapshot.representatives(persons)
