"""Outward orientation: boxes and prisms whose faces were turned at random come out whole again."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from twin.geo.mesh import Polygons, face_area_vectors, join, pack
from twin.geo.orient import outward_flips, upward_flips, weld
from twin.types import F64, Bools


def prism(sides: int, radius: float = 5.0, height: float = 3.0, at: tuple[float, float, float] = (0, 0, 0)) -> Polygons:
    """A closed prism, all faces outward."""
    angle = np.linspace(0, 2 * np.pi, sides, endpoint=False)
    foot = np.column_stack((np.cos(angle), np.sin(angle), np.zeros(sides))) * radius + at
    top = foot + np.array([0, 0, height])
    walls = [[np.array([foot[k], foot[(k + 1) % sides], top[(k + 1) % sides], top[k]])] for k in range(sides)]
    return pack([[foot[::-1]], [top], *walls])


def turned(polygons: Polygons, which: Bools) -> Polygons:
    """The same faces with some of them run backwards."""
    faces = []
    for face in range(polygons.count):
        rings = [
            polygons.xyz[polygons.rings[r] : polygons.rings[r + 1]]
            for r in range(polygons.faces[face], polygons.faces[face + 1])
        ]
        faces.append([ring[::-1] for ring in rings] if which[face] else rings)
    return pack(faces)


def volume(polygons: Polygons, flips: Bools) -> float:
    vectors = face_area_vectors(polygons) * np.where(flips, -1, 1)[:, None]
    middle: F64 = polygons.xyz.mean(axis=0)
    first = polygons.xyz[polygons.rings[polygons.faces[:-1]]]
    return float(np.einsum("ij,ij->i", first - middle, vectors).sum() / 3)


@given(st.integers(3, 9), st.integers(0, 2**11 - 1))
@settings(max_examples=80, deadline=None)
def test_a_body_whose_faces_were_turned_at_random_comes_out_outward(sides: int, bits: int) -> None:
    whole = prism(sides)
    which = np.array([bits >> k & 1 for k in range(whole.count)], dtype=bool)
    mixed = turned(whole, which)
    flips = outward_flips(mixed, np.zeros(whole.count, dtype=np.int64), np.array([False]))
    np.testing.assert_array_equal(flips, which)


@given(st.integers(0, 2**8 - 1))
@settings(max_examples=30, deadline=None)
def test_bodies_do_not_disturb_each_other_and_voids_turn_inward(bits: int) -> None:
    outer, void, other = prism(4), prism(4, 1.0, 1.0, (0, 0, 1)), prism(6, at=(0, 0, 3))
    count = outer.count
    which = np.array([bits >> k & 1 for k in range(count)], dtype=bool)
    polygons = join([turned(outer, which), void, other])
    group = np.repeat([0, 1, 2], [count, void.count, other.count])
    flips = outward_flips(polygons, group, np.array([False, True, False]))
    np.testing.assert_array_equal(flips[:count], which)
    assert flips[group == 1].all()
    assert not flips[group == 2].any()


def test_an_open_house_still_faces_outward() -> None:
    whole = prism(5)
    open_below = whole.select(np.arange(whole.count) != 0)
    inside_out = turned(open_below, np.ones(open_below.count, dtype=bool))
    assert outward_flips(inside_out, np.zeros(open_below.count, dtype=np.int64), np.array([False])).all()
    assert volume(inside_out, np.ones(open_below.count, dtype=bool)) > 0


def test_holes_take_part_in_the_agreement() -> None:
    wall = np.array([[0, 0, 0], [4, 0, 0], [4, 0, 4], [0, 0, 4]], dtype=float)
    hole = np.array([[1, 0, 1], [2, 0, 1], [2, 0, 2], [1, 0, 2]], dtype=float)  # runs as its outer ring does
    polygons = pack([[wall, hole], [hole]])
    flips = outward_flips(polygons, np.zeros(2, dtype=np.int64), np.array([False]))
    assert flips[0] == flips[1]


def test_sheets_look_up() -> None:
    square = np.array([[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0]], dtype=float)
    assert upward_flips(pack([[square], [square[::-1]]])).tolist() == [False, True]


def test_welding_joins_within_a_millimetre_and_a_group() -> None:
    xyz = np.array([[0, 0, 0], [0, 0, 0.0002], [0, 0, 0.01], [0, 0, 0]])
    corner = weld(xyz, np.array([0, 0, 0, 1]))
    assert corner.tolist() == [0, 0, 1, 2]
    assert weld(np.zeros((0, 3)), np.zeros(0, dtype=np.int64)).tolist() == []
