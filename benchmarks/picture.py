"""When does a person see something? Headless Chromium with software GL, as slow as a screen will ever be."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Page, sync_playwright

CHROMIUM = "/usr/lib/chromium/chromium"
FLAGS = (
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--disable-background-networking",
    "--disable-component-update",
)


@contextmanager
def window(width: int = 1280, height: int = 720) -> Iterator[Page]:
    """An empty page of a browser of its own."""
    flags = [*FLAGS, "--no-sandbox"] if os.getuid() == 0 else list(FLAGS)
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=flags)
        yield browser.new_page(viewport={"width": width, "height": height})
        browser.close()


def see(page: Page, address: str, seconds: float = 60) -> None:
    """Go there and return once the page says that its first complete view stands."""
    page.goto(address)
    page.wait_for_selector("html[data-picture=ready]", timeout=seconds * 1000)


def first_picture(link: str) -> None:
    """Follow a log-in link until something is seen."""
    with window() as page:
        see(page, link)
