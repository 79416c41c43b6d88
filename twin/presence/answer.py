"""What a question returns: its rows, and what they rest on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, NamedTuple, TypeVar

from twin.types import Window

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Rule:
    """The rule an answer followed."""

    id: str
    version: int
    text: str


@dataclass(frozen=True, slots=True)
class Cost:
    """What was read, beside the least that any index would have to read: the records that are part of the answer."""

    rows_read: int
    bytes_read: int
    least_rows: int
    least_bytes: int
    ms: float


@dataclass(frozen=True, slots=True)
class Answer(Generic[Row]):
    """An answer. `total` rows hold; `left_out` of them are not in `rows`: `next` is the cursor that gets the rest."""

    question: str
    rows: list[Row]
    snapshot: int
    rule: Rule
    window: Window
    zone: str
    total: int
    left_out: int
    next: str | None
    cost: Cost
    below_threshold: int = 0  # people met, but for less than the threshold
    not_compared: int = 0  # stays of those asked about, placed too coarsely for the scale


@dataclass(frozen=True, slots=True)
class TrajectoryRow:
    """One stay, clipped to the window: records of one place and source that touch or overlap are one stay."""

    place: int
    start: int
    end: int
    source: int
    quality: int

    @property
    def seconds(self) -> int:
        """Its length."""
        return self.end - self.start


class Evidence(NamedTuple):
    """Why a name is in the answer: whose stay (`case`) at `place` met a stay at `other_place`, and when."""

    start: int
    end: int
    place: int
    other_place: int
    certain: bool
    case: int


@dataclass(frozen=True, slots=True)
class CompanionRow:
    """Somebody who shared place and time: `together_s` is the union, `possible_s` the part that is only possible."""

    person: int
    pseudonym: bytes
    together_s: int
    certain_s: int
    possible_s: int
    meetings: int
    first: int
    last: int
    certain: bool  # the certain part alone passes the threshold
    evidence: Sequence[Evidence]


@dataclass(frozen=True, slots=True)
class ContactRow(CompanionRow):
    """A contact by a whole rule (`twin.presence.contact`): besides, what the rule measured, in seconds.

    Where both need not be at a place at the same time, the times of `CompanionRow` are the other's stays there.

    measured_s, sure_s           the most by the rule's measure, of all and of what is certain
    case_stay_s, other_stay_s    cumulative stays of the pair that fulfils that condition best; None without one
    """

    measured_s: int = 0
    sure_s: int = 0
    case_stay_s: int | None = None
    other_stay_s: int | None = None


class Visit(NamedTuple):
    """A stay at one of the places asked for, clipped to the window."""

    start: int
    end: int
    place: int
    certain: bool


@dataclass(frozen=True, slots=True)
class VisitorRow:
    """Somebody who was there: `present_s` is the union of their stays, `possible_s` the part that is only possible."""

    person: int
    pseudonym: bytes
    present_s: int
    certain_s: int
    possible_s: int
    visits: int
    first: int
    last: int
    certain: bool
    evidence: Sequence[Visit]
