"""A day's pieces as the columns of one segment: both orders, two dictionaries, a table of tags."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from twin.presence.segments.ordering import block_starts, order_by_person, order_by_place, person_column
from twin.presence.segments.record import TAG_LIMIT, pack
from twin.types import I64, U8, U16, U32, U64

BLOCK = 64
"""Person counts are summed up once per block of this many slots."""

COUNT_LIMIT = 255
"""The most pieces one person can have in one segment; more make further segments."""

ROW_LIMIT = 1 << 24
"""The most pieces a segment can hold: row numbers take three bytes. More make further segments."""

DENSE_SPREAD = 4
"""Slots are numbered straight from the first person while at most this many slots fall on each person present."""


@dataclass(frozen=True, slots=True)
class Pieces:
    """Pieces of stays within one local day, as columns: seconds of the day, dense persons, place keys, tags."""

    start: I64
    duration: I64
    person: U32
    place: U64
    source: U8
    quality: U8

    def take(self, rows: I64) -> Pieces:
        """The pieces at these rows."""
        return Pieces(
            self.start[rows],
            self.duration[rows],
            self.person[rows],
            self.place[rows],
            self.source[rows],
            self.quality[rows],
        )


@dataclass(frozen=True, slots=True)
class Columns:
    """One segment. `person_ids` is empty where slot s is person `first_person + s` (most persons are there)."""

    records: U64  # (n,) by place, then start
    place_keys: U64  # (p,) ascending
    place_offsets: U32  # (p + 1,) into records
    place_reach: U8  # (p,) longest duration, in REACH_UNIT_S
    person_low: U16  # (n,) rows of records, by person, then start: the lower 16 bits
    person_high: U8  # (n,) and the upper 8
    person_ids: U32  # (s,) ascending, or (0,)
    person_counts: U8  # (s,) rows of each slot
    person_blocks: U32  # (ceil(s / BLOCK),) into the rows
    tag_source: U8  # (t,)
    tag_quality: U8  # (t,)
    first_person: int


def parts(pieces: Pieces) -> Iterator[Pieces]:
    """A day's pieces in as many parts as one segment each can hold: nearly always one."""
    tags = np.unique(_tags(pieces))
    if len(tags) > TAG_LIMIT:
        early = np.isin(_tags(pieces), tags[:TAG_LIMIT])
        yield from parts(pieces.take(np.flatnonzero(early)))
        yield from parts(pieces.take(np.flatnonzero(~early)))
    elif len(pieces.start) > ROW_LIMIT or _most_of_one(pieces.person) > COUNT_LIMIT:
        rows = np.arange(len(pieces.start))
        yield from parts(pieces.take(rows[::2]))
        yield from parts(pieces.take(rows[1::2]))
    else:
        yield pieces


def build(pieces: Pieces) -> Columns:
    """Sort one part into both orders."""
    tags, tag = np.unique(_tags(pieces), return_inverse=True)
    keys = np.unique(pieces.place)
    rank = np.searchsorted(keys, pieces.place).astype(np.uint32)
    records = pack(pieces.start, pieces.duration, pieces.person, tag.astype(np.uint8))
    ordered, offsets, reach = order_by_place(records, rank, len(keys))
    persons = person_column(ordered)
    ids, slot, slots, first = _slots(persons)
    rows, counts = order_by_person(ordered, slot, slots)
    narrow = counts.astype(np.uint8)
    return Columns(
        ordered,
        keys,
        offsets,
        reach,
        (rows & np.uint32(0xFFFF)).astype(np.uint16),
        (rows >> np.uint32(16)).astype(np.uint8),
        ids,
        narrow,
        block_starts(narrow, BLOCK),
        (tags >> 8).astype(np.uint8),
        (tags & 255).astype(np.uint8),
        first,
    )


def _most_of_one(persons: U32) -> int:
    """How many of (n,) persons are the same one, at most."""
    return int(np.unique(persons, return_counts=True)[1].max(initial=0))


def _tags(pieces: Pieces) -> U16:
    return pieces.source.astype(np.uint16) << np.uint16(8) | pieces.quality


def _slots(persons: U32) -> tuple[U32, U32, int, int]:
    """(n,) persons to (ids or empty, (n,) slots, number of slots, first person)."""
    first, last = int(persons.min()), int(persons.max())
    spread = last - first + 1
    present = np.zeros(spread, dtype=np.bool_) if spread <= DENSE_SPREAD * len(persons) else None
    if present is not None:
        present[persons - np.uint32(first)] = True
        if spread <= DENSE_SPREAD * int(present.sum()):
            return np.empty(0, dtype=np.uint32), persons - np.uint32(first), spread, first
    ids = np.unique(persons)
    return ids, np.searchsorted(ids, persons).astype(np.uint32), len(ids), first
