"""Real cities with roofs, parts that float, models of walls and roofs: through readers, store and tiles."""

from __future__ import annotations

import gzip
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pytest

from tests.tiles.test_build import contents
from tests.tiles.test_validator import reports
from tests.twin.ingest.city_samples import split
from tests.twin.ingest.table_samples import lines
from tiles import build_layer, check_layer, expected_ids, layer_kind
from tiles.build import BuildReport
from tiles.gather import gather
from tiles.read import Decoded, decode
from twin.entity import SEMANTICS
from twin.geo.roof_forms import FLAT, UNKNOWN
from twin.ingest import citygml, cityjson
from twin.ingest.osm import read_osm
from twin.ingest.source import Options, Source
from twin.ingest.vector import read_geojson_lines
from twin.store import SourceInfo, Store

SOURCE = SourceInfo("test", "real", "EPSG:4326", "wgs84", "ellipsoidal", 1_700_000_000)
BUILDING = layer_kind("building")
MIDTOWN = (-73.987, 40.746, -73.973, 40.753)
"""From the Empire State Building to the Chrysler Building."""


def layer(folder: Path, found: Any) -> tuple[Store, BuildReport, list[Decoded]]:
    """Built, and held against every rule, the validator's too."""
    entities, _ = split(found)
    kept = [entity for entity in entities if entity.kind in ("building", "building_part")]
    store = Store.create(folder / "twin", name="real")
    store.write(kept, source=SOURCE)
    store.refresh_meta()
    report = build_layer(store, "building", store.folder / "tiles")
    built = store.folder / "tiles" / "building"
    assert check_layer(built, expected=expected_ids(store, BUILDING)) == []
    assert check_layer(built, expected=gather(store, BUILDING).features) == []
    return store, report, [decode(data) for data in contents(built).values()]


def sloped(tiles: list[Decoded]) -> set[str]:
    """Ids of features with a part of their roof that is neither level nor upright."""
    found: set[str] = set()
    for tile in tiles:
        corner = tile.triangles[:, 0]
        leaning = (tile.part[corner] == SEMANTICS.index("roof")) & (np.abs(tile.normals[corner, 2]) < 0.99)
        found |= {tile.columns["id"][feature] for feature in np.unique(tile.feature[corner[leaning]])}
    return found


def test_helsinki_has_its_roofs(shared_data: Path, tmp_path: Path) -> None:
    source = Source(shared_data / "citymodels" / "helsinki_osm" / "Helsinki.osm.pbf")
    store, report, tiles = layer(tmp_path, read_osm(source, Options()))
    with store:
        features = gather(store, BUILDING).features
    assert features.roofs is not None
    stated = set(features.table.ids[features.roofs.form != FLAT].tolist())
    assert 15 < len(stated) <= 31
    flat = {issue.path for issue in report.issues if issue.code == "geometry.roof"}
    assert flat < stated
    assert sloped(tiles) == stated - flat
    assert len(sloped(tiles)) >= 12
    assert [one for one in reports(store.folder) if one["errors"] or one["warnings"]] == []


@pytest.fixture
def midtown(shared_data: Path, tmp_path: Path) -> Source:
    west, south, east, north = MIDTOWN
    rows = []
    with gzip.open(shared_data / "citymodels" / "newyork_osm" / "ny_buildings_tiles.ndjson.gz") as stream:
        for line in stream:
            row = orjson.loads(line)
            lon, lat = row["geometry"]["coordinates"][0][0][:2]
            if isinstance(lon, float) and west < lon < east and south < lat < north:
                rows.append(row)
    path = tmp_path / "midtown.ndjson"
    path.write_text(lines(*rows), encoding="utf-8")
    return Source(path)


def test_midtown_stands_on_its_parts(midtown: Source, tmp_path: Path) -> None:
    """Hundreds of parts that begin in the air do, and pitched roofs are built or named."""
    store, report, tiles = layer(tmp_path, read_geojson_lines(midtown, Options()))
    with store:
        features = gather(store, BUILDING).features
    assert features.roofs is not None
    floating = features.base_m > features.base_m.min() + 1
    assert floating.sum() > 100
    tops = features.base_m + features.height_m - features.base_m.min()
    assert 370 < tops.max() < 450, "the Empire State Building's roof is at 381 m, its tip at 443"
    stated = set(features.table.ids[(features.roofs.form != FLAT)].tolist())
    flat = Counter(issue.path for issue in report.issues if issue.code == "geometry.roof")
    assert max(flat.values()) == 1
    assert set(flat) < stated
    assert sloped(tiles) == stated - set(flat)
    assert UNKNOWN not in set(features.roofs.form.tolist()) or flat


