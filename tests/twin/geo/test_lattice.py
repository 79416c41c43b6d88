"""Lattices beside plain references: every cell that touches the box, where each lies, and which one a point is in."""

from __future__ import annotations

import contextlib
import math

import h3
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from twin.errors import InvalidValue
from twin.geo.cells import cell_boundary, cell_centres
from twin.geo.crs import metres_per_degree
from twin.geo.lattice import TOLERANCE, Lattice, interpolated, lattice
from twin.types import Bbox

SHENZHEN = Bbox(114.01, 22.63, 114.05, 22.67)
PLACES = st.tuples(st.floats(-179, 178), st.floats(-70, 70))


def points(box: Bbox, count: int = 300) -> np.ndarray:
    random = np.random.default_rng(5)
    return np.column_stack((random.uniform(box.west, box.east, count), random.uniform(box.south, box.north, count)))


def test_hexagons_are_those_that_touch_the_box():
    cells = lattice("h3-9", SHENZHEN)
    box = shapely.box(SHENZHEN.west, SHENZHEN.south, SHENZHEN.east, SHENZHEN.north)
    middle = h3.latlng_to_cell(22.65, 114.03, 9)
    around = [h3.str_to_int(name) for name in h3.grid_disk(middle, 25)]
    touching = {cell for cell in around if shapely.Polygon(cell_boundary(cell)).intersects(box)}
    assert set(cells.ids.tolist()) == touching


@settings(max_examples=25, deadline=None)
@given(PLACES, st.integers(7, 11))
def test_a_point_is_in_the_cell_that_h3_says_anywhere_on_earth(corner, res):
    west, south = corner
    side = 12 * 1281 / 7 ** (res / 2) / 111
    box = Bbox(west, south, west + side / math.cos(math.radians(south)), south + side)
    with contextlib.suppress(InvalidValue):  # around a pentagon, which has a test of its own
        same_as_h3(lattice(f"h3-{res}", box), box, res)


def same_as_h3(cells: Lattice, box: Bbox, res: int) -> None:
    given_ = points(box, 60)
    names = [h3.latlng_to_cell(lat, lon, res) for lon, lat in given_.tolist()]
    assert [cells.names[position] for position in cells.at(given_)] == names
    assert cells.named(names).tolist() == cells.at(given_).tolist()


@settings(max_examples=25, deadline=None)
@given(PLACES)
def test_the_net_says_where_each_cell_is(corner):
    """Whoever draws reckons a cell's place from the net: within a fiftieth of an edge of where H3 has its centre."""
    west, south = corner
    try:
        cells = lattice("h3-10", Bbox(west, south, west + 0.02, south + 0.01))
    except InvalidValue:
        return
    apart = cells.net[1, 0, 0] - cells.net[0, 0, 0]
    found = interpolated((cells.steps - cells.net[0, 0]) / apart, cells.nodes)
    off = (found - cell_centres(cells.ids)) * metres_per_degree(south)
    edge = cells.size_m / math.sqrt(3)
    assert apart == 1 or np.hypot(*off.T).max() <= 1.5 * TOLERANCE * edge


def test_neighbours_are_a_step_apart():
    cells = lattice("h3-10", SHENZHEN)
    position = len(cells) // 2
    around = cells.named(sorted(set(h3.grid_ring(cells.names[position], 1))))
    steps = {tuple(step) for step in (cells.steps[around] - cells.steps[position]).tolist()}
    assert steps == {(1, 0), (1, 1), (0, 1), (-1, 0), (-1, -1), (0, -1)}


def test_squares_tile_the_box_from_a_whole_degree():
    cells = lattice("square-100", SHENZHEN)
    east, north = metres_per_degree(22.0)
    assert cells.origin == (114.0, 22.0)
    for (lon, lat), position in zip(points(SHENZHEN).tolist(), cells.at(points(SHENZHEN)).tolist(), strict=True):
        x, y = math.floor((lon - 114) * east / 100), math.floor((lat - 22) * north / 100)
        assert cells.names[position] == f"{x}:{y}"
    columns, rows = cells.extent
    assert len(cells) == columns * rows
    lon, lat = cells.centre(7)
    assert cells.at([[lon, lat]]).tolist() == [7]


def test_the_net_of_squares_is_where_they_are():
    cells = lattice("square-250", SHENZHEN)
    apart = cells.net[1, 0, 0] - cells.net[0, 0, 0]
    middles = interpolated((cells.steps + 0.5 - cells.net[0, 0]) / apart, cells.nodes)
    assert np.allclose(middles, [cells.centre(position) for position in range(len(cells))], atol=1e-9)


def test_what_lies_outside_has_no_position():
    for name in ("h3-9", "square-100"):
        cells = lattice(name, SHENZHEN)
        assert cells.at([[0.0, 0.0], [114.03, 22.65]])[0] == -1
        assert cells.named(["nothing"]).tolist() == [-1]
        with pytest.raises(ValueError, match="finite"):
            cells.at([[math.nan, 22.6]])


@pytest.mark.parametrize(
    ("name", "reason"),
    [("h3-16", "is no kind"), ("square-0", "is no kind"), ("hexagon", "is no kind"), ("h3-15", "is the most")],
)
def test_what_is_refused_says_why(name, reason):
    with pytest.raises(InvalidValue, match=reason):
        lattice(name, SHENZHEN)


def test_cells_around_a_pentagon_are_refused():
    pentagon = sorted(h3.get_pentagons(5))[0]
    lat, lon = h3.cell_to_latlng(pentagon)
    with pytest.raises(InvalidValue, match="pentagon"):
        lattice("h3-5", Bbox(lon - 1, lat - 1, lon + 1, lat + 1))
