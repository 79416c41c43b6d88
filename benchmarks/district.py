"""The district's figures: import, tile, generate, serve, ask, look."""

from __future__ import annotations

import http.cookiejar
import random
import shutil
import tempfile
import time
import urllib.request
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import orjson

from benchmarks.process import Served, run_twin, serving
from benchmarks.report import Report, milliseconds

Say = Callable[[str], None]
Goals = tuple[float, float]
"""Upper bounds: seconds and gigabytes."""


class Caller:
    """A logged-in client of a running server."""

    def __init__(self, served: Served) -> None:
        self.address = served.address
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))
        self._opener.open(served.link).read()

    def get(self, path: str) -> Any:
        """The JSON that a GET answers."""
        return orjson.loads(self._opener.open(self.address + path).read())

    def post(self, path: str, body: dict[str, Any]) -> Any:
        """The JSON that a POST answers."""
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(self.address + path, orjson.dumps(body), headers)
        return orjson.loads(self._opener.open(request).read())


def measure_city(report: Report, say: Say, what: str, source: Path, *, goals: Goals, repeat: int) -> None:
    """Import and tile one city `repeat` times, each in a new folder."""
    seconds, memory, tiling = [], [], []
    for turn in range(repeat):
        say(f"{what}: import and tile, {turn + 1} of {repeat}")
        with tempfile.TemporaryDirectory(prefix="twin-bench-") as folder:
            stored = run_twin("import", source, "--into", folder)
            tiled = run_twin("tiles", "build", folder)
        seconds.append(stored.seconds + tiled.seconds)
        tiling.append(tiled.seconds)
        memory.append(max(stored.peak_gb, tiled.peak_gb))
    report.add(f"{what}: imported, stored and tiled", seconds, "s", goal=goals[0])
    report.add(f"{what}: of which tiling", tiling, "s")
    report.add(f"{what}: peak memory", memory, "GB", goal=goals[1])


def measure_synthesis(report: Report, say: Say, folder: Path) -> None:
    """Generate the default district."""
    say("default district: generate")
    run = run_twin("new", folder, "--synth")
    report.add("default district: generated", [run.seconds], "s", goal=60)
    report.add("default district: peak memory of generation", [run.peak_gb], "GB")
    tiles = run_twin("tiles", "build", folder)
    report.add("default district: tiled", [tiles.seconds], "s")
    report.data["district"] = orjson.loads(run_twin("info", folder, "--json").output)


def measure_answers(report: Report, say: Say, folder: Path, people: int, seed: int = 11) -> None:
    """Ask a running server as its pages do."""
    say("default district: serve and ask")
    dice = random.Random(seed)
    with serving(folder) as served:
        report.add("default district: start to log-in link", [served.seconds], "s", goal=10)
        caller = Caller(served)
        twin = caller.get("/twin")
        window = {"from": twin["presence"]["first"], "to": twin["presence"]["last"]}
        names = [f"P{dice.randrange(1, twin['presence']['people'] + 1):06d}" for _ in range(people)]
        question = {**window, "scale": "unit", "min_overlap_minutes": 10, "limit": 100}
        caller.post("/presence/companions", {"person": names[0], **question})  # the first question maps the files
        asked = milliseconds(
            [partial(caller.post, "/presence/companions", {"person": name, **question}) for name in names]
        )
        report.add("companions of one person over 14 days, over HTTP", asked, "ms", goal=50)
        buildings = [row["id"] for row in caller.get("/features/building?limit=200")["features"]]
        details = milliseconds([partial(caller.get, f"/entities/{building}") for building in buildings])
        report.add("a building's details, over HTTP", details, "ms", goal=20)
        report.add("default district: memory while serving", [served.memory_gb], "GB", goal=1.5)


def measure_first_picture(report: Report, say: Say, folder: Path) -> None:
    """From the printed address to a page whose tiles stand, in headless Chromium with software GL."""
    try:
        from benchmarks.picture import first_picture  # noqa: PLC0415 - needs the test packages
    except ImportError:
        report.data["first picture"] = "not measured: needs the packages of ./test (playwright)"
        return
    say("default district: first picture")
    with serving(folder) as served:
        start = time.perf_counter()
        first_picture(served.link)
        report.add("first picture in headless Chromium", [time.perf_counter() - start], "s", goal=10)


def run(shared: Path, say: Say, *, repeat: int = 3, people: int = 200) -> Report:
    """All of it. `shared` is the folder of real data; what is not there is left out and said."""
    report = Report()
    cities = (
        ("Kochi, 100,371 buildings", shared / "citymodels/kochi_plateau2023", (60.0, 1.5)),
        ("Den Haag, 24 MB of CityGML", shared / "citymodels/denhaag_01/DenHaag_01.citygml.xml.gz", (20.0, 1.5)),
    )
    for what, source, goals in cities:
        if source.exists():
            measure_city(report, say, what, source, goals=goals, repeat=repeat)
        else:
            report.data[what] = f"left out: {source} is not there"
    folder = Path(tempfile.mkdtemp(prefix="twin-bench-"))
    try:
        measure_synthesis(report, say, folder / "district")
        measure_answers(report, say, folder / "district", people)
        measure_first_picture(report, say, folder / "district")
    finally:
        shutil.rmtree(folder)
    return report
