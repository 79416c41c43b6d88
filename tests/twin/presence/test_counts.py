"""Footfall and occupancy equal the brute force; hours and days by the clock; small counts stay hidden."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.twin.presence import oracle_counts
from tests.twin.presence.oracle import S
from tests.twin.presence.test_against_oracle import World, filled, windows
from tests.twin.presence.worlds import PLACES, batch, edge, worlds
from twin.errors import InvalidValue, TooMuch
from twin.presence import Areas, FootfallRow, KeyRanges, Presence, Trust, asking
from twin.presence.questions import attendance
from twin.presence.questions.buckets import Step, edges_of
from twin.presence.questions.suppressing import suppressed
from twin.types import I64, Window

WIDTHS = [1, 1 << 13, 1 << 21, 1 << 30]
STEPS: list[Step] = ["hour", "day", 7000, 100_000, 1_000_000]


@st.composite
def asked(draw: st.DrawFn) -> list[tuple[int, int]]:
    found = draw(st.lists(st.tuples(st.sampled_from(PLACES), st.sampled_from(WIDTHS)), min_size=1, max_size=3))
    return [(k // width * width, k // width * width + width) for k, width in found]


@st.composite
def areas(draw: st.DrawFn) -> tuple[Areas, dict[int, list[tuple[int, int]]]]:
    """Up to three areas of places and floors that do not overlap."""
    ranges = sorted(
        {
            (k // w * w, k // w * w + w)
            for k, w in draw(
                st.sets(st.tuples(st.sampled_from(PLACES), st.sampled_from(WIDTHS[:2])), min_size=1, max_size=5)
            )
        }
    )
    apart = [
        r for i, r in enumerate(ranges) if not any(lo <= r[0] and r[1] <= hi for lo, hi in ranges[:i] + ranges[i + 1 :])
    ]
    numbers = [draw(st.sampled_from([3, 5, 70])) for _ in apart]
    of: dict[int, list[tuple[int, int]]] = {}
    for number, one in zip(numbers, apart, strict=True):
        of.setdefault(number, []).append(one)
    return Areas("grid", KeyRanges.of(apart), np.array(numbers, dtype=np.int64)), of


@st.composite
def trusts(draw: st.DrawFn) -> Trust:
    return Trust(draw(st.sampled_from([None, frozenset({0, 1})])), draw(st.sampled_from([frozenset(), frozenset({1})])))


def flat(row: FootfallRow) -> tuple[int | None, ...]:
    return (
        row.start,
        row.end,
        row.people,
        row.certain_people,
        row.arrivals,
        row.certain_arrivals,
        row.person_s,
        row.certain_person_s,
    )


@settings(max_examples=30, deadline=None)
@given(worlds(), st.data(), asked(), trusts())
def test_footfall(world: World, data: st.DataObject, ranges: list[tuple[int, int]], trust: Trust) -> None:
    zone, midnight, stays = world
    window, step = data.draw(windows(midnight)), data.draw(st.sampled_from(STEPS))
    with TemporaryDirectory() as folder, filled(folder, zone, stays, data.draw(st.integers(1, 3))) as presence:
        answer = presence.footfall(KeyRanges.of(ranges), window, step=step, trust=trust)
    assert [flat(row) for row in answer.rows] == oracle_counts.footfall(stays, ranges, window, step, (zone, trust))
    assert answer.total == len(answer.rows)
    assert answer.cost.rows_read >= answer.cost.least_rows


@settings(max_examples=30, deadline=None)
@given(worlds(), st.data(), areas(), trusts(), st.sampled_from([3, 1 << 30]))
def test_areas_are_counted_one_by_one(
    world: World,
    data: st.DataObject,
    drawn: tuple[Areas, dict[int, list[tuple[int, int]]]],
    trust: Trust,
    room: int,
) -> None:
    zone, midnight, stays = world
    window = data.draw(windows(midnight))
    every, of = drawn
    with (
        pytest.MonkeyPatch.context() as patch,
        TemporaryDirectory() as folder,
        filled(folder, zone, stays, 2) as presence,
    ):
        patch.setattr(attendance, "ROOM", room)
        rows = presence.footfall(every, window, step="day", trust=trust).rows
        curves = presence.occupancy(every, window, step_s=7000, trust=trust).rows
    for number, ranges in of.items():
        found = [flat(row) for row in rows if row.place == number]
        assert found == oracle_counts.footfall(stays, ranges, window, "day", (zone, trust))
    assert [row.place for row in curves] == sorted(of)
    for row in curves:
        check_curve(row, stays, of[row.place], window, trust)


def check_curve(row, stays, ranges, window, trust) -> None:  # type: ignore[no-untyped-def]
    for step in row.steps:
        assert (step.people, step.certain) == oracle_counts.at_instant(stays, ranges, step.at, trust)
    assert (row.peak, row.peak_at, row.certain_peak) == oracle_counts.peak(stays, ranges, window, trust)
    every, sure = oracle_counts.seconds(stays, ranges, window, trust)
    assert (row.mean, row.certain_mean) == pytest.approx((every / window.seconds, sure / window.seconds))


@settings(max_examples=30, deadline=None)
@given(worlds(), st.data(), asked(), trusts())
def test_occupancy(world: World, data: st.DataObject, ranges: list[tuple[int, int]], trust: Trust) -> None:
    zone, midnight, stays = world
    window, step = data.draw(windows(midnight)), data.draw(st.sampled_from([600, 3599, 50_000]))
    with TemporaryDirectory() as folder, filled(folder, zone, stays, data.draw(st.integers(1, 3))) as presence:
        (row,) = presence.occupancy(KeyRanges.of(ranges), window, step_s=step, trust=trust).rows
    assert [present.at for present in row.steps] == list(range(window.start, window.end, step))
    check_curve(row, stays, ranges, window, trust)


def test_hours_by_the_clock() -> None:
    """Days of 23, 25, 24.5 hours: the hour that comes twice is two buckets, the half hour that is left over is one."""
    for zone, day, following, hours in (
        ("Europe/Berlin", "2024-03-31", "2024-04-01", 23),
        ("Europe/Berlin", "2024-10-27", "2024-10-28", 25),
        ("Asia/Kolkata", "2024-10-27", "2024-10-28", 24),
        ("Australia/Lord_Howe", "2024-04-07", "2024-04-08", 25),
        ("Australia/Lord_Howe", "2024-10-06", "2024-10-07", 24),
        ("America/Sao_Paulo", "2018-11-04", "2018-11-05", 23),
    ):
        window = Window(edge(zone, day), edge(zone, following))
        spans = list(pairwise(edges_of(window, "hour", zone, 1).tolist()))
        assert spans == oracle_counts.buckets(window, "hour", zone)
        assert len(spans) == hours, (zone, day)


def test_an_arrival_is_not_who_was_there_before(tmp_path: Path) -> None:
    """At midnight nobody comes who was there; who changes rooms of one area has not come again."""
    midnight = edge("Asia/Shanghai", "2024-03-11")
    stays = [S(0, PLACES[0], midnight - 3600, midnight + 3600), S(1, PLACES[0], midnight, midnight + 60)]
    stays += [S(1, PLACES[1], midnight + 60, midnight + 120), S(1, PLACES[0], midnight + 121, midnight + 130)]
    both = KeyRanges.of([(PLACES[0], PLACES[0] + 1), (PLACES[1], PLACES[1] + 1)])
    with Presence.open(tmp_path, zone="Asia/Shanghai", write=True) as presence:
        presence.ingest(batch(stays), key="a")
        (row,) = presence.footfall(both, Window(midnight, midnight + 3600), step=3600).rows
    assert (row.people, row.arrivals, row.person_s) == (2, 2, 3600 + 60 + 60 + 9)


def shown(rows: list[FootfallRow]) -> list[tuple[int | None, int | None]]:
    return [(row.people, row.arrivals) for row in rows]


def test_small_counts_are_hidden_and_not_given_away(tmp_path: Path) -> None:
    def came(hour: int, people: int) -> list[S]:
        return [S(person, PLACES[0], 3600 * hour + 10, 3600 * hour + 20) for person in range(people)]

    stays = came(8, 40) + came(9, 2) + came(10, 12) + came(11, 30)
    place, day = KeyRanges.of([(PLACES[0], PLACES[0] + 1)]), Window(8 * 3600, 13 * 3600)
    with Presence.open(tmp_path, zone="UTC", write=True) as presence:
        presence.ingest(batch(stays), key="a")
        rows = presence.footfall(place, day, suppress_below=5).rows
        assert shown(rows) == [(40, 40), (None, None), (None, None), (30, 30), (0, 0)]
        assert [row.suppressed for row in rows] == [False, True, True, False, False]
        (curve,) = presence.occupancy(place, day, step_s=1800, suppress_below=50).rows
        assert (curve.peak, curve.peak_at, curve.mean) == (None, None, None)
        instants = presence.occupancy(place, Window(9 * 3600 + 10, 9 * 3600 + 30), step_s=10, suppress_below=3).rows
        assert [present.people for present in instants[0].steps] == [None, 0]
        with pytest.raises(InvalidValue, match="suppress_below"):
            presence.footfall(place, day, suppress_below=-1)


@settings(max_examples=120, deadline=None)
@given(st.data(), st.integers(1, 4), st.integers(1, 8), st.integers(2, 9))
def test_no_total_gives_a_small_count_away(data: st.DataObject, places: int, columns: int, least: int) -> None:
    counts: I64 = np.array(
        data.draw(
            st.lists(st.lists(st.integers(0, 14), min_size=columns, max_size=columns), min_size=places, max_size=places)
        ),
        dtype=np.int64,
    )
    days = np.arange(columns) // 3
    hidden = suppressed(counts, days, least)
    assert hidden[(counts > 0) & (counts < least)].all()
    assert not hidden[counts == 0].any()
    groups = [(counts[i, days == d], hidden[i, days == d]) for i in range(places) for d in set(days.tolist())]
    groups += [(counts[:, c], hidden[:, c]) for c in range(columns)] if places > 1 else []
    for values, secret in groups:
        if secret.any() and (~secret & (values > 0)).any():
            assert secret.sum() > 1
            assert values[secret].sum() >= least
    if not ((counts > 0) & (counts < least)).any():
        assert not hidden.any()


def test_what_makes_no_sense_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place, day = KeyRanges.of([(PLACES[0], PLACES[0] + 1)]), Window(0, 86_400)
    with Presence.open(tmp_path, zone="UTC", write=True) as presence:
        presence.ingest(batch([S(person, PLACES[0], 100, 5000) for person in range(30)]), key="a")
        for ask in (
            lambda: presence.footfall(place, day, step=0),
            lambda: presence.footfall(place, day, step="week"),  # type: ignore[arg-type]
            lambda: presence.footfall(place, Window(0, 2_000_000), step=1),
            lambda: presence.footfall(KeyRanges.of([]), day),
            lambda: presence.footfall(KeyRanges.of([(5, 5)]), day),
            lambda: presence.occupancy(place, day, step_s=0),
        ):
            with pytest.raises(InvalidValue):
                ask()
        monkeypatch.setattr(asking, "BUDGET", 10)
        with pytest.raises(TooMuch, match="30 stays"):
            presence.footfall(place, day)
        assert presence.footfall(place, day, force=True).rows[0].people == 30


def test_pages(tmp_path: Path) -> None:
    place, day = KeyRanges.of([(PLACES[0], PLACES[0] + 1)]), Window(0, 86_400)
    with Presence.open(tmp_path, zone="UTC", write=True) as presence:
        presence.ingest(batch([S(0, PLACES[0], 100, 50_000)]), key="a")
        first = presence.footfall(place, day, limit=20)
        assert (first.total, first.left_out) == (24, 4)
        rest = presence.footfall(place, day, limit=20, cursor=first.next)
        assert first.rows + rest.rows == presence.footfall(place, day).rows


def test_a_hub_is_counted_second_by_second(tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    start = rng.integers(0, 9_000, 3_000)
    end = np.minimum(start + rng.integers(0, 900, 3_000), 10_000)
    stays = [S(i // 2, PLACES[0], int(a), int(b)) for i, (a, b) in enumerate(zip(start, end, strict=True))]
    there = np.zeros((1_500, 10_000), dtype=np.bool_)
    for stay in stays:
        there[stay.person, stay.start : max(stay.end, stay.start + 1)] = True
    counts = there.sum(axis=0)
    with Presence.open(tmp_path, zone="UTC", write=True) as presence:
        presence.ingest(batch(stays), key="a")
        place = KeyRanges.of([(PLACES[0], PLACES[0] + 1)])
        (row,) = presence.occupancy(place, Window(0, 10_000), step_s=7).rows
    assert (row.peak, row.peak_at) == (counts.max(), counts.argmax())
    assert [present.people for present in row.steps] == counts[::7].tolist()
