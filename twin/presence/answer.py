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
    below_threshold: int = 0  # people (pairs, places) that came into question, but do not reach what was asked for
    not_compared: int = 0  # stays of those asked about, placed too coarsely for the scale


@dataclass(frozen=True, slots=True)
class TrajectoryRow:
    """One stay, clipped to the window: records of one place and source that touch or overlap are one stay."""

    place: int
    start: int
    end: int
    source: int
    quality: int
    person: int
    pseudonym: bytes

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


class Meeting(NamedTuple):
    """One meeting of two: a maximal interval of the time they shared. `evidence`, by time, lies within it."""

    start: int
    end: int
    certain_s: int
    evidence: Sequence[Evidence]


@dataclass(frozen=True, slots=True)
class PairRow:
    """Two who were together: `together_s` is the union of the time shared, of `meetings` maximal intervals."""

    person: int
    pseudonym: bytes
    other: int
    other_pseudonym: bytes
    together_s: int
    certain_s: int
    possible_s: int
    meetings: int
    first: int
    last: int
    certain: bool  # the certain part alone passes the threshold


@dataclass(frozen=True, slots=True)
class MeetingRow(PairRow):
    """Two who met, and when and where: `intervals` are the maximal ones.

    In the evidence `case` and `place` are those of `person`, the one with the smaller number.
    """

    intervals: Sequence[Meeting]


class Gathering(NamedTuple):
    """Two or more of the persons asked about at one place, from when one comes or goes to when the next does.

    `persons` are in the order in which they came. Whoever was there for a point in time was there for its second.
    """

    start: int
    end: int
    persons: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Guest:
    """One of the persons asked about at a shared place: `present_s` is the union of their stays there.

    `together_s` is the part during which another of them was there. `certain`: what is asked for of each person holds
    for this one by the certain part alone.
    """

    person: int
    pseudonym: bytes
    present_s: int
    certain_s: int
    possible_s: int
    together_s: int
    visits: int
    first: int
    last: int
    certain: bool
    evidence: Sequence[Visit]


@dataclass(frozen=True, slots=True)
class SharedPlaceRow:
    """A place that several of the persons asked about shared.

    place         the finest key of the place where one of them was, the smallest of those
    cases         how many of them; `certain_cases` of them for certain
    asked         how many persons were asked about
    footfall      distinct people who were there in the window, certain or possible, those asked about among them
    people        distinct people with any stay in the window
    expected      asked * footfall / people: how many of as many people taken at random would have been there
    lift          cases / expected
    present_s     sum over `who`
    together_s    seconds during which two or more of them were there
    most_at_once  the most of them at any one time
    """

    place: int
    cases: int
    certain_cases: int
    asked: int
    footfall: int
    people: int
    expected: float
    lift: float
    present_s: int
    together_s: int
    most_at_once: int
    first: int
    last: int
    who: Sequence[Guest]
    gatherings: Sequence[Gathering]


class Late(NamedTuple):
    """A presence after somebody had left: `case` was at `case_place` and had `left` at that UTC second."""

    start: int
    end: int
    place: int
    case_place: int
    case: int
    left: int
    certain: bool

    @property
    def after_s(self) -> int:
        """How long after."""
        return self.start - self.left


@dataclass(frozen=True, slots=True)
class LingeringRow:
    """Somebody who was where a case had been before, while it lingered.

    exposure_s   the weight of their presence: as many seconds as at the very moment of leaving
    late_s       the union of that presence, unweighted; certain_s + possible_s
    after_s      the shortest time between a leaving and their presence after it
    direct       they were also there together with a case, at the same time
    certain      the certain part alone passes the threshold
    """

    person: int
    pseudonym: bytes
    exposure_s: float
    certain_exposure_s: float
    late_s: int
    certain_s: int
    possible_s: int
    visits: int
    first: int
    last: int
    after_s: int
    direct: bool
    certain: bool
    evidence: Sequence[Late]


@dataclass(frozen=True, slots=True)
class FootfallRow:
    """One place (the number of its area; 0 for ranges) in one bucket of time [start, end).

    people     different people who had a stay there
    arrivals   how many came: joined stays that begin in the bucket, not those that go on from before it
    person_s   seconds, the union of each one's stays

    The certain part of each is beside it. None: suppressed, for it is small or would give away one that is.
    """

    place: int
    start: int
    end: int
    people: int | None
    certain_people: int | None
    arrivals: int | None
    certain_arrivals: int | None
    person_s: int | None
    certain_person_s: int | None

    @property
    def suppressed(self) -> bool:
        """Whether anything of it is not given."""
        return None in (self.people, self.certain_people, self.arrivals, self.certain_arrivals)


class Present(NamedTuple):
    """How many were there at an instant, and how many for certain; None: suppressed."""

    at: int
    people: int | None
    certain: int | None


@dataclass(frozen=True, slots=True)
class OccupancyRow:
    """How many were at one place (the number of its area; 0 for ranges) at once. None: suppressed.

    peak      the most at any one time, at instants between the steps, too; `peak_at`: when that was first, None for 0
    mean      person-seconds over the seconds of the window
    steps     the counts at the instants asked for
    """

    place: int
    peak: int | None
    peak_at: int | None
    certain_peak: int | None
    mean: float | None
    certain_mean: float | None
    steps: Sequence[Present]
