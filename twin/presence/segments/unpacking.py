"""A segment's pieces again, to be put into another: what compaction, withdrawals and corrections begin with."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from twin.presence.segments.layout import bits_of, unpack_origins
from twin.presence.segments.ordering import person_column
from twin.presence.segments.pieces import CONTINUED, CUT_BITS, GOING_ON, Pieces
from twin.presence.segments.record import TAG_MASK, seconds_of
from twin.presence.segments.segment import SegmentInfo, read_columns


def unpack(folder: Path, info: SegmentInfo, batches: Sequence[int]) -> Pieces:
    """Every piece of a segment, in place order; `batches` are the versions of those it holds, from the manifest."""
    columns, _ = read_columns(folder, info)
    records = columns["records"]
    start, duration = seconds_of(records)
    at_start, at_end = start == 0, start + duration == info.until - info.base
    mark = np.zeros(len(records), dtype=np.uint32)
    if "continued" in columns:
        mark[at_start] |= CONTINUED * bits_of(columns["continued"], int(at_start.sum())).astype(np.uint32)
        mark[at_end] |= GOING_ON * bits_of(columns["going_on"], int(at_end.sum())).astype(np.uint32)
    else:  # of the first format: what reaches midnight is taken to cross it
        mark |= CONTINUED * at_start.astype(np.uint32) | GOING_ON * at_end.astype(np.uint32)
    if len(batches) > 1:
        mark |= unpack_origins(columns["origins"], len(batches), len(records)) << np.uint32(CUT_BITS)
    tags = columns["tag_source"].astype(np.uint16) << np.uint16(8) | columns["tag_quality"]
    return Pieces(
        start,
        duration,
        person_column(np.ascontiguousarray(records)),
        np.repeat(columns["place_keys"], np.diff(columns["place_offsets"])),
        tags[(records & np.uint64(TAG_MASK)).astype(np.uint8)],
        mark,
        np.array(batches, dtype=np.uint32),
    )
