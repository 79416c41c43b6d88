"""Khronos' glTF validator over what we write: no error and no warning."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import orjson
import pytest

from tests.tiles.test_build import block, solid_village
from tests.tiles.village import KIND, village
from tiles.build import build_features

ROOT = Path(__file__).resolve().parents[2]
VALIDATOR = ROOT / "node_modules" / "gltf-validator"
SCRIPT = Path(__file__).with_name("validate.cjs")


def node() -> str:
    """Node from the system, or the one that set-up put into the virtual environment."""
    found = shutil.which("node") or shutil.which("node", path=str(ROOT / ".venv" / "bin"))
    if found is None or not VALIDATOR.is_dir():
        pytest.skip(f"the glTF validator is not there: {'no node' if found is None else f'no folder {VALIDATOR}'}")
    return found


def reports(folder: Path) -> list[dict[str, object]]:
    files = [str(path) for path in folder.rglob("*.glb")]
    run = subprocess.run([node(), str(SCRIPT), str(VALIDATOR), *files], capture_output=True, check=True)
    found: list[dict[str, object]] = orjson.loads(run.stdout)
    assert len(found) == len(files) > 0
    return found


@pytest.mark.parametrize("spread", [0.005, 0.05])
def test_extrusions_are_valid(tmp_path: Path, spread: float) -> None:
    build_features(village(1500, spread_deg=spread), KIND, tmp_path)
    assert [report for report in reports(tmp_path) if report["errors"] or report["warnings"]] == []


def test_meshes_are_valid(tmp_path: Path) -> None:
    build_features(solid_village(40), KIND, tmp_path, meshes=lambda ids: ((id_, {"2": block(20.0)}) for id_ in ids))
    assert [report for report in reports(tmp_path) if report["errors"] or report["warnings"]] == []


def test_the_validator_finds_what_is_broken(tmp_path: Path) -> None:
    build_features(village(5), KIND, tmp_path)
    (file,) = tmp_path.rglob("*.glb")
    file.write_bytes(file.read_bytes().replace(b'"max":[', b'"max":[1', 1).replace(b"} ", b"}", 1))
    assert reports(tmp_path)[0]["errors"] != 0
