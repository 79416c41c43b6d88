"""`twin bench tiles` from end to end on a village, and what it says of peers that are absent."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import orjson
import pytest
from playwright.sync_api import Browser, Page

import benchmarks.tiles.run
from benchmarks.tiles import viewing
from benchmarks.tiles.run import City, Options, run
from benchmarks.tiles.serving import missing


def village(path: Path) -> None:
    """A hundred houses as GeoJSON."""
    houses = []
    for number in range(100):
        west, south = 114.0 + number % 10 * 1e-3, 22.6 + number // 10 * 1e-3
        east, north = west + 2e-4, south + 2e-4
        ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
        shape = {"type": "Polygon", "coordinates": [ring]}
        houses.append({"type": "Feature", "geometry": shape, "properties": {"id": f"h{number}", "height": 9}})
    path.write_bytes(orjson.dumps({"type": "FeatureCollection", "features": houses}))


@pytest.mark.browser
def test_a_small_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, browser: Browser) -> None:
    @contextmanager
    def window(width: int, height: int) -> Iterator[Page]:
        """Of the one browser that tests have."""
        with browser.new_context(viewport={"width": width, "height": height}) as context:
            yield context.new_page()

    village(tmp_path / "village.geojson")
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    monkeypatch.setattr(viewing, "window", window)
    monkeypatch.setattr(viewing, "WIDE", 960)  # software GL takes its time for every pixel
    monkeypatch.setattr(viewing, "HIGH", 540)
    monkeypatch.setattr(viewing, "QUIET_MS", 200)
    monkeypatch.setattr(benchmarks.tiles.run, "SEEN_EDITS", 2)
    cities = (City("village", "village.geojson", footprints=True), City("elsewhere", "elsewhere"))
    monkeypatch.setattr(benchmarks.tiles.run, "CITIES", cities)
    monkeypatch.setattr(benchmarks.tiles.serving, "SECONDS", 1)
    report = run(tmp_path, Options(repeat=1, edits=2, million=1000, pictures=pictures), lambda line: None)
    rows = {(row.what, row.who): row.p50 for row in report.rows}
    assert report.data["village"]["features"] == 100
    assert "left out" in report.data["elsewhere"]
    assert rows["village: tiles made for an edit", "quanyu"] == 1
    assert rows["1,000 footprints from arrays", "quanyu"] > 100
    assert rows["village: of which tiles", "quanyu"] * 1e6 < 100_000
    assert rows["village: files asked for an edit", "quanyu"] == 1
    assert (pictures / "village, requests.txt").read_text().splitlines() == ["/tiles/building/0.glb"] * 3
    assert len(list(pictures.glob("*.png"))) == 3
    served = ("tile requests, two cores, the client's work included", "quanyu")
    assert "not measured" in str(report.data["serving"]) if missing() else rows[served] > 10
