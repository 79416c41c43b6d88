"""Buildings and estates as areas of keys: by the tree, by the footprint, again when the model has changed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import shapely

from scenes.epidemic.areas import areas
from twin.entity import Entity
from twin.errors import InvalidValue
from twin.geo.cells import UNKNOWN_FLOOR
from twin.store import SourceInfo, Store

SOURCE = SourceInfo("town.ndjson", "geojson", "EPSG:4326", "wgs84", "ellipsoidal", 1_700_000_000)
TOWER, SHED, STREET = (114.03, 22.61), (114.0304, 22.61), (114.035, 22.61)


def box(point: tuple[float, float], size: float = 0.0002) -> bytes:
    return bytes(shapely.to_wkb(shapely.box(*(np.array(point) - size / 2), *(np.array(point) + size / 2))))


def town() -> list[Entity]:
    """A tower with a flat and a shop, and a shed with a yard of its own, in one estate; a stall in the street."""
    return [
        Entity(id="grid", kind="grid", footprint=box(TOWER, 0.002), attributes={"code": "G"}),
        Entity(id="estate", kind="estate", footprint=box(TOWER, 0.0012)),
        Entity(id="yard", kind="estate", footprint=box(SHED, 0.0003)),
        Entity(id="nothing drawn", kind="estate"),
        Entity(id="tower", kind="building", parent="grid", footprint=box(TOWER)),
        Entity(id="tower/2", kind="storey", parent="tower", attributes={"level": 2}),
        Entity(id="flat", kind="unit", parent="tower/2", attributes={"level": 2}),
        Entity(id="shop", kind="premises", parent="tower"),
        Entity(id="shed", kind="building", parent="grid", footprint=box(SHED)),
        Entity(id="stall", kind="premises"),
    ]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.create(tmp_path / "twin", name="Town") as store:
        store.write(town(), source=SOURCE)
        yield store


def placed(store: Store) -> dict[str, int]:
    """The shop's point lies in the street, some metres out of its tower."""
    ids = ["flat", "shop", "tower", "tower", "shed", "stall"]
    points = np.array([TOWER, STREET, TOWER, TOWER, SHED, STREET])
    keys = store.places.assign(ids, points, np.array([2, 1, 2, UNKNOWN_FLOOR, 1, 1]))
    return dict(zip(["flat", "shop", "tower 2", "tower", "shed", "stall"], keys.tolist(), strict=True))


def names(store: Store, kind: str, key: dict[str, int]) -> dict[str, str]:
    """Which area of a kind each place lies in."""
    found = areas(store, kind)
    by_number = {store.number(entity.id): entity.id for entity in store.each(kinds=(kind,))}
    pairs = zip(found.ranges.lo.tolist(), found.ranges.hi.tolist(), found.area.tolist(), strict=True)
    of = {k: by_number[a] for lo, hi, a in pairs for k in range(lo, hi)}
    assert set(of) <= set(key.values())
    return {name: of[k] for name, k in key.items() if k in of}


def test_a_building_holds_what_hangs_under_it(store: Store) -> None:
    key = placed(store)
    expected = {"flat": "tower", "shop": "tower", "tower 2": "tower", "tower": "tower", "shed": "shed"}
    assert names(store, "building", key) == expected
    assert names(store, "storey", key) == {"flat": "tower/2"}


def test_an_estate_holds_whole_buildings_and_the_smallest_wins(store: Store) -> None:
    key = placed(store)
    expected = dict.fromkeys(("flat", "shop", "tower 2", "tower"), "estate")
    assert names(store, "estate", key) == {**expected, "shed": "yard"}
    assert names(store, "grid", key) == dict.fromkeys((*expected, "shed"), "grid")


def test_ranges_are_those_of_the_place_table(store: Store) -> None:
    placed(store)
    lo, hi = store.places.ranges("tower")
    found = areas(store, "building")
    mine = found.area == store.number("tower")
    assert (found.ranges.lo[mine].tolist(), found.ranges.hi[mine].tolist()) == (lo.tolist(), hi.tolist())


def test_kept_until_something_changes(store: Store) -> None:
    placed(store)
    first = areas(store, "building")
    assert areas(store, "building") is first
    store.places.assign(["shed"], np.array([SHED]), np.array([2]))
    second = areas(store, "building")
    assert len(second.area) == len(first.area) + 1
    store.retire(["shed"], source="demolished")
    assert store.number("shed") not in areas(store, "building").area


def test_what_is_no_area_and_what_holds_nothing(store: Store) -> None:
    with pytest.raises(InvalidValue, match=r"sensor.*no kind of area.*building"):
        areas(store, "sensor")
    with pytest.raises(InvalidValue, match="no place of this twin lies in a building"):
        areas(store, "building")
