"""Detection equals the plain rules, whatever order the rows come in."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.twin.presence.detection import reference
from tests.twin.presence.detection.reference import Fix, Seen, Stay
from tests.twin.presence.detection.worlds import GPS, START, WIFI, positions, records, sightings, traces, with_limits
from twin.geo.cells import cells_to_keys, keys_to_floors, lonlat_to_cells
from twin.presence import END_ESTIMATED
from twin.presence.detection import Found, Recorded, Tally, stays_of_positions, stays_of_sightings, unite


def times(found: Found) -> list[tuple[int, int, int, int]]:
    columns = (found.person, found.start, found.end, found.records)
    return list(zip(*(column.tolist() for column in columns), strict=True))


@settings(max_examples=150, deadline=None)
@given(traces(), st.data())
def test_roaming(fixes: list[Fix], data: st.DataObject) -> None:
    profile = with_limits(GPS, data.draw)
    found = stays_of_positions(positions(fixes), profile)
    expected = reference.roaming(fixes, profile)
    assert times(found) == [(s.person, s.start, s.end, s.records) for s in expected]
    if expected:
        np.testing.assert_allclose(found.lonlat, [(s.lon, s.lat) for s in expected], atol=2e-6)
        assert keys_to_floors(found.place).tolist() == [s.floor for s in expected]
        cells = lonlat_to_cells(found.lonlat, profile.resolution)
        assert (found.place == cells_to_keys(cells, [s.floor for s in expected])).all()
    tally = found.tally
    once = reference.one_a_second(fixes)
    assert (tally.records, tally.repeated) == (len(fixes), len(fixes) - len(once))
    within = sum(any(s.person == f.person and s.start <= f.time <= s.end for s in expected) for f in once)
    assert tally.left_out == within - found.records.sum()
    assert tally.outside == len(once) - within


@settings(max_examples=150, deadline=None)
@given(records(), st.data())
def test_association(seen: list[Seen], data: st.DataObject) -> None:
    profile = with_limits(replace(WIFI), data.draw)
    found = stays_of_sightings(sightings(seen), profile)
    expected = reference.association(seen, profile)
    assert times(found) == [(s.person, s.start, s.end, s.records) for s in expected]
    assert found.place.tolist() == [s.place for s in expected]
    assert (found.quality == END_ESTIMATED).tolist() == [s.estimated for s in expected]
    tally = found.tally
    assert tally.records == len(seen)
    assert tally.repeated == len(seen) - len(set(seen))
    assert found.records.sum() + tally.left_out + tally.outside == len(set(seen))


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_uniting(data: st.DataObject) -> None:
    spans = st.tuples(st.integers(0, 1), st.integers(0, 1), st.integers(0, 60), st.integers(0, 20), st.integers(0, 1))
    drawn = data.draw(st.lists(spans, max_size=14))
    gap = data.draw(st.sampled_from([0, 0, 5]))
    stays = [Stay(person, start, start + length, 1, place=place) for person, place, start, length, _ in drawn]
    quality = np.array([one[4] for one in drawn], dtype=np.uint8)
    found = unite(
        Recorded(
            np.array([s.person for s in stays], dtype=np.uint32),
            np.array([s.place for s in stays], dtype=np.uint64),
            np.array([s.start for s in stays], dtype=np.int64),
            np.array([s.end for s in stays], dtype=np.int64),
            quality,
        ),
        gap_s=gap,
    )
    groups = [set(found.members(row).tolist()) for row in range(len(found.start))]
    assert sorted(map(sorted, groups)) == sorted(map(sorted, reference.united(stays, gap)))
    for row, group in enumerate(groups):
        last = max(stays[k].end for k in group)
        assert (found.start[row], found.end[row]) == (min(stays[k].start for k in group), last)
        assert found.quality[row] == min(quality[k] for k in group if stays[k].end == last)
        assert {(stays[k].person, stays[k].place) for k in group} == {(found.person[row], found.place[row])}


def test_nothing_in_nothing_out() -> None:
    assert len(stays_of_positions(positions([]), GPS)) == 0
    assert stays_of_sightings(sightings([]), WIFI).tally == Tally()
    assert len(unite(Recorded(*(np.empty(0, dtype=t) for t in ["I", "Q", "q", "q", "B"]))).start) == 0


@pytest.mark.parametrize("spread", [10.0, 17.0, 40.0])
def test_hulls_stand_for_all_fixes(spread: float) -> None:
    """Thousands of fixes in one stay, on circles and in clouds as wide as the roaming distance."""
    rng = np.random.default_rng(7)
    fixes = []
    for n in range(1500):
        angle, radius = rng.uniform(0, 2 * np.pi), 18.6 if spread == 10.0 else rng.normal(0, spread)
        east, north = radius * np.cos(angle) / 102_700, radius * np.sin(angle) / 111_195
        fixes.append(Fix(0, START + 5 * n, round(114.05 + east, 6), round(22.54 + north, 6)))
    found = stays_of_positions(positions(fixes), GPS)
    assert times(found) == [(s.person, s.start, s.end, s.records) for s in reference.roaming(fixes, GPS)]
    assert len(found)
