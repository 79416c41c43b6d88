"""A real server on a small synthetic district, and a real browser that looks at it."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, StorageState

import tiles
from twin.store import Store, clock
from twin.synth import Spec, make_synthetic

ROOT = Path(__file__).resolve().parents[2]
SCREENSHOTS = ROOT / "screenshots"

FIRST_PICTURE_MS = 60_000

AGE_S = 3 * 86_400
"""Since when the district has been known."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


@dataclass
class Served:
    """Where the server answers, the folder it serves, and a one-time link."""

    address: str
    folder: Path
    link: str


@dataclass
class Desk:
    """A logged-in browser window that remembers all it asked for and all it complained of."""

    page: Page
    address: str
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def open(self, path: str) -> Page:
        """Open a page and wait for its first whole picture."""
        self.page.goto(self.address + path)
        self.page.wait_for_selector("html[data-picture=ready]", timeout=FIRST_PICTURE_MS)
        return self.page

    def strangers(self) -> list[str]:
        """Requests that went anywhere but to the server."""
        own = urlsplit(self.address).netloc
        return [
            url for url in self.requests if urlsplit(url).scheme not in ("data", "blob") and urlsplit(url).netloc != own
        ]


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    if not (ROOT / "frontend-static" / "vendor" / "versions.json").exists():
        pytest.skip("the pages' libraries are not there: run `npm ci && npm run vendor`")
    folder = tmp_path_factory.mktemp("browser") / "district"
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(clock, "now", lambda: int(time.time()) - AGE_S)  # it has a past to be compared with
        make_synthetic(folder, Spec.small())
    with Store.open(folder) as store:
        tiles.build_layer(store, "building", folder / "tiles")
    command = [sys.executable, "-c", "from twin.cli import run; run()", "serve", str(folder), "--port", "0", "--json"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        said = json.loads(server.stdout.readline())
        yield Served(said["address"], folder, said["link"])
        server.terminate()


@pytest.fixture(scope="session")
def logged_in(served: Served, browser: Browser) -> StorageState:
    """The cookie that the one-time link gives."""
    context = browser.new_context()
    context.request.get(served.link)
    state = context.storage_state()
    context.close()
    return state


@pytest.fixture(scope="session", autouse=True)
def screenshots() -> Path:
    shutil.rmtree(SCREENSHOTS, ignore_errors=True)
    SCREENSHOTS.mkdir()
    return SCREENSHOTS


@pytest.fixture
def context(request: pytest.FixtureRequest, browser: Browser, logged_in: StorageState) -> Iterator[BrowserContext]:
    width, height = getattr(request, "param", (1440, 900))
    context = browser.new_context(viewport={"width": width, "height": height}, storage_state=logged_in)
    yield context
    context.close()


@pytest.fixture
def desk(context: BrowserContext, served: Served) -> Iterator[Desk]:
    """A window; when the test is over, nothing may have left the machine and nothing may have been complained of."""
    page = context.new_page()
    desk = Desk(page, served.address)
    page.on("request", lambda request: desk.requests.append(request.url))
    page.on("websocket", lambda socket: desk.requests.append(socket.url))
    page.on("pageerror", lambda error: desk.complaints.append(str(error)))
    page.on("console", lambda said: desk.complaints.append(said.text) if said.type in ("error", "warning") else None)
    yield desk
    assert desk.strangers() == []
    assert desk.complaints == []
