"""Brute force for the contact network: every pair of joined stays, written to be read."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from tests.twin.presence import oracle_chain
from tests.twin.presence.oracle import S, floor
from tests.twin.presence.oracle_chain import Asked, Piece
from tests.twin.presence.oracle_together import near
from twin.presence import Floor, Together, Unit
from twin.types import Window

Ranges = list[tuple[int, int]]


def joined(stays: list[S], window: Window, rule: Together, ranges: Ranges | None, sure: bool) -> list[Piece]:
    """Joined stays of everybody at the places asked for, those there included whose floor is unknown."""
    there = stays if ranges is None else [stay for stay in stays if meant(stay.place, ranges)]
    return oracle_chain.pieces(there, window, Asked(rule, 1, 0, 1), sure)


def meant(place: int, ranges: Ranges) -> bool:
    inside = any(lo <= place < hi for lo, hi in ranges)
    floors = [(lo, hi) for lo, hi in ranges if lo >> 21 == place >> 21 == (hi - 1) >> 21 and hi - lo < 1 << 21]
    return inside or (floor(place) == -128 and any(hi > (lo >> 21 << 21) + (1 << 13) for lo, hi in floors))


def meetings(pieces: list[Piece], rule: Together) -> Iterator[tuple[Piece, Piece, int]]:
    """(the earlier, the later, the second at which they meet) of every two that share the least time.

    Of two that begin at the same second the one at the larger place is the later.
    """
    least = max(rule.threshold.least, 1)
    ordered = sorted(pieces, key=lambda piece: (piece.span[0], min(piece.places)))
    for i, one in enumerate(ordered):
        for other in ordered[i + 1 :]:
            shared = min(one.span[1], other.span[1]) - other.span[0]
            if one.person != other.person and shared >= least and near(rule.near, one.places[0], other.places[0]):
                yield one, other, other.span[0]


def doubtful(piece: Piece, rule: Together) -> bool:
    """Whether the piece may be at any of several places of the scale."""
    floors_count = isinstance(rule.near, Unit | Floor) or getattr(rule.near, "same_floor", False)
    return floors_count and floor(piece.places[0]) == -128


def counts(
    stays: list[S],
    window: Window,
    rule: Together,
    zone: str,
    *,
    by: str,
    ranges: Ranges | None = None,
) -> dict[tuple[object, object], list[int]]:
    """(group of places, day) to people, people for certain, stays, meetings, meetings for certain."""
    found: dict[tuple[object, object], list[int]] = {}

    def at(piece: Piece, second: int) -> list[int]:
        place = oracle_chain.group(rule.near, piece.places[0]) if by in ("place", "place_day") else None
        return found.setdefault((place, day(second, zone) if by in ("day", "place_day") else None), [0] * 5)

    for sure in (False, True):
        pieces = joined(stays, window, rule, ranges, sure)
        present = set()
        for piece in pieces:
            if not sure:
                at(piece, piece.span[0])[2] += 1
            for second in (piece.span[0], *midnights(piece, zone)):
                present.add((piece.person, id(at(piece, second))))
        for row in found.values():
            row[1 if sure else 0] = sum(which == id(row) for _, which in present)
        for one, other, second in meetings(pieces, rule):
            place = other if doubtful(one, rule) else one
            at(place, second)[4 if sure else 3] += 1
    return found


def day(second: int, zone: str) -> str:
    return datetime.fromtimestamp(second, ZoneInfo(zone)).date().isoformat()


def midnights(piece: Piece, zone: str) -> list[int]:
    """A second of each further day that a stay touches."""
    seconds = range(piece.span[0], piece.span[1], 900)
    return [*seconds, *([piece.span[1] - 1] if piece.span[1] > piece.span[0] else [])]


def degrees(
    stays: list[S], window: Window, rule: Together, ranges: Ranges | None = None
) -> dict[int, tuple[int, int, int]]:
    """Person to stays, meetings, meetings for certain."""
    every, sure = (joined(stays, window, rule, ranges, certain) for certain in (False, True))
    found = {piece.person: [0, 0, 0] for piece in every}
    for piece in every:
        found[piece.person][0] += 1
    for at, pieces in ((1, every), (2, sure)):
        for one, other, _ in meetings(pieces, rule):
            found[one.person][at] += 1
            found[other.person][at] += 1
    return {person: (row[0], row[1], row[2]) for person, row in found.items()}
