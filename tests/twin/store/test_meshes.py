"""Meshes as bytes: what goes in comes out, bit for bit."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as nst

from twin.entity import BEYOND, SEMANTICS, Mesh, Picture, Skin
from twin.store import meshes

degrees = st.floats(-90, 90)


@st.composite
def any_skin(draw: st.DrawFn, triangles: int) -> Skin:
    count = draw(st.integers(0, 3))
    sides = st.integers(0, 2**32 - 1)
    beyond = st.sampled_from(draw(st.sampled_from([["wrap"], [*BEYOND, "#00ff80"]])))
    names = st.text("0123456789abcdef", min_size=32, max_size=32)
    pictures = tuple(Picture(draw(names), draw(sides), draw(sides), beyond=draw(beyond)) for _ in range(count))
    chosen = draw(nst.arrays(np.int32, triangles, elements=st.integers(-1, count - 1)))
    uv = draw(nst.arrays(np.float32, (triangles, 3, 2), elements=st.floats(-100, 100, width=32)))
    uv[chosen < 0] = 0
    return Skin(pictures, chosen, uv)


@st.composite
def any_mesh(draw: st.DrawFn) -> Mesh:
    vertices = draw(st.integers(1, 40))
    triangles = draw(st.integers(0, 60))
    floats = st.floats(-1e6, 1e6, width=32)
    return Mesh(
        anchor=(draw(degrees), draw(degrees), draw(st.floats(-500, 9000))),
        xyz=draw(nst.arrays(np.float32, (vertices, 3), elements=floats)),
        triangles=draw(nst.arrays(np.uint32, (triangles, 3), elements=st.integers(0, vertices - 1))),
        semantics=draw(nst.arrays(np.uint8, triangles, elements=st.integers(0, len(SEMANTICS) - 1))),
        skin=draw(st.none() | any_skin(triangles)),
    )


@settings(max_examples=60, deadline=None)
@given(mesh=any_mesh())
def test_round_trip(mesh: Mesh) -> None:
    assert meshes.mesh_fault(mesh) is None
    back = meshes.unpack(meshes.pack(meshes.plain(mesh)))
    assert back.anchor == mesh.anchor
    for name in ("xyz", "triangles", "semantics"):
        ours, theirs = getattr(back, name), getattr(mesh, name)
        assert ours.dtype == theirs.dtype
        assert ours.tobytes() == theirs.tobytes()
    assert (back.skin is None) == (mesh.skin is None)
    if back.skin is not None and mesh.skin is not None:
        assert back.skin.pictures == mesh.skin.pictures
        assert back.skin.picture.tolist() == mesh.skin.picture.tolist()
        assert back.skin.uv.tobytes() == mesh.skin.uv.tobytes()


SKINS = {
    "one image and three places": Skin((), np.full(2, -1, np.int32), np.zeros((1, 3, 2), np.float32)),
    "names an image": Skin((), np.zeros(1, np.int32), np.zeros((1, 3, 2), np.float32)),
    "not finite": Skin((Picture("0" * 32, 1, 1),), np.zeros(1, np.int32), np.full((1, 3, 2), np.nan, np.float32)),
    "neither in the list": Skin(
        (Picture("0" * 32, 1, 1, beyond="#red"),), np.zeros(1, np.int32), np.zeros((1, 3, 2), np.float32)
    ),
    "not the hash": Skin((Picture("../x", 1, 1),), np.zeros(1, np.int32), np.zeros((1, 3, 2), np.float32)),
}


@pytest.mark.parametrize("fault", sorted(SKINS))
def test_broken_skins(fault: str) -> None:
    corners = np.zeros((3, 3), dtype=np.float32)
    triangle = np.array([[0, 1, 2]], dtype=np.uint32)
    mesh = Mesh((0.0, 0.0, 0.0), corners, triangle, np.zeros(1, dtype=np.uint8), SKINS[fault])
    assert fault in (meshes.mesh_fault(mesh) or "")


def test_many_vertices_need_wide_indices() -> None:
    count = 70_000
    mesh = Mesh(
        anchor=(0.0, 0.0, 0.0),
        xyz=np.zeros((count, 3), dtype=np.float32),
        triangles=np.array([[0, 65_535, 69_999]], dtype=np.uint32),
        semantics=np.zeros(1, dtype=np.uint8),
    )
    assert meshes.unpack(meshes.pack(meshes.plain(mesh))).triangles.tolist() == [[0, 65_535, 69_999]]


def test_other_bytes_are_refused() -> None:
    with pytest.raises(ValueError, match="not a mesh"):
        meshes.unpack(b"XX" + bytes(60))
