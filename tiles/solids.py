"""Entities that bring their own triangles (LoD1 to LoD3 meshes) as a surface of the layer's frame."""

from __future__ import annotations

import numpy as np

from twin.entity import Mesh, Picture, Skin, detail_of
from twin.geo.crs import enu_axes, enu_to_ecef_matrix, lonlat_to_ecef, xyz_to_lonlat
from twin.geo.planar import Surface
from twin.types import F64, I64, Bools

_SMALLEST_M2 = 1e-9

Anchor = tuple[float, float, float]

MOST_TRIANGLES = 200_000
"""Of one feature, in a tile: about 17 MB. A coarser mesh, or the extrusion, stands for what has more."""


def finest(meshes: dict[str, Mesh]) -> Mesh | None:
    """The mesh of the highest level of detail that has triangles, and not too many: 3 before 2.2 before 2 before 1."""
    fitting = (level for level, mesh in meshes.items() if 0 < len(mesh.triangles) <= MOST_TRIANGLES)
    levels = sorted(fitting, key=detail_of)
    return meshes[levels[-1]] if levels else None


def too_large(meshes: dict[str, Mesh]) -> dict[str, int]:
    """The levels of detail that have more triangles than a tile takes, and how many."""
    return {level: len(mesh.triangles) for level, mesh in meshes.items() if len(mesh.triangles) > MOST_TRIANGLES}


Album = dict[Picture, int]
"""The images of one content, and their numbers."""


def mesh_surface(mesh: Mesh, owner: int, anchor: Anchor, album: Album | None = None) -> Surface:
    """A mesh in metres around `anchor`, each triangle with corners and a flat normal of its own.

    album   grows by the images on it; None: they are left out
    """
    corners = _in_frame(mesh, anchor)[mesh.triangles.astype(np.int64)]
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    double_area = np.linalg.norm(normals, axis=1)
    seen = double_area > 2 * _SMALLEST_M2
    unit = np.repeat(normals[seen] / double_area[seen, None], 3, axis=0)
    count = 3 * int(seen.sum())
    return Surface(
        corners[seen].reshape(-1, 3),
        unit,
        np.arange(count).reshape(-1, 3),
        np.full(count, owner, dtype=np.int64),
        np.repeat(mesh.semantics[seen], 3),
        *(_pictured(mesh.skin, seen, album) if mesh.skin is not None and album is not None else ()),
    )


def _pictured(skin: Skin, seen: Bools, album: Album) -> tuple[I64, F64]:
    """(v,) number and (v, 2) place in its image of each corner of the triangles that are seen."""
    numbers = np.array([album.setdefault(one, len(album)) for one in skin.pictures] + [-1], dtype=np.int64)
    return np.repeat(numbers[skin.picture[seen]], 3), skin.uv[seen].reshape(-1, 2).astype(np.float64)


def _in_frame(mesh: Mesh, anchor: Anchor) -> F64:
    """(n, 3) metres around the mesh's own anchor to metres around the layer's."""
    ecef = mesh.xyz.astype(np.float64) @ enu_axes(mesh.anchor[0], mesh.anchor[1])
    ecef += lonlat_to_ecef([mesh.anchor[:2]], [mesh.anchor[2]]) - lonlat_to_ecef([anchor[:2]], [anchor[2]])
    return np.asarray(ecef @ enu_axes(anchor[0], anchor[1]).T)


def mesh_extent(mesh: Mesh) -> tuple[F64, float, float]:
    """(4,) degrees west, south, east, north of a mesh, its lowest ellipsoidal height and its height, metres."""
    used = mesh.xyz[np.unique(mesh.triangles.astype(np.int64))].astype(np.float64)
    lonlat, height = xyz_to_lonlat(used, mesh.anchor)
    low = float(height.min())
    return np.concatenate((lonlat.min(axis=0), lonlat.max(axis=0))), low, float(height.max()) - low


def layer_matrix(anchor: Anchor) -> F64:
    """(4, 4) the root transform: metres east, north, up of the anchor to ecef."""
    return enu_to_ecef_matrix(*anchor)
