"""Questions about persons over HTTP: the engine's answers in full, and every one on record."""

from __future__ import annotations

import orjson
import pytest

from tests.api.conftest import FIRST, PEOPLE
from twin.presence import asking

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


def refused(client, question, status, **body):
    answer = client.post(f"/presence/{question}", json={**WINDOW, **body})
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    return answer.json()


def test_every_question_answers_with_what_it_rests_on(investigator):
    six = [f"person-{n}" for n in range(6)]
    for question, body in (
        ("trajectory", {"persons": six}),
        ("meetings", {"persons": six}),
        ("shared-places", {"persons": six, "at_least": 2, "scale": "building"}),
        ("lingering", {"person": "person-3"}),
        ("chain", {"person": "person-3", "theta_minutes": 5, "latency_minutes": 60, "hops": None}),
        ("visitors", {"bbox": [113.999, 22.599, 114.021, 22.611]}),
        ("footfall", {"place": "b2"}),
        ("occupancy", {"each": "grid"}),
    ):
        answer = ask(investigator, question, **body)
        assert answer["rows"], question
        assert answer["total"] == len(answer["rows"]) + answer["left_out"]
        assert answer["kept"]["start"] >= FIRST
        assert answer["rule"]["text"]
        assert answer["cost"]["rows_read"] >= 0
        assert "person-" not in orjson.dumps(answer).decode()


@pytest.mark.parametrize(
    ("question", "body", "status"),
    [
        ("companions", {"person": "person-3", "scale": "street"}, 422),
        ("companions", {"person": "person-3", "scale": "radius"}, 422),
        ("companions", {"person": "person-3", "scale": "unit", "radius_m": 5}, 422),
        ("companions", {"person": "person-3", "scale": "storey"}, 422),
        ("companions", {"person": "person-3", "min_overlap_minutes": -1}, 422),
        ("companions", {"person": "person-3", "per": "span", "span_minutes": 0}, 422),
        ("companions", {"person": "person-3", "as_of": 999}, 422),
        ("companions", {"person": "person-3", "as_of": "2999-01-01"}, 422),
        ("companions", {"person": "person-3", "as_of": "someday"}, 422),
        ("companions", {"person": "person-3", "from": "2024-05-06", "to": "2024-05-01"}, 422),
        ("companions", {"person": "person-3", "from": "1900-01-01"}, 422),
        ("companions", {"person": "person-3", "from": "2019-01-01", "to": "2020-01-01"}, 422),
        ("companions", {"person": "person-3", "persons": ["person-4"]}, 422),
        ("companions", {}, 422),
        ("companions", {"persons": ["person-3", "Zhang San"]}, 404),
        ("meetings", {"person": "person-3"}, 422),
        ("shared-places", {"persons": ["person-3", "person-4"], "at_least": 0}, 422),
        ("lingering", {"person": "person-3", "half_life_minutes": 0}, 422),
        ("chain", {"person": "person-3"}, 422),
        ("chain", {"person": "person-3", "theta_minutes": 5, "latency_minutes": 60, "hops": 0}, 422),
        ("chain", {"person": "person-3", "theta_minutes": 0, "latency_minutes": 60, "hops": 1}, 422),
        ("chain", {"person": "person-3", "theta_minutes": 5, "latency_minutes": -1, "hops": 1}, 422),
        (
            "chain",
            {
                "person": "person-3",
                "theta_minutes": 5,
                "latency_minutes": 5,
                "hops": 1,
                "isolation": {"Zhang San": "2024-05-01"},
            },
            404,
        ),
        *(
            (question, {"person": "person-3", **rest, field: {"Zhang San": moment}}, 422)
            for question, field, rest in (
                ("chain", "isolation", {"theta_minutes": 5, "latency_minutes": 5, "hops": 1}),
                ("chain", "seed_times", {"theta_minutes": 5, "latency_minutes": 5, "hops": 1}),
                ("contacts", "isolated", {"rule": "close-contact-general"}),
            )
            for moment in (None, [], {}, True)
        ),
        ("visitors", {"place": "palace"}, 404),
        ("visitors", {"place": "b2", "bbox": [1, 2, 3, 4]}, 422),
        ("visitors", {"bbox": [3, 2, 1, 4]}, 422),
        ("visitors", {"geojson": {"type": "Point", "coordinates": [1, 2]}}, 422),
        ("visitors", {"geojson": {"type": "Polygon", "coordinates": "here"}}, 422),
        ("visitors", {"geojson": {}}, 422),
        ("footfall", {"place": "b2", "step": "week"}, 422),
        ("footfall", {"place": "b2", "step": 0}, 422),
        ("footfall", {"each": "sensor"}, 422),
        ("footfall", {"place": "b2", "suppress_below": -1}, 422),
        ("occupancy", {"place": "b2", "step_minutes": -1}, 422),
    ],
)
def test_bad_input_is_named_and_nobody_is(investigator, question, body, status):
    problem = refused(investigator, question, status, **body)
    assert problem["reason"]
    text = orjson.dumps(problem).decode()
    assert "Zhang" not in text
    assert "person-3" not in text


