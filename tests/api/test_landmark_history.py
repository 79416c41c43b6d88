"""Landmarks over HTTP: as they stood at a moment, and told of to open pages when they change."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from api import create_app
from tests.api.conftest import PASSWORD, TestClient, _point
from tests.tiles.models import model
from tiles.models import keep_model
from twin.entity import Entity
from twin.settings import Settings
from twin.store import SourceInfo, Store, clock

SOURCE = SourceInfo("test", "glTF", "EPSG:4979", "wgs84", "ellipsoidal", 0)
NOW = int(time.time())
ROOT = "/tiles/landmarks/tileset.json"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two landmarks of which one ended and one was moved."""
    folder = tmp_path / "twin"
    (tmp_path / "tower.glb").write_bytes(model())
    with pytest.MonkeyPatch.context() as patched, Store.create(folder, name="test") as store:
        kept = keep_model(folder, tmp_path / "tower.glb")
        patched.setattr(clock, "now", lambda: NOW - 3000)
        tower = Entity("tower", "landmark", None, _point(114.05, 22.54), 10.0, attributes={"model": kept.name})
        store.write([tower, replace(tower, id="gate")], source=SOURCE)
        patched.setattr(clock, "now", lambda: NOW - 1000)
        store.write([replace(tower, base_m=50.0)], source=SOURCE)
        store.retire(["gate"], source="test")
        store.accounts.add("admin", PASSWORD, "admin")
    return folder


@pytest.fixture
def client(folder: Path) -> Iterator[TestClient]:
    with TestClient(create_app(Settings(folder=folder, feed=False))) as client:
        assert client.post("/login", json={"user": "admin", "password": PASSWORD}).is_success
        yield client


def names(tileset: dict) -> list[str]:
    return [tile["metadata"]["properties"]["id"] for tile in tileset["root"]["children"]]


def test_as_they_stood(client: TestClient) -> None:
    now, then = client.get(ROOT).json(), client.get(f"{ROOT}?at={NOW - 2000}").json()
    assert (names(now), names(then)) == (["tower"], ["tower", "gate"])
    assert now["root"]["transform"] != then["root"]["transform"]
    (content,) = {tile["content"]["uri"] for tile in then["root"]["children"]}
    assert client.get(f"/tiles/landmarks/{content}?at={NOW - 2000}").content[:4] == b"glTF"
    assert names(client.get(f"{ROOT}?at={NOW - 2000}&known_at=9999-12-31").json()) == ["tower", "gate"]
    before = client.get(f"{ROOT}?at={NOW - 4000}")
    assert (before.status_code, before.json()["thing"]) == (404, "landmarks")
    assert client.get(f"{ROOT}?at=yesterday").status_code == 422


def test_what_ended_altogether_still_stood(client: TestClient, folder: Path) -> None:
    client.delete("/entities/tower")
    assert client.get(ROOT).status_code == 404
    then = client.get(f"{ROOT}?at={NOW - 2000}").json()
    assert names(then) == ["tower", "gate"]
    uri = then["root"]["children"][0]["content"]["uri"]
    assert client.get(f"/tiles/landmarks/{uri}?at={NOW - 2000}").is_success


def test_an_open_page_is_told(client: TestClient) -> None:
    version = client.get("/twin").json()["landmarks"]["version"]
    with client.websocket_connect("/live/ws") as page:
        page.send_text(json.dumps({"type": "subscribe", "kinds": [], "tiles": {"landmarks": version}}))
        assert page.receive_json()["type"] == "snapshot"
        assert client.patch("/entities/tower", json={"attributes": {"heading_deg": 90}}).is_success
        turned = page.receive_json()
        assert (turned["type"], turned["layer"], turned["tree"]) == ("tiles", "landmarks", True)
        assert turned["version"] not in (0, version)
        assert client.delete("/entities/tower").is_success
        assert page.receive_json()["version"] == 0
    assert client.get("/twin").json()["landmarks"]["version"] == 0
