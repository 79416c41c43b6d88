"""Rule files: those that come with the program, and every way in which one can be wrong."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from scenes.epidemic.rulebook import reading
from scenes.epidemic.rulebook.clauses import clauses, with_clauses
from scenes.epidemic.rulebook.reading import FOLDER, parsed, read_rule, rulebook
from scenes.epidemic.rulebook.schema import Rule
from twin.errors import Conflict, InvalidValue, NotFound

SHIPPED = sorted(FOLDER.glob("*.toml"))

MINIMAL: dict[str, Any] = {
    "id": "near-me",
    "version": 1,
    "group": "other",
    "title_en": "Near me",
    "title_zh": "在我附近",
    "text_en": "Whoever was near me.",
    "text_zh": "在我附近的人。",
    "source": {"title": "Nobody", "citation": "None"},
    "window": {"days": 2, "anchors": ["onset"]},
    "near": {"scale": "unit"},
    "threshold": {"seconds": 600},
}


def changed(**fields: Any) -> dict[str, Any]:
    """The minimal rule with some fields of it, or of its tables, replaced; None takes one away."""
    whole = {name: dict(value) if isinstance(value, dict) else value for name, value in MINIMAL.items()}
    for path, value in fields.items():
        table, _, name = path.partition("__")
        at = whole.setdefault(table, {}) if name else whole
        if value is None:
            at.pop(name or table, None)
        else:
            at[name or table] = value
    return whole


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_shipped_rules_are_whole(path: Path) -> None:
    rule = read_rule(path)
    assert path.stem == rule.id
    assert any("一" <= letter <= "鿿" for letter in rule.title_zh + rule.text_zh)
    assert rule.title_en.isascii()
    for name in rule.variants:
        chosen = rulebook().choose(f"{rule.id}/{name}")
        assert chosen.changed, f"variant {name} changes nothing"
        assert chosen.name == f"{rule.id}/{name}"
    assert rulebook().choose(rule.address).rule == rule


def test_what_is_promised_comes_with_the_program() -> None:
    by_group: dict[str, set[str]] = {}
    for rule in rulebook():
        by_group.setdefault(rule.group, set()).add(rule.id)
    assert by_group["spacetime"] == {"spacetime-companion"}
    assert {f"close-contact-{setting}" for setting in ("household", "workplace", "dining", "general")} <= by_group[
        "close"
    ]
    assert {f"vehicle-{mode}" for mode in ("aircraft", "train-sealed", "coach", "ship")} <= by_group["close"]
    assert by_group["secondary"] == {"secondary-contact"}
    assert by_group["general"] == {"general-contact", "vehicle-general"}
    assert by_group["lingering"] == {"lingering-exposure"}
    assert "cdc-15-minutes" in by_group["other"]


def test_the_least_that_a_rule_holds() -> None:
    rule = parsed(MINIMAL, "rule")
    assert (rule.kind, rule.address) == ("contacts", "near-me@1")
    assert clauses(rule)["threshold.per"] == "window"
    assert Rule.model_validate(rule.model_dump(by_alias=True, exclude_none=True)) == rule


@pytest.mark.parametrize(
    ("fields", "field", "reason"),
    [
        ({"colour": "red"}, "colour", "no such field"),
        ({"near__colour": "red"}, "near.colour", "no such field"),
        ({"id": "Near Me"}, "id", "pattern"),
        ({"id": None}, "id", "missing"),
        ({"version": 0}, "version", "greater than or equal to 1"),
        ({"group": "enemies"}, "group", "'spacetime'"),
        ({"title_zh": ""}, "title_zh", "at least 1 character"),
        ({"source__citation": None}, "source.citation", "missing"),
        ({"effective": {"from": "2022-02-02", "to": "2022-02-01"}}, "effective", "`to` is before `from`"),
        ({"effective": {"from": "yesterday"}}, "effective.from", "date"),
        ({"window__days": -1}, "window.days", "greater than or equal to 0"),
        ({"window__days": 2.5}, "window.days", "integer"),
        ({"window__anchors": []}, "window.anchors", "at least 1"),
        ({"window__anchors": ["birth"]}, "window.anchors.0", "'onset'"),
        ({"window__zone": "Mars/Olympus"}, "window.zone", "IANA"),
        ({"window__until": "doomsday"}, "window.until", "'anchor'"),
        ({"near__scale": "village"}, "near.scale", "'unit'"),
        ({"near__scale": None}, "near.scale", "missing"),
        ({"near__res": 9}, "near", "res has no meaning at scale unit"),
        ({"near": {"scale": "cell"}}, "near", "res is missing"),
        ({"near": {"scale": "cell", "res": 13}}, "near.res", "less than or equal to 12"),
        ({"near": {"scale": "square", "side_m": 1}}, "near.side_m", "greater than or equal to 20"),
        ({"near": {"scale": "square", "origin": [0, 85]}}, "near.origin", "between 80 south and 80 north"),
        ({"near": {"scale": "rows", "modes": ["sledge"]}}, "near.modes.0", "'rail'"),
        ({"near": {"scale": "radius"}}, "near", "radius_m is missing"),
        ({"threshold": None}, "", "threshold is missing"),
        ({"threshold__seconds": -1}, "threshold.seconds", "greater than or equal to 0"),
        ({"threshold__per": "year"}, "threshold.per", "'window'"),
        ({"threshold__per": "span"}, "threshold", "span_s goes with per"),
        ({"threshold__span_s": 60}, "threshold", "span_s goes with per"),
        ({"threshold__when": "never"}, "threshold.when", "'same_time'"),
        ({"gaps": {"bridge_s": 100_000}}, "gaps.bridge_s", "less than or equal to 86400"),
        ({"gaps": {"by_source": {"rumour": 60}}}, "gaps.by_source.rumour", "no source"),
        ({"sources": {"only": ["rumour"]}}, "sources.only.0", "wifi"),
        ({"sources": {"error_m": {"wifi": -1}}}, "sources.error_m.wifi", "greater than or equal to 0"),
        ({"stay": {"hours": 30, "days": 0}}, "stay.days", "greater than or equal to 1"),
        ({"stay": {"hours": 30, "days": 14, "who": "nobody"}}, "stay.who", "'either'"),
        ({"stay": {"hours": 30, "days": 14, "where": "nowhere"}}, "stay.where", "'met'"),
        ({"stay": {"hours": 30}}, "stay.days", "missing"),
        ({"setting": {}}, "setting", "names no places"),
        ({"hop": {"theta_s": 600}}, "", "threshold has no part"),
        ({"hop": {"theta_s": 600, "latency_s": 5}, "threshold": None}, "hop", "latency_s has no meaning"),
        ({"hop": {}, "threshold": None}, "hop.theta_s", "missing"),
        (
            {"hop": {"theta_s": 600}, "threshold": None, "stay": {"hours": 30, "days": 14}},
            "",
            "stay has no meaning in a rule with hop",
        ),
        (
            {"lingering": {"linger_s": 60, "half_life_s": 60}, "gaps": {"by_source": {"wifi": 60}}},
            "",
            "gaps.by_source has no meaning in a rule with lingering",
        ),
        (
            {"lingering": {"linger_s": 60, "half_life_s": 60}, "threshold__each_place": True},
            "",
            "threshold.each_place and threshold.when",
        ),
        ({"lingering": {"linger_s": 60, "half_life_s": 60}, "hop": {"theta_s": 1}}, "", "do not go together"),
        ({"variants": {"x": {"title_en": "X", "title_zh": "X", "set": {}}}}, "variants.x.set", "at least 1"),
        (
            {"variants": {"x": {"title_en": "X", "title_zh": "X", "set": {"near.colour": "red"}}}},
            "variants.x",
            "clause near.colour there is no such field",
        ),
        (
            {"variants": {"x": {"title_en": "X", "title_zh": "X", "set": {"title_en": "Y"}}}},
            "variants.x",
            "no such clause",
        ),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(fields: dict[str, Any], field: str, reason: str) -> None:
    with pytest.raises(InvalidValue) as caught:
        parsed(changed(**fields), "rule x.toml")
    named = f"rule x.toml, field {field}" if field else "rule x.toml"
    assert caught.value.thing == named
    assert reason in caught.value.reason
    assert caught.value.way_out


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    broken = tmp_path / "broken.toml"
    broken.write_text("id = ")
    with pytest.raises(InvalidValue, match=r"rule broken.toml: is not TOML .*Invalid value"):
        read_rule(broken)
    broken.write_bytes(b"\xff\xfe")
    with pytest.raises(InvalidValue, match="is not TOML"):
        read_rule(broken)
    with pytest.raises(InvalidValue, match="cannot be read"):
        read_rule(tmp_path / "gone.toml")


def _written(version: int, id_: str = "near-me", more: str = "") -> str:
    return f'''
id = "{id_}"
version = {version}
group = "other"
title_en = "Near me"
title_zh = "在我附近"
text_en = "Near me."
text_zh = "在我附近。"
{more}
[source]
title = "Nobody"
citation = "None"
[window]
days = {version}
anchors = ["onset"]
[near]
scale = "unit"
[threshold]
seconds = 600
'''


def test_a_twin_has_rules_of_its_own(tmp_path: Path) -> None:
    own = tmp_path / "rules"
    own.mkdir()
    (own / "mine.toml").write_text(_written(1, more="effective = { to = 2022-01-31 }"))
    (own / "mine-2.toml").write_text(_written(2, more="effective = { from = 2022-02-01 }"))
    book = rulebook(tmp_path)
    assert len(list(book)) == len(SHIPPED) + 2
    assert book.choose("near-me").rule.version == 2
    assert book.choose("near-me@1").rule.version == 1
    assert book.choose("near-me", on=date(2022, 1, 31)).rule.version == 1
    assert book.choose("near-me", on=date(2022, 2, 1)).rule.version == 2
    assert book.choose("near-me", on=date(1999, 2, 1)).rule.version == 1
    (own / "again.toml").write_text(_written(2))
    with pytest.raises(Conflict, match=r"near-me@2.*again.toml and in mine-2.toml"):
        rulebook(tmp_path)


def test_rules_that_are_not_there() -> None:
    book = rulebook()
    with pytest.raises(NotFound, match=r"'no-such'.*spacetime-companion"):
        book.choose("no-such")
    with pytest.raises(NotFound, match=r"version '9'.*Take one of: 1"):
        book.choose("spacetime-companion@9")
    with pytest.raises(NotFound, match=r"variant 'nor'.*or, both"):
        book.choose("spacetime-companion/nor")


@pytest.mark.parametrize(
    ("other", "reason"),
    [("no-such", "there is none"), ("secondary-contact", "is no plain rule"), ("vehicle-general", "is no plain rule")],
)
def test_rules_that_a_rule_leaves_out(other: str, reason: str) -> None:
    with pytest.raises(InvalidValue, match=rf"rule general-contact, clause without.rules.*{reason}"):
        rulebook().choose("general-contact", {"without.rules": [other]})


def test_no_shipped_file_is_left_out_of_a_wheel() -> None:
    """A rule lies in a folder without Python: it is found as data of the package above it."""
    assert all(path.parent == FOLDER for path in SHIPPED)
    assert reading.FOLDER.parent.name == "epidemic"


def test_with_clauses_leaves_the_rule_as_it_was() -> None:
    rule = parsed(MINIMAL, "rule")
    before = rule.model_dump_json()
    with_clauses(rule, {"threshold.seconds": 5})
    assert rule.model_dump_json() == before
