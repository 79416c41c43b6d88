"""A store's life as a plain list of records: what batches, withdrawals, corrections, merges and retention do to it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from tests.twin.presence.oracle import S


@dataclass(frozen=True)
class Piece:
    """A stay's part in one local day. `batch` names what brought it; cuts say whether midnight parted it from more."""

    day: date
    stay: S
    batch: str
    continued: bool
    going_on: bool


def cut(stay: S, zone: str, batch: str = "") -> list[Piece]:
    """A stay cut at local midnights, one second at a time where it matters."""
    pieces = []
    start = stay.start
    while True:
        day = datetime.fromtimestamp(start, UTC).astimezone(ZoneInfo(zone)).date()
        end = min(stay.end, _midnight(day + timedelta(days=1), zone))
        part = replace(stay, start=start, end=end)
        pieces.append(Piece(day, part, batch, start > stay.start, end < stay.end))
        if end == stay.end:
            return pieces
        start = end


def _midnight(day: date, zone: str) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)).timestamp())


@dataclass
class Life:
    """What a store should hold now, and held at each version that is kept."""

    zone: str
    pieces: list[Piece] = field(default_factory=list)
    known: set[int] = field(default_factory=set)
    merged: dict[int, int] = field(default_factory=dict)
    history: dict[int, tuple[list[Piece], dict[int, int]]] = field(default_factory=dict)
    oldest: int = 0

    def made(self, version: int) -> None:
        """The store says that it is at a version: this is what it must answer as of it."""
        self.history[version] = (list(self.pieces), dict(self.merged))

    def ingest(self, stays: Iterable[S], batch: str) -> None:
        for stay in stays:
            self.known.add(stay.person)
            self.pieces += cut(stay, self.zone, batch)

    def withdraw(self, stays: Iterable[S]) -> tuple[int, int]:
        """(copies taken away, distinct stays that were not there), quality aside."""
        removed = absent = 0
        for stay in dict.fromkeys(replace(stay, quality=0) for stay in stays):
            copies = sum(self._take(stay, kind) for kind in sorted({(p.batch, p.stay.quality) for p in self.pieces}))
            removed += copies
            absent += copies == 0
        return removed, absent

    def _take(self, stay: S, kind: tuple[str, int]) -> int:
        batch, quality = kind
        wanted = cut(replace(stay, quality=quality), self.zone, batch)
        there = Counter(self.pieces)
        copies = min(there[piece] for piece in wanted)
        for piece in wanted * copies:
            self.pieces.remove(piece)
        return copies

    def keep(self, kept: Callable[[Piece], bool]) -> int:
        """Keep some pieces; how many stays go."""
        gone = sum(not piece.continued for piece in self.pieces if not kept(piece))
        self.pieces = [piece for piece in self.pieces if kept(piece)]
        return gone

    def everywhere(self, kept: Callable[[Piece], bool]) -> int:
        """Keep some pieces in every version; how many stays go now."""
        self.history = {
            version: ([piece for piece in pieces if kept(piece)], merged)
            for version, (pieces, merged) in self.history.items()
        }
        return self.keep(kept)

    def forget_people(self, gone: set[int]) -> None:
        self.known -= gone
        for merged in (self.merged, *(merged for _, merged in self.history.values())):
            for person, of in list(merged.items()):
                if person in gone or of in gone:
                    del merged[person]

    def named(self) -> set[int]:
        """Persons of any piece of any version, with everybody they were merged with in one."""
        versions = [(self.pieces, self.merged), *self.history.values()]
        found = {piece.stay.person for pieces, _ in versions for piece in pieces}
        for _ in range(len(versions) * 7):
            for pair in (pair for _, merged in versions for pair in merged.items()):
                found |= set(pair) if found & set(pair) else set()
        return found

    def forget(self, version: int) -> None:
        self.history = {v: state for v, state in self.history.items() if v >= version}
        self.oldest = version

    def group(self, person: int) -> set[int]:
        of = self.merged.get(person, person)
        return {of, *(other for other, target in self.merged.items() if target == of)}

    def merge(self, into: int, others: Iterable[int]) -> None:
        target = self.merged.get(into, into)
        joining = set().union(*(self.group(other) for other in others)) - {target}
        self.merged |= dict.fromkeys(joining, target)
        self.merged.pop(target, None)

    def unmerge(self, person: int) -> None:
        left = sorted(self.group(person) - {person})
        if self.merged.pop(person, None) is None:  # the others stood for them: now for the lowest of them
            for other in left:
                self.merged.pop(other)
            self.merged |= dict.fromkeys(left[1:], left[0])

    def stays(self, version: int | None = None) -> list[S]:
        """The records at a version as stays of those whom their persons stand for."""
        pieces, merged = (self.pieces, self.merged) if version is None else self.history[version]
        return [replace(p.stay, person=merged.get(p.stay.person, p.stay.person)) for p in pieces]
