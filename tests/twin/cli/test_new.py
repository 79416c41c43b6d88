"""`twin new` and `twin info`."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest
from typer.testing import CliRunner

from twin.cli.info import gather
from twin.cli.main import app
from twin.errors import Conflict, FolderError, InvalidValue, NotATwin
from twin.store import Store


def run(*arguments: str) -> str:
    result = CliRunner().invoke(app, list(arguments), catch_exceptions=True)
    if result.exception is not None:
        raise result.exception
    return result.stdout


def test_an_empty_twin(tmp_path: Path) -> None:
    folder = tmp_path / "harbour"
    assert "harbour" in run("new", str(folder))
    known = orjson.loads(run("info", str(folder), "--json"))
    assert (known["name"], known["zone"], known["counts"], known["presence"]) == ("harbour", "Asia/Shanghai", {}, None)
    assert known["extent"] is None
    assert known["tiles"] == []
    assert "none" in run("info", str(folder))
    with pytest.raises(Conflict):
        run("new", str(folder))


def test_a_small_synthetic_twin(tmp_path: Path) -> None:
    folder = tmp_path / "small"
    made = orjson.loads(
        run("new", str(folder), "--small", "--days", "1", "--until", "2026-03-01", "--name", "试验区", "--json")
    )
    assert made["people"] == 2_000
    known = gather(folder)
    assert known["name"] == "试验区"
    assert known["counts"]["building"] == 300
    assert known["presence"]["stays"] == made["stays"]
    assert known["presence"]["last"] == 1_772_380_800  # 2026-03-02 00:00 in Shanghai
    west, south, east, north = known["extent"]
    assert west < 114.03 < east
    assert south < 22.65 < north
    shown = run("info", str(folder))
    assert "试验区" in shown
    assert "2,000" in shown
    with Store.open(folder) as store:
        assert store.meta.feed == "synthetic"


def test_bad_wishes_are_refused_and_leave_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "twin"
    with pytest.raises(InvalidValue, match="--days"):
        run("new", str(folder), "--days", "3")
    with pytest.raises(InvalidValue, match="do not fit"):
        run("new", str(folder), "--synth", "--area", "1", "--buildings", "90000")
    with pytest.raises(InvalidValue, match="zone"):
        run("new", str(folder), "--small", "--zone", "Mars/Base")
    (tmp_path / "file").write_text("")
    with pytest.raises((Conflict, FolderError)):
        run("new", str(tmp_path / "file"), "--small")
    with pytest.raises(NotATwin):
        run("info", str(folder))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file"]
