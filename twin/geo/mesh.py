"""Planar polygons in 3D, packed in arrays: areas, normals, cleaning, flatness. Kernels; no entity, no I/O.

A face is a polygon with holes; its rings are open (the first point is not repeated). Coordinates are metres in any
right-handed frame. Triangles are made in `twin.geo.triangulate`, outward orientation in `twin.geo.orient`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from twin.types import F64, I64, Bools

SAME_POINT_M = 1e-6
"""Points closer than this are one point."""

NO_AREA_M2 = 1e-6
"""A ring below this has no area: a square millimetre."""


@dataclass(frozen=True, slots=True, eq=False)
class Polygons:
    """Faces, packed.

    xyz    (n, 3) float64 points
    rings  (r + 1,) int64: where each ring begins in xyz, and the end; no ring is without points
    faces  (f + 1,) int64: where each face begins in rings, and the end; its first ring is the outer one
    """

    xyz: F64
    rings: I64
    faces: I64

    @property
    def count(self) -> int:
        """Number of faces."""
        return len(self.faces) - 1

    def ring_of_point(self) -> I64:
        """(n,) number of the ring that each point is in."""
        return np.repeat(np.arange(len(self.rings) - 1), np.diff(self.rings))

    def face_of_ring(self) -> I64:
        """(r,) number of the face that each ring is in."""
        return np.repeat(np.arange(self.count), np.diff(self.faces))

    def face_of_point(self) -> I64:
        """(n,) number of the face that each point is in."""
        return self.face_of_ring()[self.ring_of_point()]

    def next_point(self) -> I64:
        """(n,) position of the point that follows in the ring, round the corner."""
        following = np.arange(1, len(self.xyz) + 1)
        following[self.rings[1:] - 1] = self.rings[:-1]
        return following

    def with_xyz(self, xyz: F64) -> Polygons:
        """The same faces with other coordinates."""
        return Polygons(xyz, self.rings, self.faces)

    def select(self, faces: Bools) -> Polygons:
        """The faces where the mask is true, in their order."""
        rings = faces[self.face_of_ring()]
        return _subset(self, rings[self.ring_of_point()], rings, faces)


EMPTY = Polygons(np.zeros((0, 3)), np.zeros(1, dtype=np.int64), np.zeros(1, dtype=np.int64))
"""No faces."""


def pack(faces: Sequence[Sequence[F64]]) -> Polygons:
    """Faces given as lists of (k, 3) rings, outer ring first. Every ring has a point at least; it may be closed."""
    rings = [ring for face in faces for ring in face]
    if not rings:
        return EMPTY
    starts = np.cumsum([0, *(len(ring) for ring in rings)])
    return Polygons(np.concatenate(rings), starts, np.cumsum([0, *(len(face) for face in faces)]))


def join(parts: Sequence[Polygons]) -> Polygons:
    """All faces of the parts, one after the other."""
    if not parts:
        return EMPTY
    points = np.cumsum([0, *(len(part.xyz) for part in parts)])
    rings = np.cumsum([0, *(len(part.rings) - 1 for part in parts)])
    return Polygons(
        np.concatenate([part.xyz for part in parts]),
        np.concatenate([*(part.rings[:-1] + at for part, at in zip(parts, points, strict=False)), points[-1:]]),
        np.concatenate([*(part.faces[:-1] + at for part, at in zip(parts, rings, strict=False)), rings[-1:]]),
    )


def ring_area_vectors(polygons: Polygons) -> F64:
    """(r, 3) Newell's vector of each ring: normal to it (counter-clockwise seen from its tip), as long as its area."""
    if not len(polygons.xyz):
        return np.zeros((0, 3))
    starts = polygons.rings[:-1]
    # Relative to the ring's first point: coordinates of a national grid would eat the digits.
    local = polygons.xyz - polygons.xyz[starts][polygons.ring_of_point()]
    vectors: F64 = 0.5 * np.add.reduceat(np.cross(local, local[polygons.next_point()]), starts, axis=0)
    return vectors


def face_area_vectors(polygons: Polygons) -> F64:
    """(f, 3) area vector of each face, holes taken off whichever way they run."""
    rings = ring_area_vectors(polygons)
    if not len(rings):
        return np.zeros((0, 3))
    first = polygons.faces[:-1]
    outer = rings[first][polygons.face_of_ring()]
    against = np.where(np.einsum("ij,ij->i", rings, outer) > 0, -1.0, 1.0)
    against[first] = 1.0
    return np.asarray(np.add.reduceat(rings * against[:, None], first, axis=0))


