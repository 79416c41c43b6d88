"""Whole answers streamed over HTTP: the JSON rows in every format, on record with how many left."""

from __future__ import annotations

import networkx
import orjson
import pytest

from scenes.epidemic import question as questions
from scenes.epidemic.queries import QUESTIONS
from tests.exported import read_back, table_of
from twin.presence.export import FORMATS, formats_for

WINDOW = {"from": "2024-05-01", "to": "2024-05-06"}
ASKED = {
    "trajectory": {"person": "person-3"},
    "companions": {"persons": ["person-3", "person-4"], "min_overlap_minutes": 5},
    "visitors": {"place": "b2"},
    "meetings": {"persons": [f"person-{n}" for n in range(6)], "scale": "building"},
    "shared_places": {"persons": [f"person-{n}" for n in range(6)]},
    "lingering": {"person": "person-3", "linger_minutes": 300},
    "chain": {"person": "person-3", "theta_minutes": 5, "latency_minutes": 60, "hops": 3},
    "network": {"by": "place_day", "theta_minutes": 1},
    "degrees": {"theta_minutes": 1},
    "contact_graph": {"place": "b2", "min_overlap_minutes": 0},
    "footfall": {"each": "building", "step": "day", "suppress_below": 3},
    "occupancy": {"each": "building", "step_minutes": 720, "suppress_below": 0},
    "contacts": {"person": "person-3", "rule": "close-contact-general"},
    "diff_rules": {"person": "person-3", "a": "close-contact-general", "b": "spacetime-companion"},
}
every_question = pytest.mark.parametrize("id", QUESTIONS)
every_format = pytest.mark.parametrize("form", FORMATS, ids=lambda form: form.suffix)


@pytest.fixture
def investigator(server):
    return server.by_role["investigator"]


def address(id: str) -> str:
    return f"/presence/{id.replace('_', '-')}"


def record(server) -> list[dict]:
    lines = (server.folder / "audit" / "persons.ndjson").read_bytes().splitlines()
    return [orjson.loads(line) for line in lines]


@every_question
@every_format
def test_an_export_holds_the_rows_of_the_answer(investigator, monkeypatch, id, form):
    """Small pages and batches, so that there are several of both."""
    monkeypatch.setattr(questions, "PAGE_ROWS", 7)
    monkeypatch.setattr(questions, "BATCH_ROWS", 3)
    asked = {**WINDOW, **ASKED[id]}
    answer = investigator.post(address(id), json={**asked, "limit": 10_000}).json()
    export = investigator.post(address(id), json=asked, headers={"Accept": form.media_type})
    assert export.status_code == 200, export.text
    assert export.headers["content-type"].startswith(form.media_type)
    assert export.headers["content-disposition"] == f'attachment; filename="{id}{form.suffix}"'
    assert int(export.headers["twin-rows"]) == answer["total"] > 3
    assert int(export.headers["twin-snapshot"]) == answer["snapshot"]
    assert read_back(export.content, form.suffix, QUESTIONS[id].shape) == answer["rows"]


@every_question
def test_arrow_says_what_its_rows_rest_on(investigator, id):
    asked = {**WINDOW, **ASKED[id]}
    answer = investigator.post(address(id), json={**asked, "limit": 10_000}).json()
    accept = {"Accept": "application/vnd.apache.arrow.stream"}
    table = table_of(investigator.post(address(id), json=asked, headers=accept).content, ".arrows")
    about = orjson.loads(table.schema.metadata[b"answer"])
    for each in (about, answer):
        each["cost"].pop("ms")
        each.pop("rows", None)
    assert about == answer


def test_an_export_is_on_record_before_it_leaves(server, investigator):
    before = len(record(server))
    asked = {**WINDOW, "person": "person-5", "purpose": "close contacts", "case": "C-17"}
    export = investigator.post("/presence/companions", json=asked, headers={"Accept": "text/csv"})
    first, second = record(server)[before:]
    pseudonym = server.app.state.served.city.pseudonyms.resolve("person-5").hex()
    for line in (first, second):
        assert (line["user"], line["question"], line["pseudonyms"]) == ("investigator", "companions", [pseudonym])
        assert (line["purpose"], line["case"], line["export"]) == ("close contacts", "C-17", "text/csv")
    assert "rows" not in first
    assert second["rows"] == int(export.headers["twin-rows"]) > 0
    assert "person-5" not in orjson.dumps([first, second]).decode()


def test_what_goes_wrong_before_the_first_byte_is_a_problem(investigator):
    accept = {"Accept": "application/vnd.apache.parquet"}
    for body, status in (
        ({"person": "a stranger"}, 404),
        ({"person": "person-3", "scale": "cell"}, 422),
        ({"person": "person-3", "limit": 5}, 422),
        ({"person": "person-3", "cursor": "x"}, 422),
    ):
        answer = investigator.post("/presence/companions", json={**WINDOW, **body}, headers=accept)
        assert answer.status_code == status, answer.text
        assert answer.headers["content-type"] == "application/problem+json"
        assert "stranger" not in answer.text


@every_format
def test_an_export_of_nothing_is_a_whole_file(investigator, form):
    asked = {**WINDOW, "person": "person-3", "min_overlap_minutes": 1_000_000}
    export = investigator.post("/presence/companions", json=asked, headers={"Accept": form.media_type})
    assert read_back(export.content, form.suffix, QUESTIONS["companions"].shape) == []


def test_meetings_as_a_graph(investigator):
    asked = {**WINDOW, **ASKED["meetings"]}
    rows = investigator.post("/presence/meetings", json=asked).json()["rows"]
    export = investigator.post("/presence/meetings", json=asked, headers={"Accept": "application/graphml+xml"})
    graph = networkx.parse_graphml(export.text)
    assert {frozenset(edge) for edge in graph.edges} == {frozenset((row["person"], row["other"])) for row in rows}
    for row in rows:
        edge = graph.edges[row["person"], row["other"]]
        assert (edge["minutes"], edge["meetings"], edge["certain"]) == (row["minutes"], row["meetings"], row["certain"])


def test_only_roles_that_may_ask_may_export(server):
    for role in ("wall", "planner", "integrator"):
        answer = server.by_role[role].post(
            "/presence/companions", json={**WINDOW, "person": "person-3"}, headers={"Accept": "text/csv"}
        )
        assert answer.status_code == 403


def test_formats_and_problems_are_documented(server):
    paths = server.admin.get("/openapi.json").json()["paths"]
    for id in QUESTIONS:
        post = paths[address(id)]["post"]
        formats = {form.media_type for form in formats_for(QUESTIONS[id].shape.names)}
        assert set(post["responses"]["200"]["content"]) == {"application/json", *formats}
        assert {"413", "422"} <= set(post["responses"])
        assert post["summary"]
        assert post["description"]
