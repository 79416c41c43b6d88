"""Nothing but the public list is reached without a log-in, and roles reach what is theirs."""

from __future__ import annotations

import re

import pytest
from fastapi.routing import APIRoute, iter_route_contexts
from starlette.websockets import WebSocketDisconnect

from api.auth import is_public

PASSWORD = "a good long password"
OPEN = {"/health", "/login", "/login/{token}"}


def routes(app) -> list[tuple[str, str]]:
    """Every (method, path) of the application, included routers and all."""
    found = []
    for context in iter_route_contexts(app.routes):
        for method in sorted(getattr(context, "methods", None) or []):
            found.append((method, context.path))
    return found


def test_every_route_but_the_public_ones_wants_a_log_in(server):
    asked = 0
    for method, path in routes(server.app):
        if path in OPEN:
            continue
        answer = server.anonymous.request(method, re.sub(r"\{[^}]*\}", "x", path))
        assert answer.status_code == 401, (method, path, answer.status_code)
        if method != "HEAD":
            assert answer.headers["content-type"] == "application/problem+json"
            assert answer.json()["type"] == "/problems/NotLoggedIn"
        asked += 1
    assert asked > 25


def test_the_public_list_is_short_and_exact():
    assert is_public("/health")
    assert is_public("/static/css/tokens.css")
    for path in ("/", "/wall", "/healthy", "/loginx", "/statics", "/twin", "/openapi.json", "/docs", "/nowhere"):
        assert not is_public(path), path


def test_an_unknown_path_is_not_told_to_strangers(server):
    assert server.anonymous.get("/nowhere").status_code == 401
    assert server.admin.get("/nowhere").status_code == 404


def test_a_page_leads_a_stranger_to_the_log_in(server):
    answer = server.anonymous.get("/wall", headers={"accept": "text/html"}, follow_redirects=False)
    assert answer.status_code == 303
    assert answer.headers["location"] == "/login?next=/wall"


def test_the_live_link_wants_a_log_in(server):
    with pytest.raises(WebSocketDisconnect), server.anonymous.websocket_connect("/live/ws"):
        pass


def test_a_page_of_another_site_cannot_use_the_cookie(server):
    body, foreign = {"user": "x"}, {"origin": "https://elsewhere.example"}
    assert server.admin.post("/logout", json=body, headers=foreign).status_code == 403
    assert server.admin.get("/me").status_code == 200
    with pytest.raises(WebSocketDisconnect), server.admin.websocket_connect("/live/ws", headers=foreign):
        pass
    assert server.admin.post(
        "/scenes/command_wall/overview", json={}, headers={"origin": "http://testserver"}
    ).is_success


@pytest.mark.parametrize("role", ["wall", "planner", "integrator"])
def test_questions_about_persons_need_the_role(server, role):
    question = {"person": "person-1", "from": 0, "to": 1}
    for path in ("/presence/trajectory", "/presence/companions", "/scenes/epidemic/trajectory"):
        answer = server.by_role[role].post(path, json=question)
        assert answer.status_code == 403, path
        assert "investigator" in answer.json()["way_out"]
    visit = {"place": "b1", "from": 0, "to": 1}
    assert server.by_role[role].post("/presence/visitors", json=visit).status_code == 403


@pytest.mark.parametrize("role", ["wall", "planner", "investigator", "supervisor"])
def test_posting_observations_needs_the_role(server, role):
    assert server.by_role[role].post("/live/observations", json=[]).status_code == 403


def test_everybody_with_an_account_may_read(server):
    for role, client in server.by_role.items():
        assert client.get("/twin").status_code == 200, role
        assert client.get("/me").json() == {"user": role, "role": role}


def test_a_wrong_password_and_a_wrong_name_sound_the_same(server):
    wrong = server.anonymous.post("/login", json={"user": "admin", "password": "not this one"})
    nobody = server.anonymous.post("/login", json={"user": "nobody", "password": "not this one"})
    assert wrong.status_code == nobody.status_code == 401
    assert wrong.json() == nobody.json()
    assert "not this one" not in wrong.text


def test_the_cookie_is_closed_to_scripts_and_other_sites(server):
    answer = server.anonymous.post("/login", json={"user": "wall", "password": PASSWORD})
    cookie = answer.headers["set-cookie"].lower()
    server.anonymous.cookies.clear()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie


def test_a_link_works_once(server):
    token = server.app.state.served.city.store.accounts.one_time_link("wall")
    first = server.anonymous.get(f"/login/{token}", follow_redirects=False)
    assert (first.status_code, first.headers["location"]) == (303, "/wall")
    assert server.anonymous.get("/me").json()["user"] == "wall"
    server.anonymous.cookies.clear()
    assert server.anonymous.get(f"/login/{token}", follow_redirects=False).status_code == 401


def test_a_session_ends_with_logging_out(server):
    token = server.anonymous.post("/login", json={"user": "wall", "password": PASSWORD}).cookies["twin_session"]
    server.anonymous.cookies.clear()
    bearer = {"authorization": f"Bearer {token}"}
    assert server.anonymous.get("/me", headers=bearer).json()["user"] == "wall"
    assert server.anonymous.post("/logout", headers=bearer).status_code == 200
    assert server.anonymous.get("/me", headers=bearer).status_code == 401


def test_routes_are_walked(server):
    assert any(isinstance(context.original_route, APIRoute) for context in iter_route_contexts(server.app.routes))
