"""The synthetic district of the presence benchmark: the same for the same seed and day, with what a city has."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest

from benchmarks.presence.itinerary import DAY_S
from benchmarks.presence.places import HUBS
from benchmarks.presence.world import ZONE, World, WorldSpec
from twin.errors import InvalidValue
from twin.geo.cells import UNKNOWN_FLOOR, cell_resolution, keys_of_cells, keys_to_cells, keys_to_floors
from twin.presence import END_ESTIMATED, StayBatch
from twin.presence.segments.days import Days

PEOPLE = 20_000
SPEC = WorldSpec(PEOPLE, 3, seed=5)


@pytest.fixture(scope="module")
def world() -> World:
    return World(SPEC)


@pytest.fixture(scope="module")
def day(world: World) -> StayBatch:
    (batch,) = world.batches(0)
    return batch


def digest(world: World, day: int) -> bytes:
    (batch,) = world.batches(day)
    return batch.digest()


def test_the_same_seed_and_day_is_the_same_whatever_was_made_before(world: World) -> None:
    again = World(WorldSpec(PEOPLE, 9, seed=5))
    assert digest(again, 2) == digest(world, 2)
    assert digest(again, 0) == digest(world, 0)
    assert not np.array_equal(next(world.batches(0)).place, next(world.batches(1)).place)
    assert digest(World(WorldSpec(PEOPLE, 3, seed=6)), 0) != digest(world, 0)


def test_parts_of_a_day_make_up_the_day(world: World, day: StayBatch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("benchmarks.presence.world._PART_PEOPLE", PEOPLE // 3)
    parts = list(world.batches(0))
    assert len(parts) == 4
    for field in fields(day)[1:]:
        joined = np.concatenate([getattr(part, field.name) for part in parts])
        assert (joined == getattr(day, field.name)).all()


def test_a_batch_is_a_good_one_of_its_day(world: World, day: StayBatch) -> None:
    day.check()
    assert (day.start.min(), day.end.max()) == (SPEC.midnight, SPEC.midnight + DAY_S)
    assert Days(ZONE).start(Days(ZONE).number(SPEC.midnight)) == SPEC.midnight
    assert len(set(world.pseudonyms)) == PEOPLE
    order = np.lexsort((day.start, day.person))
    person, start, end = day.person[order], day.start[order], day.end[order]
    same = person[1:] == person[:-1]
    assert (start[1:][same] > end[:-1][same]).all()
    assert (end - start >= 60).all()
    assert (person[1:] != person[:-1]).sum() == PEOPLE - 1
    assert not (np.diff(day.person.astype(np.int64)) >= 0).all()  # no order comes for free


def test_it_has_what_a_city_has(day: StayBatch) -> None:
    cells, floors = keys_to_cells(day.place), keys_to_floors(day.place)
    assert keys_of_cells(np.unique(day.place)).all()
    resolution = cell_resolution(cells)
    assert set(resolution.tolist()) == {8, 9, 12}
    unknown = (floors == UNKNOWN_FLOOR) & (resolution == 12)
    assert 0.015 < unknown.mean() < 0.04
    assert 0.02 < (day.quality == END_ESTIMATED).mean() < 0.07
    assert 0.04 < (resolution < 12).mean() < 0.1
    assert 6.9 < len(day) / PEOPLE < 7.6
    assert int(day.place.max()) < 1 << 63  # PostgreSQL's bigint holds them


def test_hubs_are_as_busy_as_a_whole_district_makes_them(world: World, day: StayBatch) -> None:
    loads = sorted(int((day.place == hub).sum()) for hub in world.crowd.hubs)
    assert len(loads) == HUBS
    whole = 2_830_000 / PEOPLE
    assert loads[0] * whole > 45_000  # 50,000 on average; a small crowd varies
    assert loads[-1] * whole > 95_000


def test_work_is_between_five_and_two_hundred(world: World) -> None:
    work = world.crowd.work[world.crowd.work != 0]
    sizes = np.unique(work, return_counts=True)[1]
    assert 0.75 < len(work) / PEOPLE < 0.85
    assert sizes.max() <= 200
    assert np.sort(sizes)[1:].min() >= 5  # the last unit takes who is left
    at_home = np.unique(world.crowd.home, return_counts=True)[1]
    assert 2.5 < at_home.mean() < 3.5


@pytest.mark.parametrize(("people", "days"), [(49, 1), (1 << 27, 1), (100, 0), (100, 4000)])
def test_worlds_that_make_no_sense_are_refused(people: int, days: int) -> None:
    with pytest.raises(InvalidValue):
        WorldSpec(people, days)
