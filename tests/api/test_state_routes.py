"""States over HTTP and over the live link, beside what changed in the tiles."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

import api.states
from api import create_app
from tests.api.conftest import BUILDINGS, PASSWORD, TestClient
from tiles.state import decode
from twin.entity import Entity
from twin.settings import Settings
from twin.store import SourceInfo, Store

SOURCE = SourceInfo("test", "test", "EPSG:4326", "wgs84", "ellipsoidal", 1)
WISH = {"type": "subscribe", "kinds": ["camera"]}


@pytest.fixture
def folder(twin_folder: Path, tmp_path: Path) -> Path:
    shutil.copytree(twin_folder, tmp_path / "twin")
    return tmp_path / "twin"


@pytest.fixture
def client(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    monkeypatch.setattr(api.states, "LEAST_INTERVAL_S", 0.05)
    with TestClient(create_app(Settings(folder=folder, feed=False))) as client:
        assert client.post("/login", json={"user": "admin", "password": PASSWORD}).is_success
        yield client


def column(client: TestClient, id_: str) -> tuple[dict[int, object], int]:
    answer = client.get(f"/state/{id_}")
    assert answer.status_code == 200, answer.text
    read, version = decode(answer.content)
    values = [read.classes[value - 1] if read.by_class else value for value in read.values.tolist()]
    return dict(zip(read.numbers.tolist(), values, strict=True)), version


def number(client: TestClient, id_: str) -> int:
    return client.get(f"/entities/{id_}").json()["number"]


def heard(socket, *types: str, seconds: float = 5) -> dict:
    """The next message of one of these types."""
    began = time.monotonic()
    while time.monotonic() - began < seconds:
        message = socket.receive_json()
        if message["type"] in types:
            return message
    raise AssertionError(f"no {types}")


def test_any_attribute_is_a_state(client: TestClient) -> None:
    uses, _ = column(client, "building.use")
    assert uses == dict.fromkeys([number(client, f"b{n}") for n in range(BUILDINGS)], "residential")
    heights, _ = column(client, "building.height")
    assert set(heights.values()) == {60.0}
    assert client.get("/state/building.year").status_code == 200, "an attribute that no building has"


def test_what_scenes_declare(client: TestClient) -> None:
    listed = {one["id"]: one for one in client.get("/state").json()}
    assert set(listed) >= {"command_wall.in_order", "command_wall.use"}
    assert listed["command_wall.use"]["url"] == "/state/command_wall.use"
    shares, _ = column(client, "command_wall.in_order")
    assert len(shares) == BUILDINGS
    assert {round(share, 2) for share in shares.values()} <= {0.0, 0.5, 1.0}
    assert shares[number(client, "b5")] == 0.0, "its camera and its sensor are broken"


@pytest.mark.parametrize(
    "id_", ["building", "building.", "nothing.use", "building.secret", "grid.code", "storey.level"]
)
def test_states_that_do_not_exist(client: TestClient, id_: str) -> None:
    answer = client.get(f"/state/{id_}")
    assert (answer.status_code, answer.json()["type"]) == (404, "/problems/NotFound")


def test_a_state_that_is_known_is_not_sent_again(client: TestClient) -> None:
    plain = client.get("/state/building.use", headers={"accept-encoding": "identity"})
    packed = client.get("/state/building.use", headers={"accept-encoding": "br"})
    assert packed.headers["content-encoding"] == "br"
    assert plain.content == packed.content
    assert plain.headers["content-type"] == "application/vnd.quanyu.state"
    for answer in (plain, packed):
        again = client.get("/state/building.use", headers={"if-none-match": answer.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
    client.patch("/entities/b3", json={"attributes": {"use": "office"}})
    time.sleep(0.2)
    changed = client.get("/state/building.use", headers={"if-none-match": plain.headers["etag"]})
    assert changed.status_code == 200
    assert column(client, "building.use")[0][number(client, "b3")] == "office"


def test_nobody_sees_a_state_without_a_session(client: TestClient) -> None:
    assert TestClient(client.app).get("/state/building.use").status_code == 401
    assert TestClient(client.app).get("/state").status_code == 401


def test_parts_are_in_the_state_of_their_whole(client: TestClient, folder: Path) -> None:
    with Store.open(folder) as store:
        whole = store.get("b5")
        parts = [Entity("b5/a", "building_part", "b5", whole.footprint, 30.0, 9.0)]
        parts.append(replace(parts[0], id="b5/b", attributes={"use": "shops"}))
        store.write(parts, source=SOURCE)
    uses, _ = column(client, "building.use")
    assert (uses[number(client, "b5/a")], uses[number(client, "b5/b")]) == ("residential", "shops")
    assert column(client, "command_wall.in_order")[0][number(client, "b5/a")] == 0.0, "its devices are broken"


def test_changes_of_a_state_are_told(client: TestClient) -> None:
    _, version = column(client, "building.use")
    with client.websocket_connect("/live/ws") as socket:
        socket.send_json({**WISH, "states": {"building.use": version}})
        client.patch("/entities/b3", json={"attributes": {"use": "office"}})
        told = heard(socket, "states")
        assert (told["layer"], told["whole"], told["numbers"]) == ("building.use", False, [number(client, "b3")])
        assert told["classes"][told["values"][0] - 1] == "office"
        client.patch("/entities/b3", json={"attributes": {"use": None}})
        gone = heard(socket, "states")
        assert (gone["numbers"], gone["values"], gone["version"]) == (told["numbers"], [0], told["version"] + 1)
        socket.send_json({**WISH, "states": {"building.use": version}})
        both = heard(socket, "states")
        assert (both["numbers"], both["values"]) == (gone["numbers"], [0]), "what was missed comes as one"
        socket.send_json({**WISH, "states": {"building.use": 5}})
        assert heard(socket, "states")["whole"], "a version of another server: the column is to be taken again"
        socket.send_json({**WISH, "states": {"nothing.use": 0}})
        assert heard(socket, "error")["thing"] == "state nothing.use"


def test_live_values_change_a_state(client: TestClient) -> None:
    """A sensor that has spoken is not silent any more: the share of its building goes up."""
    shares, version = column(client, "command_wall.in_order")
    before = shares[number(client, "b2")]
    with client.websocket_connect("/live/ws") as socket:
        socket.send_json({**WISH, "states": {"command_wall.in_order": version}})
        reading = {"datastream": "sen2/smoke", "time": int(time.time()), "result": 3}
        client.post("/live/observations", json=[reading])
        told = heard(socket, "states")
        assert told["numbers"] == [number(client, "b2")]
        assert told["values"][0] > before


def test_changes_of_the_tiles_are_told(client: TestClient, folder: Path) -> None:
    (layer,) = client.get("/twin").json()["tilesets"]
    with client.websocket_connect("/live/ws") as socket:
        socket.send_json({**WISH, "tiles": {"building": layer["version"], "other": 3}})
        client.patch("/entities/b3", json={"height_m": 60.5})
        told = heard(socket, "tiles")
        assert told == {
            "type": "tiles", "layer": "building", "version": layer["version"] + 1, "tiles": ["0.glb"], "tree": False,
            "whole": False,
        }  # fmt: skip
        with Store.open(folder) as store:
            store.write([replace(store.get("b3"), height_m=500.0)], source=SOURCE)
        assert heard(socket, "tiles")["tree"]
        socket.send_json({**WISH, "tiles": {"building": layer["version"]}})
        assert heard(socket, "tiles")["tiles"] == ["0.glb"], "a link that was lost is told of both at once"
        socket.send_json({**WISH, "tiles": {"building": 99}})
        assert heard(socket, "tiles")["whole"]


@pytest.mark.parametrize("wish", [{"tiles": {"building": "new"}}, {"states": ["building.use"]}])
def test_wishes_that_are_none(client: TestClient, wish: dict) -> None:
    with client.websocket_connect("/live/ws") as socket:
        socket.send_json({**WISH, **wish})
        assert heard(socket, "error")["thing"].split(".")[0] in ("tiles", "states")


def test_many_changes_are_not_told_one_by_one(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api.states, "MOST_TOLD", 1)
    _, version = column(client, "building.use")
    for n in (1, 2, 3):
        client.patch(f"/entities/b{n}", json={"attributes": {"use": "office"}})
    with client.websocket_connect("/live/ws") as socket:
        time.sleep(0.2)
        socket.send_json({**WISH, "states": {"building.use": version}})
        assert heard(socket, "states")["whole"]
