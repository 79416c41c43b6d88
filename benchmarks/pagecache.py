"""The system's cache of files: dropped on purpose, and looked at, so that "from disk" means from disk."""

from __future__ import annotations

import ctypes
import mmap
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from twin.types import U8


def drop(paths: Sequence[Path]) -> None:
    """Give back the cached pages of files. Pages that some process has mapped stay: close those maps first."""
    for path in paths:
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)  # a page not yet written stays, too
            os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_DONTNEED)
        finally:
            os.close(handle)


def take_in(paths: Sequence[Path]) -> None:
    """Read files once from end to end, into the page cache."""
    room = bytearray(1 << 24)
    for path in paths:
        with path.open("rb", buffering=0) as handle:
            while handle.readinto(room):
                continue


def resident(paths: Sequence[Path]) -> float:
    """The share of the pages of files that is in memory, 0 to 1."""
    pages = cached = 0
    for path in paths:
        flags = _residency(path)
        pages += len(flags)
        cached += int((flags & 1).sum())
    return cached / pages if pages else 0.0


def _residency(path: Path) -> U8:
    size = path.stat().st_size
    flags = np.zeros(-(-size // mmap.PAGESIZE), dtype=np.uint8)
    if not size:
        return flags
    with path.open("rb") as handle, mmap.mmap(handle.fileno(), size, access=mmap.ACCESS_COPY) as view:
        start = ctypes.c_char.from_buffer(view)
        try:
            asked = ctypes.CDLL(None, use_errno=True).mincore(
                ctypes.c_void_p(ctypes.addressof(start)), ctypes.c_size_t(size), flags.ctypes.data_as(ctypes.c_void_p)
            )
        finally:
            del start
    if asked:
        raise OSError(ctypes.get_errno(), f"mincore of {path.name}")
    return flags
