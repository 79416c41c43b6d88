"""What a chain answers: a row per person reached, and the walk that reached it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from twin.presence.answer import Answer


class Label(NamedTuple):
    """Reached by so many contacts, and when: the UTC second at which the last of them had lasted long enough.

    Backward: the latest UTC second at which the person can have become infectious for the first of them.
    """

    hops: int
    arrival: int


class Step(NamedTuple):
    """One contact of a walk: `source` passed it on to `target`, at `place` and `other_place`, in [start, end).

    Backward walks go from the seeds too: there `target` passed it on to `source`.
    """

    source: int
    target: int
    place: int
    other_place: int
    start: int
    end: int
    certain: bool


@dataclass(frozen=True, slots=True)
class ChainRow:
    """Somebody reached.

    labels   fewest hops first; each further one takes more hops and arrives earlier (backward: later)
    certain  reached by certain contacts alone; `surely` are the labels of such walks
    path     one walk to the first label, from a seed on
    """

    person: int
    pseudonym: bytes
    labels: Sequence[Label]
    certain: bool
    surely: Sequence[Label]
    path: Sequence[Step]

    @property
    def hops(self) -> int:
        """The fewest contacts."""
        return self.labels[0].hops

    @property
    def arrival(self) -> int:
        """The earliest arrival by any of the walks (backward: the latest)."""
        return self.labels[-1].arrival


@dataclass(frozen=True, slots=True)
class Chain(Answer[ChainRow]):
    """People reached, by fewest hops, then arrival, then number. `reached`: how many by 1, 2, ... hops at the least."""

    reached: Sequence[int] = ()
