"""A disk that really fills up, under everything that writes: a clear error, nothing harmed; with room it goes on."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest

from tests.twin.presence.city import DAY_S, stays
from tests.twin.presence.oracle import S
from tests.twin.presence.test_store import NOON, ZONE
from tests.twin.presence.worlds import PLACES, batch, name
from twin.errors import DiskFull
from twin.presence import KeyRanges, Presence, PresenceStats
from twin.types import Window

WHOLE = Window(NOON - 9 * DAY_S, NOON + 9 * DAY_S)
EVERYWHERE = KeyRanges.of([(0, 1 << 63)])

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount a small disk")


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of three megabytes."""
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", tmp_path], check=False).returncode:
        pytest.skip("this machine does not let us mount a small disk")
    yield tmp_path
    subprocess.run(["umount", tmp_path], check=True)


def opened(disk: Path) -> Presence:
    return Presence.open(disk / "presence", zone=ZONE, write=True, upkeep=False)


def fill(disk: Path, left: int) -> Path:
    """A file that takes all room but some bytes."""
    ballast = disk / "ballast"
    free = os.statvfs(disk).f_bavail * os.statvfs(disk).f_frsize
    with ballast.open("wb") as handle:
        handle.write(bytes(max(free - left, 0)))
    return ballast


def test_batches_until_it_is_full(disk: Path) -> None:
    stored = 0
    with opened(disk) as presence:
        for people in (2000, 200, 10, 1):
            with pytest.raises(DiskFull, match="nothing of this batch was stored"):  # noqa: PT012
                for number in range(10_000):
                    presence.ingest(stays(people, 1, NOON, seed=number), key=f"{people} {number}")
                    stored += 1
    with Presence.open(disk / "presence", zone=ZONE) as presence:
        assert presence.verify(deep=True) == []
        assert presence.stats().snapshot == stored > 0
        assert presence.stats().segments == len(list((disk / "presence").glob("v*")))


CHANGES: dict[str, Callable[[Presence], object]] = {
    "ingest": lambda presence: presence.ingest(stays(500, 1, NOON, seed=9), key="more"),
    "compact": lambda presence: presence.compact(),
    "withdraw": lambda presence: presence.withdraw(batch="1", key="w", reason=""),
    "name": lambda presence: presence.withdraw(stays=batch([S(0, PLACES[1], NOON, NOON + 60)]), key="w", reason=""),
    "correct": lambda presence: presence.correct(
        batch([S(0, PLACES[1], NOON, NOON + 60)]), batch([S(0, PLACES[1], NOON, NOON + 61)]), key="c", reason=""
    ),
    "erase": lambda presence: presence.withdraw(person=name(0), key="e", reason=""),
    "merge": lambda presence: presence.merge(name(0), [name(1)], key="m", reason=""),
    "drop": lambda presence: presence.drop_days(date(2024, 3, 11)),
    "forget": lambda presence: presence.forget(before_version=2),
}


@pytest.mark.parametrize("what", CHANGES)
def test_any_change_on_a_full_disk(disk: Path, what: str) -> None:
    """With ever more room: the change is made or not made, and the error says so."""
    with opened(disk) as presence:
        for seed in range(3):
            presence.ingest(stays(400, 2, NOON, seed=seed), key=f"{seed}")
        presence.ingest(batch([S(0, PLACES[1], NOON, NOON + 60)]), key="one")
    failed = 0
    for left in (0, 5_000, 20_000, 60_000, 150_000, 300_000, 3_000_000):
        with opened(disk) as presence:
            before, answers = presence.stats(), told(presence)
            ballast = fill(disk, left)
            try:
                CHANGES[what](presence)
                ballast.unlink()
                break
            except DiskFull:
                failed += 1
            check(presence, before, answers)
            ballast.unlink()
        with opened(disk) as presence:
            check(presence, before, answers)
    assert failed or what == "forget"
    with opened(disk) as presence:
        assert presence.verify(deep=True) == []


def test_opening_on_a_full_disk(disk: Path) -> None:
    with opened(disk) as presence:
        presence.ingest(stays(400, 2, NOON), key="city")
    ballast = fill(disk, 0)
    for write in (True, False):
        with pytest.raises(DiskFull, match="was not opened"):
            Presence.open(disk / "presence", zone=ZONE, write=write)
    ballast.unlink()
    with opened(disk) as presence:
        assert presence.verify(deep=True) == []


def check(presence: Presence, before: PresenceStats, answers: list[object]) -> None:
    """It is as it was, but that a day may be compacted."""
    after = presence.stats()
    assert (after.stays, after.pieces, after.people) == (before.stays, before.pieces, before.people)
    assert {version.kind for version in presence.versions()[before.snapshot :]} <= {"compaction"}
    assert told(presence) == answers
    assert presence.verify(deep=True) == []


def told(presence: Presence) -> list[object]:
    found = presence.visitors(EVERYWHERE, WHOLE, limit=None).rows
    return [(row.pseudonym, row.present_s, row.visits) for row in found]
