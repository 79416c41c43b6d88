"""The twin's folder: whether it can be written, and what to say when it cannot."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from twin.errors import DiskFull, FolderNotWritable


@contextmanager
def writing_into(folder: Path) -> Iterator[None]:
    """Turn the system's refusals into errors that name the folder and the way out."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            way_out = "Make room and try again; nothing was stored"
            raise DiskFull(str(folder), "the disk has no room left", way_out) from error
        way_out = "Take another folder, or give yourself the right"
        raise FolderNotWritable(str(folder), f"it cannot be written ({error.strerror})", way_out) from error


def checked_folder(folder: Path) -> None:
    """Make the folder, and find out by writing whether it can be written."""
    probe = folder / f".probe-{os.getpid()}"
    with writing_into(folder):
        folder.mkdir(parents=True, exist_ok=True)
        probe.write_bytes(b"twin")
        probe.unlink()
