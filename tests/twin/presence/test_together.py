"""Every scale, measure, bridge and trust equals the brute force; scales by name; what is too much is said before."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.twin.presence import oracle_together
from tests.twin.presence.oracle import S
from tests.twin.presence.test_against_oracle import World, filled, windows
from tests.twin.presence.worlds import PLACES, batch, worlds
from twin.errors import InvalidValue, TooMuch
from twin.geo.cells import cell_ring, cells_to_keys, keys_to_cells, lonlat_to_cells
from twin.presence import (
    Areas,
    Cell,
    Floor,
    KeyRanges,
    Nearness,
    Presence,
    Radius,
    ScaleParams,
    Square,
    Threshold,
    Together,
    Trust,
    Unit,
    asking,
    nearness,
)
from twin.types import U64, Window

_BUILDINGS = Areas(
    "building",
    KeyRanges.of(sorted((key, key + 1) for key in (*PLACES[:3], PLACES[6], PLACES[8]))),
    np.array([2, 2, 2, 1, 7], dtype=np.int64),
)

SCALES: list[Nearness] = [
    Unit(),
    Floor(),
    Cell(12),
    Cell(11, ring=1),
    Cell(12, ring=2, same_floor=True),
    Cell(9, same_floor=True),
    Square(800.0),
    Square(200.0, origin=(114.0, 22.5), same_floor=True),
    Square(2000.0),
    Radius(5.0),
    Radius(30.0),
    Radius(200.0, same_floor=True),
    _BUILDINGS,
    Areas("building", _BUILDINGS.ranges, _BUILDINGS.area, same_floor=True),
]


@st.composite
def rules(draw: st.DrawFn) -> Together:
    threshold = Threshold(
        draw(st.sampled_from([0, 1, 600, 4000])),
        draw(st.sampled_from(["window", "meeting", "day", "span"])),
        draw(st.sampled_from([600, 7200, 86_400])),
        draw(st.booleans()),
    )
    trust = Trust(
        draw(st.sampled_from([None, frozenset({0, 1}), frozenset({2})])),
        draw(st.sampled_from([frozenset(), frozenset({1})])),
    )
    return Together(draw(st.sampled_from(SCALES)), threshold, draw(st.sampled_from([0, 0, 60, 1800])), trust)


@settings(max_examples=120, deadline=None)
@given(worlds(), st.data(), rules())
def test_companions_by_any_rule(world: World, data: st.DataObject, rule: Together) -> None:
    zone, midnight, stays = world
    window = data.draw(windows(midnight))
    persons = data.draw(st.sets(st.integers(0, 6), min_size=1, max_size=3))
    with TemporaryDirectory() as folder, filled(folder, zone, stays, data.draw(st.integers(1, 3))) as presence:
        answer = presence.companions(list(persons), window, rule=rule)
    found = [(row.person, row.together_s, row.certain_s, row.certain) for row in answer.rows]
    assert found == oracle_together.companions(stays, persons, window, rule, zone)


def around_here() -> U64:
    """Places near each other and far, at every resolution, on known floors and unknown ones."""
    keys = list(PLACES)
    for lonlat in ([114.03, 22.61], [114.0302, 22.6101], [114.035, 22.613]):
        for res in range(7, 13):
            keys += cells_to_keys(lonlat_to_cells([lonlat], res), [1], [0]).tolist()
    ring = cell_ring(int(keys_to_cells([PLACES[0]])[0]), 4)
    return np.array([*keys, *cells_to_keys(ring, 2, 5).tolist()], dtype=np.uint64)


@pytest.mark.parametrize("at", SCALES, ids=lambda at: at.id)
def test_neighbourhood_is_what_the_oracle_calls_near(at: Nearness) -> None:
    keys = around_here()
    found = at.around(keys)
    of = {stay: np.flatnonzero(found.stay == stay) for stay in range(len(keys))}
    for stay, key in enumerate(keys.tolist()):
        for other in keys.tolist():
            inside = [i for i in of[stay] if found.ranges.lo[i] <= other < found.ranges.hi[i]]
            assert len(inside) <= 1, "no key is in two ranges of one stay"
            how = None
            if inside:
                wanted, level = int(found.floor[inside[0]]), oracle_together.floor(other)
                if wanted in (-1000, level, *([wanted] if level == -128 else [])):
                    doubt = wanted != -1000 and level == -128
                    how = "certain" if found.certain[inside[0]] and not doubt else "possible"
            assert how == oracle_together.near(at, key, other), (at.id, key, other)


@pytest.mark.parametrize("at", [at for at in SCALES if at.partition], ids=lambda at: at.id)
def test_groups_are_what_is_near(at: Nearness) -> None:
    keys = around_here()
    compared = np.setdiff1d(np.arange(len(keys)), at.around(keys).not_compared)
    groups = at.groups(keys)
    for i in compared:
        for j in compared:
            how = oracle_together.near(at, int(keys[i]), int(keys[j]))
            floors = {oracle_together.floor(int(keys[i])), oracle_together.floor(int(keys[j]))}
            if -128 not in floors or floors == {-128}:
                assert (groups[i] == groups[j]) == (how is not None) or isinstance(at, Unit)


@pytest.mark.parametrize(
    ("name", "params"),
    [
        ("village", ScaleParams()),
        ("cell", ScaleParams()),
        ("cell", ScaleParams(res=13)),
        ("cell", ScaleParams(res=9, ring=-1)),
        ("unit", ScaleParams(res=9)),
        ("floor", ScaleParams(ring=1)),
        ("radius", ScaleParams()),
        ("radius", ScaleParams(radius_m=0)),
        ("unit", ScaleParams(radius_m=5)),
        ("square", ScaleParams(side_m=1)),
        ("square", ScaleParams(origin=(0, 89))),
    ],
)
def test_wrong_scales_are_refused(name: str, params: ScaleParams) -> None:
    with pytest.raises(InvalidValue):
        nearness(name, params)


def test_wrong_values_are_refused() -> None:
    for wrong in (
        lambda: Threshold(-1),
        lambda: Threshold(1, "year"),  # type: ignore[arg-type]
        lambda: Threshold(1, "span", 0),
        lambda: Together(bridge_s=-1),
        lambda: Together(bridge_s=90_000),
        lambda: Areas("building", KeyRanges.of([(1, 5), (4, 9)]), np.zeros(2, dtype=np.int64)),
    ):
        with pytest.raises(InvalidValue):
            wrong()


def test_too_much_is_said_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "BUDGET", 10)
    many = [S(person, PLACES[1], 1000 + person, 5000) for person in range(30)]
    with Presence.open(tmp_path, zone="UTC", write=True) as presence:
        presence.ingest(batch(many), key="a")
        window = Window(0, 9000)
        for ask in (
            lambda force: presence.companions([0], window, force=force),
            lambda force: presence.visitors(KeyRanges.of([(0, 1 << 63)]), window, force=force),
        ):
            with pytest.raises(TooMuch, match="30 stays"):
                ask(False)
            assert ask(True).total >= 29


def test_too_many_people_in_one_question(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "MOST_PERSONS", 3)
    with Presence.open(tmp_path, zone="UTC", write=True) as presence:
        presence.ingest(batch([S(person, PLACES[1], 0, 9) for person in range(5)]), key="a")
        with pytest.raises(InvalidValue, match="5 are named"):
            presence.companions(range(5), Window(0, 9))


def test_a_rule_says_what_it_is() -> None:
    rule = Together(Square(800.0), Threshold(600, "meeting", strict=True), bridge_s=300)
    assert rule.rule("companions").id == "companions/square-800"
    assert "more than 600 s at one meeting" in rule.rule("companions").text
    assert "up to 300 s" in rule.rule("companions").text
    assert Together(id="spacetime", version=3).rule("companions").version == 3
