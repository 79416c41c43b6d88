"""The ground of a twin: the terrain as it stands, or stood, and the one height of the twin where there is none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from threading import Thread

import numpy as np
import pytest
import shapely

import twin.store.terrain
from tests.contract.conftest import SOURCE
from twin.entity import Entity, Mesh
from twin.geo.cells import cells_to_keys, lonlat_to_cells
from twin.store import Store

LON, LAT = 114.0, 22.0


def plane(height: float, *, east: float = 0.0, north: float = 0.0, side: float = 500.0) -> Mesh:
    """A level square around a point, by degrees off the usual one."""
    xyz = np.array([[-side, -side, 0], [side, -side, 0], [side, side, 0], [-side, side, 0]], dtype=np.float32)
    triangles = np.array([[0, 1, 2], [0, 2, 3]], dtype=np.uint32)
    return Mesh((LON + east, LAT + north, height), xyz, triangles, np.zeros(2, dtype=np.uint8))


def terrain(height: float, name: str = "t", **more: object) -> Entity:
    return Entity(name, "terrain", meshes={"1": plane(height)}, **more)


def outline(east: float = 0.0, size: float = 1e-4) -> bytes:
    return bytes(shapely.to_wkb(shapely.box(LON + east, LAT, LON + east + size, LAT + size)))


def ground(store: Store, east: float = 0.0, **moment: int) -> float:
    return float(store.ground_below(np.array([outline(east)], dtype=object), **moment)[0])


def test_without_terrain_it_is_the_twins_height(store: Store) -> None:
    assert np.isnan(ground(store))
    assert store.ground_at(LON, LAT) == 0.0
    assert store.terrain_state() == ""
    store.write([Entity("b", "building", footprint=outline(), base_m=31.0)], source=SOURCE)
    store.refresh_meta()
    assert ground(store) == store.ground_at(LON, LAT) == 31.0
    store.write([terrain(60.0)], source=SOURCE)
    assert ground(store) == pytest.approx(60.0, abs=0.05)  # a level square is a tangent plane
    assert store.ground_at(LON, LAT) == pytest.approx(60.0, abs=0.05)
    assert ground(store, east=1.0) == 31.0


def test_where_no_building_has_a_base_the_terrain_is_the_typical_ground(store: Store) -> None:
    store.write([terrain(60.0), terrain(90.0, "u"), terrain(61.0, "v")], source=SOURCE)
    assert store.refresh_meta().ground_m == pytest.approx(61.0, abs=0.1)
    store.write([Entity("b", "building", footprint=outline(), base_m=31.0)], source=SOURCE)
    assert store.refresh_meta().ground_m == 31.0
    store.retire(["b", "t", "u", "v"], source="")
    assert store.refresh_meta().ground_m is None


def test_the_finest_mesh_counts_and_all_entities_together(store: Store) -> None:
    fine = Entity("t", "terrain", meshes={"2": plane(50.0), "10": plane(60.0), "2.2": plane(70.0)})
    beside = Entity("u", "terrain", meshes={"1": plane(80.0, east=0.1)})
    bare = Entity("v", "terrain")
    store.write([fine, beside, bare], source=SOURCE)
    assert ground(store) == pytest.approx(60.0, abs=0.05)
    assert ground(store, east=0.1) == pytest.approx(80.0, abs=0.05)


def test_it_follows_the_terrain_in_both_times(store: Store, set_clock: Callable[[int], None]) -> None:
    states = []
    for seconds, height in ((100, 10.0), (200, 20.0)):
        set_clock(seconds)
        store.write([terrain(height)], source=SOURCE)
        states.append(store.terrain_state())
        assert ground(store) == pytest.approx(height, abs=0.05)
    set_clock(300)
    store.retire(["t"], source="")
    assert store.terrain_state() == ""
    assert np.isnan(ground(store))
    for moment, height in ((150, 10.0), (250, 20.0)):
        assert ground(store, known_at=moment) == pytest.approx(height, abs=0.05)
        assert ground(store, at=moment, known_at=moment) == pytest.approx(height, abs=0.05)
    assert np.isnan(ground(store, known_at=50))
    set_clock(400)
    store.write([terrain(20.0)], source=SOURCE)
    assert len({*states, store.terrain_state()}) == 2, "the same content is the same terrain"


def test_it_begins_and_ends_by_its_validity(store: Store, set_clock: Callable[[int], None]) -> None:
    set_clock(100)
    store.write([terrain(10.0, valid_to=500), terrain(20.0, "u", valid_from=500)], source=SOURCE)
    before = store.terrain_state()
    assert ground(store) == pytest.approx(10.0, abs=0.05)
    assert ground(store, at=600) == pytest.approx(20.0, abs=0.05)
    set_clock(500)
    assert store.terrain_state() != before
    assert ground(store) == pytest.approx(20.0, abs=0.05)


def test_it_is_read_once_however_many_ask(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    read = []
    real = twin.store.terrain.relief_of
    monkeypatch.setattr(twin.store.terrain, "relief_of", lambda *words: (read.append(1), real(*words))[1])
    store.write([terrain(10.0)], source=SOURCE)
    threads = [Thread(target=ground, args=(store,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert ground(store) == pytest.approx(10.0, abs=0.05)
    assert len(read) == 1
    store.write([replace(terrain(10.0), attributes={"name": "Hill"})], source=SOURCE)
    store.write([terrain(11.0)], source=SOURCE)
    assert ground(store) == pytest.approx(11.0, abs=0.05)


def test_places_stand_on_the_ground_of_their_building(store: Store) -> None:
    """On a slope a room in a corner is on the floor of its building, which stands on its lowest corner."""
    slope = plane(0.0)
    slope.xyz[:, 2] = slope.xyz[:, 0] / 5
    house = Entity("b", "building", footprint=outline(0.001, 0.0005), height_m=30.0, storeys=6)
    room = Entity("r", "unit", parent="b", footprint=bytes(shapely.to_wkb(shapely.Point(LON + 0.0014, LAT))))
    store.write([Entity("t", "terrain", meshes={"1": slope}), house, room], source=SOURCE)
    keys = store.places.assign(["r"], np.array([[LON + 0.0014, LAT]]), np.array([3]))
    cells = lonlat_to_cells(np.array([[LON + 0.002, LAT]]), 12)
    open_air = cells_to_keys(cells, np.array([1]), np.array([0]))
    (inside,), (outside,) = store.places.describe(keys), store.places.describe(open_air)
    lowest = ground(store, 0.001)
    assert lowest == pytest.approx(103.2 / 5, abs=0.2)
    assert inside.height_m == pytest.approx(lowest + 2 * 3.0, abs=0.01)
    assert outside.height_m == pytest.approx(206.4 / 5, abs=2.0)
