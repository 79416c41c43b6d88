"""What the walls of buildings show: their own storeys, images, and neither where nobody knows of any."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import orjson
import pytest
import shapely
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, Route

import tiles
import tiles.build
from benchmarks.process import Served, serving
from tests.browser.conftest import FIRST_PICTURE_MS
from tests.browser.test_textures import red_pixels
from tests.contract.conftest import SOURCE
from tests.contract.test_terrain import plane
from tests.tiles.test_textures import cube, picture
from tests.tiles.village import KIND, LAT, LON
from twin.entity import Entity
from twin.geo.crs import metres_per_degree
from twin.store import Store

EAST, NORTH = metres_per_degree(LAT)
BASE_M, STOREY_M, STOREYS = 3.0, 4.2, 5
TALL_M = STOREYS * STOREY_M
LEFT_M = {"red": 0, "grey": 14, "five": 28, "nobody knows": 52}
"""Metres from the west to the south wall of each; all but the first two are 20 m wide."""

SHADES = """([lon, lat, base, tall, count]) => {
  const { scene } = document.querySelector(".panel").context.city;
  scene.requestRender();
  scene.render();
  const [gl, pixel] = [scene.canvas.getContext("webgl2"), new Uint8Array(4)];
  const scale = scene.canvas.width / scene.canvas.clientWidth;
  return Array.from({ length: count }, (_, i) => {
    const place = Cesium.Cartesian3.fromDegrees(lon, lat, base + (i + 0.5) / count * tall);
    const { x, y } = Cesium.SceneTransforms.worldToWindowCoordinates(scene, place);
    const row = scene.canvas.height - 1 - Math.floor(y * scale);
    gl.readPixels(Math.floor(x * scale), row, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, pixel);
    return (pixel[0] + pixel[1] + pixel[2]) / 3;
  });
}"""
"""How light the middle of a wall is, from its foot up; nothing of the page lies over it."""

COUNT, REACH = 200, 12

VALLEY_M, DEEP_M = -9.0, -30.0
"""Of the terrain, before and after an edit: below the flat ground, which is at 0."""


def plot(west_m: float, size_m: float) -> bytes:
    west, east = LON + west_m / EAST, LON + (west_m + size_m) / EAST
    return bytes(shapely.to_wkb(shapely.box(west, LAT, east, LAT + 10 / NORTH)))


def valley(height: float, side: float) -> Entity:
    return Entity("valley", "terrain", meshes={"1": plane(height, east=LON - 114.0, north=LAT - 22.0, side=side)})


@contextmanager
def street(folder: Path) -> Iterator[Served]:
    """A row of buildings behind the real server: a red image, no storeys, five storeys on a base of its own, none."""
    data = io.BytesIO()
    Image.new("RGB", (64, 64), (230, 20, 20)).save(data, "PNG")
    low = {"kind": "building", "base_m": 0.0, "height_m": 12.0}
    tall = {"kind": "building", "base_m": BASE_M, "height_m": TALL_M}
    with Store.create(folder, name="Street") as store:
        red = {"2": cube([picture(data.getvalue())])}
        made = [
            Entity("red", footprint=plot(LEFT_M["red"], 10), meshes=red, storeys=4, **low),
            Entity("grey", footprint=plot(LEFT_M["grey"], 10), **low),
            Entity("five", footprint=plot(LEFT_M["five"], 20), storeys=STOREYS, **tall),
            Entity("nobody knows", footprint=plot(LEFT_M["nobody knows"], 20), **tall),
            valley(VALLEY_M, 500.0),
        ]
        store.write(made, source=SOURCE)
        for kind in ("building", "terrain"):
            tiles.build_layer(store, kind, folder / "tiles")
    with serving(folder) as served:
        yield served


@contextmanager
def seen(browser: Browser, served: Served) -> Iterator[BrowserContext]:
    """A logged-in window; nothing may have been complained of in it."""
    with browser.new_context(viewport={"width": 1920, "height": 1080}) as context:
        complaints: list[str] = []
        context.on("console", lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None)
        context.request.get(served.link)
        yield context
        assert complaints == []


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("street") / "twin"


@pytest.fixture(scope="module")
def now(home: Path, browser: Browser) -> Iterator[tuple[BrowserContext, Served]]:
    with street(home) as served, seen(browser, served) as context:
        yield context, served


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Iterator[tuple[BrowserContext, Served]]:
    """The same with tiles that know neither base nor storeys, as a layer of before has them."""
    columns = tuple(column for column in KIND.columns if column.name in ("height", "use"))
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(tiles.build, "layer_kind", lambda _: replace(KIND, columns=columns))
        with street(tmp_path_factory.mktemp("before") / "twin") as served, seen(browser, served) as context:
            yield context, served


def look(context: BrowserContext, served: Served, camera: str) -> Page:
    page = context.new_page()
    page.goto(f"{served.address}/wall?language=en&layers=buildings&scale=0.4&camera={camera}")
    page.wait_for_selector("html[data-picture=ready]", timeout=FIRST_PICTURE_MS)
    page.wait_for_timeout(300)
    return page


def look_north(context: BrowserContext, served: Served) -> Page:
    """At the walls of the two tall ones, from a little above their middle."""
    return look(context, served, f"{LON + 50 / EAST},{LAT - 45 / NORTH},16,0,-4")


def pixels(page: Page) -> np.ndarray:
    """The middle of the picture, where no panel is."""
    seen = Image.open(io.BytesIO(page.screenshot(clip={"x": 640, "y": 200, "width": 640, "height": 600})))
    return np.asarray(seen.convert("RGB"), dtype=np.int16)


def shades(page: Page, name: str) -> np.ndarray:
    """(COUNT,) 0 to 255 up the middle of the south wall of a building of 20 m."""
    spot = [LON + (LEFT_M[name] + 10) / EAST, LAT, BASE_M, TALL_M, COUNT]
    found = np.array(page.evaluate(SHADES, spot))
    assert found.min() > 40, "a wall is seen there"
    return found


def darker(page: Page, name: str) -> list[float]:
    """Metres above the foot of a wall at which it is darker than right above and below."""
    shade = shades(page, name)
    around = (shade[: -2 * REACH] + shade[2 * REACH :]) / 2
    rows = np.flatnonzero(shade[REACH:-REACH] < 0.98 * around) + REACH
    return [(float(row) + 0.5) / COUNT * TALL_M for row in rows]


def test_images_are_seen_on_the_wall(now: tuple[BrowserContext, Served], screenshots: Path) -> None:
    page = look(*now, f"{LON + 12 / EAST},{LAT - 60 / NORTH},45,0,-35")
    page.screenshot(path=screenshots / "textured-wall.png")
    assert red_pixels(page) > 1_000
    seen = np.asarray(Image.open(screenshots / "textured-wall.png").convert("RGB"), dtype=np.int16)
    grey = (np.ptp(seen, axis=2) < 30) & (seen.min(axis=2) > 90)
    assert grey.sum() > 1_000


def test_lines_are_drawn_between_storeys_and_nowhere_else(
    now: tuple[BrowserContext, Served], screenshots: Path
) -> None:
    page = look_north(*now)
    page.screenshot(path=screenshots / "storeys.png")
    lines = darker(page, "five")
    floors = [STOREY_M * i for i in range(1, STOREYS)]
    assert {min(floors, key=lambda floor: abs(floor - line)) for line in lines} == set(floors)
    assert max(min(abs(floor - line) for floor in floors) for line in lines) < 0.5
    assert darker(page, "nobody knows") == []


def test_terrain_is_seen_also_where_it_is_below_the_flat_ground(
    now: tuple[BrowserContext, Served], home: Path, screenshots: Path
) -> None:
    page = look(*now, f"{LON + 12 / EAST},{LAT - 60 / NORTH},45,0,-35")
    flat = pixels(page)
    page.locator("input[data-layer=terrain]").check()
    page.wait_for_timeout(1500)
    wide = pixels(page)
    page.screenshot(path=screenshots / "valley.png")
    assert (np.abs(wide - flat).sum(axis=2) > 6).mean() > 0.3
    with Store.open(home) as store:
        store.write([valley(DEEP_M, 60.0)], source=SOURCE)
    page.wait_for_timeout(6000)
    narrow = pixels(page)
    page.screenshot(path=screenshots / "valley-after-an-edit.png")
    assert (np.abs(narrow - wide).sum(axis=2) > 6).mean() > 0.05, "it ends sooner now"
    assert (np.abs(narrow - flat).sum(axis=2) > 6).mean() > 0.05, "and the flat ground keeps below that, too"
    page.locator("input[data-layer=terrain]").uncheck()
    page.wait_for_timeout(500)
    assert (np.abs(pixels(page) - flat).sum(axis=2) > 6).mean() < 0.001


def test_floors_count_from_where_a_building_stands(now: tuple[BrowserContext, Served]) -> None:
    """Also where its base is not known, and the ground below it is not the city's."""
    building = {"id": "x", "base_m": None, "stands_m": 40.0, "height_m": 9.0, "storeys": 3}
    page = look(*now, f"{LON + 12 / EAST},{LAT - 60 / NORTH},45,0,-35")
    asked = "async (one) => (await import('/static/core/floors.js')).floorsOf(one, [], 10).floors"
    assert [floor["foot"] for floor in page.evaluate(asked, building)] == [30.0, 33.0, 36.0]


@pytest.mark.parametrize("extras", [{"layer": "building"}, None], ids=["of before", "somebody else's"])
def test_tiles_without_these_columns_are_drawn(before: tuple[BrowserContext, Served], extras: object) -> None:
    context, served = before

    def without_columns(route: Route) -> None:
        document = orjson.loads(route.fetch().body())
        route.fulfill(json={**document, "extras": extras} if extras else document | {"extras": {}})

    context.route("**/tiles/building/tileset.json*", without_columns)
    page = look_north(context, served)
    assert darker(page, "five") == darker(page, "nobody knows") == []
    shade = shades(page, "five")
    assert shade[:10].mean() < 0.95 * shade[-10:].mean(), "its foot is darker"
    context.unroute("**/tiles/building/tileset.json*")
