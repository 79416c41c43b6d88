"""Cells over the city and solids by attribute: seen, explained, picked and recoloured, and no tile is asked for."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import h3
from playwright.sync_api import Page, expect

from tests.browser.seeing import differ, picture, settled, tile_requests, until

PAGE = "/wall?language=en&scale=0.4&layers=buildings"

WHERE = """async ([lonlats, lift]) => {
  const {Cesium} = await import("/static/map/viewer.js");
  const {city} = document.querySelector(".panel").context;
  return lonlats.map(([lon, lat]) => {
    const place = Cesium.Cartesian3.fromDegrees(lon, lat, city.groundM + lift);
    const at = Cesium.SceneTransforms.worldToWindowCoordinates(city.scene, place);
    return at ? [at.x, at.y] : null;
  });
}"""


def asked(desk, prefix: str) -> list[str]:
    return [path for url in desk.requests if (path := urlsplit(url).path).startswith(prefix)]


def test_cells_are_seen_explained_picked_and_follow_the_zoom(desk, screenshots):
    page = desk.open(PAGE)
    plain = settled(page)
    tiles = len(tile_requests(desk))
    page.check("[data-layer=people]")
    until(page, lambda: differ(plain, picture(page)) > plain.shape[0] * plain.shape[1] / 50, 15)
    [lattice] = asked(desk, "/cells/")
    kind = lattice.rsplit("/", 1)[1]
    rows = page.request.post(
        f"{desk.address}/scenes/command_wall/people_by_cell", data={"cells": kind, "minutes": 60}
    ).json()["rows"]
    assert rows

    legend = page.locator(".panel-legend figure")
    expect(legend.locator("figcaption")).to_have_text("People in the last hour, by cell")
    low = min(row["people"] for row in rows)
    expect(legend.locator(".ramp-ends span").first).to_have_text(str(low))

    row, spot = in_view(page, rows)
    page.mouse.click(*spot)
    expect(page.locator(".panel-detail h2")).to_have_text(row["id"])
    expect(page.locator("[data-fact='People in the last hour, by cell'] dd")).to_have_text(f"{row['people']:,}")
    expect(page.locator(".panel-detail .kicker")).to_have_text("Cell")
    assert f"cell%2F{kind}%2F{row['id']}" in page.url
    page.screenshot(path=screenshots / "wall-cells.png")

    page.click("[data-language=zh]")
    expect(legend.locator("figcaption")).to_have_text("近一小时人数（蜂窝）")
    expect(page.locator(".panel-detail .kicker")).to_have_text("单元格")

    page.evaluate("""() => {
      const {city} = document.querySelector(".panel").context;
      city.viewer.camera.zoomOut(9000);
    }""")
    until(page, lambda: len(set(asked(desk, "/cells/"))) == 2, 10)
    finer, coarser = (int(path.rsplit("-", 1)[1]) for path in dict.fromkeys(asked(desk, "/cells/")))
    assert coarser < finer
    assert tile_requests(desk)[tiles:] == []


def in_view(page: Page, rows: list[dict]) -> tuple[dict, list[float]]:
    """A cell of those rows that stands in the middle of the picture, and where."""
    lonlats = [h3.cell_to_latlng(row["id"])[::-1] for row in rows]
    spots = page.evaluate(WHERE, [lonlats, 40])
    size = page.viewport_size
    assert size is not None
    middle = [size["width"] / 2, size["height"] * 0.45]
    near = lambda spot: (spot[0] - middle[0]) ** 2 + (spot[1] - middle[1]) ** 2  # noqa: E731
    return min(((row, spot) for row, spot in zip(rows, spots, strict=True) if spot), key=lambda pair: near(pair[1]))


def test_an_edit_recolours_cells_without_their_being_made_again(desk):
    page = desk.open(PAGE.replace("buildings", "built"))
    page.wait_for_function("document.querySelector('.panel-legend figcaption') !== null", timeout=15_000)
    before = settled(page)
    fetched = len(asked(desk, "/cells/")), len(asked(desk, "/state/command_wall"))
    features = page.request.get(f"{desk.address}/features/building?limit=1000").json()["features"]
    lowest = sorted(features, key=lambda one: one["properties"]["height_m"])[:8]
    try:
        for one in lowest:
            edited = page.request.patch(f"{desk.address}/entities/{one['id']}", data={"height_m": 300})
            assert edited.ok
        until(page, lambda: differ(before, picture(page)) > 0, 15)
        assert (len(asked(desk, "/cells/")), len(asked(desk, "/state/command_wall"))) == fetched, (
            "told over the live link"
        )
    finally:
        for one in lowest:
            height = one["properties"]["height_m"]
            page.request.patch(f"{desk.address}/entities/{one['id']}", data={"height_m": height})


def test_solids_are_coloured_by_any_attribute_and_no_tile_is_asked_for(desk, screenshots):
    page = desk.open(PAGE)
    plain = settled(page)
    tiles = len(tile_requests(desk))
    colouring = page.locator("[data-colouring=building]")
    choices = colouring.locator("option").evaluate_all("options => options.map((one) => one.value)")
    kinds = {one["id"]: one for one in page.request.get(f"{desk.address}/kinds").json()}
    assert choices == ["", *(f"building.{style['name']}" for style in kinds["building"]["styles"])]

    features = page.request.get(f"{desk.address}/features/building?limit=1000").json()["features"]
    colouring.select_option("building.use")
    entries = page.locator(".legend-classes li")
    expect(entries.first).to_be_visible(timeout=15_000)
    until(page, lambda: differ(plain, picture(page)) > plain.shape[0] * plain.shape[1] / 50, 15)
    uses = [one["properties"]["use"] for one in features if one["properties"].get("use")]
    counts = [int(text.replace(",", "")) for text in entries.locator(".count").all_inner_texts()]
    assert counts == sorted((uses.count(use) for use in set(uses)), reverse=True)
    assert "colour=building.use" in page.url
    page.screenshot(path=screenshots / "wall-colouring.png")

    colouring.select_option("building.height")
    expect(page.locator(".panel-legend figcaption")).to_have_text("Height (m)")
    heights = [one["properties"]["height_m"] for one in features]
    lowest = page.locator(".ramp-ends span").first
    expect(lowest).to_have_text(re.compile(rf"^{min(heights):g}"))

    page.click("[data-language=zh]")
    expect(page.locator(".panel-legend figcaption")).to_have_text("高度 (m)")
    page.click("[data-language=en]")
    colouring.select_option("")
    until(page, lambda: differ(plain, settled(page)) == 0, 15)
    assert tile_requests(desk)[tiles:] == []
