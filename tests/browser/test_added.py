"""A landmark that was added is on the page, in the list of layers, and answers a click."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import shapely

from tests.browser.conftest import Desk, Served
from tests.browser.seeing import differ, settled, until
from tests.tiles.models import model
from tiles.models import keep_model
from twin.entity import Entity
from twin.store import SourceInfo, Store

SOURCE = SourceInfo("test", "glTF", "EPSG:4979", "wgs84", "ellipsoidal", 0)


@pytest.fixture
def tower(served: Served, tmp_path: Path) -> Iterator[None]:
    """A pyramid of 2 km in the middle of the district: nobody overlooks it."""
    (tmp_path / "tower.glb").write_bytes(model())
    kept = keep_model(served.folder, tmp_path / "tower.glb")
    with Store.open(served.folder) as store:
        extent = store.extent()
        assert extent is not None
        ground = store.meta.ground_m or 0.0
        said = {"model": kept.name, "name": "Pyramid", "scale": 20.0}
        point = bytes(shapely.to_wkb(shapely.Point(*extent.centre)))
        store.write(iter([Entity("pyramid", "landmark", None, point, ground, 600.0, attributes=said)]), source=SOURCE)
        yield
        store.retire(["pyramid"], source="test")


def test_a_landmark_is_seen_and_picked(desk: Desk, tower: None, screenshots: Path) -> None:
    page = desk.open("/wall")
    box = page.locator("input[data-layer=added-landmarks]")
    with_it = settled(page)
    asked = [url for url in desk.requests if "/tiles/landmarks/" in url and url.endswith(".glb")]
    assert len(asked) == 1
    page.screenshot(path=screenshots / "landmark.png")
    box.evaluate("one => one.click()")
    without = settled(page)
    assert differ(with_it, without) > 500
    box.evaluate("one => one.click()")
    until(page, lambda: differ(settled(page), with_it) < 100, 20)
    changed = np.argwhere(np.abs(with_it - without).max(axis=2) > 12)
    row, column = changed[len(changed) // 2]
    size = page.viewport_size
    assert size is not None
    began = time.monotonic()
    page.mouse.click(size["width"] * 0.37 + float(column), size["height"] * 0.2 + float(row))
    page.wait_for_function("() => document.body.textContent.includes('Pyramid')", timeout=20_000)
    assert time.monotonic() - began < 20