def test_a_window_without_any_stay_says_which_have(investigator):
    problem = refused(investigator, "companions", 422, person="person-3", **{"from": "2019-01-01", "to": "2020-01-01"})
    assert "2024-05-0" in problem["reason"]


def test_too_many_persons_are_refused_at_once(investigator):
    problem = refused(investigator, "companions", 422, persons=[f"person-{n}" for n in range(100_001)])
    assert "100000" in problem["reason"]


def test_a_question_too_large_says_how_large_and_runs_when_told_to(investigator, monkeypatch):
    monkeypatch.setattr(asking, "BUDGET", 1)
    for question, body in (("companions", {"person": "person-3"}), ("visitors", {"place": "b2"})):
        problem = refused(investigator, question, 413, **body)
        assert problem["type"] == "/problems/TooMuch"
        assert "stays" in problem["reason"]
        assert "force" in problem["way_out"]
        assert ask(investigator, question, **body, force=True)["rows"]
    answer = investigator.post(
        "/presence/companions", json={**WINDOW, "person": "person-3"}, headers={"Accept": "text/csv"}
    )
    assert answer.status_code == 413


def test_names_beside_the_persons_asked_about_are_on_record_by_pseudonym(server, investigator):
    named = {"isolation": {"person-6": "2024-05-03"}, "seed_times": {"person-5": "2024-05-01T12:00"}}
    ask(investigator, "chain", person="person-5", theta_minutes=5, latency_minutes=60, hops=2, **named)
    line = record(server)[-1]
    resolve = server.app.state.served.city.pseudonyms.resolve
    assert set(line["pseudonyms"]) == {resolve(name).hex() for name in ("person-5", "person-6")}
    assert "person-" not in orjson.dumps(line).decode()


def test_counts_are_no_question_about_persons_but_small_ones_are_kept_back(server):
    before = len(record(server))
    planner, body = server.by_role["planner"], {"place": "b2", "step": "day"}
    rows = ask(planner, "footfall", **body)["rows"]
    assert any(row["suppressed"] for row in rows)
    assert all(row["people"] is None or row["people"] == 0 or row["people"] >= 10 for row in rows)
    refused(planner, "footfall", 403, **body, suppress_below=0)
    refused(planner, "occupancy", 403, place="b2", suppress_below=9)
    scene = planner.post("/scenes/epidemic/footfall", json={**WINDOW, **body, "suppress_below": 0})
    assert scene.status_code == 403
    export = planner.post(
        "/presence/footfall", json={**WINDOW, **body, "suppress_below": 1}, headers={"Accept": "text/csv"}
    )
    assert export.status_code == 403
    assert len(record(server)) == before
    assert not any(
        row["suppressed"] for row in ask(server.by_role["investigator"], "footfall", **body, suppress_below=0)["rows"]
    )


def test_as_of_a_moment_before_anything_was_stored(investigator):
    answer = ask(investigator, "companions", person="person-3", as_of=1)
    assert answer["snapshot"] == 1
    assert refused(investigator, "companions", 404, person="person-3", as_of="2020-01-01")["reason"]
