"""Every rule that comes with the program, applied to a town where it is known who should hold by it."""

from __future__ import annotations

from collections.abc import Iterator
from math import log

import pytest

from scenes.epidemic.rulebook.anchoring import end_of_day
from scenes.epidemic.rulebook.applying import WHOLE, apply_rule
from scenes.epidemic.rulebook.reading import rulebook
from tests.scenes.epidemic.ruled_town import (
    CASE,
    COLLEAGUE,
    CREW,
    DINER,
    FAR_SEATED,
    FRIEND,
    HOUR,
    LATER,
    MATE,
    MIDNIGHT,
    NEIGHBOUR,
    SEATED,
    Town,
    make_town,
)
from twin.errors import InvalidValue
from twin.types import Window


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    made = make_town(tmp_path_factory.mktemp("town") / "twin")
    yield made
    made.close()


def who(town: Town, address: str, overrides: dict[str, object] | None = None, **moments: object) -> dict[int, bool]:
    """Person to certain."""
    answer = apply_rule(town, rulebook().choose(address, overrides), town.asked(**moments))
    assert answer.total == len(answer.rows)
    return {row.person: row.certain for row in answer.rows}


def test_close_contacts_by_setting(town: Town) -> None:
    assert who(town, "close-contact-household") == {MATE: True}
    assert who(town, "close-contact-workplace") == {COLLEAGUE: True}
    assert who(town, "close-contact-dining") == {DINER: True}
    assert who(town, "close-contact-general") == {MATE: True, COLLEAGUE: True, DINER: True}


def test_the_look_back_is_a_clause(town: Town) -> None:
    late = {"onset": "2022-04-06", "isolation": "2022-04-07"}
    assert who(town, "close-contact-household", **late) == {}
    assert who(town, "close-contact-household/four-days", **late) == {MATE: True}
    assert who(town, "close-contact-household", {"window.days": 3}, **late) == {MATE: True}


def test_a_setting_that_the_twin_has_not(town: Town) -> None:
    with pytest.raises(InvalidValue, match=r"setting.*castle"):
        who(town, "close-contact-household", {"setting.building_use": ["castle"]})
    assert who(town, "close-contact-household", {"setting": None})[COLLEAGUE]


def test_general_contacts_are_those_that_are_not_close(town: Town) -> None:
    assert who(town, "general-contact") == {NEIGHBOUR: True}
    assert set(who(town, "general-contact", {"without": None})) == {MATE, NEIGHBOUR, COLLEAGUE, DINER}
    assert who(town, "general-contact/same-floor") == {NEIGHBOUR: True}
    assert who(town, "vehicle-general") == {FAR_SEATED: True}


def test_vehicles(town: Town) -> None:
    assert who(town, "vehicle-aircraft") == {SEATED: True, CREW: True}
    assert who(town, "vehicle-aircraft", {"near.nearby": 2, "near.crew": False}) == {}
    for other in ("vehicle-train-sealed", "vehicle-train-sealed/bays", "vehicle-coach", "vehicle-ship"):
        assert who(town, other) == {}
    aboard = {"near.modes": ["air"]}
    assert set(who(town, "vehicle-train-sealed", aboard)) == {SEATED, FAR_SEATED, CREW}
    assert set(who(town, "vehicle-coach", aboard)) == {SEATED, FAR_SEATED, CREW}
    assert set(who(town, "vehicle-coach/ventilated", aboard)) == {SEATED, CREW}


def test_contacts_of_contacts(town: Town) -> None:
    """The friend met the flat-mate two days after the flat-mate had met the case; the neighbour, earlier, is none."""
    answer = apply_rule(town, rulebook().choose("secondary-contact"), town.asked())
    hops = {row.person: row.hops for row in answer.rows}
    assert hops == {MATE: 1, COLLEAGUE: 1, DINER: 1, FRIEND: 2}
    assert answer.ruling["reached"] == [3, 1]
    (friend,) = [row for row in answer.rows if row.person == FRIEND]
    assert [(one.case, one.other) for one in friend.evidence] == [(CASE, MATE), (MATE, FRIEND)]
    assert friend.together_s == friend.certain_s == 2 * HOUR
    assert FRIEND not in who(town, "secondary-contact/isolated-next-day")


def test_isolated_contacts_reach_nobody(town: Town) -> None:
    asked = town.asked()
    isolated = type(asked)(asked.persons, asked.times, {MATE: MIDNIGHT + 50 * HOUR})
    answer = apply_rule(town, rulebook().choose("secondary-contact"), isolated)
    assert FRIEND not in {row.person for row in answer.rows}


