"""A segment without some of its records: everything stays in its order, so that nothing is sorted again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from twin.presence.segments.layout import BLOCK, Columns, tail_of
from twin.presence.segments.ordering import block_starts, person_column
from twin.presence.segments.segment import SegmentInfo, read_columns
from twin.presence.segments.unpacking import marks_of
from twin.types import U8, U16, U32, U64, Bools

Choice = Callable[[U64, U32], Bools]
"""(n,) records and their marks to which of them go."""


def omit(folder: Path, info: SegmentInfo, batches: Sequence[int], gone: Choice) -> list[Columns]:
    """The columns of a segment without the records chosen; nothing where none is left."""
    columns, first_person = read_columns(folder, info, whole=True)
    records, marks = columns["records"].copy(), marks_of(columns, info, batches)
    kept = ~gone(records, marks)
    if not kept.any():
        return []
    keys, offsets, reach = _places(kept, columns["place_keys"], columns["place_offsets"], columns["place_reach"])
    low, high = _rows(kept, columns["person_low"], columns["person_high"])
    ids, counts = _persons(person_column(records[~kept]), columns["person_ids"], columns["person_counts"], first_person)
    left = Columns(
        records[kept],
        keys,
        offsets,
        reach,
        low,
        high,
        ids,
        counts,
        block_starts(counts, BLOCK),
        columns["tag_source"],
        columns["tag_quality"],
        *tail_of(records[kept], marks[kept], np.array(batches, dtype=np.uint32), info.until - info.base),
        first_person,
    )
    return [left]


def _places(kept: Bools, keys: U64, offsets: U32, reach: U8) -> tuple[U64, U32, U8]:
    """The dictionary of places without those that nobody is left at. Reach stays a bound of the longest duration."""
    before = np.concatenate([[0], np.cumsum(kept, dtype=np.uint32)]).astype(np.uint32)[offsets]
    alive = np.diff(before) > 0
    return keys[alive], np.append(before[:-1][alive], before[-1]), reach[alive]


def _rows(kept: Bools, low: U16, high: U8) -> tuple[U16, U8]:
    """The row numbers by person that are left, numbered anew."""
    rows = low.astype(np.uint32) | high.astype(np.uint32) << np.uint32(16)
    rows = rows[kept[rows]]
    rows = (np.cumsum(kept, dtype=np.uint32) - np.uint32(1))[rows]
    return (rows & np.uint32(0xFFFF)).astype(np.uint16), (rows >> np.uint32(16)).astype(np.uint8)


def _persons(lost: U32, ids: U32, counts: U8, first_person: int) -> tuple[U32, U8]:
    """(ids, counts) of the person slots without the (m,) persons of records lost; nobody's id stays without records."""
    slots = np.searchsorted(ids, lost) if len(ids) else lost - np.uint32(first_person)
    left = (counts - np.bincount(slots, minlength=len(counts))).astype(np.uint8)
    if not len(ids):
        return ids.copy(), left
    return ids[left > 0], left[left > 0]
