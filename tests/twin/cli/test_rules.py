"""`twin presence rules, rule, contacts, diff-rules`: as JSON, as tables, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from scenes.epidemic.rulebook.reading import rulebook
from tests.twin.presence.house import PEOPLE, make_house
from twin.cli.presence import group
from twin.errors import InvalidValue, InvalidWindow, NotATwin, NotFound, UnknownPerson
from twin.pseudonyms import Pseudonyms


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_house(tmp_path_factory.mktemp("twin") / "house")


def said(*words: str, folder: Path | None = None) -> str:
    words = words if folder is None else (*words, "--in", str(folder))
    outcome = CliRunner().invoke(group, words, catch_exceptions=False, env={"COLUMNS": "200"})
    assert outcome.exit_code == 0, outcome.output
    return outcome.output


CLOSE = ("contacts", "close-contact-general", "Ann", "--onset", "2024-03-10", "--isolation", "2024-03-11")


def test_the_list() -> None:
    text = said("rules")
    for rule in rulebook():
        assert rule.id in text
        assert rule.title_zh in text
    assert "/not-simultaneous" in text
    assert json.loads(said("rules", "--json"))["total"] == len(list(rulebook()))


def test_one_rule() -> None:
    text = said("rule", "spacetime-companion/or", "--set", "threshold.strict=false")
    assert "800米×800米" in text
    assert "800 m by 800 m" in text
    assert "光明日报 2021-11-11" in text
    clauses = {row["clause"]: row for row in json.loads(said("rule", "spacetime-companion/or", "--json"))["rows"]}
    assert clauses["stay.combine"] == {"clause": "stay.combine", "value": "or", "written": "and"}
    assert clauses["threshold.strict"] == {"clause": "threshold.strict", "value": True}
    gone = json.loads(said("rule", "spacetime-companion", "--set", "stay=none", "--json"))["rows"]
    assert {"clause": "stay.hours", "value": None, "written": 30.0} in gone


def test_a_rule_of_the_twin_itself(folder: Path) -> None:
    own = folder / "rules"
    own.mkdir(exist_ok=True)
    shipped = Path(rulebook.__code__.co_filename).parents[1] / "rules" / "close-contact-general.toml"
    text = shipped.read_text().replace("close-contact-general", "our-own")
    (own / "our-own.toml").write_text(text)
    assert "our-own" in said("rules", folder=folder)
    assert "our-own" not in said("rules", folder=folder.parent)
    assert json.loads(said("contacts", "our-own", *CLOSE[2:], "--json", folder=folder))["rule"]["id"] == "our-own"


def test_contacts_as_json(folder: Path) -> None:
    answer = json.loads(said(*CLOSE, "--json", folder=folder))
    (ben,) = Pseudonyms.open(folder).of(["Ben"])
    (row,) = answer["rows"]
    assert (row["person"], row["hops"], row["minutes"], row["certain"]) == (ben.hex(), 1, 60, True)
    assert row["evidence"][0]["place"]["name"] == "Flat 201"
    assert row["evidence"][0]["other"] == ben.hex()
    assert answer["ruling"]["clauses"]["threshold.seconds"] == 600
    assert answer["ruling"]["anchor"] == "onset"
    assert answer["window"]["start_local"] == "2024-03-08T00:00:00+08:00"
    loose = json.loads(said(*CLOSE, "--set", "threshold.seconds=60", "--json", folder=folder))
    assert (loose["total"], loose["rule"]["id"]) == (2, "close-contact-general+changed")


def test_contacts_as_a_table_name_nobody(folder: Path) -> None:
    text = said(*CLOSE, "--set", "threshold.seconds=60", folder=folder)
    assert "Flat 201" in text
    assert "close-contact-general threshold.seconds: 60, written 600" in text
    assert "note: rule close-contact-general@1 held from 2021-05-11 to 2023-01-07" in text
    assert not any(name in text for name in PEOPLE)


def test_the_next_page_is_asked_for_with_the_same_words(folder: Path) -> None:
    words = (*CLOSE, "--set", "threshold.seconds=60", "--limit", "1")
    text = said(*words, folder=folder)
    assert "the next page: --cursor" in text
    cursor = text.split("the next page: --cursor ")[1].split()[0]
    assert "1 of 2 rows" in said(*words, "--cursor", cursor, folder=folder)


def test_differences(folder: Path) -> None:
    words = (
        "diff-rules",
        "close-contact-general",
        "close-contact-general",
        *CLOSE[2:],
        "--set-b",
        "threshold.seconds=60",
    )
    answer = json.loads(said(*words, "--json", folder=folder))
    assert answer["counts"]["enters"] == 1
    assert answer["clauses"] == {"threshold.seconds": {"a": 600, "b": 60}}
    assert [row["change"] for row in answer["rows"]] == ["enters"]
    text = said(*words, folder=folder)
    assert "threshold.seconds: 600 -> 60" in text
    assert "enters 1, leaves 0" in text
    window = (
        "diff-rules",
        "close-contact-general",
        "cdc-15-minutes",
        "Ann",
        "--from",
        "2024-03-10",
        "--to",
        "2024-03-11",
    )
    assert json.loads(said(*window, "--json", folder=folder))["counts"]["same"] == 1


def test_an_export(folder: Path, tmp_path: Path) -> None:
    file = tmp_path / "contacts.csv"
    said(*CLOSE, "--export", str(file), folder=folder)
    assert "case_stay_hours" in file.read_text().splitlines()[0]


@pytest.mark.parametrize(
    ("words", "error", "named"),
    [
        (("contacts", "no-such", "Ann", "--onset", "2024-03-10"), NotFound, "no-such"),
        (("contacts", "close-contact-general", "Ann"), InvalidValue, "onset or sampling"),
        (("contacts", "close-contact-general", "Nobody", "--onset", "2024-03-10"), UnknownPerson, "person"),
        ((*CLOSE[:3], "--from", "2024-03-10"), InvalidValue, "give both"),
        ((*CLOSE[:3], "--from", "2024-03-11", "--to", "2024-03-10"), InvalidWindow, "from, to"),
        ((*CLOSE, "--set", "threshold"), InvalidValue, "--set"),
        ((*CLOSE, "--set", "threshold.colour=red"), InvalidValue, "threshold.colour"),
        ((*CLOSE, "--set", "near.scale=village"), InvalidValue, "near.scale"),
        ((*CLOSE, "--set", "near.scale=estate"), InvalidValue, "estate"),
        (("contacts",), InvalidValue, "RULE"),
        (("diff-rules", "close-contact-general"), InvalidValue, "B"),
    ],
)
def test_what_is_refused(folder: Path, words: tuple[str, ...], error: type[Exception], named: str) -> None:
    with pytest.raises(error, match=named) as caught:
        CliRunner().invoke(group, (*words, "--in", str(folder)), catch_exceptions=False)
    assert "Nobody" not in str(caught.value)


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(NotATwin):
        CliRunner().invoke(group, ("rules", "--in", str(tmp_path / "gone")), catch_exceptions=False)
