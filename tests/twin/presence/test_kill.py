"""A writer killed at random instants, whatever it does: nothing acknowledged is lost, nothing is half done."""

from __future__ import annotations

import multiprocessing
import random
import sys
import time
from datetime import date, timedelta
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerContext
from pathlib import Path

import pytest

from tests.twin.presence.oracle import S
from tests.twin.presence.worlds import PLACES, batch, name
from twin.presence import KeyRanges, Presence, StayBatch
from twin.types import Window

KILLS = 100
PEOPLE = 20
DAY_S = 86_400
FIRST_DAY = date(2024, 3, 10)
BASE = 1_710_000_000  # its midnight in Shanghai
A_DAY = 5  # batches
ZONE = "Asia/Shanghai"

Kept = dict[int, int]
"""Number of a batch to the seconds that are left of each of its stays; below zero, a guest: see `numbered`."""


def numbered(number: int, longer: int = 0) -> StayBatch:
    """Batch n: everybody at one place at one time, some of it over midnight. Every eighth has a guest elsewhere."""
    start = BASE + since(number)
    stays = [S(person, PLACES[1], start, start + seconds(number) + longer) for person in range(PEOPLE)]
    return batch(stays + [S(1000 + number, PLACES[8], start, start + 600)] * (number % 8 == 0))


def since(number: int) -> int:
    return number // A_DAY * DAY_S + 2000 + number % A_DAY * 17_000


def seconds(number: int) -> int:
    return 16_800 if number % A_DAY == A_DAY - 1 else 900


def step(presence: Presence, number: int) -> None:
    """Step n of the one life that all these writers lead on with."""
    what, about = plan(number)
    key = f"step {number}"
    if what == "store":
        presence.ingest(numbered(about), key=f"batch {about}")
    elif what == "withdraw":
        presence.withdraw(batch=f"batch {about}", key=key, reason="wrong file")
    elif what == "name":
        presence.withdraw(stays=numbered(about), key=key, reason="false")
    elif what == "correct":
        presence.correct(numbered(about), numbered(about, longer=1), key=key, reason="clock")
    elif what == "erase":
        presence.withdraw(person=name(1000 + about), key=key, reason="asked for it")
    elif what == "drop":
        presence.drop_days(FIRST_DAY + timedelta(days=about))
    elif what == "forget":
        presence.forget(before_version=presence.stats().snapshot)
    else:
        presence.compact()


def plan(number: int) -> tuple[str, int]:
    """What step n does: eight batches, then some of them are withdrawn or corrected, days are compacted and dropped."""
    turn, at = divmod(number, 15)
    first = turn * 8
    if at < 8:
        return "store", first + at
    return (
        ("withdraw", first + 1),
        ("name", first + 2),
        ("compact", 0),
        ("correct", first + 3),
        ("erase", first),
        ("drop", first // A_DAY - 2),
        ("forget", 0),
    )[at - 8]


def expected(steps: int) -> Kept:
    """What is there after so many steps."""
    kept: Kept = {}
    for number in range(steps):
        what, about = plan(number)
        if what == "store":
            kept[about] = seconds(about)
            kept |= {-1 - about: 600} if about % 8 == 0 else {}
        elif what in ("withdraw", "name"):
            del kept[about]
        elif what == "erase":
            del kept[-1 - about]
        elif what == "correct":
            kept[about] += 1
        elif what == "drop":
            cut = about * DAY_S
            for old in [old for old in kept if old >= 0]:
                kept[old] -= max(min(kept[old], cut - since(old)), 0)
                if not kept[old]:
                    del kept[old]
    return kept


def live_on(folder: str, first: int, acknowledged: Connection) -> None:
    """Take step after step until killed; say so after each."""
    with Presence.open(Path(folder), zone=ZONE, write=True) as presence:
        for number in range(first, first + 1000):
            step(presence, number)
            acknowledged.send(number)


@pytest.fixture(scope="module")
def processes() -> ForkServerContext:
    """Writers forked from a server that has the engine loaded, so that a kill costs milliseconds."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.twin.presence.test_kill", "tests.twin.presence.warmed"])
    return context


@pytest.mark.timeout(1200)
@pytest.mark.parametrize("kills", [KILLS, pytest.param(1000, marks=pytest.mark.scale)])
def test_kill(tmp_path: Path, processes: ForkServerContext, kills: int, capsys: pytest.CaptureFixture[str]) -> None:
    chance = random.Random(4)
    done = 0  # steps
    killed_at: dict[str, int] = {}
    for _ in range(kills):
        reader, sender = processes.Pipe(duplex=False)
        child = processes.Process(target=live_on, args=(str(tmp_path), done, sender))
        child.start()
        sender.close()
        said = chance.choice([1, 1, 2, 3, 4]) if not done else chance.choice([0, 1, 1, 2, 3, 4])
        for _ in range(said):
            reader.recv()  # it is at work; without waiting it may still be opening the store
        time.sleep(chance.uniform(0, 0.05))
        child.kill()
        child.join()
        while True:
            try:
                reader.recv()
                said += 1
            except EOFError:
                break
        reader.close()
        done = check(tmp_path, done + said)
        what = plan(done)[0]
        killed_at[what] = killed_at.get(what, 0) + 1
    with capsys.disabled():
        sys.stdout.write(f"\n{kills} kills over {done} steps; under way or next: {killed_at}\n")
    assert len(killed_at) >= 6, "too few kinds of steps were hit to say much"


def check(folder: Path, said: int) -> int:
    """The store is as after the steps that were acknowledged, or the one in flight besides; how many those are."""
    with Presence.open(folder, zone=ZONE, write=True) as presence:
        assert presence.verify(deep=True) == []
        found = kept(presence)
    steps = [number for number in (said, said + 1) if expected(number) == found]
    assert steps, "an acknowledged step is lost, or one is half done"
    return steps[0]


def kept(presence: Presence) -> Kept:
    """The batches that are there, each for everybody alike."""
    if not presence.stats().pieces:
        return {}
    whole = Window(BASE, BASE + 10_000 * DAY_S)
    visitors = presence.visitors(KeyRanges.of([(0, 1 << 63)]), whole, limit=None).rows
    names = {name(person) for person in range(PEOPLE)}
    assert {row.pseudonym for row in visitors} >= names
    assert len({(row.present_s, row.visits, row.first, row.last) for row in visitors if row.pseudonym in names}) == 1
    guests = [row for row in visitors if row.pseudonym not in names]
    found = {999 - int.from_bytes(row.pseudonym, "big"): row.present_s for row in guests}
    for row in presence.trajectory(presence.person(name(0)), whole).rows:
        day, offset = divmod(row.start - BASE, DAY_S)
        found[day * A_DAY + (offset - 2000) // 17_000] = row.seconds  # what is left after midnight begins with the day
    return found
