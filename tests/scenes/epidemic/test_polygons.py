"""A polygon drawn on the map becomes the keys of every cell that it touches."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scenes.epidemic.model import polygon_ranges
from twin.errors import InvalidValue
from twin.geo.cells import cells_to_keys, lonlat_to_cells

TRIANGLE = ((114.03, 22.6), (114.04, 22.6), (114.035, 22.61))


@settings(max_examples=50, deadline=None)
@given(weights=st.tuples(*[st.floats(0.001, 1)] * 3), floor=st.integers(-128, 127))
def test_every_place_inside_is_in_a_range(weights, floor):
    total = sum(weights)
    point = sum(np.asarray(corner) * weight / total for corner, weight in zip(TRIANGLE, weights, strict=True))
    key = cells_to_keys(lonlat_to_cells([point], 12), [floor], [3])[0]
    lo, hi = polygon_ranges(TRIANGLE)
    assert ((lo <= key) & (key < hi)).any()


def test_a_place_far_outside_is_in_none():
    key = cells_to_keys(lonlat_to_cells([(114.05, 22.6)], 12), [1], [3])[0]
    lo, hi = polygon_ranges(TRIANGLE)
    assert not ((lo <= key) & (key < hi)).any()


@pytest.mark.parametrize(
    "corners",
    [
        ((114, 22), (114, 22), (114, 22)),
        ((114, 22), (114.1, 22.1), (114.1, 22), (114, 22.1)),
        ((114, 22), (115, 22), (115, 23)),
        ((190, 22), (191, 22), (191, 22.001)),
    ],
)
def test_what_cannot_be_drawn_is_refused(corners):
    with pytest.raises(InvalidValue, match="polygon"):
        polygon_ranges(corners)
