"""The planted outbreaks are found again by every question; `twin bench outbreaks` says how well."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.outbreaks import QUESTIONS, run
from twin.errors import NotFound
from twin.synth import Spec, make_synthetic


def test_every_planted_case_is_found_again(tmp_path: Path) -> None:
    make_synthetic(tmp_path / "twin", Spec.small())
    said: list[str] = []
    report = run(tmp_path / "twin", said.append)
    assert len([line for line in said if line.endswith("cases")]) == 3
    assert len(report.rows) == 2 * (3 * len(QUESTIONS) - len([line for line in said if line.endswith("none")]))
    recalls = {row.what: row.p50 for row in report.rows if row.what.endswith("recall")}
    for what in ("contacts of each case", "two hops from the index case", "two hops back from the last"):
        assert {value for name, value in recalls.items() if what in name} == {100.0}
    precisions = [row.p50 for row in report.rows if row.what.endswith("precision")]
    assert all(0 < value <= 100 for value in precisions)


def test_a_folder_without_outbreaks(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="no outbreaks were planted here"):
        run(tmp_path, print)
