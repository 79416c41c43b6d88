"""`twin tiles`: answers, exit codes, and an interrupted build."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
import zipfile
from dataclasses import replace
from pathlib import Path

import orjson
import pytest
import shapely
from typer.testing import CliRunner

from tests.tiles.test_build import on_disk
from tiles import BuildReport
from twin.cli.tile_tables import print_built
from twin.cli.tiles import group
from twin.entity import Entity
from twin.errors import Conflict, EmptySource, InvalidValue, NotATwin, TwinError, UnreadableSource
from twin.store import SourceInfo, Store

SOURCE = SourceInfo("test", "made up", "EPSG:4326", "wgs84", "ellipsoidal", 1_700_000_000)


def run(*words: str) -> object:
    result = CliRunner().invoke(group, [*words, "--json"])
    if isinstance(result.exception, TwinError):
        raise result.exception
    return result.exit_code, orjson.loads(result.stdout)


@pytest.fixture
def twin(tmp_path: Path) -> Path:
    with Store.create(tmp_path / "twin", name="test") as store:
        shapes = [shapely.box(114 + i * 1e-3, 22, 114 + i * 1e-3 + 1e-4, 22.0001) for i in range(20)]
        entities = [Entity(f"b{i}", "building", footprint=shapely.to_wkb(shape)) for i, shape in enumerate(shapes)]
        store.write(entities, source=SOURCE)
    return tmp_path / "twin"


def test_build_and_check(twin: Path) -> None:
    code, (report,) = run("build", str(twin))
    assert (code, report["kind"], report["features"], report["left_out"]) == (0, "building", 20, 0)
    assert run("check", str(twin)) == (0, {"building": []})
    assert run("build", str(twin), "--kind", "building")[0] == 0


def test_tables_for_people(twin: Path) -> None:
    built = CliRunner().invoke(group, ["build", str(twin)])
    assert built.exit_code == 0
    assert "20" in built.stdout
    assert "every rule holds" in CliRunner().invoke(group, ["check", str(twin)]).stdout


def test_a_broken_layer_ends_with_1(twin: Path) -> None:
    run("build", str(twin))
    for tile in (twin / "tiles").rglob("*.glb"):
        tile.unlink()
    code, found = run("check", str(twin))
    assert code == 1
    assert {issue["rule"] for issue in found["building"]} >= {"tiles.missing", "tiles.id-missing"}
    assert "tiles.missing" in CliRunner().invoke(group, ["check", str(twin)]).stdout


def test_update_pack_prune_and_check_again(twin: Path, tmp_path: Path) -> None:
    run("build", str(twin))
    assert run("update", str(twin)) == (0, {"building": None})
    with Store.open(twin) as store:
        store.write([replace(store.get("b3"), height_m=3.2)], source=SOURCE)
    code, done = run("update", str(twin))
    assert (code, done) == (
        0, {"building": {"version": 2, "tiles": ["0.glb"], "documents": False, "made": 1, "rebuilt": ""}},
    )  # fmt: skip
    assert run("check", str(twin)) == (0, {"building": []})
    assert run("pack", str(twin), str(tmp_path / "out.3tz"))[1]["files"] == 2
    assert run("check", str(tmp_path / "out.3tz")) == (0, {"out.3tz": []})
    run("pack", str(twin), str(tmp_path / "plain"))
    assert run("check", str(tmp_path / "plain")) == (0, {"plain": []})
    assert {path.name for path in (tmp_path / "plain").iterdir()} >= {"0.glb", "tileset.json"}
    code, freed = run("prune", str(twin), "--days", "0")
    assert freed == {"building": 0, "images": 0}, "the checkpoint of step 1 is where step 2 begins"
    run("build", str(twin))
    assert run("prune", str(twin), "--days", "0")[1]["building"] > 0
    assert run("check", str(twin)) == (0, {"building": []})
    for words in (("update", str(twin)), ("pack", str(twin), str(tmp_path / "x.3tz")), ("prune", str(twin))):
        assert CliRunner().invoke(group, list(words)).exit_code == 0


def test_implicit_tiling_into_an_archive_and_a_folder(twin: Path, tmp_path: Path) -> None:
    run("build", str(twin))
    for target in ("out.3tz", "plain"):
        code, packed = run("pack", str(twin), str(tmp_path / target), "--implicit")
        assert (code, packed["files"], packed["issues"]) == (0, 3, [])
        assert run("check", str(tmp_path / target)) == (0, {target: []})
    names = {path.relative_to(tmp_path / "plain").as_posix() for path in (tmp_path / "plain").rglob("*.*")}
    assert names >= {"tileset.json", "0/0/0.glb", "subtrees/0/0/0.subtree"}
    with pytest.raises(Conflict, match="not empty"):
        run("pack", str(twin), str(tmp_path / "plain"), "--implicit")
    with pytest.raises(EmptySource, match="nothing in it has a shape"):
        run("pack", str(twin), str(tmp_path / "early"), "--implicit", "--at", "1990-01-01")
    assert not list(tmp_path.glob("*early*"))


def test_an_archive_that_climbs_out_is_refused_by_name(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "bad.3tz", "w") as archive:
        archive.writestr("../evil.glb", b"x")
    with pytest.raises(UnreadableSource, match=r"bad\.3tz.*'\.\./evil\.glb' leads out"):
        run("check", str(tmp_path / "bad.3tz"))


def test_an_older_layout_is_built_anew_with_a_word(twin: Path) -> None:
    folder = twin / "tiles" / "building"
    folder.mkdir(parents=True)
    extras = {"layer": "building", "features": 3, "tiles": 1, "bytes": 3, "bbox": [0, 0, 1, 1], "built_at": 7}
    (folder / "tileset.json").write_bytes(orjson.dumps({"extras": extras}))
    for command in ("check", "update"):
        with pytest.raises(InvalidValue, match="older version"):
            run(command, str(twin))
    said = CliRunner().invoke(group, ["build", str(twin)])
    assert "layout of an older version" in said.stdout
    assert run("check", str(twin)) == (0, {"building": []})


def test_what_cannot_be_done_is_said(twin: Path, tmp_path: Path) -> None:
    with pytest.raises(EmptySource, match="no layer is built"):
        run("check", str(twin))
    with pytest.raises(InvalidValue, match="layer 'tree'"):
        run("build", str(twin), "--kind", "tree")
    with pytest.raises(NotATwin):
        run("build", str(tmp_path / "nowhere"))
    with Store.create(tmp_path / "empty", name="empty"):
        pass
    with pytest.raises(EmptySource, match="nothing in it is drawn"):
        run("build", str(tmp_path / "empty"))


def test_ctrl_c_leaves_the_layer_that_was_there(twin: Path) -> None:
    """A real signal to a real process, while it waits in the middle of its build."""
    run("build", str(twin))
    before = on_disk(twin / "tiles")
    waiting = (
        "import os, time, sys, tiles.contents as c\n"
        "from twin.cli import run\n"
        "c.write_beside = lambda path, data: (os.write(1, b'ready\\n'), time.sleep(1))\n"
        f"sys.argv = ['twin', 'tiles', 'build', {str(twin)!r}]\n"
        "run()\n"
    )
    with Store.open(twin) as store:
        store.write([Entity("b0", "building", footprint=store.get("b0").footprint, height_m=50.0)], source=SOURCE)
    process = subprocess.Popen([sys.executable, "-c", waiting], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n"
    time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert b"Traceback" not in said
    assert on_disk(twin / "tiles") == before
    assert run("build", str(twin))[0] == 0
    assert run("check", str(twin)) == (0, {"building": []})


def test_what_was_built_fits_eighty_columns(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    print_built([BuildReport("building", Path(), 100_371, 308, 98_500_000, 4.3, packed=308)])
    said = capsys.readouterr().out
    for word in ("building", "100,371", "features/s", "23,342", "left out", "faults"):
        assert word in said
