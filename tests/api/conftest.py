"""A small real twin, opened by the real application. Made once."""

from __future__ import annotations

import time
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import shapely
from fastapi import FastAPI

import tiles
from api import create_app
from twin.entity import Entity
from twin.presence import Presence, StayBatch
from twin.pseudonyms import Pseudonyms
from twin.settings import Settings
from twin.store import SourceInfo, Store

with warnings.catch_warnings():
    # Starlette would rather have httpx2; httpx serves until that is what we install.
    warnings.filterwarnings("ignore", "Using `httpx`")
    from fastapi.testclient import TestClient

BUILDINGS = 24
PASSWORD = "a good long password"
ROLES = ("wall", "planner", "investigator", "supervisor", "integrator", "admin")
FIRST = 1_714_492_800  # 2024-05-01 00:00 in Shanghai
PEOPLE = 30


def _box(west: float, south: float, size: float) -> bytes:
    return bytes(shapely.to_wkb(shapely.box(west, south, west + size, south + size)))


def _point(lon: float, lat: float) -> bytes:
    return bytes(shapely.to_wkb(shapely.Point(lon, lat)))


def entities() -> Iterator[Entity]:
    """Two grids, buildings with two storeys, a sensor and a camera on each, incidents."""
    yield Entity("com", "community", footprint=_box(114.0, 22.6, 0.02), attributes={"code": "com", "name": "北站社区"})
    for grid in range(2):
        name = {"code": f"44030900100100{grid}", "name": f"网格{grid}"}
        yield Entity(f"g{grid}", "grid", "com", _box(114.0 + 0.01 * grid, 22.6, 0.01), attributes=name)
    for n in range(BUILDINGS):
        west, south = 114.0005 + 0.01 * (n % 2) + 0.0007 * (n // 2), 22.603
        named = {"name": f"北站{n}栋", "address": f"民治大道{n}号", "use": "residential"}
        yield Entity(f"b{n}", "building", f"g{n % 2}", _box(west, south, 0.0004), 30.0, 60.0, 20, attributes=named)
        for level in (1, 2):
            floor = {"level": level}
            yield Entity(
                f"b{n}/s{level}", "storey", f"b{n}", _box(west, south, 0.0004), 27.0 + 3 * level, 3.0, attributes=floor
            )
        device = {"name": f"烟感{n}", "category": "smoke", "properties": [{"name": "smoke", "unit": "%"}]}
        status = "broken" if n % 6 == 5 else "ok"
        yield Entity(f"sen{n}", "sensor", f"b{n}", _point(west, south), 33.0, attributes={**device, "status": status})
        lens = {"heading_deg": 15.0 * n % 360, "fov_deg": 60.0, "range_m": 80.0, "mount": "pole", "status": status}
        yield Entity(f"cam{n}", "camera", f"b{n}", _point(west, south), 36.0, attributes={"name": f"枪机{n}", **lens})
    for n, status in enumerate(("open", "closed", "open")):
        facts = {"category": "noise", "status": status, "opened_at": FIRST + n, "title": f"噪声{n}"}
        yield Entity(f"inc{n}", "incident", "g0", _point(114.005, 22.605), attributes=facts)


def make_stays(store: Store) -> None:
    """A thousand stays of thirty people on the storeys."""
    ids = [f"b{n}/s{level}" for n in range(BUILDINGS) for level in (1, 2)]
    points = [shapely.from_wkb(store.get(id).footprint).centroid for id in ids]
    levels = np.asarray([int(id[-1]) for id in ids])
    keys = store.places.assign(ids, np.asarray([(point.x, point.y) for point in points]), levels)
    random, count = np.random.default_rng(7), 1000
    start = FIRST + random.integers(0, 5 * 86_400, count)
    with Presence.open(store.folder / "presence", zone=store.meta.zone, write=True) as presence:
        presence.ingest(
            StayBatch(
                pseudonyms=Pseudonyms.open(store.folder).of([f"person-{n}" for n in range(PEOPLE)]),
                person=random.integers(0, PEOPLE, count).astype(np.uint32),
                place=keys[random.integers(0, len(keys), count)],
                start=start,
                end=start + random.integers(600, 20_000, count),
                source=np.zeros(count, np.uint8),
                quality=np.zeros(count, np.uint8),
            ),
            key="first",
        )


@dataclass(frozen=True)
class Server:
    """The application with a client for each role."""

    app: FastAPI
    folder: Path
    anonymous: TestClient
    by_role: dict[str, TestClient]

    @property
    def admin(self) -> TestClient:
        return self.by_role["admin"]


@pytest.fixture(scope="session")
def twin_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("api") / "twin"
    with Store.create(folder, name="北站") as store:
        info = SourceInfo("test", "test", "EPSG:4326", "wgs84", "ellipsoidal", int(time.time()))
        report = store.write(entities(), source=info)
        assert not report.rejected, report
        store.refresh_meta()
        make_stays(store)
        tiles.build_layer(store, "building", folder / "tiles")
        for role in ROLES:
            store.accounts.add(role, PASSWORD, role)
    return folder


@pytest.fixture(scope="session")
def server(twin_folder: Path) -> Iterator[Server]:
    app = create_app(Settings(folder=twin_folder))
    with TestClient(app) as anonymous:
        clients = {}
        for role in ROLES:
            clients[role] = TestClient(app)
            answer = clients[role].post("/login", json={"user": role, "password": PASSWORD})
            assert answer.status_code == 200
        yield Server(app, twin_folder, anonymous, clients)
