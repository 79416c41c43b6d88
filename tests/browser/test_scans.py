"""A point cloud and a building model that were added are on the page; an element tells of itself when it is clicked."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyproj
import pytest
from playwright.sync_api import Page

from tests.browser.conftest import Desk, Served
from tests.browser.seeing import differ, settled
from tests.tiles.house import House
from tests.tiles.test_cloud import las
from tiles.scans.cloud import build_cloud
from tiles.scans.model import build_model
from tiles.scans.placing import Wanted
from tiles.scans.shelf import remove
from twin.ingest.source import Options
from twin.store import Store


@pytest.fixture
def camera(served: Served, tmp_path: Path) -> Iterator[str]:
    """A floor over the south of the district's middle, a cloud over its north; gives a view of both, from above."""
    with Store.open(served.folder) as store:
        extent, ground = store.extent(), store.meta.ground_m or 0.0
    assert extent is not None
    lon, lat = extent.centre
    tiles = served.folder / "tiles"
    file = House(storeys=1, size=(160.0, 140.0)).write(tmp_path / "floor.ifc")
    build_model(tiles, "floor", file, Options(), Wanted(lon - 0.0008, lat - 0.0016, ground + 150.0, 0.0))
    east, north = pyproj.Transformer.from_crs(4326, 32650, always_xy=True).transform(lon, lat)
    spread = np.random.default_rng(1).random((40_000, 3)) * (160.0, 140.0, 1.0)
    xyz = spread + np.array([east - 80.0, north + 20.0, ground + 150.0])
    cloud = las(tmp_path / "points.laz", xyz, "EPSG:32650", classification=np.full(40_000, 9))
    build_cloud(tiles, "points", [cloud], Options(vertical="ellipsoidal"))
    yield f"{lon},{lat - 0.0015},{ground + 700},0,-75"
    for name in ("floor", "points"):
        remove(tiles, name)


def toggle(page: Page, name: str) -> np.ndarray:
    page.locator(f"input[data-layer=added-{name}]").evaluate("one => one.click()")
    return settled(page)


def test_both_are_seen_and_an_element_is_picked(desk: Desk, camera: str, screenshots: Path) -> None:
    page = desk.open(f"/wall?language=en&camera={camera}")
    whole = settled(page)
    page.screenshot(path=screenshots / "scans.png")
    without_points = toggle(page, "points")
    assert differ(whole, without_points) > 500
    without_both = toggle(page, "floor")
    assert differ(without_points, without_both) > 500
    toggle(page, "floor")
    changed = np.argwhere(np.abs(without_points - without_both).max(axis=2) > 12)
    row, column = changed[len(changed) // 2]
    size = page.viewport_size
    assert size is not None
    at = size["width"] * 0.37 + float(column), size["height"] * 0.2 + float(row)
    page.mouse.click(*at)
    page.wait_for_function("() => document.body.textContent.includes('Slab 1F')", timeout=20_000)
    page.screenshot(path=screenshots / "element.png")
    facts = page.locator(".facts").inner_text()
    assert "Storey" in facts
    assert "selection" not in page.url, "an element is no entity that a link could lead to"
    page.locator(".close").click()
    page.wait_for_function("() => !document.body.textContent.includes('Slab 1F')", timeout=5_000)
