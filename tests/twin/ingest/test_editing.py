"""One entity changed by hand: field by field, over the store's two times, and nothing where it cannot be."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import shapely

from twin.entity import Entity, Mesh
from twin.errors import InvalidValue, UnknownEntity
from twin.ingest.editing import FIELDS, edit
from twin.store import SourceInfo, Store, clock

SQUARE = shapely.box(114, 22, 114.001, 22.001)
SOURCE = SourceInfo("test", "made up", "EPSG:4326", "wgs84", "ellipsoidal", 1)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    mesh = Mesh((114, 22, 0), np.eye(3, dtype=np.float32), np.array([[0, 1, 2]], np.uint32), np.zeros(1, np.uint8))
    with Store.create(tmp_path / "twin", name="test") as made:
        shape = bytes(shapely.to_wkb(SQUARE))
        known = {"use": "office", "name": "A"}
        made.write([Entity("a", "building", None, shape, 5.0, 9.0, 3, attributes=known)], source=SOURCE)
        made.write([Entity("m", "building", meshes={"2": mesh}), Entity("p", "sensor")], source=SOURCE)
        yield made


def test_fields_one_by_one(store: Store) -> None:
    wish = {"height_m": 30, "storeys": 10, "base_m": None, "parent": "g", "valid_from": 100, "valid_to": 1 << 40}
    done = edit(store, "a", wish, by="ann")
    assert (done.changed, done.change) == (True, store.newest_change())
    entity = store.get("a")
    assert done.entity == entity
    assert (entity.height_m, entity.storeys, entity.base_m, entity.parent) == (30.0, 10, None, "g")
    assert (entity.valid_from, entity.valid_to) == (100, 1 << 40)
    assert entity.attributes == {"use": "office", "name": "A"}
    assert shapely.from_wkb(entity.footprint).equals(SQUARE)
    assert store.imports()[-1].source.name == "edit by ann"


def test_attributes_are_merged(store: Store) -> None:
    edit(store, "a", {"attributes": {"use": "hotel", "name": None, "year": 1999}}, by="ann")
    assert store.get("a").attributes == {"use": "hotel", "year": 1999}


def test_what_was_so_already_is_no_change(store: Store) -> None:
    newest = store.newest_change()
    assert not edit(store, "a", {"height_m": 9.0}, by="ann").changed
    assert store.newest_change() == newest


@pytest.mark.parametrize(
    "footprint",
    [
        "POLYGON((114 22, 114.002 22, 114.002 22.001, 114 22))",
        '{"type": "Polygon", "coordinates": [[[114, 22], [114.002, 22], [114.002, 22.001], [114, 22]]]}',
        {"type": "Polygon", "coordinates": [[[114, 22], [114.002, 22], [114.002, 22.001], [114, 22]]]},
    ],
)
def test_footprints_in_any_spelling(store: Store, footprint: object) -> None:
    edit(store, "a", {"footprint": footprint}, by="ann")
    assert shapely.from_wkb(store.get("a").footprint).area == pytest.approx(1e-6, rel=1e-6)


def test_what_was_known_before_stays_known(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    before = clock.now()
    monkeypatch.setattr(clock, "now", lambda: before + 100)
    edit(store, "a", {"height_m": 99.0}, by="ann")
    assert store.get("a", known_at=before + 50).height_m == 9.0
    assert store.get("a", known_at=before + 100).height_m == 99.0


def test_triangles_stay_until_they_are_dropped(store: Store) -> None:
    edit(store, "m", {"attributes": {"use": "x"}}, by="ann")
    assert list(store.get("m").meshes) == ["2"]
    edit(store, "m", {"meshes": None, "footprint": SQUARE.wkt}, by="ann")
    assert store.get("m").meshes == {}


@pytest.mark.parametrize(
    ("wish", "field", "reason"),
    [
        ({"height_m": -3}, "height_m", "the height is -3"),
        ({"height_m": "tall"}, "height_m", "is not a number"),
        ({"height_m": float("nan")}, "height_m", "not a finite number"),
        ({"storeys": 2.5}, "storeys", "not a whole number"),
        ({"storeys": True}, "storeys", "is not a number"),
        ({"height": 3}, "height", "not a field"),
        ({"id": "b"}, "id", "not a field"),
        ({"parent": 7}, "parent", "is not a text"),
        ({"parent": "a"}, "attributes", "its own parent"),
        ({"valid_from": 9, "valid_to": 9}, "valid_to", "valid_to is not after valid_from"),
        ({"meshes": {}}, "meshes", "come from files"),
        ({"attributes": ["use"]}, "attributes", "not names with values"),
        ({"attributes": {"year": "old"}}, "attributes", "year"),
        ({"footprint": "POLYGON((114 22, 114.001 22, 114 22, 114 22))"}, "footprint", ""),
        ({"footprint": "POLYGON((114 22, 114.001 22.001, 114.001 22, 114 22.001, 114 22))"}, "footprint", "Self-inter"),
        ({"footprint": "POLYGON EMPTY"}, "footprint", ""),
        ({"footprint": "POINT(114 22)"}, "footprint", "Point is no area"),
        ({"footprint": "POLYGON((500000 2500000, 500010 2500000, 500010 2500010, 500000 2500000))"}, "footprint", ""),
        ({"footprint": "nonsense"}, "footprint", "neither"),
        ({"footprint": {"type": "Polygon"}}, "footprint", "neither"),
        ({"footprint": 7}, "footprint", "neither"),
    ],
)
def test_what_cannot_be_is_named_and_stores_nothing(store: Store, wish: dict, field: str, reason: str) -> None:
    before = (store.newest_change(), len(store.imports()), store.quarantine(severity=None).total)
    with pytest.raises(InvalidValue) as raised:
        edit(store, "a", wish, by="ann")
    assert raised.value.thing == field
    assert reason in raised.value.reason
    assert (store.newest_change(), len(store.imports()), store.quarantine(severity=None).total) == before


def test_who_is_not_there(store: Store) -> None:
    with pytest.raises(UnknownEntity):
        edit(store, "nobody", {"height_m": 1}, by="ann")
    store.retire(["a"], source="")
    with pytest.raises(UnknownEntity):
        edit(store, "a", {"height_m": 1}, by="ann")


def test_every_field_is_one_of_the_entitys() -> None:
    assert set(FIELDS) <= set(Entity.__slots__)
