"""The tools of the 3D view: what is seen when they are used, by mouse and by key, and that no tile is asked for."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
from playwright.sync_api import Page, expect

from tests.browser.seeing import differ, distance, picture, settled, tile_requests, until

PAGE = "/wall?language=en&scale=0.4&layers=buildings"
HAN = re.compile(r"[一-鿿]")


def buildings(desk) -> list[dict]:
    return desk.page.request.get(f"{desk.address}/features/building?limit=1000").json()["features"]


def middle_building(desk) -> dict:
    """The building that stands in the middle of the view."""
    centre = desk.page.request.get(f"{desk.address}/twin").json()["centre"]
    return min(buildings(desk), key=lambda one: distance(one, centre))


def look(page: Page) -> np.ndarray:
    """The map when it has come to rest, without the tools."""
    page.add_style_tag(content=".tools { opacity: 0 }")
    return settled(page)


def shown(page: Page, path: Path) -> None:
    """Keep what is on the screen, with the tools."""
    tools = page.locator(".tools")
    tools.evaluate("tools => tools.style.setProperty('opacity', 1, 'important')")
    page.screenshot(path=path)
    tools.evaluate("tools => tools.style.removeProperty('opacity')")


def open_tool(page: Page, tool: str) -> None:
    page.click(f".tools-bar [data-tool={tool}]")
    expect(page.locator(f".panel-tool[data-panel={tool}]")).to_be_visible()


def test_what_is_picked_is_hidden_and_comes_back(desk, screenshots) -> None:
    page = desk.open(f"{PAGE}&selection={middle_building(desk)['id']}")
    page.keyboard.press("v")
    tray = page.locator("[data-panel=visibility]")
    expect(tray.locator(".tool-actions [data-act=hide]")).to_be_enabled()
    page.wait_for_timeout(1500)  # the flight there
    before, asked = look(page), len(tile_requests(desk))
    tray.locator(".tool-actions [data-act=hide]").click()
    until(page, lambda: differ(before, picture(page)) > 0, 10)
    hidden = settled(page)
    shown(page, screenshots / "tool-hide.png")
    page.keyboard.press("z")
    until(page, lambda: differ(hidden, picture(page)) > 0, 10)
    assert differ(settled(page), before) == 0
    page.keyboard.press("i")
    until(page, lambda: differ(before, picture(page)) > before.size / 300, 10)
    alone = settled(page)
    shown(page, screenshots / "tool-isolate.png")
    assert differ(alone, before) > differ(hidden, before)
    tray.locator("[data-act=all]").click()
    until(page, lambda: differ(alone, picture(page)) > 0, 10)
    assert differ(settled(page), before) == 0
    assert tile_requests(desk)[asked:] == []


def test_a_use_is_hidden_and_cannot_be_picked(desk) -> None:
    page = desk.open(PAGE)
    open_tool(page, "visibility")
    uses = {one["properties"].get("use") for one in buildings(desk)}
    rows = page.locator(".tool-classes li")
    expect(rows).to_have_count(len(uses))
    before, asked = look(page), len(tile_requests(desk))
    for use in sorted(uses):
        page.click(f"li[data-class={use}] [data-act=hide]")
    until(page, lambda: differ(before, picture(page)) > before.size / 300, 10)
    empty = settled(page)
    size = page.viewport_size
    assert size is not None
    for dx, dy in ((0.5, 0.5), (0.45, 0.55), (0.55, 0.45), (0.5, 0.6)):
        page.mouse.click(size["width"] * dx, size["height"] * dy)
        page.wait_for_timeout(300)
    assert "selection=" not in page.url, "nothing is seen, nothing is picked"
    for _ in uses:
        page.keyboard.press("Control+z")
    until(page, lambda: differ(empty, picture(page)) > 0, 10)
    assert differ(settled(page), before) == 0
    assert tile_requests(desk)[asked:] == []


def test_a_building_is_cut_between_its_floors(desk, screenshots) -> None:
    tall = max(buildings(desk), key=lambda one: one["properties"]["storeys"])
    page = desk.open(PAGE)
    picked = page.evaluate(
        "id => import('/static/core/store.js').then(({store}) => store.set('selection', id))", tall["id"]
    )
    assert picked is None
    page.wait_for_timeout(1500)  # the flight there
    before, asked = look(page), len(tile_requests(desk))
    page.keyboard.press("f")
    floors = page.locator(".tool-storeys button")
    expect(floors).to_have_count(tall["properties"]["storeys"])
    assert differ(look(page), before) == 0, "uncut at first"
    page.click(".tool-storeys [data-level='5']")
    expect(page.locator(".tool-storeys [aria-pressed=true]")).to_have_count(1)
    until(page, lambda: differ(before, picture(page)) > 100, 10)
    fifth = look(page)
    shown(page, screenshots / "tool-section.png")
    page.keyboard.press("PageUp")
    expect(page.locator(".tool-storeys [aria-pressed=true]")).to_have_count(2)
    expect(page.locator(".tool-range")).to_contain_text("5F – 6F")
    assert differ(look(page), fifth) > 0
    page.keyboard.press("Escape")
    until(page, lambda: differ(before, picture(page)) == 0, 10)
    assert tile_requests(desk)[asked:] == []


def test_the_city_is_cut_at_a_height(desk, screenshots) -> None:
    page = desk.open(PAGE)
    open_tool(page, "section")
    before, asked = look(page), len(tile_requests(desk))
    upper = page.locator(".panel-tool input[name=to]")
    highest = max(one["properties"]["height_m"] for one in buildings(desk))
    assert (int(upper.get_attribute("max")) + 1) * 3 >= highest
    upper.fill("3")
    expect(page.locator(".tool-range")).to_have_text("0.0 – 12.0 m")
    until(page, lambda: differ(before, picture(page)) > before.size / 300, 10)
    look(page)
    shown(page, screenshots / "tool-section-city.png")
    upper.fill(upper.get_attribute("max"))
    until(page, lambda: differ(before, picture(page)) == 0, 10)
    assert tile_requests(desk)[asked:] == []


def test_the_tools_speak_both_languages(desk) -> None:
    page = desk.open(PAGE)
    for button in page.locator(".tools-bar button").all():
        button.click()
    own = ".tools-bar span, .tools-trays h2, .tools-trays span, .tools-trays dt, .tools-trays p"
    assert [text for text in page.locator(own).all_inner_texts() if HAN.search(text)] == []
    page.click("[data-language=zh]")
    assert all(HAN.search(text) for text in page.locator(".tools-bar span, .tools-trays h2").all_inner_texts())
    for _ in page.locator(".tools-bar button").all():
        page.keyboard.press("Escape")
    expect(page.locator(".panel-tool")).to_have_count(0)