def test_lingering(town: Town) -> None:
    """An hour from half an hour after the case had left: between one half-life and three."""
    answer = apply_rule(town, rulebook().choose("lingering-exposure"), town.asked())
    (row,) = [row for row in answer.rows if row.person == LATER]
    assert row.exposure_s == pytest.approx(1800 / log(2) * (1 / 2 - 1 / 8))
    assert who(town, "lingering-exposure", {"lingering.linger_s": 1800}) == {}


def test_spacetime_companions_and_their_variants(town: Town) -> None:
    """In 14 days the case was 89 hours at home, noodles included, and 24 in the office."""
    on = {"report": "2022-04-05"}
    near_home = {MATE, NEIGHBOUR, DINER}
    assert set(who(town, "spacetime-companion", **on)) == near_home
    assert set(who(town, "spacetime-companion", {"stay.hours": 20}, **on)) == {*near_home, COLLEAGUE}
    assert set(who(town, "spacetime-companion/or", **on)) == {*near_home, COLLEAGUE}
    assert who(town, "spacetime-companion/both", **on) == {}
    assert set(who(town, "spacetime-companion/district", **on)) == {*near_home, COLLEAGUE}
    assert LATER in who(town, "spacetime-companion/not-simultaneous", **on)
    assert who(town, "spacetime-companion", {"stay.days": 1}, **on) == {}
    row = apply_rule(town, rulebook().choose("spacetime-companion"), town.asked(**on)).rows[0]
    assert (row.case_stay_s, row.other_stay_s) == (89 * HOUR, 10 * HOUR)


def test_cdc_and_exposure_windows(town: Town) -> None:
    assert set(who(town, "cdc-15-minutes")) == {MATE, COLLEAGUE, DINER}
    assert DINER in who(town, "exposure-window")
    assert DINER not in who(town, "exposure-window", {"threshold.seconds": 1200})


def test_a_window_instead_of_anchors(town: Town) -> None:
    asked = town.asked()
    window = Window(MIDNIGHT + 9 * HOUR, MIDNIGHT + 12 * HOUR)
    given = type(asked)(asked.persons, type(asked.times)({}, window), {})
    answer = apply_rule(town, rulebook().choose("close-contact-general"), given)
    assert [row.person for row in answer.rows] == [COLLEAGUE]
    assert (answer.window, answer.ruling["anchor"]) == (window, None)


def test_an_answer_says_everything_that_decided_it(town: Town) -> None:
    chosen = rulebook().choose("spacetime-companion/or", {"threshold.strict": False})
    answer = apply_rule(town, chosen, town.asked(report="2023-04-05T12:00"))
    ruling = answer.ruling
    assert (answer.rule.id, answer.rule.version) == ("spacetime-companion/or+changed", 1)
    assert ruling["clauses"]["stay.combine"] == "or"
    assert ruling["changed"] == {
        "threshold.strict": {"written": True, "applied": False},
        "stay.combine": {"written": "and", "applied": "or"},
    }
    assert ruling["effective"] == {"from": "2021-11-01", "to": "2022-12-06"}
    assert ruling["warnings"] == [
        "rule spacetime-companion@1 held from 2021-11-01 to 2022-12-06; the question is about 2023-04-05"
    ]
    assert ruling["window"]["start_local"] == "2023-03-22T00:00:00+08:00"
    assert ruling["window"]["end_local"] == "2023-04-05T12:00:00+08:00"


def test_without_isolation_the_record_ends_it(town: Town) -> None:
    answer = apply_rule(town, rulebook().choose("close-contact-general"), town.asked(onset="2022-04-05"))
    last = town.presence.stats().last
    assert last is not None
    assert answer.window.end == end_of_day(last, "Asia/Shanghai") >= last
    assert "no isolation is given" in answer.ruling["warnings"][0]


def test_pages_stay_on_one_snapshot(town: Town) -> None:
    for address in ("general-contact", "close-contact-general", "secondary-contact"):
        chosen = rulebook().choose(address)
        whole = apply_rule(town, chosen, town.asked())
        rows, cursor = [], None
        while True:
            page = apply_rule(town, chosen, town.asked(), {**WHOLE, "limit": 1, "cursor": cursor})
            rows += page.rows
            cursor = page.next
            if cursor is None:
                break
        assert [row.person for row in rows] == [row.person for row in whole.rows]


def test_a_source_less_exact_than_the_scale_is_doubtful(town: Town) -> None:
    """Every stay of the town is of source 0."""
    assert who(town, "close-contact-household", {"sources.error_m.0": 50}) == {MATE: False}
    assert who(town, "spacetime-companion", {"sources.error_m.0": 50}, report="2022-04-05")[MATE]
    assert who(town, "close-contact-household", {"sources.doubtful": [0]}) == {MATE: False}
    assert who(town, "close-contact-household", {"sources.only": ["wifi"]}) == {}
