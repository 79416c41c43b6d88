"""Meshes as bytes: what goes in comes out, bit for bit."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as nst

from twin.entity import SEMANTICS, Mesh
from twin.store import meshes

degrees = st.floats(-90, 90)


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
