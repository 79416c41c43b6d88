"""What is recorded of a day: true stays as wifi, cameras, scanned codes and signalling saw them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twin.geo.cells import cells_to_keys, keys_to_cells, lonlat_to_cells
from twin.presence import END_ESTIMATED, MEASURED, StayBatch
from twin.synth.days import DayStays
from twin.synth.draw import uniform
from twin.synth.frame import to_lonlat
from twin.synth.venues import CARE, FOOD, HOME, HUB, LEISURE, PARK, SHOP, Venues
from twin.types import F64, I64, U8, U64, Bools

WIFI, CAMERA, SCAN, SIGNALLING = 1, 2, 3, 4
"""Sources of a stay."""

NO_FLOOR, COARSE, SCANNED, TWICE = 0.03, 0.02, 0.2, 0.02
"""Parts of the stays without a floor, seen by signalling alone, scanned (of those in public), recorded twice."""

SIGNALLING_RES = 9
_TYPICAL_S = np.full(9, 1800, dtype=np.int64)
_TYPICAL_S[[SHOP, FOOD, LEISURE, CARE, HUB, PARK]] = (1200, 2700, 5400, 2400, 900, 3600)


@dataclass(frozen=True, slots=True)
class Keys:
    """Place keys of each venue, (n,) each: exact, of its cell without a floor, of its signalling square."""

    exact: U64
    no_floor: U64
    coarse: U64


def venue_keys(exact: U64, venues: Venues) -> Keys:
    """The coarser keys beside the exact ones that the store gave."""
    squares = lonlat_to_cells(to_lonlat(venues.xy), SIGNALLING_RES)
    return Keys(exact, cells_to_keys(keys_to_cells(exact)), cells_to_keys(squares))


@dataclass(frozen=True, slots=True)
class Recorded:
    """A day as recorded. exact[i] tells whether the first record of true stay i has its place, floor and end."""

    batch: StayBatch
    exact: Bools


def record(
    seed: int, edges: tuple[int, int], day: DayStays, *, venues: Venues, keys: Keys, people: list[bytes]
) -> Recorded:
    """One local day between two midnights (UTC seconds) as a batch. The draws depend on seed and stay alone."""
    midnight, end = edges
    begin = day.start.astype(np.int64) + midnight
    draws = uniform(seed, 31, day.person, begin)
    setting = venues.setting[day.venue]
    public = np.isin(setting, (SHOP, FOOD, LEISURE, CARE, HUB))
    no_floor, coarse = draws < NO_FLOOR, (draws >= NO_FLOOR) & (draws < NO_FLOOR + COARSE)
    scanned = public & ~no_floor & ~coarse & (draws > 1 - SCANNED)
    exact = ~(no_floor | coarse | scanned)
    place = np.where(
        coarse, keys.coarse[day.venue], np.where(no_floor, keys.no_floor[day.venue], keys.exact[day.venue])
    )
    start: I64 = begin
    stop: I64 = day.end.astype(np.int64) + midnight
    stop = np.where(scanned, _estimated(day, start, setting, end), stop)
    source = _sources(draws, setting, scanned, coarse)
    twice = np.flatnonzero(exact & (uniform(seed, 32, day.person, start) < TWICE) & (stop - start > 900))
    again = _again(draws[twice], start[twice], stop[twice], source[twice])
    batch = StayBatch(
        pseudonyms=people,
        person=np.concatenate((day.person, day.person[twice])),
        place=np.concatenate((place, place[twice])),
        start=np.concatenate((start, again[0])),
        end=np.concatenate((stop, again[1])),
        source=np.concatenate((source, again[2])),
        quality=np.where(np.concatenate((scanned, scanned[twice])), END_ESTIMATED, MEASURED).astype(np.uint8),
    )
    return Recorded(batch, exact)


def _estimated(day: DayStays, start: I64, setting: U8, end: int) -> I64:
    """(n,) ends of stays of which only the entry is known: the typical length, or until the next record."""
    later = np.full(len(day), end, dtype=np.int64)
    same = day.person[1:] == day.person[:-1]
    later[:-1][same] = start[1:][same]
    return np.asarray(np.minimum(start + _TYPICAL_S[setting], later), dtype=np.int64)


def _sources(draws: F64, setting: U8, scanned: Bools, coarse: Bools) -> U8:
    """(n,) wifi at home, at work and at school; wifi or a camera in public."""
    seen = (setting != HOME) & ((draws * 1000) % 1 < 0.4)
    source = np.where(seen, CAMERA, WIFI)
    return np.where(coarse, SIGNALLING, np.where(scanned, SCAN, source)).astype(np.uint8)


def _again(draws: F64, start: I64, stop: I64, source: U8) -> tuple[I64, I64, U8]:
    """The second records: by the other of wifi and camera, a little shorter at both ends."""
    late, early = ((draws * 1e4) % 1 * 240).astype(np.int64), ((draws * 1e5) % 1 * 240).astype(np.int64)
    return start + late, stop - early, np.where(source == WIFI, CAMERA, WIFI).astype(np.uint8)
