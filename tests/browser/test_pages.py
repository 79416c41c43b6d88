"""Each workplace as its user meets it."""

from __future__ import annotations

import re
import time

import pytest
from playwright.sync_api import Page, expect

HAN = re.compile(r"[一-鿿]")


@pytest.mark.parametrize("context", [(1920, 1080)], indirect=True)
def test_the_wall_shows_the_district(desk, screenshots):
    page = desk.open("/wall?language=zh")
    expect(page.locator("[data-figure=people] dd")).to_have_text("2,000")
    expect(page.locator("[data-figure=building] dd")).to_have_text("300")
    expect(page.locator(".incidents li").first).to_be_visible()
    expect(page.locator("[data-category=camera] b")).to_have_text(re.compile(r"\d"))
    expect(page.locator(".link-state")).to_have_text("实时")
    expect(page.locator("[data-property]").first).to_be_visible(timeout=30_000)
    page.screenshot(path=screenshots / "wall.png")


def test_switching_the_language_leaves_no_word_behind(desk):
    page = desk.open("/wall?language=zh&scale=0.4")
    expect(page.locator("[data-panel=incidents] h2")).to_have_text("事件")
    page.click("[data-language=en]")
    expect(page.locator("[data-panel=incidents] h2")).to_have_text("Incidents")
    assert "language=en" in page.url
    assert page.evaluate("import('/static/core/words/index.js').then((words) => words.missingWords())") == []
    own = "h2, dt, .device-name, .incident-title, .tag, .link-state, .clock-day, .layers span, .key"
    left = [text for text in page.locator(own).all_inner_texts() if HAN.search(text)]
    assert left == []


SPOTS = ((0.5, 0.5), (0.46, 0.55), (0.54, 0.55), (0.5, 0.6), (0.42, 0.5), (0.58, 0.5), (0.5, 0.42), (0.55, 0.65))
"""Where a building may stand, as shares of the map."""


def pick_building(page: Page) -> None:
    """Click around the middle of the map until a building is hit: where one stands differs with the district."""
    box = page.locator("#map").bounding_box()
    assert box is not None
    for dx, dy in SPOTS:
        page.mouse.click(box["x"] + box["width"] * dx, box["y"] + box["height"] * dy)
        try:
            page.wait_for_selector(".panel-detail [data-fact=storeys]", timeout=2500)
        except Exception:  # noqa: BLE001 - Playwright's own time-out: the next spot is tried
            continue
        return
    raise AssertionError("no building under any of the spots")


@pytest.mark.parametrize("context", [(1920, 1080)], indirect=True)
def test_a_picked_building_says_what_is_known_of_it(desk, screenshots):
    page = desk.open("/wall?language=en")
    pick_building(page)
    picked = re.search(r"selection=([^&]+)", page.url)
    assert picked is not None
    known = page.request.get(f"{desk.address}/entities/{picked.group(1)}").json()
    fact = lambda name: page.locator(f".panel-detail [data-fact={name}] dd")  # noqa: E731
    expect(fact("address")).to_have_text(known["address"])
    expect(fact("height")).to_have_text(f"{known['height_m']:,.1f} m")
    expect(fact("storeys")).to_have_text(re.compile(rf"^{known['storeys']}\b"))
    expect(fact("use")).not_to_be_empty()
    expect(fact("grid")).to_contain_text(known["grid"]["code"])
    expect(fact("cell")).to_have_text(known["cells"]["12"])
    listed = page.locator(".panel-detail .sensor")
    assert listed.count() == min(len(known["sensors"]), 12)
    page.screenshot(path=screenshots / "wall-building.png")


