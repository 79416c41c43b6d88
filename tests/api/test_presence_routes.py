"""Questions about persons over HTTP: the engine's answers in full, and every one on record."""

from __future__ import annotations

import orjson
import pytest

from tests.api.conftest import FIRST, PEOPLE

WINDOW = {"from": "2024-05-01", "to": "2024-05-06"}


@pytest.fixture
def investigator(server):
    return server.by_role["investigator"]


def ask(client, question, **body):
    answer = client.post(f"/presence/{question}", json={**WINDOW, **body})
    assert answer.status_code == 200, answer.text
    return answer.json()


def record(server) -> list[dict]:
    lines = (server.folder / "audit" / "persons.ndjson").read_bytes().splitlines()
    return [orjson.loads(line) for line in lines]


def test_a_trajectory_says_what_it_rests_on(investigator):
    answer = ask(investigator, "trajectory", person="person-3")
    assert answer["question"] == "trajectory"
    assert answer["window"]["start"] == FIRST
    assert answer["window"]["start_local"] == "2024-05-01T00:00:00+08:00"
    assert answer["window"]["zone"] == "Asia/Shanghai"
    assert answer["rule"]["id"]
    assert answer["cost"]["rows_read"] >= answer["cost"]["least_rows"] > 0
    assert answer["total"] == len(answer["rows"]) + answer["left_out"] > 5
    row = answer["rows"][0]
    assert row["place"]["entity"].startswith("b")
    assert row["place"]["floor"] in (1, 2)
    assert row["place"]["height_m"] == 27.0 + 3 * row["place"]["floor"]
    assert row["place"]["building"] == row["place"]["entity"].split("/")[0]
    assert isinstance(row["place"]["key"], str)
    assert row["minutes"] == pytest.approx((row["end"] - row["start"]) / 60, abs=0.01)
    assert [each["start"] for each in answer["rows"]] == sorted(each["start"] for each in answer["rows"])


def test_a_pseudonym_stands_for_its_person(investigator, server):
    pseudonym = server.app.state.served.city.pseudonyms.resolve("person-3").hex()
    assert (
        ask(investigator, "trajectory", person=pseudonym)["rows"]
        == (ask(investigator, "trajectory", person="person-3")["rows"])
    )


def test_companions_by_pages_are_everybody_once(investigator):
    whole = ask(investigator, "companions", person="person-3", min_overlap_minutes=5)
    assert whole["left_out"] == 0
    seen, cursor = [], None
    while True:
        page = ask(investigator, "companions", person="person-3", min_overlap_minutes=5, limit=3, cursor=cursor)
        assert page["total"] == whole["total"]
        seen += page["rows"]
        cursor = page["next"]
        if cursor is None:
            break
    assert seen == whole["rows"]
    assert len({row["person"] for row in seen}) == len(seen) == whole["total"] > 3


def test_companions_carry_their_evidence(investigator):
    answer = ask(investigator, "companions", person="person-3", min_overlap_minutes=10)
    mine = ask(investigator, "trajectory", person="person-3")["rows"]
    for row in answer["rows"]:
        assert row["minutes"] >= 10
        assert row["minutes"] == pytest.approx(row["certain_minutes"] + row["possible_minutes"], abs=0.02)
        theirs = ask(investigator, "trajectory", person=row["person"])["rows"]
        for item in row["evidence"]:
            for stays in (mine, theirs):
                assert any(
                    stay["place"] == item["place"] and stay["start"] <= item["start"] and item["end"] <= stay["end"]
                    for stay in stays
                )


def test_several_persons_and_a_cell(investigator):
    answer = ask(investigator, "companions", persons=["person-3", "person-4"], scale="cell", res=10)
    cases = {item["case"] for row in answer["rows"] for item in row["evidence"]}
    assert len(cases) == 2
    assert cases.isdisjoint({row["person"] for row in answer["rows"]})


def test_visitors_of_a_building_are_those_of_its_storeys(investigator):
    whole = ask(investigator, "visitors", place="b2", limit=1000)
    floors = [ask(investigator, "visitors", place=f"b2/s{level}", limit=1000) for level in (1, 2)]
    assert {row["person"] for row in whole["rows"]} == {row["person"] for each in floors for row in each["rows"]}
    assert {item["place"]["building"] for row in whole["rows"] for item in row["evidence"]} == {"b2"}


def test_visitors_of_everything_is_everybody(investigator):
    corners = [[113.999, 22.599], [114.021, 22.599], [114.021, 22.611], [113.999, 22.611]]
    answer = ask(investigator, "visitors", polygon=corners)
    assert answer["total"] == PEOPLE


def test_the_persons_of_a_case(investigator):
    body = {**WINDOW, "persons": ["person-3", "a stranger"]}
    rows = investigator.post("/scenes/epidemic/cases", json=body).json()["rows"]
    assert [row["known"] for row in rows] == [True, False]
    assert rows[0]["stays"] > 0
    assert rows[1]["first"] is None


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/presence/trajectory", {"person": "person-5"}),
        ("/presence/companions", {"person": "person-5"}),
        ("/presence/companions", {"persons": ["person-5"]}),
        ("/scenes/epidemic/trajectory", {"person": "person-5"}),
        ("/scenes/epidemic/cases", {"persons": ["person-5"]}),
    ],
)
def test_every_question_is_on_record_by_pseudonym(server, investigator, path, body):
    before = len(record(server))
    asked = {**WINDOW, **body, "purpose": "close contacts", "case": "C-17"}
    assert investigator.post(path, json=asked).status_code == 200
    lines = record(server)
    assert len(lines) == before + 1
    line = lines[-1]
    pseudonym = server.app.state.served.city.pseudonyms.resolve("person-5").hex()
    assert (line["user"], line["question"], line["pseudonyms"]) == ("investigator", path.split("/")[-1], [pseudonym])
    assert (line["purpose"], line["case"]) == ("close contacts", "C-17")
    assert "person-5" not in orjson.dumps(line).decode()


def test_a_question_about_a_stranger_is_on_record_too(server, investigator):
    before = len(record(server))
    assert investigator.post("/presence/trajectory", json={**WINDOW, "person": "Zhang San"}).status_code == 404
    assert len(record(server)) == before + 1
    assert "Zhang" not in orjson.dumps(record(server)[-1]).decode()


def test_visits_to_a_place_are_on_record(server, investigator):
    ask(investigator, "visitors", place="b2")
    line = record(server)[-1]
    assert (line["question"], line["place"], line["pseudonyms"]) == ("visitors", "b2", [])


def test_the_record_is_for_the_owner_alone(server, investigator):
    ask(investigator, "trajectory", person="person-5")
    assert (server.folder / "audit" / "persons.ndjson").stat().st_mode & 0o077 == 0
