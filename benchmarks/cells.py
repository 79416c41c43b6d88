"""What a hundred thousand cells over a city add to a frame: a surface, columns, and beside them a polygon a cell.

Headless Chromium with software GL, as slow as a screen will ever be. Frames without and with a layer are taken by
turns, so that what else the machine does weighs on both alike. Values are made up; cells, city and code are the page's.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright

from benchmarks.picture import CHROMIUM, FLAGS
from benchmarks.process import serving
from benchmarks.report import Report

Say = Callable[[str], None]

LEAST_CELLS = 100_000

_JS = """
async ({kind, form, frames, least}) => {
  const city = document.querySelector(".panel").context.city;
  const {readCells} = await import("/static/core/cells.js");
  const {StateColumn} = await import("/static/core/state.js");
  const {texelsOf} = await import("/static/layers/cells.js");
  const {CellModel} = await import("/static/map/cells.js");
  const {add} = await import("/static/layers/polygons.js");
  const pixel = new Uint8Array(4);
  const frame = () => {
    const began = performance.now();
    city.scene.requestRender();
    city.scene.render();
    const gl = city.viewer.canvas.getContext("webgl2");
    gl.readPixels(0, 0, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, pixel); // waits until the picture is there
    return performance.now() - began;
  };
  const pause = () => new Promise((resolve) => setTimeout(resolve, 0));
  const fetched = performance.now();
  const cells = readCells(await (await fetch(`/cells/${kind}`)).arrayBuffer());
  const fetching = performance.now() - fetched;
  const count = Math.min(cells.ids.length, least);
  const from = Math.floor((cells.ids.length - count) / 2);
  const values = (turn) => {
    const known = new Map();
    for (let i = from; i < from + count; i++) known.set(i, (Math.sin(i / 97 + turn) + 1) * 50);
    return new StateColumn(turn, null, known, [0, 100]);
  };
  frame();
  const began = performance.now();
  const drawn = form === "polygons" ? await polygons() : await model();
  const first = performance.now() - began + (form === "polygons" ? 0 : fetching);
  const [without, beside, recoloured] = [[], [], []];
  for (let i = 0; i < frames; i++) {
    drawn.show(false);
    await pause();
    frame();
    without.push(frame());
    drawn.show(true);
    await pause();
    frame();
    beside.push(frame());
  }
  for (let i = 1; i <= 3; i++) {
    const column = values(i);
    const at = performance.now();
    drawn.recolour(column);
    recoloured.push(performance.now() - at);
    frame();
  }
  drawn.remove();
  return {count, first, without, beside, recoloured};

  async function model() {
    const look = {lift: 40, rise: form === "columns" ? 200 : 0, alpha: 0.62};
    const made = new CellModel(city, cells, look);
    await made.open();
    made.paint(texelsOf(cells, values(0)));
    while (!made.model.ready) { frame(); await pause(); }
    frame();
    return {
      show: (on) => made.show(on),
      recolour: (column) => made.paint(texelsOf(cells, column)),
      remove: () => made.remove(),
    };
  }

  async function polygons() {
    const features = [];
    const half = [[2, 1], [1, 2], [-1, 1], [-2, -1], [-1, -2], [1, -1]].map(([i, j]) => [i / 3, j / 3]);
    const [a, b, c] = [0, 2 * cells.along, 2].map((at) => [cells.nodes[at], cells.nodes[at + 1]]);
    for (let i = from; i < from + count; i++) {
      const [row, column] = [Math.floor(cells.texels[i] / cells.columns), cells.texels[i] % cells.columns];
      const [u, v] = [column - cells.steps[0], row - cells.steps[1]];
      const ring = half.map(([x, y]) => [0, 1].map((axis) =>
        a[axis] + ((u + x) * (b[axis] - a[axis]) + (v + y) * (c[axis] - a[axis])) / cells.apart));
      features.push({id: String(i), geometry: {type: "Polygon", coordinates: [[...ring, ring[0]]]}, properties: {}});
    }
    const layer = await add(city, {id: "bench", form: "polygons", kind: "grid"}, features);
    frame();
    const shares = (column) => new Map([...column.values].map(([i, value]) => [String(i), value / 100]));
    return {...layer, recolour: (column) => layer.colourBy(shares(column))};
  }
}
"""


def run(folder: Path, say: Say, *, kind: str, frames: int) -> Report:
    """Frame times of the wall of a twin at 1920 x 1080, without and with `LEAST_CELLS` cells of a kind."""
    report = Report()
    flags = [*FLAGS, "--no-sandbox"] if os.getuid() == 0 else list(FLAGS)
    with serving(folder) as served, sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=flags)
        page = browser.new_page(viewport={"width": 1920, "height": 1080})
        page.goto(served.link)
        page.goto(served.address + "/wall?layers=buildings")
        page.wait_for_selector("html[data-picture=ready]", timeout=120_000)
        page.wait_for_timeout(3000)
        for form in ("surface", "columns", "polygons"):
            say(f"cells as {form}: {frames} frames without and with")
            _add(report, form, _measured(page, kind, form, frames))
        browser.close()
    report.data["cells"] = {"kind": kind, "twin": str(folder)}
    return report


def _measured(page: Page, kind: str, form: str, frames: int) -> dict[str, Any]:
    told: dict[str, Any] = page.evaluate(_JS, {"kind": kind, "form": form, "frames": frames, "least": LEAST_CELLS})
    return told


def _add(report: Report, form: str, told: dict[str, Any]) -> None:
    who = {"surface": "quanyu", "columns": "quanyu, columns", "polygons": "one polygon a cell"}[form]
    cells = f"{told['count']:,} cells"
    report.add("a frame without them", told["without"], "ms", who=who)
    report.add(f"a frame with {cells}", told["beside"], "ms", who=who)
    added = [beside - without for without, beside in zip(told["without"], told["beside"], strict=True)]
    report.add(f"{cells} add to a frame", added, "ms", who=who)
    report.add(
        f"{cells}, until they are seen", [told["first"] / 1000], "s", who=who, goal=2 if form != "polygons" else None
    )
    report.add(f"{cells} recoloured, the page's own work", told["recoloured"], "ms", who=who)
