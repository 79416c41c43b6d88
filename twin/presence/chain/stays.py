"""The stays of many persons, as a chain knows them: in its own seconds, merged within the groups of a scale."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from twin.presence.chain.ground import Field
from twin.presence.chain.nearby import Nearby, nearby
from twin.presence.kernels.chain_frontier import Ranges
from twin.presence.kernels.chain_stays import Pieces, Wanted, merge, pieces_at, rows_by_person
from twin.presence.near.nearness import Nearness
from twin.types import I64, U32, U64


@dataclass(frozen=True, slots=True)
class Persons:
    """(n,) persons, ascending, and the seconds [since, until) of the chain in which they matter."""

    person: U32
    since: I64
    until: I64


@dataclass(frozen=True, slots=True)
class Stays:
    """Merged stays (m,) by person and start: whose (an index), the key of the first record, seconds of the chain.

    rank: of the key among all that are there; row: of `ranges`, where others are near. `read`: records looked at.
    """

    which: I64
    key: U64
    rank: I64
    row: I64
    start: I64
    end: I64
    ranges: Ranges
    read: int


@dataclass(frozen=True, slots=True)
class Scale:
    """How near counts: a scale, the gaps that are bridged, and whether only what is certain counts."""

    near: Nearness
    bridge_s: int
    certain: bool


def stays_of(field: Field, members: tuple[U32, U32], wanted: Persons, scale: Scale) -> Stays:
    """The stays of some persons; `members` are all their numbers and whom each stands for."""
    pieces, read = read_pieces(field, members, wanted, scale.bridge_s)
    keys, rank = np.unique(pieces.key, return_inverse=True)
    around = nearby(scale.near, keys, certain=scale.certain)
    return _merged(pieces, rank, around, scale.bridge_s, read)


def read_pieces(field: Field, members: tuple[U32, U32], wanted: Persons, bridge_s: int) -> tuple[Pieces, int]:
    """The pieces of some persons by (person, start), and how many records were looked at."""
    number, index = _ascending(members, wanted.person)
    span = Wanted(wanted.since, wanted.until, bridge_s)
    parts: list[Pieces] = []
    read = 0
    for day in range(field.days):
        there = (wanted.since[index] <= field.ground.hi[day] + bridge_s) & (
            wanted.until[index] > field.ground.lo[day] - bridge_s
        )
        if not there.any():
            continue
        for g in field.within(day):
            which, row = rows_by_person(field.segments[g].people, number[there])
            order = np.argsort(row)
            read += len(row)
            parts.append(pieces_at(field.ground, g, index[there][which[order]], row[order], span))
    return _sorted(parts), read


def _ascending(members: tuple[U32, U32], persons: U32) -> tuple[U32, U32]:
    """Numbers, ascending, and the index of the person each stands for."""
    number, whom = members
    order = np.argsort(number, kind="stable")
    return number[order], np.searchsorted(persons, whom[order]).astype(np.uint32)


def _sorted(parts: Sequence[Pieces]) -> Pieces:
    kinds = (np.uint32, np.uint64, np.int64, np.int64)
    columns = [np.concatenate([np.empty(0, kind), *(part[i] for part in parts)]) for i, kind in enumerate(kinds)]
    order = np.argsort(columns[0].astype(np.int64) << 32 | columns[2], kind="stable")
    return Pieces._make(column[order] for column in columns)


def _merged(pieces: Pieces, rank: I64, around: Nearby, bridge_s: int, read: int) -> Stays:
    """Pieces near to which there is nothing are left out before any are merged."""
    if not around.usable.all():
        usable = around.usable[rank]
        pieces, rank = Pieces._make(column[usable] for column in pieces), rank[usable]
    first, end = merge(pieces, around.group[rank], bridge_s)
    return Stays(
        pieces.which[first].astype(np.int64),
        pieces.key[first],
        rank[first],
        around.row[rank[first]],
        pieces.start[first],
        end,
        around.ranges,
        read,
    )
