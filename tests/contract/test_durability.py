"""A writer is killed in the middle: what it had been told is stored is there, and nothing is half there."""

from __future__ import annotations

import random
import subprocess
import sys

from tests.contract.conftest import Home

BATCH = 40

WRITER = """
import itertools, sys
from pathlib import Path
from tests.contract.conftest import SOURCE, building
from twin.store import Store
with Store.open(Path(sys.argv[1]), database_url=sys.argv[2]) as store:
    for batch in itertools.count(store.newest_change()):
        store.write((building(f"{batch}-{i}") for i in range(int(sys.argv[3]))), source=SOURCE)
        print(batch, flush=True)
"""


def test_kill_9(home: Home) -> None:
    home.create().close()
    rng = random.Random(1)
    told: set[str] = set()
    for _ in range(3):
        told |= write_until_killed(home, rng)
        with home.open() as store:
            there = [found.id.split("-")[0] for found in store.each()]
            assert told <= set(there)
            assert all(there.count(batch) == BATCH for batch in set(there))
            assert len(store.imports()) == len(set(there))
            assert store.newest_change() == len(there)


def write_until_killed(home: Home, rng: random.Random) -> set[str]:
    """The batches that the writer was told are stored."""
    command = [sys.executable, "-c", WRITER, str(home.folder), home.database_url, str(BATCH)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        told = {writer.stdout.readline().strip() for _ in range(rng.randint(1, 6))}
        try:
            writer.wait(rng.random() * 0.05)  # somewhere inside the next write
        except subprocess.TimeoutExpired:
            writer.kill()
        return told | set(writer.stdout.read().split())
