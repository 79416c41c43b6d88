"""What a person sees, and when: the first complete view of a city, and an edit of a building on a page that is open."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import CDPSession, Page

from benchmarks.picture import see, window
from benchmarks.process import serving
from benchmarks.report import Report

SEEN = 2.0
"""Seconds within which an edit is to be seen."""

WIDE, HIGH = 1920, 1080
VIEW = "/wall?language=en&layers=buildings"
AWAY_M, UP_M, PITCH = 260.0, 190.0, -34.0
HIGHER = 1.2  # below the room that a box leaves above: one tile is made, and no document
QUIET_MS = 700


@dataclass
class Traffic:
    """What a page asked for, with the bytes that came over the wire."""

    asked: list[tuple[float, str]] = field(default_factory=list)
    bytes: int = 0
    tile_bytes: int = 0
    _paths: dict[str, str] = field(default_factory=dict)

    def listen(self, session: CDPSession) -> None:
        """Count from now on."""
        session.on("Network.requestWillBeSent", self._sent)
        session.on("Network.loadingFinished", self._came)
        session.send("Network.enable")

    def _sent(self, told: dict[str, Any]) -> None:
        path = urlsplit(told["request"]["url"]).path
        self._paths[told["requestId"]] = path
        self.asked.append((time.monotonic(), path))

    def _came(self, told: dict[str, Any]) -> None:
        size = int(told["encodedDataLength"])
        self.bytes += size
        self.tile_bytes += size if self._paths.get(told["requestId"], "").startswith("/tiles/") else 0

    def tiles(self, since: int = 0) -> list[str]:
        """Files of tilesets that were asked for."""
        return [path for _, path in self.asked[since:] if path.startswith("/tiles/")]


def measure_view(report: Report, twin: Path, what: str, repeat: int, pictures: Path | None) -> None:
    """The wall with an empty cache until its first complete view stands, and the bytes until then."""
    seconds, page_mb, tile_mb, files = [], [], [], []
    with serving(twin) as served, window(WIDE, HIGH) as first:
        first.goto(served.link)
        for turn in range(repeat):
            with _another(first) as page:
                traffic = Traffic()
                traffic.listen(page.context.new_cdp_session(page))
                began = time.monotonic()
                see(page, served.address + VIEW, seconds=180)
                seconds.append(time.monotonic() - began)
                page_mb.append(traffic.bytes / 1e6)
                tile_mb.append(traffic.tile_bytes / 1e6)
                files.append(float(len(traffic.tiles())))
                if pictures is not None and turn == 0:
                    page.wait_for_timeout(QUIET_MS)
                    page.screenshot(path=pictures / f"{what}.png")
    report.add(f"{what}: first complete view, log-in not counted", seconds, "s")
    report.add(f"{what}: bytes until then", page_mb, "MB")
    report.add(f"{what}: of which tiles", tile_mb, "MB")
    report.add(f"{what}: files of tiles until then", files, "files")


@contextmanager
def _another(page: Page) -> Iterator[Page]:
    """A page with the same session and an empty cache."""
    browser = page.context.browser
    assert browser is not None
    context = browser.new_context(storage_state=page.context.storage_state(), viewport={"width": WIDE, "height": HIGH})
    yield context.new_page()
    context.close()


def measure_sight(report: Report, twin: Path, what: str, edits: int, pictures: Path | None) -> None:
    """One building in sight is raised and lowered: from the answer to the edit until the picture is another one."""
    with serving(twin) as served, window(WIDE, HIGH) as page:
        page.goto(served.link)
        building = _one_in_the_middle(page, served.address)
        traffic = Traffic()
        traffic.listen(page.context.new_cdp_session(page))
        see(page, f"{served.address}{VIEW}&camera={_towards(building)}", seconds=180)
        _settled(page)
        if pictures is not None:
            (pictures / f"{what}, before an edit.png").write_bytes(page.screenshot())
        asked = len(traffic.asked)
        took = [_edit(page, served.address, building, factor) for factor in (HIGHER, 1.0) * ((edits + 1) // 2)]
        files = len(traffic.tiles(asked)) / len(took)
        if pictures is not None:
            _edit(page, served.address, building, HIGHER)
            (pictures / f"{what}, after an edit.png").write_bytes(page.screenshot())
            (pictures / f"{what}, requests.txt").write_text("".join(f"{path}\n" for path in traffic.tiles(asked)))
    report.add(f"{what}: edit until it is seen on an open page", took, "s", goal=SEEN)
    report.add(f"{what}: files asked for an edit", [files], "files")


def _edit(page: Page, address: str, building: dict[str, Any], factor: float) -> float:
    """Give a building another height; seconds until the page shows it. Raises RuntimeError where it never does."""
    before = _settled(page)
    height = building["properties"]["height_m"] * factor
    answer = page.request.patch(f"{address}/entities/{building['id']}", data={"height_m": height})
    if not answer.ok:
        raise RuntimeError(f"the edit was refused: {answer.text()}")
    began = time.monotonic()
    while _seen(page) == before:
        if time.monotonic() - began > 30:
            raise RuntimeError("an edit was not seen within 30 s")
    return time.monotonic() - began


def _one_in_the_middle(page: Page, address: str) -> dict[str, Any]:
    """A building near the middle of the twin whose height is known."""
    lon, lat = page.request.get(f"{address}/twin").json()["centre"]
    box = f"{lon - 0.004},{lat - 0.004},{lon + 0.004},{lat + 0.004}"
    found = page.request.get(f"{address}/features/building?bbox={box}&limit=1000").json()["features"]
    known = [one for one in found if one["properties"].get("height_m")]
    return min(known, key=lambda one: math.dist(_corner(one), (lon, lat)))


def _corner(feature: dict[str, Any]) -> tuple[float, float]:
    ring = feature["geometry"]["coordinates"]
    while isinstance(ring[0][0], list):
        ring = ring[0]
    return ring[0][0], ring[0][1]


def _towards(feature: dict[str, Any]) -> str:
    """A camera south of a building that looks at it."""
    lon, lat = _corner(feature)
    ground = feature["properties"].get("base_m") or 0.0
    return f"{lon},{lat - AWAY_M / 111_320},{ground + UP_M},0,{PITCH}"


def _seen(page: Page) -> bytes:
    """The middle of the map, where no panel lies over it."""
    return page.screenshot(clip={"x": WIDE * 0.42, "y": HIGH * 0.3, "width": WIDE * 0.16, "height": HIGH * 0.4})


def _settled(page: Page) -> bytes:
    """The same when nothing moves any more."""
    last = b""
    while (now := _seen(page)) != last:
        last = now
        page.wait_for_timeout(QUIET_MS)
    return now
