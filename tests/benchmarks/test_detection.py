"""`twin bench detection` from end to end, small, without data and without peers."""

from __future__ import annotations

import subprocess
from pathlib import Path

import orjson

from benchmarks.detection import peers
from benchmarks.detection.run import OURS, run
from benchmarks.process import TWIN


def test_a_small_run(tmp_path: Path) -> None:
    words = [TWIN, "bench", "detection", "--people", "3", "--days", "2", "--data", str(tmp_path), "--json"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    report = orjson.loads(done.stdout)
    figures = {row["what"]: row for row in report["rows"] if row["who"] == OURS}
    assert set(figures) == {
        "planted diaries: fixes a second of one core",
        "planted diaries: stops found",
        "planted diaries: recall",
        "planted diaries: precision",
        "planted diaries: time that is no true stay",
    }
    assert figures["planted diaries: recall"]["p50"] > 95
    assert figures["planted diaries: fixes a second of one core"]["goal"] == 2
    assert "left out" in report["data"]["garden city"]
    assert "left out" in report["data"]["cabs, newest first"]


def test_peers_that_are_absent_or_fail_are_said(tmp_path: Path) -> None:
    absent, broken = tmp_path / "absent", tmp_path / "broken"
    absent.write_text(f"#!/bin/sh\nexit {peers.ABSENT}\n")
    broken.write_text("#!/bin/sh\necho some trouble >&2\nexit 1\n")
    for path in (absent, broken):
        path.chmod(0o755)
    said: list[str] = []
    pythons = {"trackintel": str(absent), "scikit-mobility": str(broken)}
    report = run(tmp_path, said.append, people=2, days=1, pythons=pythons)
    assert report.data["trackintel"] == "absent: not installed there"
    assert report.data["scikit-mobility"] == "failed: some trouble"
    assert {row.who for row in report.rows} == {OURS}
    assert "trackintel: absent: not installed there" in said
