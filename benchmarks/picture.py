"""When does a person see something? Headless Chromium with software GL, as slow as a screen will ever be."""

from __future__ import annotations

import os

from playwright.sync_api import sync_playwright

CHROMIUM = "/usr/lib/chromium/chromium"
FLAGS = (
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--disable-background-networking",
    "--disable-component-update",
)


def first_picture(link: str, seconds: float = 60) -> None:
    """Follow a log-in link and return once the page says that its first complete view stands."""
    flags = [*FLAGS, "--no-sandbox"] if os.getuid() == 0 else list(FLAGS)
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=flags)
        page = browser.new_page(viewport={"width": 1280, "height": 720})
        page.goto(link)
        page.wait_for_selector("html[data-picture=ready]", timeout=seconds * 1000)
        browser.close()
