"""Whole rules equal the brute force, on worlds with day edges, summer time, unknown floors, ties and duplicates."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.twin.presence import oracle_contact
from tests.twin.presence.oracle import S
from tests.twin.presence.test_against_oracle import World, filled, windows
from tests.twin.presence.test_together import SCALES
from tests.twin.presence.worlds import PLACES, batch, name, worlds
from twin.errors import InvalidValue, TooMuch
from twin.presence import Contact, ContactRow, Dwell, Presence, Square, Threshold, Together, Trust, asking
from twin.types import Window

HOUR = 3600


@st.composite
def contact_rules(draw: st.DrawFn, midnight: int) -> Contact:
    threshold = Threshold(
        draw(st.sampled_from([0, 1, 600, 4000])),
        draw(st.sampled_from(["window", "meeting", "day", "span"])),
        draw(st.sampled_from([600, 7200, 86_400])),
        draw(st.booleans()),
    )
    some = st.sampled_from([frozenset({0, 1}), frozenset({1})])
    trust = Trust(draw(st.none() | some), draw(st.just(frozenset()) | some))
    together = Together(draw(st.sampled_from(SCALES)), threshold, draw(st.sampled_from([0, 0, 1800])), trust)
    dwell = draw(st.none() | dwells(midnight))
    return Contact(
        together,
        draw(st.booleans()),
        draw(st.sampled_from(["same_time", "same_time", "same_day", "same_window"])),
        dwell,
        draw(st.sampled_from(["and", "or"])),
        draw(st.sampled_from([(), (), ((1, 0), (2, 7200)), ((0, 600),)])),
    )


def dwells(midnight: int) -> st.SearchStrategy[Dwell]:
    spans = st.tuples(st.integers(-200_000, 100_000), st.integers(1, 300_000))
    return st.builds(
        Dwell,
        st.sampled_from([0, 600, 7200, 30_000]),
        st.booleans(),
        st.sampled_from(["either", "both", "case", "other"]),
        st.sampled_from(["met", "shared", "anywhere"]),
        st.none() | spans.map(lambda span: Window(midnight + span[0], midnight + span[0] + span[1])),
    )


def flat(row: ContactRow) -> oracle_contact.Row:
    stays = None if row.case_stay_s is None or row.other_stay_s is None else (row.case_stay_s, row.other_stay_s)
    return oracle_contact.Row(row.person, row.together_s, row.certain, row.measured_s, stays)


@settings(max_examples=60, deadline=None)
@given(worlds(), st.data())
def test_contacts_by_any_rule(world: World, data: st.DataObject) -> None:
    zone, midnight, stays = world
    window = data.draw(windows(midnight))
    rule = data.draw(contact_rules(midnight))
    persons = data.draw(st.sets(st.integers(0, 6), min_size=1, max_size=3))
    other, into = data.draw(st.just((0, 0)) | st.sampled_from([(0, 1), (5, 0), (3, 4)]))
    with TemporaryDirectory() as folder, filled(folder, zone, stays, data.draw(st.integers(1, 3))) as presence:
        if other != into:
            presence.merge(name(into), [name(other)], key="same", reason="one human")
        answer = presence.contacts(list(persons), window, rule=rule)
    found = [flat(row) for row in answer.rows]
    stays = [replace(stay, person=into) if stay.person == other else stay for stay in stays]
    persons = {into if person == other else person for person in persons}
    expected = oracle_contact.contacts(stays, persons, window, rule, zone)
    assert found == expected
    assert answer.total == len(expected)


NIGHT, DAY = 8 * HOUR, 24 * HOUR


def lived(folder: Path) -> Presence:
    """Person 0 lives at a place for five nights; 1 meets them there for 20 minutes, 2 for 5, 3 comes when 0 is out."""
    home, work = PLACES[1], PLACES[8]
    stays = [S(0, home, day * DAY, day * DAY + NIGHT) for day in range(5)]
    stays += [S(0, work, day * DAY + 10 * HOUR, day * DAY + 12 * HOUR) for day in range(5)]
    stays += [S(1, home, HOUR, HOUR + 1200), S(2, home, HOUR, HOUR + 300), S(3, home, 9 * HOUR, 9 * HOUR + 1200)]
    stays += [S(4, work, 11 * HOUR, 11 * HOUR + 1200)]
    presence = Presence.open(folder, zone="UTC", write=True)
    presence.ingest(batch(stays), key="five days")
    return presence


WEEK = Window(0, 7 * DAY)


def who(presence: Presence, rule: Contact, window: Window = WEEK) -> list[int]:
    return sorted(row.person for row in presence.contacts([0], window, rule=rule).rows)


def test_every_clause_of_spacetime_companions_tells(tmp_path: Path) -> None:
    """More than 10 minutes at one time in a square, and either of the two more than 30 hours there in 14 days."""
    near = Together(Square(800.0), Threshold(600, "meeting", strict=True))
    thirty = Dwell(30 * HOUR)
    with lived(tmp_path) as presence:
        assert who(presence, Contact(near, True)) == [1, 4]
        assert who(presence, Contact(near, True, dwell=thirty)) == [1]
        assert who(presence, Contact(near, True, dwell=Dwell(30 * HOUR, who="both"))) == []
        assert who(presence, Contact(near, True, dwell=Dwell(30 * HOUR, who="other"))) == []
        assert who(presence, Contact(near, True, dwell=Dwell(30 * HOUR, where="anywhere"))) == [1, 4]
        assert who(presence, Contact(near, True, dwell=thirty, combine="or")) == [1, 2, 4]
        assert who(presence, Contact(near, True, "same_window")) == [1, 3, 4]
        assert who(presence, Contact(near, True, "same_window", thirty)) == [1, 3]
        assert who(presence, Contact(near, True, dwell=Dwell(40 * HOUR, strict=True))) == []
        assert who(presence, Contact(near, True, dwell=Dwell(40 * HOUR, strict=False))) == [1]
        five_before = Dwell(30 * HOUR, window=Window(-10 * DAY, 2 * DAY))
        assert who(presence, Contact(near, True, dwell=five_before)) == []


def test_the_long_stay_counts_where_the_two_were_together_for_long_enough(tmp_path: Path) -> None:
    """Five minutes at home, where one lives, and twenty at work, where one is for ten hours in all, make no contact."""
    rule = Together(Square(800.0), Threshold(600, "meeting", strict=True))
    with lived(tmp_path) as presence:
        stays = [S(5, PLACES[1], 2 * HOUR, 2 * HOUR + 300), S(5, PLACES[8], 11 * HOUR, 11 * HOUR + 1200)]
        presence.ingest(batch(stays), key="another")
        assert 5 not in who(presence, Contact(rule, True, dwell=Dwell(30 * HOUR)))
        assert 5 in who(presence, Contact(rule, True, dwell=Dwell(30 * HOUR, where="shared")))
        assert 5 in who(presence, Contact(rule, False, dwell=Dwell(30 * HOUR)))
        assert 5 in who(presence, Contact(rule, True, dwell=Dwell(30 * HOUR), combine="or"))


def test_time_at_several_places_adds_up_unless_each_counts_by_itself(tmp_path: Path) -> None:
    stays = [S(0, PLACES[1], 0, 400), S(1, PLACES[1], 0, 400), S(0, PLACES[8], 400, 800), S(1, PLACES[8], 400, 800)]
    rule = Together(Square(800.0), Threshold(600, "meeting", strict=True))
    with Presence.open(tmp_path, zone="UTC", write=True) as presence:
        presence.ingest(batch(stays), key="a")
        assert who(presence, Contact(rule)) == [1]
        assert who(presence, Contact(rule, each_place=True)) == []


def test_pages_join_to_the_whole(tmp_path: Path) -> None:
    rule = Contact(Together(Square(800.0), Threshold(60)), dwell=Dwell(0, strict=False))
    with lived(tmp_path) as presence:
        whole = presence.contacts([0], WEEK, rule=rule, limit=None)
        rows, cursor = [], None
        while True:
            page = presence.contacts([0], WEEK, rule=rule, limit=1, cursor=cursor)
            rows += page.rows
            cursor = page.next
            assert page.left_out == whole.total - 1
            if cursor is None:
                break
        assert [(row.person, list(row.evidence)) for row in rows] == [(r.person, list(r.evidence)) for r in whole.rows]
        assert whole.cost.rows_read >= whole.cost.least_rows
        with pytest.raises(InvalidValue, match="cursor"):
            presence.contacts([0], WEEK, rule=Contact(), cursor=presence.contacts([0], WEEK, rule=rule, limit=1).next)


def test_evidence_names_the_places(tmp_path: Path) -> None:
    rule = Contact(Together(Square(800.0), Threshold(600)), True, "same_window")
    with lived(tmp_path) as presence:
        (row,) = [row for row in presence.contacts([0], WEEK, rule=rule).rows if row.person == 3]
    (piece,) = row.evidence
    assert (piece.start, piece.end, piece.case, piece.place, piece.other_place) == (
        9 * HOUR, 9 * HOUR + 1200, 0, PLACES[1], PLACES[1],
    )  # fmt: skip


def test_the_days_of_a_rule_may_be_of_another_zone(tmp_path: Path) -> None:
    """Two meetings of eight minutes around midnight in UTC: one day in Shanghai."""
    stays = [S(p, PLACES[1], DAY + at, DAY + at + 480) for at in (-600, 600) for p in (0, 1)]
    rule = Contact(Together(threshold=Threshold(900, "day")))
    with Presence.open(tmp_path, zone="UTC", write=True) as presence:
        presence.ingest(batch(stays), key="a")
        assert presence.contacts([0], WEEK, rule=rule).total == 0
        answer = presence.contacts([0], WEEK, rule=rule, zone="Asia/Shanghai")
        assert (answer.total, answer.zone) == (1, "Asia/Shanghai")
        by_day = Contact(Together(threshold=Threshold(900)), when="same_day")
        assert presence.contacts([0], WEEK, rule=by_day).total == 0
        assert presence.contacts([0], WEEK, rule=by_day, zone="Asia/Shanghai").total == 1


def test_too_many_stays_are_said_before_they_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rule = Contact(Together(Square(800.0), Threshold(0)), dwell=Dwell(0))
    with lived(tmp_path) as presence:
        monkeypatch.setattr(asking, "BUDGET", 7)
        one = Window(0, 2 * HOUR)
        far_back = Contact(rule.together, dwell=Dwell(0, window=WEEK))
        with pytest.raises(TooMuch):
            presence.contacts([0], one, rule=far_back)
        assert presence.contacts([0], one, rule=far_back, force=True).total == 2


def test_a_rule_says_what_it_is() -> None:
    rule = Contact(Together(Square(800.0), Threshold(600, "meeting", strict=True)), True, dwell=Dwell())
    text = rule.rule("contacts").text
    assert "more than 600 s at one meeting" in text
    assert "Each place is measured by itself" in text
    assert "And either of the two stayed more than 108000 s where they met." in text
    assert "same local day" in Contact(when="same_day").rule("contacts").text


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: Dwell(-1),
        lambda: Dwell(who="nobody"),  # type: ignore[arg-type]
        lambda: Dwell(where="nowhere"),  # type: ignore[arg-type]
        lambda: Contact(when="never"),  # type: ignore[arg-type]
        lambda: Contact(combine="xor"),  # type: ignore[arg-type]
        lambda: Contact(gaps=((1, -1),)),
        lambda: Contact(gaps=((1, 5), (1, 6))),
    ],
)
def test_wrong_values_are_refused(wrong) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(InvalidValue):
        wrong()
