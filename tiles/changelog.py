"""Reading the store's change log from a place on, and noticing that it is not the log that it was."""

from __future__ import annotations

from dataclasses import dataclass

from twin.store import Change, Store

_PAGE = 5000


class AnotherLog(Exception):
    """The log says something else at a place than it did: the store was restored, or is another one."""


@dataclass(frozen=True, slots=True)
class Place:
    """How far a log was read. `mark`: time and number of the change `seq`; (0, 0) before the first one."""

    seq: int = 0
    mark: tuple[int, int] = (0, 0)


def newest(store: Store) -> Place:
    """The end of the log."""
    seq = store.newest_change()
    return _place(store.changes(seq - 1, 1)[0]) if seq else Place()


def read_on(store: Store, place: Place, most: int) -> tuple[list[Change], Place]:
    """The changes after a place, at least `most` of them where there are more, and the place after them.

    Raises `AnotherLog` where the log is not the one that was read up to there.
    """
    found: list[Change] = []
    while len(found) < most:
        page = store.changes(max(place.seq - 1, 0), _PAGE)
        if place.seq and (not page or _place(page[0]) != place):
            raise AnotherLog
        fresh = page[1:] if place.seq else page
        found += fresh
        place = _place(fresh[-1]) if fresh else place
        if len(page) < _PAGE:
            break
    return found, place


def _place(change: Change) -> Place:
    return Place(change.seq, (change.recorded_at, change.number))
