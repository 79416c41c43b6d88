"""Every tileset is listed with where it is; landmarks are served from the store as it is."""

from __future__ import annotations

import math

import pytest
import shapely

from tests.tiles.models import model
from tiles.landmarks import KIND
from tiles.models import keep_model
from tiles.volumes import space_of
from twin.entity import Entity
from twin.store import SourceInfo, Store

SOURCE = SourceInfo("test", "test", "EPSG:4326", "wgs84", "ellipsoidal", 0)


@pytest.fixture
def tower(server, tmp_path):
    """A landmark far from the buildings, gone again afterwards."""
    (tmp_path / "tower.glb").write_bytes(model())
    kept = keep_model(server.folder, tmp_path / "tower.glb")
    point = bytes(shapely.to_wkb(shapely.Point(115.5, 23.5)))
    with Store.open(server.folder) as store:
        said = {"model": kept.name, "name": "Tower"}
        store.write(iter([Entity("tower", KIND, None, point, 100.0, 30.0, attributes=said)]), source=SOURCE)
        yield kept
        store.retire(["tower"], source="test")


def ids(answer) -> list[str]:
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert body["numberReturned"] == len(body["collections"])
    return [one["id"] for one in body["collections"]]


def test_collections_by_box(server, tower):
    client = server.by_role["wall"]
    assert ids(client.get("/collections")) == ["building", "landmarks"]
    assert ids(client.get("/collections?bbox=114,22.6,114.01,22.61")) == ["building"]
    assert ids(client.get("/collections?bbox=115,23,116,24")) == ["landmarks"]
    assert ids(client.get("/collections?bbox=115,23,0,116,24,50")) == []
    assert ids(client.get("/collections?bbox=115,23,120,116,24,125")) == ["landmarks"]
    nan = "115,23,nan,116,24,9"
    for wrong in ("", "1,2,3", "a,b,c,d", "115,23,9,116,24,1", "115,23,x,116,24,1", nan, "116,23,115,24", "1,2,3,4,5"):
        for path in ("/collections", "/collections/building"):
            answer = client.get(f"{path}?bbox={wrong}")
            assert answer.status_code == 422, wrong
            assert answer.headers["content-type"] == "application/problem+json"
            assert "bbox" in answer.text


def test_a_collection_has_no_content_outside_of_it(server, tower):
    client = server.by_role["wall"]
    inside, outside = (
        client.get(f"/collections/landmarks?bbox={box}").json() for box in ("115,23,120,116,24,125", "114,22,115,23")
    )
    assert inside == client.get("/collections/landmarks").json()
    assert (outside["id"], outside["content"]) == ("landmarks", [])
    assert [link["rel"] for link in outside["links"]] == ["self"]


def test_links_lead_somewhere(server, tower):
    """Each address answers with what its link says; a layer that the flat map shows leads there too."""
    client = server.by_role["wall"]
    listed = client.get("/collections").json()
    links = [*listed["links"], *(link for one in listed["collections"] for link in (*one["links"], *one["content"]))]
    for link in links:
        assert client.get(link["href"]).status_code == 200, link
    by_rel = [{link["rel"].rpartition("/")[2]: link for link in one["links"]} for one in listed["collections"]]
    assert [sorted(one) for one in by_rel] == [["3d-geovolumes", "alternate", "self"], ["3d-geovolumes", "self"]]
    assert by_rel[0]["3d-geovolumes"]["type"] == "application/json+3dtiles"
    flat = client.get(by_rel[0]["alternate"]["href"]).json()
    assert flat["tilejson"]
    assert "buildings" in {layer["id"] for layer in flat["vector_layers"]}


def test_a_collection_leads_to_its_tileset(server, tower):
    client = server.by_role["wall"]
    building = client.get("/collections/building").json()
    assert building["features"] == 24
    west, south, low, east, north, high = building["extent"]["spatial"]["bbox"][0]
    assert 113.9 < west < east < 114.1
    assert 22.5 < south < north < 22.7
    assert low < 30
    assert high > 90
    landmarks = client.get("/collections/landmarks").json()
    (content,) = landmarks["content"]
    tileset = client.get(content["href"])
    assert tileset.headers["etag"]
    uri = tileset.json()["root"]["children"][0]["content"]["uri"]
    assert client.get(f"/tiles/landmarks/{uri}").content == model()
    assert client.get(f"/tiles/landmarks/{uri}").headers["content-type"] == "model/gltf-binary"
    assert client.get("/tiles/landmarks/x.glb").status_code == 404
    assert client.get("/collections/nothing").status_code == 404
    added = client.get("/twin").json()["added"]
    assert added == [
        {"name": "landmarks", "title_en": "Landmarks", "title_zh": "地标", "of": "landmarks", "url": content["href"]}
    ]


def test_without_landmarks_there_is_no_tileset_of_them(server):
    assert server.admin.get("/tiles/landmarks/tileset.json").status_code == 404
    assert ids(server.admin.get("/collections")) == ["building"]
    assert server.anonymous.get("/collections").status_code == 401
    assert len(server.admin.get("/conformance").json()["conformsTo"]) == 4


def test_a_broken_neighbour_is_left_out_and_foreign_ones_are_listed(server):
    folder = server.folder / "tiles" / "foreign"
    folder.mkdir()
    try:
        region = [math.radians(114.2), math.radians(22.7), math.radians(114.3), math.radians(22.8), 5.0, 50.0]
        text = (
            '{"asset":{"version":"1.0"},"geometricError":9,"root":{"boundingVolume":{"region":%s},"geometricError":0}}'
        )
        (folder / "tileset.json").write_text(text % region)
        assert ids(server.admin.get("/collections?bbox=114.25,22.75,114.26,22.76")) == ["foreign"]
        (folder / "tileset.json").write_text("{}")
        assert ids(server.admin.get("/collections")) == ["building"]
    finally:
        (folder / "tileset.json").unlink()
        folder.rmdir()


def test_spheres():
    earth = 6_378_137.0
    bbox, low, high = space_of({"boundingVolume": {"sphere": [earth, 0, 0, 100]}})
    assert (low, high) == pytest.approx((-100, 100), abs=1)
    assert bbox.east == pytest.approx(0.0009, abs=1e-4)
