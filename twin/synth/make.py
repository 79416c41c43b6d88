"""A synthetic twin, made whole: in a folder beside the wanted one, which takes its name when all is done."""

from __future__ import annotations

import errno
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from twin.errors import Conflict, DiskFull, FolderNotWritable
from twin.presence import Presence
from twin.pseudonyms import Pseudonyms
from twin.store import SourceInfo, Store
from twin.synth.days import Day, live_day
from twin.synth.district import District, draw_district
from twin.synth.entities import SOURCE, entities
from twin.synth.frame import to_lonlat
from twin.synth.names import STREET
from twin.synth.outbreaks import Epidemic, Today
from twin.synth.people import identity
from twin.synth.sightings import record, venue_keys
from twin.synth.spec import Spec
from twin.synth.truth import write_truth

Progress = Callable[[str, int, int], None]
"""Told (stage, done, of how many); stages are "draw", "model", "places" and "stays"."""

DEFAULT_NAME = f"{STREET[0]}合成城区"


@dataclass(frozen=True, slots=True)
class Made:
    """What was made and how long each stage took."""

    folder: str
    entities: int
    people: int
    places: int
    stays: int
    cases: list[int]
    seconds: dict[str, float]

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)


def make_synthetic(
    folder: Path, spec: Spec, *, name: str = "", database_url: str = "", progress: Progress | None = None
) -> Made:
    """Make a synthetic twin. Nothing is left behind when it fails or is interrupted.

    (With PostgreSQL, the schema that was made in the database stays there.)

    Raises `Conflict` where the folder holds anything already.
    """
    with _workshop(folder.resolve()) as bench:
        clock, said = _Clock(), progress or (lambda stage, done, total: None)
        said("draw", 0, 1)
        district = draw_district(spec)
        clock.lap("draw")
        with Store.create(
            bench, name=name or DEFAULT_NAME, zone=spec.zone, feed=SOURCE, database_url=database_url
        ) as store:
            written = _write_model(store, district, said)
            clock.lap("model")
            stays, cases = _write_stays(bench, store, district, said, clock)
            store.refresh_meta()
    return Made(str(folder), written, spec.people, len(district.venues.ids), stays, cases, clock.laps)


def _write_model(store: Store, district: District, said: Progress) -> int:
    total = _expected(district)
    source = SourceInfo(SOURCE, SOURCE, "EPSG:4979", "wgs84", "ellipsoidal", int(time.time()))
    things = (replace(thing, source=SOURCE) for thing in entities(district))
    report = store.write(things, source=source, progress=lambda done: said("model", done, total))
    if report.rejected:
        raise Conflict("synthetic district", f"the store refused {report.rejected} entities", "This is a fault of ours")
    return report.added


def _expected(district: District) -> int:
    """About how many entities there will be: what progress is measured against."""
    parts = (district.homes, district.premises, district.city.buildings, district.cameras.spots, district.sensors.spots)
    return sum(len(part) for part in parts)


def _write_stays(bench: Path, store: Store, district: District, said: Progress, clock: _Clock) -> tuple[int, list[int]]:
    spec, venues, crowd = district.spec, district.venues, district.people
    said("places", 0, len(venues.ids))
    exact = store.places.assign(venues.ids, to_lonlat(venues.xy), venues.floor)
    keys = venue_keys(exact, venues)
    people = Pseudonyms.open(bench).of(identity(row) for row in range(len(crowd)))
    clock.lap("places")
    edges, stays = spec.midnights(), 0
    epidemic = Epidemic(spec.seed, spec.days, edges[0], crowd, venues)
    with Presence.open(bench / "presence", zone=spec.zone, write=True) as presence:
        for n, weekday in enumerate(spec.weekdays()):
            said("stays", n, spec.days)
            day = live_day(spec.seed, Day(n, weekday, edges[n + 1] - edges[n]), crowd, venues)
            recorded = record(spec.seed, (edges[n], edges[n + 1]), day, venues=venues, keys=keys, people=people)
            epidemic.advance(Today(edges[n], day, recorded.exact))
            stays += presence.ingest(recorded.batch, key=f"synth-{spec.seed}-day-{n + 1}").stored
    said("stays", spec.days, spec.days)
    write_truth(bench, spec, epidemic.outbreaks, people=people, venues=venues, keys=exact)
    clock.lap("stays")
    return stays, [len(outbreak.cases) for outbreak in epidemic.outbreaks]


class _Clock:
    def __init__(self) -> None:
        self._last = time.monotonic()
        self.laps: dict[str, float] = {}

    def lap(self, name: str) -> None:
        now = time.monotonic()
        self.laps[name], self._last = round(now - self._last, 2), now


@contextmanager
def _workshop(folder: Path) -> Iterator[Path]:
    """A fresh folder beside the wanted one, renamed to it on success and removed on failure."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise Conflict(str(folder), "there is something already", "Give a new or empty folder, or remove this one")
    bench = folder.with_name(f".{folder.name}.making")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(bench, ignore_errors=True)
        bench.mkdir()
    except OSError as error:
        reason = error.strerror or "cannot be written"
        raise FolderNotWritable(str(folder), reason, "Choose a folder you may write") from error
    try:
        yield bench
        if folder.exists():
            folder.rmdir()
        bench.rename(folder)
    except BaseException as error:
        shutil.rmtree(bench, ignore_errors=True)
        if isinstance(error, OSError):
            kind = DiskFull if error.errno == errno.ENOSPC else FolderNotWritable
            reason = error.strerror or "cannot be written"
            raise kind(str(folder), reason, "Nothing was left behind; make room or choose another folder") from error
        raise
