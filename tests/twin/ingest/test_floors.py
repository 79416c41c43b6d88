"""Floors stacked over one another share x and y; their level keeps what is on them apart."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import shapely

from tests.twin.ingest.city_samples import split, written
from tests.twin.ingest.table_samples import bowtie, collection, feature, square
from twin.errors import EmptySource, UnreadableSource
from twin.ingest.floors import is_floors_json, read_floors
from twin.ingest.source import Options, Source
from twin.ingest.things import read_level
from twin.issues import Severity


def test_beijing_airport(shared_data: Path) -> None:
    source = Source(shared_data / "citymodels" / "beijing_airport_floors" / "airport_floor.json.gz")
    assert is_floors_json(source.path, source.head(4096))
    entities, issues = split(read_floors(source, Options()))
    assert Counter(entity.kind for entity in entities) == {"building": 1, "storey": 3, "unit": 2_074}
    assert [issue.code for issue in issues] == ["height.assumed"]
    building = entities[0]
    assert (building.storeys, building.storeys_below, building.height_m) == (3, None, 9.0)
    storeys = {entity.id: entity for entity in entities if entity.kind == "storey"}
    assert {storey.attributes["level"] for storey in storeys.values()} == {1, 2, 3}
    assert {storey.parent for storey in storeys.values()} == {building.id}
    units = [entity for entity in entities if entity.kind == "unit"]
    assert all(unit.attributes["level"] == storeys[unit.parent or ""].attributes["level"] for unit in units)
    assert len({unit.id for unit in units}) == 2_074
    shapes = {
        level: shapely.union_all(
            shapely.from_wkb([unit.footprint for unit in units if unit.attributes["level"] == level])
        )
        for level in (1, 2, 3)
    }
    assert shapes[1].intersection(shapes[2]).area > 0.3 * shapes[2].area  # over one another, and yet apart


def floors(**levels: Any) -> dict[str, Any]:
    return {key: {"floor": collection(feature(square(0, 0.001))), "shop": shops} for key, shops in levels.items()}


def test_the_same_shop_on_two_floors_and_in_the_basement(tmp_path: Path) -> None:
    shop = collection(feature(square(), name="Tea"), feature(square(), name="Tea again"))
    content = floors(f1=shop, f2=shop, b1=shop)
    entities, issues = split(read_floors(written(tmp_path, "mall.json", content), Options(datum="gcj02")))
    units = [entity for entity in entities if entity.kind == "unit"]
    assert sorted(unit.attributes["level"] for unit in units) == [-1, 1, 2]
    assert sorted(unit.attributes["min_height_m"] for unit in units) == [-3.0, 0.0, 3.0]
    assert {issue.code for issue in issues} == {"height.assumed", "id.duplicate"}
    assert (entities[0].storeys, entities[0].storeys_below) == (2, 1)
    lon = shapely.get_coordinates(shapely.from_wkb(entities[0].footprint))[:, 0].min()
    assert 0.003 < 114.03 - lon < 0.007  # what was drawn on a GCJ-02 map lies further west


def test_what_is_no_floor_is_named(tmp_path: Path) -> None:
    content = floors(f1=collection(feature(square()), feature(bowtie(2))), lobby=collection(feature(square())))
    entities, issues = split(read_floors(written(tmp_path, "mall.json", content), Options()))
    refused = {(issue.code, issue.path) for issue in issues if issue.severity is Severity.REJECTED}
    assert refused == {
        ("object.unsupported", "mall.json#lobby"),
        ("geometry.self-intersection", "mall.json#f1.shop:2"),
    }
    assert [entity.kind for entity in entities] == ["building", "storey", "unit"]


def test_broken_files(tmp_path: Path) -> None:
    with pytest.raises(UnreadableSource, match="truncated or broken"):
        split(read_floors(written(tmp_path, "mall.json", '{"f1": {"floor": {"type": "FeatureColl'), Options()))
    with pytest.raises(EmptySource, match="no floor with an outline"):
        split(read_floors(written(tmp_path, "mall.json", floors(lobby=collection())), Options()))


@pytest.mark.parametrize(
    ("value", "level"),
    [("1", 1), (3, 3), ("F2", 2), ("f2", 2), ("2F", 2), ("B1", -1), ("-1", -1), (-2, -2), ("3层", 3), ("地下1层", -1),
     ("L5", 5), (None, None)],
)  # fmt: skip
def test_ways_to_write_a_floor(value: Any, level: int | None) -> None:
    assert read_level(value, "mall.json#x") == (level, None)


@pytest.mark.parametrize("value", ["0", "M", "1.5", "200", "roof"])
def test_no_floors(value: Any) -> None:
    level, issue = read_level(value, "mall.json#x")
    assert level is None
    assert issue is not None
    assert issue.code == "attribute.unreadable"
