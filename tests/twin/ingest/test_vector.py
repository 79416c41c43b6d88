"""Shapefile, GeoPackage, FlatGeobuf: the same town in every format, and files that are cut or do not say where."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import numpy as np
import pyogrio
import pytest
import shapely

from tests.twin.ingest.city_samples import split, written
from tests.twin.ingest.table_samples import LAT, LON, buildings, square
from twin.entity import Entity
from twin.errors import MissingCrs, UnreadableSource, WrongCrs
from twin.geo import crs as frames
from twin.ingest.plan import sniff
from twin.ingest.source import Options, Source
from twin.ingest.vector import read_geojson_lines, read_ogr
from twin.issues import Issue

FORMATS = {"town.shp": "ESRI Shapefile", "town.gpkg": "GPKG", "town.fgb": "FlatGeobuf"}
ID = "shapefile", "geopackage", "flatgeobuf"


def write(folder: Path, name: str, *, crs: str = "EPSG:4547", layer: str | None = None) -> Source:
    """Ten houses in Chinese metres, with names in Chinese."""
    rings = [np.array(square(i)) for i in range(10)]
    if crs == "EPSG:4547":  # the others keep their degrees
        there = frames.transformer_to_wgs84(crs)
        rings = [np.column_stack(there.transform(*ring.T, direction="INVERSE")) for ring in rings]
    fields = {
        "id": np.array([f"house-{i}" for i in range(10)], dtype=object),
        "height": np.arange(10) + 3.0,
        "name": np.array(["图书馆"] * 10, dtype=object),
    }
    path = folder / name
    more = {} if layer is None else {"layer": layer, "append": path.exists()}
    pyogrio.raw.write(
        path,
        geometry=shapely.to_wkb([shapely.Polygon(ring) for ring in rings]),
        field_data=list(fields.values()),
        fields=list(fields),
        geometry_type="Polygon",
        crs=crs,
        driver=FORMATS[name],
        **more,
    )
    return Source(path)


def read(source: Source, **options: str) -> tuple[list[Entity], list[Issue]]:
    return split(read_ogr(source, Options(**options)))


@pytest.mark.parametrize("name", FORMATS)
def test_the_same_town_in_every_format(tmp_path: Path, name: str) -> None:
    source = write(tmp_path, name)
    found, _ = sniff(source, Options())
    assert found is not None
    assert found.id in ID
    found_houses, issues = read(source)
    houses = sorted(found_houses, key=lambda house: house.id)  # a FlatGeobuf is ordered by place
    plain, _ = split(read_geojson_lines(written(tmp_path, "town.ndjson", buildings(10)), Options()))
    assert issues == []
    assert [house.id for house in houses] == [f"house-{i}" for i in range(10)]
    assert [house.height_m for house in houses] == [i + 3.0 for i in range(10)]
    assert {house.attributes["name"] for house in houses} == {"图书馆"}
    for house, same in zip(houses, plain, strict=True):
        corners, others = (shapely.from_wkb(one.footprint).bounds for one in (house, same))
        assert corners == pytest.approx(others, abs=2e-8)


@pytest.mark.parametrize("name", FORMATS)
def test_a_cut_file(tmp_path: Path, name: str) -> None:
    source = write(tmp_path, name)
    whole = source.path.read_bytes()
    source.path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(UnreadableSource, match=r"it is truncated.*Fetch the file again"):
        read(source)


@pytest.mark.parametrize("part", [".dbf", ".shx"])
def test_a_cut_part_of_a_shapefile(tmp_path: Path, part: str) -> None:
    source = write(tmp_path, "town.shp")
    path = source.path.with_suffix(part)
    path.write_bytes(path.read_bytes()[:-60])
    with pytest.raises(UnreadableSource, match=rf"town.shp \(town{part}\): it is truncated"):
        read(source)


def test_a_shapefile_without_prj_must_be_told(tmp_path: Path) -> None:
    source = write(tmp_path, "town.shp")
    source.path.with_suffix(".prj").unlink()
    with pytest.raises(MissingCrs, match=r"town.shp: it does not say which reference system it is in"):
        read(source)
    houses, _ = read(source, crs="EPSG:4547")
    assert shapely.from_wkb(houses[0].footprint).bounds[:2] == pytest.approx((LON, LAT), abs=1e-6)


def test_a_shapefile_with_the_wrong_prj(tmp_path: Path) -> None:
    """Degrees under a .prj of another country."""
    source = write(tmp_path, "town.shp", crs="EPSG:4326")
    (tmp_path / "other").mkdir()
    write(tmp_path / "other", "town.shp", crs="EPSG:28992").path.with_suffix(".prj").replace(tmp_path / "town.prj")
    with pytest.raises(WrongCrs, match=r"such as 114.* are not where"):
        read(source)


def test_a_zipped_shapefile(tmp_path: Path) -> None:
    write(tmp_path, "town.shp")
    with zipfile.ZipFile(tmp_path / "town.zip", "w") as archive:
        for part in tmp_path.glob("town.*"):
            if part.suffix != ".zip":
                archive.write(part, f"data/{part.name}")
    houses, _ = read(Source(tmp_path / "town.zip", member="data/town.shp"))
    assert len(houses) == 10


def test_layers_keep_their_ids_apart(tmp_path: Path) -> None:
    write(tmp_path, "town.gpkg", layer="west")
    source = write(tmp_path, "town.gpkg", layer="east")
    houses, _ = read(source, source_name="")
    assert len(houses) == 20


def test_what_is_in_a_file_counts_and_not_its_name(tmp_path: Path) -> None:
    lying = written(tmp_path, "town.shp", json.dumps({"hello": 1}))
    assert sniff(lying, Options())[0] is None
    named = written(tmp_path, "town.txt", buildings(2))
    found, _ = sniff(named, Options())
    assert found is not None
    assert found.id == "geojsonseq"
