"""The tools of the 3D view: what is seen when they are used, by mouse and by key, and that no tile is asked for."""

from __future__ import annotations

import math
import re
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest
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


def test_shadows_follow_the_hour_by_the_clock_of_the_twin(desk, screenshots) -> None:
    page = desk.open(PAGE)
    before, asked = look(page), len(tile_requests(desk))
    twin = page.request.get(f"{desk.address}/twin").json()
    page.keyboard.press("s")
    page.fill(".panel-tool input[name=day]", "2026-03-05")
    hour = page.locator(".panel-tool input[name=minute]")
    pictures = []
    for clock, minute in (("09:00", 540), ("15:30", 930)):
        hour.fill(str(minute))
        expect(page.locator("[data-fact=time]")).to_have_text(clock)
        when = datetime.fromisoformat(f"2026-03-05T{clock}").replace(tzinfo=ZoneInfo(twin["zone"]))
        altitude, azimuth = sun_of(*twin["centre"], when)
        said = [float(page.inner_text(f"[data-fact={name}]").rstrip("°")) for name in ("altitude", "azimuth")]
        assert said == pytest.approx([altitude, azimuth], abs=0.6)
        pictures.append(look(page))
    shown(page, screenshots / "tool-sunlight.png")
    assert differ(before, pictures[0]) > before.size / 300
    assert differ(*pictures) > before.size / 300
    hour.fill("60")
    expect(page.locator("[data-fact=altitude]")).to_have_text("below the horizon")
    page.keyboard.press("]")
    expect(page.locator("[data-fact=time]")).to_have_text("02:00")
    page.keyboard.press("Escape")
    until(page, lambda: differ(before, picture(page)) == 0, 10)
    assert tile_requests(desk)[asked:] == []


def sun_of(lon: float, lat: float, when: datetime) -> tuple[float, float]:
    """Altitude and azimuth of the sun, degrees: the Astronomical Almanac's formula of low precision (0.01 degrees)."""
    days = when.timestamp() / 86400 + 2440587.5 - 2451545.0
    anomaly = math.radians(357.528 + 0.9856003 * days)
    ecliptic = math.radians(280.460 + 0.9856474 * days + 1.915 * math.sin(anomaly) + 0.020 * math.sin(2 * anomaly))
    tilt = math.radians(23.439 - 0.0000004 * days)
    right_ascension = math.atan2(math.cos(tilt) * math.sin(ecliptic), math.cos(ecliptic))
    declination = math.asin(math.sin(tilt) * math.sin(ecliptic))
    hour_angle = math.radians((280.46062 + 360.98564737 * days + lon) % 360) - right_ascension
    here = math.radians(lat)
    altitude = math.asin(
        math.sin(here) * math.sin(declination) + math.cos(here) * math.cos(declination) * math.cos(hour_angle)
    )
    east = -math.cos(declination) * math.sin(hour_angle)
    north = math.cos(here) * math.sin(declination) - math.sin(here) * math.cos(declination) * math.cos(hour_angle)
    return math.degrees(altitude), math.degrees(math.atan2(east, north)) % 360


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
