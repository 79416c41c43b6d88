"""Observations in by HTTP and out by the live link: nothing lost, nothing silently skipped."""

from __future__ import annotations

import time

import orjson
import pytest

NDJSON = {"content-type": "application/x-ndjson"}


def post(server, *observations):
    answer = server.by_role["integrator"].post("/live/observations", json=list(observations))
    assert answer.status_code == 200, answer.text
    return answer.json()


def reading(sensor, value, when=None):
    return {"datastream": f"{sensor}/smoke", "time": when or int(time.time()), "result": value}


def test_each_refusal_has_its_index_and_reason(server):
    answer = post(
        server,
        reading("sen4", 1.5),
        reading("nobody", 1),
        "not an object",
        {**reading("sen4", 1), "time": "soon"},
        {**reading("sen4", 1), "result": None},
        {**reading("sen4", 1), "result": [1]},
        reading("sen4", 2, int(time.time()) + 90_000),
        {"datastream": "sen4/smoke", "time": "2024-05-01T08:00:00+08:00", "result": "ok"},
    )
    assert answer["accepted"] == 2
    assert [item["index"] for item in answer["refused"]] == [1, 2, 3, 4, 5, 6]
    assert all(item["reason"] for item in answer["refused"])


def test_lines_as_well_as_a_list(server):
    lines = b"\n".join([orjson.dumps(reading("sen5", 7.5)), b"{broken", b"", orjson.dumps(reading("sen6", 8.5))])
    answer = server.admin.post("/live/observations", content=lines, headers=NDJSON).json()
    assert answer["accepted"] == 2
    assert [item["index"] for item in answer["refused"]] == [1]
    latest = server.admin.get("/live/latest?sensor=sen6").json()["rows"]
    assert [(row["datastream"], row["unit"], row["value"]) for row in latest] == [("sen6/smoke", "%", 8.5)]


def test_a_broken_list_is_refused_as_a_whole(server):
    answer = server.admin.post("/live/observations", content=b'[{"datastream": ', headers=NDJSON)
    assert answer.status_code == 422
    assert answer.json()["thing"] == "body"


def test_latest_in_a_box(server):
    post(server, reading("sen0", 1), reading("sen1", 2))
    rows = server.admin.get("/live/latest?bbox=114.0,22.6,114.0006,22.61&kind=sensor").json()["rows"]
    assert {row["sensor"] for row in rows} == {"sen0"}
    assert server.admin.get("/live/latest?bbox=114.0,22.6,114.0006,22.61&kind=camera").json()["rows"] == []
    assert server.admin.get("/live/latest?sensor=nobody").json()["rows"] == []


def test_history_in_order(server):
    start = 1_714_600_000
    post(server, *(reading("sen7", n, start + 60 * n) for n in (3, 1, 2)))
    answer = server.admin.get(f"/live/history?datastream=sen7/smoke&from={start}&to={start + 180}").json()
    assert answer == {"times": [start + 60, start + 120], "values": [1.0, 2.0]}


def subscribe(link, **wish):
    link.send_json({"type": "subscribe", **wish})


def until(link, wanted):
    """Read messages until one satisfies; the test's time-out ends an endless wait."""
    while True:
        message = link.receive_json()
        if wanted(message):
            return message


def test_a_snapshot_then_deltas(server):
    post(server, reading("sen8", 1))
    with server.by_role["wall"].websocket_connect("/live/ws") as link:
        subscribe(link, bbox=None, kinds=["sensor"], cursor=None)
        snapshot = link.receive_json()
        assert snapshot["type"] == "snapshot"
        assert [row[3] for row in snapshot["rows"] if row[:2] == ["sen8", "smoke"]] == [1.0]
        when = int(time.time())
        post(server, reading("sen8", 2, when))
        delta = link.receive_json()
        assert delta["type"] == "delta"
        assert delta["cursor"] > snapshot["cursor"]
        assert delta["rows"] == [["sen8", "smoke", when, 2.0]]


def test_a_screen_sees_only_what_it_looks_at(server):
    with server.admin.websocket_connect("/live/ws") as link:
        subscribe(link, bbox=[114.0, 22.6, 114.0006, 22.61])
        assert {row[0] for row in link.receive_json()["rows"]} <= {"sen0"}
        post(server, reading("sen1", 11))
        post(server, reading("sen0", 12))
        delta = until(link, lambda message: message["rows"])
        assert {row[0] for row in delta["rows"]} == {"sen0"}


def test_turning_elsewhere_starts_with_what_is_there(server):
    post(server, reading("sen1", 21), reading("sen0", 22))
    with server.admin.websocket_connect("/live/ws") as link:
        subscribe(link, bbox=[114.0, 22.6, 114.0006, 22.61])
        assert {row[0] for row in link.receive_json()["rows"]} == {"sen0"}
        subscribe(link, bbox=[114.0101, 22.6, 114.0106, 22.61])
        snapshot = until(link, lambda message: message["type"] == "snapshot")
        assert {row[0] for row in snapshot["rows"]} == {"sen1"}


def test_a_lost_link_resumes_from_its_cursor(server):
    with server.admin.websocket_connect("/live/ws") as link:
        subscribe(link)
        cursor = link.receive_json()["cursor"]
    post(server, reading("sen9", 31), reading("sen10", 32))
    post(server, reading("sen9", 33))
    with server.admin.websocket_connect("/live/ws") as link:
        subscribe(link, cursor=cursor)
        delta = link.receive_json()
        assert delta["type"] == "delta"
        assert {(row[0], row[3]) for row in delta["rows"]} == {("sen9", 33.0), ("sen10", 32.0)}


@pytest.mark.parametrize("cursor", [1, 2**52])
def test_a_cursor_nobody_knows_means_a_new_snapshot(server, cursor):
    with server.admin.websocket_connect("/live/ws") as link:
        subscribe(link, cursor=cursor)
        assert link.receive_json() == {"type": "resnapshot"}
        assert link.receive_json()["type"] == "snapshot"


@pytest.mark.parametrize("wish", ["nonsense", '{"type": "sing"}', '{"type": "subscribe", "bbox": [1, 2]}'])
def test_a_message_that_is_none_is_answered(server, wish):
    with server.admin.websocket_connect("/live/ws") as link:
        link.send_text(wish)
        answer = link.receive_json()
        assert answer["type"] == "error"
        assert answer["reason"]
        subscribe(link)
        assert link.receive_json()["type"] == "snapshot"
