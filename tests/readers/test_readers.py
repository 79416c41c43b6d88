"""Independent readers of 3D Tiles over one served city: equal features, equal attributes, equal picks."""

from __future__ import annotations

import json
import subprocess
import urllib.request
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import py3dtiles.tileset
import pygltflib
import pytest
from playwright.sync_api import Browser, Route
from py3dtiles.tileset import Tile
from py3dtiles.tileset.content.gltf import Gltf

from tests.readers.city import IMPLICIT, IMPLICIT_ARCHIVE, ROOT, Served
from tests.tiles.test_validator import node

HERE = Path(__file__).parent
MODULES = ROOT / "node_modules"
SEEN_AS = "text/javascript"

THREE_PAGE = """<!doctype html><link rel="icon" href="data:,"><script type="importmap">{"imports": {
  "three": "/readers/three/build/three.module.js", "three/addons/": "/readers/three/examples/jsm/",
  "3d-tiles-renderer/three": "/readers/3d-tiles-renderer/build/index.three.js",
  "3d-tiles-renderer/core": "/readers/3d-tiles-renderer/build/index.core.js",
  "3d-tiles-renderer/src/": "/readers/3d-tiles-renderer/src/"
}}</script><script type="module" src="/readers/own/three.mjs"></script>"""

CESIUM_PAGE = """<!doctype html><link rel="icon" href="data:,">
<link rel="stylesheet" href="/static/vendor/cesium/Widgets/widgets.css">
<script>window.CESIUM_BASE_URL = "/static/vendor/cesium/"</script>
<script src="/static/vendor/cesium/Cesium.js"></script>
<script src="/readers/own/cesium.js"></script>
<style>html, body, #map { margin: 0; width: 100%; height: 100% }</style><div id="map"></div>"""


def needs_packages(*names: str) -> None:
    absent = [name for name in names if not (MODULES / name).is_dir()]
    if absent:
        pytest.skip(f"npm packages are not there: {', '.join(absent)} (npm ci)")


EACH = pytest.mark.parametrize("tileset", ["building", IMPLICIT_ARCHIVE])
"""The layer, and the same with implicit tiling, in many subtrees, out of an archive."""


