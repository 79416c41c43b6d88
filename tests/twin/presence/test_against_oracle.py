"""Every question equals the brute force, on worlds with day edges, summer time, unknown floors, ties and duplicates."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.twin.presence import oracle
from tests.twin.presence.oracle import S
from tests.twin.presence.worlds import PLACES, batch, name, worlds
from twin.presence import CompanionRow, KeyRanges, Presence, ScaleParams, Threshold, Together, VisitorRow, nearness
from twin.types import Window

World = tuple[str, int, list[S]]


def filled(folder: str, zone: str, stays: list[S], batches: int) -> Presence:
    presence = Presence.open(Path(folder), zone=zone, write=True)
    presence.ingest(batch([S(person, PLACES[0], 1, 2) for person in range(7)]), key="everybody, in order, long ago")
    for part in range(batches):
        presence.ingest(batch(stays[part::batches]), key=f"part {part}")
    return presence


def flat(rows: list[CompanionRow]) -> list[tuple[object, ...]]:
    return [(r.person, r.together_s, r.certain_s, r.meetings, r.first, r.last, r.certain) for r in rows]


@st.composite
def windows(draw: st.DrawFn, midnight: int) -> Window:
    start = midnight + draw(st.sampled_from([-90000, -3600, 0, 1, 600, 40000]))
    return Window(start, start + draw(st.sampled_from([1, 600, 3600, 86400, 90000, 400000])))


@settings(max_examples=70, deadline=None)
@given(worlds(), st.data())
def test_companions(world: World, data: st.DataObject) -> None:
    zone, midnight, stays = world
    window = data.draw(windows(midnight))
    persons = data.draw(st.sets(st.integers(0, 6), min_size=1, max_size=3))
    scale, res = data.draw(st.sampled_from([("unit", None), ("floor", None), ("cell", 12), ("cell", 10), ("cell", 0)]))
    least = data.draw(st.sampled_from([0, 1, 600, 4000]))
    with TemporaryDirectory() as folder, filled(folder, zone, stays, data.draw(st.integers(1, 3))) as presence:
        answer = presence.companions(
            list(persons), window, rule=Together(nearness(scale, ScaleParams(res=res)), Threshold(least))
        )
    expected = oracle.companions(stays, persons, window, (scale, res), least)
    assert flat(answer.rows) == expected
    assert answer.total == len(expected)
    everybody = oracle.companions(stays, persons, window, (scale, res), 0)
    assert answer.below_threshold == len(everybody) - len(expected)
    for row in answer.rows:
        assert row.possible_s == row.together_s - row.certain_s
        every, sure = [], []
        for piece in row.evidence:
            every.append((piece.start, piece.end))
            sure += [(piece.start, piece.end)] * piece.certain
            assert piece.case in persons
            assert any(s.person == row.person and s.place == piece.other_place for s in stays)
            assert any(s.person == piece.case and s.place == piece.place for s in stays)
        assert (oracle.length(every), oracle.length(sure)) == (row.together_s, row.certain_s)
    assert answer.cost.rows_read >= answer.cost.least_rows


@settings(max_examples=40, deadline=None)
@given(worlds(), st.data())
def test_trajectory(world: World, data: st.DataObject) -> None:
    zone, midnight, stays = world
    window = data.draw(windows(midnight))
    person = data.draw(st.integers(0, 6))
    with TemporaryDirectory() as folder, filled(folder, zone, stays, data.draw(st.integers(1, 3))) as presence:
        rows = presence.trajectory(presence.person(name(person)), window).rows
    found = [(row.place, row.start, row.end, row.source, row.quality) for row in rows]
    assert found == oracle.trajectory(stays, person, window)


@settings(max_examples=40, deadline=None)
@given(worlds(), st.data())
def test_visitors(world: World, data: st.DataObject) -> None:
    zone, midnight, stays = world
    window = data.draw(windows(midnight))
    key = st.sampled_from(PLACES)
    widths = {"unit": 1, "floor": 1 << 13, "cell": 1 << 21, "block": 1 << 30}
    asked = data.draw(st.lists(st.tuples(key, st.sampled_from(list(widths.values()))), min_size=1, max_size=3))
    ranges = [(k // width * width, k // width * width + width) for k, width in asked]
    least = data.draw(st.sampled_from([0, 1, 600]))
    with TemporaryDirectory() as folder, filled(folder, zone, stays, data.draw(st.integers(1, 3))) as presence:
        rows = presence.visitors(KeyRanges.of(ranges), window, threshold=Threshold(least)).rows
    assert [visit(r) for r in rows] == oracle.visitors(stays, ranges, window, least)
    for row in rows:
        assert oracle.length([(v.start, v.end) for v in row.evidence]) == row.present_s


def visit(r: VisitorRow) -> tuple[object, ...]:
    return (r.person, r.present_s, r.certain_s, r.visits, r.first, r.last, r.certain)
