"""Fixes of others and what is known of them: a synthetic garden city, and San Francisco's cabs."""

from __future__ import annotations

import csv
import gzip
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
import orjson
import shapely

from twin.presence.detection import Profile
from twin.types import F64, I64, U32, Objects

EAST_M, NORTH_M = 102_700.0, 111_195.0
"""Metres in a degree at the planted district, near enough."""

GARDEN_CITY = "people/nomad_synthetic_gardencity"
CABS = "people/sf_cabs_2008"


@dataclass(frozen=True, slots=True)
class Trace:
    """(n,) fixes as a source has them: person, UTC second, degrees."""

    person: U32
    time: I64
    lon: F64
    lat: F64

    def __len__(self) -> int:
        return len(self.time)


@dataclass(frozen=True, slots=True)
class Visits:
    """(m,) stays, true or found: person, UTC seconds, degrees."""

    person: U32
    start: I64
    end: I64
    lon: F64
    lat: F64

    def __len__(self) -> int:
        return len(self.start)

    def take(self, rows: I64) -> Visits:
        """Some of them."""
        return Visits(self.person[rows], self.start[rows], self.end[rows], self.lon[rows], self.lat[rows])


@dataclass(frozen=True, slots=True)
class GardenCity:
    """Pings in a synthetic town, its buildings, and visits beyond doubt: runs of pings all in one building."""

    trace: Trace
    buildings: Objects
    visits: Visits
    building_of_visit: I64


def garden_city(shared: Path, profile: Profile) -> GardenCity:
    """The town of `GARDEN_CITY`. Its list of stops is of other people than its pings, and so is no truth for them."""
    folder = shared / GARDEN_CITY
    with gzip.open(folder / "pings.csv.gz", "rt") as file:
        rows = list(csv.DictReader(file))
    person = np.unique([row["user_id"] for row in rows], return_inverse=True)[1].astype(np.uint32)
    time = np.array([datetime.fromisoformat(row["local_datetime"]).timestamp() for row in rows], dtype=np.int64)
    lon, lat = (np.array([float(row[name]) for row in rows]) for name in ("dev_lon", "dev_lat"))
    features = orjson.loads(gzip.decompress((folder / "garden-city-buildings.geojson.gz").read_bytes()))["features"]
    shapes = shapely.from_geojson([orjson.dumps(feature["geometry"]) for feature in features])
    buildings = shapely.transform(shapes, _town_metres)
    order = np.lexsort((time, person))
    trace = Trace(person[order], time[order], lon[order], lat[order])
    visits, which = _visits_beyond_doubt(trace, building_at(buildings, trace.lon, trace.lat), profile)
    return GardenCity(trace, buildings, visits, which)


def building_at(buildings: Objects, lon: F64, lat: F64, within_m: float = 0.0) -> I64:
    """(n,) number of the nearest of the buildings of the town within so many metres, -1 for none."""
    points = shapely.points(_town_metres(np.column_stack((lon, lat))))
    rows, numbers = shapely.STRtree(buildings).query_nearest(
        points, max_distance=max(within_m, 1e-6), all_matches=False
    )
    found = np.full(len(lon), -1, dtype=np.int64)
    found[rows] = numbers
    return found


def _town_metres(lonlat: F64) -> F64:
    return np.column_stack((lonlat[:, 0] * NORTH_M * np.cos(np.radians(36.67)), lonlat[:, 1] * NORTH_M))


def _visits_beyond_doubt(trace: Trace, inside: I64, profile: Profile) -> tuple[Visits, I64]:
    breaks = (np.diff(trace.person.astype(np.int64)) != 0) | (np.diff(inside) != 0)
    breaks |= np.diff(trace.time) > profile.gap_s
    first = np.concatenate(([0], np.flatnonzero(breaks) + 1))
    last = np.concatenate((first[1:] - 1, [len(trace) - 1]))
    long = (inside[first] >= 0) & (trace.time[last] - trace.time[first] >= profile.least_s)
    first, last = first[long], last[long]
    visits = Visits(trace.person[first], trace.time[first], trace.time[last], trace.lon[first], trace.lat[first])
    return visits, inside[first]


def cabs(shared: Path) -> Trace:
    """Three cabs of San Francisco, rows newest first as their files have them."""
    parts = []
    for number, path in enumerate(sorted((shared / CABS).glob("*.csv.gz"))):
        lat, lon, _, time = np.loadtxt(path, delimiter=",", skiprows=1).T
        parts.append((np.full(len(time), number, dtype=np.uint32), time.astype(np.int64), lon, lat))
    return Trace(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))
