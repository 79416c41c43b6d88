"""The answer of a chain: two runs, one of all contacts and one of the certain ones, as rows with a walk each."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from twin.presence.answer import Cost
from twin.presence.chain.asked import ChainRule, earliest
from twin.presence.chain.course import Course
from twin.presence.chain.ground import field
from twin.presence.chain.labels import labels, newcomers, shown
from twin.presence.chain.paths import paths
from twin.presence.chain.rows import Chain, ChainRow
from twin.presence.chain.running import Spread, Spreading, Tick
from twin.presence.chain.spreading import spread
from twin.presence.chain.stays import Scale
from twin.presence.kernels.chain_ground import NEVER
from twin.presence.paging import Page
from twin.presence.segments.record import RECORD_BYTES
from twin.presence.snapshot import Snapshot
from twin.types import U32, Window

Progress = Callable[[int, int], None]
"""Told now and then: layers finished, days of the present one finished."""

_ENTRY_BYTES = 8


class Stopped(Exception):
    """The other run failed or was interrupted."""


def chain(
    snapshot: Snapshot,
    seeds: Sequence[int],
    window: Window,
    rule: ChainRule,
    page: Page,
    *,
    progress: Progress | None = None,
) -> Chain:
    """Everybody reached from the seeds (representatives), a page of them as rows.

    The certain contacts are followed by a thread of their own beside this one.
    """
    began = time.perf_counter()
    course = Course.of(window, rule.direction)
    whom = _whom(snapshot, [*seeds, *rule.isolation, *rule.times])
    times = _seed_times(course, seeds, rule.times, whom)
    bar = _bar(snapshot.people, course, rule.isolation, whom)
    stop = threading.Event()

    def tick(layers: int, days: int) -> None:
        if stop.is_set():
            raise Stopped

    def tell(layers: int, days: int) -> None:
        if progress:
            progress(layers, days)

    def run(certain: bool, tick: Tick) -> tuple[Spreading, Spread]:
        together = rule.together
        ground = field(snapshot, course, window, together.trust, certain=certain)
        scale = Scale(together.near, together.bridge_s, certain)
        spreading = Spreading(snapshot, rule, course, ground, scale, bar, tick)
        return spreading, spread(spreading, spreading.seeds(times))

    with ThreadPoolExecutor(1, thread_name_prefix="chain") as pool:
        other = pool.submit(run, True, tick)
        try:
            every, found = run(False, tell)
            sure, surely = other.result()
        except BaseException:
            stop.set()
            raise
    rows, reached = _rows(((every, found), (sure, surely)), page)
    total = sum(reached)
    left_out, following = page.rest(total, snapshot.version)
    return Chain(
        question="chain",
        rows=rows,
        snapshot=snapshot.version,
        rule=rule.rule(),
        window=window,
        zone=snapshot.zone,
        total=total,
        left_out=left_out,
        next=following,
        cost=_cost((found, surely), began),
        reached=reached,
    )


Run = tuple[Spreading, Spread]


def _rows(runs: tuple[Run, Run], page: Page) -> tuple[list[ChainRow], list[int]]:
    """The rows of a page, and how many people were reached by 1, 2 ... hops."""
    (run, spread), (_, surely) = runs
    layers = newcomers(spread)
    reached = [len(layer.person) for layer in layers[1:]]
    people = shown(layers, page.cut(sum(reached)))
    every, sure = labels(spread, people.person, run.course), labels(surely, people.person, run.course)
    same = np.array([a[:1] == b[:1] for a, b in zip(every, sure, strict=True)], dtype=np.bool_)
    walks = paths(runs, people, same, run.course)
    persons = people.person.tolist()
    columns = (persons, run.snapshot.pseudonyms(persons), every, [bool(own) for own in sure], sure, walks)
    return [ChainRow(*row) for row in zip(*columns, strict=True)], reached


def _cost(runs: tuple[Spread, Spread], began: float) -> Cost:
    """The least: a record for everybody reached, and one of whoever reached them."""
    read, entries = sum(run.read for run in runs), sum(run.entries for run in runs)
    least = 2 * sum(len(layer.person) for run in runs for layer in run.layers[1:])
    size = read * RECORD_BYTES + entries * _ENTRY_BYTES
    return Cost(read, size, least, least * RECORD_BYTES, (time.perf_counter() - began) * 1e3)


def _whom(snapshot: Snapshot, numbers: Sequence[int]) -> dict[int, int]:
    """Whom numbers stand for."""
    alias = snapshot.alias
    return {number: number if alias is None else int(alias[number]) for number in numbers}


def _seed_times(
    course: Course, seeds: Sequence[int], times: Mapping[int, int], whom: Mapping[int, int]
) -> dict[int, int]:
    """Seconds of the chain from which seeds are infectious: from the beginning, where nothing is said."""
    own = earliest(times, whom, latest=course.sign < 0)
    return {seed: max(course.second(own[seed]), 0) if seed in own else 0 for seed in seeds}


def _bar(people: int, course: Course, isolation: Mapping[int, int], whom: Mapping[int, int]) -> U32:
    """(people,) seconds of the chain at which isolation begins (forward) or ended (backward); (0,) for none."""
    if not isolation:
        return np.empty(0, dtype=np.uint32)
    bar = np.full(people, NEVER if course.sign > 0 else 0, dtype=np.uint32)
    for person, second in earliest(isolation, whom).items():
        bar[person] = min(max(course.second(second), 0), int(NEVER))
    return bar
