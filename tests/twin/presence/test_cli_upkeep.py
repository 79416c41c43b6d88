"""`twin presence` besides asking: history, retention, withdrawals, corrections, merges, compaction, checks."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from scenes.epidemic.queries import QUESTIONS
from tests.exported import read_back
from tests.twin.presence.house import PEOPLE, make_house
from twin.cli.presence import group
from twin.errors import Conflict, InvalidValue, TwinError, UnknownFormat, UnknownPerson, UnreadableSource
from twin.presence.export import FORMATS, Format
from twin.presence.export.stays import read_stays
from twin.pseudonyms import Pseudonyms


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return make_house(tmp_path / "house")


def said(folder: Path, *words: str, input: str | None = None) -> str:
    words = (*words, "--in", str(folder))
    outcome = CliRunner().invoke(group, words, catch_exceptions=False, env={"COLUMNS": "200"}, input=input)
    assert outcome.exit_code == 0, outcome.output
    return outcome.output


def told(folder: Path, *words: str, input: str | None = None) -> dict:
    return json.loads(said(folder, *words, "--json", input=input))


def companions(folder: Path, *words: str) -> set[str]:
    answer = told(folder, "companions", "Ann", "--min-overlap", "1", *words)
    names = {name.hex(): person for name, person in zip(Pseudonyms.open(folder).of(PEOPLE), PEOPLE, strict=True)}
    return {names[row["person"]] for row in answer["rows"]}


def test_a_batch_is_withdrawn_and_its_version_stays(folder: Path) -> None:
    done = told(folder, "withdraw", "--batch", "one", "--reason", "sent twice", "--key", "w")
    assert (done["removed"], done["repeated"]) == (4, False)
    assert told(folder, "withdraw", "--batch", "one", "--reason", "sent twice", "--key", "w")["repeated"]
    history = told(folder, "versions")
    assert [(each["kind"], each["reason"]) for each in history] == [("batch", ""), ("withdrawal", "sent twice")]
    assert companions(folder, "--as-of", "1", "--to", "2024-03-11") == {"Ben", "Cai"}
    assert "withdrawal" in said(folder, "versions")
    assert told(folder, "forget", "--before-version", "2", "--yes")["oldest"] == 2
    with pytest.raises(InvalidValue, match="as_of"):
        companions(folder, "--as-of", "1", "--to", "2024-03-11")


def test_a_cursor_of_a_version_that_was_let_go_says_so(folder: Path) -> None:
    words = ("companions", "Ann", "--min-overlap", "1", "--from", "2024-03-10", "--to", "2024-03-11")
    cursor = told(folder, *words, "--limit", "1")["next"]
    said(folder, "withdraw", "--batch", "one")
    assert len(told(folder, *words, "--cursor", cursor)["rows"]) == 1
    said(folder, "forget", "--before-version", "2", "--yes")
    with pytest.raises(InvalidValue, match="cursor: version 1 is no longer kept"):
        said(folder, *words, "--cursor", cursor)


def test_a_person_is_erased_without_a_word_on_who_it_was(folder: Path) -> None:
    with pytest.raises(InvalidValue, match="--yes"):
        said(folder, "withdraw", "--person", "Cai", "--reason", "by law")
    text = said(folder, "withdraw", "--person", "-", "--reason", "by law", "--yes", input="Cai\n")
    assert "Cai" not in text
    assert companions(folder) == {"Ben"}
    with pytest.raises(UnknownPerson):
        said(folder, "trajectory", "Cai")


def test_a_watch_stands_until_it_is_removed(folder: Path) -> None:
    words = ("--from", "2024-03-10", "--to", "2024-03-20")
    assert told(folder, "watch", "persons", "Ann", "--name", "a", "--min-overlap", "1", *words) == {"watch": "a"}
    assert told(folder, "watch", "crowd", "house", "--over", "1", "--name", "c", *words) == {"watch": "c"}
    assert [watch["kind"] for watch in told(folder, "watch", "list")] == ["persons", "crowd"]
    alerts = told(folder, "watch", "alerts")["alerts"]
    assert sorted(alert["watch"] for alert in alerts) == ["a", "a", "c", "c"]
    assert {alert["change"] for alert in alerts} == {"new"}
    assert told(folder, "watch", "alerts") == {"snapshot": 1, "alerts": []}
    said(folder, "withdraw", "--batch", "one")
    assert {alert["change"] for alert in told(folder, "watch", "alerts")["alerts"]} == {"retracted"}
    assert len(told(folder, "watch", "alerts", "--since", "1")["alerts"]) == 4
    assert "Ann" not in said(folder, "watch", "list")
    said(folder, "watch", "remove", "a")
    with pytest.raises(InvalidValue):
        said(folder, "watch", "remove", "a")
    with pytest.raises(InvalidValue, match="--from"):
        said(folder, "watch", "persons", "Ann")


def test_days_are_dropped_with_proof(folder: Path) -> None:
    assert told(folder, "drop-days", "2024-03-11", "--yes", "--reason", "kept 14 days")["stays"] == 4
    (proof,) = told(folder, "dropped")
    assert (proof["day"], len(proof["sha256"])) == ("2024-03-10", 64)
    assert "2024-03-10" in said(folder, "dropped")
    assert told(folder, "stats")["stays"] == 0


def test_merged_and_unmerged(folder: Path) -> None:
    told(folder, "merge", "Ben", "Cai", "--reason", "two cards")
    assert companions(folder) == {"Ben"}
    assert companions(folder, "--as-of", "1") == {"Ben", "Cai"}
    told(folder, "unmerge", "Cai", "--reason", "they are not")
    assert companions(folder) == {"Ben", "Cai"}
    with pytest.raises(InvalidValue):
        said(folder, "unmerge", "Cai")


@pytest.mark.parametrize("form", FORMATS, ids=lambda form: form.suffix)
def test_a_trajectory_is_exported_corrected_and_withdrawn(folder: Path, tmp_path: Path, form: Format) -> None:
    old, new = tmp_path / f"old{form.suffix}", tmp_path / "new.ndjson"
    said(folder, "trajectory", "Cai", "--export", str(old))
    (row,) = read_back(old.read_bytes(), form.suffix, QUESTIONS["trajectory"].shape)
    later = {"person": "Cai", "place_key": row["place"]["key"], "start": row["start"], "end": row["end"] + 1200}
    new.write_text(json.dumps(later) + "\n")
    done = told(folder, "correct", str(old), str(new), "--reason", "the clock was slow")
    assert (done["added"], done["removed"]) == (1, 1)
    assert told(folder, "trajectory", "Cai")["rows"][0]["minutes"] == pytest.approx(row["minutes"] + 20)
    assert told(folder, "withdraw", "--stays", str(new))["removed"] == 1
    with pytest.raises(Conflict):
        said(folder, "correct", str(old), str(new))


@pytest.mark.parametrize(
    ("name", "content", "error"),
    [
        ("a.arrow", b"ARROW1\0\0 but not quite", UnreadableSource),
        ("a.arrows", b"", UnreadableSource),
        ("a.parquet", b"PAR1PAR1", UnreadableSource),
        ("a.ndjson", b"{", UnreadableSource),
        ("a.ndjson", b'{"person": "Ann"}\n', InvalidValue),
        ("a.csv", b"person,place_key,start,end\nAnn,12,now,then\n", InvalidValue),
        ("a.csv", b"person,place_key,start,end\nAnn,,1,2\n", InvalidValue),
        ("a.csv", b"person,place_key,start,end\nAnn,-3,1,2\n", InvalidValue),
        ("a.xlsx", b"PK", UnknownFormat),
        ("missing.csv", None, UnreadableSource),
    ],
)
def test_a_file_of_stays_that_is_none(tmp_path: Path, name: str, content: bytes | None, error: type[TwinError]) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(error) as caught:
        read_stays(path, lambda name: name.encode())
    assert "Ann" not in str(caught.value)


def test_a_file_that_was_cut_off_is_not_read_half(folder: Path, tmp_path: Path) -> None:
    for form in FORMATS:
        if form.suffix in (".arrow", ".arrows", ".parquet"):
            path = tmp_path / f"whole{form.suffix}"
            said(folder, "trajectory", "Ann", "--export", str(path))
            path.write_bytes(path.read_bytes()[:-10])
            with pytest.raises(UnreadableSource):
                said(folder, "withdraw", "--stays", str(path))
    assert told(folder, "stats")["stays"] == 4


def test_ctrl_c_while_a_file_is_written_leaves_nothing(folder: Path, tmp_path: Path) -> None:
    """The command as it is run, stopped by the signal that Ctrl-C sends, in the middle of its rows."""
    out = tmp_path / "out"
    out.mkdir()
    script = (
        "import sys, time\n"
        "from twin.presence.export.text import Csv\n"
        "write = Csv.write\n"
        "def slow(self, batch):\n"
        "    write(self, batch)\n"
        "    print('under way', flush=True)\n"
        "    time.sleep(60)\n"
        "Csv.write = slow\n"
        "from twin.cli import run\n"
        "sys.argv = ['twin', *sys.argv[1:]]\n"
        "run()\n"
    )
    words = ("presence", "trajectory", "Ann", "--in", str(folder), "--export", str(out / "a.csv"))
    with subprocess.Popen(
        [sys.executable, "-c", script, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as command:
        assert command.stdout is not None
        assert command.stdout.readline() == b"under way\n"
        assert [path.suffix for path in out.iterdir()] == [".partial"]
        command.send_signal(signal.SIGINT)
        _, errors = command.communicate(timeout=60)
    assert command.returncode == 130
    assert b"interrupted" in errors
    assert not [*out.iterdir()]


def test_compact_and_verify_deep(folder: Path) -> None:
    assert told(folder, "compact")["after"] == 1
    assert "and so is what they hold" in said(folder, "verify", "--deep")
    with pytest.raises(InvalidValue):
        said(folder, "forget", "--yes")
    with pytest.raises(InvalidValue):
        said(folder, "withdraw", "--batch", "one", "--person", "Ann", "--yes")
