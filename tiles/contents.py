"""Contents by their hash: what two generations of a layer have in common is stored once, and nothing is ever changed.

A content is a file named by the hash of its bytes, with its brotli twin beside it where that is smaller. It is on disk
for good before anybody is told its hash. What no tree that is kept names goes with `sweep`.
"""

from __future__ import annotations

import hashlib
import os
import threading
import time
from collections import deque
from collections.abc import Collection
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Self

import brotli

BROTLI_LEVEL = 5
TWIN = ".br"
HASH_LENGTH = 32

_WAITING = 8  # contents that may wait for the disk: keeps memory bounded
_WRITERS = ThreadPoolExecutor(2, thread_name_prefix="tiles")


def content_hash(data: bytes) -> str:
    """32 hexadecimal digits that stand for some bytes."""
    return hashlib.blake2b(data, digest_size=HASH_LENGTH // 2).hexdigest()


class Contents:
    """A folder of contents, for use from many threads and processes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._twin_sizes: dict[str, int] = {}

    def path(self, name: str) -> Path:
        """Where the content of this hash is, or would be."""
        return self.folder / name[:2] / name[2:]

    def twin(self, name: str) -> Path:
        """Where its brotli twin is, if it has one."""
        return self.folder / name[:2] / (name[2:] + TWIN)

    def twin_size(self, name: str) -> int | None:
        """How long the brotli twin of a content that is there is; None where it has none."""
        if name not in self._twin_sizes:
            try:
                self._twin_sizes[name] = self.twin(name).stat().st_size
            except FileNotFoundError:
                return None  # for good, or not yet
        return self._twin_sizes[name]

    def has(self, name: str, size: int) -> bool:
        """Whether a content of this hash and length is there."""
        try:
            return self.path(name).stat().st_size == size
        except FileNotFoundError:
            return False

    def read(self, name: str) -> bytes:
        """The bytes. Raises `FileNotFoundError` where there are none."""
        return self.path(name).read_bytes()

    def write_aside(self, name: str, data: bytes) -> Path:
        """Write bytes beside their place, synced; `settle` puts them there."""
        self.path(name).parent.mkdir(parents=True, exist_ok=True)
        return write_beside(self.path(name), data)

    def write_twin(self, name: str, data: bytes) -> None:
        """Write the brotli twin of some bytes, where it is smaller."""
        self.path(name).parent.mkdir(parents=True, exist_ok=True)
        write_twin(self.twin(name), data)

    def settle(self, name: str, aside: Path) -> None:
        """The content is there."""
        aside.replace(self.path(name))

    def want(self, name: str) -> None:
        """Whoever sweeps sees that a content is wanted again."""
        os.utime(self.path(name))

    def sweep(self, kept: Collection[str], *, older_than_s: float = 3600.0) -> int:
        """Remove every content but these, unless it is young: somebody may be about to name it. Bytes that it frees."""
        freed, limit = 0, time.time() - older_than_s
        for path in self.folder.glob("*/*"):
            name = path.parent.name + path.name.removesuffix(TWIN)
            if name not in kept and self._last_wanted(name, path) < limit:
                freed += path.stat().st_size
                path.unlink()
        return freed

    def _last_wanted(self, name: str, path: Path) -> float:
        """When a content was put, or put again; its twin is as old as it is."""
        own = self.path(name)
        return (own if own.exists() else path).stat().st_mtime


class Shelf:
    """Puts contents away beside the work that makes them. Use as a context; leaving it waits until all is written."""

    def __init__(self, contents: Contents) -> None:
        self._contents = contents
        self._waiting: deque[tuple[str, Future[Path]]] = deque()
        self._twins: dict[str, Future[None]] = {}
        self._settling: list[Future[None]] = []

    def put(self, data: bytes) -> str:
        """Store bytes soon; their hash. Waits where too many are on their way."""
        name = content_hash(data)
        if self._contents.has(name, len(data)):
            self._contents.want(name)
        elif name not in self._twins:
            self._waiting.append((name, _WRITERS.submit(self._contents.write_aside, name, data)))
            self._twins[name] = _WRITERS.submit(self._contents.write_twin, name, data)
        while len(self._waiting) > _WAITING:
            self._settle_first()
        return name

    def settle(self) -> None:
        """Wait until every content is on disk; twins may follow."""
        while self._waiting:
            name, aside = self._waiting.popleft()
            self._contents.settle(name, aside.result())
        self._wait_for_names()

    def finish(self) -> None:
        """Wait until everything is on disk, each content after its twin."""
        while self._waiting:
            self._settle_first()
        for twin in self._twins.values():
            twin.result()
        self._twins.clear()
        self._wait_for_names()

    def _wait_for_names(self) -> None:
        for settled in self._settling:
            settled.result()
        self._settling.clear()

    def _settle_first(self) -> None:
        """Let the oldest content follow its twin. Renaming waits for the disk while others sync: not here."""
        name, aside = self._waiting.popleft()
        self._twins.pop(name).result()
        self._settling.append(_WRITERS.submit(self._contents.settle, name, aside.result()))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            self.finish()
        for twin in self._twins.values():  # broken off: what has not begun is not written any more
            twin.cancel()
        for _, aside in self._waiting:
            if not aside.cancel() and aside.exception() is None:
                aside.result().unlink(missing_ok=True)


def write_twin(path: Path, data: bytes) -> None:
    """Write the brotli twin of some bytes, where it is smaller."""
    small = brotli.compress(data, quality=BROTLI_LEVEL)
    if len(small) < len(data):
        write_file(path, small)


def write_file(path: Path, data: bytes) -> None:
    """Whole or not at all: written beside, synced, renamed."""
    write_beside(path, data).replace(path)


def write_beside(path: Path, data: bytes) -> Path:
    """A synced file beside a place, to be renamed to it."""
    beside = path.with_name(f".{path.name}.{os.getpid()}-{threading.get_ident()}.part")
    try:
        with open(beside, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
    return beside
