"""What a watch has to say: rows of its answer that are new, different or gone."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple


class Change(StrEnum):
    """What became of a row. FORGOTTEN: of all rows; what was said before counts no more, everything follows anew."""

    NEW = "new"
    CHANGED = "changed"
    RETRACTED = "retracted"
    FORGOTTEN = "forgotten"


class Standing(NamedTuple):
    """A person in an answer, as in `CompanionRow` and `VisitorRow`: seconds, intervals, first and last second."""

    seconds: int
    certain_s: int
    intervals: int
    first: int
    last: int
    certain: bool


class Crowd(NamedTuple):
    """A time of more people than allowed, the most of them at once, and the most for certain at once."""

    start: int
    end: int
    most: int
    certain_most: int


@dataclass(frozen=True, slots=True)
class Alert:
    """One row that is not as it was. `before` is None for a new one, `after` for one that is gone.

    watch      its id
    snapshot   the version of the store at which this is so
    person     whom it is about, with their pseudonym; None for a crowd. The pseudonym of somebody erased is None.
    """

    watch: str
    snapshot: int
    change: Change
    person: int | None = None
    pseudonym: bytes | None = None
    before: Standing | Crowd | None = None
    after: Standing | Crowd | None = None


@dataclass(frozen=True, slots=True)
class Delivery:
    """All that is new up to a snapshot, by watch, in order of persons or times."""

    snapshot: int
    alerts: list[Alert]
