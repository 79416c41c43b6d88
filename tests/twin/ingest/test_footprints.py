"""Building footprints: what real cities hold, and what becomes of rings, ids, parts and heights that are not right."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely

from tests.twin.ingest.city_samples import split, written
from tests.twin.ingest.table_samples import bowtie, collection, feature, lines, sliced, square
from twin.entity import Entity
from twin.errors import EmptySource, InvalidValue, UnreadableSource, WrongCrs
from twin.ingest.geojson import read_collection
from twin.ingest.source import Options, Source
from twin.ingest.vector import read_geojson, read_geojson_lines
from twin.issues import Issue, Severity


def read(folder: Path, *features: dict[str, Any], **options: Any) -> tuple[list[Entity], list[Issue]]:
    return split(read_geojson_lines(written(folder, "town.ndjson", lines(*features)), Options(**options)))


def one(folder: Path, *, options: dict[str, Any] | None = None, **columns: Any) -> tuple[Entity, list[Issue]]:
    """The only building there is, with these columns."""
    (building,), issues = read(folder, feature(square(), "house-1", **columns), **(options or {}))
    return building, issues


def codes(issues: list[Issue]) -> dict[str, int]:
    return dict(Counter(issue.code for issue in issues))


# Real cities


def test_kochi(shared_data: Path) -> None:
    """All buildings; -9999 is no height; minHeight is above the ellipsoid; the two broken rings are named."""
    source = Source(shared_data / "citymodels" / "kochi_plateau2023" / "kochi_buildings.ndjson.gz")
    buildings, issues = split(read_geojson_lines(source, Options()))
    assert len({building.id for building in buildings}) == len(buildings) == 100_371
    assert {building.kind for building in buildings} == {"building"}
    assert codes(issues) == {"height.sentinel": 2_035, "geometry.self-intersection": 2, "height.datum": 1}
    rings = [issue for issue in issues if issue.code == "geometry.self-intersection"]
    assert {issue.severity for issue in rings} == {Severity.REPAIRED}
    assert sorted(issue.path.split()[-1] for issue in rings) == ["39201-bldg-36249", "39201-bldg-94874"]
    shapes = shapely.from_wkb([building.footprint for building in buildings])
    assert shapely.is_valid(shapes).all()
    base = np.array([building.base_m for building in buildings], dtype=np.float64)
    assert 31.9 < base.min() < np.percentile(base, 1) < base.max() < 36.7
    height = np.array([building.height_m for building in buildings], dtype=np.float64)
    assert height.min() > 0
    assert height.max() < 200
    assert buildings[0].height_m == 9.2
    assert buildings[0].attributes["use"] == "普通建物"


def test_new_york_repeats_are_united(shared_data: Path, tmp_path: Path) -> None:
    """A building cut by tiles comes once per tile; here it is one, whole; parts stay parts."""
    source = sliced(shared_data / "citymodels" / "newyork_osm" / "ny_buildings_tiles.ndjson.gz", tmp_path, 12_000)
    rows = [json.loads(line) for line in source.path.read_text("utf-8").splitlines()]
    repeats = Counter(row["properties"]["id"] for row in rows)
    entities, issues = split(read_geojson_lines(source, Options()))
    assert len(entities) == len({entity.id for entity in entities}) == len(repeats) < len(rows)
    assert codes(issues)["id.duplicate"] == sum(1 for count in repeats.values() if count > 1)
    parts = {row["properties"]["id"] for row in rows if row["properties"]["kind"] == "building_part"}
    assert Counter(entity.kind for entity in entities)["building_part"] == len(parts) > 0
    twice = next(name for name, count in repeats.items() if count > 1)
    pieces = [shapely.from_geojson(json.dumps(row["geometry"])) for row in rows if row["properties"]["id"] == twice]
    whole = next(entity for entity in entities if entity.id.endswith(f":{twice}"))
    assert shapely.from_wkb(whole.footprint).area == pytest.approx(shapely.union_all(pieces).area)
    tall = max(entities, key=lambda entity: entity.height_m or 0)
    assert 200 < (tall.height_m or 0) < 600


def test_berlin_default_heights(shared_data: Path) -> None:
    """Most have no height: storeys, then the default rule, and each says so."""
    source = Source(shared_data / "citymodels" / "berlin_osm_footprints" / "footprints.ndjson.gz")
    entities, issues = split(read_geojson_lines(source, Options()))
    assert Counter(entity.kind for entity in entities) == {"building": 1_896, "building_part": 38}
    assumed = [issue for issue in issues if issue.code == "height.assumed"]
    bare = [issue for issue in assumed if "Neither" in issue.message]
    assert {issue.severity for issue in assumed} == {Severity.NOTE}
    assert len(assumed) == 1_699
    storeyed = [entity for entity in entities if entity.storeys]
    assert len(bare) + len(storeyed) + 100 > len(entities)
    assert all(entity.height_m and entity.height_m > 0 for entity in entities)
    taller, _ = split(read_geojson_lines(source, Options(default_height_m=12.0)))
    assert sum(1 for entity in taller if entity.height_m == 12.0) >= len(bare)


def test_nanshan_classes_of_heights_are_taken_apart(shared_data: Path) -> None:
    """Shipped as one multipolygon per height: every outline is a building again, as in the split version."""
    folder = shared_data / "shenzhen"
    raw, issues = split(
        read_geojson(Source(folder / "nanshan_buildings_raw_10multipolygons.geojson.gz"), Options(kind="building"))
    )
    apart, _ = split(read_geojson_lines(Source(folder / "nanshan_buildings_split.ndjson.gz"), Options()))
    assert len(raw) == len(apart) == 5_438
    assert len({building.id for building in raw}) == 5_438
    assert {building.height_m for building in raw} == {building.height_m for building in apart}
    area = [shapely.area(shapely.from_wkb([b.footprint for b in found])).sum() for found in (raw, apart)]
    assert area[0] == pytest.approx(area[1])
    assert "3956 separate outlines" in next(i.message for i in issues if i.code == "id.missing")


# Rings


def test_a_ring_that_crosses_itself_is_refused_by_name(tmp_path: Path) -> None:
    entities, issues = read(tmp_path, feature(square(0), "good", height=5), feature(bowtie(1), "crossed", height=5))
    assert [entity.id for entity in entities] == ["town:good"]
    (issue,) = issues
    assert (issue.code, issue.severity) == ("geometry.self-intersection", Severity.REJECTED)
    assert issue.path == "town.ndjson:2 crossed"
    assert "ambiguous" in issue.message


def test_a_ring_that_touches_itself_is_repaired(tmp_path: Path) -> None:
    """A hole drawn as a bight that touches the outline: what it encloses is not in doubt."""
    west, south, size = 114.0, 22.6, 0.001
    ring = [[0, 0], [4, 0], [4, 4], [2, 4], [3, 2], [1, 2], [2, 4], [0, 4], [0, 0]]
    placed = [[west + x * size, south + y * size] for x, y in ring]
    (building,), issues = read(tmp_path, feature(placed, "holed", height=5))
    assert shapely.from_wkb(building.footprint).area == pytest.approx(14 * size**2, rel=1e-6)
    assert [(issue.code, issue.severity) for issue in issues] == [("geometry.self-intersection", Severity.REPAIRED)]


@pytest.mark.parametrize(
    ("geometry", "code"),
    [
        (None, "geometry.empty"),
        ({"type": "Polygon"}, "geometry.empty"),
        ({"type": "Polygon", "coordinates": []}, "geometry.too-few-points"),
        ({"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [0, 0]]]}, "geometry.too-few-points"),
        ({"type": "Polygon", "coordinates": [[[0, 0], [1, None], [2, 2], [0, 0]]]}, "geometry.not-finite"),
        ({"type": "Polygon", "coordinates": "somewhere"}, "geometry.not-finite"),
        ({"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [2, 2], [0, 0]]]}, "geometry.empty"),
        ({"type": "Circle", "coordinates": [0, 0]}, "geometry.wrong-type"),
        ({"type": "Point", "coordinates": [114, 22]}, "geometry.wrong-type"),
        ({"type": "Polygon", "coordinates": [[[200, 0], [201, 0], [201, 1], [200, 0]]]}, "geometry.outside-earth"),
    ],
)
def test_geometry_that_is_none(tmp_path: Path, geometry: Any, code: str) -> None:
    """Every nonsense is an issue of its own, and the houses round it come through."""
    broken = {"type": "Feature", "id": "broken", "properties": {"height": 3}, "geometry": geometry}
    houses = [feature(square(i), f"house-{i}", height=9) for i in range(3)]
    entities, issues = read(tmp_path, houses[0], broken, *houses[1:])
    assert [entity.id for entity in entities] == ["house-0", "house-1", "house-2"]
    assert [(issue.code, issue.severity) for issue in issues] == [(code, Severity.REJECTED)]
    assert issues[0].path == "town.ndjson:2 broken"


# Ids, parts and whole


def test_pieces_of_one_building_are_united_across_the_file(tmp_path: Path) -> None:
    a, b = square(0), [[x + 0.0002, y] for x, y in square(0)]
    entities, issues = read(
        tmp_path, feature(a, "cut-12345", height=4), feature(square(9), "alone"), feature(b, "cut-12345", height=4)
    )
    cut = next(entity for entity in entities if entity.id == "cut-12345")
    assert len(entities) == 2
    assert shapely.from_wkb(cut.footprint).geom_type == "Polygon"
    assert shapely.from_wkb(cut.footprint).area == pytest.approx(2 * 0.0002**2)
    assert "came 2 times (1, 3)" in next(i.message for i in issues if i.code == "id.duplicate")


def test_without_ids_the_same_file_gives_the_same_ids(tmp_path: Path) -> None:
    features = [feature(square(i), height=4) for i in range(3)]
    first, issues = read(tmp_path, *features)
    second, _ = read(tmp_path, *reversed(features))
    assert codes(issues) == {"id.missing": 3}
    assert sorted(e.id for e in first) == sorted(e.id for e in second)
    assert len({e.id for e in first}) == 3


def test_plain_numbers_get_the_files_name(tmp_path: Path) -> None:
    """Ids such as 17 are unique in their file only."""
    (building,), _ = read(tmp_path, feature(square(), 17, height=4))
    assert building.id == "town:17"
    (building,), _ = read(tmp_path, feature(square(), 17, height=4), source_name="cadastre")
    assert (building.id, building.source) == ("cadastre:17", "cadastre")


def test_parts_hang_under_their_whole(tmp_path: Path) -> None:
    entities, _ = read(
        tmp_path,
        feature(square(), "whole-1", height=20, building="yes"),
        feature(square(), "part-1", height=20, min_height=12, **{"building:part": "yes", "parent": "whole-1"}),
        feature(square(), "part-2", height=12, **{"building:part": "yes", "parent": "elsewhere"}),
    )
    whole, upper, lower = entities
    assert [e.kind for e in entities] == ["building", "building_part", "building_part"]
    assert (whole.parent, upper.parent, lower.parent) == (None, "whole-1", None)
    assert (upper.height_m, upper.attributes["min_height_m"]) == (8.0, 12.0)


# Heights


@pytest.mark.parametrize("sentinel", [-9999, -9999.0, "-9999", -999, -99999])
def test_sentinels_are_no_heights(tmp_path: Path, sentinel: Any) -> None:
    building, issues = one(tmp_path, measuredHeight=sentinel, storeys=4)
    assert building.height_m == 12.0
    assert codes(issues) == {"height.sentinel": 1, "height.assumed": 1}


@pytest.mark.parametrize(
    ("columns", "height", "storeys"),
    [
        ({"height": 12.5}, 12.5, None),
        ({"HEIGHT": "12.5 m"}, 12.5, None),
        ({"height": "40'"}, 12.192, None),
        ({"building:height": "12,5"}, 12.5, None),
        ({"building:levels": "7"}, 21.0, 7),
        ({"高度": 33, "层数": 11}, 33.0, 11),
        ({"楼高": "33米", "地上层数": "11层"}, 33.0, 11),
        ({"hoogte": 9, "bouwlagen": 3}, 9.0, 3),
        ({"計測高さ": 9, "階数": 3}, 9.0, 3),
        ({"height": 0, "levels": 2}, 6.0, 2),
        ({"height": "tall", "levels": 2}, 6.0, 2),
        ({"height": 99_999, "levels": 2}, 6.0, 2),
        ({"height": -4, "levels": 2}, 6.0, 2),
        ({}, 3.0, None),
    ],
)
def test_columns_are_guessed(tmp_path: Path, columns: dict[str, Any], height: float, storeys: int | None) -> None:
    building, issues = one(tmp_path, **columns)
    assert building.height_m == pytest.approx(height)
    assert building.storeys == storeys
    assert all(issue.severity is Severity.NOTE for issue in issues)


def test_a_mapping_wins_over_guesses(tmp_path: Path) -> None:
    columns = {"height": 99, "H_REAL": 12, "fl": 4, "label": "not this", "who": "Library"}
    mapping = {"height": "H_REAL", "storeys": "fl", "name": "who"}
    building, _ = one(tmp_path, options={"mapping": mapping}, **columns)
    assert (building.height_m, building.storeys, building.attributes["name"]) == (12.0, 4, "Library")
    assert building.attributes["height"] == 99  # not lost: it is kept as the source has it
    with pytest.raises(InvalidValue, match=r"has no column 'Hight'.*It has: height, fl"):
        one(tmp_path, options={"mapping": {"height": "Hight"}}, height=9, fl=2)


def test_a_default_height_is_the_last_resort(tmp_path: Path) -> None:
    bare, _ = one(tmp_path, options={"default_height_m": 15.0})
    storeyed, _ = one(tmp_path, options={"default_height_m": 15.0}, levels=2)
    measured, _ = one(tmp_path, options={"default_height_m": 15.0}, height=4)
    assert (bare.height_m, storeyed.height_m, measured.height_m) == (15.0, 6.0, 4.0)


@pytest.mark.parametrize(
    ("vertical", "base"),
    [("ellipsoidal", 12.0), ("10.5", 22.5), (-3.0, 9.0), ("egm96", pytest.approx(12 - 3.5, abs=2))],
)
def test_where_ground_elevations_are_measured_from(tmp_path: Path, vertical: str | float, base: float) -> None:
    building, _ = one(tmp_path, options={"vertical": vertical}, height=9, base_m=12.0)
    assert building.base_m == base
    with pytest.raises(InvalidValue, match="vertical datum 'sea'"):
        one(tmp_path, options={"vertical": "sea"}, height=9, base_m=12.0)


def test_a_top_below_its_base(tmp_path: Path) -> None:
    building, issues = one(tmp_path, minHeight=40.0, maxHeight=30.0, levels=3)
    assert building.height_m == 9.0
    assert codes(issues)["height.reversed"] == 1


# The file itself


def test_a_truncated_file_is_no_source(tmp_path: Path) -> None:
    whole = lines(*(feature(square(i), f"house-{i}", height=4) for i in range(5)))
    with pytest.raises(UnreadableSource, match=r"town.ndjson: it is truncated in line 5"):
        split(read_geojson_lines(written(tmp_path, "town.ndjson", whole[:-40]), Options()))
    whole = json.dumps(collection(*(feature(square(i), f"house-{i}", height=4) for i in range(5))))
    for cut in (-1, -2, -40, 60):
        with pytest.raises(UnreadableSource, match=r"town.geojson: it is (truncated|broken).*Fetch the file again"):
            split(read_geojson(written(tmp_path, "town.geojson", whole[:cut]), Options()))


def test_a_broken_line_among_good_ones_is_an_issue(tmp_path: Path) -> None:
    text = lines(feature(square(0), "house-0", height=4)) + "{not json\n" + '{"type": "Feature", "properties": 5}\n'
    text += lines(feature(square(1), "house-1", height=4))
    entities, issues = split(read_geojson_lines(written(tmp_path, "town.ndjson", text), Options()))
    assert [e.id for e in entities] == ["house-0", "house-1"]
    assert [(i.code, i.path) for i in issues] == [
        ("attribute.unreadable", "town.ndjson:2"),
        ("object.unsupported", "town.ndjson:3"),
    ]


def test_no_features(tmp_path: Path) -> None:
    with pytest.raises(EmptySource, match="it has no features"):
        split(read_geojson(written(tmp_path, "town.geojson", collection()), Options()))


def test_a_collection_may_name_its_reference_system_after_its_features(tmp_path: Path) -> None:
    """More features than a batch holds, in the Dutch grid, and only the last line of the file says so."""
    x, y = 85_000.0, 447_000.0
    ring = [[x, y], [x + 8, y], [x + 8, y + 8], [x, y + 8], [x, y]]
    features = [feature([[px + 10 * i, py] for px, py in ring], f"house-{i}", height=4) for i in range(4_100)]
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::28992"}}
    source = written(tmp_path, "town.geojson", {**collection(*features), "crs": crs})
    assert len(list(read_collection(source))) == 2
    entities, issues = split(read_geojson(source, Options()))
    assert (len(entities), issues) == (4_100, [])
    lon, lat = shapely.get_coordinates(shapely.from_wkb(entities[0].footprint))[0]
    assert (lon, lat) == pytest.approx((4.366, 52.007), abs=0.01)


def test_a_reference_system_that_does_not_fit(tmp_path: Path) -> None:
    """Degrees said to be metres of another country land on Earth, but not where that system is used."""
    with pytest.raises(WrongCrs, match=r"such as 114.0.*EPSG:28992.*is used.*--crs"):
        read(tmp_path, feature(square(), "house-1", height=4), crs="EPSG:28992")
    with pytest.raises(InvalidValue, match="PROJ does not know it"):
        read(tmp_path, feature(square(), "house-1", height=4), crs="EPSG:999999")
