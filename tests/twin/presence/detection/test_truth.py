"""Detection against what is known to be true: planted diaries, a synthetic town's buildings, real cabs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks.detection.diaries import plant
from benchmarks.detection.run import TOWN_ROAM_M, ours
from benchmarks.detection.scoring import Faults, against_buildings, against_diaries, faults
from benchmarks.detection.traces import CABS, GARDEN_CITY, Trace, cabs, garden_city
from twin.presence.detection import profile_named

GPS = profile_named("gps")


def there(shared: Path, folder: str) -> Path:
    if not (shared / folder).is_dir():
        pytest.skip(f"not there: {shared / folder}")
    return shared


def test_planted_diaries() -> None:
    planted = plant(25, 5, GPS, seed=3)
    found = ours(planted.trace, GPS)
    score = against_diaries(found, planted)
    assert len(planted.seen) > 900
    assert score.recall > 0.995
    assert score.precision > 0.995
    assert score.false_time < 0.005
    assert len(found) < 1.5 * len(planted.seen)
    assert faults(found, planted.trace, GPS.least_s, GPS.gap_s) == Faults(len(found), 0, 0, 0)


def test_without_looking_back_from_jumps_stays_fall_to_pieces() -> None:
    """What the planted truth is good for: it tells a worse rule from a better one."""
    planted = plant(10, 4, GPS, seed=5)
    whole, pieces = (ours(planted.trace, replace(GPS, pingpong_s=away)) for away in (180, 0))
    assert len(pieces) > 1.4 * len(whole)
    silent = ours(planted.trace, replace(GPS, gap_s=12 * 3600))
    assert against_diaries(silent, planted).false_time > 3 * against_diaries(whole, planted).false_time


def test_the_buildings_of_the_garden_city(shared_data: Path) -> None:
    profile = replace(GPS, roam_m=TOWN_ROAM_M)
    town = garden_city(there(shared_data, GARDEN_CITY), profile)
    assert (len(town.trace), len(town.buildings)) == (114_526, 106)
    found = ours(town.trace, profile)
    score = against_buildings(found, town)
    assert score.recall > 0.84
    assert score.precision > 0.77
    assert faults(found, town.trace, profile.least_s, profile.gap_s) == Faults(len(found), 0, 0, 0)


def test_cabs_whose_fixes_come_newest_first(shared_data: Path) -> None:
    trace = cabs(there(shared_data, CABS))
    assert len(trace) == 71_156
    found = ours(trace, GPS)
    assert len(found) > 700
    assert faults(found, trace, GPS.least_s, GPS.gap_s) == Faults(len(found), 0, 0, 0)
    order = np.random.default_rng(1).permutation(len(trace))
    shuffled = Trace(trace.person[order], trace.time[order], trace.lon[order], trace.lat[order])
    again = ours(shuffled, GPS)
    for column in ("person", "start", "end", "lon", "lat"):
        assert (getattr(again, column) == getattr(found, column)).all()