def test_outlines_of_the_hague_stand_on_its_dunes(shared_data: Path, tmp_path: Path) -> None:
    """Outlines alone, on the city's own terrain, stand where its builders put the models: on the lowest ground."""
    packed = shared_data / "citymodels" / "denhaag_01" / "DenHaag_01.cityjson08.json.gz"
    entities, _ = split(cityjson.read(Source(packed), Options(crs="EPSG:28992")))
    known = {one.id: one.base_m for one in entities if one.kind == "building"}
    outlines = [replace(one, base_m=None, meshes={}) for one in entities if one.kind == "building"]
    with Store.create(tmp_path / "twin", name="real") as store:
        store.write([*outlines, *(one for one in entities if one.kind == "terrain")], source=SOURCE)
        features = gather(store, BUILDING).features
    assert np.ptp(features.base_m) > 11
    off = np.abs(features.base_m - [known[id_] for id_ in features.table.ids])
    assert len(off) == 844
    assert (off < 0.0025).sum() >= 840, np.sort(off)[-5:]
    assert off.max() < 0.4


def test_munich_keeps_the_classes_of_its_surfaces(shared_data: Path, tmp_path: Path) -> None:
    source = Source(shared_data / "citymodels" / "munich_lod2" / "LOD2_4424_5482_solid.gml.gz")
    store, report, tiles = layer(tmp_path, citygml.read(source, Options()))
    store.close()
    assert report.features == 111
    names = {SEMANTICS[part] for tile in tiles for part in np.unique(tile.part)}
    assert names == {"ground", "wall", "roof"}
    for tile in tiles:
        up = tile.normals[:, 2]
        assert (up[tile.part == SEMANTICS.index("roof")] > -0.01).all()
        assert np.abs(up[tile.part == SEMANTICS.index("wall")]).max() < 0.3
        assert (up[tile.part == SEMANTICS.index("ground")] < -0.99).all()
    assert [one for one in reports(store.folder) if one["errors"] or one["warnings"]] == []


@pytest.mark.parametrize(
    ("member", "count", "classes"),
    [
        ("geores_textured/geoRES_testdata.zip!geoRES_testdata/geoRES_testdata.xml", 5,
         {"ground", "wall", "roof", "window", "door"}),
        ("plateau_53392642_textured/plateau_53392642.zip!udx/bldg/53392642_bldg_6697_op2.gml", 8,
         {"ground", "wall", "roof"}),
    ],
)  # fmt: skip
def test_the_finest_model_is_drawn_with_its_classes(
    shared_data: Path, tmp_path: Path, member: str, count: int, classes: set[str]
) -> None:
    archive, _, name = member.partition("!")
    source = Source(shared_data / "citymodels" / archive, member=name)
    store, report, tiles = layer(tmp_path, citygml.read(source, Options()))
    store.close()
    assert (report.features, report.issues) == (count, [])
    names = {SEMANTICS[part] for tile in tiles for part in np.unique(tile.part)}
    assert classes <= names
    assert [one for one in reports(store.folder) if one["errors"] or one["warnings"]] == []


@pytest.mark.parametrize(
    ("member", "reader", "buildings"),
    [
        ("plateau_53392642_textured/plateau_53392642.zip!udx/bldg/53392642_bldg_6697_op2.gml", citygml, 8),
        ("geores_textured/geoRES_testdata.zip!geoRES_testdata/geoRES_testdata.xml", citygml, 5),
        ("geores_textured/geoRES_testdata.zip!geoRES_testdata/geoRES_testdata.json", cityjson, 5),
    ],
)
def test_models_with_textures_show_them(
    shared_data: Path, tmp_path: Path, member: str, reader: Any, buildings: int
) -> None:
    name, _, inside = member.partition("!")
    found = reader.read(Source(shared_data / "citymodels" / name, member=inside), Options(crs=crs_for(reader)))
    store, report, tiles = layer(tmp_path, found)
    with store:
        assert report.features == buildings
        assert report.issues == []
        (fine,) = [tile for tile in tiles if tile.image is not None]
        assert fine.uv is not None
        shown = (fine.uv != fine.uv[(fine.uv == fine.uv.min(axis=0)).all(axis=1)][:1]).any(axis=1)
        assert len(np.unique(fine.feature[shown])) == buildings
    assert [one for one in reports(store.folder) if one["errors"] or one["warnings"]] == []


def crs_for(reader: Any) -> str | None:
    """CityJSON 0.5 of the sample names none."""
    return "EPSG:31467" if reader is cityjson else None
