"""Meshes as bytes.

A header of 38 bytes, little-endian: `M1`, the byte width of an index (2 or 4), a zero byte, the number of vertices
u32, the number of triangles u32, the anchor as three f64 (lon, lat, height) and two zero bytes. Then one zlib stream:
xyz as f32 (n, 3), triangles as u16 or u32 (m, 3), semantics as u8 (m,). Nothing is rounded: what goes in comes out.

With images on it, it begins with `M2`, and after the semantics come: the number of images u32, 24 bytes each (hash,
width u32, height u32), the image of each triangle as i32 (m,), and uv as f32 (k, 3, 2) of the k triangles with one.
Where one of these does not simply repeat, it begins with `M3`, and each image takes 28 bytes: after its height what
lies beyond its edges u8 (a position in `twin.entity.BEYOND`; 255: a colour) and red, green, blue (0 for the others).
The images themselves are files in the twin's folder (`twin.store.pictures`).
"""

from __future__ import annotations

import re
import struct
import zlib

import numpy as np

from twin.entity import BEYOND, REPEATED, SEMANTICS, Mesh, Picture, Skin

_HEADER = struct.Struct("<2sBxIIdddxx")
_MAGIC, _SKINNED, _EDGED = b"M1", b"M2", b"M3"
_PICTURE = struct.Struct("<16sII")
_EDGED_PICTURE = struct.Struct("<16sIIB3s")
_COLOUR = 255
_NAME = re.compile("[0-9a-f]{32}")
_BEYOND = re.compile("|".join((*BEYOND, "#[0-9a-f]{6}")))


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
    return None if mesh.skin is None else _skin_fault(mesh.skin, len(mesh.triangles))


def _skin_fault(skin: Skin, triangles: int) -> str | None:
    if skin.picture.shape != (triangles,) or skin.uv.shape != (triangles, 3, 2):
        return "a skin has one image and three places in it a triangle"
    if triangles and not -1 <= int(skin.picture.min()) <= int(skin.picture.max()) < len(skin.pictures):
        return "a triangle names an image that is not there"
    if not np.isfinite(skin.uv[skin.picture >= 0]).all():
        return "a place in an image is not finite"
    if not all(_NAME.fullmatch(picture.name) for picture in skin.pictures):
        return "an image's name is not the hash of its bytes"
    if not all(_BEYOND.fullmatch(picture.beyond) for picture in skin.pictures):
        return "what lies beyond an image is neither in the list nor a colour"
    return None


def plain(mesh: Mesh) -> bytes:
    """The content without compression: equal meshes, equal bytes."""
    width = 2 if len(mesh.xyz) <= 0x10000 else 4
    header = _HEADER.pack(_magic(mesh.skin), width, len(mesh.xyz), len(mesh.triangles), *map(float, mesh.anchor))
    return header + b"".join(
        (
            np.ascontiguousarray(mesh.xyz, dtype="<f4").tobytes(),
            np.ascontiguousarray(mesh.triangles, dtype=f"<u{width}").tobytes(),
            np.ascontiguousarray(mesh.semantics, dtype=np.uint8).tobytes(),
            b"" if mesh.skin is None else _plain_skin(mesh.skin),
        )
    )


def _magic(skin: Skin | None) -> bytes:
    if skin is None:
        return _MAGIC
    return _SKINNED if all(one.beyond == REPEATED for one in skin.pictures) else _EDGED


def _picture(picture: Picture, magic: bytes) -> bytes:
    facts = bytes.fromhex(picture.name), picture.width, picture.height
    if magic == _SKINNED:
        return _PICTURE.pack(*facts)
    if picture.beyond in BEYOND:
        return _EDGED_PICTURE.pack(*facts, BEYOND.index(picture.beyond), b"")
    return _EDGED_PICTURE.pack(*facts, _COLOUR, bytes.fromhex(picture.beyond[1:]))


def _plain_skin(skin: Skin) -> bytes:
    images = [_picture(one, _magic(skin)) for one in skin.pictures]
    return b"".join(
        (
            len(images).to_bytes(4, "little"),
            *images,
            np.ascontiguousarray(skin.picture, dtype="<i4").tobytes(),
            np.ascontiguousarray(skin.uv[skin.picture >= 0], dtype="<f4").tobytes(),
        )
    )


def pictures_in(body: bytes) -> set[str]:
    """The names of the images on what is stored."""
    skin = unpack(body).skin if body[:2] != _MAGIC else None
    return set() if skin is None else {picture.name for picture in skin.pictures}


def pack(content: bytes) -> bytes:
    """Plain content to what is stored."""
    return content[: _HEADER.size] + zlib.compress(content[_HEADER.size :], 1)


def unpack(body: bytes) -> Mesh:
    """What is stored to the mesh."""
    magic, width, vertices, triangles, lon, lat, height = _HEADER.unpack_from(body)
    if magic not in (_MAGIC, _SKINNED, _EDGED):
        raise ValueError(f"not a mesh: it starts with {magic!r}")
    raw = zlib.decompress(memoryview(body)[_HEADER.size :])
    split = vertices * 12
    end = split + triangles * 3 * width
    return Mesh(
        anchor=(lon, lat, height),
        xyz=np.frombuffer(raw, dtype="<f4", count=vertices * 3).reshape(-1, 3).astype(np.float32),
        triangles=np.frombuffer(raw[split:end], dtype=f"<u{width}").reshape(-1, 3).astype(np.uint32),
        semantics=np.frombuffer(raw[end : end + triangles], dtype=np.uint8).copy(),
        skin=_skin(raw[end + triangles :], triangles, magic) if magic != _MAGIC else None,
    )


def _skin(raw: bytes, triangles: int, magic: bytes) -> Skin:
    each = _PICTURE if magic == _SKINNED else _EDGED_PICTURE
    start = 4 + int.from_bytes(raw[:4], "little") * each.size
    images = [
        Picture(name.hex(), width, height, beyond=_beyond(*edge))
        for name, width, height, *edge in each.iter_unpack(raw[4:start])
    ]
    end = start + 4 * triangles
    picture = np.frombuffer(raw[start:end], dtype="<i4").astype(np.int32)
    uv = np.zeros((triangles, 3, 2), dtype=np.float32)
    uv[picture >= 0] = np.frombuffer(raw[end:], dtype="<f4").reshape(-1, 3, 2)
    return Skin(tuple(images), picture, uv)


def _beyond(code: int = BEYOND.index(REPEATED), colour: bytes = b"") -> str:
    return f"#{colour.hex()}" if code == _COLOUR else BEYOND[code]
