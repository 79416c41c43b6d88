"""What is done to a store besides asking: corrections, merges, compaction, retention, checks."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from twin.errors import FolderInUse, InvalidValue
from twin.presence.asking import Asking
from twin.presence.manifest import Manifest
from twin.presence.segments.batch import StayBatch
from twin.presence.segments.days import Days
from twin.presence.versions import Compacted, Done, Dropped, DroppedDays, Forgotten, Version
from twin.presence.writing.background import Background
from twin.presence.writing.checking import Progress, check_segments
from twin.presence.writing.compacting import Merging, ripe, worth_merging
from twin.presence.writing.drafts import remove
from twin.presence.writing.folder import WriterLock, disk_errors, is_written, unnamed
from twin.presence.writing.merging import merge, unmerge
from twin.presence.writing.retention import drop_days
from twin.presence.writing.withdrawing import Withdrawing


class Upkeep(Asking):
    """The writing side of a store. One change at a time; questions go on meanwhile, each on its own version.

    Changes take an idempotency key: the same change under the same key is not made twice (`Done.repeated`), another one
    is a Conflict. Each is one transaction: all of it or nothing, durable when the call returns. They raise FolderInUse
    in a store opened for reading, DiskFull where there is no room; then nothing has changed.
    """

    _lock: WriterLock | None
    _days: Days

    def __init__(self, folder: Path, zone: str, manifest: Manifest) -> None:
        super().__init__(folder, zone, manifest)
        self._writing = threading.Lock()
        self._compacting = threading.Lock()
        self._closing = threading.Event()
        self._background = Background(self._compact_some)
        self._keep_versions: int | None = None

    def versions(self) -> list[Version]:
        """The history of the store: every version, its kind, time, key and counts; `kept`: can be asked as of it."""
        return self._manifest.history()

    def compact(self, *, progress: Progress | None = None) -> Compacted:
        """Put the small segments of each day together; answers stay as they are, at every version that is kept.

        Batches and questions go on meanwhile. `progress` is told (records done, records to do); raising from it stops
        the compaction where it is: every day is either done or as it was. Files of the segments that were put together
        are needed by older versions; `forget` frees their room.
        """
        self._check_writer()
        with self._compacting, disk_errors(self._folder, "the days done so far are compacted"):
            segments = self._manifest.segments(self._manifest.version())
            groups = worth_merging(segments, self._manifest.builds())
            total, done = sum(info.rows for group in groups for info in group), 0
            for group in groups:
                self._merging(lambda: False).merge(group)
                done += sum(info.rows for info in group)
                if progress:
                    progress(done, total)
        left = self._manifest.totals().segments
        return Compacted(len(segments), left, done, self._manifest.version())

    def forget(self, *, before_version: int | None = None, older_than: int | None = None) -> Forgotten:
        """Let older versions go and free the room of what only they need; the store can be asked as of later ones.

        Keeps `before_version` and later, or whatever was the newest at the UTC second `older_than` and later. The
        history still lists what was let go. InvalidValue for a version that was never made.
        """
        with self._change():
            return self._forget(self._kept_from(before_version, older_than))

    def _forget(self, version: int) -> Forgotten:
        with self._manifest.transaction():
            gone = self._manifest.keep_from(max(version, self._manifest.oldest()))
        size = remove(self._folder, gone)
        return Forgotten(self._manifest.oldest(), len(gone), size)

    def _kept_from(self, before_version: int | None, older_than: int | None) -> int:
        if (before_version is None) == (older_than is None):
            raise InvalidValue("before_version", "or older_than must be given, and not both", "Give one of them")
        if older_than is not None:
            return self._manifest.version_at(older_than)
        newest = self._manifest.version()
        if before_version is None or not 0 <= before_version <= newest:
            raise InvalidValue("before_version", "names a version that is not there", f"The newest is {newest}")
        return before_version

    def drop_days(self, before: date, *, reason: str = "") -> DroppedDays:
        """Drop every local day before a date for good, from older versions, too; its files are deleted.

        Persons whom no stay names any more are forgotten with their pseudonyms. `dropped` lists what went and when.
        Stays of those days that arrive later are stored like any others, and go the next time.
        """
        with self._change():
            self._names.delete()
            done = drop_days(self._folder, self._manifest, before, reason)
        self._let_go()
        return done

    def dropped(self) -> list[Dropped]:
        """The proof of retention: each segment that was dropped with its day, records, checksum and time."""
        return self._manifest.dropped()

    def withdraw(
        self,
        *,
        stays: StayBatch | None = None,
        batch: str | None = None,
        person: bytes | None = None,
        key: str,
        reason: str,
    ) -> Done:
        """Take stays back: those named, what was stored under a batch's key, or all of a person. Give one of them.

        `stays` are named by person, place, start, end and source; every copy of each goes, whatever its quality, and
        `Done.absent` counts those that are not stored. A `batch` may also be a correction: its new stays go. Older
        versions that are kept still answer with what was withdrawn.

        A `person` is erased for good, under all pseudonyms merged with theirs: from older versions, too, the pseudonyms
        with them; UnknownPerson where nobody has it. It takes the room of the segments they are in while it runs.
        """
        with self._change():
            work = Withdrawing(self._folder, self._manifest, self._days)
            if sum(what is not None for what in (stays, batch, person)) != 1:
                raise InvalidValue("stays", "or batch or person must be given, and only one", "Give one of them")
            if stays is not None:
                return work.stays(stays, key, reason)
            if batch is not None:
                return work.batch(batch, key, reason)
            self._names.delete()
            done = work.person(person or b"", key, reason)
        self._let_go()
        return done

    def correct(self, old: StayBatch, new: StayBatch, *, key: str, reason: str) -> Done:
        """Put stays in the place of others in one step: there is no version with both or neither.

        Conflict where one of the old ones (see `withdraw`) is not stored: nothing is changed then.
        """
        with self._change():
            return Withdrawing(self._folder, self._manifest, self._days).correct(old, new, key, reason)

    def merge(self, into: bytes, others: Sequence[bytes], *, key: str, reason: str) -> Done:
        """Declare pseudonyms to be one human: `others` are answered for under `into`'s name from this version on.

        Whoever was merged with any of them before comes along. Older versions keep what they said. UnknownPerson for a
        pseudonym without stays.
        """
        with self._change():
            return merge(self._manifest, into, others, key, reason)

    def unmerge(self, persons: Sequence[bytes], *, key: str, reason: str) -> Done:
        """Take pseudonyms out of their group: each is a human of their own again, the others stay together.

        InvalidValue for somebody who is merged with nobody.
        """
        with self._change():
            return unmerge(self._manifest, persons, key, reason)

    def verify(self, *, deep: bool = False, progress: Progress | None = None) -> list[str]:
        """Read every segment that a kept version names and compare its checksum; the faults, each as `file: which`.

        With `deep`, also look whether orders, dictionaries, row numbers and what the manifest says of them agree, and
        at the manifest itself. Files that nobody names are faults while no process writes. `progress` is told (bytes
        done, bytes to do).
        """
        faults = check_segments(self._folder, self._manifest, deep, progress)
        if self._lock is not None:
            with self._compacting, self._writing:
                leftovers = unnamed(self._folder, self._manifest.files())
        else:
            files = unnamed(self._folder, self._manifest.files())
            leftovers = [] if is_written(self._folder) else files
            leftovers = [path for path in leftovers if path.name not in self._manifest.files() and path.exists()]
        return faults + [f"{path.name}: no version names it; the next writer removes it" for path in leftovers]

    def _let_go(self) -> None:
        """Unmap segments that count no longer: the system keeps a removed file while somebody has it mapped."""
        self._current()

    def _end_upkeep(self) -> None:
        self._closing.set()
        self._background.close()

    def _compact_some(self) -> bool:
        """One step of what the background does; False where nothing is left to do."""
        with self._compacting, disk_errors(self._folder, "compaction waits"):
            groups = ripe(self._manifest.segments(self._manifest.version()), self._manifest.builds())
            if not groups or not self._merging(self._closing.is_set).merge(groups[0]):
                return False
            if self._keep_versions is not None:
                with self._writing:
                    self._forget(self._manifest.version() - self._keep_versions)
            return True

    def _merging(self, stopped: Callable[[], bool]) -> Merging:
        return Merging(self._folder, self._manifest, self._writing, stopped)

    def _check_writer(self) -> None:
        if self._lock is None:
            raise FolderInUse(str(self._folder), "was opened for reading only", "Open it with write=True")

    @contextmanager
    def _change(self, lost: str = "nothing was changed") -> Iterator[None]:
        """The right to change the store; `lost` says what a full disk kept from happening."""
        self._check_writer()
        with self._writing, disk_errors(self._folder, lost):
            yield
            self._names.extend()
        for listener in self._listeners:
            listener()
