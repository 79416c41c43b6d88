"""Finding: by kind, place, parent, word and attribute; in pages that neither skip nor repeat."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.contract.conftest import SOURCE, building, square, tetrahedron
from twin.entity import Entity
from twin.errors import InvalidValue, UnknownEntity
from twin.store import Store
from twin.types import Bbox

GRIDS = [
    Entity(id=f"grid-{i}", kind="grid", footprint=square(114 + i * 0.01, 22.6, 0.01), attributes={"code": f"G{i}"})
    for i in range(3)
]


def town() -> list[Entity]:
    """Three grids in a row with ten buildings each, a sensor on each building."""
    found = list(GRIDS)
    for i in range(30):
        use = "office" if i % 3 else "home"
        names = {"name": f"Tower {i}", "use": use, "address": f"龙华路{i}号"}
        lon = 114.0005 + i * 0.001
        found.append(building(f"b{i}", lon, 22.605, parent=f"grid-{i // 10}", attributes=names))
        point = bytes(shapely.to_wkb(shapely.Point(lon, 22.605)))
        found.append(Entity(id=f"s{i}", kind="sensor", parent=f"b{i}", footprint=point, source="devices"))
    return found


@pytest.fixture
def full(store: Store) -> Store:
    store.write(town(), source=SOURCE)
    return store


def ids(store: Store, **wanted: object) -> list[str]:
    page = store.find(**wanted)  # type: ignore[arg-type]
    assert page.next is None
    assert page.total == len(page.entities)
    return [found.id for found in page.entities]


def test_find(full: Store) -> None:
    assert len(ids(full)) == 63
    assert ids(full, kinds=["grid"]) == ["grid-0", "grid-1", "grid-2"]
    assert len(ids(full, kinds=["grid", "building"])) == 33
    assert ids(full, parent="b3") == ["s3"]
    assert ids(full, text="TOWER 27") == ["b27"]
    assert ids(full, text="龙华路12") == ["b12"]
    assert ids(full, text="%") == []
    assert len(ids(full, source="devices")) == 30
    assert len(ids(full, kinds=["building"], where={"use": "home"})) == 10
    assert ids(full, kinds=["building"], where={"use": "home"}, parent="grid-0") == ["b0", "b3", "b6", "b9"]
    assert ids(full, where={"code": "G1"}) == ["grid-1"]


def test_find_in_a_box(full: Store) -> None:
    box = Bbox(114.0046, 22.6, 114.0064, 22.606)
    assert ids(full, kinds=["building"], bbox=box) == ["b4", "b5"]
    assert ids(full, bbox=box) == ["grid-0", "b4", "b5", "s5"]
    assert ids(full, bbox=Bbox(0, 0, 1, 1)) == []
    edge = Bbox(113.0, 22.0, 114.0005, 22.605)  # touches one corner
    assert ids(full, kinds=["building"], bbox=edge) == ["b0"]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(corners=st.tuples(*[st.floats(-0.001, 0.035)] * 2, *[st.floats(-0.001, 0.02)] * 2))
def test_a_box_finds_what_the_plain_comparison_finds(full: Store, corners: tuple[float, ...]) -> None:
    west, east = sorted(corners[:2])
    south, north = sorted(corners[2:])
    box = Bbox(114 + west, 22.6 + south, 114 + east, 22.6 + north)
    expected = []
    for entity in town():
        w, s, e, n = shapely.bounds(shapely.from_wkb(entity.footprint)).tolist()
        if w <= box.east and e >= box.west and s <= box.north and n >= box.south:
            expected.append(entity.id)
    assert ids(full, bbox=box) == expected


@pytest.mark.parametrize("limit", [1, 7, 62, 63, 64])
def test_pages_neither_skip_nor_repeat(full: Store, limit: int) -> None:
    seen: list[str] = []
    cursor = None
    while True:
        page = full.find(limit=limit, cursor=cursor)
        seen += [found.id for found in page.entities]
        assert page.total == 63
        if len(seen) == limit:
            full.write([building("late")], source=SOURCE)  # at the end of the order: it comes last
            full.write([building("b0", height_m=1.0)], source=SOURCE)  # changed: it keeps its place
        if page.next is None:
            break
        cursor = page.next
    assert seen[:63] == [entity.id for entity in town()]
    assert len(seen) == len(set(seen))


@pytest.mark.parametrize(
    "wrong",
    [
        {"limit": 0},
        {"limit": 10_001},
        {"cursor": "1"},
        {"cursor": "c1-"},
        {"kinds": ["dragon"]},
        {"where": {"a' OR '1'='1": "x"}},
    ],
)
def test_what_cannot_be_asked(full: Store, wrong: dict[str, object]) -> None:
    with pytest.raises(InvalidValue):
        full.find(**wrong)  # type: ignore[arg-type]


def test_each(full: Store) -> None:
    full.write([building("m", 114.5, meshes={"2": tetrahedron()})], source=SOURCE)
    assert [found.id for found in full.each()] == [*(entity.id for entity in town()), "m"]
    assert [found.id for found in full.each(kinds=["grid"], bbox=Bbox(114, 22.6, 114.005, 22.61))] == ["grid-0"]
    meshes = {found.id: found.meshes for found in full.each(kinds=["building"], with_meshes=True)}
    assert [id for id, found in meshes.items() if found] == ["m"]
    assert all(not found.meshes for found in full.each())


def test_columns(full: Store) -> None:
    bare = Entity(id="bare", kind="building", meshes={"1": tetrahedron()})
    full.write([bare], source=SOURCE)
    columns = full.columns("building", ["use", "year"])
    assert columns.ids == [*(f"b{i}" for i in range(30)), "bare"]
    assert columns.numbers.tolist() == [full.number(id) for id in columns.ids]
    assert columns.numbers.dtype == np.uint32
    assert columns.parents[0] == "grid-0"
    assert columns.parents[30] is None
    assert columns.wkb[0] == square(114.0005, 22.605)
    assert columns.wkb[30] is None
    assert columns.base_m[0] == 30.0
    assert np.isnan(columns.base_m[30])
    assert np.isnan(columns.height_m[30])
    assert (columns.storeys[0], columns.storeys[30]) == (6, -1)
    assert columns.has_mesh.tolist() == [False] * 30 + [True]
    assert columns.attributes["use"][:2].tolist() == ["home", "office"]
    assert columns.attributes["year"].tolist() == [None] * 31
    assert full.columns("building", bbox=Bbox(114.0, 22.6, 114.0006, 22.7)).ids == ["b0"]
    assert full.columns("bridge", ["name"]).ids == []


def test_columns_are_the_same_in_many_strides(full: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = full.columns("building", ["use"])
    monkeypatch.setattr("twin.store.columns._STRIDE", 7)
    parts = full.columns("building", ["use"])
    assert parts.ids == whole.ids
    assert parts.attributes["use"].tolist() == whole.attributes["use"].tolist()
    for name in ("parents", "numbers", "wkb", "base_m", "height_m", "storeys", "has_mesh", "stamps"):
        np.testing.assert_array_equal(getattr(parts, name), getattr(whole, name))


def test_meshes_in_the_order_asked_for(full: Store) -> None:
    full.write([building(id, meshes={"1": tetrahedron()}) for id in ("x", "y", "z")], source=SOURCE)
    assert [id for id, _ in full.meshes(["z", "b1", "nobody", "x"])] == ["z", "x"]


def test_counts_and_extent(full: Store) -> None:
    assert full.counts() == {"building": 30, "grid": 3, "sensor": 30}
    extent = full.extent()
    assert extent is not None
    assert (extent.west, extent.south, extent.east, extent.north) == pytest.approx((114.0, 22.6, 114.0305, 22.61))


def test_an_empty_twin(store: Store) -> None:
    assert store.counts() == {}
    assert store.extent() is None
    assert store.find().entities == []
    assert list(store.each()) == []
    assert store.changes() == []
    assert store.imports() == []
    assert store.quarantine().total == 0
    assert store.refresh_meta().ground_m is None
    assert store.newest_change() == 0


def test_children(full: Store) -> None:
    assert [found.id for found in full.children("grid-1")] == [f"b{i}" for i in range(10, 20)]
    assert full.children("s1") == []
    with pytest.raises(UnknownEntity):
        full.children("nobody")


def test_what_was_under_and_around_at_a_moment(store: Store, set_clock: Callable[[int], None]) -> None:
    set_clock(1000)
    store.write(town(), source=SOURCE)
    set_clock(2000)
    store.retire(["b10", "grid-0"], source="test")
    assert [found.id for found in store.children("grid-1")] == [f"b{i}" for i in range(11, 20)]
    for known_at in (None, 1500):
        then = store.children("grid-1", at=1500, known_at=known_at)
        assert [found.id for found in then] == [f"b{i}" for i in range(10, 20)]
    where = (114.0008, 22.6052, ["building", "grid"])
    assert [found.id for found in store.containing(*where)] == ["b0"]
    assert [found.id for found in store.containing(*where, at=1500, known_at=1500)] == ["grid-0", "b0"]


def test_containing(full: Store) -> None:
    assert [found.id for found in full.containing(114.0008, 22.6052, ["building", "grid"])] == ["grid-0", "b0"]
    assert [found.id for found in full.containing(114.01, 22.605, ["grid"])] == ["grid-0", "grid-1"]
    assert full.containing(0.0, 0.0, ["grid"]) == []


def test_containing_is_exact_and_not_by_the_box(store: Store) -> None:
    triangle = shapely.to_wkb(shapely.Polygon([(114, 22), (114.01, 22), (114, 22.01)]))
    ring = shapely.Polygon([(0, 0), (3, 0), (3, 3), (0, 3)], [[(1, 1), (2, 1), (2, 2), (1, 2)]])
    store.write(
        [
            Entity(id="t", kind="zone", footprint=triangle),
            Entity(id="r", kind="zone", footprint=shapely.to_wkb(ring)),
        ],
        source=SOURCE,
    )
    assert [found.id for found in store.containing(114.002, 22.002, ["zone"])] == ["t"]
    assert store.containing(114.009, 22.009, ["zone"]) == []
    assert store.containing(1.5, 1.5, ["zone"]) == []
    assert [found.id for found in store.containing(1.0, 1.5, ["zone"])] == ["r"]


def test_intersecting(full: Store) -> None:
    assert [found.id for found in full.intersecting("b9", ["grid"])] == ["grid-0", "grid-1"]
    assert [found.id for found in full.intersecting("b9", ["building"])] == ["b8", "b10"]
    assert [found.id for found in full.intersecting("grid-2", ["building"])] == [f"b{i}" for i in range(19, 30)]
    full.write([Entity(id="nowhere", kind="camera")], source=SOURCE)
    assert full.intersecting("nowhere", ["grid"]) == []
    with pytest.raises(UnknownEntity):
        full.intersecting("nobody", ["grid"])


def test_unknown_entities(full: Store) -> None:
    with pytest.raises(UnknownEntity, match="nobody"):
        full.get("nobody")
    with pytest.raises(UnknownEntity):
        full.number("nobody")


def test_the_ground_is_the_median_base_of_buildings(store: Store) -> None:
    heights = {"a": 30.0, "b": 31.0, "c": 90.0}
    store.write([building(id, base_m=base) for id, base in heights.items()], source=SOURCE)
    assert store.refresh_meta().ground_m == 31.0
    assert store.meta.ground_m == 31.0


def test_changes(full: Store) -> None:
    assert full.newest_change() == 63
    full.write([building("b0", 114.02, 22.605)], source=SOURCE)
    (moved,) = full.changes(since=63)
    assert (moved.seq, moved.op, moved.id, moved.kind) == (64, "change", "b0", "building")
    assert moved.bbox == Bbox(114.0005, 22.605, 114.021, 22.606)
    assert [change.seq for change in full.changes(since=10, limit=3)] == [11, 12, 13]
    with pytest.raises(InvalidValue):
        full.changes(limit=0)


def test_quarantine_pages(store: Store) -> None:
    store.write([building(f"b{i}", height_m=-1.0) for i in range(25)], source=SOURCE)
    store.write([building("")], source=SOURCE)
    first = store.quarantine(limit=20)
    second = store.quarantine(limit=20, cursor=first.next)
    assert (first.total, len(first.rows), len(second.rows), second.next) == (26, 20, 6, None)
    assert store.quarantine(import_id=2).total == 1
