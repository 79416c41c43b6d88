"""The wall over a building with images: they are seen, and what has none looks as ever."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import shapely
from PIL import Image
from playwright.sync_api import Browser

import tiles
from benchmarks.process import serving
from tests.browser.conftest import FIRST_PICTURE_MS
from tests.browser.test_textures import red_pixels
from tests.contract.conftest import SOURCE
from tests.tiles.test_textures import cube, picture
from tests.tiles.village import LAT, LON
from twin.entity import Entity
from twin.geo.crs import metres_per_degree
from twin.store import Store


def test_images_are_seen_on_the_wall(tmp_path: Path, browser: Browser, screenshots: Path) -> None:
    data = io.BytesIO()
    Image.new("RGB", (64, 64), (230, 20, 20)).save(data, "PNG")
    east, north = metres_per_degree(LAT)
    around = [shapely.box(LON + x / east, LAT, LON + (x + 10) / east, LAT + 10 / north) for x in (0, 14)]
    with Store.create(tmp_path / "twin", name="Red") as store:
        plain = {"kind": "building", "base_m": 0.0, "height_m": 12.0}
        red = Entity(
            "red", footprint=shapely.to_wkb(around[0]), meshes={"2": cube([picture(data.getvalue())])}, **plain
        )
        store.write([red, Entity("grey", footprint=shapely.to_wkb(around[1]), **plain)], source=SOURCE)
        tiles.build_layer(store, "building", tmp_path / "twin" / "tiles")
    with serving(tmp_path / "twin") as served, browser.new_context(viewport={"width": 1920, "height": 1080}) as context:
        page = context.new_page()
        page.goto(served.link)
        camera = f"{LON + 12 / east},{LAT - 60 / north},45,0,-35"
        page.goto(f"{served.address}/wall?language=en&layers=buildings&scale=0.4&camera={camera}")
        page.wait_for_selector("html[data-picture=ready]", timeout=FIRST_PICTURE_MS)
        page.wait_for_timeout(300)
        page.screenshot(path=screenshots / "textured-wall.png")
        assert red_pixels(page) > 1_000
        seen = np.asarray(Image.open(screenshots / "textured-wall.png").convert("RGB"), dtype=np.int16)
        grey = (np.ptp(seen, axis=2) < 30) & (seen.min(axis=2) > 90)
        assert grey.sum() > 1_000
