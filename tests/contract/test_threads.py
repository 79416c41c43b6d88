"""One store, many threads: readers see whole writes only, writers come one after the other."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from tests.contract.conftest import SOURCE, building
from twin.store import Store


def test_readers_see_whole_writes(store: Store) -> None:
    done = threading.Event()
    seen: list[int] = []

    def write() -> None:
        for round_ in range(6):
            store.write((building(f"{round_}-{i}") for i in range(50)), source=SOURCE)
        done.set()

    def read() -> None:
        while not done.is_set():
            total = store.find(limit=1).total
            assert total is not None
            assert total % 50 == 0
            seen.append(total)
            store.counts()

    with ThreadPoolExecutor(6) as pool:
        for task in [pool.submit(write), *(pool.submit(read) for _ in range(5))]:
            task.result()
    assert store.counts() == {"building": 300}
    assert seen


def test_writers_come_one_after_the_other(store: Store) -> None:
    def write(name: str) -> int:
        store.write((building(f"{name}-{i}") for i in range(20)), source=SOURCE)
        return int(store.places.assign([f"{name}-0"], np.array([(114.0, 22.6)]), np.array([1]))[0])

    with ThreadPoolExecutor(8) as pool:
        keys = list(pool.map(write, "abcdefgh"))
    assert store.counts() == {"building": 160}
    assert sorted(store.columns("building").numbers.tolist()) == list(range(1, 161))
    assert len(set(keys)) == 8
    assert [change.seq for change in store.changes()] == list(range(1, 161))
