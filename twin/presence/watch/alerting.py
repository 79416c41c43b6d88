"""From two states of a watch to what it has to say."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from twin.errors import UnknownPerson
from twin.presence.snapshot import Snapshot
from twin.presence.watch.alert import Alert, Change, Crowd, Standing
from twin.presence.watch.standings import Row, Standings, differences
from twin.presence.watch.watch import Watch, WatchCrowd


def alerts_of(name: str, watch: Watch, before: Standings, after: Standings, snapshot: Snapshot) -> Iterator[Alert]:
    """One alert per row that differs, by person or time."""
    found = [*differences(before, after)]
    if isinstance(watch, WatchCrowd):
        for change, start, was, now in found:
            yield Alert(name, snapshot.version, change, None, None, _crowd(start, was), _crowd(start, now))
        return
    people = [person for _, person, _, _ in found]
    for (change, person, was, now), pseudonym in zip(found, _names(snapshot, people), strict=True):
        yield Alert(name, snapshot.version, change, person, pseudonym, _standing(was), _standing(now))


def forgotten(name: str, snapshot: int) -> Alert:
    """What was said before cannot be told any more."""
    return Alert(name, snapshot, Change.FORGOTTEN)


def _standing(row: Row | None) -> Standing | None:
    if row is None:
        return None
    seconds, certain_s, intervals, first, last, certain = row
    return Standing(seconds, certain_s, intervals, first, last, bool(certain))


def _crowd(start: int, row: Row | None) -> Crowd | None:
    return None if row is None else Crowd(start, *row)


def _names(snapshot: Snapshot, people: Sequence[int]) -> list[bytes | None]:
    """Their pseudonyms; None for whoever was erased since."""
    try:
        return [*snapshot.pseudonyms(people)]
    except UnknownPerson:
        return [_name(snapshot, person) for person in people]


def _name(snapshot: Snapshot, person: int) -> bytes | None:
    try:
        return snapshot.pseudonyms([person])[0]
    except UnknownPerson:
        return None
