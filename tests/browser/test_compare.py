"""Two moments side by side: each side is the picture of its moment, and a click tells of it as it stood then."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Desk
from tests.browser.seeing import differ, distance, picture, settled, until

PAGE = "/wall?language=en&scale=0.4&layers=buildings"
HIGHER = 3
HIDDEN = "html:not([data-tools]) :is(.tools, .swipe) { opacity: 0 }"
STATE = "() => [window.city.scene.primitives.length, window.city.scene.splitPosition]"


def middle_building(desk: Desk) -> dict:
    centre = desk.page.request.get(f"{desk.address}/twin").json()["centre"]
    found = desk.page.request.get(f"{desk.address}/features/building?limit=1000").json()["features"]
    one = min(found, key=lambda feature: distance(feature, centre))
    return {**one["properties"], "id": one["id"]}


def swipe(page: Page, key: str) -> None:
    page.focus(".swipe-grip")
    page.keyboard.press(key)


def entity_requests(desk: Desk) -> list[dict[str, list[str]]]:
    asked = [urlsplit(url) for url in desk.requests]
    return [parse_qs(one.query) for one in asked if one.path.startswith("/entities/")]


def seen_in_both(page: Page, one: np.ndarray, other: np.ndarray) -> tuple[float, float]:
    """A place of the window where what is picked is seen in both pictures: it alone is orange."""
    orange = [seen[:, :, 0] - seen[:, :, 2] > 70 for seen in (one, other)]
    places = np.argwhere(orange[0] & orange[1])
    row, column = places[len(places) // 2]
    size = page.viewport_size
    assert size is not None
    return size["width"] * 0.37 + float(column), size["height"] * 0.2 + float(row)


@pytest.fixture
def pictures(desk: Desk) -> Iterator[tuple[dict, np.ndarray, np.ndarray]]:
    """A picked building before and after an edit of today; as it was when the test is over."""
    building = middle_building(desk)
    page = desk.open(f"{PAGE}&selection={building['id']}")
    page.add_style_tag(content=HIDDEN)
    page.wait_for_timeout(1500)  # the flight there
    then = settled(page)
    address, height = f"{desk.address}/entities/{building['id']}", building["height_m"]
    assert page.request.patch(address, data={"height_m": height * HIGHER}).ok
    until(page, lambda: differ(then, picture(page)) > 0, 20)
    yield building, then, settled(page)
    page.request.patch(address, data={"height_m": height})


def check_picks(desk: Desk, building: dict, then: np.ndarray, now: np.ndarray) -> None:
    """The same place, clicked on either side."""
    page, height = desk.page, building["height_m"]
    place = seen_in_both(page, then, now)
    swipe(page, "End")
    page.mouse.click(*place)
    expect(page.locator(".stood")).to_contain_text(" 00:00")
    expect(page.locator("[data-fact=height] dd")).to_have_text(f"{height:.1f} m")
    assert "at" in entity_requests(desk)[-1]
    swipe(page, "Home")
    page.mouse.click(*place)
    expect(page.locator("[data-fact=height] dd")).to_have_text(f"{height * HIGHER:.1f} m")
    expect(page.locator(".stood")).to_have_count(0)
    assert entity_requests(desk)[-1] == {}


def check_grip(page: Page) -> None:
    """Dragged, and moved by keys wherever the focus is."""
    grip = page.locator(".swipe-grip")
    box, size = grip.bounding_box(), page.viewport_size
    assert box is not None
    assert size is not None
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(size["width"] * 0.4, size["height"] * 0.6)
    page.mouse.up()
    expect(grip).to_have_attribute("aria-valuenow", "40")
    page.evaluate("() => document.activeElement.blur()")
    page.keyboard.press("ArrowRight")
    expect(grip).to_have_attribute("aria-valuenow", "41")


def check_hiding(page: Page, now: np.ndarray) -> None:
    """What is hidden is hidden on both sides."""
    swipe(page, "Home")
    page.keyboard.press("v")
    page.keyboard.press("x")
    until(page, lambda: differ(now, picture(page)) > 0, 10)
    gone = settled(page)
    swipe(page, "End")
    assert differ(gone, settled(page)) == 0
    page.keyboard.press("z")
    page.keyboard.press("Escape")


def test_then_and_now(desk: Desk, pictures: tuple[dict, np.ndarray, np.ndarray], screenshots: Path) -> None:
    page = desk.page
    building, then, now = pictures
    page.keyboard.press("v")
    page.evaluate("() => { window.city = document.querySelector('.panel-tool').context.city }")
    page.keyboard.press("Escape")
    before = page.evaluate(STATE)
    page.keyboard.press("c")
    expect(page.locator(".swipe-grip")).to_have_attribute("aria-valuenow", "50", timeout=20_000)
    expect(page.locator(".swipe-label.left")).to_contain_text(" 00:00")
    expect(page.locator(".swipe-label.right")).to_contain_text("Now")
    page.evaluate("() => { document.documentElement.dataset.tools = 'shown' }")
    page.screenshot(path=screenshots / "tool-compare.png")
    page.evaluate("() => { delete document.documentElement.dataset.tools }")
    swipe(page, "End")
    until(page, lambda: differ(then, picture(page)) == 0, 10)
    swipe(page, "Home")
    until(page, lambda: differ(now, picture(page)) == 0, 10)
    check_picks(desk, building, then, now)
    check_grip(page)
    check_hiding(page, now)
    page.keyboard.press("Escape")
    expect(page.locator(".swipe")).to_have_count(0)
    until(page, lambda: differ(now, picture(page)) == 0, 10)
    assert page.evaluate(STATE) == before


def test_the_way_things_were_known(desk: Desk) -> None:
    """An edit says nothing of when the building changed: known today, the moment has it already."""
    page = desk.open(PAGE)
    page.keyboard.press("c")
    expect(page.locator(".swipe-grip")).to_be_attached(timeout=20_000)
    page.click("[data-known=today]")
    expect(page.locator(".swipe-label.left")).to_contain_text("as known today", timeout=20_000)
    roots = [urlsplit(url).query for url in desk.requests if "/tiles/building/tileset.json" in url]
    assert "known_at" not in parse_qs(roots[-3])
    assert {"at", "known_at"} == parse_qs(roots[-1]).keys()
    label = page.inner_text(".swipe-label.left")
    page.keyboard.press("[")
    expect(page.locator(".swipe-label.left")).not_to_have_text(label, timeout=20_000)
