"""Faces in 3D against plain geometry: areas, cleaning, flatness; in any plane, anywhere on a national grid."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from twin.geo.mesh import EMPTY, areas, clean, face_area_vectors, flatness, join, normals, pack
from twin.geo.triangulate import triangulate
from twin.types import F64

SQUARE = np.array([[0, 0, 0], [4, 0, 0], [4, 4, 0], [0, 4, 0]], dtype=float)
HOLE = SQUARE * 0.25 + [1, 1, 0]


@st.composite
def planes(draw: st.DrawFn) -> tuple[F64, F64]:
    """A rotation matrix and a place on a national grid."""
    quaternion = np.array(draw(st.tuples(*[st.floats(-1, 1)] * 4)))
    length = np.linalg.norm(quaternion)
    w, x, y, z = quaternion / length if length > 0.1 else np.array([1.0, 0, 0, 0])
    rotation = np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
            [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
            [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
        ]
    )
    offset = np.array(
        draw(st.sampled_from([(0.0, 0.0, 0.0), (85_000.0, 447_000.0, 12.0), (4_424_700.0, 5.48e6, 311.0)]))
    )
    return rotation, offset


@st.composite
def stars(draw: st.DrawFn) -> shapely.Polygon:
    """A star-shaped ring, concave as a rule, with or without a hole in its middle."""
    radii = draw(st.lists(st.floats(2.0, 30.0), min_size=3, max_size=14))
    angles = np.linspace(0, 2 * np.pi, len(radii), endpoint=False)
    shell = np.column_stack((np.cos(angles), np.sin(angles))) * np.array(radii)[:, None]
    whole = shapely.Polygon(shell)
    hole = draw(st.booleans())
    core = shapely.Point(0, 0).buffer(0.3, quad_segs=draw(st.integers(1, 3)))
    if hole and whole.contains(core):
        return shapely.Polygon(shell, [core.exterior.coords])
    return whole


def lift(polygon: shapely.Polygon, plane: tuple[F64, F64]) -> list[F64]:
    """A flat polygon's closed rings in a plane in space."""
    rings = [polygon.exterior, *polygon.interiors]
    flat = [np.column_stack((shapely.get_coordinates(ring), np.zeros(len(ring.coords)))) for ring in rings]
    return [ring @ plane[0].T + plane[1] for ring in flat]


def triangle_areas(xyz: F64, triangles: np.ndarray) -> F64:
    a, b, c = (xyz[triangles[:, k]] for k in range(3))
    return np.asarray(np.linalg.norm(np.cross(b - a, c - a), axis=1) / 2)


@given(st.lists(st.tuples(stars(), planes()), min_size=1, max_size=6))
@settings(max_examples=100, deadline=None)
def test_triangles_cover_each_face_exactly(drawn: list[tuple[shapely.Polygon, tuple[F64, F64]]]) -> None:
    faces, origin = clean(pack([lift(polygon, plane) for polygon, plane in drawn]))
    assert origin.tolist() == list(range(len(drawn)))
    expected = [polygon.area for polygon, _ in drawn]
    np.testing.assert_allclose(areas(faces), expected, rtol=1e-6)
    made = triangulate(faces)
    assert not len(made.failed)
    assert not len(made.repaired)
    assert (np.diff(made.face) >= 0).all()
    cut = np.bincount(made.face, weights=triangle_areas(made.xyz, made.triangles), minlength=len(drawn))
    np.testing.assert_allclose(cut, expected, rtol=1e-6)
    # every triangle is counter-clockwise seen from the tip of its face's normal
    a, b, c = (made.xyz[made.triangles[:, k]] for k in range(3))
    along = np.einsum("ij,ij->i", np.cross(b - a, c - a), normals(faces)[made.face])
    assert (along > 0).all()
    assert flatness(faces).max() < 1e-6


@given(stars(), planes())
@settings(max_examples=50, deadline=None)
def test_the_area_vector_points_along_the_plane_and_turns_with_the_ring(
    polygon: shapely.Polygon, plane: tuple[F64, F64]
) -> None:
    whole = shapely.Polygon(polygon.exterior)
    rings = lift(whole, plane)
    there, back = face_area_vectors(pack([rings, [rings[0][::-1]]]))
    np.testing.assert_allclose(there, -back, rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(there, plane[0][:, 2] * whole.area, rtol=1e-6, atol=1e-5)


def test_a_hole_counts_whichever_way_it_runs() -> None:
    np.testing.assert_allclose(areas(pack([[SQUARE, HOLE], [SQUARE, HOLE[::-1]]])), [15, 15])


def test_cleaning_drops_what_has_no_extent_and_keeps_the_rest() -> None:
    point = np.repeat(SQUARE[:1], 4, axis=0)
    spike = SQUARE[[0, 1, 0]]
    line = np.array([[0, 0, 0], [1, 0, 0], [2, 0, 0], [1.5, 0, 0]], dtype=float)
    doubled = np.repeat(SQUARE, 2, axis=0)
    closed = SQUARE[[0, 1, 2, 3, 0]]
    faces, origin = clean(pack([[point], [spike], [line], [doubled], [closed], [SQUARE, spike]]))
    assert origin.tolist() == [3, 4, 5]
    assert [len(ring) for ring in np.split(faces.xyz, faces.rings[1:-1])] == [4, 4, 4]
    np.testing.assert_allclose(areas(faces), [16, 16, 16])


def test_nothing_stays_nothing() -> None:
    assert clean(EMPTY)[0].count == 0
    assert pack([]).count == 0
    assert join([]).count == 0
    assert triangulate(EMPTY).triangles.shape == (0, 3)
    assert clean(pack([[SQUARE[:1]]]))[0].count == 0


def test_a_bow_tie_keeps_both_lobes() -> None:
    bow = SQUARE[[0, 2, 1, 3]]
    faces, origin = clean(pack([[bow], [SQUARE]]))
    assert origin.tolist() == [0, 1]
    made = triangulate(faces)
    assert made.repaired.tolist() == [0]
    cut = np.bincount(made.face, weights=triangle_areas(made.xyz, made.triangles))
    np.testing.assert_allclose(cut, [8, 16])
    assert made.new_face.tolist() == [0] * len(made.new_face)


def test_a_hole_outside_of_its_ring_is_left_out() -> None:
    made = triangulate(clean(pack([[SQUARE, HOLE + np.array([100, 0, 0])]]))[0])
    assert made.repaired.tolist() == [0]
    assert triangle_areas(made.xyz, made.triangles).sum() == pytest.approx(16)


def test_a_ring_that_runs_to_and_fro_collapses() -> None:
    ring = np.array([[1.572, 8.05, 0], [2.254, 5.62, 0], [2.857, 3.53, 0], [2.254, 5.62, 0]])
    made = triangulate(clean(pack([[ring], [SQUARE]]))[0])
    assert not len(made.failed)
    assert made.face.tolist()[-2:] == [len(made.collapsed), len(made.collapsed)]


def test_flatness_is_the_distance_from_the_best_plane() -> None:
    bent = SQUARE + np.array([[0, 0, 0.2], [0, 0, -0.2], [0, 0, 0.2], [0, 0, -0.2]])
    assert flatness(pack([[bent], [SQUARE]])).tolist() == pytest.approx([0.2, 0])


def test_selecting_and_joining_are_each_others_way_back() -> None:
    both = join([pack([[SQUARE, HOLE]]), pack([[SQUARE + 9]])])
    assert both.count == 2
    np.testing.assert_array_equal(both.select(np.array([False, True])).xyz, SQUARE + 9)
    np.testing.assert_allclose(areas(both.select(np.array([True, False]))), [15])
