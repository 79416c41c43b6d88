"""How long answers take: one asker, several at once, and with nothing of the store in memory."""

from __future__ import annotations

import gc
import threading
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.pagecache import drop, resident, take_in
from benchmarks.presence.cases import Cases
from benchmarks.presence.questions import Ask, Question, ask_companions
from benchmarks.presence.world import ZONE
from benchmarks.report import milliseconds
from twin.presence import Presence
from twin.types import Window

_STILL_CACHED = 0.02
_UNTIMED = 10
_SCALE = {"ms": 1.0, "s": 1e-3}


def ask_all(question: Question, presence: Presence, cases: Cases, n: int) -> list[float]:
    """One after the other, in the question's unit; every case is new, after a few untimed ones."""
    runs = max(int(n * question.share), 1)
    wanted = question.choose(cases, presence, runs + min(_UNTIMED, runs // 2))
    calls = [partial(question.ask, presence, cases.window, case) for case in wanted]
    for call in calls[runs:]:
        call()
    return [took * _SCALE[question.unit] for took in milliseconds(calls[:runs])]


def ask_together(
    ask: Ask, presence: Presence, window: Window, wanted: Sequence[Any], askers: int
) -> tuple[list[float], float]:
    """Several threads work a list off: milliseconds of each answer as its asker saw it, and answers per second."""
    queue = iter(wanted)  # each case goes to one thread: stepping a list's iterator is one step of the interpreter
    took: list[float] = []
    faults: list[BaseException] = []
    stop = threading.Event()

    def work() -> None:
        try:
            for case in queue:
                if stop.is_set():
                    return
                took.extend(milliseconds([partial(ask, presence, window, case)]))
        except BaseException as error:  # noqa: BLE001 - raised below, in the thread that waits
            faults.append(error)
            stop.set()

    threads = [threading.Thread(target=work) for _ in range(askers)]
    began = time.perf_counter()
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        stop.set()
    if faults:
        raise faults[0]
    return took, len(wanted) / (time.perf_counter() - began)


def ask_cold(folder: Path, window: Window, persons: Sequence[int], *, every_time: bool) -> list[float]:
    """Companions of persons never asked about, read from disk: files dropped from memory, the store newly opened.

    With `every_time` before each person: not even what all questions share is in memory. Otherwise once, before the
    first. Milliseconds of the question; mapping the files is part of it, opening the manifest is not.
    """
    took: list[float] = []
    for asked in [[person] for person in persons] if every_time else [persons]:
        empty_memory(folder)
        with Presence.open(folder, zone=ZONE) as presence:
            took += milliseconds([partial(ask_companions, presence, window, person) for person in asked])
        del presence
    return took


def empty_memory(folder: Path) -> None:
    """Drop the store's files from the page cache. Raises RuntimeError where the system kept them."""
    gc.collect()  # a store that nobody holds any more still maps its files until it is collected
    files = store_files(folder)
    drop(files)
    kept = resident(files)
    if kept > _STILL_CACHED:
        raise RuntimeError(f"{kept:.0%} of the store's files stayed in memory: somebody else has them mapped")


def fill_memory(folder: Path) -> None:
    """Read the store's files once, so that no question waits for the disk."""
    take_in(store_files(folder))


def store_files(folder: Path) -> list[Path]:
    """The segments of a store; the manifest is small and stays out of this."""
    files = sorted(path for path in folder.rglob("*") if path.suffix == ".arrow")
    if not files:
        raise RuntimeError(f"{folder} holds no segments")
    return files
