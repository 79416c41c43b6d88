"""What the questions about the contact network answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from twin.presence.answer import Answer


@dataclass(frozen=True, slots=True)
class NetworkRow:
    """Meetings at one place, counted when they begin, in [start, end).

    place      the smallest key of it that has a stay on these days; None: all places together
    people     different people who were there
    stays      joined stays that begin then
    meetings   two stays of different persons that share the least time; it counts once, when the later stay begins

    The counts of records that leave no doubt, by themselves, are beside them.
    """

    place: int | None
    start: int
    end: int
    people: int
    certain_people: int
    stays: int
    meetings: int
    certain_meetings: int


@dataclass(frozen=True, slots=True)
class DegreeRow:
    """How many meetings a person had, of how many joined stays.

    met, certain_met   different people met, where that was asked for
    """

    person: int
    pseudonym: bytes
    stays: int
    meetings: int
    certain_meetings: int
    met: int | None = None
    certain_met: int | None = None


@dataclass(frozen=True, slots=True)
class Degrees(Answer[DegreeRow]):
    """People by the most meetings, then by number.

    mean, most     meetings of one of them on average, and at the most
    distribution   (meetings, people): how many of them had exactly so many, ascending
    """

    mean: float = 0.0
    most: int = 0
    distribution: Sequence[tuple[int, int]] = ()
