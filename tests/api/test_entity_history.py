"""One entity as it stood at another moment: its facts, its grid, what hung under it, and nothing that is hidden now."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from api import create_app
from tests.api.conftest import PASSWORD, TestClient, _box, entities
from twin.entity import Entity
from twin.settings import Settings
from twin.store import SourceInfo, Store, clock

SOURCE = SourceInfo("test", "test", "EPSG:4326", "wgs84", "ellipsoidal", 1)
NOW = int(time.time())
BEGUN, BETWEEN, EDITED = NOW - 3000, NOW - 2000, NOW - 1000
KNOWN_TODAY = "9999-12-31"


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    folder: Path = tmp_path_factory.mktemp("history") / "twin"
    with pytest.MonkeyPatch.context() as patched, Store.create(folder, name="北站") as store:
        patched.setattr(clock, "now", lambda: BEGUN)
        store.write(entities(), source=SOURCE)
        said = {"name": "小店", "category": "shop", "owner": "张三", "phone": "123"}
        store.write([Entity("shop", "premises", "b1", _box(114.01, 22.603, 0.0001), attributes=said)], source=SOURCE)
        patched.setattr(clock, "now", lambda: EDITED)
        store.write([replace(store.get("b1"), height_m=90.0, parent="g0")], source=SOURCE)
        store.retire(["shop", "sen1", "b2"], source="test")
        for role in ("admin", "wall"):
            store.accounts.add(role, PASSWORD, role)
    with TestClient(create_app(Settings(folder=folder, feed=False))) as client:
        assert client.post("/login", json={"user": "wall", "password": PASSWORD}).is_success
        yield client


def test_as_it_stood_and_as_it_stands(client: TestClient) -> None:
    then, now = client.get(f"/entities/b1?at={BETWEEN}").json(), client.get("/entities/b1").json()
    assert (then["height_m"], now["height_m"]) == (60.0, 90.0)
    assert (then["grid"]["id"], now["grid"]["id"]) == ("g1", "g0")
    assert then["children"] == {"storey": 2, "sensor": 1, "camera": 1, "premises": 1}
    assert now["children"] == {"storey": 2, "camera": 1}
    assert then["number"] == now["number"]
    assert {one["id"]: one["latest"] for one in then["sensors"]} == {"sen1": [], "cam1": []}


def test_the_moment_may_be_given_in_words_and_in_two_times(client: TestClient) -> None:
    iso = datetime.fromtimestamp(BETWEEN, UTC).isoformat()
    answer = client.get("/entities/b1", params={"at": iso})
    assert answer.json() == client.get(f"/entities/b1?at={BETWEEN}").json()
    assert client.get(f"/entities/b1?at={BETWEEN}&known_at={KNOWN_TODAY}").json()["height_m"] == 90.0
    assert client.get(f"/entities/b1?known_at={BETWEEN}").json()["height_m"] == 60.0


def test_what_is_no_more_is_still_told(client: TestClient) -> None:
    assert client.get("/entities/b2").status_code == 404
    assert client.get(f"/entities/b2?at={BETWEEN}").json()["title"] == "北站2栋"
    assert client.get(f"/entities/b2?at={BEGUN - 1}").json()["type"] == "/problems/UnknownEntity"


def test_what_nobody_may_see_is_hidden_in_the_past_too(client: TestClient) -> None:
    shop = client.get(f"/entities/shop?at={BETWEEN}").json()
    assert shop["title"] == "小店"
    assert not {"owner", "phone"} & shop["attributes"].keys()
    assert TestClient(client.app).get(f"/entities/shop?at={BETWEEN}").status_code == 401


@pytest.mark.parametrize("moment", ["at=yesterday", "known_at=nan", "at=9e18"])
def test_what_is_no_moment_is_refused(client: TestClient, moment: str) -> None:
    answer = client.get(f"/entities/b1?{moment}")
    assert (answer.status_code, answer.json()["thing"]) == (422, moment.split("=", maxsplit=1)[0])
