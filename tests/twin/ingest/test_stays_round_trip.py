"""A file of stays through the command line, to where somebody was and who was with them."""

from __future__ import annotations

import itertools
import json
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from tests.twin.ingest.stay_samples import EVER, presence, table, take, times, twin
from twin.cli.main import app
from twin.errors import TwinError, UnreadableSource
from twin.presence import END_ESTIMATED
from twin.pseudonyms import Pseudonyms
from twin.store import Store

FIRST = 1_617_300_000
NUMBERS = itertools.count()
"""People of examples: a new one for each."""

ROWS = [
    ("anna", "unit-301", "2024-05-01 08:00", "2024-05-01 09:00"),
    ("ben", "unit-301", "2024-05-01T08:30:00+08:00", "2024-05-01T01:30:00Z"),
    ("carl", "unit-302", "2024-05-01 08:00", "2024-05-01 10:00"),
    ("dora", "unit-301", "2024-05-01 08:50", "2024-05-01 08:40"),
    ("emil", "nowhere-at-all", "2024-05-01 08:00", "2024-05-01 09:00"),
]


def call(*words: object) -> dict[str, object]:
    """Run a command and read its JSON."""
    result = CliRunner().invoke(app, [*map(str, words), "--json"])
    assert result.exit_code == 0, result.output
    found: dict[str, object] = json.loads(result.stdout)
    return found


def test_from_a_file_to_companions(tmp_path: Path) -> None:
    folder = tmp_path / "twin"
    twin(folder).close()
    path = table(tmp_path / "stays.csv", ROWS)
    tried = call("import", path, "--into", folder, "--dry-run")
    assert (tried["dry_run"], tried["taken"], tried["refused"]) == (True, {"stay": 3}, 2)
    assert not (folder / "presence").exists()
    assert call("import", path, "--into", folder)["taken"] == {"stay": 3}
    again = call("import", path, "--into", folder)
    assert "imported before" in str(again["sources"])
    window = ("--in", folder, "--from", "2024-05-01", "--to", "2024-05-02")
    rows = call("presence", "trajectory", "anna", *window)["rows"]
    assert [(row["place"]["entity"], row["start_local"][:16], row["minutes"]) for row in rows] == [  # type: ignore[attr-defined]
        ("unit-301", "2024-05-01T08:00", 60)
    ]
    met = call("presence", "companions", "anna", *window)["rows"]
    ben = Pseudonyms.open(folder).of(["ben"])[0].hex()
    assert [(row["person"], row["minutes"], row["certain"]) for row in met] == [(ben, 30, True)]  # type: ignore[attr-defined]
    refused = call("quarantine", folder)["rows"]
    assert [row["issue"]["path"] for row in refused] == ["stays.csv:5", "stays.csv:6"]  # type: ignore[attr-defined]


def test_a_truncated_file_is_one_clear_line(tmp_path: Path) -> None:
    folder = tmp_path / "twin"
    twin(folder).close()
    path = table(tmp_path / "stays.csv", ROWS)
    path.write_bytes(path.read_bytes()[:-12])
    with pytest.raises(UnreadableSource, match="truncated"):
        CliRunner().invoke(app, ["import", str(path), "--into", str(folder)], catch_exceptions=False)
    assert not (folder / "presence").exists()


def test_estimated_ends_are_possible_not_certain(tmp_path: Path) -> None:
    with twin(tmp_path / "twin") as store:
        rows = [
            ("anna", "unit-301", "2024-05-01 08:00", ""),
            ("ben", "unit-301", "2024-05-01 08:10", "2024-05-01 09:00"),
        ]
        take(store, table(tmp_path / "s.csv", rows))
        with presence(store) as found:
            anna = found.person(Pseudonyms.open(store.folder).of(["anna"])[0])
            row = found.companions([anna], EVER).rows[0]
        assert (row.together_s, row.certain) == (1200, False)


@pytest.mark.parametrize("zone", ["Pacific/Auckland", "Europe/Berlin"])
def test_stays_over_a_change_of_clocks(tmp_path: Path, zone: str) -> None:
    fold = {"Pacific/Auckland": datetime(2021, 4, 4), "Europe/Berlin": datetime(2021, 10, 31)}[zone]
    gap = {"Pacific/Auckland": datetime(2021, 9, 26), "Europe/Berlin": datetime(2021, 3, 28)}[zone]
    rows = [
        ("over", "unit-301", fold, fold + timedelta(hours=6)),
        ("into", "unit-301", fold + timedelta(hours=2, minutes=40), fold + timedelta(hours=2, minutes=10)),
        ("gap", "unit-301", gap + timedelta(hours=2, minutes=30), gap + timedelta(hours=4)),
    ]
    with twin(tmp_path / "twin", zone) as store:
        report = take(store, table(tmp_path / "s.csv", rows))
        assert report.taken == {"stay": 3}
        assert [end - start for person in ("over", "into", "gap") for start, end in times(store, person)] == [
            7 * 3600,
            1800,
            1800,
        ]
        with presence(store) as found:
            person = found.person(Pseudonyms.open(store.folder).of(["into"])[0])
            assert found.trajectory(person, EVER).rows[0].quality == END_ESTIMATED
        assert report.sources[0].rules["stay.ambiguous-time", "note"] == 3


@pytest.fixture(scope="module")
def shared_twin(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """One twin for many small files, each with people of its own."""
    return twin(tmp_path_factory.mktemp("shared") / "twin", "Pacific/Auckland")


# Stays of one person at one place that touch or overlap are one in answers: here each begins a day of its own.
stays = st.tuples(st.integers(0, 9), st.integers(0, 50_000), st.integers(-3600, 30_000)).map(
    lambda parts: (FIRST + parts[0] * 86_400 + parts[1], FIRST + parts[0] * 86_400 + parts[1] + parts[2])
)


@settings(max_examples=15, deadline=None)
@given(spans=st.lists(stays, min_size=1, max_size=12, unique_by=lambda span: (span[0] - FIRST) // 86_400))
def test_what_goes_in_comes_out(shared_twin: Store, spans: list[tuple[int, int]]) -> None:
    """Written with offsets, in Auckland over its autumn change: what does not end before it starts comes back."""
    number = next(NUMBERS)
    place = ZoneInfo("Pacific/Auckland")
    whole = [(start, end) for start, end in sorted(spans) if end >= start]
    rows = [(str(number), "shop", *(datetime.fromtimestamp(t, place).isoformat() for t in span)) for span in spans]
    path = table(shared_twin.folder.parent / "any.csv", rows)
    if not whole:
        with pytest.raises(TwinError, match="ends before it starts"):
            take(shared_twin, path)
        return
    assert take(shared_twin, path).taken == {"stay": len(whole)}
    assert times(shared_twin, str(number)) == whole
