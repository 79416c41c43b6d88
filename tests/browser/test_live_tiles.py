"""An open page follows the model: which files it asks for when a building changes, how soon, and what is seen."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page

from tests.browser.seeing import differ, distance, picture, settled, tile_requests, until

SEEN_WITHIN_S = 2.0
HIGHER = 3
"""Times: clearly seen, and still below the tallest building of the tile."""

PAGE = "/wall?language=en&scale=0.4&layers=buildings"


@pytest.fixture
def building(desk) -> Iterator[dict]:
    """A building in the middle of the view; as it was when the test is over."""
    page = desk.open(PAGE)
    box = page.request.get(f"{desk.address}/twin").json()["centre"]
    features = page.request.get(f"{desk.address}/features/building?limit=1000").json()["features"]
    found = min(features, key=lambda one: distance(one, box))
    yield {**found["properties"], "id": found["id"]}
    page.request.patch(f"{desk.address}/entities/{found['id']}", data={"height_m": found["properties"]["height_m"]})


def edit(desk, building: dict, height: float) -> None:
    answer = desk.page.request.patch(f"{desk.address}/entities/{building['id']}", data={"height_m": height})
    assert answer.ok, answer.text()


def pick(desk, building: dict) -> Page:
    """What is picked has one colour whatever its height: only its shape can be seen to change."""
    page = desk.page
    page.evaluate("id => import('/static/core/store.js').then(({store}) => store.set('selection', id))", building["id"])
    page.wait_for_timeout(1500)  # the flight there
    return page


def test_one_edited_building_costs_one_tile(desk, building) -> None:
    page = desk.page
    before = settled(page)
    asked = len(tile_requests(desk))
    edit(desk, building, building["height_m"] * HIGHER)
    until(page, lambda: len(tile_requests(desk)) > asked, SEEN_WITHIN_S)
    until(page, lambda: differ(before, picture(page)) > 0, 10)
    after = settled(page)
    assert tile_requests(desk)[asked:] == ["0.glb"]
    assert 0 < differ(before, after) < before.shape[0] * before.shape[1] / 10


def test_an_edited_building_has_another_shape(desk, building) -> None:
    page = pick(desk, building)
    before = settled(page)
    edit(desk, building, building["height_m"] * HIGHER)
    until(page, lambda: differ(before, picture(page)) > 500, 10)
    settled(page)
    edit(desk, building, building["height_m"])
    until(page, lambda: differ(before, picture(page)) == 0, 10)


def test_nothing_flickers_while_a_tile_is_exchanged(desk, building) -> None:
    """Every picture on the way is the old one or the new one: never is the tile missing."""
    page = desk.page
    before = settled(page)
    asked = len(tile_requests(desk))
    edit(desk, building, building["height_m"] * HIGHER)
    pictures = []
    until(page, lambda: (pictures.append(picture(page)), differ(before, pictures[-1]) > 0)[1], 15)
    pictures += [picture(page) for _ in range(5)]
    after = settled(page)
    assert tile_requests(desk)[asked:] == ["0.glb"]
    most = differ(before, after)
    assert most > 0
    assert max(min(differ(before, one), differ(after, one)) for one in pictures) <= most


def test_a_building_that_outgrows_its_box_brings_the_tree_anew(desk, building) -> None:
    page = pick(desk, building)
    before = settled(page)
    asked = len(tile_requests(desk))
    edit(desk, building, 390.0)
    until(page, lambda: "tileset.json" in tile_requests(desk)[asked:], SEEN_WITHIN_S)
    until(page, lambda: differ(before, picture(page)) > 0, 10)
    settled(page)
    assert sorted(tile_requests(desk)[asked:]) == ["0.glb", "tileset.json"]
    asked = len(tile_requests(desk))
    edit(desk, building, 388.0)
    until(page, lambda: tile_requests(desk)[asked:] == ["0.glb"], 10)


def test_what_changed_while_the_link_was_lost_is_fetched_when_it_is_back(desk, building) -> None:
    page = desk.page
    page.context.set_offline(True)
    page.wait_for_timeout(300)
    asked = len(tile_requests(desk))
    page.context.set_offline(False)
    edit(desk, building, building["height_m"] * 1.1)
    until(page, lambda: tile_requests(desk)[asked:] == ["0.glb"], 15)


def test_a_city_is_recoloured_without_a_tile(desk) -> None:
    """Switched on, changed by an edit, switched off: colours come and go, and no tile is asked for."""
    page = desk.open(PAGE + "&theme=dark")
    features = page.request.get(f"{desk.address}/features/building?limit=1000").json()["features"]
    plain = settled(page)
    asked = len(tile_requests(desk))
    page.check("[data-layer=use]")
    until(page, lambda: differ(plain, picture(page)) > plain.shape[0] * plain.shape[1] / 50, 10)
    coloured = settled(page)
    assert [urlsplit(url).path for url in desk.requests if "/state/" in url] == ["/state/command_wall.use"]
    shown = [one["id"] for one in features if one["properties"].get("use") == "village"]
    for id_ in shown[:20]:
        assert page.request.patch(f"{desk.address}/entities/{id_}", data={"attributes": {"name": "x"}}).ok
    assert len([url for url in desk.requests if "/state/" in url]) == 1, "another attribute is another state"
    page.uncheck("[data-layer=use]")
    until(page, lambda: differ(coloured, picture(page)) > 0, 10)
    assert differ(settled(page), plain) == 0
    assert tile_requests(desk)[asked:] == []


def test_one_change_of_a_state_recolours_one_building(desk) -> None:
    page = desk.open(PAGE + ",use")
    features = page.request.get(f"{desk.address}/features/building?limit=1000").json()["features"]
    villages = [one["id"] for one in features if one["properties"].get("use") == "village"]
    before = settled(page)
    states = len([url for url in desk.requests if "/state/" in url])
    for id_ in villages:
        assert page.request.patch(f"{desk.address}/entities/{id_}", data={"attributes": {"use": "school"}}).ok
    try:
        until(page, lambda: differ(before, picture(page)) > 0, 10)
        settled(page)
        assert len([url for url in desk.requests if "/state/" in url]) == states, "told over the live link"
    finally:
        for id_ in villages:
            page.request.patch(f"{desk.address}/entities/{id_}", data={"attributes": {"use": "village"}})
