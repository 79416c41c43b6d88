"""Meshes as bytes.

A header of 38 bytes, little-endian: `M1`, the byte width of an index (2 or 4), a zero byte, the number of vertices
u32, the number of triangles u32, the anchor as three f64 (lon, lat, height) and two zero bytes. Then one zlib stream:
xyz as f32 (n, 3), triangles as u16 or u32 (m, 3), semantics as u8 (m,). Nothing is rounded: what goes in comes out.
"""

from __future__ import annotations

import struct
import zlib

import numpy as np

from twin.entity import SEMANTICS, Mesh

_HEADER = struct.Struct("<2sBxIIdddxx")
_MAGIC = b"M1"


def mesh_fault(mesh: Mesh) -> str | None:
    """What is wrong with a mesh, in one sentence; None where it is sound."""
    if mesh.xyz.ndim != 2 or mesh.xyz.shape[1] != 3 or mesh.triangles.ndim != 2 or mesh.triangles.shape[1] != 3:
        return "a mesh's vertices and triangles come in threes"
    if len(mesh.semantics) != len(mesh.triangles):
        return "a mesh has one semantic value a triangle"
    if not (np.isfinite(mesh.xyz).all() and np.isfinite(mesh.anchor).all()):
        return "a mesh has a coordinate that is not finite"
    if len(mesh.triangles) and int(mesh.triangles.max()) >= len(mesh.xyz):
        return "a triangle names a vertex that is not there"
    if len(mesh.semantics) and int(mesh.semantics.max()) >= len(SEMANTICS):
        return "a triangle's semantic value is not in the list"
    return None


def plain(mesh: Mesh) -> bytes:
    """The content without compression: equal meshes, equal bytes."""
    width = 2 if len(mesh.xyz) <= 0x10000 else 4
    header = _HEADER.pack(_MAGIC, width, len(mesh.xyz), len(mesh.triangles), *map(float, mesh.anchor))
    return header + b"".join(
        (
            np.ascontiguousarray(mesh.xyz, dtype="<f4").tobytes(),
            np.ascontiguousarray(mesh.triangles, dtype=f"<u{width}").tobytes(),
            np.ascontiguousarray(mesh.semantics, dtype=np.uint8).tobytes(),
        )
    )


def pack(content: bytes) -> bytes:
    """Plain content to what is stored."""
    return content[: _HEADER.size] + zlib.compress(content[_HEADER.size :], 1)


def unpack(body: bytes) -> Mesh:
    """What is stored to the mesh."""
    magic, width, vertices, triangles, lon, lat, height = _HEADER.unpack_from(body)
    if magic != _MAGIC:
        raise ValueError(f"not a mesh: it starts with {magic!r}")
    raw = zlib.decompress(memoryview(body)[_HEADER.size :])
    split = vertices * 12
    end = split + triangles * 3 * width
    return Mesh(
        anchor=(lon, lat, height),
        xyz=np.frombuffer(raw, dtype="<f4", count=vertices * 3).reshape(-1, 3).astype(np.float32),
        triangles=np.frombuffer(raw[split:end], dtype=f"<u{width}").reshape(-1, 3).astype(np.uint32),
        semantics=np.frombuffer(raw[end:], dtype=np.uint8).copy(),
    )
