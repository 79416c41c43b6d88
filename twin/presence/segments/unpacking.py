"""A segment's pieces again, to be put into another: what compaction, withdrawals and corrections begin with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from twin.presence.segments.layout import bits_of, unpack_origins
from twin.presence.segments.ordering import person_column
from twin.presence.segments.pieces import CONTINUED, CUT_BITS, GOING_ON, Pieces
from twin.presence.segments.record import TAG_MASK, seconds_of
from twin.presence.segments.segment import SegmentInfo, read_columns
from twin.types import I64, U32


def unpack(folder: Path, info: SegmentInfo, batches: Sequence[int], rows: I64 | None = None) -> Pieces:
    """The pieces of a segment in place order, or those at some (n,) rows of it, ascending.

    `batches` are the versions of those it holds, from the manifest.
    """
    columns, _ = read_columns(folder, info, whole=True)
    return unpacked(columns, info, batches, rows)


def unpacked(columns: Mapping[str, Any], info: SegmentInfo, batches: Sequence[int], rows: I64 | None = None) -> Pieces:
    """The same of columns that are mapped already."""
    records, marks, offsets = columns["records"], marks_of(columns, info, batches), columns["place_offsets"]
    if rows is None:
        records, places = records.copy(), np.repeat(columns["place_keys"], np.diff(offsets))
    else:
        records, marks = records[rows], marks[rows]
        places = columns["place_keys"][np.searchsorted(offsets, rows, side="right") - 1]
    start, duration = seconds_of(records)
    tags = columns["tag_source"].astype(np.uint16) << np.uint16(8) | columns["tag_quality"]
    tag = tags[(records & np.uint64(TAG_MASK)).astype(np.uint8)]
    return Pieces(start, duration, person_column(records), places, tag, marks, np.array(batches, dtype=np.uint32))


def marks_of(columns: Mapping[str, Any], info: SegmentInfo, batches: Sequence[int]) -> U32:
    """(n,) marks of the records of a segment (see `Pieces`)."""
    records = columns["records"]
    start, duration = seconds_of(records)
    at_start, at_end = start == 0, start + duration == info.until - info.base
    if "continued" in columns:
        marks = np.zeros(len(records), dtype=np.uint32)
        marks[at_start] |= CONTINUED * bits_of(columns["continued"], int(at_start.sum())).astype(np.uint32)
        marks[at_end] |= GOING_ON * bits_of(columns["going_on"], int(at_end.sum())).astype(np.uint32)
    else:  # of the first format: what reaches midnight is taken to cross it
        marks = CONTINUED * at_start.astype(np.uint32) | GOING_ON * at_end.astype(np.uint32)
    if len(batches) > 1:
        marks |= unpack_origins(columns["origins"], len(batches), len(records)) << np.uint32(CUT_BITS)
    return marks
