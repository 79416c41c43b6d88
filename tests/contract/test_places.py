"""The place table: keys that stay, units that are dealt, ranges that hold a whole family."""

from __future__ import annotations

import numpy as np
import pytest

from tests.contract.conftest import SOURCE, Home, building
from twin.entity import Entity
from twin.errors import InvalidValue, UnknownPlace
from twin.geo.cells import (
    UNKNOWN_FLOOR,
    cells_to_keys,
    keys_to_cells,
    keys_to_floors,
    keys_to_units,
    lonlat_to_cells,
)
from twin.geo.vehicles import vehicle_keys
from twin.store import Store

HERE = (114.0305, 22.6105)


def house() -> list[Entity]:
    """A building with two storeys of two units, under a grid; and a shop in another building without storeys."""
    found = [
        Entity(id="grid", kind="grid", attributes={"code": "G"}),
        building("b", *HERE, parent="grid", base_m=40.0, height_m=36.0, storeys=12, attributes={"name": "Tower"}),
        Entity(id="b/1", kind="storey", parent="b", attributes={"level": 1}),
        Entity(id="b/7", kind="storey", parent="b", base_m=58.5, attributes={"level": 7}),
        building("c", *HERE, parent="grid", base_m=None, height_m=None, storeys=None),
        Entity(id="shop", kind="premises", parent="c", attributes={"name": "肠粉店", "level": 1}),
    ]
    for level, unit in ((1, "A"), (1, "B"), (7, "A"), (7, "B")):
        name = f"{level}{unit}"
        found.append(Entity(id=name, kind="unit", parent=f"b/{level}", attributes={"name": name, "level": level}))
    return found


@pytest.fixture
def town(store: Store) -> Store:
    store.write(house(), source=SOURCE)
    return store


def assign(store: Store, ids: list[str], floors: list[int]) -> list[int]:
    return [int(key) for key in store.places.assign(ids, np.array([HERE] * len(ids)), np.array(floors))]


def test_units_are_dealt_within_cell_and_floor(town: Store) -> None:
    keys = np.array(assign(town, ["1A", "1B", "7A", "7B", "b"], [1, 1, 7, 7, UNKNOWN_FLOOR]), dtype=np.uint64)
    assert keys_to_units(keys).tolist() == [1, 2, 1, 2, 1]
    assert keys_to_floors(keys).tolist() == [1, 1, 7, 7, UNKNOWN_FLOOR]
    assert set(keys_to_cells(keys).tolist()) == set(lonlat_to_cells([HERE], 12).tolist())
    more = np.array(assign(town, ["shop"], [1]), dtype=np.uint64)
    assert keys_to_units(more).tolist() == [3]


def test_a_key_stays(home: Home) -> None:
    with home.create() as store:
        store.write(house(), source=SOURCE)
        first = assign(store, ["1A", "b", "b"], [1, 1, 2])
    with home.open() as store:
        moved = store.places.assign(["b", "1A", "1B"], np.array([(0.0, 0.0)] * 3), np.array([2, 1, 1]))
        assert moved[:2].tolist() == [first[2], first[0]]
        assert moved[2] != first[0]


def test_the_same_pair_twice_in_one_call(town: Store) -> None:
    a, b, c = assign(town, ["1A", "1A", "1A"], [1, 1, 2])
    assert a == b != c


def test_keys(town: Store) -> None:
    unit, tower, tower_2 = assign(town, ["1A", "b", "b"], [1, UNKNOWN_FLOOR, 2])
    assert town.places.keys(["b", "1A", "b"]).tolist() == [tower, unit, tower]
    assert town.places.keys(["b", "1A"], np.array([2, 1])).tolist() == [tower_2, unit]
    assert town.places.keys([]).tolist() == []
    with pytest.raises(UnknownPlace, match=r"1B.*2 of 3 are unknown"):
        town.places.keys(["1A", "1B", "nobody"])
    with pytest.raises(UnknownPlace):
        town.places.keys(["1A"], np.array([3]))
    ids, keys = town.places.key_table()
    assert sorted(zip(ids, keys.tolist(), strict=True)) == sorted([("1A", unit), ("b", tower), ("b", tower_2)])
    assert keys.tolist() == sorted(keys.tolist())


def test_a_place_on_a_vehicle_is_described_by_its_parts(town: Store) -> None:
    keys = np.concatenate([vehicle_keys("air", 77, 1, 12, 3), np.array(assign(town, ["1A"], [1]), dtype=np.uint64)])
    seat, flat = town.places.describe(keys)
    assert (seat.name, seat.kind, seat.entity_id, seat.floor) == ("air/77/1/12/3", "vehicle", None, UNKNOWN_FLOOR)
    assert np.isnan([seat.lon, seat.lat]).all()
    assert flat.entity_id == "1A"


def test_the_whole_table_and_every_parent(town: Store) -> None:
    assert len(town.places.table().keys) == town.places.count() == 0
    keys = assign(town, ["1A", "shop", "1A"], [1, 1, 2])
    table, number = town.places.table(), town.numbers(["1A", "shop"])
    found = dict(zip(table.keys.tolist(), table.numbers.tolist(), strict=True))
    assert found == {keys[0]: number["1A"], keys[1]: number["shop"], keys[2]: number["1A"]}
    assert table.keys.tolist() == sorted(keys)
    assert np.allclose(table.lonlat, [HERE] * 3)
    assert town.places.count() == 3
    above = town.parents()
    for entity in town.each():
        parent = int(above[town.number(entity.id)]) if town.number(entity.id) < len(above) else 0
        assert parent == (town.number(entity.parent) if entity.parent else 0)


