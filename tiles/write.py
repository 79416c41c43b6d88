"""Files of a layer on disk, so that a reader sees the old layer or the new one and nothing between.

A build writes into a new folder, its generation; the layer changes when `tileset.json`, the only file outside,
is renamed into place. Then the generations before the last one go: a page that still holds the old tree finds its
tiles until the next build. An interrupted or failed build removes what it wrote.
"""

from __future__ import annotations

import errno
import fcntl
import os
import secrets
import shutil
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import brotli
import orjson

from twin.errors import DiskFull, FolderError, FolderInUse, FolderNotWritable

BROTLI_LEVEL = 5
_WAITING = 8  # contents that may wait for the disk: keeps memory bounded
_THREADS = 2


class Generation:
    """A folder of contents that is being filled. `size` counts the bytes of all files without their twins."""

    def __init__(self, layer: Path, name: str) -> None:
        self.layer = layer
        self.name = name
        self.folder = layer / name
        self.size = 0
        self._pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="tiles")
        self._waiting: deque[Future[None]] = deque()

    def put(self, name: str, data: bytes) -> None:
        """Write a file and its brotli twin soon; waits where too many are on their way."""
        self.size += len(data)
        self._waiting.append(self._pool.submit(_write_with_twin, self.folder / name, data))
        while len(self._waiting) > _WAITING:
            self._waiting.popleft().result()

    def finish(self) -> None:
        """Wait until everything is written."""
        while self._waiting:
            self._waiting.popleft().result()

    def close(self) -> None:
        """Let go of the threads; what has not begun is not written any more."""
        self._pool.shutdown(cancel_futures=True)

    def commit(self, tileset: bytes) -> None:
        """Make this generation the layer; the one before stays for pages that are still open."""
        self.finish()
        _sync_folder(self.folder)
        kept = {self.name, current_generation(self.layer)}
        write_file(self.layer / "tileset.json", tileset)
        for folder in self.layer.iterdir():
            if folder.is_dir() and folder.name not in kept:
                shutil.rmtree(folder)


def current_generation(layer: Path) -> str | None:
    """The generation that a layer's tileset names, None where there is no readable one."""
    try:
        return str(orjson.loads((layer / "tileset.json").read_bytes())["extras"]["generation"])
    except (OSError, KeyError, TypeError, orjson.JSONDecodeError):
        return None


@contextmanager
def generation(layer: Path) -> Iterator[Generation]:
    """A new generation of the layer's folder; removed again unless it was committed.

    Raises `FolderInUse` where another build of this layer runs, `DiskFull` and `FolderNotWritable`.
    """
    with _clear_errors(layer):
        existed = layer.exists()
        layer.mkdir(parents=True, exist_ok=True)
        with _only_builder(layer):
            fresh = Generation(layer, f"g{secrets.token_hex(6)}")
            fresh.folder.mkdir()
            try:
                yield fresh
            finally:
                fresh.close()
                if current_generation(layer) != fresh.name:
                    shutil.rmtree(fresh.folder, ignore_errors=True)
                    _remove_if_new(layer, existed)


def _remove_if_new(layer: Path, existed: bool) -> None:
    """A first build that failed leaves no empty layer behind."""
    if not existed:
        shutil.rmtree(layer, ignore_errors=True)


@contextmanager
def _only_builder(layer: Path) -> Iterator[None]:
    with open(layer / ".lock", "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise FolderInUse(str(layer), "another build of this layer is running", "Wait for it to end") from error
        yield


@contextmanager
def _clear_errors(layer: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise _folder_error(layer, error) from error


def _folder_error(layer: Path, error: OSError) -> FolderError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return DiskFull(str(layer), "the disk is full; the layer is as it was", "Free some room and build again")
    return FolderNotWritable(str(layer), error.strerror or str(error), "Give a folder that can be written")


def _write_with_twin(path: Path, data: bytes) -> None:
    write_file(path, data)
    small = brotli.compress(data, quality=BROTLI_LEVEL)
    if len(small) < len(data):
        write_file(path.with_name(path.name + ".br"), small)


def write_file(path: Path, data: bytes) -> None:
    """Whole or not at all: written beside, synced, renamed."""
    beside = path.with_name(f".{path.name}.part")
    try:
        with open(beside, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
