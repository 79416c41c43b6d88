"""How much memory this process held at most since a moment we choose."""

from __future__ import annotations

import ctypes
import gc
from pathlib import Path


def forget_peak() -> None:
    """Let the peak count from now on, after giving back what is free."""
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    Path("/proc/self/clear_refs").write_text("5")


def peak_gb() -> float:
    """The most resident memory since `forget_peak`: own memory and the pages of mapped files alike."""
    return _gb("VmHWM")


def own_gb() -> float:
    """Resident memory now that no file backs: what the system cannot take back under pressure."""
    return _gb("RssAnon")


def _gb(field: str) -> float:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(field + ":")) / 2**20
