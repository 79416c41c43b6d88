"""CityJSON: shapes, parts, installations, templates, old versions; and every kind of broken file."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Any

import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.twin.ingest.city_samples import BOX, FACES, area, cityjson, solid, split, volume, written
from twin.entity import SEMANTICS
from twin.errors import MissingCrs, TwinError, UnreadableSource, WrongCrs
from twin.geo.crs import geoid_height
from twin.ingest import cityjson as reader
from twin.ingest import cityjsonseq
from twin.ingest.source import Options
from twin.issues import Severity


def house(**more: Any) -> dict[str, Any]:
    return {"type": "Building", "geometry": [solid()], **more}


def test_a_house_has_its_place_height_mesh_and_meanings(tmp_path: Path) -> None:
    attributes = {
        "measuredHeight": 6.1,
        "storeysAboveGround": 2,
        "roofType": "1000",
        "name": 7,
        "yearOfConstruction": "1934",
    }
    source = written(tmp_path, "house.city.json", cityjson({"h": house(attributes=attributes)}))
    (entity,), issues = split(reader.read(source, Options()))
    assert issues == []
    assert (entity.kind, entity.id, entity.storeys, entity.source) == ("building", "h", 2, "house.city.json")
    assert entity.attributes["measuredHeight"] == 6.1
    assert entity.attributes["roof_form"] == "flat"
    assert entity.attributes["name"] == "7"
    assert entity.attributes["year"] == 1934
    ground = shapely.from_wkb(entity.footprint)
    assert ground.geom_type == "Polygon"
    assert ground.centroid.x == pytest.approx(4.374, abs=0.01)
    assert ground.centroid.y == pytest.approx(52.005, abs=0.01)
    assert entity.height_m == pytest.approx(6, abs=1e-3)
    assert entity.base_m == pytest.approx(geoid_height([[4.374, 52.005]])[0], abs=0.05)
    mesh = entity.meshes["2"]
    assert len(mesh.xyz) == 8
    assert len(mesh.triangles) == 12
    assert volume(mesh) == pytest.approx(480, rel=1e-3)
    assert area(mesh) == pytest.approx(2 * (80 + 60 + 48), rel=1e-3)
    assert sorted({SEMANTICS[s] for s in mesh.semantics}) == ["ground", "roof", "wall"]


@given(st.integers(0, 63))
@settings(max_examples=16, deadline=None)
def test_faces_turned_at_random_come_out_outward(tmp_path_factory: pytest.TempPathFactory, bits: int) -> None:
    faces = [face[::-1] if bits >> at & 1 else face for at, face in enumerate(FACES)]
    source = written(tmp_path_factory.mktemp("turned"), "a.json", cityjson({"h": house(geometry=[solid("2", faces)])}))
    (entity,), _ = split(reader.read(source, Options()))
    assert volume(entity.meshes["2"]) == pytest.approx(480, rel=1e-3)


def test_heights_follow_the_vertical_option(tmp_path: Path) -> None:
    source = written(tmp_path, "a.json", cityjson({"h": house()}))
    bases = {}
    for vertical in ("egm96", "ellipsoidal", 40.0, None):
        (entity,), _ = split(reader.read(source, Options(vertical=vertical)))
        bases[vertical] = entity.base_m
    assert bases["ellipsoidal"] == pytest.approx(0, abs=1e-6)
    assert bases[40.0] == pytest.approx(40, abs=1e-6)
    assert bases[None] == bases["egm96"] == pytest.approx(43.4, abs=0.5)


def test_a_building_of_parts_takes_its_shape_from_them_and_is_not_doubled(tmp_path: Path) -> None:
    objects = {
        "p1": {"type": "BuildingPart", "parents": ["b"], "geometry": [solid()]},
        "b": {"type": "Building", "children": ["p1", "p2"]},
        "p2": {"type": "BuildingPart", "parents": ["b"], "geometry": [solid("2.0")]},
    }
    entities, issues = split(reader.read(written(tmp_path, "a.json", cityjson(objects)), Options()))
    assert issues == []
    assert [(e.id, e.parent) for e in entities] == [("b", None), ("p1", "b"), ("p2", "b")]
    whole, part, _ = entities
    assert whole.meshes == {}
    assert whole.attributes["parts"] == 2
    assert whole.height_m == pytest.approx(part.height_m)
    assert shapely.from_wkb(whole.footprint).area == pytest.approx(shapely.from_wkb(part.footprint).area, rel=1e-3)
    assert list(part.meshes) == ["2"]


def test_installations_are_part_of_what_they_hang_on(tmp_path: Path) -> None:
    objects = {
        "b": house(children=["i"]),
        "i": {"type": "BuildingInstallation", "parents": ["b"], "geometry": [solid("3")]},
    }
    (entity,), _ = split(reader.read(written(tmp_path, "a.json", cityjson(objects)), Options()))
    assert list(entity.meshes) == ["2"]
    assert SEMANTICS.index("installation") in entity.meshes["2"].semantics


def test_a_part_that_cannot_be_taken_takes_the_whole_with_it_but_a_room_does_not(tmp_path: Path) -> None:
    broken = {**solid(), "boundaries": [[[[0, 1, 99]]]]}
    objects = {
        "b": {"type": "Building", "children": ["p", "q"]},
        "p": {"type": "BuildingPart", "parents": ["b"], "geometry": [broken]},
        "q": {"type": "BuildingPart", "parents": ["b"], "geometry": [solid()]},
        "c": house(children=["r"]),
        "r": {"type": "BuildingRoom", "parents": ["c"], "geometry": [broken]},
    }
    entities, issues = split(reader.read(written(tmp_path, "a.json", cityjson(objects)), Options()))
    assert [e.id for e in entities] == ["c"]
    assert {(i.path.split()[-1], i.code, i.severity) for i in issues} == {
        (name, "geometry.broken-reference", Severity.REJECTED) for name in ("b", "p", "q", "r")
    }


def test_storeys_get_levels_and_say_so(tmp_path: Path) -> None:
    document = cityjson(
        {
            "b": house(children=["up", "down"], attributes={"storeysBelowGround": 1}),
            "up": {"type": "BuildingStorey", "parents": ["b"], "geometry": [solid()], "children": ["u"]},
            "down": {
                "type": "BuildingStorey",
                "parents": ["b"],
                "geometry": [solid("2", [[f + 8 for f in face] for face in FACES])],
            },
            "u": {"type": "BuildingUnit", "parents": ["up"], "geometry": [solid()], "attributes": {"usage": "flat"}},
        }
    )
    document["vertices"] += [[x * 1000, y * 1000, z * 1000 - 3000] for x, y, z in BOX]
    entities, issues = split(reader.read(written(tmp_path, "a.json", document), Options()))
    assert {e.id: e.attributes.get("level") for e in entities if e.kind == "storey"} == {"up": 1, "down": -1}
    assert next(e for e in entities if e.kind == "unit").parent == "up"
    assert len([i for i in issues if "level" in i.message]) == 2


def test_every_theme_finds_a_kind_and_the_unknown_is_counted(tmp_path: Path) -> None:
    themes = {
        "Railway": "road", "Square": "road", "WaterBody": "water", "PlantCover": "plant", "Tunnel": "bridge",
        "GenericCityObject": "furniture", "LandUse": "landuse", "OtherConstruction": "furniture",
    }  # fmt: skip
    sheet = {"type": "MultiSurface", "lod": 1, "boundaries": [[[0, 3, 2, 1]]]}
    objects = {name: {"type": name, "geometry": [sheet]} for name in themes}
    objects |= {"g": {"type": "CityObjectGroup", "children": ["Tunnel"]}, "n": {"type": "+Noise", "geometry": []}}
    entities, issues = split(reader.read(written(tmp_path, "a.json", cityjson(objects)), Options()))
    assert {e.id: e.kind for e in entities} == themes
    assert next(e for e in entities if e.id == "Railway").attributes["object_type"] == "Railway"
    assert [i.code for i in issues] == ["object.unsupported"] * 2
    road = next(e for e in entities if e.id == "Railway").meshes["1"]
    a, b, c = (road.xyz[road.triangles[0][k]] for k in range(3))
    assert (b - a)[0] * (c - a)[1] - (b - a)[1] * (c - a)[0] > 0  # looks up, although it was given looking down


def test_templates_are_placed_by_their_matrix(tmp_path: Path) -> None:
    document = cityjson(
        {
            "t": {
                "type": "SolitaryVegetationObject",
                "geometry": [
                    {
                        "type": "GeometryInstance", "template": 0, "boundaries": [1],
                        "transformationMatrix": [2, 0, 0, 0, 0, 2, 0, 0, 0, 0, 2, 1, 0, 0, 0, 1],
                    }
                ],
            },
            "bad": {
                "type": "CityFurniture",
                "geometry": [{"type": "GeometryInstance", "template": 5, "boundaries": [1]}],
            },
        }
    )  # fmt: skip
    template = {**solid("1"), "boundaries": [[[face] for face in FACES]]}
    document["geometry-templates"] = {"templates": [template], "vertices-templates": [[c / 10 for c in p] for p in BOX]}
    (entity,), issues = split(reader.read(written(tmp_path, "a.json", document), Options(vertical="ellipsoidal")))
    assert volume(entity.meshes["1"]) == pytest.approx(480 / 1000 * 8, rel=1e-3)
    assert entity.base_m == pytest.approx(1.0, abs=1e-4)
    assert entity.height_m == pytest.approx(1.2, abs=1e-3)
    assert [(i.code, i.path.split()[-1]) for i in issues] == [("geometry.broken-reference", "bad")]


def test_lod0_is_the_footprint_and_heights_of_minus_9999_are_none(tmp_path: Path) -> None:
    flat = {"type": "MultiSurface", "lod": "0", "boundaries": [[[0, 1, 2, 3]]]}
    document = cityjson(
        {
            "known": {"type": "Building", "geometry": [flat], "attributes": {"measuredHeight": 9.5}},
            "unknown": {"type": "Building", "geometry": [flat], "attributes": {"measuredHeight": -9999}},
            "sunk": {"type": "Building", "geometry": [{**flat, "lod": "1", "boundaries": [[[8, 9, 10, 11]]]}]},
        }
    )
    document["vertices"] += [[*corner[:2], -9999000] for corner in document["vertices"][:4]]
    entities, issues = split(reader.read(written(tmp_path, "a.json", document), Options()))
    assert {e.id: e.height_m for e in entities} == {"known": 9.5, "unknown": None, "sunk": None}
    assert all(e.meshes == {} for e in entities)
    assert next(e for e in entities if e.id == "sunk").base_m is None
    assert "measuredHeight" not in next(e for e in entities if e.id == "unknown").attributes
    assert sorted(i.path.split()[-1] for i in issues if i.code == "height.sentinel") == ["sunk", "unknown"]


@pytest.mark.parametrize(
    ("boundaries", "code", "severity"),
    [
        ([[[0, 1, 2, 99]]], "geometry.broken-reference", Severity.REJECTED),
        ([[[0, 1, -2, 3]]], "geometry.broken-reference", Severity.REJECTED),
        ([[0, 1, 2]], "geometry.wrong-type", Severity.REJECTED),
        ("nonsense", "geometry.wrong-type", Severity.REJECTED),
        ([[[0, 1, 2, 10**30]]], "geometry.wrong-type", Severity.REJECTED),
        ([[[0, 0, 0]]], "geometry.empty", Severity.REJECTED),
        ([[[0, 1]]], "geometry.empty", Severity.REJECTED),
        ([], "geometry.empty", Severity.REJECTED),
        ([[[0, 2, 1, 3]]], "geometry.self-intersection", Severity.REPAIRED),
        ([[[0, 1, 2, 3]], [[0, 1, 0]]], "geometry.empty", Severity.REPAIRED),
    ],
)
def test_broken_surfaces_are_issues(tmp_path: Path, boundaries: Any, code: str, severity: Severity) -> None:
    geometry = {"type": "MultiSurface", "lod": "1", "boundaries": boundaries}
    source = written(tmp_path, "a.json", cityjson({"h": house(geometry=[geometry]), "ok": house()}))
    entities, issues = split(reader.read(source, Options()))
    assert (code, severity) in {(i.code, i.severity) for i in issues}
    assert [e.id for e in entities] == (["ok"] if severity is Severity.REJECTED else ["h", "ok"])


@pytest.mark.parametrize("id_", ["same", "gleich: ü", 'a "b" \\ c', "type"])
def test_two_buildings_of_one_id_are_named_and_the_last_is_taken(tmp_path: Path, id_: str) -> None:
    """JSON parsers keep the last of two members and say nothing."""
    model = cityjson({
        id_: {"type": "Building", "attributes": {"name": "first"}, "geometry": [solid()]},
        "-": {"type": "Building", "attributes": {"name": "last"}, "geometry": [solid()]},
        "other": {"type": "Building", "attributes": {id_: {"same": 1}}, "geometry": [solid()]},
    })  # fmt: skip
    text = json.dumps(model).replace('"-"', json.dumps(id_))
    entities, issues = split(reader.read(written(tmp_path, "city.json", text), Options()))
    assert {entity.id: entity.attributes.get("name") for entity in entities} == {id_: "last", "other": None}
    assert [(issue.code, issue.path) for issue in issues] == [("id.duplicate", f"city.json {id_}")]


def test_missing_and_wrong_reference_systems(tmp_path: Path) -> None:
    nowhere = written(tmp_path, "a.json", cityjson({"h": house()}, metadata={}))
    with pytest.raises(MissingCrs, match=r"--crs EPSG:28992"):
        list(reader.read(nowhere, Options()))
    assert len(split(reader.read(nowhere, Options(crs="EPSG:28992")))[0]) == 1
    with pytest.raises(WrongCrs, match=r"EPSG:25833"):
        list(reader.read(nowhere, Options(crs="EPSG:25833")))
    old = written(tmp_path, "b.json", cityjson({"h": house()}, metadata={"crs": {"epsg": 7415}}))
    assert len(split(reader.read(old, Options()))[0]) == 1


@pytest.mark.parametrize("content", ["", "{", '{"type": "Feature"}', "[]", '{"type": "CityJSON", "version": "2.0"}'])
def test_what_is_no_cityjson_is_refused(tmp_path: Path, content: str) -> None:
    with pytest.raises(UnreadableSource):
        list(reader.read(written(tmp_path, "a.json", content), Options()))


def test_unknown_versions_are_refused_with_a_way_out(tmp_path: Path) -> None:
    for version in ("3.0", "0.1", None, "two"):
        with pytest.raises(UnreadableSource, match="cjio"):
            list(reader.read(written(tmp_path, "a.json", cityjson({}, version=version)), Options()))


def test_a_file_cut_anywhere_is_refused_whole(tmp_path: Path) -> None:
    text = json.dumps(cityjson({"h": house()}))
    for at in range(1, len(text) - 1, 97):
        with pytest.raises(UnreadableSource):
            list(reader.read(written(tmp_path, "a.json", text[:at]), Options()))


_NUMBERS = st.integers(-3, 12) | st.floats(allow_nan=False, allow_infinity=False)
_KEYS = st.sampled_from(["type", "lod", "boundaries", "values", "x"])
_JSON = st.recursive(
    st.none() | st.booleans() | _NUMBERS | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_KEYS, inner, max_size=4),
    max_leaves=12,
)


@given(st.sampled_from(["geometry", "attributes", "parents", "children", "type", "address"]), _JSON)
@settings(max_examples=100, deadline=None)
def test_no_nonsense_crashes_the_reader(tmp_path_factory: pytest.TempPathFactory, key: str, nonsense: Any) -> None:
    document = cityjson({"h": house(**{key: nonsense}), "ok": house()})
    source = written(tmp_path_factory.mktemp("nonsense"), "a.json", document)
    entities, _ = split(reader.read(source, Options()))
    assert "ok" in {e.id for e in entities}


@given(st.sampled_from(["transform", "vertices", "metadata", "CityObjects", "geometry-templates", "appearance"]), _JSON)
@settings(max_examples=60, deadline=None)
def test_no_nonsense_in_the_document_crashes_the_reader(
    tmp_path_factory: pytest.TempPathFactory, key: str, nonsense: Any
) -> None:
    source = written(tmp_path_factory.mktemp("nonsense"), "a.json", cityjson({"h": house()}, **{key: nonsense}))
    with contextlib.suppress(TwinError):
        split(reader.read(source, Options(crs="EPSG:28992")))


def sequence(tmp_path: Path, *features: dict[str, Any], cut: int = 0) -> Any:
    header = cityjson({}, vertices=[])
    lines = [json.dumps(header)] + [
        json.dumps(
            {"type": "CityJSONFeature", "id": str(at), "CityObjects": objects, "vertices": cityjson({})["vertices"]}
        )
        for at, objects in enumerate(features)
    ]
    text = "\n".join(lines) + "\n"
    return written(tmp_path, "a.city.jsonl", text[: len(text) - cut])


def test_a_sequence_reads_line_by_line(tmp_path: Path) -> None:
    source = sequence(tmp_path, {"a": house()}, {"b": house(), "c": house()})
    assert cityjsonseq.sniff(source.path, source.head())
    assert not reader.sniff(source.path, source.head())
    entities, issues = split(cityjsonseq.read(source, Options()))
    assert [e.id for e in entities] == ["a", "b", "c"]
    assert issues == []


def test_a_cut_sequence_is_refused_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(UnreadableSource, match=r"a\.city\.jsonl:3"):
        list(cityjsonseq.read(sequence(tmp_path, {"a": house()}, {"b": house()}, cut=20), Options()))
    with pytest.raises(UnreadableSource):
        list(cityjsonseq.read(written(tmp_path, "b.jsonl", ""), Options()))


def test_a_city_is_known_by_its_first_bytes(tmp_path: Path) -> None:
    assert reader.sniff(tmp_path, json.dumps(cityjson({"h": house()})).encode())
    assert reader.sniff(tmp_path, b'{"CityObjects": {')
    assert not reader.sniff(tmp_path, b'{"type": "FeatureCollection"')
