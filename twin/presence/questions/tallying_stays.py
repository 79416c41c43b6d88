"""How long persons were in slots in all: their own stays, read some persons and a day at a time, in flat memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

import numpy as np

from twin.presence.contact import Contact
from twin.presence.kernels.dwelling import Lookup, add_up, empty_tally
from twin.presence.kernels.reading import Pieces, Tags, read_people
from twin.presence.near.nearness import ANY_FLOOR
from twin.presence.questions.bridged import bridges, stays_of
from twin.presence.questions.measuring import Measured
from twin.presence.questions.slots import Slots
from twin.presence.segments.segment import Segment
from twin.presence.snapshot import Snapshot
from twin.types import I64, U32, Window

CELLS = 1 << 20
"""Persons times slots that are added up at a time: 32 MB."""

ANYWHERE = Lookup(
    np.array([0, (1 << 64) - 1], dtype=np.uint64),
    np.array([0, 1], dtype=np.int64),
    np.zeros(1, dtype=np.int64),
    np.ones(1, dtype=np.bool_),
    np.full(1, ANY_FLOOR),
)
"""One slot that holds every key."""


def lookup_of(slots: Slots) -> Lookup:
    """The slots by key: their ranges, which may overlap, cut where any of them begins or ends."""
    edge = np.unique(np.concatenate([slots.ranges.lo, slots.ranges.hi]))
    first, last = np.searchsorted(edge, slots.ranges.lo), np.searchsorted(edge, slots.ranges.hi)
    count = last - first
    which = np.repeat(np.arange(len(count)), count)
    piece = np.arange(len(which)) + np.repeat(first - np.cumsum(count) + count, count)
    order = np.argsort(piece, kind="stable")
    which, piece = which[order], piece[order]
    begins = np.searchsorted(piece, np.arange(len(edge) + 1))
    return Lookup(edge, begins, slots.slot[which], slots.certain[which], slots.floor[which])


def tallied(
    snapshot: Snapshot, persons: U32, lookup: Lookup, slots: int, *, window: Window, rule: Contact
) -> tuple[Measured, int]:
    """(n,) ascending persons (representatives): the seconds of each in each slot, and how many records that took.

    A group's code is person * slots + slot; a person who was never in a slot has none for it.
    """
    step, read = max(CELLS // max(slots, 1), 1), 0
    found: list[tuple[I64, I64, I64]] = []
    for at in range(0, len(persons), step):
        some = persons[at : at + step]
        tally = empty_tally(len(some), slots)
        for pieces in _pieces(snapshot, some, window, rule):
            add_up(pieces, lookup, tally)
            read += len(pieces.which)
        who, slot = np.nonzero(tally.every >= 0)
        found.append((some[who].astype(np.int64) * slots + slot, tally.every[who, slot], tally.sure[who, slot]))
    code, every, sure = (np.concatenate(column) for column in zip(*found, strict=True))
    return Measured(code, every, sure), read


def _pieces(snapshot: Snapshot, persons: U32, window: Window, rule: Contact) -> Iterator[Pieces]:
    """The stays of some persons, those of each by start."""
    if bridges(rule):
        own = stays_of(snapshot, persons.tolist(), window, rule)
        which = np.searchsorted(persons, own.case).astype(np.uint32)
        yield Pieces(which, own.place, own.start, own.end, own.source, own.quality, own.certain)
        return
    numbers, whom = snapshot.members(persons.tolist())
    person = np.searchsorted(persons, whom).astype(np.uint32)
    by_day = sorted(snapshot.segments(window), key=lambda segment: segment.info.base)
    for _, day in groupby(by_day, key=lambda segment: segment.info.base):
        yield _of_day(list(day), numbers, person, window, rule)


def _of_day(day: Sequence[Segment], numbers: U32, person: U32, window: Window, rule: Contact) -> Pieces:
    """Pieces of one day's segments; several numbers of a person, or several segments, are put in order."""
    span = window.start, window.end
    parts: list[Pieces] = []
    for segment in day:
        tags = segment.tag_source, segment.tag_quality
        worth = rule.together.trust.worth(*tags)
        found = read_people(segment.people, segment.places, numbers, Tags(worth, *tags), span)
        parts.append(found._replace(which=person[found.which]))
    if len(parts) == 1 and len(person) == len(np.unique(person)):
        return parts[0]
    whole: Pieces = Pieces._make(np.concatenate(column) for column in zip(*parts, strict=True))
    order = np.argsort(whole.start, kind="stable")
    in_order: Pieces = Pieces._make(column[order] for column in whole)
    return in_order
