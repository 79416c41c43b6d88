"""Cumulative stays: how long some persons were in all where they met, for those alone who come into question.

Their own stays are read person by person, so that the cost is that of the candidates and not of everybody who was ever
at a place.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twin.presence.contact import Contact, Dwell
from twin.presence.questions.measuring import Measured
from twin.presence.questions.slots import Slots
from twin.presence.questions.tallying_stays import ANYWHERE, lookup_of, tallied
from twin.presence.snapshot import Snapshot
from twin.types import I64, U32, Bools, Window


@dataclass(frozen=True, slots=True)
class Met:
    """(n,) who met in which slot, and whether for certain."""

    person: U32
    slot: I64
    certain: Bools


@dataclass(frozen=True, slots=True)
class Stayed:
    """(p,) persons: seconds of the pair that fulfils the condition best, and whether it does, and does for certain.

    case_s, other_s  the cumulative stays of that pair: of the person asked about, of the other
    """

    person: U32
    passes: Bools
    certain: Bools
    case_s: I64
    other_s: I64
    rows: int

    def at(self, person: U32) -> tuple[Bools, Bools, I64, I64]:
        """(n,) persons: (passes, certain, case_s, other_s); nothing for one who is not among them."""
        if not len(self.person):
            nobody, nothing = np.zeros(len(person), dtype=np.bool_), np.zeros(len(person), dtype=np.int64)
            return nobody, nobody, nothing, nothing
        at = np.minimum(np.searchsorted(self.person, person), len(self.person) - 1)
        there = self.person[at] == person
        return (
            there & self.passes[at],
            there & self.certain[at],
            np.where(there, self.case_s[at], 0),
            np.where(there, self.other_s[at], 0),
        )


def dwelt(snapshot: Snapshot, slots: Slots, met: Met, dwell: Dwell, *, window: Window, rule: Contact) -> Stayed:
    """Whether each person of `met` fulfils a cumulative-stay condition with somebody they met.

    Raises TooMuch before it would read more of their stays than it may.
    """
    if not len(met.person):
        nobody, nothing = np.empty(0, dtype=np.bool_), np.empty(0, dtype=np.int64)
        return Stayed(met.person, nobody, nobody, nothing, nothing, 0)
    persons = np.unique(np.concatenate([met.person, slots.case]))
    span = dwell.window or window
    held = sum(info.rows for info in snapshot.infos if info.base < span.end and info.until > span.start)
    snapshot.admit(held * len(persons) // max(snapshot.people, 1))
    person, slot, certain = met.person, met.slot, met.certain
    if dwell.where == "anywhere":
        times, read = tallied(snapshot, persons, ANYWHERE, 1, window=span, rule=rule)
        case_at, other_at = slots.case[slot].astype(np.int64), person.astype(np.int64)
    else:
        times, read = tallied(snapshot, persons, lookup_of(slots), len(slots), window=span, rule=rule)
        if dwell.where == "shared":
            person, slot, certain = _shared(times, slots, met)
        case_at, other_at = (_code(who, slot, slots) for who in (slots.case[slot], person))
    (case_s, case_sure), (other_s, other_sure) = times.at(case_at), times.at(other_at)
    worth, sure = (_of_both(dwell, *both) for both in ((case_s, other_s), (case_sure, other_sure)))
    best = np.lexsort((slot, -worth, person))
    who, first = np.unique(person[best], return_index=True)
    passes, surely = worth >= dwell.least, certain & (sure >= dwell.least)
    of = np.searchsorted(who, person)
    some, certainly = np.zeros(len(who), dtype=np.bool_), np.zeros(len(who), dtype=np.bool_)
    np.logical_or.at(some, of, passes)
    np.logical_or.at(certainly, of, surely)
    shown = best[first]
    case_shown, other_shown = np.maximum(case_s[shown], 0), np.maximum(other_s[shown], 0)
    return Stayed(who, some, certainly, case_shown, other_shown, read)


def _of_both(dwell: Dwell, case: I64, other: I64) -> I64:
    """The seconds that count, of those of both persons."""
    if dwell.who == "either":
        return np.maximum(case, other)
    if dwell.who == "both":
        return np.minimum(case, other)
    return case if dwell.who == "case" else other


def _code(person: U32, slot: I64, slots: Slots) -> I64:
    """One number for a person in a slot."""
    return person.astype(np.int64) * len(slots) + slot


def _shared(times: Measured, slots: Slots, met: Met) -> tuple[U32, I64, Bools]:
    """Who was in which slots of somebody they met, who was there too in that time: (person, slot, whether they met)."""
    person, slot = times.code // len(slots), times.code % len(slots)
    there = (times.at(_code(slots.case[slot], slot, slots))[0] >= 0) & (slots.case[slot] != person)
    pairs = np.stack([met.person.astype(np.int64), slots.case[met.slot].astype(np.int64), met.certain.astype(np.int64)])
    width = int(pairs[1].max(initial=0)) + 1
    together = pairs[0] * width + pairs[1]
    asked = np.where(slots.case[slot] < width, person * width + slots.case[slot].astype(np.int64), -1)
    chosen = there & np.isin(asked, together)
    certain = np.isin(asked, together[met.certain])
    return person[chosen].astype(np.uint32), slot[chosen], certain[chosen]
