"""Compiled kernels belong to the sources that they were made of."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from twin.compiled import HOME, VARIABLE, state_of_sources

PROGRAM = "import twin.presence.kernels.reading, os; from numba.core import config; print(config.CACHE_DIR)"


def package(folder: Path, limit: int = 7, other: str = "") -> Path:
    home = folder / "twin"
    home.mkdir(parents=True)
    (home / "limits.py").write_text(f"LIMIT = {limit}\n")
    (home / "plain.py").write_text(f"OTHER = 1{other}\n")
    (home / "kernel.py").write_text(
        "from numba import njit\nfrom twin.limits import LIMIT\n\n@njit\ndef f(): return LIMIT\n"
    )
    return home


def test_a_kernel_or_a_constant_in_it_is_another_state(tmp_path: Path) -> None:
    state = state_of_sources(package(tmp_path / "a"))
    assert state == state_of_sources(package(tmp_path / "b"))
    assert state == state_of_sources(package(tmp_path / "c", other="2"))
    assert state != state_of_sources(package(tmp_path / "d", limit=8))


def test_numba_is_told(tmp_path: Path) -> None:
    plain = {name: value for name, value in os.environ.items() if name != VARIABLE}
    for given, before in (({}, ""), ({VARIABLE: str(tmp_path)}, ""), ({}, "import numba; ")):
        done = subprocess.run(
            [sys.executable, "-c", before + PROGRAM], env=plain | given, capture_output=True, text=True, check=True
        )
        expected = given.get(VARIABLE) or str(HOME / "__pycache__" / f"kernels-{state_of_sources(HOME)}")
        assert done.stdout.strip() == expected
