"""Answers against what is known to be true: people who walk together on film, places and times of real exposures."""

from __future__ import annotations

import csv
import gzip
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import combinations
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from tests.twin.presence.worlds import name
from twin.errors import InvalidValue, InvalidWindow
from twin.geo.cells import cells_to_keys, lonlat_to_cells
from twin.geo.crs import metres_per_degree
from twin.presence import KeyRanges, Presence, Radius, StayBatch, Threshold, Together
from twin.types import F64, I64, U64, Window

WALKERS = "people/pedestrians_ucy_zara01"
EXPOSURES = "people/nz_exposure_events_2021/events.csv.gz"
ZONE = ZoneInfo("Pacific/Auckland")
Pair = tuple[int, int]


def there(path: Path) -> Path:
    if not path.exists():
        pytest.skip(f"not there: {path}")
    return path


STRETCH = 40
"""A street of 20 m is laid out over 800 m: cells of resolution 12 are then half a metre wide."""

FRAMES_A_SECOND, FRAMES_APART = 25, 10
WHOLE = Window(0, 20_000)


@dataclass
class Walk:
    """Positions of walkers: (n,) frame, walker, (n, 2) metres; pairs of those who walk together."""

    frame: I64
    walker: I64
    xy: F64
    truth: set[Pair]


def walk(shared: Path) -> Walk:
    folder = there(shared / WALKERS)
    with gzip.open(folder / "obsmat.txt.gz") as lines:
        table = np.loadtxt(lines)
    groups = [sorted(map(int, line.split())) for line in (folder / "groups.txt").read_text().splitlines()]
    truth = {pair for group in groups for pair in combinations(group, 2)}
    return Walk(table[:, 0].astype(np.int64), table[:, 1].astype(np.int64), table[:, [2, 4]], truth)


def walking(folder: Path, seen: Walk) -> Presence:
    """Each position is a stay until the next: a frame is a second."""
    presence = Presence.open(folder, zone="UTC", write=True)
    lonlat = np.array([114.0, 22.6]) + seen.xy * STRETCH / metres_per_degree(22.6)
    walkers, person = np.unique(seen.walker, return_inverse=True)
    zeros = np.zeros(len(person), dtype=np.uint8)
    keys = cells_to_keys(lonlat_to_cells(lonlat, 12), 1)
    names = [name(walker) for walker in walkers.tolist()]
    columns = person.astype(np.uint32), keys, seen.frame, seen.frame + FRAMES_APART, zeros, zeros
    presence.ingest(StayBatch(names, *columns), key="walk")
    return presence


def exact(seen: Walk, metres: float) -> Counter[Pair]:
    """Seconds (frames) that each pair is that near, from the positions themselves."""
    found: Counter[Pair] = Counter()
    for frame in np.unique(seen.frame):
        at = np.flatnonzero(seen.frame == frame)
        away = np.hypot(*(seen.xy[at, None] - seen.xy[None, at]).transpose(2, 0, 1))
        for i, j in zip(*np.nonzero(np.triu(away <= metres, 1)), strict=True):
            one, other = sorted((int(seen.walker[at[i]]), int(seen.walker[at[j]])))
            found[one, other] += FRAMES_APART
    return found


@pytest.mark.parametrize(("near_enough", "least"), [((1.0, 6), (0.82, 0.90)), ((1.5, 6), (0.93, 0.75))])
def test_who_walks_together(
    shared_data: Path, tmp_path: Path, near_enough: tuple[float, int], least: tuple[float, float]
) -> None:
    """Groups of pedestrians, as told by people who watched the film; the engine knows positions only."""
    metres, seconds = near_enough
    seen = walk(shared_data)
    near = Radius(metres * STRETCH)
    with walking(tmp_path, seen) as presence:
        people = range(presence.stats().people)
        rule = Together(near, Threshold(seconds * FRAMES_A_SECOND))
        met = presence.meetings(people, WHOLE, rule=rule, limit=None).rows
        every = presence.meetings(people, WHOLE, rule=Together(near, Threshold(0)), limit=None).rows
        of = [int.from_bytes(presence.pseudonym(person), "big") for person in people]
        companions = {
            (min(one, row.person), max(one, row.person))
            for one in people
            for row in presence.companions([one], WHOLE, rule=rule, limit=None).rows
        }
    found = {(of[row.person], of[row.other]) for row in met}
    assert {(row.person, row.other) for row in met} == companions
    right = len(found & seen.truth)
    recall, precision = right / len(seen.truth), right / len(found)
    assert recall > least[0]
    assert precision > least[1]
    seconds_near = exact(seen, metres)
    times = {(of[row.person], of[row.other]): (row.certain_s, row.together_s) for row in every}
    assert set(seconds_near) <= set(times), "whoever is near enough is possible at the least"
    for pair, (certain, possible) in times.items():
        assert certain <= seconds_near[pair] <= possible


@dataclass
class Exposure:
    """An event: a place and local times, as published."""

    event: str
    lonlat: tuple[float, float]
    start: datetime
    end: datetime

    @property
    def window(self) -> Window:
        return Window(int(self.start.timestamp()), int(self.end.timestamp()))


