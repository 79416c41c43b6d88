"""The shape that `twin bench --json` promises."""

from __future__ import annotations

import pytest

from benchmarks.report import Report, machine_facts, milliseconds


def test_rows_hold_medians_and_goals() -> None:
    report = Report()
    report.add("answer", [1.0, 2.0, 9.0], "ms", goal=3)
    report.add("memory", [4.0], "GB", goal=3)
    report.add("size", [4.0], "GB")
    assert [(row.p50, row.n, row.met) for row in report.rows] == [(2.0, 3, True), (4.0, 1, False), (4.0, 1, None)]
    first = report.as_json()["rows"][0]
    assert {"what", "who", "p50", "p95", "unit", "n"} <= first.keys()


def test_machine_is_described() -> None:
    assert {"processor", "cores", "memory_gb", "load"} <= machine_facts().keys()


def test_every_call_is_timed_once() -> None:
    calls: list[int] = []
    assert milliseconds([lambda: calls.append(1), lambda: calls.append(2)]) == pytest.approx([0, 0], abs=50)
    assert calls == [1, 2]
