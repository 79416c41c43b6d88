"""Tilesets over HTTP: what a browser keeps, what a proxy may, ranges, moments, archives, and following the store."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import brotli
import orjson
import pytest

import tiles
from api import create_app
from api.sending import accepts_brotli, byte_range
from tests.api.conftest import BUILDINGS, PASSWORD, TestClient
from tiles import Layer
from tiles.archive import write_archive
from tiles.packout import pack_implicit
from tiles.read import decode
from twin.settings import Settings
from twin.store import SourceInfo, Store

SOURCE = SourceInfo("test", "test", "EPSG:4326", "wgs84", "ellipsoidal", 1)
TILE = "/tiles/building/0.glb"
ROOT = "/tiles/building/tileset.json"


@pytest.fixture
def folder(twin_folder: Path, tmp_path: Path) -> Path:
    """A twin of one's own: the tests change it."""
    shutil.copytree(twin_folder, tmp_path / "twin")
    return tmp_path / "twin"


@pytest.fixture
def client(folder: Path) -> Iterator[TestClient]:
    with TestClient(create_app(Settings(folder=folder, feed=False))) as client:
        assert client.post("/login", json={"user": "admin", "password": PASSWORD}).is_success
        yield client


def plain(client: TestClient, path: str, **headers: str):
    return client.get(
        path, headers={"accept-encoding": "identity", **{k.replace("_", "-"): v for k, v in headers.items()}}
    )


def heights(data: bytes) -> dict[str, float]:
    columns = decode(data).columns
    return dict(zip(columns["id"], columns["height"], strict=True))


def write(folder: Path, height: float, id_: str = "b3") -> None:
    """Another process edits a building."""
    with Store.open(folder) as store:
        store.write([replace(store.get(id_), height_m=height)], source=SOURCE)


def wait_for(client: TestClient, path: str, other_than: str) -> object:
    for _ in range(100):
        answer = plain(client, path)
        if answer.headers["etag"] != other_than:
            return answer
        time.sleep(0.05)
    raise AssertionError(f"{path} does not change")


def test_the_tag_is_the_hash_of_the_content(client: TestClient, folder: Path) -> None:
    answer = plain(client, TILE)
    stored = Layer(folder / "tiles" / "building").view.files["0.glb"]
    assert answer.headers["etag"] == f'"{stored.content}"'
    assert answer.headers["cache-control"] == "private, no-cache, no-transform"
    assert (answer.headers["content-type"], answer.headers["vary"]) == ("model/gltf-binary", "Accept-Encoding")
    packed = client.get(TILE, headers={"accept-encoding": "gzip, br;q=0.8"})
    assert (packed.headers["content-encoding"], packed.headers["etag"]) == ("br", f'"{stored.content}.br"')
    assert packed.content == answer.content
    for tag in (answer.headers["etag"], packed.headers["etag"], f"W/{packed.headers['etag']}", "*"):
        again = client.get(TILE, headers={"if-none-match": f'"x", {tag}' if tag != "*" else tag})
        assert (again.status_code, again.content) == (304, b"")
    assert plain(client, TILE, if_none_match='"other"').status_code == 200
    assert "content-encoding" not in client.get(TILE, headers={"accept-encoding": "br;q=0, gzip"}).headers


def test_implicit_tiles_are_files_as_any_other(client: TestClient, folder: Path) -> None:
    with Store.open(folder) as store:
        pack_implicit(store, folder / "tiles" / "building", folder / "tiles" / "implicit")
    for file, media in (("0/0/0.glb", "model/gltf-binary"), ("subtrees/0/0/0.subtree", "application/octet-stream")):
        answer = plain(client, f"/tiles/implicit/{file}")
        assert (answer.status_code, answer.headers["content-type"]) == (200, media)
        packed = client.get(f"/tiles/implicit/{file}", headers={"accept-encoding": "br"})
        assert packed.content == answer.content
        assert packed.headers["content-encoding"] == "br"
        again = plain(client, f"/tiles/implicit/{file}", if_none_match=answer.headers["etag"])
        assert (again.status_code, again.content) == (304, b"")
    assert heights(plain(client, "/tiles/implicit/0/0/0.glb").content) == heights(plain(client, TILE).content)


def test_head_says_what_get_would(client: TestClient) -> None:
    whole = plain(client, TILE)
    head = client.head(TILE, headers={"accept-encoding": "identity"})
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == str(len(whole.content))
    assert head.headers["etag"] == whole.headers["etag"]
    assert client.post(TILE).status_code == 405
    assert client.delete(TILE).json()["type"] == "/problems/WrongMethod"


