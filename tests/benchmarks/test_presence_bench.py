"""`twin bench presence` from end to end on a tiny district, beside every peer that is installed."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import orjson
import pytest

from benchmarks.pagecache import drop, resident, take_in
from benchmarks.presence.growth import study
from benchmarks.presence.peers.kinds import PEERS, PeerKind, chosen
from benchmarks.presence.peers.race import AnswersDiffer, race
from benchmarks.presence.run import Options, run, workplace
from benchmarks.presence.store import Site, build
from benchmarks.presence.world import ZONE, WorldSpec
from benchmarks.process import TWIN
from benchmarks.report import Goal, Report
from twin.errors import Conflict, InvalidValue
from twin.presence import Presence

PEOPLE, DAYS = 2000, 2
SPEC = WorldSpec(PEOPLE, DAYS)


@pytest.fixture(scope="module")
def place() -> Iterator[Path]:
    """A folder that PostgreSQL's own user can reach."""
    folder = Path(tempfile.mkdtemp(prefix="twin-bench-test-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder)


def test_a_whole_run_and_a_second_one_on_what_it_kept(place: Path) -> None:
    folder = place / "world"
    size = ["--people", str(PEOPLE), "--days", str(DAYS), "--runs", "8", "--postgres-days", "1"]
    words = [TWIN, "bench", "presence", *size, "--folder", str(folder), "--keep", "--json"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    report = orjson.loads(done.stdout)
    assert report["data"]["stays"] > 13 * PEOPLE
    assert report["data"]["world"] == {"people": PEOPLE, "days": DAYS, "seed": 1}
    whats = {row["what"] for row in report["rows"]}
    assert {"ingest, both orders, durable, sustained", "companions, warm, 1 asker", "trajectory"} <= whats
    assert {"companions, first touch from disk", "companions, warm, 8 askers at once"} <= whats
    for row in report["rows"]:
        assert {"what", "who", "p50", "p95", "unit", "n", "goal", "goal95", "at_least"} == row.keys()
        assert row["p50"] > 0
    there = [kind for kind in PEERS if kind.there()]
    assert len({row["who"] for row in report["rows"]}) == 1 + len(there)
    for kind in PEERS:
        facts = report["data"]["peers"][kind.name]
        assert (facts["best shape"] in facts["ms by shape"]) if kind in there else facts.startswith("absent: ")
    said: list[str] = []
    again = run(Options(SPEC, folder, peers="duckdb", runs=2), said.append)
    assert {"store: used again", "DuckDB"} <= {line.split(",")[0].split(" 2.")[0] for line in said}
    assert again.data["stays"] == report["data"]["stays"]
    assert (folder / "presence").is_dir()  # what was kept stays kept
    with pytest.raises(Conflict, match="another world"):
        run(Options(WorldSpec(PEOPLE, DAYS, seed=2), folder), said.append)


def test_answers_that_differ_end_the_run(place: Path) -> None:
    (duckdb,) = chosen("duckdb")
    site = Site(place / "differ", SPEC, lambda line: None)
    build(site)
    with Presence.open(site.store, zone=ZONE) as presence:
        rows = presence.companions([7], SPEC.window, limit=None).rows
    pairs = [(row.person, row.together_s) for row in rows]
    assert race(duckdb, site, DAYS, {7: pairs}).ms
    wrong = [pairs[1:], [*pairs, (PEOPLE - 1, 700)], [(pairs[0][0], pairs[0][1] + 1), *pairs[1:]]]
    for answer in wrong:
        with pytest.raises(AnswersDiffer, match="not in"):
            race(duckdb, site, DAYS, {7: answer})


def test_a_peer_that_was_half_filled_is_filled_anew(place: Path) -> None:
    (duckdb,) = chosen("duckdb")
    site = Site(place / "differ", SPEC, lambda line: None)
    (site.folder / "duckdb" / "loaded.json").unlink()
    with Presence.open(site.store, zone=ZONE) as presence:
        pairs = [(row.person, row.together_s) for row in presence.companions([3], SPEC.window, limit=None).rows]
    assert race(duckdb, site, DAYS, {3: pairs}).loaded.stays > 0


def test_what_is_not_installed_is_absent_with_a_way_to_get_it() -> None:
    assert all(kind.way for kind in PEERS)
    assert not PeerKind("none such", lambda: False, "nowhere", "no.module", "None").there()
    assert chosen("none") == []
    with pytest.raises(InvalidValue, match="oracle"):
        chosen("duckdb,oracle")


def test_a_longer_world_begins_where_the_shorter_one_ended(tmp_path: Path) -> None:
    lines: list[str] = []
    for days in (1, 2):
        build(Site(tmp_path / "long", WorldSpec(PEOPLE, days), lines.append))
    build(Site(tmp_path / "whole", WorldSpec(PEOPLE, 2), lambda line: None))
    windows = WorldSpec(PEOPLE, 2).window
    answers = []
    for name in ("long", "whole"):
        with Presence.open(tmp_path / name / "presence", zone=ZONE) as presence:
            answers.append([(row.person, row.together_s) for row in presence.companions([11], windows).rows])
    assert answers[0] == answers[1]
    assert len(lines) == 2
    with pytest.raises(Conflict, match="2 days"):
        build(Site(tmp_path / "long", WorldSpec(PEOPLE, 1), lines.append))


def test_a_folder_of_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "presence").mkdir()
    with pytest.raises(Conflict, match="no benchmark"), workplace(tmp_path, keep=False, say=print):
        pass
    assert (tmp_path / "presence").is_dir()


def test_what_a_run_made_goes_when_it_ends_in_any_way(tmp_path: Path) -> None:
    def work() -> None:
        with workplace(tmp_path / "new", keep=False, say=print) as place:
            (place / "duckdb").mkdir()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        work()
    assert not (tmp_path / "new").exists()


def test_files_leave_memory_and_come_back(place: Path) -> None:
    path = place / "file"  # not a memory file system, where pages have nowhere to go
    path.write_bytes(bytes(1 << 20))
    drop([path])
    assert resident([path]) == 0
    take_in([path])
    assert resident([path]) == 1


def test_growth_measures_every_size() -> None:
    report = Report()
    found = study(report, lambda line: None, days=(1, 2), people=(200, 400), runs=2)
    assert [(point.people, point.days) for point in found.days] == [(200, 1), (200, 2)]
    assert [(point.people, point.days) for point in found.people] == [(200, 14), (400, 14)]
    assert found.days[1].stays > found.days[0].stays
    assert len(report.rows) == 8


def test_goals_of_both_kinds() -> None:
    report = Report()
    low = report.add("answer", list(np.arange(1.0, 101.0)), "ms", goal=Goal(60, 90))
    high = report.add("rate", list(np.arange(1.0, 101.0)), "1/s", goal=Goal(50, 5, at_least=True))
    assert (low.met, low.goals) == (False, "≤ 60, p95 ≤ 90")
    assert (high.met, high.goals) == (True, "≥ 50, p95 ≥ 5")
    assert high.p95 < high.p50
