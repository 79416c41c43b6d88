"""Districts that several tests look at: drawn once."""

from __future__ import annotations

from pathlib import Path

import pytest

from twin.synth import Made, Spec, make_synthetic
from twin.synth.district import District, draw_district


@pytest.fixture(scope="session")
def district() -> District:
    """The default district, drawn, not stored."""
    return draw_district(Spec())


@pytest.fixture(scope="session")
def small() -> District:
    return draw_district(Spec.small())


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Made]:
    """The small district as a twin."""
    folder = tmp_path_factory.mktemp("synth") / "twin"
    return folder, make_synthetic(folder, Spec.small())
