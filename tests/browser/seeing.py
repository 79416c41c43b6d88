"""What a browser test sees of the map, and which tiles it was asked for."""

from __future__ import annotations

import io
import time
from collections.abc import Callable
from urllib.parse import urlsplit

import numpy as np
from PIL import Image
from playwright.sync_api import Page


def tile_requests(desk) -> list[str]:
    """Files of tilesets that were asked for, without their queries."""
    paths = [urlsplit(url).path for url in desk.requests]
    return [path.rsplit("/", 1)[1] for path in paths if path.startswith("/tiles/")]


def picture(page: Page) -> np.ndarray:
    """The middle of the map as it is on the screen, where no panel lies over it."""
    size = page.viewport_size
    assert size is not None
    width, height = size["width"], size["height"]
    shot = page.screenshot(clip={"x": width * 0.37, "y": height * 0.2, "width": width * 0.25, "height": height * 0.6})
    return np.asarray(Image.open(io.BytesIO(shot)).convert("RGB"), dtype=np.int16)


def differ(one: np.ndarray, other: np.ndarray) -> int:
    """Pixels that are clearly another colour."""
    return int((np.abs(one - other).max(axis=2) > 12).sum())


def until(page: Page, true: Callable[[], bool], seconds: float) -> float:
    """How long it took."""
    began = time.monotonic()
    while not true():
        assert time.monotonic() - began < seconds
        page.wait_for_timeout(20)
    return time.monotonic() - began


def settled(page: Page) -> np.ndarray:
    """The picture when nothing moves any more."""
    last = picture(page)
    for _ in range(50):
        page.wait_for_timeout(150)
        now = picture(page)
        if differ(last, now) == 0:
            return now
        last = now
    return last


def distance(feature: dict, centre: list[float]) -> float:
    corner = feature["geometry"]["coordinates"][0][0]
    return (corner[0] - centre[0]) ** 2 + (corner[1] - centre[1]) ** 2
