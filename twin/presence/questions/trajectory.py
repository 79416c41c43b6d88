"""Where were they: the stays of some persons in a window, in order of time."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from twin.presence.answer import Answer, Cost, Rule, TrajectoryRow
from twin.presence.kernels.joining import count_pieces, join_stays
from twin.presence.paging import Page
from twin.presence.segments.record import RECORD_BYTES, ROW_BYTES
from twin.presence.snapshot import Own, Snapshot, own_pieces
from twin.types import I64, Window

FEW = 1_000
"""Persons whose pieces are never too many."""

RULE = Rule(
    "trajectory",
    1,
    "Stays clipped to the window [start, end); records of one person, place, source and quality that touch or overlap"
    " are one.",
)


def trajectory(snapshot: Snapshot, persons: Sequence[int], window: Window, page: Page) -> Answer[TrajectoryRow]:
    """The stays of some persons, by start, person, end, place, source, quality."""
    began = time.perf_counter()
    admit_pieces(snapshot, persons, window)
    own = own_pieces(snapshot, persons, window)
    stays = joined(own)
    total = len(stays.row)
    rows = _rows(snapshot, own, stays, page.cut(total))
    left_out, following = page.rest(total, snapshot.version)
    read = len(own.start)
    size = read * (RECORD_BYTES + ROW_BYTES)
    cost = Cost(read, size, read, size, (time.perf_counter() - began) * 1e3)
    return Answer("trajectory", rows, snapshot.version, RULE, window, snapshot.zone, total, left_out, following, cost)


def admit_pieces(snapshot: Snapshot, persons: Sequence[int], window: Window) -> None:
    """Raise TooMuch before reading more pieces of so many persons than may be read."""
    if snapshot.budget is not None and len(persons) > FEW:
        numbers, _ = snapshot.members(persons)
        snapshot.admit(sum(count_pieces(segment.people, numbers) for segment in snapshot.segments(window)))


@dataclass(frozen=True, slots=True)
class Stays:
    """(n,) stays in order of the answer: one piece of each, and its end."""

    row: I64
    end: I64


def joined(own: Own) -> Stays:
    """Pieces re-joined over the edges of days: per person, place, source and quality, what touches or overlaps is one.

    A point in time at the open end of a stay is not part of it and stays a row of its own.
    """
    groups = own.case, own.place, own.source, own.quality
    order = np.lexsort((-own.end, own.start, *groups))
    fresh = np.ones(len(order), dtype=np.bool_)
    fresh[1:] = False
    for column in groups:
        fresh[1:] |= column[order][1:] != column[order][:-1]
    first, end = join_stays(own.start[order], own.end[order], fresh)
    row = order[first]
    final = np.lexsort((own.quality[row], own.source[row], own.place[row], end, own.case[row], own.start[row]))
    return Stays(row[final], end[final])


def _rows(snapshot: Snapshot, own: Own, stays: Stays, part: slice) -> list[TrajectoryRow]:
    row = stays.row[part]
    person = own.case[row]
    people = np.unique(person)
    names = np.empty(len(people), dtype=object)
    names[:] = snapshot.pseudonyms(people.tolist())
    columns = (
        own.place[row],
        own.start[row],
        stays.end[part],
        own.source[row],
        own.quality[row],
        person,
        names[np.searchsorted(people, person)],
    )
    return [TrajectoryRow(*values) for values in zip(*(column.tolist() for column in columns), strict=True)]
