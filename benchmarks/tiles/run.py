"""`twin bench tiles`: real cities into tiles, edits, serving, and the peers, in one run."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType

from benchmarks.process import interpreters, run_twin
from benchmarks.report import Report
from benchmarks.tiles.building import measure_city, measure_million
from benchmarks.tiles.editing import measure_edits
from benchmarks.tiles.peers import PROGRAMS, measure_peers
from benchmarks.tiles.serving import measure_serving, missing
from tiles.build import build_layer
from tiles.gather import gather
from tiles.layers import layer_kind
from twin.store import Store

Say = Callable[[str], None]

SEEN_EDITS = 10
"""On the open page: each takes seconds of screenshots."""


@dataclass(frozen=True, slots=True)
class City:
    """A city to tile; `footprints`: it is footprints alone, for which the goals hold."""

    name: str
    source: str
    footprints: bool = False


CITIES = (
    City("Kochi", "citymodels/kochi_plateau2023", footprints=True),
    City("New York with parts", "citymodels/newyork_osm", footprints=True),
    City("Den Haag LoD2", "citymodels/denhaag_01/DenHaag_01.citygml.xml.gz"),
    City("geoRES, textured LoD1-3", "citymodels/geores_textured"),
    City("PLATEAU 53392642, textured", "citymodels/plateau_53392642_textured"),
)


@dataclass(frozen=True, slots=True)
class Options:
    """How much of it: runs of each build, edits, footprints of the large one (0: none), interpreters of peers.

    pictures  a folder for what was seen (None: it is not kept)
    """

    repeat: int = 3
    edits: int = 50
    million: int = 1_000_000
    pictures: Path | None = None
    pythons: dict[str, str] = field(default_factory=lambda: interpreters("", PROGRAMS))


def run(shared: Path, options: Options, say: Say) -> Report:
    """All of it. `shared` is the folder of real data; what is not there is left out and said."""
    report = Report()
    with tempfile.TemporaryDirectory(prefix="twin-bench-") as folder:
        work = Path(folder)
        work.chmod(0o755)
        first: tuple[City, Path] | None = None
        for city in CITIES:
            if not (shared / city.source).exists():
                report.data[city.name] = f"left out: {shared / city.source} is not there"
                continue
            say(f"{city.name}: import, then tile {options.repeat} times")
            twin = work / Path(city.source).name.partition(".")[0]
            run_twin("import", shared / city.source, "--into", twin, partly=True)
            measure_city(report, twin, work, city.name, footprints=city.footprints, repeat=options.repeat)
            _look(report, city, twin, options, say)
            first = first or (city, twin)
        if first is not None:
            _on_one(report, *first, options, say)
    return report


def _look(report: Report, city: City, twin: Path, options: Options, say: Say) -> None:
    """The city on the wall, as soon as it is tiled."""
    viewing = _viewing(report)
    if viewing is None:
        return
    say(f"{city.name}: first complete view, {options.repeat} times")
    with Store.open(twin) as store:
        build_layer(store, "building", twin / "tiles")
    viewing.measure_view(report, twin, city.name, options.repeat, options.pictures)


def _viewing(report: Report) -> ModuleType | None:
    """What looks through a browser, where there is one to drive."""
    try:
        from benchmarks.tiles import viewing  # noqa: PLC0415 - needs the test packages
    except ImportError:
        report.data["views"] = "not measured: they need the packages of ./test (playwright)"
        return None
    return viewing


def _on_one(report: Report, city: City, twin: Path, options: Options, say: Say) -> None:
    """What is measured on the first city there is."""
    work = twin.parent
    say(f"{city.name}: peers")
    with Store.open(twin) as store:
        measure_peers(report, gather(store, layer_kind("building")).features, work, options.pythons)
    for name in options.pythons:
        if name in report.data:
            say(f"{name}: {report.data[name]}")
    if options.million:
        say(f"{options.million:,} footprints")
        measure_million(report, twin, work, options.million)
    say(f"{city.name}: {options.edits} edits")
    measure_edits(report, twin, city.name, options.edits)
    viewing = _viewing(report)
    if viewing is not None:
        say(f"{city.name}: edits on an open page")
        viewing.measure_sight(report, twin, city.name, SEEN_EDITS, options.pictures)
    absent = missing()
    if absent:
        report.data["serving"] = f"not measured: {' and '.join(absent)} not installed"
    else:
        measure_serving(report, twin, say, options.repeat)
