"""Changing entities over HTTP: who may, what is answered, and that tiles follow at once."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from api import create_app
from tests.api.conftest import PASSWORD, ROLES, TestClient
from tiles.read import decode
from twin.settings import Settings


@pytest.fixture(scope="module")
def clients(twin_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, TestClient]]:
    folder = tmp_path_factory.mktemp("editing") / "twin"
    shutil.copytree(twin_folder, folder)
    app = create_app(Settings(folder=folder, feed=False))
    with TestClient(app) as first:
        found = {role: TestClient(app) for role in ROLES} | {"nobody": first}
        for role in ROLES:
            assert found[role].post("/login", json={"user": role, "password": PASSWORD}).is_success
        yield found


def test_an_edit_answers_what_the_entity_is_now(clients: dict[str, TestClient]) -> None:
    answer = clients["planner"].patch("/entities/b5", json={"height_m": 61.5, "attributes": {"use": "office"}})
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert (told["id"], told["height_m"], told["use"], told["changed"]) == ("b5", 61.5, "office", True)
    assert told["address"] == "民治大道5号"
    assert not clients["planner"].patch("/entities/b5", json={"height_m": 61.5}).json()["changed"]
    times = clients["planner"].patch("/entities/b6", json={"valid_from": "2020-01-01", "valid_to": 4e9}).json()
    assert (times["valid_from"], times["valid_to"]) == (1_577_808_000, 4_000_000_000)


def test_the_tile_follows_at_once(clients: dict[str, TestClient]) -> None:
    wall = clients["wall"]
    before = wall.get("/tiles/building/0.glb").headers["etag"]
    began = time.monotonic()
    clients["integrator"].patch("/entities/b7", json={"height_m": 62.25})
    while wall.get("/tiles/building/0.glb").headers["etag"] == before:
        assert time.monotonic() - began < 2
        time.sleep(0.02)
    columns = decode(wall.get("/tiles/building/0.glb", headers={"accept-encoding": "identity"}).content).columns
    assert dict(zip(columns["id"], columns["height"], strict=True))["b7"] == 62.25


@pytest.mark.parametrize("role", [*ROLES, "nobody"])
def test_who_may_change_the_model(clients: dict[str, TestClient], role: str) -> None:
    allowed = {"planner": 200, "integrator": 200, "admin": 200, "nobody": 401}.get(role, 403)
    assert clients[role].patch("/entities/b8", json={"storeys": 21}).status_code == allowed
    assert clients[role].delete(f"/entities/inc{ROLES.index(role) if role in ROLES else 0}x").status_code in (
        (404,) if allowed == 200 else (allowed,)
    )


@pytest.mark.parametrize(
    ("body", "status", "thing"),
    [
        ({}, 422, "body"),
        ({"height_m": -1}, 422, "height_m"),
        ({"height_m": "tall"}, 422, "height_m"),
        ({"id": "x"}, 422, "id"),
        ({"footprint": "POLYGON((114 22, 114.001 22.001, 114.001 22, 114 22.001, 114 22))"}, 422, "footprint"),
        ({"footprint": {"type": "Point", "coordinates": [114, 22]}}, 422, "footprint"),
        ({"valid_from": "soon"}, 422, "valid_from"),
        ({"meshes": {"2": []}}, 422, "meshes"),
    ],
)
def test_bad_edits_are_named(clients: dict[str, TestClient], body: dict, status: int, thing: str) -> None:
    answer = clients["admin"].patch("/entities/b9", json=body)
    assert answer.status_code == status, answer.text
    assert answer.json()["thing"] == thing
    assert clients["admin"].get("/entities/b9").json()["height_m"] == 60.0


def test_an_unknown_entity_is_not_made(clients: dict[str, TestClient]) -> None:
    assert clients["admin"].patch("/entities/nothing", json={"height_m": 3}).status_code == 404
    assert clients["admin"].get("/entities/nothing").status_code == 404


def test_an_id_with_a_slash_can_be_changed_and_ended(clients: dict[str, TestClient]) -> None:
    assert clients["admin"].patch("/entities/b1/s2", json={"height_m": 3.5}).json()["height_m"] == 3.5
    assert clients["admin"].delete("/entities/b1/s2").json()["ended"] == 1
    assert clients["admin"].get("/entities/b1/s2").status_code == 404
    assert clients["admin"].delete("/entities/b1/s2").json()["ended"] == 0


def test_a_page_of_another_site_cannot_edit(clients: dict[str, TestClient]) -> None:
    answer = clients["admin"].patch("/entities/b9", json={"height_m": 3}, headers={"origin": "http://elsewhere"})
    assert answer.status_code == 403
