"""Writing into a layer's folder: one writer at a time, clear errors, and the plain tileset that other programs read.

The plain tileset are the files of the newest step under their names, hard links to the contents, so that any web server
and any viewer can use the folder as it is. They follow the ledger, which alone is the truth: should a process end
between the two, the next writer puts them right.
"""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tiles.contents import TWIN, Contents, write_file, write_twin
from tiles.layer import STORE
from tiles.ledger import Stored
from tiles.tileset import ROOT_DOCUMENT
from twin.errors import DiskFull, FolderError, FolderInUse, FolderNotWritable


@contextmanager
def writing(layer: Path) -> Iterator[None]:
    """The right to change a layer. What was begun and not finished stays for the next build to go on from.

    Raises `FolderInUse` where another process changes this layer, `DiskFull` and `FolderNotWritable`.
    """
    try:
        (layer / STORE / "objects").mkdir(parents=True, exist_ok=True)
        with open(layer / STORE / "lock", "w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise FolderInUse(str(layer), "another build of this layer is running", "Wait for it to end") from error
            yield
    except OSError as error:
        raise folder_error(layer, error) from error


def folder_error(layer: Path, error: OSError) -> FolderError:
    """A refusal of the system as one of ours."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return DiskFull(str(layer), "the disk is full; the layer is as it was", "Free some room and build again")
    return FolderNotWritable(str(layer), error.strerror or str(error), "Give a folder that can be written")


def publish(layer: Path, contents: Contents, files: Mapping[str, Stored], gone: Iterable[str] = ()) -> None:
    """Let the plain tileset show these contents: first the tiles, then the documents, the root last."""
    order = sorted(files, key=lambda name: (name == ROOT_DOCUMENT, name.endswith(".json"), name))
    for name in order:
        _link(contents.path(files[name].content), layer / name)
        twin = contents.twin(files[name].content)
        if twin.exists():
            _link(twin, layer / (name + TWIN))
        else:
            (layer / (name + TWIN)).unlink(missing_ok=True)
    for name in gone:
        for path in (layer / name, layer / (name + TWIN)):
            path.unlink(missing_ok=True)


def write_plain(folder: Path, files: Iterable[tuple[str, bytes]]) -> None:
    """Write (path, bytes) pairs as files of a folder, each after its brotli twin, where that is smaller."""
    for name, data in files:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        write_twin(path.with_name(path.name + TWIN), data)
        write_file(path, data)


def publish_all(layer: Path, contents: Contents, files: Mapping[str, Stored]) -> None:
    """Make the plain tileset exactly this one: links that are right stay, all else in the folder goes."""
    wrong = {name: stored for name, stored in files.items() if not _is(layer / name, contents.path(stored.content))}
    publish(layer, contents, wrong)
    for path in layer.iterdir():
        if path.name == STORE or path.name.removesuffix(TWIN) in files:
            continue
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()


def _is(path: Path, content: Path) -> bool:
    try:
        return path.samefile(content)
    except FileNotFoundError:
        return False


def _link(content: Path, path: Path) -> None:
    """A hard link, or a copy where the file system has none; whoever reads sees the old file or the new one."""
    beside = path.with_name(f".{path.name}.part")
    beside.unlink(missing_ok=True)
    try:
        os.link(content, beside)
    except OSError as error:
        if error.errno not in (errno.EPERM, errno.EOPNOTSUPP, errno.EMLINK, errno.EXDEV):
            raise
        shutil.copyfile(content, beside)
    beside.replace(path)
    # Renaming one link over another of the same file does nothing, and leaves both.
    beside.unlink(missing_ok=True)
