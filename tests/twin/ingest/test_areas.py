"""Districts, traffic zones, and the hierarchy of official codes."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from pathlib import Path

import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from tests.twin.ingest.city_samples import split, written
from tests.twin.ingest.table_samples import collection, feature, square
from twin.errors import InvalidValue
from twin.ingest.areas import is_code_table, read_code_table
from twin.ingest.codes import GridCode, area_id, grid_code_form, kind_of_code, parent_code
from twin.ingest.source import Options, Source
from twin.ingest.vector import read_geojson, read_ogr
from twin.issues import Severity

GRID = "440309001001001"


def test_shenzhen_districts(shared_data: Path) -> None:
    source = Source(shared_data / "shenzhen" / "districts_10_transbigdata.geojson.gz")
    entities, issues = split(read_geojson(source, Options()))
    assert {(entity.kind, entity.id) for entity in entities} == {
        ("district", f"district:{name}")
        for name in ("罗湖", "福田", "盐田", "宝安", "光明", "坪山", "龙华", "南山", "大鹏", "龙岗")
    }
    assert [issue.severity for issue in issues] == [Severity.NOTE] * 10
    longhua = next(entity for entity in entities if entity.attributes["name"] == "龙华")
    bounds = shapely.from_wkb(longhua.footprint).bounds
    assert bounds == pytest.approx((113.962, 22.583, 114.108, 22.775), abs=6e-4)


def test_traffic_zones_agree_with_the_districts(shared_data: Path) -> None:
    """Metres of EPSG:3857 in a zipped shapefile, read without a shift: the union overlaps the districts by 0.91."""
    folder = shared_data / "shenzhen"
    zones, issues = split(read_ogr(Source(folder / "taz_zones_st-evcdp_shp.zip", member="SZ_districts.shp"), Options()))
    assert Counter(zone.kind for zone in zones) == {"grid": 491}
    assert len({zone.attributes["code"] for zone in zones}) == 491
    assert {issue.code for issue in issues} == {"grid.code"}
    raw = json.loads(gzip.decompress((folder / "districts_10_transbigdata.geojson.gz").read_bytes()))
    city = shapely.union_all([shapely.from_geojson(json.dumps(one["geometry"])) for one in raw["features"]])
    union = shapely.union_all(shapely.from_wkb([zone.footprint for zone in zones]))
    overlap = union.intersection(city).area / union.union(city).area
    assert overlap == pytest.approx(0.91, abs=0.01)


def test_shenzhen_codes(shared_data: Path) -> None:
    source = Source(shared_data / "shenzhen" / "admin_codes_district_street_community.csv")
    assert is_code_table(source.path, source.head(4096))
    entities, issues = split(read_code_table(source, Options()))
    assert issues == []
    assert Counter(entity.kind for entity in entities) == {"district": 9, "street": 79, "community": 788}
    by_id = {entity.id: entity for entity in entities}
    assert len(by_id) == 876
    assert all(entity.parent in by_id for entity in entities if entity.kind != "district")
    longhua = [entity for entity in entities if entity.attributes["code"].startswith("440309")]
    assert Counter(entity.kind for entity in longhua) == {"district": 1, "street": 6, "community": 113}


def test_a_table_of_grids(tmp_path: Path) -> None:
    table = f"编码,名称,level\n{GRID},一号网格,网格\n44030900100102,二号,\nG-7,别的,\n,无码,\n440309001001,观澜,社区\n"
    entities, issues = split(read_code_table(written(tmp_path, "grids.csv", table), Options()))
    assert [(e.kind, e.id, e.parent, e.grid_code) for e in entities] == [
        ("grid", f"grid:{GRID}", "community:440309001001", GRID),
        ("grid", "grid:44030900100102", "community:440309001001", "44030900100102"),
        ("community", "community:440309001001", "street:440309001", None),
    ]
    assert [(i.code, i.path, i.severity) for i in issues] == [
        ("grid.code", "grids.csv:4", Severity.REJECTED),
        ("id.missing", "grids.csv:5", Severity.REJECTED),
    ]


def test_a_level_that_the_code_contradicts_is_noted(tmp_path: Path) -> None:
    table = "code,name,level\n440309001,龙华街道,community\n"
    (entity,), (issue,) = split(read_code_table(written(tmp_path, "areas.csv", table), Options()))
    assert entity.kind == "community"
    assert (issue.code, issue.severity) == ("grid.code", Severity.NOTE)


def test_shapes_of_grids_meet_their_codes(tmp_path: Path) -> None:
    """A shape and a row of a table with the same code are the same area."""
    shapes = collection(feature(square(0, 0.01), grid_code=GRID, name="一号网格"))
    (grid,), issues = split(read_geojson(written(tmp_path, "grids.geojson", shapes), Options()))
    assert (grid.kind, grid.id, grid.grid_code) == ("grid", area_id("grid", GRID), GRID)
    assert grid.parent == "community:440309001001"
    assert [issue.code for issue in issues] == ["id.missing"]


def test_areas_that_do_not_say_what_they_are(tmp_path: Path) -> None:
    shapes = written(tmp_path, "zones.geojson", collection(feature(square(0, 0.005), ref=1)))
    with pytest.raises(InvalidValue, match=r"zones.geojson: its columns do not tell.*--kind"):
        split(read_geojson(shapes, Options()))
    (area,), _ = split(read_geojson(shapes, Options(kind="green")))
    assert area.kind == "green"
    with pytest.raises(InvalidValue, match="kind 'meadow': there is no such kind"):
        split(read_geojson(shapes, Options(kind="meadow")))


@pytest.mark.parametrize(
    ("code", "parts"),
    [
        (GRID, GridCode("440309", "440309001", "440309001001", "001")),
        (GRID[:14], GridCode("440309", "440309001", "440309001001", "00")),
        (GRID[:13], None),
        (GRID + "0", None),
        ("990309001001001", None),
        ("44030900100100A", None),
        ("", None),
    ],
)
def test_grid_codes(code: str, parts: GridCode | None) -> None:
    assert grid_code_form(code) == parts


@given(st.from_regex(r"44\d{12,13}", fullmatch=True))
def test_every_code_has_a_line_of_areas_above_it(code: str) -> None:
    kinds = []
    above: tuple[str, str] | None = ("grid", code)
    while above is not None:
        assert kind_of_code(above[1]) == above[0]
        assert code.startswith(above[1])
        kinds.append(above[0])
        above = parent_code(above[1])
    assert kinds == ["grid", "community", "street", "district"]