def exposures(path: Path) -> Iterator[Exposure]:
    with gzip.open(path, "rt", encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            if "NA" in (row["LAT"], row["LNG"], row["Start"], row["End"]) or not row["Start"].strip():
                continue
            start, end = (
                datetime.strptime(" ".join(row[at].split()), "%d/%m/%Y, %I:%M %p").replace(tzinfo=ZONE)
                for at in ("Start", "End")
            )
            yield Exposure(row["Event"], (float(row["LNG"]), float(row["LAT"])), start, end)


class Planted:
    """Three people per event: one there in its time, one there just before, one next door."""

    def __init__(self, events: list[Exposure]) -> None:
        self.key: U64 = cells_to_keys(lonlat_to_cells([event.lonlat for event in events], 12), 1, 1)
        self.start = np.array([event.window.start for event in events])
        self.end = np.array([event.window.end for event in events])
        half = (self.end - self.start) // 2
        self.place = np.concatenate([self.key, self.key, self.key + np.uint64(1)])
        self.began = np.concatenate([self.start + half, self.start - 600, self.start])
        self.left = np.concatenate([self.end + 60, self.start, self.end])

    def batch(self) -> StayBatch:
        people = len(self.place)
        zeros = np.zeros(people, dtype=np.uint8)
        person = np.arange(people, dtype=np.uint32)
        return StayBatch([name(i) for i in range(people)], person, self.place, self.began, self.left, zeros, zeros)

    def visitors(self, i: int) -> set[int]:
        """Who was at the place of an event in its time, of everybody."""
        there = (self.place == self.key[i]) & (self.began < self.end[i]) & (self.left > self.start[i])
        return set(np.flatnonzero(there).tolist())


def test_who_was_exposed(shared_data: Path, tmp_path: Path) -> None:
    events = [event for event in exposures(there(shared_data / EXPOSURES)) if event.start < event.end]
    planted = Planted(events)
    with Presence.open(tmp_path, zone="Pacific/Auckland", write=True) as presence:
        presence.ingest(planted.batch(), key="planted")
        found = right = missed = 0
        for i, event in enumerate(events):
            place = KeyRanges.of([(int(planted.key[i]), int(planted.key[i]) + 1)])
            rows = presence.visitors(place, event.window, limit=None).rows
            met, expected = {row.person for row in rows}, planted.visitors(i)
            found, right, missed = found + len(met), right + len(met & expected), missed + len(expected - met)
            assert next(row for row in rows if row.person == i).present_s >= event.window.seconds // 2
    assert len(events) > 1_900
    assert (found, missed) == (right, 0)


def test_local_times_around_the_change_of_clocks(shared_data: Path, tmp_path: Path) -> None:
    """On 26 September 2021 at 2:00 clocks went on to 3:00: what lasts over it is an hour shorter than it looks."""
    events = [*exposures(there(shared_data / EXPOSURES))]
    spring = datetime(2021, 9, 26, 3, tzinfo=ZONE)
    over = [event for event in events if event.start < spring < event.end]
    assert over
    for event in over:
        looks = event.end.replace(tzinfo=None) - event.start.replace(tzinfo=None)
        assert event.window.seconds == looks.total_seconds() - 3600
    with Presence.open(tmp_path, zone="Pacific/Auckland", write=True) as presence:
        presence.ingest(Planted(over).batch(), key="planted")
        long = over[0].window
        place = KeyRanges.of([(int(Planted(over).key[0]), int(Planted(over).key[0]) + 1)])
        hours = presence.footfall(place, long).rows
        days = presence.footfall(place, long, step="day").rows
        local = [datetime.fromtimestamp(row.start, ZONE) for row in hours]
        assert [at.hour for at in local if at.date() == spring.date()] == [0, 1, *range(3, 24)]
        assert {row.end - row.start for row in days[1:-1]} == {82_800, 86_400}
        assert sum(row.person_s or 0 for row in hours) == sum(row.person_s or 0 for row in days)


def test_an_event_that_ends_before_it_starts_is_refused(shared_data: Path, tmp_path: Path) -> None:
    (reversed_,) = [event for event in exposures(there(shared_data / EXPOSURES)) if event.end < event.start]
    planted = Planted([reversed_])
    with Presence.open(tmp_path, zone="Pacific/Auckland", write=True) as presence:
        with pytest.raises(InvalidWindow, match="window: ends before"):
            presence.visitors(KeyRanges.of([(int(planted.key[0]), int(planted.key[0]) + 1)]), reversed_.window)
        stays = planted.batch()
        turned = StayBatch(
            stays.pseudonyms,
            stays.person,
            stays.place,
            planted.start[[0, 0, 0]],
            planted.end[[0, 0, 0]],
            *[stays.source] * 2,
        )
        with pytest.raises(InvalidValue, match="stay 0: it ends before it starts"):
            presence.ingest(turned, key="reversed")
        assert presence.stats().stays == 0
