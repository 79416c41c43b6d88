"""Cells over HTTP: the lattice, what is said of each cell, and that both are what a plain count says."""

from __future__ import annotations

import shutil
import struct
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import h3
import numpy as np
import orjson
import pytest
import shapely

import api.states
from api import create_app
from tests.api.conftest import FIRST, PASSWORD, TestClient
from tests.api.test_state_routes import column, heard
from twin.geo.cells import cells_to_keys, lonlat_to_cells
from twin.presence import Presence, StayBatch
from twin.pseudonyms import Pseudonyms
from twin.settings import Settings
from twin.store import Store

END = FIRST + 20 * 86_400
CROWDS = {
    (114.001, 22.601): 40,
    (114.005, 22.604): 25,
    (114.012, 22.607): 12,
    (114.015, 22.603): 6,
    (114.018, 22.608): 7,
}
"""Where people are in the last hour, and how many. The last two are too few to be shown."""

Stay = tuple[int, tuple[float, float], int, int]


def stays() -> list[Stay]:
    """(person, place, start, end): most come twice, some left before the hour, one was there for a point in time."""
    found: list[Stay] = []
    for number, (place, people) in enumerate(CROWDS.items()):
        for person in range(100 * number, 100 * number + people):
            found.append((person, place, END - 1800 - 10 * person, END - 600))
            found.append((person, place, END - 500, END))
        found += [(person + 5000, place, END - 9000, END - 3600) for person in range(30)]
    found.append((0, (114.005, 22.604), END - 3000, END - 2900))  # somebody who was in two cells
    return found


def ingest(folder: Path) -> None:
    rows = stays()
    people = sorted({person for person, *_ in rows})
    keys = cells_to_keys(lonlat_to_cells([place for _, place, *_ in rows], 12), 1, 1)
    with Store.open(folder) as store, Presence.open(folder / "presence", zone=store.meta.zone, write=True) as presence:
        batch = StayBatch(
            pseudonyms=Pseudonyms.open(folder).of([f"crowd-{person}" for person in people]),
            person=np.array([people.index(person) for person, *_ in rows], dtype=np.uint32),
            place=keys,
            start=np.array([start for *_, start, _ in rows]),
            end=np.array([end for *_, end in rows]),
            source=np.zeros(len(rows), np.uint8),
            quality=np.zeros(len(rows), np.uint8),
        )
        presence.ingest(batch, key="crowds")