@pytest.mark.parametrize(
    ("header", "part"),
    [
        (b"bytes=0-9", (0, 10)), (b"bytes=90-", (90, 100)), (b"bytes=-5", (95, 100)), (b"bytes=-500", (0, 100)),
        (b"bytes=95-500", (95, 100)), (b"bytes=100-", ()), (b"bytes=-0", ()), (b"bytes=5-2", None),
        (b"bytes=0-1,5-6", None), (b"bytes=a-b", None), (b"bytes=-", None), (b"bytes", None), (b"bytes=1-x", None),
        (b"items=0-1", None),
    ],
)  # fmt: skip
def test_ranges(header: bytes, part: object) -> None:
    assert byte_range(header, 100) == part


def test_codings() -> None:
    assert accepts_brotli(b"gzip, deflate, br, zstd")
    assert accepts_brotli(b"br;q=0.5")
    assert not any(map(accepts_brotli, (b"", b"gzip", b"br;q=0", b"br; q=0.0", b"brotli", b"gzip;q=1, x-br")))


def test_an_archive_is_sent_in_parts_and_served_like_a_folder(client: TestClient, folder: Path) -> None:
    layer = Layer(folder / "tiles" / "building")
    names = sorted(layer.view.files)
    files = {name: layer.contents.read(layer.view.files[name].content) for name in names}
    write_archive(folder / "tiles" / "copy.3tz", files.items())
    whole = (folder / "tiles" / "copy.3tz").read_bytes()
    for name in names:
        assert plain(client, f"/tiles/copy/{name}").content == files[name]
    answer = plain(client, "/tiles/copy.3tz", range="bytes=10-99")
    assert (answer.status_code, answer.content) == (206, whole[10:100])
    assert answer.headers["content-range"] == f"bytes 10-99/{len(whole)}"
    assert plain(client, "/tiles/copy.3tz").content == whole
    tag = answer.headers["etag"]
    assert plain(client, "/tiles/copy.3tz", range="bytes=0-4", if_range=tag).content == whole[:5]
    assert plain(client, "/tiles/copy.3tz", range="bytes=0-4", if_range='"old"').content == whole
    beyond = plain(client, "/tiles/copy.3tz", range=f"bytes={len(whole)}-")
    assert (beyond.status_code, beyond.headers["content-range"]) == (416, f"bytes */{len(whole)}")
    for path in ("copy/@3dtilesIndex1@", "copy/../twin.sqlite", "copy/", "other.3tz", "../copy.3tz", "x/copy.3tz"):
        assert client.get(f"/tiles/{path}").status_code == 404, path


def test_a_large_archive_comes_whole(client: TestClient, folder: Path) -> None:
    """Larger than what is kept in memory: it is read piece by piece."""
    noise = [(f"{n}.bin", bytes([n]) * 1_000_003) for n in range(7)]
    write_archive(folder / "tiles" / "big.3tz", [("tileset.json", b"{}"), *noise])
    whole = (folder / "tiles" / "big.3tz").read_bytes()
    assert plain(client, "/tiles/big.3tz").content == whole
    assert plain(client, "/tiles/big.3tz", range="bytes=3000000-6000000").content == whole[3_000_000:6_000_001]


def test_a_foreign_tileset_in_a_folder_is_served(client: TestClient, folder: Path) -> None:
    foreign = folder / "tiles" / "points"
    (foreign / "deep").mkdir(parents=True)
    (foreign / "tileset.json").write_bytes(b'{"asset": {}}')
    (foreign / "deep" / "a.glb").write_bytes(b"glb")
    (foreign / "deep" / "a.glb.br").write_bytes(brotli.compress(b"glb"))
    (foreign / "out.json").symlink_to(folder / "twin.sqlite")
    assert client.get("/tiles/points/tileset.json").json() == {"asset": {}}
    assert client.get("/tiles/points/deep/a.glb", headers={"accept-encoding": "br"}).content == b"glb"
    assert client.get("/tiles/points/out.json").status_code == 404
    before = client.get("/tiles/points/tileset.json").headers["etag"]
    (foreign / "tileset.json").write_bytes(b'{"asset": {"version": "1.1"}}')
    assert client.get("/tiles/points/tileset.json").headers["etag"] != before


def test_nobody_gets_a_tile_without_a_session(client: TestClient) -> None:
    stranger = TestClient(client.app)
    for path in (TILE, ROOT, "/tiles/building.3tz", "/tiles/building/@1/0.glb", "/tiles/nowhere/x"):
        assert stranger.get(path).status_code == 401
        assert stranger.get(path, headers={"authorization": "Bearer x"}).status_code == 401
    assert client.get(TILE).status_code == 200
    client.post("/logout")
    assert client.get(TILE).status_code == 401