def test_a_live_value_changes_without_a_reload(desk):
    sensors = desk.page.request.get(f"{desk.address}/features/sensor?limit=1000").json()["features"]
    working = next(
        one for one in sensors if one["properties"]["status"] == "ok" and one["properties"].get("properties")
    )
    stream = f"{working['id']}/{working['properties']['properties'][0]['name']}"
    page = desk.open(f"/wall?language=en&scale=0.4&layers=buildings&selection={working['id']}")
    value = page.locator(f'[data-datastream="{stream}"] .reading-value')
    expect(value).to_be_visible()
    page.evaluate("window.stillHere = true")
    for reading in (4321, 8765):
        told = {"datastream": stream, "time": int(time.time()) + 30, "result": reading}
        answer = page.request.post(f"{desk.address}/live/observations", data=[told])
        assert answer.json()["accepted"] == 1, answer.text()
        expect(value).to_have_text(f"{reading:,}")
        time.sleep(1.1)  # the next reading is a second newer
    assert page.evaluate("window.stillHere")


def test_a_person_and_a_window_give_trajectory_and_companions(desk, screenshots):
    page = desk.open("/investigate?language=zh")
    page.click(".hint")
    page.fill("[name=purpose]", "核实活动轨迹")
    page.click("button.primary")
    rows = page.locator(".companions .row")
    expect(rows.first).to_be_visible(timeout=20_000)
    rows.first.click()
    expect(page.locator(".evidence li").first).to_be_visible()
    expect(page.locator(".purpose")).to_contain_text("核实活动轨迹")
    expect(page.locator(".provenance")).to_contain_text("规则")
    page.wait_for_timeout(2500)  # the flight to where it happened
    page.screenshot(path=screenshots / "investigate.png")
    page.click("[data-tab=trajectory]")
    expect(page.locator(".trajectory tbody tr").first).to_be_visible()
    person = page.input_value("[name=person]")
    assert person
    assert person not in page.url
    assert not any(person in url for url in desk.requests)
    page.screenshot(path=screenshots / "investigate-trajectory.png")


def test_an_unknown_person_gets_the_servers_words(desk):
    page = desk.open("/investigate?language=en&scale=0.4&layers=buildings")
    page.fill("[name=purpose]", "a check")
    page.fill("[name=person]", "nobody-of-that-name")
    page.click("button.primary")
    expect(page.locator(".form-trouble .trouble strong")).not_to_be_empty()
    expect(page.locator(".form-trouble .trouble span")).not_to_be_empty()
    # The browser itself notes every refused request.
    desk.complaints[:] = [said for said in desk.complaints if "Failed to load resource" not in said]


def test_a_picked_grid_shows_what_watches_it(desk, screenshots):
    page = desk.open("/coverage?language=zh")
    rows = page.locator(".ledger tbody tr")
    expect(rows).to_have_count(14)
    shares = [float(text.split()[0]) for text in page.locator(".ledger .share").all_inner_texts()]
    assert shares == sorted(shares)
    rows.first.click()
    expect(page.locator(".panel-watchers .watcher").first).to_be_visible()
    watched = page.locator(".panel-watchers h3 .count").all_inner_texts()
    assert sum(int(text) for text in watched) == page.locator(".panel-watchers .watcher").count()
    page.wait_for_timeout(2500)  # the flight there
    page.screenshot(path=screenshots / "coverage.png")


def test_the_desks_speak_english_too(desk, screenshots):
    for name in ("investigate", "coverage"):
        page = desk.open(f"/{name}?language=en&scale=0.4&layers=buildings")
        own = "h2, label, th, nav a, button.primary, .note, .layers span"
        assert [text for text in page.locator(own).all_inner_texts() if HAN.search(text)] == []
        page.screenshot(path=screenshots / f"{name}-en.png")


def test_without_a_log_in_the_door_is_shown(browser, served, screenshots):
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.goto(served.address + "/coverage")
    assert "/login" in page.url
    page.click("text=English")
    page.fill("[name=user]", "admin")
    page.fill("[name=password]", "not the password")
    page.click("button.primary")
    expect(page.locator("#trouble .trouble")).to_be_visible()
    page.screenshot(path=screenshots / "login.png")
    context.close()
