"""What detectors elsewhere get wrong: silence taken for a stay, stops lost or too short, rows taken as they come."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.twin.presence.detection.reference import Fix, Seen
from tests.twin.presence.detection.worlds import GPS, START, WIFI, positions, sightings
from twin.errors import InvalidValue
from twin.geo.cells import UNKNOWN_FLOOR, keys_to_floors
from twin.presence import END_ESTIMATED, MEASURED
from twin.presence.detection import Found, Positions, Profile, profile_named, stays_of_positions, stays_of_sightings

HOME, WORK = (114.05, 22.54), (114.06, 22.55)
MINUTE = 60
YEARS = 4 * 365 * 86_400


def at(place: tuple[float, float], first: int, last: int, every: int = MINUTE, person: int = 0) -> list[Fix]:
    return [Fix(person, START + t, *place) for t in range(first, last + 1, every)]


def spans(found: Found) -> list[tuple[int, int]]:
    return [(start - START, end - START) for start, end in zip(found.start.tolist(), found.end.tolist(), strict=True)]


def test_a_silence_is_no_stay() -> None:
    fixes = [Fix(0, START, *HOME), Fix(0, START + YEARS, *HOME), *at(HOME, YEARS + 900, YEARS + 1500)]
    assert spans(stays_of_positions(positions(fixes), GPS)) == [(YEARS, YEARS + 1500)]


def test_a_stay_stops_at_a_silence_and_begins_anew() -> None:
    fixes = at(HOME, 0, 600) + at(HOME, 1601, 2201)
    assert spans(stays_of_positions(positions(fixes), GPS)) == [(0, 600), (1601, 2201)]
    assert spans(stays_of_positions(positions(fixes), replace(GPS, gap_s=1001))) == [(0, 2201)]


def test_the_last_stop_counts() -> None:
    fixes = at(HOME, 0, 600) + at(WORK, 900, 1500)
    assert spans(stays_of_positions(positions(fixes), GPS)) == [(0, 600), (900, 1500)]


def test_the_first_record_after_a_stop_is_not_lost() -> None:
    fixes = at(HOME, 0, 600) + at(WORK, 660, 960)
    assert spans(stays_of_positions(positions(fixes), GPS))[1] == (660, 960)


def test_no_stop_is_too_short_or_holds_a_silence() -> None:
    rng = np.random.default_rng(5)
    steps = rng.normal(0, 2e-4, (20_000, 2)) * (rng.uniform(size=(20_000, 1)) < 0.2)
    ways, when = np.cumsum(steps, axis=0), START + np.cumsum(rng.exponential(120, 20_000)).astype(np.int64)
    fixes = Positions(
        np.zeros(20_000, dtype=np.uint32),
        when,
        114.05 + ways[:, 0],
        22.54 + ways[:, 1],
        np.full(20_000, UNKNOWN_FLOOR),
    )
    found = stays_of_positions(fixes, GPS)
    assert len(found) > 100
    assert (found.end - found.start).min() >= GPS.least_s
    assert (found.start[1:] > found.end[:-1]).all()
    for start, end in zip(found.start.tolist(), found.end.tolist(), strict=True):
        assert np.diff(when[(when >= start) & (when <= end)]).max() <= GPS.gap_s


@pytest.mark.parametrize("turn", ["newest first", "shuffled", "by time", "doubled"])
def test_rows_in_any_order(turn: str) -> None:
    fixes = [fix for person in range(3) for fix in at(HOME, 0, 600, person=person) + at(WORK, 900, 1500, person=person)]
    plain = stays_of_positions(positions(fixes), GPS)
    turned = {
        "newest first": fixes[::-1],
        "shuffled": [fixes[k] for k in np.random.default_rng(3).permutation(len(fixes))],
        "by time": sorted(fixes, key=lambda fix: fix.time),
        "doubled": fixes + fixes,
    }[turn]
    found = stays_of_positions(positions(turned), GPS)
    assert found.person.tolist() == plain.person.tolist() == [0, 0, 1, 1, 2, 2]
    assert (found.place == plain.place).all()
    assert spans(found) == spans(plain)
    assert found.tally.repeated == (len(fixes) if turn == "doubled" else 0)


def test_a_jump_and_back_is_no_move() -> None:
    fixes = [*at(HOME, 0, 200, 20), Fix(0, START + 210, *WORK), *at(HOME, 220, 600, 20)]
    found = stays_of_positions(positions(fixes), GPS)
    assert (spans(found), found.tally.left_out) == ([(0, 600)], 1)
    np.testing.assert_allclose(found.lonlat, [HOME], atol=1e-9)
    assert spans(stays_of_positions(positions(fixes), replace(GPS, pingpong_s=0))) == [(220, 600)]


def test_floors_that_agree_are_kept() -> None:
    known = [replace(fix, floor=3 if n % 2 else UNKNOWN_FLOOR) for n, fix in enumerate(at(HOME, 0, 600))]
    mixed = [replace(fix, floor=3 + n % 2, person=1) for n, fix in enumerate(at(HOME, 0, 600))]
    found = stays_of_positions(positions(known + mixed), GPS)
    assert keys_to_floors(found.place).tolist() == [3, UNKNOWN_FLOOR]


def test_over_the_date_line() -> None:
    fixes = [Fix(0, START + 60 * n, 179.9999 if n % 2 else -179.9999, -17.0) for n in range(10)]
    found = stays_of_positions(positions(fixes), GPS)
    assert spans(found) == [(0, 540)]
    assert abs(abs(found.lonlat[0, 0]) - 180) < 1e-5


@pytest.mark.parametrize(("lon", "lat"), [(np.nan, 22.0), (114.0, np.inf), (181.0, 22.0), (114.0, -90.1)])
def test_positions_that_are_none(lon: float, lat: float) -> None:
    with pytest.raises(InvalidValue, match="fix 1: its position is not on Earth"):
        stays_of_positions(positions([Fix(0, START, *HOME), Fix(0, START, lon, lat)]), GPS)


def test_columns_of_different_lengths_and_types() -> None:
    whole = positions(at(HOME, 0, 600))
    for wrong in (whole.floor[1:], whole.floor.astype(np.int16)):
        with pytest.raises(InvalidValue, match="column floor"):
            stays_of_positions(whole._replace(floor=wrong), GPS)


def test_access_points_that_take_turns() -> None:
    turns = [Seen(0, START + 30 * n, 7 if n % 3 else 5) for n in range(40)]
    found = stays_of_sightings(sightings(turns), WIFI)
    assert (found.place.tolist(), spans(found), found.tally.left_out) == ([5], [(0, 1170)], 26)


def test_a_real_move_is_no_flicker() -> None:
    moved = [Seen(0, START + t, place) for place, t in ((5, 0), (5, 300), (7, 310), (7, 600), (5, 900))]
    found = stays_of_sightings(sightings(moved), WIFI)
    assert found.place.tolist() == [5, 7, 5]
    assert spans(found) == [(0, 300), (310, 600), (900, 900)]


def scans(*seen: tuple[int, int, int], profile: Profile | None = None) -> Found:
    return stays_of_sightings(
        sightings([Seen(0, START + t, place, hold) for t, place, hold in seen]), profile or profile_named("scan")
    )


def test_entries_last_to_the_next_record_or_their_cap() -> None:
    found = scans((0, 5, 1800), (600, 7, 1800), (9000, 5, 5400))
    assert spans(found) == [(0, 600), (600, 2400), (9000, 14_400)]
    assert found.quality.tolist() == [END_ESTIMATED] * 3


def test_entries_of_one_place_within_their_cap_are_one_stay() -> None:
    assert spans(scans((0, 5, 1800), (1700, 5, 1800), (3600, 5, 1800))) == [(0, 3500), (3600, 5400)]


def test_cameras_see_points_and_short_dwells() -> None:
    found = scans((0, 5, 0), (30, 5, 0), (85, 5, 0), (300, 5, 0), (310, 7, 0), profile=profile_named("camera"))
    assert spans(found) == [(0, 85), (300, 300), (310, 310)]
    assert found.quality.tolist() == [MEASURED] * 3
