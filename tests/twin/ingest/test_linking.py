"""What hangs under what: by code, by name and by position, in whatever order the sources come."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
import shapely

from tests.twin.ingest.table_samples import LAT, LON, collection, feature, lines, point, square
from twin.ingest.areabook import AreaBook, plain_name
from twin.ingest.run import run_import
from twin.ingest.source import Options
from twin.store import Store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.create(tmp_path / "twin", name="Longhua") as made:
        yield made


def put(store: Store, name: str, content: object, **options: str) -> dict[str, int]:
    """Import one file; what it did, as counts."""
    path = store.folder.parent / name
    path.write_text(content if isinstance(content, str) else _json(content), "utf-8")
    report = run_import(store, [path], Options(**options)).sources[0]
    return {"added": report.added, "changed": report.changed, "unchanged": report.unchanged}


def _json(content: object) -> str:
    return lines(content).strip() if isinstance(content, dict) else str(content)


CODES = "level,code,name,parent\ndistrict,440309,龙华区,4403\nstreet,440309001,观湖街道,440309\n"
CODES += "community,440309001001,松元社区,440309001\n"


def area(name: str, **columns: object) -> dict[str, object]:
    """A large square as the only feature of a collection."""
    return collection(feature(square(size=0.02), None, name=name, **columns))


@pytest.mark.parametrize(
    ("written", "bare"),
    [("龙华区", "龙华"), ("龙华", "龙华"), ("大鹏新区", "大鹏"), ("松元社区", "松元"), ("区", "区")],
)
def test_plain_names(written: str, bare: str) -> None:
    assert plain_name(written) == bare


@pytest.mark.parametrize("codes_first", [True, False])
def test_a_shape_meets_its_code_by_name(store: Store, codes_first: bool) -> None:
    """Districts as shapes say 龙华, the code table says 龙华区: one entity with both, if the table came first."""
    steps = [("codes.csv", CODES), ("districts.geojson", area("龙华"))]
    for name, content in steps if codes_first else reversed(steps):
        put(store, name, content, **({"kind": "district"} if name.startswith("d") else {}))
    districts = store.find(kinds=["district"]).entities
    if not codes_first:
        assert {d.id for d in districts} == {"district:440309", "district:龙华"}
        return
    (district,) = districts
    assert district.id == "district:440309"
    assert (district.attributes["name"], district.attributes["code"]) == ("龙华区", "440309")
    assert district.footprint is not None


def test_codes_after_shapes_keep_the_shape(store: Store) -> None:
    """The code table has no shapes: imported again it takes none away, and nothing counts as changed."""
    put(store, "codes.csv", CODES)
    put(store, "districts.geojson", area("龙华"), kind="district")
    shape = store.get("district:440309").footprint
    assert put(store, "codes.csv", CODES) == {"added": 0, "changed": 0, "unchanged": 3}
    assert store.get("district:440309").footprint == shape
    assert put(store, "districts.geojson", area("龙华"), kind="district")["changed"] == 0


def test_two_areas_of_one_name_are_not_mixed_up(store: Store) -> None:
    put(store, "codes.csv", CODES + "community,440309001002,松元村,440309001\n")
    put(store, "c.geojson", area("松元"), kind="community")
    assert {c.id for c in store.find(kinds=["community"]).entities} == {
        "community:440309001001", "community:440309001002", "community:松元",
    }  # fmt: skip


def test_grids_hang_under_their_community_by_code(store: Store) -> None:
    put(store, "codes.csv", CODES)
    put(store, "grids.ndjson", lines(feature(square(0), None, code="440309001001001"),
                                     feature(square(1), None, code="440309001999001")))  # fmt: skip
    known, unknown = store.get("grid:440309001001001"), store.get("grid:440309001999001")
    assert (known.parent, known.grid_code) == ("community:440309001001", "440309001001001")
    assert unknown.parent is None  # nobody knows that community, and no area with a shape contains the grid


def test_grids_hang_under_what_contains_them_without_a_code_to_tell(store: Store) -> None:
    put(store, "districts.geojson", area("龙华", code="440309"), kind="district")
    put(store, "grids.ndjson", lines(feature(square(0), None, code="440309001999001")))
    assert store.get("grid:440309001999001").parent == "district:440309"


@pytest.mark.parametrize("grids_first", [True, False])
def test_buildings_and_sensors_hang_under_what_they_lie_in(store: Store, grids_first: bool) -> None:
    """Whatever comes first: houses under their grid, a sensor on a house under the house, one in the street not."""
    grids = lines(feature(square(size=0.0001), None, code="440309001001001"),
                  feature(square(5), None, code="440309001001002"))  # fmt: skip
    houses = lines(feature(square(size=0.00008), "house-in", height=5), feature(square(9), "house-out", height=5))
    steps = [("grids.ndjson", grids), ("houses.ndjson", houses)]
    for name, content in steps if grids_first else reversed(steps):
        put(store, name, content)
    assert store.get("house-in").parent == "grid:440309001001001"
    assert store.get("house-out").parent is None
    put(store, "sensors.ndjson", lines(point(LON + 0.00004, LAT + 0.00004, "sensor-1"),
                                       point(LON + 0.000095, LAT + 0.00004, "sensor-2")), kind="sensor")  # fmt: skip
    assert store.get("sensor-1").parent == "house-in"
    assert store.get("sensor-2").parent == "grid:440309001001001"


def test_linking_again_changes_nothing(store: Store) -> None:
    houses = lines(*(feature(square(i, size=0.00002), f"house-{i}", height=5) for i in range(5)))
    put(store, "houses.ndjson", houses)
    put(store, "grids.ndjson", lines(feature(square(size=0.01), None, code="440309001001001")))
    assert store.get("house-4").parent == "grid:440309001001001"
    assert put(store, "houses.ndjson", houses) == {"added": 0, "changed": 0, "unchanged": 5}


def test_shenzhen_districts_meet_their_codes(shared_data: Path, store: Store) -> None:
    """Nine districts of the table and ten shapes: nine meet, and Dapeng, which the table misses, stands alone."""
    folder = shared_data / "shenzhen"
    names = ["admin_codes_district_street_community.csv", "districts_10_transbigdata.geojson.gz",
             "taz_zones_st-evcdp_shp.zip"]  # fmt: skip
    run_import(store, [folder / name for name in names], Options())
    assert store.counts() == {"district": 10, "street": 79, "community": 788, "grid": 491}
    districts = store.find(kinds=["district"]).entities
    assert Counter("code" in d.attributes for d in districts) == {True: 9, False: 1}
    assert next(d.id for d in districts if "code" not in d.attributes) == "district:大鹏"
    longhua = store.get("district:440309")
    assert shapely.from_wkb(longhua.footprint).bounds == pytest.approx((113.962, 22.583, 114.108, 22.775), abs=0.001)
    assert sum(1 for child in store.children(longhua.id) if child.kind == "street") == 6
    grids = Counter(grid.parent for grid in store.each(kinds=["grid"]))
    assert grids[None] <= 5  # zones whose middle lies outside of the generalised outlines
    assert 50 <= grids["district:440309"] <= 65


def test_an_empty_book_changes_nothing(store: Store) -> None:
    put(store, "codes.csv", CODES)
    community = store.get("community:440309001001")
    assert AreaBook([]).meet(community) == community
