"""What must hold inside one segment, read from end to end: the faults of a file whose checksum may well be right."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numba import njit

from twin.presence.kernels.layout import FENCE
from twin.presence.segments.layout import BLOCK
from twin.presence.segments.ordering import block_starts, person_column
from twin.presence.segments.record import REACH_UNIT_S, START_SHIFT, TAG_MASK, seconds_of
from twin.presence.segments.segment import FENCES, SegmentInfo, read_columns
from twin.types import U8, U32, U64, Bools


def faults_of(folder: Path, info: SegmentInfo, batches: Sequence[int], named: Bools) -> list[str]:
    """Everything that is wrong with a segment. `named` says which person numbers have a pseudonym."""
    columns, first = read_columns(folder, info, whole=True)
    lengths = [*_lengths(columns)]
    if lengths:
        return lengths  # nothing else can be looked at
    plain = {name: np.array(column) for name, column in columns.items()}
    return [*_places(plain, info), *_persons(plain, first, named), *_rest(plain, info, batches)]


def _lengths(columns: Mapping[str, Any]) -> Iterator[str]:
    n, keys, slots = len(columns["records"]), len(columns["place_keys"]), len(columns["person_counts"])
    if (len(columns["place_offsets"]), len(columns["place_reach"])) != (keys + 1, keys):
        yield "its columns of places differ in length"
    if {len(columns["person_low"]), len(columns["person_high"])} != {n}:
        yield "its orders differ in length"
    if len(columns["person_ids"]) not in (0, slots) or len(columns["person_blocks"]) != -(-slots // BLOCK):
        yield "its columns of persons differ in length"
    elif int(columns["person_counts"].sum(dtype=np.int64)) != n:
        yield "its persons have more or fewer records than there are"


def _places(columns: Mapping[str, Any], info: SegmentInfo) -> Iterator[str]:
    records, offsets, keys = columns["records"], columns["place_offsets"].astype(np.int64), columns["place_keys"]
    if (keys[1:] <= keys[:-1]).any():
        yield "its places are not in order"
    if FENCES in columns and not np.array_equal(columns[FENCES], keys[::FENCE]):
        yield "its fences are not keys of its places"
    if offsets[0] != 0 or offsets[-1] != len(records) or (np.diff(offsets) <= 0).any():
        yield "its places do not share out its records"
        return
    start, duration = seconds_of(records)
    if (start.astype(np.int64) + duration > info.until - info.base).any():
        yield "it has records beyond its day"
    unordered, beyond = _by_place(records, columns["place_offsets"], columns["place_reach"], duration)
    if unordered:
        yield f"{unordered} records are out of order at their place"
    if beyond:
        yield f"{beyond} records are longer than the longest of their place"


@njit(cache=True, nogil=True)
def _by_place(records: U64, offsets: U32, reach: U8, duration: U32) -> tuple[int, int]:
    """How many records are smaller than the one before at their place; how many are longer than its reach."""
    unordered, beyond = 0, 0
    for p in range(reach.size):
        for i in range(offsets[p], offsets[p + 1]):
            unordered += i > offsets[p] and records[i] < records[i - 1]
            beyond += duration[i] > np.int64(reach[p]) * REACH_UNIT_S
    return unordered, beyond


def _persons(columns: Mapping[str, Any], first: int, named: Bools) -> Iterator[str]:
    records, counts, ids = columns["records"], columns["person_counts"], columns["person_ids"]
    if (ids[1:] <= ids[:-1]).any() or not np.array_equal(block_starts(counts, BLOCK), columns["person_blocks"]):
        yield "its persons are not in order"
    rows = columns["person_low"].astype(np.int64) | columns["person_high"].astype(np.int64) << 16
    if (np.bincount(rows, minlength=len(records)) != 1).any():
        yield "its rows by person are not each record once"
        return
    slots = ids if len(ids) else np.arange(first, first + len(counts), dtype=np.uint32)
    persons = np.repeat(slots, counts)
    if not np.array_equal(person_column(records)[rows], persons):
        yield "its rows by person are not those of the persons"
    begin = records[rows] >> np.uint64(START_SHIFT)
    if ((persons[1:] == persons[:-1]) & (begin[1:] < begin[:-1])).any():
        yield "its rows by person are not in order of time"
    there = slots[counts > 0]
    if int(there[-1]) >= len(named) or not named[there].all():
        yield "it has persons without a pseudonym"


def _rest(columns: Mapping[str, Any], info: SegmentInfo, batches: Sequence[int]) -> Iterator[str]:
    records = columns["records"]
    if int((records & np.uint64(TAG_MASK)).max()) >= len(columns["tag_source"]):
        yield "it has records without a source"
    if "batches" not in columns:
        return  # of the first format
    if columns["batches"].tolist() != list(batches):
        yield "it holds other batches than the manifest says"
    elif len(columns["origins"]) != -(-len(records) * (len(batches) - 1).bit_length() // 8):
        yield "it does not say of each record which batch it came with"
    start, duration = seconds_of(records)
    edges = {"continued": start == 0, "going_on": start + duration == info.until - info.base}
    for name, edge in edges.items():
        if len(columns[name]) not in (0, -(-int(edge.sum()) // 8)):
            yield "it does not say of each record at midnight whether it goes on"
    if len(records) - int(np.unpackbits(columns["continued"]).sum()) != info.stays:
        yield "it has more or fewer stays than the manifest says"
