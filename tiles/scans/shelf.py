"""Where tilesets beside the layers are kept: made aside, then put in place of their own earlier one, or not at all."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import brotli
import orjson

from tiles.archive import SUFFIX
from tiles.contents import BROTLI_LEVEL, TWIN
from tiles.landmarks import NAME as LANDMARKS
from tiles.layers import layer_kinds
from tiles.tileset import ROOT_DOCUMENT
from tiles.write import folder_error
from twin.errors import Conflict, FolderInUse, InvalidValue, NotFound

MADE_HERE = ("cloud", "model")
"""What `extras.made_of` says of a tileset that is made, replaced and removed here."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,62}")
_WAITING = 8  # files that may wait for the disk: keeps memory bounded


def name_of(file: Path, otherwise: str) -> str:
    """A name for a tileset out of a file's."""
    plain = re.sub(r"[^A-Za-z0-9_-]+", "-", file.name.split(".")[0]).strip("-_")[:60]
    return plain or otherwise


def made_of(folder: Path) -> str:
    """What a tileset in a folder is made of, as its root document says; empty for somebody else's."""
    try:
        said = (orjson.loads((folder / ROOT_DOCUMENT).read_bytes()).get("extras") or {}).get("made_of", "")
    except (OSError, ValueError, AttributeError):
        return ""
    return said if said in MADE_HERE else ""


def made_here(tilesets: Path) -> list[str]:
    """Names of the clouds and models under `<twin>/tiles`."""
    return [path.name for path in sorted(tilesets.glob("*")) if not path.name.startswith(".") and made_of(path)]


def check_name(tilesets: Path, name: str, what: str) -> None:
    """Raise where a tileset cannot be called so: `InvalidValue`, `Conflict` where something else is."""
    taken = {kind.id for kind in layer_kinds()} | {LANDMARKS}
    if not _NAME.fullmatch(name):
        raise InvalidValue("--name", f"{name!r} cannot be part of an address", "Take letters, digits, - and _")
    if name in taken:
        raise InvalidValue("--name", f"{name} is the name of a layer", "Give another name")
    there = (tilesets / name).exists() and made_of(tilesets / name) != what
    if there or (tilesets / f"{name}{SUFFIX}").exists():
        raise Conflict(f"tileset {name}", f"it is there already and is no {what} made here", "Give another --name")


@contextmanager
def replacing(tilesets: Path, name: str, what: str) -> Iterator[Path]:
    """A new folder, which becomes the tileset of this name when the block ends well; otherwise nothing has changed.

    Raises what `check_name` raises, `FolderInUse` where another one is being made, `DiskFull`, `FolderNotWritable`.
    """
    check_name(tilesets, name, what)
    with _alone(tilesets):
        beside, before = tilesets / f".{name}.making", tilesets / f".{name}.before"
        _tidy(tilesets / name, beside, before)
        try:
            beside.mkdir()
            yield beside
            os.sync()  # what is put in place is on disk whole
            _exchange(tilesets / name, beside, before)
        finally:
            shutil.rmtree(beside, ignore_errors=True)


def remove(tilesets: Path, name: str) -> None:
    """Take a cloud or a model away. Raises `NotFound`, and `InvalidValue` for what is not made here."""
    known = made_here(tilesets)
    if name not in known:
        there = (tilesets / name).exists() or (tilesets / f"{name}{SUFFIX}").exists()
        if name and there:
            raise InvalidValue(f"tileset {name}", "it is no point cloud and no building model", "See /collections")
        raise NotFound(f"tileset {name}", "there is no such cloud or model", f"There are: {', '.join(known) or 'none'}")
    with _alone(tilesets):
        before = tilesets / f".{name}.before"
        shutil.rmtree(before, ignore_errors=True)
        (tilesets / name).rename(before)
        shutil.rmtree(before)


@contextmanager
def _alone(tilesets: Path) -> Iterator[None]:
    """One at a time changes what is beside the layers."""
    try:
        tilesets.mkdir(exist_ok=True)
        handle = os.open(tilesets, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as error:
        raise folder_error(tilesets, error) from error
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError as error:
        raise FolderInUse(str(tilesets), "another cloud or model is being made", "Wait for it to end") from error
    except OSError as error:
        raise folder_error(tilesets, error) from error
    finally:
        os.close(handle)


def _tidy(target: Path, beside: Path, before: Path) -> None:
    """Put right what a process that was killed left behind."""
    if before.exists() and not target.exists():
        before.rename(target)
    for path in (beside, before):
        shutil.rmtree(path, ignore_errors=True)


def _exchange(target: Path, beside: Path, before: Path) -> None:
    if target.exists():
        target.rename(before)
    try:
        beside.rename(target)
    except OSError:
        if before.exists():
            before.rename(target)
        raise
    shutil.rmtree(before, ignore_errors=True)


class Files:
    """Writes files with their brotli twins beside the work that makes them. Leaving it waits until all are written."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._writers = ThreadPoolExecutor(2, thread_name_prefix="scans")
        self._waiting: deque[Future[None]] = deque()
        self.bytes = 0

    def put(self, name: str, data: bytes) -> None:
        """Write a file soon. Waits where too many are on their way."""
        self.bytes += len(data)
        self._waiting.append(self._writers.submit(self._write, name, data))
        while len(self._waiting) > _WAITING:
            self._waiting.popleft().result()

    def _write(self, name: str, data: bytes) -> None:
        (self._folder / name).write_bytes(data)
        small = brotli.compress(data, quality=BROTLI_LEVEL)
        if len(small) < len(data):
            (self._folder / (name + TWIN)).write_bytes(small)

    def __enter__(self) -> Files:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._writers.shutdown(cancel_futures=kind is not None)
        while kind is None and self._waiting:
            self._waiting.popleft().result()
