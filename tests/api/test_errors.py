"""Every error has one shape and names thing, reason and way out; nothing repeats what a person typed."""

from __future__ import annotations

import inspect

import pytest

from api.errors import STATUS
from twin import errors

KEYS = {"type", "title", "status", "detail", "thing", "reason", "way_out"}
WINDOW = {"from": "2024-05-01", "to": "2024-05-03"}


def test_every_error_class_has_a_status():
    ours = {
        value
        for _, value in inspect.getmembers(errors, inspect.isclass)
        if issubclass(value, errors.TwinError) and value.__module__ == errors.__name__
    }
    assert set(STATUS) == ours


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "thing"),
    [
        ("GET", "/nowhere", None, 404, "/nowhere"),
        ("DELETE", "/twin", None, 405, "/twin"),
        ("GET", "/entities/nobody", None, 404, "nobody"),
        ("GET", "/features/unicorn", None, 404, "unicorn"),
        ("GET", "/features/building?limit=0", None, 422, "limit"),
        ("GET", "/features/building?limit=many", None, 422, "limit"),
        ("GET", "/features/building?bbox=1,2,3", None, 422, "bbox"),
        ("GET", "/features/building?bbox=5,2,3,4", None, 422, "bbox"),
        ("GET", "/features/building?bbox=nan,2,3,4", None, 422, "bbox"),
        ("GET", "/features/building?cursor=zzz", None, 422, "cursor"),
        ("GET", "/search", None, 422, "q"),
        ("GET", "/scenes/unicorn", None, 404, "unicorn"),
        ("GET", "/tiles/building/nothing.glb", None, 404, "nothing.glb"),
        ("POST", "/scenes/unicorn/query", {}, 404, "/scenes/unicorn/query"),
        ("POST", "/scenes/grid_coverage/watchers", {}, 422, "grid"),
        ("POST", "/scenes/grid_coverage/watchers", {"grid": "b1"}, 404, "b1"),
        ("POST", "/scenes/grid_coverage/grids", {"misspelt": 1}, 422, "misspelt"),
        ("POST", "/scenes/grid_coverage/grids", [], 422, "body"),
        ("POST", "/presence/trajectory", {"person": "person-1", "from": 5, "to": 5}, 422, "from, to"),
        ("POST", "/presence/trajectory", {"person": "person-1", "from": "soon", "to": 5}, 422, "from"),
        ("POST", "/presence/trajectory", {"person": "nobody", **WINDOW}, 404, "person"),
        ("POST", "/presence/companions", {"person": "person-1", "scale": "planet", **WINDOW}, 422, "scale"),
        ("POST", "/presence/companions", {"person": "person-1", "scale": "cell", **WINDOW}, 422, "res"),
        ("POST", "/presence/companions", {"person": "person-1", "limit": 0, **WINDOW}, 422, "limit"),
        ("POST", "/presence/companions", {"person": "person-1", "cursor": "x", **WINDOW}, 422, "cursor"),
        ("POST", "/presence/companions", WINDOW, 422, "body"),
        ("POST", "/presence/visitors", {"place": "nowhere", **WINDOW}, 404, "nowhere"),
        ("POST", "/presence/visitors", WINDOW, 422, "body"),
        ("GET", "/live/history?datastream=x/y&from=0&to=1", None, 404, "x/y"),
        ("GET", "/live/history?datastream=sen1/smoke&from=1&to=0", None, 422, "from, to"),
    ],
)
def test_the_shape(server, *, method, path, body, status, thing):
    answer = server.admin.request(method, path, json=body)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert set(problem) == KEYS
    assert problem["status"] == status
    assert thing in problem["thing"]
    assert problem["reason"]
    assert problem["way_out"]
    assert "\n" not in problem["detail"]


@pytest.mark.parametrize("path", ["/presence/trajectory", "/presence/companions", "/scenes/epidemic/cases"])
@pytest.mark.parametrize(
    "body",
    [
        {"person": "Zhang San 13800138000", **WINDOW},
        {"person": {"name": "Zhang San 13800138000"}, **WINDOW},
        {"persons": ["Zhang San 13800138000", 7], **WINDOW},
        {"person": "Zhang San 13800138000" * 50, **WINDOW},
        {"person": "Zhang San 13800138000", "from": "x", "to": 1},
    ],
)
def test_an_error_never_repeats_a_person(server, path, body, caplog):
    answer = server.admin.post(path, json=body)
    assert "Zhang" not in answer.text
    assert "13800138000" not in answer.text
    assert "Zhang" not in caplog.text


def test_broken_json_is_said_to_be_broken(server):
    answer = server.admin.post(
        "/presence/trajectory", content=b'{"person": "Zhang', headers={"content-type": "application/json"}
    )
    assert answer.status_code == 422
    assert "JSON" in answer.json()["reason"]
    assert "Zhang" not in answer.text
