"""Pieces of stays within one local day, from a batch or from segments, and the parts that one segment each can hold."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numba import njit

from twin.presence.segments.batch import StayBatch, plain
from twin.presence.segments.days import DayRows
from twin.presence.segments.record import DURATION_SHIFT, PERSON_SHIFT, START_SHIFT, TAG_LIMIT
from twin.types import I64, U8, U16, U32, U64, Bools

COUNT_LIMIT = 255
"""The most pieces one person can have in one segment; more go into a further one."""

ROW_LIMIT = 1 << 24
"""The most pieces a segment can hold: row numbers take three bytes. More make further segments."""

SLOT_LIMIT = 1 << 23
"""The most persons a segment can hold: slot, start and row are sorted as one 64-bit number."""

SPARSE_SPREAD = 64
"""Persons are sorted, rather than counted in an array of all numbers between, where these are more to each piece."""

CONTINUED, GOING_ON, CUT_BITS = 1, 2, 2
"""Lowest bits of a mark: the piece continues a stay of the day before, goes on the day after. Above: its batch."""

_SAMPLE = 1 << 14
_COLUMNS = ("start", "duration", "person", "place", "tag", "mark")


@dataclass(frozen=True, slots=True)
class Pieces:
    """(n,) columns: seconds of the day, seconds, dense persons, place keys, source << 8 | quality, marks.

    A mark is an index into `batches` (versions, ascending) above CUT_BITS, and how midnight cut the stay.
    """

    start: U32
    duration: U32
    person: U32
    place: U64
    tag: U16
    mark: U32
    batches: U32

    def __len__(self) -> int:
        return len(self.start)

    def take(self, rows: I64 | Bools) -> Pieces:
        """The pieces at these rows."""
        columns = {name: getattr(self, name)[rows] for name in _COLUMNS}
        return Pieces(**columns, batches=self.batches)


def joined(parts: Sequence[Pieces]) -> Pieces:
    """Pieces of one day from several places, with the batches of all."""
    if len(parts) == 1:
        return parts[0]
    batches = np.unique(np.concatenate([part.batches for part in parts]))
    marks = []
    for part in parts:
        index = np.searchsorted(batches, part.batches).astype(np.uint32)[part.mark >> np.uint32(CUT_BITS)]
        marks.append(index << np.uint32(CUT_BITS) | part.mark & np.uint32((1 << CUT_BITS) - 1))
    columns = {name: np.concatenate([getattr(part, name) for part in parts]) for name in _COLUMNS}
    return Pieces(**columns | {"mark": np.concatenate(marks)}, batches=batches)


def parts(pieces: Pieces) -> Iterator[Pieces]:
    """A day's pieces in as many parts as one segment each can hold: nearly always one.

    Many pieces are parted by ranges of places, so that a place is looked for in one segment; the few persons with more
    pieces than a segment counts leave the rest to a further, small one.
    """
    if not len(pieces):
        return
    counts = tag_counts(pieces.tag)
    tags = np.flatnonzero(counts)
    most, persons, beyond = _persons(_close(pieces.person), COUNT_LIMIT)
    if len(tags) > TAG_LIMIT:
        frequent = tags[np.argsort(-counts[tags], kind="stable")][:TAG_LIMIT]
        split = np.isin(pieces.tag, frequent.astype(np.uint16))
    elif most > COUNT_LIMIT:
        split = ~beyond
    elif len(pieces) > ROW_LIMIT or persons > SLOT_LIMIT:
        split = _by_place(pieces.place)
    else:
        yield pieces
        return
    yield from parts(pieces.take(np.flatnonzero(split)))
    yield from parts(pieces.take(np.flatnonzero(~split)))


def _by_place(places: U64) -> Bools:
    """Which of (n,) places go first: about half of the rows, by key; every other row where all are at one place."""
    split: Bools = np.less(places, _middle(places))
    if not split.any():
        split[::2] = True
    return split


def _middle(places: U64) -> np.uint64:
    """A key that about half of (n,) are below, and some are; where a sample of them are all one key, that key."""
    sample = np.sort(places[:: max(len(places) // _SAMPLE, 1)])
    above = sample[sample > sample[0]]
    return np.uint64(max(sample[len(sample) // 2], above[0] if len(above) else sample[0]))


def _close(person: U32) -> U32:
    """(n,) persons, or numbers that tell them apart and lie closer together where they are far between."""
    if int(person.max()) - int(person.min()) < SPARSE_SPREAD * len(person):
        return person
    return np.unique(person, return_inverse=True)[1].astype(np.uint32)


@njit(cache=True, nogil=True)
def _persons(person: U32, limit: int) -> tuple[int, int, Bools]:
    """Of (n,) persons: the most pieces of one, how many there are, which pieces are beyond the first `limit` of one."""
    first, last = np.int64(person.min()), np.int64(person.max())
    seen = np.zeros(last - first + 1, dtype=np.uint32)
    beyond = np.zeros(person.size, dtype=np.bool_)
    most, persons = 0, 0
    for i in range(person.size):
        slot = np.int64(person[i]) - first
        persons += seen[slot] == 0
        seen[slot] += np.uint32(1)
        most = max(most, int(seen[slot]))
        beyond[i] = seen[slot] > limit
    return most, persons, beyond


@njit(cache=True, nogil=True)
def tag_counts(tag: U16) -> I64:
    """How often each of the 65,536 tags is among (n,)."""
    counts = np.zeros(1 << 16, dtype=np.int64)
    for i in range(tag.size):
        counts[tag[i]] += 1
    return counts


def pack_pieces(pieces: Pieces, tags: U16) -> U64:
    """(n,) records of pieces; a record's tag is its index in the ascending (t,) tags."""
    index = np.zeros(1 << 16, dtype=np.uint8)
    index[tags] = np.arange(len(tags))
    records: U64 = _packed(pieces.start, pieces.duration, pieces.person, pieces.tag, index)
    return records


