"""The flat map: the projection, what a tile holds against shapely, cells, styles."""

from __future__ import annotations

import time
from pathlib import Path

import h3
import mapbox_vector_tile
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from tiles.vector.cut import EXTENT
from tiles.vector.layers import BASEMAP, CELLS, GRIDS, MAPS
from tiles.vector.maps import Maps
from tiles.vector.mercator import TileAddress, to_lonlat, to_square
from tiles.vector.styles import style, theme, theme_names
from twin.entity import Entity
from twin.errors import InvalidValue, NotFound
from twin.store import SourceInfo, Store

LON, LAT = 114.03, 22.61


def wkb(shape: shapely.Geometry) -> bytes:
    return bytes(shapely.to_wkb(shape))


def source() -> SourceInfo:
    return SourceInfo("t", "t", "EPSG:4326", "wgs84", "ellipsoidal", int(time.time()))


def things() -> list[Entity]:
    lake = shapely.Point(LON, LAT).buffer(0.01).difference(shapely.Point(LON, LAT).buffer(0.004))
    motorway = shapely.LineString([(LON - 0.2, LAT), (LON + 0.2, LAT + 0.0004)])
    alley = shapely.LineString([(LON, LAT), (LON + 0.001, LAT)])
    return [
        Entity("lake", "water", footprint=wkb(lake), attributes={"name": "湖"}),
        Entity("g4", "road", footprint=wkb(motorway), attributes={"road_class": "motorway", "name": "G4"}),
        Entity("alley", "road", footprint=wkb(alley), attributes={"road_class": "footway"}),
        Entity("house", "building", footprint=wkb(shapely.box(LON, LAT, LON + 5e-4, LAT + 5e-4)), height_m=40.4),
        Entity("hub", "hub", footprint=wkb(shapely.Point(LON, LAT)), attributes={"name": "北站", "mode": "metro"}),
        Entity("g1", "grid", footprint=wkb(shapely.box(LON - 0.01, LAT, LON, LAT + 0.01)), attributes={"code": "1"}),
        Entity("bare", "road", attributes={"name": "nowhere"}),
    ]


@pytest.fixture
def store(tmp_path: Path) -> Store:
    with Store.create(tmp_path / "twin", name="map") as made:
        report = made.write(
            things(), source=SourceInfo("t", "t", "EPSG:4326", "wgs84", "ellipsoidal", int(time.time()))
        )
        assert not report.rejected
        yield made


def address(zoom: int, lon: float = LON, lat: float = LAT) -> TileAddress:
    x, y = (to_square(np.array([[lon, lat]]))[0] * (1 << zoom)).astype(int).tolist()
    return TileAddress(zoom, x, y)


def decoded(maps: Maps, map, at: TileAddress) -> dict[str, list[dict]]:
    tile = maps.tile(map, at)
    return {
        name: layer["features"]
        for name, layer in mapbox_vector_tile.decode(tile, default_options={"y_coord_down": True}).items()
    }


@given(st.floats(-180, 180), st.floats(-85, 85))
def test_there_and_back(lon: float, lat: float) -> None:
    assert to_lonlat(to_square(np.array([[lon, lat]]))) == pytest.approx(np.array([[lon, lat]]), abs=1e-9)


def test_known_tile() -> None:
    # Tile 10/836/446 as in OpenStreetMap's own naming.
    box = TileAddress(10, 836, 446).bbox()
    assert (box.west, box.east) == (113.90625, 114.2578125)
    assert (round(box.south, 4), round(box.north, 4)) == (22.2688, 22.5937)


@pytest.mark.parametrize("wrong", [(-1, 0, 0), (23, 0, 0), (3, 8, 0), (3, 0, -1)])
def test_tiles_that_there_are_not(wrong: tuple[int, int, int]) -> None:
    with pytest.raises(InvalidValue):
        TileAddress(*wrong)


def test_what_a_tile_holds(store: Store) -> None:
    found = decoded(Maps(store), BASEMAP, address(15))
    assert set(found) == {"water", "roads", "buildings", "labels"}
    assert {road["properties"]["id"] for road in found["roads"]} == {"g4", "alley"}
    house = found["buildings"][0]["properties"]
    assert house == {"id": "house", "number": store.number("house"), "kind": "building", "height": 40}
    assert found["labels"][0]["properties"]["name"] == "北站"


def test_shapes_are_what_shapely_says(store: Store) -> None:
    at = address(14)
    (lake,) = decoded(Maps(store), BASEMAP, at)["water"]
    drawn = shapely.geometry.shape(lake["geometry"])
    west, north, east, south = at.square()
    units = shapely.transform(
        shapely.from_wkb(things()[0].footprint),
        lambda xy: (to_square(xy) - (west, north)) / (east - west, south - north) * EXTENT,
    )
    expected = units.intersection(shapely.box(-128, -128, EXTENT + 128, EXTENT + 128))
    assert drawn.symmetric_difference(expected).area < 0.002 * expected.area
    assert drawn.bounds[0] >= -129
    assert drawn.bounds[2] <= EXTENT + 129


def test_small_roads_come_later(store: Store) -> None:
    maps = Maps(store)
    assert [road["properties"]["id"] for road in decoded(maps, BASEMAP, address(8))["roads"]] == ["g4"]
    assert "roads" not in decoded(maps, BASEMAP, address(3)) if maps.tile(BASEMAP, address(3)) else True


def test_nothing_is_an_empty_tile(store: Store) -> None:
    assert Maps(store).tile(BASEMAP, address(15, lon=-100.0)) == b""


def test_a_change_shows_at_once(store: Store) -> None:
    maps = Maps(store)
    assert len(decoded(maps, GRIDS, address(14, lon=LON - 0.005, lat=LAT + 0.005))["grids"]) == 1
    before = maps.version(GRIDS)
    more = Entity("g2", "grid", footprint=wkb(shapely.box(LON - 0.01, LAT, LON - 0.005, LAT + 0.01)))
    store.write([more], source=source())
    assert maps.version(GRIDS) > before
    assert len(decoded(maps, GRIDS, address(14, lon=LON - 0.005, lat=LAT + 0.005))["grids"]) == 2


@pytest.mark.parametrize("zoom", [3, 7, 11, 14, 17, 20])
@pytest.mark.parametrize("lon", [LON, 179.9999])
def test_cells_of_a_tile_are_those_of_h3(store: Store, zoom: int, lon: float) -> None:
    at = address(zoom, lon)
    found = decoded(Maps(store), CELLS, at)["cells"]
    names = {cell["properties"]["id"] for cell in found}
    res = found[0]["properties"]["res"]
    box = at.bbox()
    inside = np.random.default_rng(1).uniform([box.west, box.south], [box.east, box.north], (50, 2))
    assert {h3.latlng_to_cell(lat, lng, res) for lng, lat in inside.tolist()} <= names
    assert len(names) == len(found) < 1000


def test_tilejson_and_style(store: Store) -> None:
    for each in MAPS:
        document = Maps(store).tilejson(each, "http://here/{z}/{x}/{y}.mvt")
        assert document["vector_layers"]
        assert document["bounds"][0] < document["bounds"][2]
    layers = {layer.id for each in MAPS for layer in each.layers}
    for name in theme_names():
        made = style(name, {each.id: f"http://here/{each.id}.json" for each in MAPS})
        assert {layer["source-layer"] for layer in made["layers"][1:]} <= layers
        assert {layer["source"] for layer in made["layers"][1:]} == set(made["sources"])
        assert theme(name).title_zh
    with pytest.raises(NotFound):
        theme("../dark")
