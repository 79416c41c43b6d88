"""Cell centres lie in their own cell, at every resolution."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twin.geo.cells import cell_centres, lonlat_to_cells


@settings(max_examples=50, deadline=None)
@given(lon=st.floats(-180, 180), lat=st.floats(-90, 90), res=st.integers(0, 15))
def test_a_centre_is_in_its_cell(lon: float, lat: float, res: int) -> None:
    cells = lonlat_to_cells([(lon, lat)], res)
    assert (lonlat_to_cells(cell_centres(cells), res) == cells).all()


def test_none_and_many() -> None:
    assert cell_centres(np.empty(0, dtype=np.uint64)).shape == (0, 2)
    centres = cell_centres(lonlat_to_cells([(114.03, 22.61), (-70.0, -33.0)], 12))
    assert centres == pytest.approx(np.array([(114.03, 22.61), (-70.0, -33.0)]), abs=2e-4)