def portions(batch: StayBatch, day: DayRows) -> Iterator[DayRows]:
    """A day's stays in portions by ranges of places that one segment each may hold, before anything is copied."""
    if len(day.rows) <= ROW_LIMIT:
        yield day
        return
    places = plain(batch.place)
    first, then = _divided(day.rows, places, _middle(places[day.rows[:: max(len(day.rows) // _SAMPLE, 1)]]))
    if not len(first):  # all at one place
        first, then = then[::2].copy(), then[1::2].copy()
    for rows in (first, then):
        yield from portions(batch, DayRows(day.span, rows))


@njit(cache=True, nogil=True)
def _divided(rows: U32, places: U64, middle: np.uint64) -> tuple[U32, U32]:
    """(n,) rows with places below a key, and the others, in their order."""
    below, others = np.empty(rows.size, dtype=np.uint32), np.empty(rows.size, dtype=np.uint32)
    n = 0
    for i in range(rows.size):
        if places[rows[i]] < middle:
            below[n] = rows[i]
            n += 1
        else:
            others[i - n] = rows[i]
    return below[:n].copy(), others[: rows.size - n].copy()


def cut(batch: StayBatch, numbers: U32, day: DayRows, version: int) -> Pieces:
    """The part of a batch that lies in one day. `numbers`: the person number of each of its pseudonyms."""
    columns = (batch.start, batch.end, batch.person, batch.place, batch.source, batch.quality)
    own = _cut(day.rows, tuple(plain(column) for column in columns), numbers, day.span.base, day.span.until)
    return Pieces(**dict(zip(_COLUMNS, own, strict=True)), batches=np.array([version], dtype=np.uint32))


@njit(cache=True, nogil=True)
def _cut(
    rows: U32, columns: tuple[I64, I64, U32, U64, U8, U8], numbers: U32, low: int, high: int
) -> tuple[U32, U32, U32, U64, U16, U32]:
    """The columns of `Pieces` for the stays at (n,) rows, clipped to the day [low, high)."""
    start, end, person, place, source, quality = columns
    n = rows.size
    from_, long, who = np.empty(n, dtype=np.uint32), np.empty(n, dtype=np.uint32), np.empty(n, dtype=np.uint32)
    where, tag, mark = np.empty(n, dtype=np.uint64), np.empty(n, dtype=np.uint16), np.empty(n, dtype=np.uint32)
    for i in range(n):
        row = rows[i]
        begin = max(start[row], low)
        from_[i] = begin - low
        long[i] = min(end[row], high) - begin
        who[i] = numbers[person[row]]
        where[i] = place[row]
        tag[i] = np.uint16(source[row]) << np.uint16(8) | np.uint16(quality[row])
        mark[i] = CONTINUED * (start[row] < low) + GOING_ON * (end[row] > high)
    return from_, long, who, where, tag, mark


@njit(cache=True, nogil=True)
def _packed(start: U32, duration: U32, person: U32, tag: U16, index: U8) -> U64:
    records = np.empty(start.size, dtype=np.uint64)
    for i in range(start.size):
        records[i] = (
            np.uint64(start[i]) << np.uint64(START_SHIFT)
            | np.uint64(duration[i]) << np.uint64(DURATION_SHIFT)
            | np.uint64(person[i]) << np.uint64(PERSON_SHIFT)
            | np.uint64(index[tag[i]])
        )
    return records
