"""A plain client of the standard, CesiumJS without our pages: models replace blocks, and show their images."""

from __future__ import annotations

import functools
import http.server
import io
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import shapely
from PIL import Image
from playwright.sync_api import Browser, Page

from tests.browser.conftest import ROOT
from tests.tiles.test_textures import cube, picture
from tests.tiles.village import KIND, LAT, LON, made, objects, village
from tiles.atlas import FORMS
from tiles.build import Source, build_features
from tiles.ledger import Moment
from twin.geo.crs import metres_per_degree

PAGE = """<!doctype html><link rel="icon" href="data:,"><link rel="stylesheet" href="vendor/cesium/Widgets/widgets.css">
<script>window.CESIUM_BASE_URL = "vendor/cesium/"</script><script src="vendor/cesium/Cesium.js"></script>
<style>html, body, #map { margin: 0; width: 100%; height: 100% }</style><div id="map"></div>"""

LOOK = """async (metres) => {
  if (!window.viewer) {
    Cesium.Ion.defaultAccessToken = ""
    window.viewer = new Cesium.Viewer("map", { baseLayer: false, baseLayerPicker: false, geocoder: false, globe: false,
      animation: false, timeline: false, skyBox: false, skyAtmosphere: false, homeButton: false, infoBox: false,
      sceneModePicker: false, navigationHelpButton: false, fullscreenButton: false, selectionIndicator: false })
    viewer.scene.light = new Cesium.DirectionalLight({ direction: viewer.camera.directionWC, intensity: 3 })
    window.tileset = viewer.scene.primitives.add(await Cesium.Cesium3DTileset.fromUrl("building/tileset.json"))
    window.seen = new Set()
    tileset.tileVisible.addEventListener((tile) => seen.add(tile.content.url.split("/").pop()))
  }
  viewer.camera.lookAt(tileset.boundingSphere.center, new Cesium.HeadingPitchRange(0.6, -0.5, metres))
  viewer.scene.light.direction = Cesium.Cartesian3.clone(viewer.camera.directionWC)
  const frames = []
  for (let i = 0; i < 100 && !(i > 5 && tileset.tilesLoaded); i++) {
    await new Promise((done) => setTimeout(done, 50))
    seen.clear()
    viewer.scene.render()
    frames.push([...seen].sort())
  }
  return frames
}"""


class _Silent(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *words: object) -> None:
        """Nothing."""


@pytest.fixture(params=FORMS)
def page(request: pytest.FixtureRequest, tmp_path: Path, browser: Browser) -> Iterator[Page]:
    """A page over one textured body of 10 m."""
    if not (ROOT / "frontend-static" / "vendor" / "versions.json").exists():
        pytest.skip("the pages' libraries are not there: run `npm ci && npm run vendor`")
    data = io.BytesIO()
    Image.new("RGB", (64, 64), (230, 20, 20)).save(data, "PNG")
    red = picture(data.getvalue())
    place = village(1)
    east, north = metres_per_degree(LAT)
    footprint = objects([shapely.to_wkb(shapely.box(LON, LAT, LON + 10 / east, LAT + 10 / north))])
    features = made(place.table, footprint, place.base_m, place.height_m, np.ones(1, dtype=bool))
    source = Source(Moment(1), images=request.param)
    build_features(
        features, KIND, tmp_path, meshes=lambda ids: ((id_, {"2": cube([red])}) for id_ in ids), source=source
    )
    (tmp_path / "vendor").symlink_to(ROOT / "frontend-static" / "vendor")
    (tmp_path / "index.html").write_text(PAGE)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Silent, directory=str(tmp_path)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    context = browser.new_context(viewport={"width": 640, "height": 400})
    opened = context.new_page()
    complaints: list[str] = []
    opened.on("console", lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None)
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.goto(f"http://127.0.0.1:{server.server_port}/index.html")
    yield opened
    context.close()
    server.shutdown()
    server.server_close()
    assert complaints == []


def red_pixels(page: Page) -> int:
    shot = np.asarray(Image.open(io.BytesIO(page.screenshot())).convert("RGB"), dtype=np.int16)
    return int(((shot[..., 0] > 2 * shot[..., 1] + 40) & (shot[..., 0] > 2 * shot[..., 2] + 40)).sum())


def test_the_model_takes_the_place_of_its_block(page: Page, screenshots: Path) -> None:
    far = page.evaluate(LOOK, 200)
    assert far[-1] == ["0.glb"]
    assert red_pixels(page) == 0
    near = page.evaluate(LOOK, 40)
    assert near[-1] == ["0+1.glb"]
    assert all(len(frame) <= 1 for frame in far + near), "never both at once"
    page.screenshot(path=screenshots / "textures.png")
    assert red_pixels(page) > 2_000
