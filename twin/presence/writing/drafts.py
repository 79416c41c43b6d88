"""Segment files on their way: built and written by both cores, named last, removed where nothing comes of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Self
from uuid import uuid4

from twin.presence.segments.days import DaySpan
from twin.presence.segments.layout import build
from twin.presence.segments.pieces import Pieces, parts
from twin.presence.segments.segment import SUFFIX, TEMPORARY, SegmentInfo, sync_folder, write

THREADS = 2
"""Segments built at the same time: kernels, checksums and the disk leave the interpreter free."""

Named = Callable[[], set[str]]
Draft = tuple[SegmentInfo, list[int]]  # a segment and the batches, by version, whose stays it holds


class Drafts:
    """Segments that do not count yet. What no version names is removed when it ends in an error."""

    def __init__(self, folder: Path, named: Named) -> None:
        self._folder = folder
        self._named = named
        self._token = uuid4().hex
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="segments")
        self._running: list[Future[Draft]] = []
        self._written: list[Future[Draft]] = []
        self._files: list[Path] = []
        self._unwanted = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)
        if error is not None or self._unwanted:
            named = self._named()
            for path in self._files:
                if path.name not in named:
                    path.unlink(missing_ok=True)

    def add(self, span: DaySpan, pieces: Pieces) -> None:
        """Build and write the segments of one day's pieces. At most one waits while others are built."""
        for part in parts(pieces):
            path = self._folder / f"{self._token}-{len(self._files):04d}{TEMPORARY}"
            self._files.append(path)
            self._running.append(self._pool.submit(_draft, path, part, span))
            self._written.append(self._running[-1])
            while len(self._running) > THREADS:
                done, _ = wait(self._running, return_when=FIRST_COMPLETED)
                for draft in done:
                    draft.result()
                self._running = [draft for draft in self._running if draft not in done]

    def call(self, work: Callable[[], bytes]) -> Future[bytes]:
        """Have something else done beside."""
        return self._pool.submit(work)

    def discard(self) -> None:
        """Nothing comes of them after all."""
        self._unwanted = True

    def written(self) -> list[Draft]:
        """Wait until every segment is on the disk."""
        return [written.result() for written in self._written]

    def publish(self, version: int) -> list[Draft]:
        """Give every segment its name, durably, in the order they were added; the manifest may name them then."""
        published = []
        numbers: dict[int, int] = defaultdict(int)
        for draft, batches in self.written():
            name = f"v{version:08d}-{draft.day:06d}-{numbers[draft.day]:02d}{SUFFIX}"
            numbers[draft.day] += 1
            self._files.append(self._folder / name)
            (self._folder / draft.file).rename(self._files[-1])
            published.append((replace(draft, file=name), batches))
        sync_folder(self._folder)
        return published


def _draft(path: Path, part: Pieces, span: DaySpan) -> Draft:
    columns = build(part, span.until - span.base)
    return write(path, columns, span), columns.batches.tolist()


def remove(folder: Path, files: Iterable[str]) -> int:
    """Delete segment files that no version names any more; their bytes. Who has one mapped goes on reading it."""
    size = 0
    for path in [folder / file for file in files]:
        size += path.stat().st_size if path.exists() else 0
        path.unlink(missing_ok=True)
    sync_folder(folder)
    return size
