"""A small twin to import stays into, and files of stays written as sources write them."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import shapely

from twin.entity import Entity
from twin.ingest.report import ImportReport
from twin.ingest.run import run_import
from twin.ingest.source import Options
from twin.issues import Issue
from twin.presence import Presence, TrajectoryRow
from twin.pseudonyms import Pseudonyms
from twin.store import SourceInfo, Store
from twin.types import Window

LON, LAT = 114.05, 22.54
EVER = Window(0, 2_000_000_000)
HEADER = ("person", "place", "start", "end")
SOURCE = SourceInfo("sample", "sample", "EPSG:4326", "wgs84", "ellipsoidal", 0)


def square(east: float = 0.0) -> bytes:
    """A footprint of some 20 m, `east` degrees to the east of the others."""
    return bytes(shapely.to_wkb(shapely.box(LON + east, LAT, LON + east + 0.0002, LAT + 0.0002)))


def city() -> list[Entity]:
    """A building with two units and a shop, another building, and a thing without any position."""
    return [
        Entity("house", "building", footprint=square(), height_m=30.0, storeys=10, attributes={"name": "House"}),
        Entity("mall", "building", footprint=square(0.01), height_m=20.0, storeys=4),
        Entity("house-3", "storey", "house", attributes={"level": 3}),
        Entity("unit-301", "unit", "house-3", attributes={"level": 3, "name": "301"}),
        Entity("unit-302", "unit", "house-3", attributes={"level": 3, "name": "302"}),
        Entity("shop", "premises", "house", footprint=square(0.0001), attributes={"level": 1, "name": "Shop"}),
        Entity("nowhere", "resource", attributes={"name": "lost"}),
    ]


def twin(folder: Path, zone: str = "Asia/Shanghai") -> Store:
    """A twin with that city."""
    store = Store.create(folder, name="sample", zone=zone)
    store.write(city(), source=SOURCE)
    return store


def table(path: Path, rows: Iterable[Sequence[object]], header: Sequence[str] = HEADER) -> Path:
    """A CSV file."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    path.write_text(out.getvalue(), encoding="utf-8")
    return path


def take(store: Store, path: Path, **options: object) -> ImportReport:
    """Import a file as the command line does: in the twin's own zone."""
    given = {"zone": store.meta.zone, "kind": "stays"} | options
    return run_import(store, [path], Options(**given))  # type: ignore[arg-type]


@contextmanager
def presence(store: Store) -> Iterator[Presence]:
    """What is stored of people."""
    with Presence.open(store.folder / "presence", zone=store.meta.zone) as found:
        yield found


def stored(store: Store, person: str) -> list[TrajectoryRow]:
    """The stays of a person, in order of time."""
    name = Pseudonyms.open(store.folder).of([person])[0]
    with presence(store) as found:
        return list(found.trajectory(found.person(name), EVER).rows)


def times(store: Store, person: str) -> list[tuple[int, int]]:
    """Starts and ends of the stays of a person."""
    return [(row.start, row.end) for row in stored(store, person)]


def key(store: Store, place: str, floor: int) -> int:
    """The key of an entity on a floor."""
    return int(store.places.keys([place], np.array([floor]))[0])


def notes(store: Store, *, rejected: bool = False) -> list[Issue]:
    """What the quarantine list says of stays, notes among it."""
    rows = store.quarantine(severity=None).rows
    found = [row.issue for row in rows]
    return [issue for issue in found if issue.severity.value == "rejected"] if rejected else found
