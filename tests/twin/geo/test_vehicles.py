"""Keys of places that move: parts that read back, an order that keeps carriages together, no H3 cell among them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twin.errors import InvalidValue
from twin.geo.cells import PLACE_RES, UNKNOWN_FLOOR, cell_resolution, keys_of_cells, keys_to_cells, keys_to_floors
from twin.geo.vehicles import (
    CREW_FIRST,
    CREW_ROWS,
    LAST_CARRIAGE,
    LAST_ROW,
    LAST_RUN,
    LAST_SEAT,
    MODES,
    crew_keys,
    crew_zones,
    keys_of_vehicles,
    keys_on_vehicles,
    vehicle_key,
    vehicle_keys,
    vehicle_name,
    vehicle_parts,
)

PARTS = st.tuples(
    st.sampled_from(MODES),
    st.integers(0, LAST_RUN),
    st.integers(0, LAST_CARRIAGE),
    st.integers(0, LAST_ROW),
    st.integers(0, LAST_SEAT),
)


@settings(deadline=None)
@given(PARTS)
def test_parts_and_names_read_back(given_as):
    key = vehicle_keys(*given_as)
    parts = vehicle_parts(key)
    assert (MODES[parts.mode[0]], parts.run[0], parts.carriage[0], parts.row[0], parts.seat[0]) == given_as
    assert vehicle_key(vehicle_name(int(key[0]))) == int(key[0])
    assert keys_of_vehicles(key).all()


@settings(deadline=None)
@given(PARTS)
def test_no_vehicle_is_a_cell_and_none_is_a_coarse_fix(given_as):
    key = vehicle_keys(*given_as)
    assert keys_on_vehicles(key).all()
    assert not keys_of_cells(key).any()
    assert cell_resolution(keys_to_cells(key))[0] == PLACE_RES
    assert (keys_to_floors(key)[0] == UNKNOWN_FLOOR) == (given_as[3] == 0)


@settings(deadline=None)
@given(st.lists(PARTS, min_size=2, max_size=20))
def test_keys_sort_as_their_parts(some):
    keys = [int(vehicle_keys(*one)[0]) for one in some]
    order = sorted(range(len(some)), key=lambda i: (MODES.index(some[i][0]), *some[i][1:]))
    assert [keys[i] for i in order] == sorted(keys)


@settings(deadline=None)
@given(st.integers(1, CREW_FIRST), st.integers(1, CREW_ROWS))
def test_crew(first, rows):
    key = crew_keys("air", 7, 1, first, rows)
    assert crew_zones(vehicle_parts(key).seat) == (first, rows)
    assert vehicle_name(int(key[0])) == f"air/7/1/crew/{first}-{first + rows - 1}"
    assert vehicle_key(vehicle_name(int(key[0]))) == int(key[0])


def test_names_may_end_early():
    assert vehicle_key("METRO/12") == int(vehicle_keys("metro", 12)[0])
    assert vehicle_key("rail/12/3/crew") == int(crew_keys("rail", 12, 3)[0])
    assert vehicle_name(vehicle_key("rail/12/3/crew")) == "rail/12/3/crew"


@pytest.mark.parametrize(
    "bad",
    ["", "rail", "rail/", "rail/x", "tram/1", "rail/1/2/3/4/5", "rail/1/128", "rail/1/1/255", "air/1/1/3/4-5",
     "air/1/1/crew/9-3", "air/1/1/crew/128-130", "rail/999999999"],
)  # fmt: skip
def test_what_cannot_be_read_is_refused(bad):
    with pytest.raises(InvalidValue):
        vehicle_key(bad)


def test_out_of_range_parts_are_named():
    with pytest.raises(InvalidValue, match="row"):
        vehicle_keys("rail", 1, 1, 255)
    with pytest.raises(InvalidValue, match="seat"):
        vehicle_keys("rail", 1, 1, 1, -1)
    with pytest.raises(InvalidValue, match="crew"):
        crew_keys("air", 1, 1, 5)


def test_other_numbers_are_no_keys_of_vehicles():
    good = vehicle_keys("rail", [1, 2])
    odd = good | np.uint64(1 << 21)  # the bit that is always zero
    assert not keys_of_vehicles(np.array([0, 1 << 60, (1 << 63) + 5], dtype=np.uint64)).any()
    assert not keys_of_vehicles(odd).any()
    assert not keys_of_vehicles(crew_keys("air", 1) | np.uint64(3)).any()
