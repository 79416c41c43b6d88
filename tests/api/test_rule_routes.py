"""Rules over HTTP: listed, read whole, applied, compared; on record; refused in the one form of errors."""

from __future__ import annotations

import orjson
import pytest

CONTACTS = {"rule": "close-contact-general", "onset": "2024-05-04", "isolation": "2024-05-05"}


@pytest.fixture
def investigator(server):
    return server.by_role["investigator"]


def ask(client, query: str, **body):
    return client.post(f"/scenes/epidemic/{query}", json=body)


def test_rules_are_for_whoever_may_see_the_scene(server, investigator):
    listed = ask(investigator, "rules").json()
    assert {"spacetime-companion", "secondary-contact"} <= {row["id"] for row in listed["rows"]}
    whole = ask(investigator, "rule", rule="spacetime-companion", set={"stay.who": "both"}).json()
    clauses = {row["clause"]: row for row in whole["rows"]}
    assert clauses["stay.who"] == {"clause": "stay.who", "value": "both", "written": "either"}
    assert "800米" in whole["text_zh"]


def test_contacts_say_which_rule_they_hold_by(server, investigator):
    answer = ask(investigator, "contacts", persons=["person-3", "person-4"], **CONTACTS).json()
    assert answer["total"] > 3
    assert answer["ruling"]["clauses"]["window.days"] == 2
    assert answer["window"]["start_local"] == "2024-05-02T00:00:00+08:00"
    longer = ask(investigator, "contacts", person="person-3", **{**CONTACTS, "rule": "close-contact-general/four-days"})
    assert longer.json()["window"]["start_local"] == "2024-04-30T00:00:00+08:00"


def test_differences(server, investigator):
    body = {"a": "close-contact-general", "b": "close-contact-general", "set_b": {"threshold.seconds": 7200}}
    when = {"onset": "2024-05-04", "isolation": "2024-05-05"}
    answer = ask(investigator, "diff_rules", person="person-3", **body, **when).json()
    assert answer["clauses"] == {"threshold.seconds": {"a": 600, "b": 7200}}
    assert answer["counts"]["leaves"] == answer["total"] > 0
    assert {row["change"] for row in answer["rows"]} == {"leaves"}


def test_who_was_asked_about_by_which_rule_is_on_record(server, investigator):
    ask(investigator, "contacts", person="person-3", isolated={"person-5": "2024-05-04"}, **CONTACTS)
    last = (server.folder / "audit" / "persons.ndjson").read_bytes().splitlines()[-1]
    record = orjson.loads(last)
    assert record["question"] == "contacts"
    assert b"person-3" not in last
    assert b"person-5" not in last
    assert b"close-contact-general" in last


@pytest.mark.parametrize(
    ("body", "status", "named"),
    [
        ({**CONTACTS, "rule": "no-such"}, 404, "no-such"),
        ({**CONTACTS, "set": {"threshold.colour": 1}}, 422, "threshold.colour"),
        ({**CONTACTS, "from": "2024-05-01"}, 422, "give both"),
        ({"rule": "close-contact-general"}, 422, "onset or sampling"),
        ({"rule": "spacetime-companion", "onset": "soon"}, 422, "onset"),
    ],
)
def test_what_is_refused(server, investigator, body, status, named):
    answer = ask(investigator, "contacts", person="person-3", **body)
    assert answer.status_code == status, answer.text
    assert named in answer.text
    assert answer.headers["content-type"] == "application/problem+json"


def test_the_wall_may_not_ask_of_persons(server):
    assert ask(server.by_role["wall"], "contacts", person="person-3", **CONTACTS).status_code == 403
