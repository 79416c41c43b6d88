"""Records in any order to stays: sorted, repetitions dropped, and the rule of their source's profile applied."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from twin.errors import InvalidValue
from twin.geo.cells import cells_to_keys, lonlat_to_cells
from twin.presence.detection.association import Meeting, Sightings, visits
from twin.presence.detection.ordering import Content, sorted_rows
from twin.presence.detection.profiles import Profile
from twin.presence.detection.roaming import FINEST, Fixes, Roaming, roaming_runs, unwrapped
from twin.presence.segments.batch import END_ESTIMATED, MEASURED
from twin.types import F64, I64, U8, U32, U64

HALF_TURN = 180.0


class Positions(NamedTuple):
    """(n,) fixes in any order: dense person, UTC second, degrees, floor (UNKNOWN_FLOOR where none is known)."""

    person: U32
    time: I64
    lon: F64
    lat: F64
    floor: I64


@dataclass(frozen=True, slots=True)
class Tally:
    """What became of records: how many came, were repetitions, were excursions of a stay, and are in no stay.

    A repetition is a record that came before, or one of several positions of a person in one second.
    """

    records: int = 0
    repeated: int = 0
    left_out: int = 0
    outside: int = 0

    def __add__(self, other: Tally) -> Tally:
        return Tally(
            self.records + other.records,
            self.repeated + other.repeated,
            self.left_out + other.left_out,
            self.outside + other.outside,
        )


@dataclass(frozen=True, slots=True)
class Found:
    """(m,) stays in the order of (person, start): dense person, place, UTC seconds, quality, records of each.

    `lonlat` (m, 2) are their mean positions in degrees, NaN where the records had places and no positions.
    """

    person: U32
    place: U64
    start: I64
    end: I64
    quality: U8
    records: I64
    lonlat: F64
    tally: Tally

    def __len__(self) -> int:
        return len(self.start)


def stays_of_positions(fixes: Positions, profile: Profile) -> Found:
    """Stays in (n,) fixes with positions, in any order.

    The place of a stay is the cell of its mean position, at the resolution of the profile, on its floor.
    """
    _check(fixes)
    person, time, lon, lat, floor = fixes
    good = np.isfinite(lon) & np.isfinite(lat) & (np.abs(lon) <= HALF_TURN) & (np.abs(lat) <= HALF_TURN / 2)
    if not good.all():
        bad = int(np.flatnonzero(~good)[0])
        raise InvalidValue(f"fix {bad}", "its position is not on Earth", "Leave such fixes out")
    lon, lat = np.rint(lon / FINEST), np.rint(lat / FINEST)
    content = Content(lon.view(np.uint64), lat.view(np.uint64), floor)
    rows = sorted_rows(person, time, content, one_a_second=True)
    person = person[rows]
    ordered = Fixes(person, time[rows], unwrapped(person, lon[rows]), lat[rows], floor[rows])
    runs = roaming_runs(ordered, Roaming(profile.roam_m, profile.least_s, profile.gap_s, profile.pingpong_s))
    before = np.concatenate(([0], np.cumsum(runs.left_out)))
    left_out = before[runs.last + 1] - before[runs.first]
    records = runs.last + 1 - runs.first - left_out
    lonlat = np.column_stack(((runs.lon + HALF_TURN) % 360 - HALF_TURN, runs.lat))
    return Found(
        person[runs.first],
        cells_to_keys(lonlat_to_cells(lonlat, profile.resolution), runs.floor),
        ordered.time[runs.first],
        ordered.time[runs.last],
        np.full(len(runs.first), MEASURED, dtype=np.uint8),
        records,
        lonlat,
        Tally(len(lon), len(lon) - len(rows), int(left_out.sum()), len(rows) - int((records + left_out).sum())),
    )


def stays_of_sightings(records: Sightings, profile: Profile) -> Found:
    """Stays in (n,) records that name a place, in any order; `hold` is each one's end cap (see `Profile.end_cap`)."""
    _check(records)
    person, place, time, hold = records
    rows = sorted_rows(person, time, Content(place, hold.view(np.uint64), np.zeros(len(time), dtype=np.int64)))
    seen = Sightings(person[rows], place[rows], time[rows], hold[rows])
    found = visits(seen, Meeting(profile.gap_s, profile.pingpong_s, profile.least_s))
    return Found(
        seen.person[found.first],
        seen.place[found.first],
        seen.time[found.first],
        found.end,
        np.where(found.estimated, END_ESTIMATED, MEASURED).astype(np.uint8),
        found.records,
        np.full((len(found.first), 2), np.nan),
        Tally(len(time), len(time) - len(rows), found.left_out, found.short),
    )


_TYPES = {"person": np.uint32, "place": np.uint64, "lon": np.float64, "lat": np.float64}
"""Of columns; every other one holds int64."""


def _check(records: Positions | Sightings) -> None:
    """Raise InvalidValue for columns of the wrong type or of different lengths."""
    for name, column in records._asdict().items():
        wanted = np.dtype(_TYPES.get(name, np.int64))
        if column.dtype != wanted or column.shape != (len(records.person),):
            reason = f"must be a {wanted.name} array as long as the others"
            raise InvalidValue(f"column {name}", reason, "Convert it before handing the records over")
