"""Chains equal the brute force, whichever way they are found, with every option; their walks are walks."""

from __future__ import annotations

from collections.abc import Iterator
from tempfile import TemporaryDirectory
from typing import TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.twin.presence import oracle_chain
from tests.twin.presence.oracle import S
from tests.twin.presence.oracle_chain import Asked
from tests.twin.presence.test_against_oracle import World, filled, windows
from tests.twin.presence.test_together import SCALES
from tests.twin.presence.worlds import EDGES, PLACES, edge, worlds
from twin.presence import Cell, Floor, Presence, Together, Trust, Unit
from twin.presence.chain import spreading
from twin.presence.chain.rows import Chain, ChainRow
from twin.types import Window

T = TypeVar("T")


@pytest.fixture(autouse=True, scope="module")
def change_of_method() -> Iterator[None]:
    """So few people that one is not yet a crowd: the frontier begins, the sweep takes over."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("twin.presence.chain.spreading.SWEEP_FROM", 0.2)
        yield


@st.composite
def crowds(draw: st.DrawFn) -> World:
    """People at a few places near each other most of the time, many of their stays in pieces that touch; around a
    midnight, so that contacts of ten minutes cross it.
    """
    zone = draw(st.sampled_from(sorted(EDGES)))
    midnight = edge(zone, draw(st.sampled_from(EDGES[zone])))
    places = draw(st.lists(st.sampled_from(PLACES), min_size=1, max_size=3))
    grid = st.sampled_from([-80000, -7200, -1200, -601, -600, -300, -1, 0, 1, 299, 300, 600, 3600, 80000])
    lengths = st.sampled_from([0, 1, 299, 300, 600, 600, 900, 900, 4000, 90000])
    stays = []
    for _ in range(draw(st.integers(4, 14))):
        start, person = midnight + draw(grid), draw(st.integers(0, 5))
        for length in draw(st.lists(lengths, min_size=1, max_size=3)):
            quality, source = draw(st.sampled_from([0, 0, 0, 1])), draw(st.integers(0, 2))
            stays.append(S(person, draw(st.sampled_from(places)), start, start + length, source, quality))
            start += length + draw(st.sampled_from([0, 0, 0, 1, 60]))
    return zone, midnight, stays


def often(value: T, other: st.SearchStrategy[T]) -> st.SearchStrategy[T]:
    """The value three times out of four."""
    return st.one_of(st.just(value), st.just(value), st.just(value), other)


@st.composite
def spans(draw: st.DrawFn, midnight: int) -> Window:
    return draw(often(Window(midnight - 90_000, midnight + 190_000), windows(midnight)))


@st.composite
def asked(draw: st.DrawFn, midnight: int) -> Asked:
    times = st.sampled_from([-90000, -3600, 0, 600, 3600, 40000, 90000]).map(lambda after: midnight + after)
    mapping = often({}, st.dictionaries(st.integers(0, 6), times, max_size=3))
    first_contact = draw(often(False, st.just(True)))
    rule = Together(
        draw(
            st.one_of(st.sampled_from([Unit(), Floor(), Cell(12), Cell(12, same_floor=True)]), st.sampled_from(SCALES))
        ),
        bridge_s=draw(often(0, st.sampled_from([60, 1800, 40000]))),
        trust=Trust(doubtful=draw(often(frozenset(), st.just(frozenset({1}))))),
    )
    return Asked(
        rule,
        draw(st.sampled_from([1, 300, 600, 600, 601, 4000, 86400])),
        0 if first_contact else draw(often(0, st.sampled_from([1, 3600, 86400]))),
        draw(st.sampled_from([1, 2, 3, 7, None, None])),
        draw(st.booleans()),
        first_contact,
        draw(often(None, st.sampled_from([0, 700, 5000, 90000]))),
        draw(mapping),
        draw(mapping),
    )


def ask(presence: Presence, seeds: set[int], window: Window, how: Asked, **more: object) -> Chain:
    return presence.chain(
        list(seeds),
        window,
        rule=how.rule,
        theta_s=how.theta,
        latency_s=how.latency,
        hops=how.hops,
        direction="forward" if how.forward else "backward",
        first_contact=how.first_contact,
        isolate_after_s=how.isolate_after,
        isolation=how.isolation,
        seed_times=how.times,
        **more,  # type: ignore[arg-type]
    )


def check_walk(row: ChainRow, stays: list[S], seeds: set[int], window: Window, how: Asked) -> None:
    """Each step is a contact of the brute force that begins as early as the label says, and the walk ends there."""
    sign = 1 if how.forward else -1
    assert len(row.path) == row.hops
    assert row.path[0].source in seeds
    assert row.path[-1].target == row.person
    sure = row.labels[0] == (row.surely[0] if row.surely else None)
    every, certain = (oracle_chain.pieces(stays, window, how, only) for only in (False, True))
    time = oracle_chain.seed_time(how, row.path[0].source, window)
    for number, step in enumerate(row.path):
        assert number == 0 or step.source == row.path[number - 1].target
        span = (step.start, step.end) if how.forward else (-step.end, -step.start)
        found = [
            oracle_chain.contact(how, x, y, time, only)
            for only, some in ((False, certain if sure else every), (True, certain))
            for x in some
            for y in some
            if x.person == step.source and y.person == step.target
            if only or (step.place in x.places and step.other_place in y.places)
        ]
        assert span in found
        assert step.certain or not sure
        surely = [
            oracle_chain.contact(how, x, y, time, True)
            for x in certain
            for y in certain
            if x.person == step.source and y.person == step.target
        ]
        assert step.certain == (span[0] in [other[0] for other in surely if other])
        arrival = span[0] + how.theta
        time = oracle_chain.infectious_time(how, arrival)
    assert sign * arrival == row.labels[0].arrival


def told(answer: Chain) -> list[tuple[object, ...]]:
    return [
        (row.person, [tuple(label) for label in row.labels], [tuple(label) for label in row.surely])
        for row in answer.rows
    ]


@settings(max_examples=150, deadline=None)
@given(st.one_of(crowds(), crowds(), worlds()), st.data())
def test_any_chain(world: World, data: st.DataObject) -> None:
    zone, midnight, stays = world
    window = data.draw(spans(midnight))
    seeds = data.draw(st.sets(st.integers(0, 6), min_size=1, max_size=2))
    how = data.draw(asked(midnight))
    methods = ["frontier", "sweep", "auto"] if how.rule.near.partition else ["frontier"]
    with TemporaryDirectory() as folder, filled(folder, zone, stays, data.draw(st.integers(1, 3))) as presence:
        answers = [ask(presence, seeds, window, how, method=method) for method in methods]
    expected = oracle_chain.rows(stays, seeds, window, how)
    for answer in answers:
        assert told(answer) == expected
        assert answer.rows == answers[0].rows
    for row in answers[0].rows:
        check_walk(row, stays, seeds, window, how)


def world(folder: str, stays: list[S], batches: int = 1) -> Presence:
    return filled(folder, "Asia/Shanghai", stays, batches)


HOME, NEXT_DOOR, UPSTAIRS, UNKNOWN = PLACES[1], PLACES[0], PLACES[2], PLACES[4]
MIDNIGHT = edge("Asia/Shanghai", "2024-03-11")
ALL_DAY = Window(MIDNIGHT - 80_000, MIDNIGHT + 80_000)


def minutes(person: int, place: int, start: float, end: float, **more: int) -> S:
    return S(person, place, int(MIDNIGHT + 60 * start), int(MIDNIGHT + 60 * end), **more)


def reached(
    stays: list[S], how: Asked, seeds: set[int] | None = None, window: Window = ALL_DAY
) -> dict[int, list[tuple[int, float]]]:
    """Labels in minutes after midnight; both engines and the brute force agree on them."""
    methods = ["frontier", "sweep"] if how.rule.near.partition else ["frontier"]
    with TemporaryDirectory() as folder, world(folder, stays) as presence:
        answers = [ask(presence, seeds or {0}, window, how, method=method) for method in methods]
    for answer in answers:
        assert told(answer) == oracle_chain.rows(stays, seeds or {0}, window, how)
    return {row.person: [(hops, (at - MIDNIGHT) / 60) for hops, at in row.labels] for row in answer.rows}


PLAIN = Asked(Together(), 600, 0, 3)


def test_a_contact_over_midnight_begins_before_it() -> None:
    stays = [minutes(0, HOME, -200, 300), minutes(1, HOME, -5, 100), minutes(2, HOME, -4, 5)]
    assert reached(stays, PLAIN) == {1: [(1, 5)]}


def test_gaps_are_bridged_over_midnight() -> None:
    rule = Together(bridge_s=3600)
    before = [minutes(0, HOME, 5, 60), minutes(1, HOME, -60, -5), minutes(1, HOME, 20, 30)]
    assert reached(before, Asked(rule, 600, 0, 1)) == {1: [(1, 15)]}
    assert reached(before, Asked(rule, 600, 0, 1, forward=False)) == {1: [(1, 20)]}
    after = [minutes(0, HOME, -60, -20), minutes(1, HOME, -90, -55), minutes(1, HOME, 3, 10)]
    assert reached(after, Asked(rule, 600, 0, 1)) == {1: [(1, -50)]}
    around = [minutes(0, HOME, 5, 1400), minutes(1, HOME, -60, -1), minutes(1, HOME, 1439, 1450)]
    assert reached(
        around, Asked(Together(bridge_s=86_400), 600, 0, 1), window=Window(MIDNIGHT - 80_000, MIDNIGHT + 170_000)
    ) == {1: [(1, 15)]}


def test_a_source_who_stays_longer_reaches_whom_the_first_could_not() -> None:
    stays = [minutes(0, HOME, 0, 60), minutes(1, HOME, 30, 120), minutes(2, HOME, 55, 90)]
    assert reached(stays, PLAIN, seeds={0, 1}) == {2: [(1, 65)]}


@pytest.mark.parametrize(("first", "then"), [(HOME, UPSTAIRS), (UPSTAIRS, HOME)])
@pytest.mark.parametrize("method", ["frontier", "sweep", "auto"])
def test_hops_are_counted_in_the_order_of_time_whatever_the_places(first: int, then: int, method: str) -> None:
    stays = [minutes(0, first, 0, 30), minutes(1, first, 0, 30), minutes(1, then, 40, 80), minutes(2, then, 40, 80)]
    with TemporaryDirectory() as folder, world(folder, stays) as presence:
        answer = ask(presence, {0}, ALL_DAY, Asked(Together(), 600, 0, None), method=method)
    assert [(row.person, row.hops) for row in answer.rows] == [(1, 1), (2, 2)]


def test_many_are_followed_by_the_sweep_and_few_by_the_frontier(monkeypatch: pytest.MonkeyPatch) -> None:
    swept = []
    monkeypatch.setattr(spreading.Known, "by_sweep", lambda known, layer, *_, **__: swept.append(len(layer.person)))
    stays = [minutes(person, HOME, 0, 60) for person in range(8)]
    with TemporaryDirectory() as folder, world(folder, stays) as presence:
        ask(presence, {0}, ALL_DAY, Asked(Together(), 600, 0, 2), method="auto")
        assert swept == [7, 7], "one of eight is few, seven are many; the certain contacts have a run of their own"
        ask(presence, {0}, ALL_DAY, Asked(Together(), 600, 0, 2), method="frontier")
    assert len(swept) == 2


def test_nothing_is_bridged_from_outside_the_window() -> None:
    rule = Together(bridge_s=1800)
    window = Window(MIDNIGHT, MIDNIGHT + 36_000)
    stays = [minutes(0, HOME, -10, 300), minutes(1, HOME, -100, -1), minutes(1, HOME, 5, 60), minutes(1, HOME, 0, 0)]
    assert reached(stays[:3], Asked(rule, 600, 0, 2), window=window) == {1: [(1, 15)]}
    assert reached(stays, Asked(rule, 600, 0, 2), window=window) == {1: [(1, 10)]}
    stays = [minutes(0, HOME, 100, 700), minutes(1, HOME, 500, 590), minutes(1, HOME, 601, 700)]
    assert reached(stays, Asked(rule, 600, 0, 2, forward=False), window=window) == {1: [(1, 580)]}
    assert reached([*stays, minutes(1, HOME, 600, 600)], Asked(rule, 600, 0, 2, forward=False), window=window) == {
        1: [(1, 580)]
    }


def test_a_bridged_gap_may_hold_the_end_of_what_counts() -> None:
    rule = Together(bridge_s=600)
    stays = [minutes(0, HOME, 0, 95), minutes(0, HOME, 103, 200), minutes(1, HOME, 90, 95), minutes(1, HOME, 101, 200)]
    assert reached(stays, Asked(rule, 600, 0, None)) == {1: [(1, 100)]}
    isolated = {0: MIDNIGHT + 60 * 100}
    assert reached(stays, Asked(rule, 600, 0, 1, isolation=isolated)) == {1: [(1, 100)]}
