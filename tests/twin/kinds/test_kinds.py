"""Kinds are data: every file is in the list, every declaration holds together."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pydantic import ValidationError

import twin.kinds
from twin.kinds import BY_ID, KINDS, Kind

FILES = {path.stem for path in Path(twin.kinds.__file__).parent.glob("*.py")} - {"__init__", "base"}


def test_every_file_is_in_the_list_and_the_reverse() -> None:
    assert {kind.id for kind in KINDS} == FILES
    assert len(KINDS) == len(BY_ID)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.id)
def test_a_declaration_holds_together(kind: Kind) -> None:
    known = set(kind.attributes.model_fields)
    assert kind.title_en
    assert re.search(r"[\u4e00-\u9fff]", kind.title_zh)
    assert re.fullmatch(r"#[0-9a-f]{6}", kind.colour)
    assert set(kind.parents) <= set(BY_ID)
    assert kind.id not in kind.parents
    assert set(kind.indexed) <= known
    assert {column.name for column in kind.columns} <= known | {"height", "storeys", "base", "above"}
    assert all(column.name.isidentifier() and column.title for column in kind.columns)


def test_no_kind_is_above_itself() -> None:
    def above(kind: str, seen: tuple[str, ...]) -> None:
        assert kind not in seen
        for parent in BY_ID[kind].parents:
            above(parent, (*seen, kind))

    for kind in KINDS:
        above(kind.id, ())


def test_unknown_attributes_are_kept_and_known_ones_checked() -> None:
    building = BY_ID["building"].attributes
    assert building.model_validate({"use": " office ", "bouwjaar": 1931}).model_dump(exclude_none=True) == {
        "use": "office",
        "bouwjaar": 1931,
    }
    with pytest.raises(ValidationError):
        building.model_validate({"year": "the war"})


@pytest.mark.parametrize("level", [0, 128, -128, "ground"])
def test_a_level_is_never_zero(level: object) -> None:
    with pytest.raises(ValidationError):
        BY_ID["storey"].attributes.model_validate({"level": level})


def test_a_sensor_names_what_it_reports() -> None:
    sensor = BY_ID["sensor"].attributes.model_validate({"properties": [{"name": "pm25", "unit": "ug/m3"}]})
    assert sensor.model_dump(exclude_none=True) == {"properties": ({"name": "pm25", "unit": "ug/m3"},)}
