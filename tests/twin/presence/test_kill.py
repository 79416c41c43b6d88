"""A writer killed at random instants loses no acknowledged batch and leaves no half batch."""

from __future__ import annotations

import multiprocessing
import random
import time
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerContext
from pathlib import Path

import pytest

from tests.twin.presence.oracle import S
from tests.twin.presence.worlds import PLACES, batch, name
from twin.presence import Presence, StayBatch, Threshold, Together
from twin.types import Window

KILLS = 16
PEOPLE = 40
DAY_S = 86_400
BASE = 1_710_000_000


def numbered(number: int) -> StayBatch:
    """Batch n: everybody at one place for n + 1 seconds, over a midnight, so that it makes two segments."""
    start = BASE + number * 10 * DAY_S
    return batch([S(person, PLACES[1], start, start + DAY_S + number + 1) for person in range(PEOPLE)])


def write_on(folder: str, first: int, acknowledged: Connection) -> None:
    """Store batch after batch until killed; say so after each."""
    with Presence.open(Path(folder), zone="Asia/Shanghai", write=True) as presence:
        for number in range(first, first + 1000):
            presence.ingest(numbered(number), key=f"batch {number}")
            acknowledged.send(number)


@pytest.fixture(scope="module")
def processes() -> ForkServerContext:
    """Writers forked from a server that has the engine loaded, so that a kill costs milliseconds."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.twin.presence.test_kill", "tests.twin.presence.warmed"])
    return context


def test_kill(tmp_path: Path, processes: ForkServerContext) -> None:
    chance = random.Random(4)
    acknowledged: set[int] = set()
    first = 0  # number of the next batch; so many are stored
    for _ in range(KILLS):
        reader, sender = processes.Pipe(duplex=False)
        child = processes.Process(target=write_on, args=(str(tmp_path), first, sender))
        child.start()
        sender.close()
        if not acknowledged or chance.random() < 0.6:
            acknowledged.add(reader.recv())  # it is at work; else it may still be opening the store
        time.sleep(chance.uniform(0, 0.06))
        child.kill()
        child.join()
        while True:
            try:
                acknowledged.add(reader.recv())
            except EOFError:
                break
        reader.close()
        said = sum(number >= first for number in acknowledged)
        before, first = first, check(tmp_path, acknowledged)
        assert said <= first - before <= said + 1, "at most the one batch in flight was stored unsaid"
    assert len(acknowledged) >= KILLS // 2


def check(folder: Path, acknowledged: set[int]) -> int:
    """Every acknowledged batch is there and each batch that is there is whole; returns the next number."""
    with Presence.open(folder, zone="Asia/Shanghai", write=True) as presence:
        assert presence.verify() == []
        stats = presence.stats()
        stored = [number for number in range(stats.snapshot + 1) if is_whole(presence, number)]
        assert acknowledged <= set(stored)
        assert stats.stays == PEOPLE * len(stored)
        assert stats.segments == 2 * len(stored)
        assert len(list(folder.glob("v*"))) == stats.segments
    return len(stored)


def is_whole(presence: Presence, number: int) -> bool:
    """Whether a batch is there; it must be there for everybody or for nobody."""
    start = BASE + number * 10 * DAY_S
    answer = presence.companions(
        [presence.person(name(0))], Window(start, start + 5 * DAY_S), rule=Together(threshold=Threshold(0))
    )
    lengths = {row.together_s for row in answer.rows}
    assert (answer.total, lengths) in ((0, set()), (PEOPLE - 1, {DAY_S + number + 1}))
    return answer.total > 0
