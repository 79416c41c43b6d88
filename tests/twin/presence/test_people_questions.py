"""Meetings, shared places, lingering and trajectories of many equal the brute force; their bounds and refusals."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.twin.presence import oracle, oracle_people
from tests.twin.presence.oracle import S
from tests.twin.presence.test_against_oracle import World, filled, windows
from tests.twin.presence.test_together import SCALES, rules
from tests.twin.presence.worlds import PLACES, batch, name, worlds
from twin.errors import InvalidValue, TooMuch, UnknownPerson
from twin.presence import Cell, Presence, Radius, Threshold, Together, Trust, asking
from twin.presence.questions import tallying
from twin.types import Window

PEOPLE = st.sets(st.integers(0, 6), min_size=2, max_size=5)
DIVIDING = [at for at in SCALES if at.partition]


@settings(max_examples=45, deadline=None)
@given(worlds(), st.data(), rules())
def test_meetings(world: World, data: st.DataObject, rule: Together) -> None:
    zone, midnight, stays = world
    window, persons = data.draw(windows(midnight)), data.draw(PEOPLE)
    with TemporaryDirectory() as folder, filled(folder, zone, stays, data.draw(st.integers(1, 3))) as presence:
        answer = presence.meetings(list(persons), window, rule=rule)
        for row in answer.rows:
            assert (row.pseudonym, row.other_pseudonym) == (name(row.person), name(row.other))
    expected = oracle_people.meetings(stays, persons, window, rule, zone)
    spans = [[(meeting.start, meeting.end) for meeting in row.intervals] for row in answer.rows]
    found = [(r.person, r.other, s, r.certain_s, r.certain) for r, s in zip(answer.rows, spans, strict=True)]
    assert found == expected
    assert answer.total == len(expected)
    for row, span in zip(answer.rows, spans, strict=True):
        assert (row.meetings, row.first, row.last) == (len(span), span[0][0], span[-1][1])
        assert row.together_s == oracle.length(span) == row.certain_s + row.possible_s
        assert sum(meeting.certain_s for meeting in row.intervals) == row.certain_s
        for meeting in row.intervals:
            parts = [(piece.start, piece.end) for piece in meeting.evidence]
            assert oracle.union(parts) == [(meeting.start, meeting.end)]
            assert oracle.length([p for p, e in zip(parts, meeting.evidence, strict=True) if e.certain]) == (
                meeting.certain_s
            )
            assert all(piece.case == row.person for piece in meeting.evidence)


@settings(max_examples=20, deadline=None)
@given(worlds(), st.data(), rules())
def test_two_who_met_are_companions(world: World, data: st.DataObject, rule: Together) -> None:
    zone, midnight, stays = world
    window, persons = data.draw(windows(midnight)), data.draw(PEOPLE)
    with TemporaryDirectory() as folder, filled(folder, zone, stays, 2) as presence:
        rows = presence.meetings(list(persons), window, rule=rule).rows
        for person in persons:
            met = {r.person: r for r in presence.companions([person], window, rule=rule).rows}
            for row in (row for row in rows if row.person == person):
                other = met[row.other]
                assert (row.together_s, row.certain_s, row.meetings) == (
                    other.together_s,
                    other.certain_s,
                    other.meetings,
                )


@settings(max_examples=60, deadline=None)
@given(worlds(), st.data(), rules())
def test_shared_places(world: World, data: st.DataObject, drawn: Together) -> None:
    together, at_least = data.draw(st.booleans()), data.draw(st.integers(1, 3))
    at = data.draw(st.sampled_from(DIVIDING))
    zone, midnight, stays = world
    rule = Together(at, drawn.threshold, drawn.bridge_s, drawn.trust)
    window, persons = data.draw(windows(midnight)), data.draw(PEOPLE)
    with (
        pytest.MonkeyPatch.context() as patch,
        TemporaryDirectory() as folder,
        filled(folder, zone, stays, data.draw(st.integers(1, 3))) as presence,
    ):
        patch.setattr(tallying, "MANY", data.draw(st.sampled_from([0, 4, 20_000])))
        answer = presence.shared_places(list(persons), window, rule=rule, together=together, at_least=at_least)
    expected = oracle_people.shared_places(stays, persons, window, rule, (together, at_least, zone))
    assert [(r.place, r.cases, r.footfall, r.people) for r in answer.rows] == [
        (e.place, len(e.who), e.footfall, e.people) for e in expected
    ]
    assert [r.lift for r in answer.rows] == pytest.approx([e.lift for e in expected])
    for row, wanted in zip(answer.rows, expected, strict=True):
        assert row.certain_cases == sum(wanted.certain.values())
        assert row.expected == pytest.approx(row.asked * row.footfall / row.people)
        assert {guest.person for guest in row.who} == set(wanted.who)
        assert [guest.first for guest in row.who] == sorted(guest.first for guest in row.who)
        for guest in row.who:
            found = (guest.present_s, guest.certain_s, guest.visits, guest.first, guest.last)
            assert found == oracle.summary(wanted.who[guest.person])[:5]
            assert guest.certain == wanted.certain[guest.person]
            others = oracle_people.with_others(guest.person, wanted.who)
            assert guest.together_s == oracle.length([span for span, _ in others])
            assert guest.pseudonym == name(guest.person)
            assert oracle.length([(v.start, v.end) for v in guest.evidence]) == guest.present_s
        assert row.present_s == sum(guest.present_s for guest in row.who)
        gathered = oracle_people.gatherings(wanted.who)
        assert row.gatherings == [tuple(one) for one in gathered]
        assert row.most_at_once == max([len(people) for *_, people in gathered], default=1)
        pairs = [span for person in wanted.who for span, _ in oracle_people.with_others(person, wanted.who)]
        assert row.together_s == oracle.length(pairs)


@settings(max_examples=60, deadline=None)
@given(worlds(), st.data(), rules())
def test_lingering(world: World, data: st.DataObject, rule: Together) -> None:
    zone, midnight, stays = world
    window = data.draw(windows(midnight))
    persons = data.draw(st.sets(st.integers(0, 6), min_size=1, max_size=3))
    linger = data.draw(st.sampled_from([1, 600, 7200, 100_000]))
    half_life = data.draw(st.sampled_from([1.0, 600.0, 5400.5]))
    with TemporaryDirectory() as folder, filled(folder, zone, stays, data.draw(st.integers(1, 3))) as presence:
        answer = presence.lingering(list(persons), window, rule=rule, linger_s=linger, half_life_s=half_life)
    everybody = oracle_people.lingering(stays, persons, window, rule, (linger, half_life, zone))
    expected = {person: row for person, row in everybody.items() if row[-1][0]}  # type: ignore[index]
    assert {row.person for row in answer.rows} == set(expected)
    assert answer.below_threshold == len(everybody) - len(expected)
    assert [r.exposure_s for r in answer.rows] == sorted((r.exposure_s for r in answer.rows), reverse=True)
    for row in answer.rows:
        weight, sure, late, certain, visits, first, last, _, soonest, direct, verdict = expected[row.person]
        assert row.exposure_s == pytest.approx(weight, abs=1e-6)
        assert row.certain_exposure_s == pytest.approx(sure, abs=1e-6)
        assert (row.late_s, row.certain_s, row.possible_s) == (late, certain, late - certain)  # type: ignore[operator]
        assert (row.visits, row.first, row.last, row.after_s) == (visits, first, last, soonest)
        assert (row.direct, row.certain) == (direct, verdict[1])  # type: ignore[index]
        assert oracle.length([(piece.start, piece.end) for piece in row.evidence]) == late
        assert min(piece.after_s for piece in row.evidence) == soonest
        assert all(piece.case in persons for piece in row.evidence)


@settings(max_examples=30, deadline=None)
@given(worlds(), st.data())
def test_trajectories_of_many(world: World, data: st.DataObject) -> None:
    zone, midnight, stays = world
    window, persons = data.draw(windows(midnight)), data.draw(PEOPLE)
    with TemporaryDirectory() as folder, filled(folder, zone, stays, data.draw(st.integers(1, 3))) as presence:
        whole = presence.trajectory(list(persons), window).rows
        paged, cursor = [], None
        while True:
            page = presence.trajectory(list(persons), window, limit=3, cursor=cursor)
            paged += page.rows
            cursor = page.next
            if cursor is None:
                break
        alone = {person: presence.trajectory(person, window).rows for person in persons}
    assert paged == whole
    assert whole == sorted(whole, key=lambda row: (row.start, row.person, row.end, row.place, row.source, row.quality))
    assert all(row.pseudonym == name(row.person) for row in whole)
    for person in persons:
        found = [row for row in whole if row.person == person]
        assert found == alone[person]
        rows = [(row.place, row.start, row.end, row.source, row.quality) for row in found]
        assert rows == oracle.trajectory(stays, person, window)


DAY = Window(0, 86_400)


def test_one_point_in_time_told_twice_is_one_row(tmp_path: Path) -> None:
    here = PLACES[1]
    with Presence.open(tmp_path, zone="UTC", write=True) as presence:
        presence.ingest(batch([S(0, here, 50, 50), S(0, here, 60, 90), S(0, here, 90, 90)]), key="a")
        presence.ingest(batch([S(0, here, 50, 50), S(0, here, 90, 90)]), key="b")
        rows = presence.trajectory(0, DAY).rows
    assert [(row.start, row.end) for row in rows] == [(50, 50), (60, 90), (90, 90)]


def small(folder: Path, people: int = 5) -> Presence:
    presence = Presence.open(folder, zone="UTC", write=True)
    presence.ingest(batch([S(person, PLACES[1], 100 * person, 5000) for person in range(people)]), key="a")
    return presence


def test_what_makes_no_sense_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ring = Together(Cell(9, ring=1), Threshold(0))
    with small(tmp_path) as presence:
        for ask in (
            lambda: presence.meetings([0], DAY),
            lambda: presence.meetings([1, 1], DAY),
            lambda: presence.shared_places([0, 1], DAY, at_least=0),
            lambda: presence.shared_places([0, 1], DAY, rule=ring),
            lambda: presence.shared_places([0, 1], DAY, rule=Together(Radius(30))),
            lambda: presence.lingering([0], DAY, linger_s=0),
            lambda: presence.lingering([0], DAY, linger_s=800_000),
            lambda: presence.lingering([0], DAY, half_life_s=0),
        ):
            with pytest.raises(InvalidValue):
                ask()
        with pytest.raises(UnknownPerson):
            presence.meetings([0, 99], DAY)
        for module in ("meetings", "shared_places"):
            monkeypatch.setattr(f"twin.presence.questions.{module}.MOST_IN_GROUP", 3)
        for question in (presence.meetings, presence.shared_places):
            with pytest.raises(InvalidValue, match="3 is the most"):
                question(range(4), DAY)
        assert presence.meetings(range(3), DAY).total == 3


def test_too_much_is_said_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "BUDGET", 10)
    with small(tmp_path, 30) as presence:
        for ask in (
            lambda force: presence.meetings(range(8), DAY, force=force),
            lambda force: presence.shared_places(range(3), DAY, force=force),
            lambda force: presence.lingering([0], DAY, force=force),
        ):
            with pytest.raises(TooMuch, match="would read"):
                ask(False)
        monkeypatch.setattr("twin.presence.questions.trajectory.FEW", 3)
        with pytest.raises(TooMuch, match="30 stays"):
            presence.trajectory(range(30), DAY)
        assert presence.trajectory(range(30), DAY, force=True).total == presence.trajectory(range(3), DAY).total * 10
        assert presence.meetings(range(8), DAY, force=True).total == 28
        assert presence.shared_places(range(3), DAY, force=True).rows[0].footfall == 30


def test_pages_and_what_is_left_out(tmp_path: Path) -> None:
    with small(tmp_path) as presence:
        first = presence.meetings(range(5), DAY, limit=4)
        assert (first.total, first.left_out, len(first.rows)) == (10, 6, 4)
        second = presence.meetings(range(5), DAY, limit=10, cursor=first.next)
        assert first.rows + second.rows == presence.meetings(range(5), DAY).rows
        assert second.next is None
        with pytest.raises(InvalidValue, match="another question"):
            presence.lingering(range(5), DAY, cursor=first.next)


def test_who_stays_on_is_weighed_from_the_leaving(tmp_path: Path) -> None:
    """Closed form: present from the leaving on for one half-life weighs half_life * (1 - 1/2) / ln 2."""
    stays = [S(0, PLACES[1], 0, 1000), S(1, PLACES[1], 500, 2800), S(2, PLACES[1], 2800, 9999)]
    with Presence.open(tmp_path, zone="UTC", write=True) as presence:
        presence.ingest(batch(stays), key="a")
        rows = presence.lingering([0], DAY, linger_s=3600, half_life_s=1800).rows
    assert [(row.person, row.late_s, row.after_s, row.direct) for row in rows] == [
        (1, 1800, 0, True),
        (2, 1800, 1800, False),
    ]
    assert [row.exposure_s for row in rows] == pytest.approx([1800 * 0.5 / 0.693147, 1800 * 0.25 / 0.693147], rel=1e-5)


def test_a_hub_says_little_and_a_backroom_much(tmp_path: Path) -> None:
    """Three cases share a hall with everybody and a room with nobody: the room comes first."""
    hall, room = PLACES[0], PLACES[8]
    stays = [S(person, hall, 1000 + person, 2000 + person) for person in range(60)]
    stays += [S(person, room, 5000 + 1000 * person, 5500 + 1000 * person) for person in range(3)]
    with Presence.open(tmp_path, zone="UTC", write=True) as presence:
        presence.ingest(batch(stays), key="a")
        answer = presence.shared_places([0, 1, 2], DAY)
        together = presence.shared_places([0, 1, 2], DAY, together=True)
    assert [(row.place, row.footfall, row.lift) for row in answer.rows] == [(room, 3, 20.0), (hall, 60, 1.0)]
    assert [row.place for row in together.rows] == [hall]
    assert [g.persons for g in together.rows[0].gatherings] == [(0, 1), (0, 1, 2), (1, 2)]


def test_a_record_within_a_longer_one_is_no_leaving(tmp_path: Path) -> None:
    here = PLACES[1]
    stays = [S(0, here, 0, 1000), S(0, here, 100, 200), S(0, here, 500, 600)]
    stays += [S(1, here, 650, 700), S(2, here, 2000, 2100)]
    with Presence.open(tmp_path, zone="UTC", write=True) as presence:
        presence.ingest(batch(stays), key="a")
        rows = presence.lingering([0], DAY).rows
    assert [(row.person, row.after_s) for row in rows] == [(2, 1000)]
    assert [late.left for late in rows[0].evidence] == [1000]


def test_chance_is_reckoned_by_records_that_are_trusted(tmp_path: Path) -> None:
    """Three of four people are known from a source that counts, one of them at a point in time of the next day."""
    here = PLACES[1]
    stays = [S(0, here, 0, 9, 1), S(1, here, 5, 20, 1), S(2, here, 0, 9, 3), S(3, here, 100_000, 100_000, 1)]
    rule = Together(threshold=Threshold(0), trust=Trust(only=frozenset({1})))
    with Presence.open(tmp_path, zone="UTC", write=True) as presence:
        presence.ingest(batch(stays), key="a")
        for end, people in ((86_400, 2), (100_000, 2), (100_001, 3)):
            (row,) = presence.shared_places([0, 1], Window(0, end), rule=rule).rows
            assert (row.people, row.footfall) == (people, people)
