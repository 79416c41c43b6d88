"""The whole of it over a small synthetic district: made, tiled, served, its sensors speaking by themselves."""

from __future__ import annotations

import time

import orjson
import pytest

import tiles
from api import create_app
from scenes import SCENES
from tests.api.conftest import PASSWORD, TestClient
from twin.settings import Settings
from twin.store import Store
from twin.synth import Spec, make_synthetic


@pytest.fixture(scope="module")
def district(tmp_path_factory):
    folder = tmp_path_factory.mktemp("district") / "twin"
    make_synthetic(folder, Spec.small())
    with Store.open(folder) as store:
        for kind in tiles.layer_kinds():
            if store.counts().get(kind.id):
                tiles.build_layer(store, kind.id, folder / "tiles")
        store.accounts.add("admin", PASSWORD, "admin")
    return folder


@pytest.fixture(scope="module")
def client(district):
    with TestClient(create_app(Settings(folder=district))) as client:
        assert client.post("/login", json={"user": "admin", "password": PASSWORD}).is_success
        yield client


def test_its_sensors_speak_by_themselves(client):
    sensors = client.get("/twin").json()["counts"]["sensor"]
    for _ in range(100):
        rows = client.get("/live/latest").json()["rows"]
        if rows:
            break
        time.sleep(0.1)
    assert 0.8 * sensors < len({row["sensor"] for row in rows}) <= sensors
    devices = client.post("/scenes/command_wall/devices", json={}).json()["rows"]
    assert sum(row["total"] for row in devices if row["kind"] == "sensor") == sensors
    assert sum(row["working"] for row in devices) > 0.8 * sum(row["total"] for row in devices)


def test_every_question_without_parameters_is_answered(client):
    for scene in SCENES:
        for query in scene.queries:
            if not query.persons and not any(field.is_required() for field in query.params.model_fields.values()):
                answer = client.post(f"/scenes/{scene.id}/{query.id}", json={})
                assert answer.is_success, (scene.id, query.id, answer.text)


def test_every_kind_is_there_as_features(client):
    counts = client.get("/twin").json()["counts"]
    for kind, count in counts.items():
        page = client.get(f"/features/{kind}?limit=10000").json()
        assert page["numberMatched"] == page["numberReturned"] == count


def test_every_planted_infection_is_a_meeting_that_is_found(client, district):
    truth = orjson.loads((district / "synth" / "outbreaks.json").read_bytes())
    window = {"from": truth["window"]["start"], "to": truth["window"]["end"]}
    checked = 0
    for outbreak in truth["outbreaks"]:
        for case in outbreak["cases"]:
            if case["infector"] is None:
                continue
            body = {"person": case["person"], **window, "min_overlap_minutes": 1, "limit": 100_000}
            rows = client.post("/presence/companions", json=body).json()["rows"]
            (infector,) = (row for row in rows if row["person"] == case["infector"])
            assert any(item["start"] <= case["infected_at"] <= item["end"] for item in infector["evidence"])
            assert all(item["place"]["height_m"] is not None for item in infector["evidence"])
            checked += 1
    assert checked >= 6


def test_somebody_to_try_a_question_with(client):
    presence = client.get("/twin").json()["presence"]
    body = {"person": presence["example"], "from": presence["first"], "to": presence["last"]}
    rows = client.post("/presence/trajectory", json=body).json()["rows"]
    assert rows
    assert all(row["place"]["name"] for row in rows)
