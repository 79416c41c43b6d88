"""Days of stays: nobody is in two places, nobody travels faster than a bus, everybody sleeps at home."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from twin.synth import Spec
from twin.synth.days import Day, DayStays, live_day
from twin.synth.district import District
from twin.synth.people import AWAY, NIGHT, PUPIL
from twin.synth.venues import HOME, HUB, SCHOOL


@pytest.fixture(scope="module")
def fortnight(district: District) -> list[DayStays]:
    days = [Day(n, weekday) for n, weekday in enumerate(district.spec.weekdays())]
    return [live_day(district.spec.seed, day, district.people, district.venues) for day in days]


def test_twelve_million_stays(fortnight: list[DayStays]) -> None:
    stays = sum(len(day) for day in fortnight)
    assert stays > 12_000_000
    assert stays / (150_000 * 14) == pytest.approx(5.9, abs=0.3)


def test_nobody_is_in_two_places_and_nobody_flies(district: District, fortnight: list[DayStays]) -> None:
    xy, away = district.venues.xy, district.people.persona == AWAY
    for day in fortnight[4:7]:
        assert (day.end > day.start).all()
        assert day.start.min() >= 0
        assert day.end.max() == 86_400
        same = day.person[1:] == day.person[:-1]
        gap = (day.start[1:] - day.end[:-1])[same]
        assert gap.min() >= 60
        far = np.hypot(*(xy[day.venue[1:]] - xy[day.venue[:-1]]).T)[same]
        bus = far / gap < 5.01
        assert (bus | away[day.person[1:]][same]).all()
        assert (day.venue[1:] != day.venue[:-1])[same & ~away[day.person[1:]]].all()


def test_everybody_is_where_they_were_at_midnight(district: District, fortnight: list[DayStays]) -> None:
    for before, after in pairwise(fortnight[:8]):
        last = before.venue[np.searchsorted(before.person, np.arange(150_000), side="right") - 1]
        first = after.venue[np.searchsorted(after.person, np.arange(150_000))]
        assert (last == first).all()
        asleep = district.venues.setting[first] == HOME
        assert (asleep | (district.people.persona == NIGHT)).all()


def test_weekdays_differ_from_weekends(district: District, fortnight: list[DayStays]) -> None:
    pupils = district.people.persona == PUPIL
    monday, sunday = fortnight[0], fortnight[6]
    at_school = [district.venues.setting[day.venue] == SCHOOL for day in (monday, sunday)]
    assert np.isin(np.flatnonzero(pupils), monday.person[at_school[0]]).all()
    assert at_school[1].sum() < 0.1 * at_school[0].sum()


def test_the_north_station_is_a_hub(district: District, fortnight: list[DayStays]) -> None:
    hubs = np.bincount(fortnight[0].venue[district.venues.setting[fortnight[0].venue] == HUB])
    assert hubs.max() > 10_000


def test_a_day_depends_on_seed_and_day_alone(small: District) -> None:
    one, again, other = (live_day(seed, Day(3, 2), small.people, small.venues) for seed in (7, 7, 8))
    assert all((getattr(one, name) == getattr(again, name)).all() for name in DayStays.__slots__)
    assert len(one) != len(other)


@pytest.mark.parametrize("length", [82_800, 90_000])
def test_a_day_of_23_or_25_hours_is_filled(small: District, length: int) -> None:
    day = live_day(7, Day(0, 2, length), small.people, small.venues)
    assert day.end.max() == length
    assert (day.end > day.start).all()


def test_local_days_end_on_the_day_asked_for() -> None:
    edges = Spec(zone="Europe/Berlin", days=40, people=2000).midnights()
    assert {b - a for a, b in pairwise(edges)} == {86_400, 90_000}
    assert Spec().midnights()[-1] == 1_795_363_200  # 2026-11-23 00:00 in Shanghai
