"""Small worlds of raw records: few people, few places, ties, repetitions, gaps, and arrays of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from hypothesis import strategies as st

from tests.twin.presence.detection.reference import Fix, Seen
from twin.geo.cells import UNKNOWN_FLOOR
from twin.presence.detection import Positions, Profile, Sightings, profile_named

GPS = replace(profile_named("gps"), roam_m=37.31, least_s=300, gap_s=1000, pingpong_s=60)
WIFI = replace(profile_named("wifi"), gap_s=600, pingpong_s=120)
START = 1_700_000_000


def positions(fixes: Sequence[Fix]) -> Positions:
    """The fixes as columns."""
    return Positions(
        np.array([fix.person for fix in fixes], dtype=np.uint32),
        np.array([fix.time for fix in fixes], dtype=np.int64),
        np.array([fix.lon for fix in fixes], dtype=np.float64),
        np.array([fix.lat for fix in fixes], dtype=np.float64),
        np.array([fix.floor for fix in fixes], dtype=np.int64),
    )


def sightings(records: Sequence[Seen]) -> Sightings:
    """The records as columns."""
    return Sightings(
        np.array([seen.person for seen in records], dtype=np.uint32),
        np.array([seen.place for seen in records], dtype=np.uint64),
        np.array([seen.time for seen in records], dtype=np.int64),
        np.array([seen.hold for seen in records], dtype=np.int64),
    )


_STEPS = st.sampled_from([0, 1, 20, 20, 59, 60, 61, 100, 100, 299, 1000, 1001, 5000])
_WAYS = st.sampled_from([0, 0, 0, 1, -1, 3, -3, 20])
_CORNERS = st.sampled_from([(114.05, 22.54), (0.0, 0.0), (-70.0, -53.1), (179.9999, 10.0), (-180.0, 64.0)])


@st.composite
def traces(draw: st.DrawFn) -> list[Fix]:
    """Walks on a lattice of some 11 m, rows in any order, some of them repeated."""
    fixes = []
    for person in range(draw(st.integers(1, 3))):
        lon, lat = draw(_CORNERS)
        east = north = 0
        time = START
        for _ in range(draw(st.integers(0, 25))):
            time += draw(_STEPS)
            east, north = east + draw(_WAYS), north + draw(_WAYS)
            floor = draw(st.sampled_from([UNKNOWN_FLOOR, UNKNOWN_FLOOR, 1, 2]))
            jump = draw(st.sampled_from([0, 0, 0, 0, 0, 30]))
            shifted = (lon + (east + jump) * 1e-4 + 180) % 360 - 180
            fixes.append(Fix(person, time, round(shifted, 6), round(lat + north * 1e-4, 6), floor))
    again = draw(st.lists(st.sampled_from(fixes), max_size=4)) if fixes else []
    return draw(st.permutations(fixes + again))


@st.composite
def records(draw: st.DrawFn) -> list[Seen]:
    """Records at four places, rows in any order, some of them repeated."""
    holds = draw(st.sampled_from([[0], [0, 900], [1800, 600]]))
    found = []
    for person in range(draw(st.integers(1, 3))):
        time = START
        for _ in range(draw(st.integers(0, 25))):
            time += draw(st.sampled_from([0, 1, 30, 119, 120, 121, 599, 600, 601, 2000]))
            found.append(Seen(person, time, draw(st.integers(0, 3)), draw(st.sampled_from(holds))))
    again = draw(st.lists(st.sampled_from(found), max_size=4)) if found else []
    return draw(st.permutations(found + again))


def with_limits(profile: Profile, draw: st.DrawFn) -> Profile:
    """The same profile with other limits."""
    gap = draw(st.sampled_from([0, 60, 600, 1000]))
    pingpong = draw(st.sampled_from([0, 60, 120]))
    least = draw(st.sampled_from([1, 60, 300]))
    return replace(profile, gap_s=gap, pingpong_s=min(pingpong, gap), least_s=least)
