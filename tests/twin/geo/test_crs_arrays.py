"""Frames of many anchors at once, facts of odd reference systems, lone points."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twin.errors import InvalidValue
from twin.geo.crs import (
    area_of_use,
    crs_facts,
    geoid_height,
    lonlat_to_xyz,
    lonlat_to_xyz_each,
    transform_arrays,
    transformer_to_wgs84,
)

ANCHORS = st.tuples(st.floats(-179, 179), st.floats(-85, 85), st.floats(-100, 3000))


@given(st.lists(ANCHORS, min_size=1, max_size=4), st.integers(1, 5))
@settings(max_examples=60, deadline=None)
def test_many_frames_at_once_equal_one_after_the_other(anchors: list[tuple[float, float, float]], each: int) -> None:
    which = np.repeat(np.arange(len(anchors)), each)
    shift = np.arange(len(which))[:, None] * [1e-4, 5e-5]
    lonlat = np.array([anchors[k][:2] for k in which]) + shift
    height = np.array([anchors[k][2] for k in which]) + np.arange(len(which))
    at_once = lonlat_to_xyz_each(lonlat, height, np.array(anchors), which)
    for k, anchor in enumerate(anchors):
        own = which == k
        np.testing.assert_allclose(at_once[own], lonlat_to_xyz(lonlat[own], height[own], anchor), atol=1e-6)


def test_a_vertical_datum_in_place_of_a_system_means_sea_level() -> None:
    facts = crs_facts("EPSG:28992+5109")
    assert (facts.horizontal, facts.heights, facts.geographic) == ("EPSG:28992", "sea-level", False)
    assert crs_facts("EPSG:28992+5709").heights == "sea-level"
    assert crs_facts("EPSG:6697").latitude_first
    with pytest.raises(InvalidValue):
        crs_facts("EPSG:1+2")


def test_areas_of_use() -> None:
    area = area_of_use("EPSG:7415")
    assert area is not None
    assert 3 < area.west < area.east < 8
    assert area_of_use("+proj=utm +zone=31") is None


def test_a_lone_point_goes_like_many() -> None:
    transformer = transformer_to_wgs84("EPSG:28992")
    one = transform_arrays(transformer, np.array([85_000.0]), np.array([447_000.0]))
    two = transform_arrays(transformer, np.array([85_000.0, 1.0]), np.array([447_000.0, 400_000.0]))
    assert [len(axis) for axis in one] == [1, 1]
    assert [axis[0] for axis in one] == [axis[0] for axis in two]
    assert geoid_height([[4.37, 52.0]]).shape == (1,)
    assert geoid_height(np.zeros((0, 2))).shape == (0,)