def areas(polygons: Polygons) -> F64:
    """(f,) square metres of each face, holes taken off."""
    return np.asarray(np.linalg.norm(face_area_vectors(polygons), axis=1))


def clean(polygons: Polygons) -> tuple[Polygons, I64]:
    """Faces without repeated points, collapsed rings and collapsed faces.

    Returns them and (f', ) the position in the input that each came from. A ring that crosses itself keeps its
    place even where its area cancels out: only what has no extent in two directions is dropped.
    """
    if not len(polygons.xyz):
        return EMPTY, np.zeros(0, dtype=np.int64)
    gap = np.linalg.norm(polygons.xyz - polygons.xyz[polygons.next_point()], axis=1)
    points = gap > SAME_POINT_M
    rings = np.add.reduceat(points, polygons.rings[:-1], dtype=np.int64) >= 3
    faces = rings[polygons.faces[:-1]]
    rings &= faces[polygons.face_of_ring()]
    slim = _subset(polygons, points & rings[polygons.ring_of_point()], rings, faces)
    origin = np.flatnonzero(faces)
    flat = _rings_without_extent(slim)
    if not flat.any():
        return slim, origin
    faces = ~flat[slim.faces[:-1]]
    rings = ~flat & faces[slim.face_of_ring()]
    return _subset(slim, rings[slim.ring_of_point()], rings, faces), origin[faces]


def _rings_without_extent(polygons: Polygons) -> Bools:
    """(r,) true where all points of a ring lie on one line."""
    none: Bools = np.linalg.norm(ring_area_vectors(polygons), axis=1) < NO_AREA_M2
    for ring in np.flatnonzero(none):
        points = polygons.xyz[polygons.rings[ring] : polygons.rings[ring + 1]]
        none[ring] = _second_extent(points) < np.sqrt(NO_AREA_M2)
    return none


def _second_extent(points: F64) -> float:
    """Metres that points spread across their longest direction."""
    return float(np.linalg.svd(points - points.mean(axis=0), compute_uv=False)[1])


def _subset(polygons: Polygons, points: Bools, rings: Bools, faces: Bools) -> Polygons:
    """Only the points, rings and faces of three masks that agree with each other."""
    if not points.any():
        return EMPTY
    per_ring = np.add.reduceat(points, polygons.rings[:-1], dtype=np.int64)[rings]
    per_face = np.add.reduceat(rings, polygons.faces[:-1], dtype=np.int64)[faces]
    return Polygons(polygons.xyz[points], _offsets(per_ring), _offsets(per_face))


def _offsets(counts: I64) -> I64:
    return np.concatenate((np.zeros(1, dtype=np.int64), np.cumsum(counts, dtype=np.int64)))


def normals(polygons: Polygons) -> F64:
    """(f, 3) unit normal of each face by its outer ring; by the best plane where a crossing ring's area cancels out."""
    vectors = ring_area_vectors(polygons)[polygons.faces[:-1]]
    length = np.linalg.norm(vectors, axis=1)
    unit: F64 = vectors / np.maximum(length, 1e-300)[:, None]
    for face in np.flatnonzero(length < NO_AREA_M2):
        ring = polygons.faces[face]
        points = polygons.xyz[polygons.rings[ring] : polygons.rings[ring + 1]]
        unit[face] = np.linalg.svd(points - points.mean(axis=0))[2][2]
    return unit


def plane_axes(unit: F64) -> tuple[F64, F64]:
    """Two (f, 3) unit vectors in the plane of each (f, 3) unit normal; first, second, normal are right-handed."""
    helper = np.where((np.abs(unit[:, 2]) > 0.9)[:, None], [[1.0, 0.0, 0.0]], [[0.0, 0.0, 1.0]])
    first = np.asarray(np.cross(helper, unit), dtype=np.float64)
    first = first / np.linalg.norm(first, axis=1)[:, None]
    return first, np.asarray(np.cross(unit, first), dtype=np.float64)


def flatness(polygons: Polygons) -> F64:
    """(f,) metres that the points of each face stray from its plane, at most."""
    if not polygons.count:
        return np.zeros(0)
    face, unit = polygons.face_of_point(), normals(polygons)
    begin = polygons.rings[polygons.faces[:-1]]
    along = np.einsum("ij,ij->i", polygons.xyz - polygons.xyz[begin][face], unit[face])
    high, low = np.maximum.reduceat(along, begin), np.minimum.reduceat(along, begin)
    return np.asarray((high - low) / 2)