def test_what_cannot_be_assigned(town: Store) -> None:
    with pytest.raises(UnknownPlace, match="nobody"):
        assign(town, ["1A", "nobody"], [1, 1])
    assert town.places.key_table()[0] == []
    with pytest.raises(InvalidValue):
        town.places.assign(["1A"], np.array([(np.nan, 0.0)]), np.array([1]))
    with pytest.raises(InvalidValue):
        assign(town, ["1A"], [300])
    with pytest.raises(InvalidValue):
        assign(town, ["1A"], [1, 2])
    assert assign(town, [], []) == []


def test_a_full_floor_is_an_error(store: Store) -> None:
    names = [f"u{i}" for i in range(8192)]
    store.write((Entity(id=name, kind="unit") for name in names), source=SOURCE)
    assign(store, names[:-1], [1] * 8191)
    with pytest.raises(InvalidValue, match="8191"):
        assign(store, names[-1:], [1])


def inside(ranges: tuple[np.ndarray, np.ndarray], key: int) -> bool:
    return any(low <= key < high for low, high in zip(*ranges, strict=True))


def test_ranges_hold_the_whole_family(town: Store) -> None:
    names = ["1A", "1B", "7A", "7B", "b", "shop"]
    keys = dict(zip(names, assign(town, names, [1, 1, 7, 7, UNKNOWN_FLOOR, 1]), strict=True))
    for id, members in (("grid", set(names)), ("b", set(names[:5])), ("b/7", {"7A", "7B"}), ("shop", {"shop"})):
        ranges = town.places.ranges(id)
        assert {name for name, key in keys.items() if inside(ranges, key)} == members
        assert int((ranges[1] - ranges[0]).sum()) == len(members)
        assert (ranges[0][1:] > ranges[1][:-1]).all()
    assert len(town.places.ranges("b/7")[0]) == 1  # two units side by side are one range
    assert len(town.places.ranges("b/1")[0]) == 1
    assert [len(side) for side in town.places.ranges("c")] == [1, 1]
    with pytest.raises(UnknownPlace):
        town.places.ranges("nobody")


def test_ranges_of_an_entity_without_places_are_empty(town: Store) -> None:
    low, high = town.places.ranges("grid")
    assert (low.dtype, high.dtype) == (np.uint64, np.uint64)
    assert len(low) == len(high) == 0


def test_a_loop_of_parents_ends(store: Store) -> None:
    store.write([Entity(id="x", kind="zone", parent="y"), Entity(id="y", kind="zone", parent="x")], source=SOURCE)
    keys = assign(store, ["x", "y"], [1, 1])
    assert inside(store.places.ranges("x"), keys[1])
    assert [info.entity_id for info in store.places.describe(np.array(keys, dtype=np.uint64))] == ["x", "y"]


def test_describe(town: Store) -> None:
    names, floors = ["7A", "1B", "b", "b", "b/7", "shop"], [7, 1, UNKNOWN_FLOOR, -2, 7, 1]
    keys = np.array(assign(town, names, floors), dtype=np.uint64)
    stranger = cells_to_keys(lonlat_to_cells([(114.2, 22.7)], 9), [UNKNOWN_FLOOR])
    infos = town.places.describe(np.concatenate((keys, stranger)))
    assert [info.entity_id for info in infos] == [*names, None]
    assert [info.name for info in infos[:6]] == ["7A", "1B", "Tower", "Tower", "b/7", "肠粉店"]
    assert [info.kind for info in infos] == ["unit", "unit", "building", "building", "storey", "premises", "cell"]
    assert [info.floor for info in infos] == [*floors, UNKNOWN_FLOOR]
    assert [info.building_id for info in infos] == ["b", "b", "b", "b", "b", "c", None]
    # measured for the storey; counted up at 36 m / 12 storeys; the base; two basements down; nobody knows
    assert [info.height_m for info in infos] == [58.5, 40.0, 40.0, 34.0, 58.5, None, None]
    assert (infos[0].lon, infos[0].lat) == HERE
    assert (infos[6].lon, infos[6].lat) == pytest.approx((114.2, 22.7), abs=0.005)
    town.refresh_meta()
    assert town.places.describe(keys)[5].height_m == 40.0


def test_many(store: Store) -> None:
    count = 3000
    rng = np.random.default_rng(3)
    points = np.column_stack((114 + rng.random(count) * 0.001, 22.6 + rng.random(count) * 0.001))
    floors = rng.integers(1, 4, count)
    names = [f"u{i}" for i in range(count)]
    store.write((Entity(id=name, kind="unit") for name in names), source=SOURCE)
    keys = store.places.assign(names, points, floors)
    assert len(set(keys.tolist())) == count
    assert (store.places.keys(names) == keys).all()
    assert (keys_to_cells(keys) == lonlat_to_cells(points, 12)).all()
    by_floor: dict[tuple[int, int], list[int]] = {}
    for key in keys.tolist():
        by_floor.setdefault((key >> 13, 0), []).append(key & 8191)
    assert all(sorted(units) == list(range(1, len(units) + 1)) for units in by_floor.values())
