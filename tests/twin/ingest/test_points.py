"""Things with a position per row: charging stations, metro, bus stops, cameras, sensors, racks, and messy tables."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import shapely

from tests.twin.ingest.city_samples import split, written
from tests.twin.ingest.table_samples import LAT, LON, collection, lines, point, sliced
from twin.entity import Entity
from twin.errors import EmptySource, InvalidValue, MissingCrs, UnreadableSource, WrongCrs
from twin.ingest.sensors import is_point_table, read_point_table
from twin.ingest.source import Options, Source
from twin.ingest.tables import header_of, read_rows
from twin.ingest.transit import is_bus_table, is_metro_json, read_bus_lines, read_metro
from twin.ingest.vector import read_geojson, read_geojson_lines
from twin.issues import Issue, Severity


def outside(shared_data: Path, entities: list[Entity]) -> int:
    """How many lie outside Shenzhen."""
    raw = gzip.decompress((shared_data / "shenzhen" / "districts_10_transbigdata.geojson.gz").read_bytes())
    shapes = [shapely.from_geojson(json.dumps(one["geometry"])) for one in json.loads(raw)["features"]]
    city = shapely.union_all(shapes)
    shapely.prepare(city)
    points = shapely.get_coordinates(shapely.from_wkb([entity.footprint for entity in entities]))
    return int((~shapely.contains_xy(city, *points.T)).sum())


def read(folder: Path, table: str | bytes, **options: Any) -> tuple[list[Entity], list[Issue]]:
    path = folder / "devices.csv"
    path.write_bytes(table if isinstance(table, bytes) else table.encode())
    return split(read_point_table(Source(path), Options(**options)))


# Real tables


def test_charging_stations_leave_the_sea(shared_data: Path) -> None:
    source = Source(shared_data / "shenzhen" / "ev_st-evcdp_2022-06" / "stations.csv")
    assert is_point_table(source.path, source.head(4096))
    as_they_come, issues = split(read_point_table(source, Options(datum="wgs84")))
    converted, _ = split(read_point_table(source, Options(datum="gcj02")))
    assert issues == []
    assert Counter(entity.kind for entity in converted) == {"sensor": 1_706}
    assert (outside(shared_data, as_they_come), outside(shared_data, converted)) == (46, 0)
    assert set(converted[0].attributes) == {"count", "fast", "slow"}  # no position but the converted one


def test_metro_is_gcj02_without_being_told(shared_data: Path) -> None:
    source = Source(shared_data / "shenzhen" / "metro_stations_amap_gcj02.json.gz")
    assert is_metro_json(source.path, source.head(4096))
    stations, issues = split(read_metro(source, Options()))
    raw, _ = split(read_metro(source, Options(datum="wgs84")))
    assert len(stations) == len({station.id for station in stations}) == 181
    assert (outside(shared_data, raw), outside(shared_data, stations)) == (4, 0)
    assert Counter(issue.code for issue in issues) == {"id.duplicate": 35, "position.datum": 1}
    assert len({line for station in stations for line in station.attributes["lines"]}) == 8


def test_bus_stops(shared_data: Path, tmp_path: Path) -> None:
    """Lists as Python writes them in a cell. A slice gives the stops it names; the sniffer knows the whole file."""
    whole = shared_data / "shenzhen" / "bus_lines_stops.csv.gz"
    assert is_bus_table(whole, Source(whole).head(65_536))
    rows = [row for _, row in read_rows(Source(whole))]
    assert len(rows) == 2_113
    stops, issues = split(read_bus_lines(sliced(whole, tmp_path, 201), Options()))
    assert issues == []
    assert {stop.kind for stop in stops} == {"hub"}
    assert len(stops) == len({stop.id for stop in stops}) > 3_000
    named = {str(row["linename"]) for row in rows[:200] if isinstance(row, dict)}
    assert {line for stop in stops for line in stop.attributes["lines"]} == named


def test_cameras_of_helsinki(shared_data: Path) -> None:
    path = shared_data / "sensors" / "helsinki_surveillance_cameras_osm" / "cameras.csv"
    cameras, issues = split(read_point_table(Source(path), Options()))
    assert (Counter(camera.kind for camera in cameras), issues) == ({"camera": 221}, [])
    assert len({camera.id for camera in cameras}) == 221


def test_sensors_of_melbourne(shared_data: Path) -> None:
    path = shared_data / "sensors" / "melbourne_pedestrians" / "sensor_locations.csv"
    sensors, issues = split(read_point_table(Source(path), Options()))
    assert (Counter(sensor.kind for sensor in sensors), issues) == ({"sensor": 43}, [])
    first = sensors[0]
    assert (first.attributes["name"], first.attributes["status"]) == ("Eli274_T", "Installed")
    assert shapely.get_coordinates(shapely.from_wkb(first.footprint))[0] == pytest.approx(
        (144.9651, -37.8179), abs=1e-4
    )


def test_racks_in_metres_that_say_so_at_the_end(shared_data: Path) -> None:
    racks, issues = split(read_geojson(Source(shared_data / "feeds" / "bike_racks.geojson.gz"), Options()))
    assert (Counter(rack.kind for rack in racks), issues) == ({"furniture": 315}, [])
    west, south, east, north = shapely.total_bounds(shapely.from_wkb([rack.footprint for rack in racks]))
    assert (west, south, east, north) == pytest.approx((153.25, -28.18, 153.54, -27.76), abs=0.01)


def test_roads_of_new_york(shared_data: Path, tmp_path: Path) -> None:
    source = sliced(shared_data / "citymodels" / "newyork_osm" / "ny_roads.ndjson.gz", tmp_path, 2_000)
    roads, issues = split(read_geojson_lines(source, Options()))
    assert (Counter(road.kind for road in roads), issues) == ({"road": 2_000}, [])
    assert roads[0].attributes["road_class"] == "primary"


# Tables as people make them


@pytest.mark.parametrize(
    "table",
    [
        "设备编号,经度,纬度,设备名称,设备类型\nD-00001,114.03,22.65,一号,烟感\n".encode("gb18030"),
        "\ufeffdevice_id;lon;lat;name;device_type\nD-00001;114.03;22.65;一号;烟感\n".encode(),
        "device_id\tLongitude\tLatitude\tname\tdevice_type\r\nD-00001\t114.03\t22.65\t一号\t烟感\r\n".encode("utf-16"),
        "device_id,lon,lat,name,device_type\nD-00001,114.03,22.65,一号,烟感,,\n".encode(),
    ],
)
def test_encodings_and_delimiters(tmp_path: Path, table: bytes) -> None:
    assert is_point_table(tmp_path / "devices.csv", table)
    (device,), issues = read(tmp_path, table)
    assert issues == []
    assert (device.id, device.kind) == ("D-00001", "sensor")
    assert device.attributes == {"name": "一号", "category": "烟感"}
    assert shapely.from_wkb(device.footprint).coords[0] == (LON, LAT)


def test_rows_that_are_not_right(tmp_path: Path) -> None:
    table = "device_id,lon,lat,name\nD-00000,1,2,3,4\nD-00001,114.03,22.65\nD-00002,,22.65,x\nD-00003,nowhere,22,x\n"
    table += "\nD-00004,114.03,220.65,x\nD-00005,114.03,22.66,x\n"
    devices, issues = read(tmp_path, table)
    assert [device.id for device in devices] == ["D-00001", "D-00005"]
    assert {(issue.path.split()[0], issue.code) for issue in issues} == {
        ("devices.csv:2", "attribute.unreadable"),
        ("devices.csv:4", "position.missing"),
        ("devices.csv:5", "position.missing"),
        ("devices.csv:7", "geometry.outside-earth"),
    }
    assert {issue.severity for issue in issues} == {Severity.REJECTED}


def test_columns_of_other_names(tmp_path: Path) -> None:
    table = "sensor_id,a,b\nD-00001,114.03,22.65\n"
    assert not is_point_table(tmp_path / "devices.csv", table.encode())
    (device,), _ = read(tmp_path, table, mapping={"lon": "a", "lat": "b"})
    assert shapely.from_wkb(device.footprint).coords[0] == (LON, LAT)
    assert device.attributes == {}
    with pytest.raises(InvalidValue, match="has no column 'c'"):
        read(tmp_path, table, mapping={"lon": "a", "lat": "c"})


def test_a_camera_table(tmp_path: Path) -> None:
    table = "camera_id,lon,lat,heading,fov,range,mount,status\nC-00001,114.03,22.65,90,60,40,pole,ok\n"
    table += "C-00002,114.04,22.65,north,400,,wall,broken\n"
    (first, second), issues = read(tmp_path, table)
    assert first.kind == "camera"
    assert first.attributes == {"heading_deg": 90.0, "fov_deg": 60.0, "range_m": 40.0, "mount": "pole", "status": "ok"}
    assert second.attributes["status"] == "broken"
    assert Counter(issue.code for issue in issues) == {"attribute.unreadable": 2}


def test_metres_need_a_reference_system(tmp_path: Path) -> None:
    table = "sensor_id,x,y\nS-00001,85000,447000\n"
    with pytest.raises(MissingCrs, match=r"devices.csv: it does not say which reference system.*--crs EPSG:28992"):
        read(tmp_path, table)
    (sensor,), _ = read(tmp_path, table, crs="EPSG:28992")
    assert shapely.from_wkb(sensor.footprint).coords[0] == pytest.approx((4.366, 52.007), abs=0.01)
    with pytest.raises(WrongCrs, match="are not where EPSG:2383 "):
        read(tmp_path, table, crs="EPSG:2383")


def test_swapped_columns(tmp_path: Path) -> None:
    table = "sensor_id,lat,lon\n" + "".join(f"S-{i:05},{LON},{LAT}\n" for i in range(5))
    with pytest.raises(WrongCrs, match=r"look swapped.*--map lon=lat --map lat=lon"):
        read(tmp_path, table)
    sensors, _ = read(tmp_path, table, mapping={"lon": "lat", "lat": "lon"})
    assert shapely.from_wkb(sensors[0].footprint).coords[0] == (LON, LAT)


def test_what_the_points_are_must_be_told(tmp_path: Path) -> None:
    table = "id,lon,lat,colour\nP-00001,114.03,22.65,red\n"
    path = written(tmp_path, "points.csv", table)
    with pytest.raises(InvalidValue, match=r"do not tell what its points are.*--kind"):
        split(read_point_table(path, Options()))
    (place,), _ = split(read_point_table(path, Options(kind="place")))
    assert (place.kind, place.attributes) == ("place", {"colour": "red"})


def test_shops_know_their_floor(tmp_path: Path) -> None:
    shops = collection(
        point(ident="shop-1", shop="tea", name="Tea", floor="B1"), point(ident="shop-2", shop="tea", floor="mezzanine")
    )
    found, issues = split(read_geojson(written(tmp_path, "shops.geojson", shops), Options()))
    assert [(one.kind, one.attributes.get("level")) for one in found] == [("premises", -1), ("premises", None)]
    assert [issue.code for issue in issues] == ["attribute.unreadable"]


def test_repeated_points_are_kept_once(tmp_path: Path) -> None:
    rows = lines(*(point(LON + i / 100, LAT, "S-00001", sensor="smoke") for i in range(3)))
    (only,), (issue,) = split(read_geojson_lines(written(tmp_path, "sensors.ndjson", rows), Options()))
    assert shapely.from_wkb(only.footprint).coords[0] == (LON, LAT)
    assert "the first was kept" in issue.message


def test_bus_lines_that_cannot_be_read(tmp_path: Path) -> None:
    table = "linename,stationname,stationgeo\n"
    table += "1,\"['A', 'B']\",\"['114.0,22.6', '114.1,22.6']\"\n"
    table += "2,\"['A', 'B']\",\"['114.0,22.6']\"\n3,__import__('os'),[]\n4,\"['C']\",\"['here']\"\n"
    table += "5,\"['A']\",\"['114.0,22.6']\"\n"
    stops, issues = split(read_bus_lines(written(tmp_path, "bus.csv", table), Options()))
    assert [(stop.attributes["name"], stop.attributes["lines"]) for stop in stops] == [("A", ["1", "5"]), ("B", ["1"])]
    assert [(issue.code, issue.path) for issue in issues] == [
        ("attribute.unreadable", "bus.csv:3"),
        ("attribute.unreadable", "bus.csv:4"),
        ("position.missing", "bus.csv:5 C"),
    ]


@pytest.mark.parametrize("content", [b"", b"one column\n1\n", b'{"a": 1}', b"<xml/>", b"1,2,3\n4,5,6\n", b"\0\1\2,\3"])
def test_no_tables(content: bytes) -> None:
    assert header_of(content) == []


def test_broken_tables(tmp_path: Path) -> None:
    with pytest.raises(EmptySource, match="no features"):
        read(tmp_path, "sensor_id,lon,lat\n")
    packed = gzip.compress(b"sensor_id,lon,lat\n" + b"S-1,114.03,22.65\n" * 5000)
    with pytest.raises(UnreadableSource, match=r"devices.csv: the file is truncated"):
        read(tmp_path, packed[:-20])
