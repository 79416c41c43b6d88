"""The twin, its features, entities and tiles over HTTP."""

from __future__ import annotations

import brotli
import mapbox_vector_tile
import orjson
import pytest

from tests.api.conftest import BUILDINGS


def test_health_is_open(server):
    assert server.anonymous.get("/health").json() == {"status": "ok"}


def test_the_twin_in_one_answer(server):
    twin = server.admin.get("/twin").json()
    assert twin["name"] == "北站"
    assert twin["zone"] == "Asia/Shanghai"
    assert twin["counts"]["building"] == BUILDINGS
    assert twin["ground_m"] == 30.0
    west, south, east, north = twin["extent"]
    assert west < twin["centre"][0] < east
    assert south < twin["centre"][1] < north
    assert twin["view"] == pytest.approx([114.0005, 22.603, 114.0186, 22.6034]), (
        "of what is built: districts reach farther"
    )
    assert twin["centre"] == pytest.approx([114.00955, 22.6032])
    (layer,) = twin["tilesets"]
    assert layer == {"kind": "building", "url": "/tiles/building/tileset.json", "features": BUILDINGS, "version": 1}
    assert twin["presence"]["people"] == 30
    assert twin["presence"]["stays"] == 1000
    assert "example" not in twin["presence"], "a twin of real people offers nobody"


def test_kinds(server):
    kinds = {kind["id"]: kind for kind in server.admin.get("/kinds").json()}
    assert kinds["building"]["form"] == "volume"
    assert (kinds["terrain"]["form"], kinds["terrain"]["styles"]) == ("surface", [])
    columns = [column["name"] for column in kinds["building"]["columns"]]
    assert columns == ["height", "storeys", "base", "above", "use"]


@pytest.mark.parametrize("limit", [1, 5, 7, 1000])
def test_pages_together_are_everything_once(server, limit):
    url, seen = f"/features/building?limit={limit}", []
    while url:
        page = server.admin.get(url).json()
        assert page["type"] == "FeatureCollection"
        assert page["numberReturned"] == len(page["features"]) <= limit
        assert page["numberMatched"] == BUILDINGS
        seen += [feature["id"] for feature in page["features"]]
        url = f"/features/building?limit={limit}&cursor={page['next']}" if page["next"] else None
    assert sorted(seen) == sorted(f"b{n}" for n in range(BUILDINGS))


def test_a_feature_and_its_box(server):
    answer = server.admin.get("/features/building?bbox=114.0,22.6,114.0006,22.7")
    assert answer.headers["content-type"] == "application/geo+json"
    (feature,) = answer.json()["features"]
    assert feature["id"] == "b0"
    assert feature["geometry"]["type"] == "Polygon"
    facts = feature["properties"]
    assert facts["name"] == "北站0栋"
    assert (facts["kind"], facts["parent"], facts["base_m"], facts["height_m"]) == ("building", "g0", 30.0, 60.0)
    assert facts["stands_m"] == 30.0
    assert isinstance(facts["number"], int)


def test_all_that_is_known_of_a_building(server):
    building = server.admin.get("/entities/b1").json()
    assert building["title"] == "北站1栋"
    assert building["address"] == "民治大道1号"
    assert building["use"] == "residential"
    assert building["stands_m"] == building["base_m"] == 30.0
    assert building["grid"] == {"id": "g1", "code": "440309001001001", "name": "网格1"}
    assert set(building["cells"]) == {"9", "12"}
    assert building["children"] == {"storey": 2, "sensor": 1, "camera": 1}
    assert [sensor["id"] for sensor in building["sensors"]] == ["sen1", "cam1"]


def test_an_entity_whose_id_has_a_slash(server):
    storey = server.admin.get("/entities/b1/s2").json()
    assert storey["kind"] == "storey"
    assert storey["grid"]["id"] == "g1"


def test_a_sensor_shows_its_own_values(server):
    server.admin.post("/live/observations", json=[{"datastream": "sen2/smoke", "time": 1714521600, "result": 3}])
    sensor = server.admin.get("/entities/sen2").json()
    assert sensor["sensors"][0]["id"] == "sen2"
    assert sensor["sensors"][0]["latest"] == [
        {
            "sensor": "sen2", "datastream": "sen2/smoke", "name": "smoke", "unit": "%", "value": 3.0,
            "time": 1714521600,
        }
    ]  # fmt: skip