@pytest.mark.parametrize("tileset", ["building", IMPLICIT, IMPLICIT_ARCHIVE])
def test_loaders_gl(city: Served, tileset: str) -> None:
    needs_packages("@loaders.gl/3d-tiles")
    run = subprocess.run(
        [node(), HERE / "loaders.mjs"], input=city.asked(tileset), capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
    said = json.loads(run.stdout)
    city.hold(said)


def answer(browser: Browser, city: Served, tileset: str, page: str) -> dict:
    """What a page that reads with a library of its own says; it asks the server with the session's cookie."""
    context = browser.new_context(viewport={"width": 160, "height": 160})
    context.add_cookies([{"name": "twin_session", "value": city.session, "url": city.address}])
    context.route("**/readers/**", module(page))
    opened = context.new_page()
    complaints: list[str] = []
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.goto(f"{city.address}/readers/page")
    opened.wait_for_function("() => !!window.read")
    said: dict = opened.evaluate("asked => window.read(asked)", json.loads(city.asked(tileset)))
    context.close()
    assert complaints == []
    return said


def module(page: str) -> Callable[[Route], None]:
    """Serves the page, the scripts here and the packages of npm under `/readers/` of the server's own address."""

    def answer_route(route: Route) -> None:
        path = urlsplit(route.request.url).path.removeprefix("/readers/")
        if path == "page":
            route.fulfill(body=page, content_type="text/html")
            return
        own = path.startswith("own/")
        route.fulfill(path=HERE / path.removeprefix("own/") if own else MODULES / path, content_type=SEEN_AS)

    return answer_route


@pytest.mark.browser
@EACH
def test_three(city: Served, browser: Browser, tileset: str) -> None:
    needs_packages("3d-tiles-renderer", "three")
    said = answer(browser, city, tileset, THREE_PAGE)
    city.hold(said)


@pytest.mark.browser
@EACH
def test_cesium(city: Served, browser: Browser, tileset: str) -> None:
    if not (ROOT / "frontend-static" / "vendor" / "versions.json").exists():
        pytest.skip("the pages' libraries are not there: run `npm ci && npm run vendor`")
    said = answer(browser, city, tileset, CESIUM_PAGE)
    city.hold(said)


def fetched(city: Served, folder: Path, document: str = "tileset.json") -> Path:
    """All files of the served tileset, into a folder: py3dtiles reads from disks only."""
    request = urllib.request.Request(
        city.url("building", document), headers={"Authorization": f"Bearer {city.session}"}
    )
    with urllib.request.urlopen(request) as answered:
        data = answered.read()
    (folder / document).write_bytes(data)
    waiting = [json.loads(data)["root"]] if document.endswith(".json") else []
    while waiting:
        tile = waiting.pop()
        waiting += tile.get("children", [])
        if "content" in tile:
            fetched(city, folder, tile["content"]["uri"])
    return folder / document


def test_py3dtiles(city: Served, tmp_path: Path) -> None:
    tileset = py3dtiles.tileset.TileSet.from_file(fetched(city, tmp_path))
    said: dict = {"tiles": 0, "features": [], "picked": []}
    triangles: list[tuple[np.ndarray, np.ndarray]] = []

    def walk(tile: Tile, above: np.ndarray) -> None:
        matrix = above @ tile.transform
        replaced = tile._refine == "REPLACE" and tile.children
        if tile.content_uri is not None and not replaced:
            content = tile.get_or_fetch_content(tmp_path)
            if isinstance(content, py3dtiles.tileset.TileSet):
                walk(content.root_tile, matrix)
            else:
                said["tiles"] += 1
                rows, corners, owners = content_of(content)
                assert within(tile, corners)
                corners = corners @ matrix[:3, :3].T + matrix[:3, 3]
                triangles.append((corners.reshape(-1, 3, 3), owners + len(said["features"])))
                said["features"] += rows
        for child in tile.children:
            walk(child, matrix)

    walk(tileset.root_tile, np.eye(4))
    corners, owners = (np.concatenate(part) for part in zip(*triangles, strict=True))
    for origin, direction in city.rays:
        nearest = first_met(np.array(origin), np.array(direction), corners)
        said["picked"].append(said["features"][owners[nearest]]["id"])
    city.hold(said)


def within(tile: Tile, points: np.ndarray) -> bool:
    box = np.array(tile.bounding_volume.to_dict()["box"]).reshape(4, 3)
    half = np.linalg.norm(box[1:], axis=1)
    return bool((np.abs((points - box[0]) @ (box[1:] / half[:, None]).T) <= half + 1e-3).all())


def content_of(content: Gltf) -> tuple[list[dict], np.ndarray, np.ndarray]:
    """Rows of the table, (3 t, 3) corners in the tile's frame, (t,) the row that each triangle belongs to."""
    gltf = content._gltf
    metadata = gltf.extensions["EXT_structural_metadata"]
    table = metadata["propertyTables"][0]
    declared = metadata["schema"]["classes"][table["class"]]["properties"]
    columns = {name: column_of(gltf, about, table, name) for name, about in declared.items()}
    rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    (node,) = gltf.nodes
    attributes = gltf.meshes[0].primitives[0].attributes
    used = values_of(gltf, gltf.meshes[0].primitives[0].indices).ravel()
    points = values_of(gltf, attributes.POSITION)[used]
    corners = points * np.array(node.scale or [1.0] * 3) + np.array(node.translation or [0.0] * 3)
    owners = values_of(gltf, attributes._FEATURE_ID_0).ravel()[used][::3]
    return rows, np.column_stack((corners[:, 0], -corners[:, 2], corners[:, 1])), owners.astype(np.int64)


def values_of(gltf: pygltflib.GLTF2, index: int) -> np.ndarray:
    """(n, width) of an accessor. py3dtiles' own `get_attribute` knows no strides."""
    accessor = gltf.accessors[index]
    view = gltf.bufferViews[accessor.bufferView]
    dtype = np.dtype({5123: "<u2", 5125: "<u4", 5126: "<f4"}[accessor.componentType])
    width = {"SCALAR": 1, "VEC3": 3}[accessor.type]
    stride = view.byteStride or dtype.itemsize * width
    start = (view.byteOffset or 0) + (accessor.byteOffset or 0)
    return np.ndarray((accessor.count, width), dtype, gltf.binary_blob(), start, (stride, dtype.itemsize))


def column_of(gltf: pygltflib.GLTF2, about: dict, table: dict, name: str) -> list:
    def view(index: int) -> bytes:
        one = gltf.bufferViews[index]
        start = one.byteOffset or 0
        return bytes(gltf.binary_blob()[start : start + one.byteLength])

    stored = table["properties"].get(name)
    if stored is None:
        return [about["default"]] * table["count"]
    if about["type"] == "STRING":
        offsets = np.frombuffer(view(stored["stringOffsets"]), "<u4").tolist()
        return [view(stored["values"])[start:end].decode() for start, end in pairwise(offsets)]
    dtype = {"UINT32": "<u4", "UINT16": "<u2", "FLOAT32": "<f4"}[about["componentType"]]
    return np.frombuffer(view(stored["values"]), dtype).tolist()


def first_met(origin: np.ndarray, direction: np.ndarray, corners: np.ndarray) -> int:
    """Which of (t, 3, 3) triangles a ray meets first (Möller and Trumbore)."""
    a, b, c = corners[:, 0], corners[:, 1], corners[:, 2]
    p = np.cross(direction, c - a)
    with np.errstate(divide="ignore", invalid="ignore"):
        det = ((b - a) * p).sum(axis=1)
        u = ((origin - a) * p).sum(axis=1) / det
        q = np.cross(origin - a, b - a)
        v, far = q @ direction / det, ((c - a) * q).sum(axis=1) / det
        met = (u >= 0) & (v >= 0) & (u + v <= 1) & (far > 0)
    return int(np.where(met, far, np.inf).argmin())
