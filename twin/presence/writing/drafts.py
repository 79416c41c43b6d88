"""Segment files on their way: built and written by both cores, named last, removed where nothing comes of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import replace
from functools import partial
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Self
from uuid import uuid4

from twin.presence.segments.batch import StayBatch
from twin.presence.segments.days import DayRows, Days, DaySpan, split
from twin.presence.segments.layout import Columns, build
from twin.presence.segments.pieces import Pieces, cut, parts, portions
from twin.presence.segments.segment import SUFFIX, TEMPORARY, SegmentInfo, sync_folder, write
from twin.types import U32

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
        self._running: list[Future[list[Draft]]] = []
        self._drawn: list[Future[list[Draft]]] = []
        self._number = count()
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
        """Build and write the segments of one day's pieces."""
        for part in parts(pieces):
            self.draw(span, partial(_built, [part], span))

    def add_batch(self, batch: StayBatch, days: Days, numbers: U32, version: int) -> None:
        """Build and write the segments of a batch. `numbers`: the person number of each of its pseudonyms."""
        for day in split(batch.start, batch.end, days):
            for portion in portions(batch, day):
                self.draw(day.span, partial(_cut, batch, numbers, portion, version))

    def draw(self, span: DaySpan, make: Callable[[], Iterable[Columns]]) -> None:
        """Write the segments that are made of one thing. At most one waits while others are made."""
        self._running.append(self._pool.submit(self._write, span, make))
        self._drawn.append(self._running[-1])
        while len(self._running) > THREADS:
            done, _ = wait(self._running, return_when=FIRST_COMPLETED)
            for draft in done:
                draft.result()
            self._running = [draft for draft in self._running if draft not in done]

    def _write(self, span: DaySpan, make: Callable[[], Iterable[Columns]]) -> list[Draft]:
        drafts = []
        for columns in make():
            path = self._folder / f"{self._token}-{next(self._number):04d}{TEMPORARY}"
            self._files.append(path)
            drafts.append((write(path, columns, span), columns.batches.tolist()))
        return drafts

    def call(self, work: Callable[[], bytes]) -> Future[bytes]:
        """Have something else done beside."""
        return self._pool.submit(work)

    def discard(self) -> None:
        """Nothing comes of them after all."""
        self._unwanted = True

    def drawn(self) -> list[list[Draft]]:
        """Wait until every segment is on the disk; those made of each thing, in the order of the things."""
        return [draft.result() for draft in self._drawn]

    def publish(self, version: int) -> list[list[Draft]]:
        """Give every segment its name, durably; the manifest may name them then."""
        numbers: dict[int, int] = defaultdict(int)
        published = [[self._named_for(version, numbers, *draft) for draft in drafts] for drafts in self.drawn()]
        sync_folder(self._folder)
        return published

    def _named_for(self, version: int, numbers: dict[int, int], info: SegmentInfo, batches: list[int]) -> Draft:
        name = f"v{version:08d}-{info.day:06d}-{numbers[info.day]:02d}{SUFFIX}"
        numbers[info.day] += 1
        self._files.append(self._folder / name)
        (self._folder / info.file).rename(self._files[-1])
        return replace(info, file=name), batches


def _built(day_parts: Iterable[Pieces], span: DaySpan) -> Iterator[Columns]:
    for part in day_parts:
        yield build(part, span.until - span.base)


def _cut(batch: StayBatch, numbers: U32, day: DayRows, version: int) -> Iterator[Columns]:
    return _built(parts(cut(batch, numbers, day, version)), day.span)


def remove(folder: Path, files: Iterable[str]) -> int:
    """Delete segment files that no version names any more; their bytes. Who has one mapped goes on reading it."""
    size = 0
    for path in [folder / file for file in files]:
        size += path.stat().st_size if path.exists() else 0
        path.unlink(missing_ok=True)
    sync_folder(folder)
    return size
