"""Sectors over grids, held to plain geometry."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from scenes.grid_coverage.model import sector, sectors, sight, to_metres

ORIGIN = (114.0, 22.6)


def objects(*items):
    array = np.empty(len(items), dtype=object)
    array[:] = items
    return array


@pytest.mark.parametrize(("heading", "inside", "outside"), [(0, (0, 40), (0, -5)), (90, (40, 0), (0, 40))])
def test_heading_is_clockwise_from_north(heading, inside, outside):
    shape = sector((0, 0), heading, 60, 50)
    assert shape.contains(shapely.Point(inside))
    assert not shape.intersects(shapely.Point(outside))


@settings(max_examples=50, deadline=None)
@given(heading=st.floats(0, 360), fov=st.floats(1, 360), reach=st.floats(1, 500))
def test_a_sector_has_the_area_of_its_angle(heading, fov, reach):
    shape = sector((10, -20), heading, fov, reach)
    assert shape.is_valid
    assert shape.area == pytest.approx(np.pi * reach**2 * fov / 360, rel=0.01)


def test_what_nobody_declared_is_not_seen():
    lonlat = np.asarray([ORIGIN, ORIGIN, ORIGIN, ORIGIN, (np.nan, np.nan)])
    nan = np.nan
    shapes = sectors(
        lonlat,
        np.asarray([nan, 0, 0, nan, 0]),
        np.asarray([90, nan, 90, 360, 90]),
        np.asarray([50, 50, nan, 50, 50]),
        ORIGIN,
    )
    assert [shape is not None for shape in shapes] == [False, False, False, True, False]


def test_metres_are_metres():
    square = to_metres(objects(shapely.box(114.0, 22.6, 114.01, 22.61)), ORIGIN)[0]
    assert square.area == pytest.approx(1027.5 * 1107.5, rel=0.01)


def test_half_a_grid_is_seen_and_the_other_grid_is_not():
    grids = objects(shapely.box(0, 0, 100, 100), shapely.box(100, 0, 200, 100))
    shapes = objects(shapely.box(0, 0, 50, 100), None, shapely.box(0, 0, 50, 60))
    points = objects(shapely.Point(1, 1), shapely.Point(150, 50), shapely.Point(0, 0))
    found = sight(points, shapes, grids)
    assert found.share.tolist() == [0.5, 0.0]
    pairs = sorted(zip(found.grid.tolist(), found.device.tolist(), found.sees.tolist(), strict=True))
    assert pairs == [(0, 0, True), (0, 2, True), (1, 1, False)]


def test_touching_an_edge_is_not_seeing():
    found = sight(objects(None), objects(shapely.box(100, 0, 120, 10)), objects(shapely.box(0, 0, 100, 100)))
    assert found.share.tolist() == [0.0]
    assert len(found.device) == 0


def test_nothing_at_all():
    found = sight(objects(), objects(), objects(shapely.box(0, 0, 1, 1)))
    assert found.share.tolist() == [0.0]


boxes = st.tuples(st.integers(0, 8), st.integers(0, 8), st.integers(1, 4), st.integers(1, 4))


@settings(max_examples=60, deadline=None)
@given(seen=st.lists(boxes, max_size=6))
def test_shares_equal_counted_squares(seen):
    """Boxes on whole metres: the area seen is the number of unit squares in any of them."""
    grids = objects(shapely.box(0, 0, 6, 6), shapely.box(6, 0, 12, 12))
    shapes = objects(*(shapely.box(x, y, x + w, y + h) for x, y, w, h in seen))
    found = sight(objects(*(None for _ in seen)), shapes, grids)
    squares = {(x + i, y + j) for x, y, w, h in seen for i in range(w) for j in range(h)}
    for grid, (x0, y0, x1, y1) in enumerate([(0, 0, 6, 6), (6, 0, 12, 12)]):
        inside = sum(1 for x, y in squares if x0 <= x < x1 and y0 <= y < y1)
        assert found.share[grid] == pytest.approx(inside / ((x1 - x0) * (y1 - y0)))
        watching = {i for i, (x, y, w, h) in enumerate(seen) if x < x1 and x + w > x0 and y < y1 and y + h > y0}
        assert set(found.device[found.grid == grid].tolist()) == watching