def test_search_finds_by_words(server):
    found = server.admin.get("/search", params={"q": "北站7栋"}).json()
    assert [item["id"] for item in found] == ["b7"]
    assert server.admin.get("/search", params={"q": "nothing like it"}).json() == []


def test_incidents_newest_first(server):
    assert [row["id"] for row in server.admin.get("/incidents").json()] == ["inc2", "inc0"]
    assert [row["id"] for row in server.admin.get("/incidents?open=false").json()] == ["inc2", "inc1", "inc0"]


def tile_paths(server):
    root = server.folder / "tiles" / "building"
    return sorted(path.name for path in root.iterdir() if path.suffix in (".glb", ".json"))


def test_every_tile_file_is_served_plain_and_packed(server):
    assert len(tile_paths(server)) >= 2
    for path in tile_paths(server):
        content = (server.folder / "tiles" / "building" / path).read_bytes()
        plain = server.admin.get(f"/tiles/building/{path}", headers={"accept-encoding": "identity"})
        packed = server.admin.get(f"/tiles/building/{path}", headers={"accept-encoding": "br"})
        assert plain.content == content
        assert packed.content == content
        assert "content-encoding" not in plain.headers
        if packed.headers.get("content-encoding") == "br":
            assert plain.headers["etag"] != packed.headers["etag"]
        assert plain.headers["content-type"] in ("model/gltf-binary", "application/json")


def test_a_tile_that_is_known_is_not_sent_again(server):
    url = "/tiles/building/tileset.json"
    first = server.admin.get(url)
    tag = first.headers["etag"]
    assert not tag.startswith("W/")
    again = server.admin.get(url, headers={"if-none-match": tag})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    assert server.admin.get(url, headers={"if-none-match": f'"other", {tag}'}).status_code == 304
    assert server.admin.get(url, headers={"if-none-match": '"other"'}).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "building/../../twin.sqlite",
        "building/..%2f..%2ftwin.sqlite",
        "building/%2e%2e/%2e%2e/secret/pseudonym.key",
        "%2e%2e/twin.sqlite",
        "..%2fsecret/pseudonym.key",
        "building//etc/passwd",
        "building/%2fetc%2fpasswd",
        "building/",
        "%2e/building/tileset.json",
        "building/x%00y",
        "building/.store/lock",
        "building/.store/000001.json",
    ],
)
def test_nothing_outside_the_layer_is_served(server, path):
    answer = server.admin.get(f"/tiles/{path}")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_link_out_of_the_folder_is_not_followed(server):
    link = server.folder / "tiles" / "building" / "way-out.json"
    link.symlink_to(server.folder / "twin.sqlite")
    try:
        assert server.admin.get("/tiles/building/way-out.json").status_code == 404
    finally:
        link.unlink()


def test_a_big_answer_comes_packed(server):
    request = server.admin.build_request("GET", "/openapi.json", headers={"accept-encoding": "br"})
    assert server.admin.send(request).status_code == 200
    answer = server.admin.get("/features/building", headers={"accept-encoding": "gzip"})
    plain = server.admin.get("/features/building", headers={"accept-encoding": "identity"})
    assert answer.json() == plain.json()
    if len(plain.content) >= 16_384:
        assert answer.headers["content-encoding"] == "gzip"
    assert brotli.decompress(brotli.compress(orjson.dumps(plain.json())))


def test_the_flat_map(server):
    """Web Mercator column and row of 114.0007 E, 22.6032 N at zoom 15."""
    document = server.admin.get("/maps/basemap.json").json()
    assert document["tiles"] == ["http://testserver/maps/basemap/{z}/{x}/{y}.mvt"]
    tile = server.admin.get("/maps/basemap/15/26760/14271.mvt")
    assert tile.status_code == 200
    assert tile.headers["content-type"] == "application/vnd.mapbox-vector-tile"
    layers = mapbox_vector_tile.decode(tile.content)
    assert len(layers["buildings"]["features"]) > 0
    again = server.admin.get("/maps/basemap/15/26760/14271.mvt", headers={"If-None-Match": tile.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert server.admin.get("/maps/basemap/15/0/0.mvt").status_code == 204
    assert server.admin.get("/maps/basemap/15/40000/0.mvt").status_code == 422
    assert server.admin.get("/maps/nowhere/15/0/0.mvt").status_code == 404
    assert server.admin.get("/maps/style/dark.json").json()["version"] == 8
    assert server.anonymous.get("/maps/basemap.json").status_code == 401
