"""One form for the rows of every rule: direct contacts, contacts of contacts, later presence."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, overload

from twin.presence import Answer, ContactRow, LingeringRow
from twin.presence.chain.rows import ChainRow


class Ground(NamedTuple):
    """Why a name is in an answer: `case` at `place` and `other` at `other_place`, from when to when."""

    start: int
    end: int
    case: int
    place: int
    other: int
    other_place: int
    certain: bool


@dataclass(frozen=True, slots=True)
class RuledRow:
    """Somebody who holds by a rule. Seconds; None for what the rule does not ask for.

    hops          1: a contact of somebody asked about, 2: of a contact, ...
    together_s    the time of the evidence in all (of a contact of a contact: of the last contact of its walk)
    measured_s    the most by the rule's measure; sure_s: the same of what is certain
    case_stay_s, other_stay_s  cumulative stays
    exposure_s    weighted presence after a case had left
    """

    person: int
    pseudonym: bytes
    hops: int
    together_s: int
    certain_s: int
    possible_s: int
    meetings: int
    first: int
    last: int
    certain: bool
    measured_s: int | None = None
    sure_s: int | None = None
    case_stay_s: int | None = None
    other_stay_s: int | None = None
    exposure_s: float | None = None
    evidence: Sequence[Ground] = field(default_factory=tuple)


class _Grounds(Sequence[Ground]):
    """The evidence of a row in the one form, made when somebody looks at it: a whole answer holds millions."""

    __hash__ = None  # type: ignore[assignment]  # compared by value
    __slots__ = ("_make", "_of")

    def __init__(self, of: Sequence[Any], make: Callable[[Any], Ground]) -> None:
        self._of = of
        self._make = make

    def __len__(self) -> int:
        return len(self._of)

    def __iter__(self) -> Iterator[Ground]:
        return map(self._make, self._of)

    @overload
    def __getitem__(self, index: int) -> Ground: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Ground]: ...
    def __getitem__(self, index: int | slice) -> Ground | Sequence[Ground]:
        return tuple(self)[index]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and tuple(self) == tuple(other)


def of_contact(row: ContactRow) -> RuledRow:
    """A direct contact."""
    person = row.person
    evidence = _Grounds(
        row.evidence,
        lambda one: Ground(one.start, one.end, one.case, one.place, person, one.other_place, one.certain),
    )
    return RuledRow(
        row.person,
        row.pseudonym,
        1,
        row.together_s,
        row.certain_s,
        row.possible_s,
        row.meetings,
        row.first,
        row.last,
        row.certain,
        measured_s=row.measured_s,
        sure_s=row.sure_s,
        case_stay_s=row.case_stay_s,
        other_stay_s=row.other_stay_s,
        evidence=evidence,
    )


def of_chain(row: ChainRow) -> RuledRow:
    """Somebody at the end of a walk of contacts: the evidence is the walk."""
    evidence = [
        Ground(step.start, step.end, step.source, step.place, step.target, step.other_place, step.certain)
        for step in row.path
    ]
    last = evidence[-1]
    seconds = last.end - last.start
    certain = seconds if last.certain else 0
    return RuledRow(
        row.person,
        row.pseudonym,
        row.hops,
        seconds,
        certain,
        seconds - certain,
        len(evidence),
        evidence[0].start,
        last.end,
        row.certain,
        evidence=evidence,
    )


def of_lingering(row: LingeringRow) -> RuledRow:
    """Somebody who came after a case had left."""
    person = row.person
    evidence = _Grounds(
        row.evidence,
        lambda one: Ground(one.start, one.end, one.case, one.case_place, person, one.place, one.certain),
    )
    return RuledRow(
        row.person,
        row.pseudonym,
        1,
        row.late_s,
        row.certain_s,
        row.possible_s,
        row.visits,
        row.first,
        row.last,
        row.certain,
        exposure_s=row.exposure_s,
        evidence=evidence,
    )


@dataclass(frozen=True, slots=True)
class Ruled(Answer[RuledRow]):
    """An answer by a rule, with everything that was decided on the way to it, as `applying.ruling` says it."""

    ruling: dict[str, Any] = field(default_factory=dict)


def ruled(answer: Answer[Any], of: Callable[[Any], RuledRow], ruling: dict[str, Any]) -> Ruled:
    """An engine's answer with its rows in the one form."""
    return Ruled(
        question="contacts",
        rows=[of(row) for row in answer.rows],
        snapshot=answer.snapshot,
        rule=answer.rule,
        window=answer.window,
        zone=answer.zone,
        total=answer.total,
        left_out=answer.left_out,
        next=answer.next,
        cost=answer.cost,
        below_threshold=answer.below_threshold,
        not_compared=answer.not_compared,
        ruling=ruling,
    )
