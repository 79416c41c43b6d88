"""Images on surfaces, from the points that a source gives them for to the corners of triangles."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from twin.entity import Picture, Skin
from twin.geo.mesh import Polygons
from twin.types import F64, I64


@dataclass(slots=True, eq=False)
class Paint:
    """Images on packed faces.

    picture  (f,) positions in pictures, -1: none
    uv       (n, 2) of each point: 0..1 to the right and upwards is the image; NaN where the source gives none. The
             points of a painted face's outer ring have one
    """

    pictures: list[Picture]
    picture: I64
    uv: F64


def unite_paint(parts: Sequence[tuple[Polygons, Paint | None]]) -> Paint | None:
    """The paint of faces one after the other; None where nobody has any."""
    if all(paint is None for _, paint in parts):
        return None
    pictures: list[Picture] = []
    chosen, uv = [], []
    for polygons, paint in parts:
        if paint is None:
            chosen.append(np.full(polygons.count, -1))
            uv.append(np.full((len(polygons.xyz), 2), np.nan))
            continue
        chosen.append(np.where(paint.picture >= 0, paint.picture + len(pictures), -1))
        uv.append(paint.uv)
        pictures += paint.pictures
    return Paint(pictures, np.concatenate(chosen), np.concatenate(uv))


def on_triangles(paint: Paint, faces: Polygons, corners: F64, face: I64) -> tuple[I64, F64]:
    """What lies on triangles cut out of painted faces: (m,) positions in its pictures, and (m, 3, 2) uv.

    corners, face   (m, 3, 3) points of triangles, and the face of each

    A corner has the uv of the face's point that it is. One that came in where rings cross, and one of a hole that the
    source says nothing of, has what continues those of the face's other points, as a plane image would.
    """
    picture = paint.picture[face]
    painted = np.flatnonzero(picture >= 0)
    uv = np.zeros((len(face), 3, 2))
    if not len(painted):
        return picture, uv
    own = faces.face_of_point()
    points = np.flatnonzero(paint.picture[own] >= 0)
    wanted = np.repeat(face[painted], 3)
    spots = corners[painted].reshape(-1, 3)
    found = _same(own[points], faces.xyz[points], wanted, spots)
    values = paint.uv[points[np.maximum(found, 0)]]
    lost = np.flatnonzero((found < 0) | np.isnan(values).any(axis=1))
    for one in np.unique(wanted[lost]):
        known = points[(own[points] == one) & np.isfinite(paint.uv[points]).all(axis=1)]
        there = lost[wanted[lost] == one]
        values[there] = _continued(faces.xyz[known], paint.uv[known], spots[there])
    uv[painted] = values.reshape(-1, 3, 2)
    return picture, uv


def _continued(xyz: F64, uv: F64, spots: F64) -> F64:
    """(k, 2) places of further spots: the affine map that fits (n, 3) points with (n, 2) places best."""
    origin = xyz.mean(axis=0)
    ones = np.ones((len(xyz), 1))
    fit = np.linalg.lstsq(np.hstack((xyz - origin, ones)), uv, rcond=1e-9)[0]
    return np.asarray(np.hstack((spots - origin, np.ones((len(spots), 1)))) @ fit)


def _same(face: I64, xyz: F64, wanted: I64, spots: F64) -> I64:
    """(k,) position of a point of the same face at the same spot, -1 where there is none."""
    both = np.concatenate((xyz, spots))
    owner = np.concatenate((face, wanted))
    order = np.lexsort((both[:, 2], both[:, 1], both[:, 0], owner))
    differs = (np.diff(both[order], axis=0) != 0).any(axis=1) | (np.diff(owner[order]) != 0)
    group = np.empty(len(order), dtype=np.int64)
    group[order] = np.concatenate(([0], np.cumsum(differs)))
    first = np.full(int(group.max()) + 1, -1)
    first[group[: len(xyz)][::-1]] = np.arange(len(xyz))[::-1]
    return first[group[len(xyz) :]]


def skin_of(pictures: Sequence[Picture], picture: I64, uv: F64) -> Skin | None:
    """The skin of one mesh, with no more pictures than are on it; None where there is none."""
    used, position = np.unique(picture[picture >= 0], return_inverse=True)
    if not len(used):
        return None
    own = np.full(len(picture), -1, dtype=np.int32)
    own[picture >= 0] = position
    names: dict[Picture, int] = {}
    renumbered = np.array([names.setdefault(pictures[i], len(names)) for i in used.tolist()], dtype=np.int32)
    own[own >= 0] = renumbered[own[own >= 0]]
    return Skin(tuple(names), own, uv.astype(np.float32))
