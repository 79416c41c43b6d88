"""`twin import` and `twin quarantine` as they are typed: one clear line for every bad input, nothing left behind."""

from __future__ import annotations

import gzip
import os
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.twin.ingest.city_samples import written
from tests.twin.ingest.table_samples import bowtie, buildings, collection, feature, lines, square
from twin.cli import importing
from twin.cli.main import run
from twin.store import Store


@dataclass
class Told:
    """What a command said: its exit code, and what it wrote."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return orjson.loads(self.out)

    @property
    def line(self) -> str:
        """The one line of an error, without the command's name."""
        (only,) = self.err.strip().splitlines()
        return only.removeprefix("twin: ")


Type = Callable[..., Told]


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Type:
    """Type a `twin` command, in this process."""

    def command(*arguments: object) -> Told:
        monkeypatch.setattr(sys, "argv", ["twin", *map(str, arguments)])
        monkeypatch.delenv("TWIN_DATABASE_URL", raising=False)
        with pytest.raises(SystemExit) as ended:
            run()
        told = capsys.readouterr()
        return Told(int(ended.value.code or 0), told.out, told.err)

    return command


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    folder = tmp_path / "inbox"
    folder.mkdir()
    return folder


def test_a_twin_is_made_where_none_is(typed: Type, inbox: Path, tmp_path: Path) -> None:
    written(inbox, "town.ndjson", buildings(3))
    told = typed("import", inbox, "--into", tmp_path / "twin", "--name", "Harbour", "--zone", "Europe/Helsinki")
    assert told.code == 0
    assert "3 building" in told.out
    with Store.open(tmp_path / "twin") as store:
        assert (store.meta.name, store.meta.zone, store.counts()) == ("Harbour", "Europe/Helsinki", {"building": 3})
        assert store.meta.ground_m is None  # no ground elevation is known, none is made up


def test_json(typed: Type, inbox: Path, tmp_path: Path) -> None:
    rows = lines(feature(square(), "good-1", height=3), feature(bowtie(1), "crossed-1", height=3))
    town = written(inbox, "town.ndjson", rows).path
    answer = typed("import", town, "--into", tmp_path / "twin", "--json").json
    assert (answer["taken"], answer["refused"], answer["dry_run"]) == ({"building": 1}, 1, False)
    (source,) = answer["sources"]
    assert (source["format"], source["status"], source["added"]) == ("geojsonseq", "taken", 1)
    (rule,) = source["rules"]
    assert (rule["rule"], rule["severity"], rule["count"]) == ("geometry.self-intersection", "rejected", 1)
    assert rule["examples"][0]["path"] == "town.ndjson:2 crossed-1"


def test_a_dry_run_leaves_nothing(typed: Type, inbox: Path, tmp_path: Path) -> None:
    """It says what would be taken and what refused, and why; the folder is not even made."""
    rows = lines(feature(square(), "good-1", height=3), feature(bowtie(1), "crossed-1", height=3))
    written(inbox, "town.ndjson", rows)
    written(inbox, "readme.txt", "Not city data")
    told = typed("import", inbox, "--into", tmp_path / "twin", "--dry-run")
    assert told.code == 0
    said = " ".join(told.out.split())
    for part in ("would take", "1 building", "no importer", "self-intersection", "Nothing was stored"):
        assert part in said
    assert not (tmp_path / "twin").exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["inbox"]


def test_a_dry_run_leaves_a_twin_as_it_was(typed: Type, inbox: Path, tmp_path: Path) -> None:
    town = written(inbox, "town.ndjson", buildings(3)).path
    typed("import", town, "--into", tmp_path / "twin")
    with Store.open(tmp_path / "twin") as store:
        before = (store.newest_change(), len(store.imports()))
    written(inbox, "town.ndjson", buildings(9))
    assert typed("import", town, "--into", tmp_path / "twin", "--dry-run", "--json").json["taken"] == {"building": 9}
    with Store.open(tmp_path / "twin") as store:
        assert (store.newest_change(), len(store.imports())) == before


