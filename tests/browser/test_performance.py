"""The performance tool says what the browser and the tiles say, and leaves no trace when it is closed."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import expect

from tests.browser.conftest import Desk
from tests.browser.seeing import until

PAGE = "/wall?language=en&scale=0.4&layers=buildings"

FETCHED = "performance.getEntriesByType('resource').length"

LISTENERS = """() => {
  const {scene} = window.city;
  return scene.preUpdate.numberOfListeners + scene.postRender.numberOfListeners;
}"""


def figure(desk: Desk, name: str) -> float:
    """The first number of a line."""
    return float(desk.page.inner_text(f"[data-fact={name}]").split()[0].replace(",", ""))


def test_what_the_picture_costs(desk: Desk, screenshots: Path) -> None:
    page = desk.open(PAGE)
    page.keyboard.press("v")
    page.evaluate("() => { window.city = document.querySelector('.panel-tool').context.city }")
    page.keyboard.press("Escape")
    before = page.evaluate(LISTENERS)
    page.keyboard.press("p")
    tray = page.locator("[data-panel=performance]")
    buildings = page.request.get(f"{desk.address}/twin").json()["tilesets"][0]["features"]
    until(page, lambda: figure(desk, "features") == buildings, 5)
    assert figure(desk, "triangles") > buildings
    assert page.inner_text("[data-fact=tiles]") == "1 / 1 / 0"
    assert tray.locator("[data-fact=graphics]").inner_text().endswith("B")

    until(page, lambda: figure(desk, "requests") == page.evaluate(FETCHED), 5)
    assert figure(desk, "requests") <= len(desk.requests)
    mark = page.evaluate("performance.getEntriesByName('first-complete-view').map(mark => mark.startTime)")
    assert figure(desk, "first_view") == round(mark[0] / 1000, 2)

    expect(tray.locator(".tool-state")).to_contain_text("At rest")
    until(page, lambda: figure(desk, "rate") == 0, 5)
    page.keyboard.press("m")
    expect(tray.locator("[data-act=steady]")).to_have_attribute("aria-pressed", "true")
    until(page, lambda: figure(desk, "rate") > 0, 5)
    assert 0 < figure(desk, "median") <= figure(desk, "worst")
    assert tray.locator("canvas").count() == 1
    page.screenshot(path=screenshots / "tool-performance.png")

    page.keyboard.press("Escape")
    assert page.evaluate(LISTENERS) == before
    drawn = "() => window.city.scene.frameState.frameNumber"
    page.wait_for_timeout(200)
    at_rest = page.evaluate(drawn)
    page.wait_for_timeout(500)
    assert page.evaluate(drawn) == at_rest, "nothing is drawn any more"
