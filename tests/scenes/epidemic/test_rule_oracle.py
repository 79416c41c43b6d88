"""时空伴随 with every switch, and the CDC's 24 hours, against a plain reading of the text on small random worlds."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from tempfile import TemporaryDirectory
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scenes.epidemic.rulebook.anchoring import Times
from scenes.epidemic.rulebook.applying import Asked, apply_rule
from scenes.epidemic.rulebook.reading import rulebook
from tests.scenes.epidemic.ruled_town import Town
from tests.twin.presence import oracle_contact
from tests.twin.presence.oracle import S, union
from tests.twin.presence.test_against_oracle import filled
from tests.twin.presence.worlds import PLACES, worlds
from twin.presence import Contact, Dwell, Square, Threshold, Together, Trust
from twin.pseudonyms import Pseudonyms
from twin.store import Store
from twin.types import Window

HOUR = 3600


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A model without a place: these rules ask it for none."""
    with Store.create(tmp_path_factory.mktemp("model") / "twin", name="nowhere") as made:
        yield made


switches = st.fixed_dictionaries(
    {},
    optional={
        "near.side_m": st.sampled_from([20, 800, 5000]),
        "near.origin": st.sampled_from([[113.0, 22.0], [114.0305, 22.6095]]),
        "near.same_floor": st.booleans(),
        "threshold.seconds": st.sampled_from([0, 600, 5000]),
        "threshold.per": st.sampled_from(["meeting", "window", "day"]),
        "threshold.strict": st.booleans(),
        "threshold.each_place": st.booleans(),
        "threshold.when": st.sampled_from(["same_time", "same_day", "same_window"]),
        "gaps.bridge_s": st.sampled_from([0, 1800]),
        "stay.hours": st.sampled_from([0, 1, 5, 30]),
        "stay.days": st.sampled_from([1, 3, 14]),
        "stay.strict": st.booleans(),
        "stay.who": st.sampled_from(["either", "both", "case", "other"]),
        "stay.where": st.sampled_from(["met", "shared", "anywhere"]),
        "stay.combine": st.sampled_from(["and", "or"]),
        "sources.only": st.sampled_from([["0", "1"], [2]]),
        "sources.doubtful": st.just(["1"]),
    },
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(worlds(), st.data(), switches)
def test_spacetime_companions(store: Store, world: Any, data: st.DataObject, overrides: dict[str, Any]) -> None:
    zone, midnight, stays = world
    persons = data.draw(st.sets(st.integers(0, 6), min_size=1, max_size=2))
    anchor = midnight + data.draw(st.sampled_from([-3600, 600, 40_000, 100_000]))
    asked = Asked(sorted(persons), Times({"report": anchor}), {})
    chosen = rulebook().choose("spacetime-companion", {"window.zone": zone, "window.days": 3, **overrides})
    with TemporaryDirectory() as folder, filled(folder, zone, stays, 2) as presence:
        answer = apply_rule(Town(store, presence, Pseudonyms.open(store.folder), zone), chosen, asked)
    found = [oracle_contact.Row(r.person, r.together_s, r.certain, r.measured_s or 0, _stays(r)) for r in answer.rows]
    window, rule = as_the_text_says(zone, anchor, overrides)
    assert answer.window == window
    assert found == oracle_contact.contacts(stays, persons, window, rule, zone)


def _stays(row: Any) -> tuple[int, int]:
    return row.case_stay_s, row.other_stay_s


def as_the_text_says(zone: str, anchor: int, o: dict[str, Any]) -> tuple[Window, Contact]:
    """The rule written out by hand, with what is overridden."""
    window, stays = (Window(days_before(zone, anchor, days), anchor) for days in (3, o.get("stay.days", 14)))
    square = Square(
        o.get("near.side_m", 800), tuple(o.get("near.origin", (113.0, 22.0))), o.get("near.same_floor", False)
    )
    threshold = Threshold(
        o.get("threshold.seconds", 600), o.get("threshold.per", "meeting"), strict=o.get("threshold.strict", True)
    )
    only = o.get("sources.only")
    trust = Trust(
        None if only is None else frozenset(map(int, only)), frozenset(map(int, o.get("sources.doubtful", ())))
    )
    if square.side_m < 400:
        trust = Trust(trust.only, trust.doubtful | {4})  # towers are not as exact as that
    dwell = Dwell(
        o.get("stay.hours", 30) * HOUR,
        o.get("stay.strict", True),
        o.get("stay.who", "either"),
        o.get("stay.where", "met"),
        stays,
    )
    together = Together(square, threshold, o.get("gaps.bridge_s", 0), trust)
    each = o.get("threshold.each_place", True)
    return window, Contact(together, each, o.get("threshold.when", "same_time"), dwell, o.get("stay.combine", "and"))


def days_before(zone: str, second: int, days: int) -> int:
    """The first second of the local day so many days before that of a second, found by walking back."""
    local = ZoneInfo(zone)
    wanted = datetime.fromtimestamp(second, local).date().toordinal() - days
    at = second - second % 900
    while datetime.fromtimestamp(at - 900, local).date().toordinal() >= wanted:
        at -= 900
    return at


minutes = st.integers(0, 60 * 72).map(lambda minute: minute * 60)
meetings = st.lists(
    st.tuples(st.sampled_from(PLACES[:3]), minutes, st.sampled_from([60, 300, 420, 899, 900])), max_size=8
)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(meetings)
def test_fifteen_minutes_in_any_24_hours(store: Store, met: list[tuple[int, int, int]]) -> None:
    """Every span of 24 hours that begins at any minute is looked at; meetings at several places add up."""
    begin = 1_710_000_000 - 1_710_000_000 % 86_400
    stays = [S(p, place, begin + at, begin + at + length) for place, at, length in met for p in (0, 1)]
    asked = Asked([0], Times({"onset": begin + 86_400, "isolation": begin + 5 * 86_400}), {})
    with TemporaryDirectory() as folder, filled(folder, "UTC", stays, 1) as presence:
        town = Town(store, presence, Pseudonyms.open(store.folder), "UTC")
        rows = apply_rule(town, rulebook().choose("cdc-15-minutes"), asked).rows
    spans = union([(at, at + length) for _, at, length in met])
    most = max(
        (
            sum(max(min(end, first + 86_400) - max(start, first), 0) for start, end in spans)
            for span in spans
            for first in (span[0], span[1] - 86_400)
        ),
        default=0,
    )
    assert [row.person for row in rows] == ([1] if most >= 900 else [])
    if rows:
        assert rows[0].measured_s == most


def test_walking_back_finds_midnight() -> None:
    assert days_before("Europe/Berlin", 1_711_900_000, 0) == 1_711_839_600