def test_the_layer_follows_what_another_process_writes(client: TestClient, folder: Path) -> None:
    before = plain(client, TILE)
    root = plain(client, ROOT).headers["etag"]
    write(folder, 61.0)
    began = time.monotonic()
    after = wait_for(client, TILE, before.headers["etag"])
    assert time.monotonic() - began < 2
    assert heights(before.content)["b3"] == 60.0
    assert heights(after.content)["b3"] == 61.0
    assert plain(client, ROOT).headers["etag"] == root, "the box has room: the document stays"
    assert tiles.check_layer(folder / "tiles" / "building") == []


def test_as_it_stood(client: TestClient, folder: Path) -> None:
    """`?at=` of a moment before an edit leads to the tile as it was, by addresses that stay."""
    before = plain(client, TILE)
    now = int(time.time())
    time.sleep(1.1)
    write(folder, 75.0)
    wait_for(client, TILE, before.headers["etag"])
    document = client.get(f"{ROOT}?at={now}").json()
    address = document["root"]["content"]["uri"]
    assert address.startswith("@")
    old = plain(client, f"/tiles/building/{address}")
    assert old.content == before.content
    assert old.headers["cache-control"] == "private, max-age=31536000, immutable, no-transform"
    assert plain(client, f"/tiles/building/{address}?at={now}").content == before.content
    assert plain(client, f"{TILE}?at={now}").content == before.content, "a client that passes the question on"
    later = client.get(f"{ROOT}?at={int(time.time()) + 5}").json()["root"]["content"]["uri"]
    assert heights(plain(client, f"/tiles/building/{later}").content)["b3"] == 75.0


def test_a_moment_that_no_tree_was_built_for(client: TestClient, folder: Path) -> None:
    """Two edits that the layer took in as one step: between them, the tree is built from the store's own history."""
    before = plain(client, TILE)
    client.app.state.served.tilesets.stop()  # the server looks away while this is written
    time.sleep(1.1)
    write(folder, 71.0)
    between = int(time.time())
    time.sleep(1.1)
    write(folder, 72.0)
    client.app.state.served.tilesets._look()
    assert heights(plain(client, TILE).content)["b3"] == 72.0
    address = client.get(f"{ROOT}?at={between}").json()["root"]["content"]["uri"]
    assert address.startswith("@m")
    assert heights(plain(client, f"/tiles/building/{address}").content) == heights(before.content) | {"b3": 71.0}
    assert client.get(f"{ROOT}?at={between}").json()["root"]["content"]["uri"] == address
    assert client.get(f"{ROOT}?known_at={between}").json()["root"]["content"]["uri"] == address


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("at=1000", 404),
        ("at=yesterday", 422),
        ("known_at=nan", 422),
        ("at=0001-01-01", 404),
        ("at=9999-12-31T23:59:59-12:00", 200),
        ("at=9e18", 422),
    ],
)
def test_moments_at_the_edge(client: TestClient, query: str, status: int) -> None:
    answer = client.get(f"{ROOT}?{query}")
    assert answer.status_code == status, answer.text
    assert (answer.headers["content-type"] == "application/problem+json") == (status != 200)


@pytest.mark.parametrize("key", ["@", "@99", "@-1", "@x", "@m1-k1", "@m1-k1/../../x", "@../000001.json", "@1"])
def test_keys_that_lead_nowhere(client: TestClient, key: str) -> None:
    path = f"/tiles/building/{key}" + ("" if key == "@1" else "/tileset.json")
    assert client.get(path).status_code == 404


def test_the_layer_is_built_anew_while_it_is_served(client: TestClient, folder: Path) -> None:
    before = plain(client, ROOT)
    with Store.open(folder) as store:
        far = replace(store.get("b3"), id="far", height_m=400.0)
        store.write([far], source=SOURCE)
        tiles.build_layer(store, "building", folder / "tiles")
    wait_for(client, ROOT, before.headers["etag"])
    assert "far" in heights(plain(client, TILE).content)
    (layer,) = client.get("/twin").json()["tilesets"]
    assert (layer["features"], layer["version"]) == (BUILDINGS + 1, 2)


def test_a_damaged_layer_is_said_and_the_rest_of_the_twin_stands(folder: Path) -> None:
    (folder / "tiles" / "building" / ".store" / "000001.json").write_bytes(b"{")
    with TestClient(create_app(Settings(folder=folder, feed=False))) as client:
        client.post("/login", json={"user": "admin", "password": PASSWORD})
        answer = client.get(ROOT)
        assert answer.status_code == 400
        assert "damaged" in answer.json()["reason"]
        assert client.get("/twin").json()["tilesets"] == []
        assert client.get("/features/building").is_success
        with Store.open(folder) as store:
            tiles.build_layer(store, "building", folder / "tiles")
        assert client.get(ROOT).is_success


def test_documents_are_json(client: TestClient) -> None:
    assert orjson.loads(client.get(ROOT).content)["extras"] == {
        "layer": "building",
        "columns": ["height", "storeys", "base", "above", "use"],
    }
