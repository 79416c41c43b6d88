"""What tags and columns say of roofs, in our names and units."""

from __future__ import annotations

from typing import Any

import pytest

from twin.ingest.columns import Columns
from twin.ingest.heights import read_heights
from twin.ingest.roofs import read_roof
from twin.ingest.source import Options


def read(**row: Any) -> tuple[dict[str, Any], list[str]]:
    found, issues = read_roof(row, Columns(row, {}, "town"), "town:1")
    return found, [issue.message for issue in issues]


def test_tags_become_attributes() -> None:
    row = {"roof:shape": "gabled", "roof:height": "3.5 m", "roof:direction": "SW", "roof:orientation": "across"}
    assert read(**row) == (
        {"roof_form": "gabled", "roof_height_m": 3.5, "roof_facing_deg": 225.0, "roof_ridge": "across"}, []
    )  # fmt: skip
    assert read(**{"roof:shape": "hipped", "roof:levels": 2}) == ({"roof_form": "hipped", "roof_height_m": 6.0}, [])
    assert read(**{"roof_height": 4, "roof:levels": 9})[0] == {"roof_height_m": 4.0}
    assert read() == ({}, [])
    assert read(**{"roof:height": 0}) == ({}, [])


@pytest.mark.parametrize(
    ("tag", "value", "said"),
    [
        ("roof:height", "tall", "is no height of a roof"),
        ("roof:height", "-2", "is no height of a roof"),
        ("roof:levels", 400, "is no number of storeys"),
        ("roof:direction", "uphill", "is no direction"),
        ("roof:orientation", "diagonal", "neither along nor across"),
    ],
)
def test_what_cannot_be_read_is_named(tag: str, value: Any, said: str) -> None:
    found, (message,) = read(**{tag: value})
    assert found == {}
    assert said in message


def test_storeys_are_counted_without_those_under_the_roof() -> None:
    def height(**row: Any) -> float:
        return read_heights(row, Columns(row, {}, "town"), Options(), "town:1")[0].height_m

    assert height(**{"building:levels": 2}) == 6
    assert height(**{"building:levels": 2, "roof:levels": 1}) == 9
    assert height(**{"building:levels": 2, "roof:height": 4.5, "roof:levels": 1}) == 10.5
    assert height(**{"building:levels": 2, "roof:levels": 1, "height": 8}) == 8
