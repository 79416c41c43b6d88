"""The page on adding a rule: its example is a rule, one new file is all it takes, and every clause is on it."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from typer.testing import CliRunner

import scenes
from scenes.epidemic.rulebook import reading
from scenes.epidemic.rulebook.clauses import TABLES
from scenes.epidemic.rulebook.near import OPTIONS
from scenes.epidemic.rulebook.reading import parsed, rulebook
from scenes.epidemic.rulebook.schema import Rule
from tests.scenes.epidemic.ruled_town import DINER, make_town
from twin.cli.presence import group

ROOT = Path(scenes.__file__).parents[1]
PAGE = (ROOT / "docs" / "adding-a-rule.md").read_text(encoding="utf-8")
EXAMPLE = re.search(r"```toml\n(.*?)```", PAGE, re.DOTALL).group(1)  # type: ignore[union-attr]


def said(*words: str) -> str:
    outcome = CliRunner().invoke(group, words, catch_exceptions=False, env={"COLUMNS": "200"})
    assert outcome.exit_code == 0, outcome.output
    return outcome.output


def test_one_new_file_in_a_twin_is_a_new_rule(tmp_path: Path) -> None:
    town = make_town(tmp_path / "twin")
    case = town.pseudonyms.of(["case"])[0].hex()
    diner = town.presence.pseudonym(DINER).hex()
    town.close()
    (tmp_path / "twin" / "rules").mkdir()
    (tmp_path / "twin" / "rules" / "shared-canteen.toml").write_text(EXAMPLE, encoding="utf-8")
    where = ("--in", str(tmp_path / "twin"))
    assert "shared-canteen" in said("rules", *where)
    assert "前7天" in said("rule", "shared-canteen", *where)
    asked = (case, "--onset", "2022-04-05", "--isolation", "2022-04-06", *where)
    assert diner in said("contacts", "shared-canteen", *asked)
    assert "enters 0" in said("diff-rules", "shared-canteen", "shared-canteen/week", *asked)


def test_one_new_file_in_the_program_is_a_new_rule(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for file in reading.FOLDER.glob("*.toml"):
        (tmp_path / file.name).write_bytes(file.read_bytes())
    (tmp_path / "shared-canteen.toml").write_text(EXAMPLE, encoding="utf-8")
    monkeypatch.setattr(reading, "FOLDER", tmp_path)
    reading._shipped.cache_clear()
    try:
        assert rulebook().choose("shared-canteen/week").rule.window.days == 7
    finally:
        reading._shipped.cache_clear()


def test_its_example_is_whole() -> None:
    rule = parsed(tomllib.loads(EXAMPLE), "the example")
    assert (rule.kind, rule.threshold.seconds) == ("contacts", 900)  # type: ignore[union-attr]


def test_every_clause_scale_and_table_is_on_the_page() -> None:
    for table in TABLES:
        fields = Rule.model_fields[table].annotation
        model = next(one for one in (fields, *getattr(fields, "__args__", ())) if hasattr(one, "model_fields"))
        for name in model.model_fields:
            assert re.search(rf"`({table}\.)?{name}`", PAGE), f"{table}.{name}"
    for scale in OPTIONS:
        assert f"`{scale}`" in PAGE, scale


def test_the_files_it_names_exist() -> None:
    for name in re.findall(r"`((?:scenes|twin)/[a-z_/.]+)`", PAGE):
        assert (ROOT / name).exists(), name
