"""A day's pieces as the columns of one segment: both orders, two dictionaries, tags, and what a rewrite must know."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from twin.presence.segments.ordering import (
    block_starts,
    dictionary,
    order_by_person,
    order_by_place,
    person_column,
    present_slots,
)
from twin.presence.segments.pieces import (
    CONTINUED,
    CUT_BITS,
    GOING_ON,
    SLOT_LIMIT,
    SPARSE_SPREAD,
    Pieces,
    pack_pieces,
    tag_counts,
)
from twin.presence.segments.record import seconds_of
from twin.types import U8, U16, U32, U64, Bools

BLOCK = 64
"""Person counts are summed up once per block of this many slots."""

DENSE_SPREAD = 4
"""Slots are numbered straight from the first person while at most this many slots fall on each person present."""


@dataclass(frozen=True, slots=True)
class Columns:
    """One segment. `person_ids` is empty where slot s is person `first_person + s` (most persons are there).

    The last four are read only when a segment is rewritten: which pieces continue a stay of the day before (a bit for
    each record that starts at second 0) or go on the day after (one for each that ends with the day), empty for none;
    the versions of the batches it holds, and the index of each record's batch in as many bits as that takes.
    """

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
    continued: U8  # packed bits
    going_on: U8  # packed bits
    batches: U32  # (b,) ascending
    origins: U8  # packed bits, ceil(log2(b)) a record
    stays: int  # of those that begin in it
    first_person: int


class Tail(NamedTuple):
    """The columns that only a rewrite reads, and how many stays begin (see `Columns`)."""

    continued: U8
    going_on: U8
    batches: U32
    origins: U8
    stays: int


def build(pieces: Pieces, day_s: int) -> Columns:
    """Sort one part into both orders. `day_s` is the length of the day."""
    tags = np.flatnonzero(tag_counts(pieces.tag)).astype(np.uint16)
    records, places, marks = order_by_place(pack_pieces(pieces, tags), pieces.place.copy(), pieces.mark.copy())
    keys, offsets, reach = dictionary(records, places)
    ids, slots, count, first = slots_of(person_column(records))
    low, high, counts = order_by_person(slots, records, count)
    return Columns(
        records,
        keys,
        offsets,
        reach,
        low,
        high,
        ids,
        counts,
        block_starts(counts, BLOCK),
        (tags >> 8).astype(np.uint8),
        (tags & 255).astype(np.uint8),
        *tail_of(records, marks, pieces.batches, day_s),
        first,
    )


def tail_of(records: U64, marks: U32, batches: U32, day_s: int) -> Tail:
    """The last columns of (n,) records with these marks; batches that no mark names are left out."""
    start, duration = seconds_of(records)
    continued, going_on = marks & np.uint32(CONTINUED), marks & np.uint32(GOING_ON)
    index = marks >> np.uint32(CUT_BITS)
    if len(batches) > 1:
        there = np.bincount(index, minlength=len(batches)) > 0
        batches, index = batches[there], (np.cumsum(there) - 1).astype(np.uint32)[index]
    return Tail(
        _bits(continued[start == 0]),
        _bits(going_on[start + duration == day_s]),
        batches,
        pack_origins(index, len(batches)),
        len(records) - int(np.count_nonzero(continued)),
    )


def _bits(values: U32) -> U8:
    """(n,) values to packed bits of which are not zero; nothing at all where none is."""
    return np.packbits(values != 0) if values.any() else np.empty(0, dtype=np.uint8)


def bits_of(packed: U8, count: int) -> Bools:
    """The (count,) values that were packed."""
    if not len(packed):
        return np.zeros(count, dtype=np.bool_)
    return np.unpackbits(packed, count=count).astype(np.bool_)


def pack_origins(index: U32, batches: int) -> U8:
    """(n,) indices into so many batches as packed bits; nothing for one batch."""
    width = (batches - 1).bit_length()
    if not width:
        return np.empty(0, dtype=np.uint8)
    bits = np.empty((len(index), width), dtype=np.uint8)
    for place in range(width):
        bits[:, place] = (index >> np.uint32(place)) & np.uint32(1)
    return np.packbits(bits)


def unpack_origins(packed: U8, batches: int, count: int) -> U32:
    """The (count,) indices that were packed."""
    width = (batches - 1).bit_length()
    bits = np.unpackbits(packed, count=count * width).reshape(count, width)
    index = np.zeros(count, dtype=np.uint32)
    for place in range(width):
        index |= bits[:, place].astype(np.uint32) << np.uint32(place)
    return index


def slots_of(persons: U32) -> tuple[U32, U32, int, int]:
    """(n,) persons to (ids or empty, (n,) slots, number of slots, first person)."""
    first, last = int(persons.min()), int(persons.max())
    spread = last - first + 1
    if spread > SPARSE_SPREAD * len(persons):
        ids, slots = np.unique(persons, return_inverse=True)
        return ids, slots.astype(np.uint32), len(ids), first
    present = present_slots(persons, first, last)
    count = int(np.count_nonzero(present))
    if spread <= min(DENSE_SPREAD * count, SLOT_LIMIT):
        return np.empty(0, dtype=np.uint32), persons - np.uint32(first), spread, first
    ids = (np.flatnonzero(present) + first).astype(np.uint32)
    rank = (np.cumsum(present, dtype=np.uint32) - np.uint32(1))[persons - np.uint32(first)]
    return ids, rank, count, first
