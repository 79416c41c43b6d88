"""Real city models: counts, places and heights as their description says; one model in two formats is one model."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import shapely

from tests.twin.ingest.city_samples import area, split, volume
from twin.entity import SEMANTICS, Entity, Mesh
from twin.errors import MissingCrs
from twin.geo.crs import geoid_height
from twin.ingest import citygml, cityjson, cityjsonseq
from twin.ingest.formats import Reader
from twin.ingest.source import Options, Source
from twin.issues import Issue, Severity

Read = Callable[..., tuple[list[Entity], list[Issue]]]


@pytest.fixture
def read(shared_data: Path) -> Read:
    """Read one file of the real city models."""

    def one(
        reader: Reader, path: str, member: str | None = None, **options: object
    ) -> tuple[list[Entity], list[Issue]]:
        source = Source(shared_data / "citymodels" / path, member=member)
        return split(reader(source, Options(**options)))  # type: ignore[arg-type]

    return one


def kinds(entities: list[Entity]) -> dict[str, int]:
    return dict(Counter(entity.kind for entity in entities))


def rejected(issues: list[Issue]) -> list[Issue]:
    return [issue for issue in issues if issue.severity is Severity.REJECTED]


def assert_near(entities: list[Entity], lon: float, lat: float) -> None:
    """Every entity has a valid footprint within a few kilometres of a place."""
    shapes = shapely.from_wkb([entity.footprint for entity in entities])
    assert shapely.is_valid(shapes).all()
    bounds = shapely.bounds(shapes)
    assert np.abs(bounds - [lon, lat, lon, lat]).max() < 0.05


def test_rotterdam(read: Read) -> None:
    entities, issues = read(cityjson.read, "rotterdam_delfshaven/3-20-DELFSHAVEN.city.json.gz")
    assert kinds(entities) == {"building": 853}
    assert rejected(issues) == []
    assert_near(entities, 4.455, 51.912)
    codes = Counter(issue.code for issue in issues)
    assert codes["texture.missing"] == len({issue.path for issue in issues if issue.code == "texture.missing"})
    assert 148 < codes["texture.missing"] <= 853, "one note an object"
    assert all(list(entity.meshes) == ["2"] for entity in entities)
    meanings = {SEMANTICS[s] for entity in entities for s in entity.meshes["2"].semantics}
    assert meanings == {"ground", "roof", "wall"}
    floor = [entity.base_m for entity in entities if entity.base_m is not None]
    assert np.median(floor) == pytest.approx(geoid_height([[4.455, 51.912]])[0], abs=2)


def test_the_hague_is_the_same_city_in_both_formats(read: Read) -> None:
    began = time.process_time()
    gml, gml_issues = read(citygml.read, "denhaag_01/DenHaag_01.citygml.xml.gz")
    assert time.process_time() - began < 20
    with pytest.raises(MissingCrs, match="--crs EPSG:28992"):
        read(cityjson.read, "denhaag_01/DenHaag_01.cityjson08.json.gz")
    json, json_issues = read(cityjson.read, "denhaag_01/DenHaag_01.cityjson08.json.gz", crs="EPSG:28992")
    expected = {"building": 844, "building_part": 1653, "terrain": 1}
    assert kinds(gml) == kinds(json) == expected
    assert rejected(gml_issues) == rejected(json_issues) == []
    assert_near(gml, 4.275, 52.105)
    others = {entity.id: entity for entity in json}
    assert {entity.id for entity in gml} == set(others)
    for one in gml:
        other = others[one.id]
        assert one.parent == other.parent
        assert one.attributes.get("parts") == other.attributes.get("parts")
        assert one.height_m == pytest.approx(other.height_m, abs=2e-3)
        assert one.base_m == pytest.approx(other.base_m, abs=2e-3)
        assert list(one.meshes) == list(other.meshes)
        here, there = shapely.from_wkb(one.footprint), shapely.from_wkb(other.footprint)
        assert shapely.hausdorff_distance(here, there) < 2e-6  # two decimetres, at hairlines between parts
        for lod, mesh in one.meshes.items():
            assert len(mesh.triangles) == len(other.meshes[lod].triangles)
            assert area(mesh) == pytest.approx(area(other.meshes[lod]), rel=3e-3, abs=0.05)
            assert np.bincount(mesh.semantics).tolist() == np.bincount(other.meshes[lod].semantics).tolist()


def test_the_hague_stands_upright_and_outward(read: Read) -> None:
    entities, _ = read(citygml.read, "denhaag_01/DenHaag_01.citygml.xml.gz")
    with_mesh = [entity for entity in entities if "2" in entity.meshes]
    assert Counter(entity.kind for entity in with_mesh) == {"building_part": 1653, "building": 337, "terrain": 1}
    terrain = next(entity for entity in with_mesh if entity.kind == "terrain")
    assert len(terrain.meshes["2"].triangles) == 5595
    assert sum(entity.attributes.get("parts", 0) for entity in entities if entity.kind == "building") == 1653
    wrong = 0
    for entity in with_mesh:
        mesh = entity.meshes["2"]
        a, b, c = (mesh.xyz[mesh.triangles[:, k].astype(int)].astype(float) for k in range(3))
        up = np.cross(b - a, c - a)[:, 2]
        if entity.kind == "terrain":
            assert (up > -1e-3).all()
            continue
        assert volume(mesh) > 0
        roof, ground = mesh.semantics == SEMANTICS.index("roof"), mesh.semantics == SEMANTICS.index("ground")
        wrong += int((up[roof] < -1e-2).sum() + (up[ground] > 1e-2).sum())
        assert entity.footprint is not None
    assert wrong < 50  # hipped roofs whose ends lean outward, as they are drawn in the source


def test_delft(read: Read) -> None:
    entities, issues = read(cityjson.read, "delft_bgt_lod1/delft.json.gz")
    assert kinds(entities) == {
        "building": 160, "road": 143, "plant": 126, "landuse": 81, "furniture": 54, "bridge": 3, "water": 3,
    }  # fmt: skip
    assert rejected(issues) == []
    assert_near(entities, 4.371, 52.012)
    tall = next(entity for entity in entities if entity.id == "b1105d28c-00ba-11e6-b420-2bdcc4ab5d7f")
    assert tall.attributes["measuredHeight"] == 13.25
    assert tall.height_m == pytest.approx(13.35, abs=0.01)
    assert "terminationdate" not in tall.attributes


def test_vienna(read: Read) -> None:
    path = "vienna/vienna.city.jsonl.gz"
    with pytest.raises(MissingCrs, match="--crs"):
        read(cityjsonseq.read, path)
    entities, issues = read(cityjsonseq.read, path, crs="EPSG:31256")
    assert kinds(entities) == {"building": 149, "building_part": 443}
    assert rejected(issues) == []
    assert_near(entities, 16.3525, 48.208)
    ids = {entity.id for entity in entities if entity.kind == "building"}
    assert all(entity.parent in ids for entity in entities if entity.kind == "building_part")
    assert sum(entity.attributes.get("parts", 0) for entity in entities) == 443


def test_munich(read: Read) -> None:
    entities, issues = read(citygml.read, "munich_lod2/LOD2_4424_5482_solid.gml.gz")
    assert kinds(entities) == {"building": 111}
    assert issues == []
    assert_near(entities, 10.961, 49.476)
    first = next(entity for entity in entities if entity.id == "DEBY_LOD2_22124377")
    assert first.base_m == pytest.approx(311.56 + geoid_height([[10.961, 49.476]])[0], abs=1e-3)
    assert first.height_m == pytest.approx(2.644, abs=1e-3)
    assert first.attributes["Gemeindeschluessel"] == "09563000"


def painted(mesh: Mesh) -> dict[str, float]:
    """Square metres that show each image."""
    if mesh.skin is None:
        return {}
    found = {}
    for at, picture in enumerate(mesh.skin.pictures):
        shown = mesh.skin.picture == at
        found[picture.name] = area(Mesh(mesh.anchor, mesh.xyz, mesh.triangles[shown], mesh.semantics[shown]))
    return found


GEORES = "geores_textured/geoRES_testdata.zip"


def test_geores_in_both_formats(read: Read) -> None:
    gml, gml_issues = read(citygml.read, GEORES, "geoRES_testdata/geoRES_testdata.xml")
    assert kinds(gml) == {"building": 5, "plant": 13, "furniture": 9, "road": 1, "landuse": 1, "terrain": 1}
    assert rejected(gml_issues) == []
    assert_near(gml, 8.999, 48.738)
    assert sum(entity.attributes.get("fittings", 0) for entity in gml) == 10
    trees = [entity for entity in gml if entity.kind in ("plant", "furniture")]
    assert sum(len(entity.meshes) for entity in trees) == 66
    assert {lod for entity in gml for lod in entity.meshes} == {"1", "2", "3"}
    json, json_issues = read(cityjson.read, GEORES, "geoRES_testdata/geoRES_testdata.json", crs="EPSG:31467")
    assert rejected(json_issues) == []
    others = {entity.id: entity for entity in json if entity.kind != "terrain"}  # it has no id in CityGML
    same = [entity for entity in gml if entity.id in others]
    assert len(same) == len(others) == 28
    for one in same:
        assert set(one.meshes) == set(others[one.id].meshes)
        for lod, mesh in one.meshes.items():
            assert area(mesh) == pytest.approx(area(others[one.id].meshes[lod]), rel=0.01)
            assert painted(mesh) == pytest.approx(painted(others[one.id].meshes[lod]), rel=0.01)
        assert one.base_m == pytest.approx(others[one.id].base_m, abs=0.01)


PLATEAU = "plateau_53392642_textured/plateau_53392642.zip"


def test_plateau(read: Read) -> None:
    entities, issues = read(citygml.read, PLATEAU, "udx/bldg/53392642_bldg_6697_op2.gml")
    assert kinds(entities) == {"building": 8}
    assert [issue.code for issue in issues] == ["xml.repaired"]
    assert "energy" in issues[0].message
    assert ":538" in issues[0].path
    assert_near(entities, 139.777, 35.54)
    geoid = float(geoid_height([[139.777, 35.54]])[0])
    for entity in entities:
        assert set(entity.meshes) == {"1", "2"}
        assert entity.base_m is not None
        assert 0 < entity.base_m - geoid < 5
        assert shapely.area(shapely.from_wkb(entity.footprint)) < 1e-5
        assert entity.attributes["buildingDetails"]["prefecture"] == "東京都"
        assert entity.attributes["address"].startswith("日本 東京都大田区")
    roads, road_issues = read(citygml.read, PLATEAU, "udx/tran/533925_tran_6697_op.gml")
    assert kinds(roads) == {"road": 9}
    assert rejected(road_issues) == []
