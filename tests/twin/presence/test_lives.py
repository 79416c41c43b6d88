"""Whatever is done to a store, in any order: every question equals the brute force on a plain list, then as now."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.twin.presence import oracle
from tests.twin.presence.lives import Life, cut
from tests.twin.presence.oracle import S
from tests.twin.presence.test_against_oracle import World, flat, windows
from tests.twin.presence.worlds import PLACES, batch, name, worlds
from twin.errors import Conflict, InvalidValue, UnknownPerson
from twin.presence import KeyRanges, Presence, ScaleParams, Threshold, Together, nearness
from twin.types import Window

EVERYBODY = [S(person, PLACES[0], 1, 2) for person in range(7)]
EVERYWHERE = KeyRanges.of([(0, 1 << 63)])


class Living:
    """A store and its life on paper, step by step."""

    def __init__(self, folder: str, world: World, data: st.DataObject) -> None:
        zone, self.midnight, whole = world
        parted = [piece.stay for stay in whole for piece in cut(stay, zone)]
        self.stays = whole + [stay for stay in parted if stay not in whole]  # cut at midnight by whoever saw them, too
        self.data, self.life = data, Life(zone)
        self.presence = Presence.open(Path(folder), zone=zone, write=True, upkeep=False)
        self.life.made(0)
        self.number = 0
        self.store(EVERYBODY)

    def some(self) -> list[S]:
        """Stays of this world: stored, withdrawn or never heard of."""
        return self.data.draw(st.lists(st.sampled_from(self.stays), max_size=12))

    def someone(self) -> int:
        return self.data.draw(st.integers(0, 6))

    def store(self, stays: list[S]) -> None:
        self.number += 1
        assert self.presence.ingest(batch(stays), key=f"b{self.number}").stored == len(stays)
        self.life.ingest(stays, f"b{self.number}")

    def ingest(self) -> None:
        self.store(self.some())

    def withdraw(self) -> None:
        done = self.presence.withdraw(stays=batch(stays := self.some()), key=f"w{self.version()}", reason="false")
        assert (done.removed, done.absent) == self.life.withdraw(stays)

    def withdraw_batch(self) -> None:
        which = f"b{self.data.draw(st.integers(1, self.number))}"
        done = self.presence.withdraw(batch=which, key=f"w{self.version()}", reason="wrong file")
        assert done.removed == self.life.keep(lambda piece: piece.batch != which)

    def erase(self) -> None:
        person = self.someone()
        if person not in self.life.known:
            with pytest.raises(UnknownPerson):
                self.presence.withdraw(person=name(person), key="e", reason="right")
            return
        gone = self.life.group(person)
        done = self.presence.withdraw(person=name(person), key=f"e{self.version()}", reason="right")
        assert done.removed == self.life.everywhere(lambda piece: piece.stay.person not in gone)
        self.life.forget_people(gone)

    def correct(self) -> None:
        old, new = self.some(), self.some()
        key = f"b{self.number + 1}"
        before = list(self.life.pieces)
        removed, absent = self.life.withdraw(old)
        if absent:
            self.life.pieces = before
            with pytest.raises(Conflict, match="is not stored"):
                self.presence.correct(batch(old), batch(new), key=key, reason="moved")
            return
        self.number += 1
        done = self.presence.correct(batch(old), batch(new), key=key, reason="moved")
        assert (done.removed, done.added) == (removed, len(new))
        self.life.ingest(new, key)

    def merge(self) -> None:
        into, others = self.someone(), sorted({self.someone(), self.someone()})
        names = [name(other) for other in others]
        if into in others or not {into, *others} <= self.life.known:
            with pytest.raises((InvalidValue, UnknownPerson)):
                self.presence.merge(name(into), names, key=f"m{self.version()}", reason="same phone")
            return
        self.presence.merge(name(into), names, key=f"m{self.version()}", reason="same phone")
        self.life.merge(into, others)

    def unmerge(self) -> None:
        person = self.someone()
        if person not in self.life.known or self.life.group(person) == {person}:
            with pytest.raises((InvalidValue, UnknownPerson)):
                self.presence.unmerge([name(person)], key=f"u{self.version()}", reason="two after all")
            return
        self.presence.unmerge([name(person)], key=f"u{self.version()}", reason="two after all")
        self.life.unmerge(person)

    def compact(self) -> None:
        self.presence.compact()

    def drop(self) -> None:
        every = [piece.day for pieces, _ in self.life.history.values() for piece in pieces]
        before = self.data.draw(st.sampled_from(sorted({*every, date(2024, 3, 11)})))
        done = self.presence.drop_days(before)
        assert done.stays == self.life.everywhere(lambda piece: piece.day >= before)
        gone = self.life.known - self.life.named() if any(day < before for day in every) else set()
        assert done.people == len(gone)
        self.life.forget_people(gone)

    def forget(self) -> None:
        version = self.data.draw(st.integers(self.life.oldest, self.version()))
        self.presence.forget(before_version=version)
        self.life.forget(version)

    def version(self) -> int:
        return self.presence.stats().snapshot

    def step(self, what: str) -> None:
        before = self.version()
        getattr(self, what)()
        for version in range(before + 1, self.version() + 1):
            self.life.made(version)

    def check(self, as_of: int | None, window: Window) -> None:
        """Every question at a version."""
        stays = self.life.stays(as_of)
        merged = self.life.merged if as_of is None else self.life.history[as_of][1]
        self.check_everybody(as_of, window)
        for person in sorted(self.life.known):
            self.check_person(stays, merged.get(person, person), person, as_of, window)

    def check_everybody(self, as_of: int | None, window: Window) -> None:
        stays = self.life.stays(as_of)
        visitors = self.presence.visitors(EVERYWHERE, window, limit=None, as_of=as_of).rows
        found = [(r.present_s, r.certain_s, r.visits, r.first, r.last) for r in visitors]
        expected = oracle.visitors(stays, [(0, 1 << 63)], window, 0)
        assert sorted(found) == sorted(row[1:6] for row in expected)
        assert sorted(number(r.pseudonym) for r in visitors) == sorted(row[0] for row in expected)

    def check_person(self, stays: list[S], of: int, person: int, as_of: int | None, window: Window) -> None:
        asked = self.presence.person(name(person))
        rule = Together(nearness("floor", ScaleParams()), Threshold(1))
        try:
            rows = self.presence.trajectory(asked, window, as_of=as_of).rows
            met = self.presence.companions([asked], window, rule=rule, limit=None, as_of=as_of).rows
        except UnknownPerson:
            assert as_of is not None
            assert all(stay.person != of for stay in stays)
            return
        assert [(r.place, r.start, r.end, r.source, r.quality) for r in rows] == oracle.trajectory(stays, of, window)
        together = [(number(r.pseudonym), *row[1:]) for r, row in zip(met, flat(met), strict=True)]
        assert sorted(together) == sorted(oracle.companions(stays, {of}, window, ("floor", None), 1))

    def check_store(self) -> None:
        stats = self.presence.stats()
        assert self.presence.verify() == []
        assert stats.stays == sum(not piece.continued for piece in self.life.pieces)
        assert stats.pieces == len(self.life.pieces)
        assert stats.people == len(self.life.known)
        assert next(v.version for v in self.presence.versions() if v.kept) in (self.life.oldest, 1)
        for person in set(range(7)) - self.life.known:
            with pytest.raises(UnknownPerson):
                self.presence.person(name(person))


def number(pseudonym: bytes) -> int:
    return int.from_bytes(pseudonym, "big")


STEPS = ("ingest", "withdraw", "withdraw_batch", "erase", "correct", "merge", "merge", "unmerge", "drop", "forget")

lives = st.lists(st.sampled_from([*STEPS, "compact", "compact"]), max_size=9).map(lambda steps: ["ingest"] * 3 + steps)
"""Three batches, then anything."""


@settings(max_examples=60, deadline=None)
@given(worlds(), st.data())
def test_any_life(world: World, data: st.DataObject) -> None:
    with TemporaryDirectory() as folder:
        living = Living(folder, world, data)
        with living.presence:
            for what in data.draw(lives):
                living.step(what)
            living.check_store()
            window = data.draw(windows(living.midnight))
            living.check(None, window)
            living.check(data.draw(st.sampled_from(sorted(living.life.history))), window)
            for version in living.life.history:
                living.check_everybody(version, Window(0, (1 << 31) - 1))
