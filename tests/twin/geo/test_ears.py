"""Ears held to what a triangulation is: it covers the area, once, with triangles that turn left."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from twin.geo.ears import areas, cut_ears, doubled_areas
from twin.geo.planar import rings_of

SPLINTER = (
    "POLYGON ((-73.99367378171958 40.77159956940509, -73.99369087 40.77143541, -73.99367378171958 40.77159956940508, "
    "-73.99367378171958 40.77159956940509))"
)
"""What is left of a real outline of New York under its parts: ears of it have no area at all."""


@st.composite
def patchworks(draw: st.DrawFn) -> shapely.Geometry:
    """Squares of a small board: courtyards, courtyards that touch the outside or one another, several pieces."""
    side = draw(st.integers(2, 6))
    taken = draw(st.lists(st.booleans(), min_size=side * side, max_size=side * side).filter(any))
    squares = [shapely.box(i % side, i // side, i % side + 1, i // side + 1) for i in np.flatnonzero(taken)]
    return shapely.affinity.rotate(shapely.union_all(squares), draw(st.floats(0, 90)))


@settings(max_examples=80, deadline=None)
@given(patchworks())
def test_triangles_cover_an_area_once(shape: shapely.Geometry) -> None:
    rings = rings_of(np.array([shape], dtype=object))
    doubled = doubled_areas(rings.xy, rings.triangles)
    assert doubled.min() > -1e-12  # of next to nothing, the sign depends on the corner that one begins at
    assert doubled.sum() / 2 == pytest.approx(shape.area, rel=1e-9)
    cover = shapely.union_all(shapely.polygons(rings.xy[rings.triangles]))
    assert shapely.area(shapely.symmetric_difference(cover, shape)) < 1e-6


@settings(max_examples=40, deadline=None)
@given(st.lists(patchworks(), min_size=1, max_size=3))
def test_areas_are_those_of_shapely(shapes: list[shapely.Geometry]) -> None:
    polygons = shapely.orient_polygons(shapely.get_parts(shapes))
    _, closed, (rings, starts) = shapely.to_ragged_array(polygons)
    kept = np.ones(len(closed), dtype=bool)
    kept[rings[1:] - 1] = False
    assert areas(closed[kept], rings - np.arange(len(rings)), starts) == pytest.approx(shapely.area(polygons))


def test_what_ears_do_not_make_up_is_told_and_cut_by_delaunay() -> None:
    shape = shapely.from_wkt(SPLINTER)
    xy = shapely.get_coordinates(shapely.orient_polygons(shape))[:-1]
    one = np.array([0, 1])
    triangles, hard = cut_ears(xy, np.array([0, 3]), one, one[:1])
    assert (triangles.tolist(), hard.tolist()) == ([], [0])
    assert len(rings_of(np.array([shape], dtype=object)).triangles) == 1


def test_every_corner_is_one_of_a_triangle_on_straight_sides_too() -> None:
    """Between two notches, where no fan does."""
    ring = [(0, 0), (5, 0), (10, 0), (10, 4), (7, 4), (7, 2), (3, 2), (3, 4), (0, 4), (0, 2)]
    rings = rings_of(np.array([shapely.Polygon(ring), shapely.box(20, 0, 21, 1)], dtype=object))
    assert np.unique(rings.triangles).tolist() == list(range(14))
    assert doubled_areas(rings.xy, rings.triangles).sum() / 2 == pytest.approx(33)


def test_nothing_wanted_is_nothing_cut() -> None:
    none = np.zeros(0, dtype=np.int64)
    triangles, hard = cut_ears(np.zeros((3, 2)), np.array([0, 3]), np.array([0, 1]), none)
    assert (triangles.shape, hard.tolist()) == ((0, 3), [])
