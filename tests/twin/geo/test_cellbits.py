"""The bits of keys looked at a column at a time say what H3 says of each."""

from __future__ import annotations

import h3.api.numpy_int as h3n
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from twin.geo.cells import cells_to_keys, keys_of_cells, keys_to_cells, lonlat_to_cells, no_finer_than

PENTAGONS = [h3n.cell_to_center_child(cell, 12) for cell in h3n.get_pentagons(0)]
PENTAGON_KEYS = cells_to_keys(np.array(PENTAGONS, dtype=np.uint64)).tolist()


def says_h3(keys: list[int]) -> list[bool]:
    cells = keys_to_cells(np.array(keys, dtype=np.uint64)).tolist()
    return [h3n.is_valid_cell(cell) for cell in cells]


@settings(max_examples=200, deadline=None)
@given(st.lists(st.integers(0, (1 << 64) - 1), min_size=1, max_size=50))
def test_any_bits(keys: list[int]) -> None:
    assert keys_of_cells(np.array(keys, dtype=np.uint64)).tolist() == says_h3(keys)


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(PENTAGON_KEYS), st.lists(st.tuples(st.integers(0, 11), st.integers(0, 7)), max_size=3))
def test_near_pentagons(key: int, digits: list[tuple[int, int]]) -> None:
    for place, digit in digits:
        key = key & ~(7 << (21 + 3 * place)) | digit << (21 + 3 * place)
    assert keys_of_cells(np.array([key], dtype=np.uint64)).tolist() == says_h3([key])


@settings(deadline=None)
@given(st.floats(-180, 180), st.floats(-90, 90), st.integers(0, 12))
def test_every_cell_is_one(lon: float, lat: float, res: int) -> None:
    assert keys_of_cells(cells_to_keys(lonlat_to_cells([[lon, lat]], res))).all()


def test_finer_cells_become_the_one_they_are_in() -> None:
    fine, coarse = (int(h3n.latlng_to_cell(22.54, 114.05, res)) for res in (15, 9))
    place = h3n.cell_to_parent(fine, 12)
    assert [no_finer_than(cell, 12) for cell in (fine, place, coarse)] == [place, place, coarse]