@pytest.fixture(scope="module")
def client(twin_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    folder = tmp_path_factory.mktemp("cells") / "twin"
    shutil.copytree(twin_folder, folder)
    ingest(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(api.states, "LEAST_INTERVAL_S", 0.05)
        with TestClient(create_app(Settings(folder=folder, feed=False))) as client:
            assert client.post("/login", json={"user": "admin", "password": PASSWORD}).is_success
            yield client


def ask(client: TestClient, query: str, **params: object) -> dict:
    answer = client.post(f"/scenes/command_wall/{query}", json=params)
    assert answer.is_success, answer.text
    return answer.json()


def lattice(client: TestClient, name: str) -> tuple[dict, list[str]]:
    """What the head says, and the names of the cells in their order: read as the format is written down."""
    body = client.get(f"/cells/{name}").content
    magic, size, count, nodes = struct.unpack_from("<4sIII", body)
    assert magic == b"QCL1"
    about = orjson.loads(body[16 : 16 + size])
    ids = np.frombuffer(body, "<u8", count, 16 + size + 16 * nodes)
    texels = np.frombuffer(body, "<u4", count, 16 + size + 16 * nodes + 8 * count + 8 * nodes)
    assert len(body) == 16 + size + 24 * nodes + 12 * count
    assert len(set(texels.tolist())) == count
    assert texels.max() < about["columns"] * about["rows"]
    assert nodes == about["net"][0] * about["net"][1]
    if about["shape"] == "hexagon":
        return about, [h3.int_to_str(int(one)) for one in ids]
    return about, [f"{int(one >> 32) - 2**31}:{int(one & 0xFFFFFFFF) - 2**31}" for one in ids.tolist()]


def counted(res: int) -> dict[str, int]:
    """People by cell in the last hour, one at a time."""
    there: dict[str, set[int]] = defaultdict(set)
    for person, (lon, lat), start, end in stays():
        if start < END and end > END - 3600:
            there[h3.latlng_to_cell(lat, lon, res)].add(person)
    return {cell: len(people) for cell, people in there.items()}


@pytest.mark.parametrize("res", [9, 10, 11])
def test_people_by_cell_are_those_that_a_plain_count_finds(client, res):
    answer = ask(client, "people_by_cell", cells=f"h3-{res}")
    expected = counted(res)
    assert sorted(expected.values()) == [6, 7, 12, 26, 40]
    shown = {row["id"]: row["people"] for row in answer["rows"]}
    assert shown == {cell: people for cell, people in expected.items() if people >= 10}
    assert (answer["suppressed"], answer["window"]) == (2, [END - 3600, END])


def test_a_state_of_cells_is_numbered_by_their_place_in_the_lattice(client):
    _, names = lattice(client, "h3-10")
    values, _ = column(client, "command_wall.people@h3-10")
    assert {names[number]: value for number, value in values.items()} == {
        cell: people for cell, people in counted(10).items() if people >= 10
    }
    assert "command_wall.people@h3-10" in {one["id"] for one in client.get("/state").json()}


def test_squares_hold_the_people_whose_finest_cell_has_its_middle_in_them(client):
    answer = ask(client, "people_by_cell", cells="square-200")
    assert sorted(row["people"] for row in answer["rows"]) == [12, 26, 40]


def test_heights_by_square_are_the_mean_of_the_buildings_there(client):
    features = client.get("/features/building?limit=1000").json()["features"]
    _, names = lattice(client, "square-100")
    answer = ask(client, "built_by_cell", cells="square-100")
    assert {row["id"] for row in answer["rows"]} <= set(names)
    assert sum(row["buildings"] for row in answer["rows"]) == len(features)
    by_cell: dict[str, list[float]] = defaultdict(list)
    for feature in features:
        middle = shapely.Polygon(feature["geometry"]["coordinates"][0]).centroid
        by_cell[h3.latlng_to_cell(middle.y, middle.x, 10)].append(feature["properties"]["height_m"])
    expected = {cell: (np.mean(heights), len(heights)) for cell, heights in by_cell.items()}
    rows = ask(client, "built_by_cell", cells="h3-10")["rows"]
    assert {row["id"]: (row["height"], row["buildings"]) for row in rows} == expected


def test_readings_by_cell_are_the_mean_of_the_latest(client):
    sensors = client.get("/features/sensor?limit=1000").json()["features"]
    now = int(time.time())
    told = [
        {"datastream": f"{one['id']}/smoke", "time": now, "result": float(place)} for place, one in enumerate(sensors)
    ]
    assert client.post("/live/observations", json=told).json()["accepted"] == len(told)
    by_cell: dict[str, list[float]] = defaultdict(list)
    for place, one in enumerate(sensors):
        lon, lat = one["geometry"]["coordinates"]
        by_cell[h3.latlng_to_cell(lat, lon, 10)].append(float(place))
    rows = ask(client, "readings_by_cell", cells="h3-10", property="smoke")["rows"]
    assert {row["id"]: row["mean"] for row in rows} == {cell: np.mean(values) for cell, values in by_cell.items()}
    assert ask(client, "readings_by_cell", cells="h3-10", property="nothing")["rows"] == []


def test_an_edit_is_told_as_one_cell(client):
    id_ = "command_wall.built@square-100"
    before, version = column(client, id_)
    with client.websocket_connect("/live/ws") as socket:
        socket.send_json({"type": "subscribe", "kinds": [], "states": {id_: version}})
        assert client.patch("/entities/b3", json={"height_m": 90.0}).is_success
        told = heard(socket, "states")
    after, _ = column(client, id_)
    changed = {number: value for number, value in after.items() if before[number] != value}
    assert len(changed) == 1
    assert dict(zip(told["numbers"], told["values"], strict=True)) == changed


def test_a_cell_says_its_values(client):
    cell = h3.latlng_to_cell(22.601, 114.001, 10)
    known = client.get(f"/entities/cell/h3-10/{cell}").json()
    assert (known["id"], known["kind"], known["title"]) == (f"cell/h3-10/{cell}", "cell", cell)
    assert {one["state"]: one["value"] for one in known["values"]} == {"command_wall.people@h3-10": 40}
    assert h3.latlng_to_cell(known["lonlat"][1], known["lonlat"][0], 10) == cell


def test_what_there_is_not_says_so(client):
    elsewhere = h3.latlng_to_cell(0, 0, 10)
    assert client.get(f"/entities/cell/h3-10/{elsewhere}").status_code == 404
    refused = client.get("/cells/hexagons")
    assert refused.status_code == 422
    assert refused.json()["way_out"] == "Take h3-0 to h3-15, or square-100 for 100 m"
    assert client.get("/cells/square-1").status_code == 422
    finest = client.post("/scenes/command_wall/people_by_cell", json={"cells": "h3-13"})
    assert "resolution 12" in finest.json()["reason"]


def test_a_lattice_is_sent_once(client):
    first = client.get("/cells/h3-11", headers={"accept-encoding": "br"})
    assert first.headers["content-encoding"] == "br"
    again = client.get("/cells/h3-11", headers={"if-none-match": first.headers["etag"]})
    assert again.status_code == 304


def test_kinds_say_what_their_solids_may_be_coloured_by(client):
    kinds = {one["id"]: {style["name"]: style for style in one["styles"]} for one in client.get("/kinds").json()}
    assert kinds["building"]["height"] == {"name": "height", "type": "number", "unit": "m"}
    assert (kinds["building"]["use"]["type"], kinds["building"]["year"]["type"]) == ("text", "year")
    assert not kinds["building"].keys() & {"name", "address"}
    assert kinds["sensor"] == {}, "it has no tiles"
    for kind, styles in kinds.items():
        for name in styles:
            assert client.get(f"/state/{kind}.{name}").is_success, (kind, name)
