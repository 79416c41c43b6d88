"""Who is near on a train or a plane, against a plain reading of the rule; nobody aboard is near to a street."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.twin.presence.oracle import S
from tests.twin.presence.worlds import PLACES, batch, name
from twin.errors import InvalidValue
from twin.geo.vehicles import CREW_ROW, MODES, crew_keys, crew_zones, vehicle_keys, vehicle_parts
from twin.presence import (
    Carriage,
    Cell,
    Floor,
    Nearness,
    Presence,
    Radius,
    Rows,
    Square,
    Threshold,
    Together,
    Unit,
)
from twin.types import Window

RUNS = (("air", 9, 1), ("air", 9, 2), ("air", 10, 1), ("rail", 9, 1), ("rail", 2**28 - 1, 127))
ABOARD = np.concatenate(
    [
        vehicle_keys(mode, run, carriage, [0, 1, 2, 4, 5, 8, 9, 130, 254], [0, 3, 1, 0, 2, 2, 0, 7, 1])
        for mode, run, carriage in RUNS
    ]
    + [crew_keys("air", 9, 1, [0, 1, 5, 100], [0, 5, 1, 40]), crew_keys("air", 9, 2), crew_keys("rail", 9, 1, 4, 6)]
)
EVERYWHERE = np.concatenate([ABOARD, np.array(PLACES, dtype=np.uint64)])

SCALES: list[Nearness] = [
    Rows(),
    Rows(0),
    Rows(1, crew=False, compartments=True),
    Rows(254, modes=("air",)),
    Carriage(),
    Carriage(modes=("rail", "metro")),
    Carriage(whole_run=True),
]


def near(at: Nearness, a: int, b: int) -> str | None:
    """How two places aboard are together, in plain words of the rule; None: not at all, or not aboard."""
    one, other = (vehicle_parts([key]) for key in (a, b))
    modes = at.modes or MODES  # type: ignore[attr-defined]
    for parts in (one, other):
        mode = int(parts.mode[0])
        if not 0 <= mode < len(MODES) or MODES[mode] not in modes:
            return None
    if (one.mode, one.run) != (other.mode, other.run):
        return None
    if isinstance(at, Carriage):
        return "certain" if at.whole_run or one.carriage == other.carriage else None
    assert isinstance(at, Rows)
    if one.carriage != other.carriage:
        return None
    rows = int(one.row[0]), int(other.row[0])
    if CREW_ROW in rows and not at.crew:
        return None
    if 0 in rows:
        return "possible"
    if rows == (CREW_ROW, CREW_ROW):
        return "certain"
    if CREW_ROW in rows:
        crew, row = (one, rows[1]) if rows[0] == CREW_ROW else (other, rows[0])
        first, count = (int(part[0]) for part in crew_zones(crew.seat))
        return "certain" if first == 0 or first <= row < first + count else None
    return "certain" if abs(rows[0] - rows[1]) <= at.nearby else None


@pytest.mark.parametrize("at", SCALES, ids=lambda at: at.id)
def test_near_is_what_the_rule_says(at: Nearness) -> None:
    found = at.around(EVERYWHERE)
    for stay, key in enumerate(EVERYWHERE.tolist()):
        mine = np.flatnonzero(found.stay == stay)
        for other in EVERYWHERE.tolist():
            inside = [i for i in mine if found.ranges.lo[i] <= other < found.ranges.hi[i]]
            assert len(inside) <= 1, "no key is in two ranges of one stay"
            how = ("certain" if found.certain[inside[0]] else "possible") if inside else None
            assert how == near(at, key, other), (at.id, key, other)
    assert len(found.not_compared) == 0


@pytest.mark.parametrize("at", SCALES, ids=lambda at: at.id)
def test_groups(at: Nearness) -> None:
    groups = at.groups(EVERYWHERE)
    for i, a in enumerate(EVERYWHERE.tolist()):
        for j, b in enumerate(EVERYWHERE.tolist()):
            how = near(at, a, b)
            if at.partition and near(at, a, a) and near(at, b, b):
                assert (groups[i] == groups[j]) == (how == "certain")


@pytest.mark.parametrize(
    "at", [Cell(12), Cell(0), Cell(5, ring=1), Square(), Square(5000.0), Radius(2000.0), Unit(), Floor()]
)
def test_nobody_aboard_is_near_to_the_ground(at: Nearness) -> None:
    found = at.around(EVERYWHERE)
    aboard = found.stay < len(ABOARD)
    for key in EVERYWHERE.tolist():
        inside = (found.ranges.lo <= np.uint64(key)) & (np.uint64(key) < found.ranges.hi)
        assert not (inside & (aboard != (key in ABOARD.tolist()))).any()
    if not isinstance(at, Unit | Floor):
        assert not aboard.any()
        assert set(range(len(ABOARD))) <= set(found.not_compared.tolist())
    assert len(at.groups(EVERYWHERE)) == len(EVERYWHERE)


def test_passengers_meet(tmp_path: Path) -> None:
    """The one in row 12 meets row 9, the crew of rows 10 to 19 and, possibly, whoever has no row; not row 8."""
    seats = [*vehicle_keys("air", 77, 1, [12, 9, 8, 0]).tolist(), int(crew_keys("air", 77, 1, 10, 10)[0])]
    stays = [S(person, key, 1000, 9000) for person, key in enumerate(seats)]
    with Presence.open(tmp_path, zone="UTC", write=True) as presence:
        presence.ingest(batch(stays), key="a flight")
        rule = Together(Rows(3, modes=("air",)), Threshold(600))
        answer = presence.companions([0], Window(0, 86_400), rule=rule)
        assert {(row.pseudonym, row.certain) for row in answer.rows} == {
            (name(1), True), (name(3), False), (name(4), True)
        }  # fmt: skip
        assert answer.rule.id == "companions/rows-3-air"
        whole = presence.companions([0], Window(0, 86_400), rule=Together(Carriage()))
        assert {row.certain for row in whole.rows} == {True}
        assert whole.total == 4


def test_wrong_values_are_refused() -> None:
    for wrong in (lambda: Rows(-1), lambda: Rows(modes=("sledge",)), lambda: Carriage(modes=("sledge",))):  # type: ignore[arg-type]
        with pytest.raises(InvalidValue):
            wrong()
