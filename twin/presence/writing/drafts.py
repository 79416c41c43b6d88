"""Segment files on their way: built and written by both cores, named last, removed where nothing comes of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self
from uuid import uuid4

from twin.presence.segments.days import DaySpan
from twin.presence.segments.layout import Columns, build
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
        self._running: list[Future[Draft | None]] = []
        self._drawn: list[Future[Draft | None]] = []
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
            self.draw(span, partial(build, part, span.until - span.base))

    def draw(self, span: DaySpan, columns: Callable[[], Columns | None]) -> None:
        """Write a segment of these columns; none where there are none."""
        path = self._folder / f"{self._token}-{len(self._files):04d}{TEMPORARY}"
        self._files.append(path)
        self._running.append(self._pool.submit(_draft, path, columns, span))
        self._drawn.append(self._running[-1])
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

    def drawn(self) -> list[Draft | None]:
        """Wait until every segment is on the disk; they, in the order they were added."""
        return [draft.result() for draft in self._drawn]

    def publish(self, version: int) -> list[Draft | None]:
        """Give every segment its name, durably; the manifest may name them then."""
        published: list[Draft | None] = []
        numbers: dict[int, int] = defaultdict(int)
        for draft in self.drawn():
            if draft is None:
                published.append(None)
                continue
            info, batches = draft
            name = f"v{version:08d}-{info.day:06d}-{numbers[info.day]:02d}{SUFFIX}"
            numbers[info.day] += 1
            self._files.append(self._folder / name)
            (self._folder / info.file).rename(self._files[-1])
            published.append((replace(info, file=name), batches))
        sync_folder(self._folder)
        return published


def _draft(path: Path, columns: Callable[[], Columns | None], span: DaySpan) -> Draft | None:
    made = columns()
    return None if made is None else (write(path, made, span), made.batches.tolist())


def remove(folder: Path, files: Iterable[str]) -> int:
    """Delete segment files that no version names any more; their bytes. Who has one mapped goes on reading it."""
    size = 0
    for path in [folder / file for file in files]:
        size += path.stat().st_size if path.exists() else 0
        path.unlink(missing_ok=True)
    sync_folder(folder)
    return size
