"""Twins without anything in them."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from twin.store import Store


@pytest.fixture(scope="session")
def bare_twin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One for tests that must leave it as it is."""
    folder = tmp_path_factory.mktemp("bare") / "twin"
    Store.create(folder, name="test").close()
    return folder


@pytest.fixture
def twin(bare_twin: Path, tmp_path: Path) -> Path:
    """One of the test's own."""
    shutil.copytree(bare_twin, tmp_path / "twin")
    return tmp_path / "twin"
