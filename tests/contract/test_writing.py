"""Writing: what goes in comes out, all or nothing, and a report that adds up."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
import shapely

from tests.contract.conftest import SOURCE, Home, building, same_mesh, square, tetrahedron
from twin.entity import Entity
from twin.errors import Conflict, UnknownEntity
from twin.issues import CATALOGUE, Issue, Severity
from twin.store import Store

FULL = Entity(
    id="龙华-1",
    kind="building",
    parent="grid-7",
    footprint=square(114.01, 22.61),
    base_m=31.25,
    height_m=99.5,
    storeys=33,
    storeys_below=2,
    meshes={"1": tetrahedron(), "2.2": tetrahedron(0.5)},
    attributes={"name": '塔楼 "A"', "year": 2011, "bag": {"x": [1, 2.5, None, True]}, "π": "\\u0000"},
    cim_level=3,
    grid_code="440309001001001",
    source="register.csv",
    valid_from=1_300_000_000,
    valid_to=4_000_000_000,
)


def test_everything_comes_back(store: Store) -> None:
    report = store.write([FULL], source=SOURCE)
    assert (report.added, report.changed, report.unchanged, report.rejected) == (1, 0, 0, 0)
    back = store.get(FULL.id)
    assert replace(back, meshes={}) == replace(FULL, meshes={})
    assert back.meshes.keys() == FULL.meshes.keys()
    assert all(same_mesh(back.meshes[lod], mesh) for lod, mesh in FULL.meshes.items())
    assert dict(store.meshes([FULL.id])).keys() == {FULL.id}


def test_what_was_read_is_unchanged_when_written_again(store: Store) -> None:
    store.write([FULL, building("b")], source=SOURCE)
    report = store.write([store.get(FULL.id), store.get("b")], source=SOURCE)
    assert (report.added, report.changed, report.unchanged) == (0, 0, 2)
    assert len(store.changes()) == 2


@pytest.mark.parametrize(
    "other",
    [
        {"height_m": 98.5},
        {"parent": None},
        {"attributes": {}},
        {"footprint": square(114.02, 22.61)},
        {"meshes": {}},
        {"meshes": {"1": tetrahedron(), "2.2": tetrahedron(0.6)}},
        {"valid_to": None},
        {"source": "other"},
    ],
)
def test_other_content_is_a_new_version(store: Store, other: dict[str, object]) -> None:
    store.write([FULL], source=SOURCE)
    number = store.number(FULL.id)
    report = store.write([replace(FULL, **other)], source=SOURCE)  # type: ignore[arg-type]
    assert (report.added, report.changed, report.unchanged) == (0, 1, 0)
    assert store.number(FULL.id) == number
    assert [change.op for change in store.changes()] == ["add", "change"]


def test_numbers_are_dealt_in_order_and_never_again(store: Store) -> None:
    store.write([building("a"), building("b")], source=SOURCE)
    store.retire(["b"], source="test")
    store.write([building("c")], source=SOURCE)
    assert [store.number(id) for id in ("a", "b", "c")] == [1, 2, 3]


BAD = {
    "attribute.invalid": [
        building("x", attributes={"year": "the war"}),
        building("x", attributes={"name": "a\x00b"}),
        building("x", attributes={"n": 1 << 70}),
        building("x", attributes={"o": object()}),
        building("x", attributes={"s": "\ud800"}),
        building("x\x00"),
        building("x", parent="x"),
        building("x", storeys=1 << 40),
        building("x", storeys=2.5),
        building("x", base_m="high"),
        building("x", valid_from=5, valid_to=5),
        Entity(id="x", kind="storey", attributes={"level": 0}),
    ],
    "object.unsupported": [Entity(id="x", kind="dragon")],
    "id.missing": [building("")],
    "height.negative": [building("x", height_m=-1.0)],
    "geometry.not-finite": [
        building("x", base_m=float("nan")),
        building("x", footprint=struct.pack("<BIIdddd", 1, 2, 2, 0.0, 0.0, float("nan"), 1.0)),
        building("x", footprint=struct.pack("<BIIdddd", 1, 2, 2, 0.0, 0.0, float("inf"), 1.0)),
    ],
    "geometry.empty": [building("x", footprint=shapely.to_wkb(shapely.Polygon()))],
    "geometry.broken-reference": [
        building("x", footprint=b"not a geometry"),
        building("x", meshes={"1": replace(tetrahedron(), triangles=np.array([[0, 1, 9]] * 4, dtype=np.uint32))}),
        building("x", meshes={"1": replace(tetrahedron(), semantics=np.zeros(1, dtype=np.uint8))}),
    ],
    "geometry.too-few-points": [
        building("x", footprint=shapely.to_wkb(shapely.from_wkt("POLYGON ((0 0, 0 0, 0 0, 0 0))")))
    ],
    "geometry.outside-earth": [building("x", footprint=square(500_000.0, 4_000_000.0))],
    "geometry.self-intersection": [
        building("x", footprint=shapely.to_wkb(shapely.Polygon([(0, 0), (1, 1), (1, 0), (0, 1)])))
    ],
}


@pytest.mark.parametrize(("code", "bad"), [(code, bad) for code, all_bad in BAD.items() for bad in all_bad])
def test_what_cannot_be_stored_is_an_issue(spatialite: Store, code: str, bad: Entity) -> None:
    report = spatialite.write([building("good"), bad], source=SOURCE)
    assert (report.added, report.rejected, dict(report.issues)) == (1, 1, {code: 1})
    assert spatialite.counts() == {"building": 1}
    (row,) = spatialite.quarantine().rows
    assert row.issue.code == code
    assert row.issue.message
    assert code in CATALOGUE


def test_bad_ones_beside_good_ones(store: Store) -> None:
    everything = [bad for all_bad in BAD.values() for bad in all_bad]
    report = store.write([building("good"), *everything, building("better")], source=SOURCE)
    assert (report.added, report.rejected) == (2, len(everything))
    assert store.quarantine().total == len(everything)


def test_a_height_in_the_footprint_is_dropped(store: Store) -> None:
    wkb = struct.pack("<BIddd", 1, 0x80000001, 114.0, 22.6, 7.0)
    store.write([Entity(id="p", kind="sensor", footprint=wkb)], source=SOURCE)
    assert store.get("p").footprint == shapely.to_wkb(shapely.Point(114.0, 22.6))


def test_names_without_a_value_are_left_out(store: Store) -> None:
    store.write([building("a", attributes={"name": None, "use": "shop"})], source=SOURCE)
    assert store.get("a").attributes == {"use": "shop"}


def test_an_id_that_comes_again_in_one_import(store: Store) -> None:
    report = store.write([building("a"), building("a"), building("a", height_m=20.0)], source=SOURCE)
    assert (report.added, report.unchanged, report.changed) == (1, 1, 1)
    assert dict(report.issues) == {"id.duplicate": 1}
    assert store.get("a").height_m == 20.0
    assert store.find().total == 1


def test_issues_are_read_after_the_entities(store: Store) -> None:
    seen: list[Issue] = []

    def entities() -> Iterator[Entity]:
        yield building("a")
        seen.append(Issue("height.sentinel", "f:1", "left out", Severity.NOTE))
        seen.append(Issue("geometry.empty", "f:2", "no area"))

    report = store.write(entities(), source=SOURCE, issues=seen)
    assert (report.added, report.rejected) == (1, 1)
    assert [row.issue.code for row in store.quarantine().rows] == ["geometry.empty"]
    assert store.quarantine(severity=None, import_id=report.import_id).total == 2


def test_progress_is_told(store: Store) -> None:
    told: list[int] = []
    store.write((building(str(i)) for i in range(12)), source=SOURCE, progress=told.append)
    assert told[-1] == 12


@pytest.mark.parametrize("stop", [RuntimeError("broken source"), KeyboardInterrupt()])
def test_a_write_that_stops_leaves_nothing(store: Store, stop: BaseException) -> None:
    store.write([building("before", height_m=10.0)], source=SOURCE)

    def entities() -> Iterator[Entity]:
        yield building("before", height_m=99.0)
        yield from (building(f"b{i}") for i in range(6000))
        raise stop

    with pytest.raises(type(stop)):
        store.write(entities(), source=SOURCE)
    assert store.counts() == {"building": 1}
    assert store.get("before").height_m == 10.0
    assert len(store.imports()) == 1
    assert len(store.changes()) == 1
    assert store.write([building("after")], source=SOURCE).added == 1
    assert store.number("after") == 2


def test_others_write_while_a_source_is_read(store: Store) -> None:
    def entities() -> Iterator[Entity]:
        yield building("a")
        store.write([building("b")], source=SOURCE)
        store.accounts.add("lin", "correct horse", "wall")
        yield building("c")

    store.write(entities(), source=SOURCE)
    assert [found.id for found in store.each()] == ["b", "a", "c"]


def test_a_transaction_inside_a_transaction_is_refused(store: Store) -> None:
    with store.database.writing(), pytest.raises(Conflict):
        store.write([building("a")], source=SOURCE)
    assert store.counts() == {}


def test_a_write_may_read_what_stands(store: Store) -> None:
    store.write([building(str(i)) for i in range(20)], source=SOURCE)
    report = store.write((replace(found, storeys=7) for found in store.each()), source=SOURCE)
    assert report.changed == 20


def test_more_than_one_batch(store: Store) -> None:
    report = store.write((building(f"b{i}", 113 + i / 1e5) for i in range(10_001)), source=SOURCE)
    assert report.added == 10_001
    assert store.columns("building").numbers.tolist() == list(range(1, 10_002))


def test_imports_are_on_record(home: Home) -> None:
    with home.create() as store:
        first = store.write([building("a"), building("")], source=SOURCE)
    with home.open() as store:
        (record,) = store.imports()
    assert record.id == first.import_id
    assert record.source == SOURCE
    assert (record.added, record.rejected, dict(record.issues)) == (1, 1, {"id.missing": 1})


def test_retire(store: Store) -> None:
    store.write([building("a", meshes={"1": tetrahedron()}), building("b")], source=SOURCE)
    with pytest.raises(UnknownEntity):
        store.retire(["a", "nobody"], source="test")
    assert store.retire(["a", "a"], source="test") == 1
    assert store.retire(["a"], source="test") == 0
    assert store.counts() == {"building": 1}
    with pytest.raises(UnknownEntity):
        store.get("a")
    assert [(change.op, change.id) for change in store.changes()][2:] == [("retire", "a")]
    assert store.columns("building").ids == ["b"]
    assert store.write([building("a")], source=SOURCE).changed == 1
    assert store.counts() == {"building": 2}
