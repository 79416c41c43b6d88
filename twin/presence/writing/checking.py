"""Whether a store is whole: every file named and there, every checksum right and, read deep, every order and number."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from twin.errors import UnreadableSource
from twin.presence.manifest import Manifest
from twin.presence.segments.segment import SegmentInfo, file_checksum
from twin.presence.segments.soundness import faults_of
from twin.types import Bools

Progress = Callable[[int, int], None]


def check_segments(folder: Path, manifest: Manifest, deep: bool, progress: Progress | None) -> list[str]:
    """The faults of all segments that a kept version names, each as `file: what is wrong`."""
    segments = manifest.every_segment()
    named = np.zeros(manifest.people(), dtype=np.bool_)
    if deep:
        named[manifest.known()] = True
    total, done = sum(info.size for info in segments), 0
    faults = [f"manifest: {fault}" for fault in (manifest.check() if deep else [])]
    for info in segments:
        fault = _file(folder, info)
        if fault:
            faults.append(f"{info.file}: {fault}")
        elif deep:
            faults += [f"{info.file}: {fault}" for fault in _inside(folder, manifest, info, named)]
        done += info.size
        if progress:
            progress(done, total)
    still = {info.file for info in manifest.every_segment()}  # what was removed meanwhile is no fault
    return [fault for fault in faults if fault.startswith("manifest:") or fault.split(":")[0] in still]


def _file(folder: Path, info: SegmentInfo) -> str | None:
    path = folder / info.file
    try:
        if path.stat().st_size != info.size:
            return f"it has {path.stat().st_size:,} bytes instead of {info.size:,}"
        return None if file_checksum(path) == info.sha256 else "its checksum differs"
    except FileNotFoundError:
        return "it is missing"


def _inside(folder: Path, manifest: Manifest, info: SegmentInfo, named: Bools) -> list[str]:
    try:
        return faults_of(folder, info, manifest.batches(info.file), named)
    except UnreadableSource as error:
        return [error.reason]
