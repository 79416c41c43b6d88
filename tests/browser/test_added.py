"""A landmark that was added is on the page, in the list of layers, and answers a click."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import shapely
from playwright.sync_api import expect

from tests.browser.conftest import Desk, Served
from tests.browser.seeing import differ, picture, settled, until
from tests.tiles.models import model
from tiles.models import keep_model
from twin.entity import Entity
from twin.store import SourceInfo, Store

SOURCE = SourceInfo("test", "glTF", "EPSG:4979", "wgs84", "ellipsoidal", 0)


@pytest.fixture
def pyramid(served: Served, tmp_path: Path) -> Entity:
    """A pyramid of 2 km in the middle of the district, not there yet: nobody overlooks it."""
    (tmp_path / "tower.glb").write_bytes(model())
    kept = keep_model(served.folder, tmp_path / "tower.glb")
    with Store.open(served.folder) as store:
        extent, ground = store.extent(), store.meta.ground_m or 0.0
    assert extent is not None
    said = {"model": kept.name, "name": "Pyramid", "scale": 20.0}
    point = bytes(shapely.to_wkb(shapely.Point(*extent.centre)))
    return Entity("pyramid", "landmark", None, point, ground, 600.0, attributes=said)


@pytest.fixture
def tower(served: Served, pyramid: Entity) -> Iterator[None]:
    with Store.open(served.folder) as store:
        store.write(iter([pyramid]), source=SOURCE)
        yield
        store.retire([pyramid.id], source="test")


def test_landmarks_come_move_and_go_while_the_page_is_open(desk: Desk, served: Served, pyramid: Entity) -> None:
    page = desk.open("/wall?language=en&scale=0.4")
    box = page.locator("input[data-layer=added-landmarks]")
    expect(box).to_have_count(0)
    without = settled(page)
    with Store.open(served.folder) as store:
        store.write(iter([pyramid]), source=SOURCE)
        expect(box).to_be_checked(timeout=10_000)
        until(page, lambda: differ(without, picture(page)) > 500, 20)
        before = settled(page)
        store.write(iter([replace(pyramid, base_m=(pyramid.base_m or 0.0) + 400.0)]), source=SOURCE)
        until(page, lambda: differ(before, picture(page)) > 500, 20)
        settled(page)
        store.retire([pyramid.id], source="test")
    until(page, lambda: differ(without, picture(page)) == 0, 20)
    expect(box).to_have_count(0)


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
