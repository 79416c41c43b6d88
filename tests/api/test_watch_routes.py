"""Standing questions over HTTP: what holds now and what changed since, on record, nobody named."""

from __future__ import annotations

import orjson
import pytest

WINDOW = {"from": "2024-05-01", "to": "2024-05-06"}


@pytest.fixture
def investigator(server):
    client = server.by_role["investigator"]
    yield client
    for watch in client.get("/presence/watches").json():
        assert client.post("/presence/watches/remove", json={"watch": watch["id"]}).status_code == 204


def record(server) -> list[dict]:
    lines = (server.folder / "audit" / "persons.ndjson").read_bytes().splitlines()
    return [orjson.loads(line) for line in lines]


def test_a_watch_says_what_its_question_answers(investigator, server):
    asked = {**WINDOW, "person": "person-3", "min_overlap_minutes": 60}
    added = investigator.post("/presence/watches/persons", json={**asked, "name": "case 1", "purpose": "C-17"})
    assert (added.status_code, added.json()) == (201, {"watch": "case 1"})
    line = record(server)[-1]
    pseudonym = server.app.state.served.city.pseudonyms.resolve("person-3").hex()
    assert (line["question"], line["pseudonyms"], line["purpose"]) == ("watch", [pseudonym], "C-17")
    said = investigator.post("/presence/watches/alerts", json={"since": 0}).json()
    answer = investigator.post("/presence/companions", json=asked).json()
    assert {(alert["person"], alert["after"]["minutes"]) for alert in said["alerts"]} == {
        (row["person"], row["minutes"]) for row in answer["rows"]
    }
    assert said["snapshot"] == answer["snapshot"]
    later = investigator.post("/presence/watches/alerts", json={"since": said["snapshot"]}).json()
    assert later == {"snapshot": said["snapshot"], "alerts": []}
    (watch,) = investigator.get("/presence/watches").json()
    assert (watch["id"], watch["kind"], watch["persons"]) == ("case 1", "persons", [pseudonym])
    assert "person-3" not in orjson.dumps([said, watch, record(server)[-4:]]).decode()


def test_places_and_crowds_are_watched(investigator):
    for kind, body in (("places", {"place": "b2"}), ("crowd", {"place": "b2", "over": 1})):
        added = investigator.post(f"/presence/watches/{kind}", json={**WINDOW, **body})
        assert added.status_code == 201, added.text
    alerts = investigator.post("/presence/watches/alerts", json={}).json()["alerts"]
    assert {alert["person"] is None for alert in alerts} == {True, False}
    crowds = [alert for alert in alerts if alert["person"] is None]
    assert all(alert["after"]["most"] > 1 and alert["change"] == "new" for alert in crowds)


@pytest.mark.parametrize(
    ("kind", "body", "status"),
    [
        ("persons", {"person": "Zhang San"}, 404),
        ("persons", {"person": "person-3", "as_of": 1}, 422),
        ("persons", {"person": "person-3", "from": "2024-05-06", "to": "2024-05-01"}, 422),
        ("places", {"place": "palace"}, 404),
        ("crowd", {"place": "b2"}, 422),
        ("crowd", {"place": "b2", "over": 0}, 422),
        ("alerts", {"since": 999}, 422),
        ("alerts", {"since": -1}, 422),
        ("remove", {"watch": "none"}, 422),
    ],
)
def test_bad_input(investigator, kind, body, status):
    window = {} if kind in ("alerts", "remove") else WINDOW
    answer = investigator.post(f"/presence/watches/{kind}", json={**window, **body})
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert "Zhang" not in answer.text


def test_only_roles_that_may_ask_may_watch(server):
    planner = server.by_role["planner"]
    assert planner.get("/presence/watches").status_code == 403
    assert planner.post("/presence/watches/alerts", json={}).status_code == 403
    assert planner.post("/presence/watches/crowd", json={**WINDOW, "place": "b2", "over": 1}).status_code == 403
