"""Heights of the ground, held to a search through every triangle."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

import twin.geo.relief
from twin.geo.relief import Relief, relief_of

LON, LAT = 114.0, 22.0
ORIGIN = np.array([LON, LAT])


def hills(side: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """A field of side times side squares of two triangles, corners on whole multiples of a step, heights at random."""
    steps = np.arange(side + 1) * 2.0**-12
    x, y = np.meshgrid(LON + steps, LAT + steps)
    height = np.random.default_rng(seed).uniform(-5, 90, x.size)
    corner = np.arange((side + 1) ** 2).reshape(side + 1, side + 1)[:-1, :-1].ravel()
    up = np.column_stack((corner, corner + 1, corner + side + 2))
    down = np.column_stack((corner, corner + side + 2, corner + side + 1))
    return np.column_stack((x.ravel(), y.ravel(), height)), np.concatenate((up, down)).astype(np.uint32)


def plainly(corners: np.ndarray, triangles: np.ndarray, point: tuple[float, float]) -> float:
    """The highest of all triangles that a point is in or on, one after the other."""
    found = float("nan")
    for a, b, c in corners[triangles]:
        sides = np.column_stack((b[:2] - a[:2], c[:2] - a[:2]))
        if np.linalg.det(sides) == 0:
            continue
        v, w = np.linalg.solve(sides, np.array(point) - a[:2])
        if min(v, w, 1 - v - w) >= -1e-7:
            found = float(np.fmax(found, a[2] + v * (b[2] - a[2]) + w * (c[2] - a[2])))
    return found


CORNERS = st.tuples(st.integers(0, 8), st.integers(0, 8), st.integers(-20, 400))
TRIANGLES = st.lists(st.tuples(CORNERS, CORNERS, CORNERS), min_size=1, max_size=40)


@settings(max_examples=150, deadline=None)
@given(TRIANGLES, st.lists(st.tuples(st.integers(-2, 18), st.integers(-2, 18)), min_size=1, max_size=20))
def test_any_triangles_at_any_points(shapes: list, halves: list) -> None:
    """Points on corners, on edges, inside and outside; triangles over one another, upright and without area."""
    corners = np.array(shapes, dtype=np.float64).reshape(-1, 3)
    corners[:, :2] = ORIGIN + corners[:, :2] * 2.0**-10
    triangles = np.arange(len(corners), dtype=np.uint32).reshape(-1, 3)
    points = ORIGIN + np.array(halves) * 2.0**-11
    found = relief_of(corners, triangles).heights(points)
    wanted = [plainly(corners, triangles, tuple(point)) for point in points]
    assert found == pytest.approx(np.array(wanted), abs=1e-6, nan_ok=True)


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 30), st.integers(0, 9), st.booleans())
def test_a_field_has_no_gap_and_no_step(side: int, seed: int, listed: bool) -> None:
    """Listed in squares or looked at one by one: the same, and what touches is as high from either side."""
    corners, triangles = hills(side, seed)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(twin.geo.relief, "_MOST_SIDE", 2048 if listed else 1)
        relief = relief_of(corners, triangles)
    assert relief.squares.side == (int(np.ceil(np.sqrt(2 * side * side))) if listed else 1)
    assert relief.heights(corners[:, :2]) == pytest.approx(corners[:, 2])
    rng = np.random.default_rng(seed)
    points = ORIGIN + rng.uniform(0, side * 2.0**-12, (50, 2))
    wanted = [plainly(corners, triangles, tuple(point)) for point in points]
    assert relief.heights(points) == pytest.approx(np.array(wanted), abs=1e-6)
    beyond = relief.heights(points + np.array([side * 2.0**-12, 0]))
    assert np.isnan(beyond).all()


def test_triangles_over_many_squares_are_found_everywhere() -> None:
    corners, triangles = hills(40)
    corners = np.concatenate((corners, [[LON - 1, LAT - 1, 500.0], [LON + 3, LAT - 1, 500.0], [LON, LAT + 3, 500.0]]))
    last = np.array([[len(corners) - 3, len(corners) - 2, len(corners) - 1]], dtype=np.uint32)
    relief = relief_of(corners, np.concatenate((triangles, last)))
    assert relief.wide.tolist() == [len(triangles)]
    assert (relief.heights(np.array([[LON + 0.001, LAT + 0.001], [LON + 1, LAT - 0.5]])) == 500.0).all()


def test_nowhere() -> None:
    empty = relief_of(np.zeros((0, 3)), np.zeros((0, 3), dtype=np.uint32))
    assert np.isnan(empty.heights(np.array([[0.0, 0.0], [LON, LAT]]))).all()
    relief = relief_of(*hills(3))
    assert len(relief.heights(np.zeros((0, 2)))) == 0
    assert np.isnan(relief.heights(np.array([[np.nan, LAT], [np.inf, -np.inf], [-LON, LAT], [1e300, 0.0]]))).all()


def slope() -> Relief:
    """A square of a tenth of a degree that rises 100 m to the east."""
    corners = np.array([[LON, LAT, 0.0], [LON + 0.1, LAT, 100.0], [LON + 0.1, LAT + 0.1, 100.0], [LON, LAT + 0.1, 0.0]])
    return relief_of(corners, np.array([[0, 1, 2], [0, 2, 3]], dtype=np.uint32))


def test_an_outline_stands_on_its_lowest_corner() -> None:
    shapes = [
        shapely.box(LON + 0.02, LAT + 0.02, LON + 0.03, LAT + 0.03),
        shapely.box(LON + 0.02, LAT + 0.02, LON + 0.06, LAT + 0.06).difference(
            shapely.box(LON + 0.03, LAT + 0.03, LON + 0.05, LAT + 0.05)
        ),
        shapely.MultiPolygon([shapely.box(LON + west, LAT, LON + west + 0.01, LAT + 0.01) for west in (0.06, 0.04)]),
        shapely.Point(LON + 0.07, LAT + 0.05),
        shapely.box(LON - 0.01, LAT + 0.02, LON + 0.04, LAT + 0.03),  # half of it lies off the terrain
        shapely.box(LON - 1, LAT - 1, LON + 1, LAT + 1),  # all corners do, the middle does not
        shapely.box(LON + 5, LAT, LON + 6, LAT + 1),
        shapely.Polygon(),
    ]  # fmt: skip
    outlines = np.array([*(shapely.to_wkb(shape) for shape in shapes), None], dtype=object)
    lowest = slope().lowest(outlines)
    assert lowest[:5] == pytest.approx([20.0, 20.0, 40.0, 70.0, 15.0])
    assert lowest[5] == pytest.approx(0.0)
    assert np.isnan(lowest[6:]).all()
