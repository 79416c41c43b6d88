"""`twin doctor` names what is missing and ends with 1 where something is."""

from __future__ import annotations

import json
from pathlib import Path

import psycopg
import pytest
from typer.testing import CliRunner

from twin.cli import app
from twin.store import Store


def findings(folder: Path) -> tuple[int, dict[str, bool]]:
    done = CliRunner().invoke(app, ["doctor", str(folder), "--json"])
    return done.exit_code, {row["what"]: row["fine"] for row in json.loads(done.output)}


def test_a_twin_with_everything(tmp_path: Path) -> None:
    Store.create(tmp_path / "t", name="T").close()
    code, fine = findings(tmp_path / "t")
    assert fine == {"SpatiaLite": True, "geoid": True, "front end": True, "disk": True, "model": True}
    assert code == 0


def test_a_twin_in_postgis(tmp_path: Path, postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    address = f"{postgres_url}&options=-csearch_path%3Ddoctor,public"
    with psycopg.connect(postgres_url.replace("+psycopg", "")) as connection:
        connection.execute("CREATE SCHEMA doctor")
    Store.create(tmp_path / "t", name="T", database_url=address).close()
    monkeypatch.setenv("TWIN_DATABASE_URL", address)
    assert findings(tmp_path / "t")[1]["model"]


def test_no_twin(tmp_path: Path) -> None:
    code, fine = findings(tmp_path / "nothing")
    assert (code, fine["model"]) == (1, False)
