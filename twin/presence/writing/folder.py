"""The folder of a presence store: one writer at a time, clear errors of the disk, leftovers swept."""

from __future__ import annotations

import errno
import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from twin.errors import DiskFull, FolderInUse, FolderNotWritable
from twin.presence.segments.segment import SUFFIX, TEMPORARY

_FULL = {errno.ENOSPC, errno.EDQUOT}
_NOT_WRITABLE = {errno.EACCES, errno.EPERM, errno.EROFS}


@contextmanager
def disk_errors(folder: Path, lost: str = "nothing of this batch was stored") -> Iterator[None]:
    """Turn what the disk says into errors a caller can act on; `lost` says what did not happen."""
    full = DiskFull(str(folder), f"the disk is full; {lost}", "Free some space and retry")
    closed = FolderNotWritable(str(folder), "cannot be written", "Check its owner and rights, or choose another folder")
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise full from error
        if error.errno in _NOT_WRITABLE:
            raise closed from error
        raise


class WriterLock:
    """Held by the one process that writes. The system drops it when the process ends, however it ends."""

    def __init__(self, folder: Path) -> None:
        self._handle = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o644)
        for patience in (0.05, 0.1, None):  # a reader that checks the folder holds it for an instant
            try:
                fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return
            except BlockingIOError as error:
                if patience is None:
                    os.close(self._handle)
                    reason = "another process is writing stays here"
                    raise FolderInUse(str(folder), reason, "Wait for it to end, or stop it") from error
                time.sleep(patience)

    def release(self) -> None:
        """Let others write."""
        os.close(self._handle)


def is_written(folder: Path) -> bool:
    """Whether some process holds the folder to write."""
    try:
        handle = os.open(folder / "lock", os.O_RDONLY)
    except FileNotFoundError:  # a copy without it
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(handle)
    return False


def unnamed(folder: Path, known: set[str]) -> list[Path]:
    """Segment files that no version names: what a killed writer left, or one at work has not finished."""
    files = (path for path in folder.iterdir() if path.suffix in {SUFFIX, TEMPORARY})
    return sorted(path for path in files if path.name not in known)


def sweep(folder: Path, known: set[str]) -> int:
    """Delete segment files that no version names. Returns how many."""
    leftovers = unnamed(folder, known)
    for path in leftovers:
        path.unlink()
    return len(leftovers)