def test_quarantine(typed: Type, inbox: Path, tmp_path: Path) -> None:
    rows = lines(*(feature(bowtie(i), f"crossed-{i}", height=3) for i in range(3)), feature(square(9), "good-1"))
    written(inbox, "town.ndjson", rows)
    typed("import", inbox, "--into", tmp_path / "twin")
    page = typed("quarantine", tmp_path / "twin", "--limit", 2, "--json").json
    assert [row["issue"]["path"] for row in page["rows"]] == ["town.ndjson:1 crossed-0", "town.ndjson:2 crossed-1"]
    rest = typed("quarantine", tmp_path / "twin", "--limit", 2, "--cursor", page["next"], "--json").json
    assert [row["issue"]["path"] for row in rest["rows"]] == ["town.ndjson:3 crossed-2"]
    everything = typed("quarantine", tmp_path / "twin", "--all", "--json").json
    assert [row["issue"]["code"] for row in everything["rows"]].count("height.assumed") == 1
    assert "self-intersection" in typed("quarantine", tmp_path / "twin").out


# Bad input: the thing, the reason, the way out, in one line


def cut_lines(inbox: Path) -> Path:
    return written(inbox, "town.ndjson", buildings(5)[:-30]).path


def cut_archive(inbox: Path) -> Path:
    path = inbox / "town.ndjson.gz"
    path.write_bytes(gzip.compress(buildings(500).encode())[:-30])
    return path


def other_kind(inbox: Path) -> Path:
    path = inbox / "photo.jpg"
    path.write_bytes(b"\xff\xd8\xff\xe0\0\x10JFIF" + bytes(200))
    return path


def no_crs(inbox: Path) -> Path:
    return written(inbox, "sensors.csv", "sensor_id,x,y\nS-00001,85000,447000\n").path


def nameless_crs(inbox: Path) -> Path:
    return written(inbox, "town.geojson", collection(feature(square(), "house-1", height=3), crs=None)).path


def metres_as_degrees(inbox: Path) -> Path:
    ring = [[85_000, 447_000], [85_010, 447_000], [85_010, 447_010], [85_000, 447_000]]
    return written(inbox, "town.ndjson", lines(feature(ring, "house-1", height=3))).path


def crossed(inbox: Path) -> Path:
    return written(inbox, "town.ndjson", lines(feature(bowtie(), "house-1", height=3))).path


def empty_file(inbox: Path) -> Path:
    return written(inbox, "town.geojson", "").path


def good(inbox: Path) -> Path:
    return written(inbox, "town.ndjson", buildings(2)).path


BAD_INPUT: list[tuple[Callable[[Path], Path], list[str], str]] = [
    (lambda inbox: inbox, [], r"inbox: there is no file in it\. Name a folder that holds city data"),
    (lambda inbox: inbox / "nowhere", [], r"nowhere: there is no such file or folder\. Check the path"),
    (empty_file, [], r"town\.geojson: it is empty\. These are taken: "),
    (other_kind, [], r"photo\.jpg: no importer takes this kind of file\. These are taken: "),
    (cut_lines, [], r"town\.ndjson: it is truncated in line 5\. Fetch the file again"),
    (cut_archive, [], r"town\.ndjson\.gz: the file is truncated\. Fetch the file again"),
    (no_crs, [], r"sensors\.csv: it does not say which reference system it is in\. Give one, such as --crs EPSG:28992"),
    (nameless_crs, [], r"town\.geojson: it does not say which reference system it is in\. Give one"),
    (metres_as_degrees, [], r"town\.ndjson: 1 of its 1 objects are not on Earth.*Say which one it is, such as --crs"),
    (good, ["--crs", "EPSG:28992"], r"town\.ndjson: coordinates such as 114.* are not where EPSG:28992 .*is used"),
    (good, ["--crs", "EPSG:999999"], r"reference system 'EPSG:999999': PROJ does not know it\. Give one such as"),
    (good, ["--datum", "mars"], r"datum 'mars': it is not known\. Give one of wgs84, cgcs2000, gcj02, bd09 or EPSG:n"),
    (good, ["--kind", "castle"], r"kind 'castle': there is no such kind\. Give one of district, "),
    (good, ["--map", "height=H"], r"mapping height=H: town\.ndjson has no column 'H'\. It has: height"),
    (good, ["--map", "height"], r"--map height: it is not OUR_FIELD=THEIR_COLUMN\. Write for instance"),
    (crossed, [], r"town\.ndjson: none of its 1 objects could be taken: .*ambiguous.*Check that it is the right file"),
]


