"""Swapped and mirrored coordinates are told by where the twin lies, and nothing else is taken for them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.twin.ingest.table_samples import LAT, LON
from twin.errors import WrongCrs
from twin.ingest.orientation import check_orientation
from twin.types import Bbox

DISTRICT = Bbox(LON - 0.05, LAT - 0.05, LON + 0.05, LAT + 0.05)
GARDEN = Bbox(-38.33, 36.66, -38.30, 36.68)
NEAR = np.array([[-38.317, 36.669], [-38.318, 36.670]])


@pytest.mark.parametrize(
    ("turn", "said"),
    [
        (lambda p: p[:, ::-1], "with longitude and latitude swapped$"),
        (lambda p: p * (-1, 1), "with the longitude's sign turned$"),
        (lambda p: p * (1, -1), "with the latitude's sign turned$"),
        (lambda p: p * (-1, -1), "with both signs turned$"),
        (lambda p: -p[:, ::-1], "swapped and both signs turned$"),
        (lambda p: p[:, ::-1] * (-1, 1), "swapped and the latitude's sign turned$"),
        (lambda p: p[:, ::-1] * (1, -1), "swapped and the longitude's sign turned$"),
    ],
)
def test_each_turn_is_named(turn, said):
    with pytest.raises(WrongCrs) as caught:
        check_orientation(turn(NEAR), GARDEN, "pings.csv")
    assert caught.value.thing == "pings.csv"
    assert caught.value.reason.replace("would lie in it ", "").endswith(said.removesuffix("$"))


def test_what_lies_in_the_twin_or_in_another_city_is_not_stopped():
    check_orientation(NEAR, GARDEN, "pings.csv")
    check_orientation(np.array([[2.3, 48.8]]), GARDEN, "paris.csv")
    check_orientation(-NEAR, None, "first.csv")
    check_orientation(-NEAR, Bbox(-170, -80, 170, 80), "world.csv")


@given(st.lists(st.tuples(st.floats(-180, 180), st.floats(-90, 90)), min_size=1, max_size=20))
def test_points_inside_are_never_stopped(points):
    inside = np.array(points) / (3600, 1800) + (LON, LAT)
    check_orientation(inside, DISTRICT, "points.csv")


def test_real_stops_swapped_and_mirrored(shared_data: Path):
    """The synthetic city's stops have latitude and longitude swapped and mirrored against its pings."""
    path = shared_data / "people" / "nomad_synthetic_gardencity" / "gc_stops.csv"
    stops = np.loadtxt(path, delimiter=",", skiprows=1, usecols=(2, 3))
    with pytest.raises(WrongCrs, match="swapped and both signs turned"):
        check_orientation(stops, GARDEN, "gc_stops.csv")
