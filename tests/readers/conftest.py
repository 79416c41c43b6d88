"""One served city for all readers."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.readers.city import Served, served_city


@pytest.fixture(scope="session")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served_city(tmp_path_factory.mktemp("readers") / "twin") as served:
        yield served
