"""Segments on disk: one Arrow IPC file each, written once, mapped into memory to be read.

A file is written and synced under a temporary name; it gets its own, and its folder is synced, before the manifest
names it (see `writing.drafts`). Every column is the single value of a list column, so that columns of different length
lie in one file that any Arrow reader opens.
"""

from __future__ import annotations

import hashlib
import mmap
import os
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from twin.errors import UnreadableSource
from twin.presence.kernels.layout import FENCE, People, Places
from twin.presence.segments.days import DaySpan
from twin.presence.segments.layout import Columns
from twin.types import U8

SUFFIX = ".arrow"
TEMPORARY = ".part"
FENCES = "place_fences"
FORMAT = "quanyu.presence.segment/3"
_READABLE = {FORMAT, "quanyu.presence.segment/2", "quanyu.presence.segment/1"}
"""The second had no fences, the first knew neither cuts nor batches."""


@dataclass(frozen=True, slots=True)
class SegmentInfo:
    """What the manifest knows of a segment: its file, its local day as UTC seconds [base, until), size and checksum.

    `rows` are its records; `stays` of them begin a stay, the others continue one of the day before.
    """

    file: str
    day: int
    base: int
    until: int
    rows: int
    stays: int
    size: int
    sha256: bytes


class SegmentGone(UnreadableSource):
    """A segment file is not there: it was removed after the manifest was read, or it was lost."""


@dataclass(frozen=True, slots=True)
class Segment:
    """A mapped segment: its columns are views of the file, read from disk where they are touched."""

    info: SegmentInfo
    places: Places
    people: People
    tag_source: U8
    tag_quality: U8


def write(path: Path, columns: Columns, span: DaySpan) -> SegmentInfo:
    """Write and sync a segment file; it counts only once the manifest names it."""
    checksum = hashlib.sha256()
    with path.open("wb") as handle:
        _write_arrow(_Hashing(handle, checksum), columns, span)
        handle.flush()
        os.fsync(handle.fileno())
        size = handle.tell()
    rows = len(columns.records)
    return SegmentInfo(path.name, span.day, span.base, span.until, rows, columns.stays, size, checksum.digest())


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def read_columns(folder: Path, info: SegmentInfo, *, whole: bool = False) -> tuple[dict[str, Any], int]:
    """The columns of a segment file by name, mapped, and its first person. A file of the first format lacks some.

    `whole`: all of it will be read.
    """
    path = folder / info.file
    try:
        with pa.ipc.open_file(pa.py_buffer(_mapped(path, whole))) as reader:
            batch = reader.get_batch(0)
            meta = {key.decode(): value.decode() for key, value in (reader.schema.metadata or {}).items()}
    except FileNotFoundError as error:
        raise SegmentGone(
            f"presence segment {info.file}", "is missing", "Ask again; if that fails, restore the folder"
        ) from error
    except (OSError, ValueError, pa.ArrowInvalid) as error:
        raise UnreadableSource(
            f"presence segment {info.file}", "is broken", "Run `twin presence verify`, restore the folder"
        ) from error
    columns = {name: batch.column(name).values.to_numpy(zero_copy_only=True) for name in batch.schema.names}
    if meta.get("format") not in _READABLE or len(columns["records"]) != info.rows:
        raise UnreadableSource(f"presence segment {info.file}", "is not the file that was stored", "Restore the folder")
    return columns, int(meta["first_person"])


def _mapped(path: Path, whole: bool) -> mmap.mmap:
    """A file mapped without reading ahead: a question touches a few pages here and there. (Arrow's own map asks the
    system for the whole file.)"""
    with path.open("rb") as handle:
        mapped = mmap.mmap(handle.fileno(), 0, access=mmap.ACCESS_READ)
    mapped.madvise(mmap.MADV_SEQUENTIAL if whole else mmap.MADV_RANDOM)
    return mapped


def open_segment(folder: Path, info: SegmentInfo) -> Segment:
    """Map a segment file. Its checksum is not read here: that is what `verify` is for."""
    columns, first_person = read_columns(folder, info)
    places = Places(
        columns["records"],
        columns["place_keys"],
        columns.get(FENCES, columns["place_keys"][:0]),
        columns["place_offsets"],
        columns["place_reach"],
        info.base,
    )
    people = People(
        columns["person_low"],
        columns["person_high"],
        columns["person_ids"],
        columns["person_counts"],
        columns["person_blocks"],
        first_person,
    )
    return Segment(info, places, people, columns["tag_source"], columns["tag_quality"])


def file_checksum(path: Path) -> bytes:
    """SHA-256 of a file."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").digest()


class _Hashing:
    """A file that takes the checksum of what passes through. Arrow writes to any object with these methods."""

    closed = False

    def __init__(self, handle: Any, checksum: Any) -> None:
        self._handle = handle
        self._checksum = checksum

    def write(self, data: Any) -> int:
        self._checksum.update(data)
        return int(self._handle.write(data))

    def flush(self) -> None:
        self._handle.flush()

    def close(self) -> None:
        """The owner closes the file."""


def _write_arrow(sink: Any, columns: Columns, span: DaySpan) -> None:
    arrays, names = [], []
    named = {field.name: getattr(columns, field.name) for field in fields(columns)}
    for name, value in (named | {FENCES: columns.place_keys[::FENCE].copy()}).items():
        if isinstance(value, np.ndarray):
            offsets = pa.array([0, len(value)], type=pa.int64())
            arrays.append(pa.LargeListArray.from_arrays(offsets, pa.array(value)))
            names.append(name)
    meta = {"format": FORMAT, **asdict(span), "first_person": columns.first_person, "stays": columns.stays}
    batch = pa.RecordBatch.from_arrays(arrays, names=names)
    batch = batch.replace_schema_metadata({key: str(value) for key, value in meta.items()})
    with pa.ipc.new_file(sink, batch.schema) as writer:
        writer.write_batch(batch)