@pytest.mark.parametrize("case", BAD_INPUT, ids=lambda case: case[2][:24])
def test_bad_input(
    typed: Type, inbox: Path, tmp_path: Path, case: tuple[Callable[[Path], Path], list[str], str]
) -> None:
    make, options, line = case
    path = make(inbox)
    for more in ([], ["--dry-run"]):
        told = typed("import", path, "--into", tmp_path / "twin", *options, *more)
        assert told.code == 2
        assert re.search(line, told.line), told.line
        assert not (tmp_path / "twin").exists()


def test_a_twin_that_is_there_stays_as_it_was(typed: Type, inbox: Path, tmp_path: Path) -> None:
    twin = tmp_path / "twin"
    typed("import", good(inbox), "--into", twin)
    with Store.open(twin) as store:
        before = (store.counts(), store.newest_change(), len(store.imports()))
    for make in (cut_lines, cut_archive, crossed, other_kind, no_crs):
        assert typed("import", make(inbox), "--into", twin).code == 2
    with Store.open(twin) as store:
        assert (store.counts(), store.newest_change(), len(store.imports())) == before


def test_one_bad_file_among_good_ones(typed: Type, inbox: Path, tmp_path: Path) -> None:
    """The good ones are in, the bad one is named, and the exit code tells that something is missing."""
    written(inbox, "a.ndjson", buildings(3))
    written(inbox, "b.ndjson", buildings(3, first=50)[:-30])
    told = typed("import", inbox, "--into", tmp_path / "twin", "--json")
    assert told.code == 2
    found = {source["source"]: (source["status"], source["reason"]) for source in told.json["sources"]}
    assert found == {"a.ndjson": ("taken", ""), "b.ndjson": ("failed", "it is truncated in line 3")}
    with Store.open(tmp_path / "twin") as store:
        assert store.counts() == {"building": 3}


def test_a_folder_that_cannot_be_written(typed: Type, inbox: Path, tmp_path: Path) -> None:
    town = good(inbox)
    (tmp_path / "file").write_text("not a folder")
    told = typed("import", town, "--into", tmp_path / "file" / "twin")
    assert told.code == 6
    assert "file/twin" in told.line
    assert (tmp_path / "file").read_text() == "not a folder"
    told = typed("import", town, "--into", "/proc/twin")
    assert told.code == 6
    assert told.line.startswith("/proc/twin: ")


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes everywhere")
def test_a_folder_without_the_right_to_write(typed: Type, inbox: Path, tmp_path: Path) -> None:
    locked = tmp_path / "locked"
    locked.mkdir(mode=0o500)
    assert typed("import", good(inbox), "--into", locked / "twin").code == 6
    assert list(locked.iterdir()) == []


@pytest.mark.parametrize("there", [False, True])
def test_ctrl_c_leaves_nothing(
    typed: Type, inbox: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, there: bool
) -> None:
    twin = tmp_path / "twin"
    if there:
        typed("import", written(inbox, "first.ndjson", buildings(2, first=5_000)).path, "--into", twin)
    town = written(inbox, "town.ndjson", buildings(3_000)).path
    ticks = 0

    @contextmanager
    def interrupting(*, quiet: bool) -> Iterator[Callable[[str, int, int], None]]:
        def update(_source: str, _done: int, _total: int) -> None:
            nonlocal ticks
            ticks += 1
            if ticks == 4:
                raise KeyboardInterrupt

        yield update

    with monkeypatch.context() as patched:
        patched.setattr(importing, "_progress", interrupting)
        told = typed("import", town, "--into", twin)
    assert (told.code, told.line) == (130, "interrupted; nothing is half done, run it again")
    if there:
        with Store.open(twin) as store:
            assert store.counts() == {"building": 2}
    else:
        assert not twin.exists()
    assert typed("import", town, "--into", twin).code == 0
