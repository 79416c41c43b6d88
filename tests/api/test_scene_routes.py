"""Routes, menus and OpenAPI are what the scenes declare."""

from __future__ import annotations

import re

import pytest

from scenes import SCENES

QUERIES = [(scene, query) for scene in SCENES for query in scene.queries]


def test_the_menu(server):
    menu = server.admin.get("/scenes").json()
    assert [item["path"] for item in menu] == ["/wall", "/investigate", "/coverage"]
    assert all(item["title_zh"] and item["title_en"] and item["theme"] for item in menu)


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.id)
def test_a_whole_declaration(server, scene):
    declared = server.admin.get(f"/scenes/{scene.id}").json()
    assert [layer["id"] for layer in declared["layers"]] == [layer.id for layer in scene.layers]
    assert [panel["id"] for panel in declared["panels"]] == [panel.id for panel in scene.panels]
    for query in declared["queries"]:
        assert query["url"] == f"/scenes/{scene.id}/{query['id']}"
        assert query["params"]["type"] == "object"


@pytest.mark.parametrize(("scene", "query"), QUERIES, ids=lambda value: value.id)
def test_every_query_is_a_described_route(server, scene, query):
    document = server.admin.get("/openapi.json").json()
    operation = document["paths"][f"/scenes/{scene.id}/{query.id}"]["post"]
    name = operation["requestBody"]["content"]["application/json"]["schema"]["$ref"].rsplit("/", 1)[-1]
    fields = document["components"]["schemas"][name].get("properties", {})
    assert set(fields) == set(query.params.model_json_schema().get("properties", {}))
    assert query.description in operation["description"]


def test_the_openapi_document_is_whole(server):
    document = server.admin.get("/openapi.json").json()
    assert document["openapi"].startswith("3.1")
    assert document["info"]["title"] == "Quanyu"
    ids = [operation["operationId"] for methods in document["paths"].values() for operation in methods.values()]
    assert len(ids) == len(set(ids))
    references = set(re.findall(r"#/components/schemas/([^\"]+)\"", server.admin.get("/openapi.json").text))
    assert references <= set(document["components"]["schemas"])


def test_the_docs_page_needs_nothing_from_elsewhere(server):
    page = server.admin.get("/docs").text
    assert "/presence/companions" in page
    assert "min_overlap_minutes" in page
    assert not re.search(r"(src|href)=\"(https?:)?//", page)
    assert "<script" not in page


def test_overview_counts_what_is_there(server):
    answer = server.admin.post("/scenes/command_wall/overview", json={}).json()
    figures = {item["id"]: item["value"] for item in answer["figures"]}
    assert figures == {
        "building": 24, "grid": 2, "camera": 24, "sensor": 24, "people": 30, "stays": 1000, "incidents": 2,
    }  # fmt: skip


def test_incidents_say_what_they_leave_out(server):
    answer = server.admin.post("/scenes/command_wall/incidents", json={"limit": 1}).json()
    assert [row["id"] for row in answer["rows"]] == ["inc2"]
    assert (answer["total"], answer["left_out"]) == (2, 1)


def test_devices_are_counted_once(server):
    rows = server.admin.post("/scenes/command_wall/devices", json={}).json()["rows"]
    for row in rows:
        assert row["total"] == row["working"] + row["faulty"] + row["silent"] == 24
        assert row["faulty"] == 4
    assert [row["kind"] for row in rows] == ["camera", "sensor"]


@pytest.mark.parametrize("by", ["building", "grid"])
def test_readings_above_a_limit(server, by):
    readings = [{"datastream": f"sen{n}/smoke", "time": "2024-05-01T09:00", "result": 100 + n} for n in (20, 22, 23)]
    assert server.admin.post("/live/observations", json=readings).json()["accepted"] == 3
    body = {"property": "smoke", "limit": 99, "by": by}
    answer = server.admin.post("/scenes/command_wall/above", json=body).json()
    found = {row["id"]: (row["count"], row["highest"]) for row in answer["rows"]}
    if by == "grid":
        assert found == {"g0": (2, 122.0), "g1": (1, 123.0)}
        assert answer["rows"][0]["title"] == "网格0"
    else:
        assert found == {"b20": (1, 120.0), "b22": (1, 122.0), "b23": (1, 123.0)}


def test_observed_properties(server):
    rows = server.admin.post("/scenes/command_wall/properties", json={}).json()["rows"]
    assert rows == [{"property": "smoke", "unit": "%"}]


def test_grids_worst_first_and_without_the_broken(server):
    working = server.admin.post("/scenes/grid_coverage/grids", json={}).json()
    everything = server.admin.post("/scenes/grid_coverage/grids", json={"working_only": False}).json()
    assert [row["share"] for row in working["rows"]] == sorted(row["share"] for row in working["rows"])
    assert working["total"] == 2
    assert sum(row["buildings"] for row in working["rows"]) == 24
    share = {row["id"]: row["share"] for row in everything["rows"]}
    assert any(share[row["id"]] > row["share"] for row in working["rows"])
    assert all(share[row["id"]] >= row["share"] > 0 for row in working["rows"])
    first = server.admin.post("/scenes/grid_coverage/grids", json={"limit": 1}).json()
    assert (len(first["rows"]), first["left_out"]) == (1, 1)


def test_the_watchers_of_a_grid_are_those_counted(server):
    for row in server.admin.post("/scenes/grid_coverage/grids", json={}).json()["rows"]:
        watchers = server.admin.post("/scenes/grid_coverage/watchers", json={"grid": row["id"]}).json()["rows"]
        assert sum(1 for each in watchers if each["kind"] == "camera") == row["cameras"]
        assert sum(1 for each in watchers if each["kind"] == "sensor") == row["sensors"]
        working = [each for each in watchers if each["kind"] == "camera" and each["status"] == "ok"]
        assert len(working) == row["cameras_working"]
        assert {each["reason"] for each in watchers} <= {"sees", "inside"}
