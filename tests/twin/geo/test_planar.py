"""Extrusion held to shapely's areas and lengths, and to the volume that a closed shell must enclose."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from twin.geo.crs import lonlat_to_xyz, xyz_to_lonlat
from twin.geo.planar import NOTHING, Rings, Surface, extrude, join, read_footprints, rings_of, shells, uncovered

ANCHOR = (114.03, 22.65, 10.0)


@st.composite
def stars(draw: st.DrawFn, *, x: float = 0.0, inner: float = 4.0, outer: float = 30.0) -> shapely.Polygon:
    """A ring around (x, 0), convex or not, sometimes with a hole, turning either way."""
    count = draw(st.integers(3, 9))
    radii = draw(st.lists(st.floats(inner, outer), min_size=count, max_size=count))
    angles = np.linspace(0, 2 * np.pi, count, endpoint=False) + draw(st.floats(0, 1))
    shell = np.column_stack((x + np.array(radii) * np.cos(angles), np.array(radii) * np.sin(angles)))
    hole = [(x - 0.5, -0.5), (x + 0.5, -0.5), (x, 0.6)] if draw(st.booleans()) and count > 3 else None
    polygon = shapely.Polygon(shell[:: draw(st.sampled_from([1, -1]))], [hole] if hole else None)
    return polygon if polygon.is_valid and polygon.area > 1 else shapely.box(x - 3, -3, x + 3, 3)


@st.composite
def footprints(draw: st.DrawFn) -> shapely.Geometry:
    first = draw(stars())
    return shapely.MultiPolygon([first, draw(stars(x=100.0))]) if draw(st.booleans()) else first


def upright(rings: Rings, base: np.ndarray, height: np.ndarray) -> Surface:
    """Shells over a flat Earth: x and y are metres."""
    bottom = np.column_stack((rings.xy, base[rings.owner]))
    up = np.tile([0.0, 0.0, 1.0], (len(bottom), 1))
    return shells(rings, bottom, bottom + up * height[rings.owner, None], up)


def triangle_areas(surface: Surface) -> tuple[np.ndarray, np.ndarray]:
    a, b, c = (surface.xyz[surface.triangles[:, i]] for i in range(3))
    across = np.cross(b - a, c - a) / 2
    return across, np.linalg.norm(across, axis=1)


@settings(max_examples=60, deadline=None)
@given(st.lists(footprints(), min_size=1, max_size=5), st.data())
def test_walls_and_roofs_have_the_areas_of_the_footprints(shapes: list[shapely.Geometry], data: st.DataObject) -> None:
    count = len(shapes)
    height = np.array(data.draw(st.lists(st.floats(0.5, 300), min_size=count, max_size=count)))
    base = np.array(data.draw(st.lists(st.floats(-50, 500), min_size=count, max_size=count)))
    surface = upright(rings_of(np.array(shapes, dtype=object)), base, height)
    across, areas = triangle_areas(surface)
    owner = surface.owner[surface.triangles[:, 0]]
    is_roof = surface.normals[surface.triangles[:, 0], 2] > 0.5
    roof = np.bincount(owner[is_roof], areas[is_roof], count)
    wall = np.bincount(owner[~is_roof], areas[~is_roof], count)
    assert roof == pytest.approx(shapely.area(shapes), rel=1e-9)
    assert wall == pytest.approx(shapely.length(shapes) * height, rel=1e-9)
    # Counter-clockwise from outside: each triangle looks where its normals point, and the enclosed volume is right.
    normals = surface.normals[surface.triangles[:, 0]]
    assert np.einsum("ij,ij->i", across, normals) == pytest.approx(areas, rel=1e-9)
    over_floor = surface.xyz[surface.triangles[:, 0]] - np.column_stack((np.zeros((len(owner), 2)), base[owner]))
    volume = np.bincount(owner, np.einsum("ij,ij->i", over_floor, across) / 3, count)
    assert volume == pytest.approx(shapely.area(shapes) * height, rel=1e-6)


@settings(max_examples=30, deadline=None)
@given(st.lists(footprints(), min_size=1, max_size=4))
def test_many_at_once_are_as_one_at_a_time(shapes: list[shapely.Geometry]) -> None:
    together = upright(rings_of(np.array(shapes, dtype=object)), np.zeros(len(shapes)), np.full(len(shapes), 5.0))
    for row, shape in enumerate(shapes):
        alone = upright(rings_of(np.array([shape], dtype=object)), np.zeros(1), np.full(1, 5.0))
        corners = together.xyz[together.triangles[together.owner[together.triangles[:, 0]] == row]]
        key = lambda triangles: sorted(np.round(triangles.reshape(-1, 9), 9).tolist())  # noqa: E731
        assert key(corners) == key(alone.xyz[alone.triangles])


def test_a_courtyard_has_walls_that_look_into_it() -> None:
    shape = shapely.Polygon([(0, 0), (10, 0), (10, 10), (0, 10)], [[(4, 4), (6, 4), (6, 6), (4, 6)]])
    surface = upright(rings_of(np.array([shape], dtype=object)), np.zeros(1), np.full(1, 3.0))
    inner = (np.abs(surface.xyz[:, :2] - 5).max(axis=1) < 2) & (surface.normals[:, 2] < 0.5)
    towards_middle = ((5 - surface.xyz[inner, :2]) * surface.normals[inner, :2]).sum(axis=1)
    assert inner.sum() == 16
    assert (towards_middle > 0).all()


def test_missing_footprints_keep_their_place() -> None:
    shapes = np.array([None, shapely.box(0, 0, 1, 1), None, shapely.box(5, 5, 6, 6)], dtype=object)
    assert sorted(set(rings_of(shapes).owner.tolist())) == [1, 3]
    assert len(rings_of(np.array([None], dtype=object)).triangles) == 0


def test_z_of_a_footprint_is_not_used() -> None:
    flat, tilted = shapely.Polygon([(0, 0), (4, 0), (0, 4)]), shapely.Polygon([(0, 0, 9), (4, 0, 1), (0, 4, 3)])
    both = rings_of(np.array([flat, tilted], dtype=object))
    assert (both.xy[:3] == both.xy[3:]).all()


def test_footprints_that_cross_themselves_are_repaired_and_named() -> None:
    wkb = [
        shapely.to_wkb(shapely.box(0, 0, 1, 1)),
        shapely.to_wkb(shapely.Polygon([(0, 0), (2, 2), (2, 0), (0, 2)])),
        shapely.to_wkb(shapely.Point(0, 0)),
        shapely.to_wkb(shapely.LineString([(0, 0), (1, 1)])),
        None,
        b"broken",
    ]
    shapes, repaired = read_footprints(np.array(wkb, dtype=object))
    assert repaired.tolist() == [False, True, False, False, False, False]
    assert shapely.area(shapes[:2]) == pytest.approx([1.0, 2.0])
    assert [shape is None for shape in shapes] == [False, False, True, True, True, True]


@pytest.mark.parametrize("east_km", [0.0, 20.0, 100.0])
def test_shells_stand_on_the_earth_and_upright_far_from_the_anchor(east_km: float) -> None:
    corner, _ = xyz_to_lonlat([[east_km * 1000, 0, 0]], ANCHOR)
    lon, lat = corner[0]
    shape = shapely.box(lon, lat, lon + 1e-4, lat + 1e-4)
    surface = extrude(rings_of(np.array([shape], dtype=object)), [17.0], [40.0], ANCHOR)
    lonlat, height = xyz_to_lonlat(surface.xyz, ANCHOR)
    assert np.unique(height.round(6)).tolist() == pytest.approx([17.0, 57.0], abs=1e-5)
    assert lonlat.min(axis=0) == pytest.approx([lon, lat], abs=1e-10)
    expected = lonlat_to_xyz([[lon, lat]], 57.0, ANCHOR)[0]
    assert np.linalg.norm(surface.xyz - expected, axis=1).min() < 1e-6


def test_joined_surfaces_keep_their_triangles() -> None:
    shapes = np.array([shapely.box(0, 0, 1, 1)], dtype=object)
    one = upright(rings_of(shapes), np.zeros(1), np.ones(1))
    two = join([one, NOTHING, one])
    assert two.xyz[two.triangles[len(one.triangles) :]] == pytest.approx(one.xyz[one.triangles])


@settings(max_examples=40, deadline=None)
@given(st.lists(footprints(), min_size=1, max_size=4), st.lists(st.tuples(footprints(), st.integers(0, 3)), max_size=5))
def test_what_covers_leave_is_what_shapely_says(
    shapes: list[shapely.Geometry], lids: list[tuple[shapely.Geometry, int]]
) -> None:
    covers = np.array([*(shapely.to_wkb(lid) for lid, _ in lids), None], dtype=object)[:-1]
    owner = np.array([on % len(shapes) for _, on in lids], dtype=np.int64)
    left = uncovered(np.array([shapely.to_wkb(shape) for shape in shapes], dtype=object), covers, owner)
    for row, shape in enumerate(shapes):
        own = [lid for (lid, _), on in zip(lids, owner, strict=True) if on == row]
        reference = shape.area - shapely.union_all(own).intersection(shape).area
        assert (left[row].area if left[row] else 0.0) == pytest.approx(reference, abs=1e-6)
