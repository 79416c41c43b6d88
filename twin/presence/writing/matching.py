"""Which records on disk are the stays that somebody names: exact, copy by copy, batch by batch.

A stay over midnight is one record a day. It is stored as often as all of its records are, of one batch and quality:
so many copies of each are meant. Records are told apart by how midnight cut them: the evening of a night at home is not
a stay that ends at midnight.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from numba import njit

from twin.presence.manifest import Manifest
from twin.presence.segments.batch import StayBatch
from twin.presence.segments.days import DayRows, Days, split
from twin.presence.segments.pieces import CUT_BITS, ROW_LIMIT, Pieces, cut
from twin.presence.segments.record import PERSON_MASK, PERSON_SHIFT
from twin.presence.segments.segment import SegmentInfo, read_columns
from twin.presence.segments.unpacking import unpacked
from twin.types import I64, U8, U64

_COLUMNS = ("person", "place", "start", "end", "source", "quality")


@dataclass(frozen=True, slots=True)
class Matched:
    """Rows that are meant, by segment, ascending; and how often each of the stays named is stored."""

    rows: Sequence[tuple[SegmentInfo, I64]]
    copies: I64


@dataclass(frozen=True, slots=True)
class _Table:
    """Records as columns of numbers: `key` says which are equal, `other` of which stay or of which batch and quality.

    `at` is the row, counted through all segments looked at.
    """

    key: list[I64]  # day, person, place, start, duration, source, cut
    other: I64
    at: I64


def distinct(stays: StayBatch) -> tuple[StayBatch, I64]:
    """The different stays among those named (quality aside), and the first row of each."""
    first: dict[bytes, int] = {}  # a pseudonym may stand in the list more than once
    person = np.array([first.setdefault(name, i) for i, name in enumerate(stays.pseudonyms)], dtype=np.int64)
    group = _groups([person[stays.person], *(getattr(stays, name) for name in _COLUMNS[1:-1])])
    rows = np.sort(np.unique(group, return_index=True)[1])
    return StayBatch(stays.pseudonyms, *(getattr(stays, name)[rows] for name in _COLUMNS)), rows


def match(folder: Path, manifest: Manifest, days: Days, stays: StayBatch) -> Matched:
    """Find distinct stays in the segments that count now. Persons that nobody knows are stored nowhere."""
    known = manifest.numbers_of(stays.pseudonyms)
    numbers = np.array([known.get(name, 0) for name in stays.pseudonyms], dtype=np.uint32)
    there = np.array([name in known for name in stays.pseudonyms], dtype=np.bool_)
    wanted = np.zeros(manifest.people(), dtype=np.uint8)
    wanted[list(known.values())] = 1
    counting = manifest.segments(manifest.version())
    asked: list[_Table] = []
    held: list[_Table] = []
    looked: list[SegmentInfo] = []
    for day in split(stays.start, stays.end, days):
        rows = day.rows[there[stays.person[day.rows]]]
        pieces = cut(stays, numbers, DayRows(day.span, rows), 0)
        asked.append(_Table(_key(pieces, day.span.day), rows.astype(np.int64), rows.astype(np.int64)))
        for info in [info for info in counting if info.day == day.span.day and len(rows)]:
            held.append(_held(folder, manifest, info, wanted, len(looked)))
            looked.append(info)
    return _matched(_joined(asked), _joined(held), looked, len(stays))


def _held(folder: Path, manifest: Manifest, info: SegmentInfo, wanted: U8, number: int) -> _Table:
    """The records of the persons wanted in one segment."""
    columns, _ = read_columns(folder, info, whole=True)
    rows = _rows_of(columns["records"], wanted)
    pieces = unpacked(columns, info, manifest.batches(info.file), rows)
    batch = pieces.batches[pieces.mark >> np.uint32(CUT_BITS)].astype(np.int64)
    return _Table(_key(pieces, info.day), batch << 8 | pieces.tag & 255, number * ROW_LIMIT + rows)


@njit(cache=True, nogil=True)
def _rows_of(records: U64, wanted: U8) -> I64:
    """Rows of (n,) records whose persons are marked."""
    rows = np.empty(records.size, dtype=np.int64)
    n = 0
    for i in range(records.size):
        if wanted[np.int64((records[i] >> np.uint64(PERSON_SHIFT)) & np.uint64(PERSON_MASK))]:
            rows[n] = i
            n += 1
    return rows[:n].copy()


def _key(pieces: Pieces, day: int) -> list[I64]:
    source, cuts = pieces.tag >> np.uint16(8), pieces.mark & np.uint32((1 << CUT_BITS) - 1)
    columns = (pieces.person, pieces.place, pieces.start, pieces.duration, source, cuts)
    return [np.full(len(pieces), day, dtype=np.int64), *(column.astype(np.int64) for column in columns)]


def _joined(tables: Sequence[_Table]) -> _Table:
    empty = np.empty(0, dtype=np.int64)
    keys = [np.concatenate([empty, *(table.key[i] for table in tables)]) for i in range(7)]
    others = np.concatenate([empty, *(table.other for table in tables)])
    return _Table(keys, others, np.concatenate([empty, *(table.at for table in tables)]))


def _matched(asked: _Table, held: _Table, looked: Sequence[SegmentInfo], stays: int) -> Matched:
    """Deal the records held to the stays, in their order."""
    group = _groups([np.concatenate(pair) for pair in zip(asked.key, held.key, strict=True)])
    groups, group_held = int(group.max(initial=-1)) + 1, group[len(asked.at) :]
    code = _groups([held.other, group_held])  # by group, then by batch and quality
    count = np.bincount(code)
    one = np.unique(code, return_index=True)[1]
    by_stay = np.argsort(asked.other, kind="stable")
    left = count.copy()
    copies = _deal(
        np.searchsorted(asked.other[by_stay], np.arange(stays + 1)),
        group[: len(asked.at)][by_stay],
        np.searchsorted(group_held[one], np.arange(groups + 1)),
        held.other[one],
        left,
    )
    order = np.lexsort((held.at, code))
    rank = np.arange(len(order)) - np.repeat(np.cumsum(count) - count, count)
    at = np.sort(held.at[order[rank < (count - left)[code[order]]]])
    bounds = np.searchsorted(at, np.arange(len(looked) + 1) * ROW_LIMIT)
    rows = [at[first:last] % ROW_LIMIT for first, last in pairwise(bounds.tolist())]
    return Matched([pair for pair in zip(looked, rows, strict=True) if len(pair[1])], copies)


def _groups(columns: Sequence[I64]) -> I64:
    """(n,) columns, the last the most significant, to (n,) numbers: equal rows have the same, in their order."""
    order = np.lexsort(columns)
    fresh = np.zeros(len(order), dtype=np.int64)
    for column in columns:
        fresh[1:] |= column[order][1:] != column[order][:-1]
    numbers = np.empty(len(order), dtype=np.int64)
    numbers[order] = np.cumsum(fresh)
    return numbers


@njit(cache=True, nogil=True)
def _deal(piece_first: I64, piece_group: I64, code_first: I64, variant: I64, left: I64) -> I64:
    """Copies of (s,) stays whose pieces (groups of equal records) begin at piece_first (s + 1,).

    The records held of a group are counted by variant: codes from code_first (groups + 1,) on, variants ascending;
    `left` is how many of each are not dealt, updated in place.
    """
    copies = np.zeros(piece_first.size - 1, dtype=np.int64)
    for s in range(copies.size):
        first, last = piece_first[s], piece_first[s + 1]
        if first == last:
            continue
        for code in range(code_first[piece_group[first]], code_first[piece_group[first] + 1]):
            same = np.empty(last - first, dtype=np.int64)
            n = left[code]
            for p in range(first, last):
                at, end = code_first[piece_group[p]], code_first[piece_group[p] + 1]
                while at < end and variant[at] < variant[code]:
                    at += 1
                n = min(n, left[at]) if at < end and variant[at] == variant[code] else 0
                same[p - first] = at
            if n > 0:
                copies[s] += n
                for p in range(first, last):
                    left[same[p - first]] -= n
    return copies
