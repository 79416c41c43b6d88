"""Rows have one shape: what an export holds is what the JSON answer holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scenes.epidemic.fields import INTERVAL, Many, Place, flag, local_time, minutes, number, person_of, pseudonym, text
from scenes.epidemic.queries import QUESTIONS
from scenes.epidemic.shape import Items, Shape, Telling
from tests.exported import read_back
from twin.presence.export import FORMATS, encoded

PLACES = {
    key: {
        "key": str(key), "entity": f"e{key}" if key % 2 else None, "name": name, "kind": "unit",
        "floor": None if key == 3 else key % 9 - 4, "height_m": key * 3.0,
        "lonlat": None if key == 2 else [114.0 + key / 1000, 22.5], "building": None,
    }
    for key, name in ((1, "一号"), (2, 'a, "b"\nc'), (3, "=1+1"), (1 << 63, " x"))
}  # fmt: skip
PERSONS = {0: "00" * 16, 7: "ab" * 16}
TELLING = Telling(PLACES, PERSONS, "Europe/Berlin")


class Item(NamedTuple):
    start: int
    end: int
    place: int
    other: int | None
    case: int
    sure: bool


@dataclass(frozen=True)
class Row:
    who: bytes
    seconds: int
    note: str | None
    share: float | None
    place: int | None
    sure: bool
    at: int
    evidence: tuple[Item, ...]


SHAPE = Shape(
    pseudonym("person", "who"), minutes("minutes", "seconds"), text("note"), number("share"), Place("place"),
    flag("sure"), local_time("when", "at"),
    Many("evidence", Shape(person_of("case"), Place("place"), Place("other", unless="place"), *INTERVAL, flag("sure"))),
)  # fmt: skip

keys = st.sampled_from(sorted(PLACES))
moments = st.integers(1_700_000_000, 1_720_000_000)
items = st.builds(Item, moments, moments, keys, st.none() | keys, st.sampled_from(sorted(PERSONS)), st.booleans())
rows = st.builds(
    Row,
    st.binary(min_size=16, max_size=16),
    st.integers(0, 10**7),
    st.none() | st.text(st.characters(codec="utf-8", exclude_characters="\r\0"), min_size=1, max_size=5),
    st.none() | st.floats(0, 1),
    st.none() | keys,
    st.booleans(),
    moments,
    st.lists(items, max_size=3).map(tuple),
)


@settings(max_examples=40, deadline=None)
@given(st.lists(rows, max_size=6), st.sampled_from(FORMATS))
def test_every_format_holds_the_json_rows(found: list[Row], form: Any):
    made = SHAPE.rows(Items([found]), TELLING)
    batch = SHAPE.batch(made)
    assert batch.arrow.num_rows == len(found)
    data = b"".join(encoded([batch], batch.arrow.schema, form))
    assert read_back(data, form.suffix, SHAPE) == made


def test_what_rows_speak_of_is_collected():
    found = Items([[Row(b"", 0, None, None, 1, True, 0, (Item(0, 1, 2, 3, 7, True), Item(0, 1, 2, 2, 0, True)))]])
    assert SHAPE.spoken(found, "place") == {1, 2, 3}
    assert SHAPE.spoken(found, "person") == {0, 7}
    evidence = SHAPE.rows(found, TELLING)[0]["evidence"]
    assert [item["other"] and item["other"]["key"] for item in evidence] == ["3", None]


@pytest.mark.parametrize("question", QUESTIONS.values(), ids=QUESTIONS)
def test_columns_of_a_question_are_values_of_its_rows(question):
    names = {field.name for field in question.shape.fields}
    assert {column.id for column in question.query.columns} <= names
    assert len({column.name for column in question.shape.columns}) == len(question.shape.columns)
