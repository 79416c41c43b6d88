"""Faces in 3D to triangles: triangles and convex quadrangles in one sweep, the rest by constrained Delaunay (GEOS).

Each face is projected on its own best plane; the third coordinate handed to GEOS is the point's number, so that
triangles come back as positions and no coordinate is ever rounded.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import shapely
from numpy.typing import NDArray

from twin.geo.mesh import Polygons, normals, plane_axes
from twin.types import F64, I64, Bools, Objects

_HOLE_ASTRAY = "Hole lies outside shell"


@dataclass(frozen=True, slots=True, eq=False)
class Triangles:
    """The triangles of packed faces.

    xyz        (n + k, 3) float64: the faces' points, then k new ones where a crossing ring had to be cut
    triangles  (m, 3) int64 positions in xyz, counter-clockwise seen from the tip of the face's normal
    face       (m,) int64 face that each triangle is a part of, ascending
    repaired   faces whose rings crossed each other or themselves; cut into valid pieces
    collapsed  faces whose rings run to and fro and enclose nothing; they have no triangles
    failed     faces that could not be cut into triangles at all
    astray     faces with a hole that is not inside of their outer ring
    new_face   (k,) int64 the face that each new point belongs to
    """

    xyz: F64
    triangles: I64
    face: I64
    repaired: I64
    collapsed: I64
    failed: I64
    new_face: I64
    astray: I64


def triangulate(polygons: Polygons) -> Triangles:
    """Triangles of faces as `twin.geo.mesh.clean` leaves them."""
    none = np.zeros(0, dtype=np.int64)
    if not polygons.count:
        return Triangles(polygons.xyz, np.zeros((0, 3), dtype=np.int64), none, none, none, none, none, none)
    uv, axes = _project(polygons)
    whole = np.diff(polygons.faces) == 1
    sides = np.diff(polygons.rings)[polygons.faces[:-1]]
    three = np.flatnonzero(whole & (sides == 3))
    four = np.flatnonzero(whole & (sides == 4))
    fans, convex = _fans(polygons, uv, four)
    simple = np.zeros(polygons.count, dtype=np.bool_)
    simple[three] = simple[four[convex]] = True
    cut = _cut(polygons, uv, axes, np.flatnonzero(~simple))
    begin = polygons.rings[polygons.faces[three]]
    triangles = np.concatenate((begin[:, None] + np.arange(3), fans, cut.triangles))
    face = np.concatenate((three, np.repeat(four[convex], 2), cut.face))
    order = np.argsort(face, kind="stable")
    xyz = np.concatenate((polygons.xyz, cut.xyz))
    return replace(cut, xyz=xyz, triangles=triangles[order], face=face[order])


def _project(polygons: Polygons) -> tuple[F64, tuple[F64, F64, F64]]:
    """(n, 2) coordinates in each face's plane, relative to its first point; and (origin, first, second) axes."""
    face = polygons.face_of_point()
    first, second = plane_axes(normals(polygons))
    origin = polygons.xyz[polygons.rings[polygons.faces[:-1]]]
    local = polygons.xyz - origin[face]
    uv = np.column_stack((np.einsum("ij,ij->i", local, first[face]), np.einsum("ij,ij->i", local, second[face])))
    return uv, (origin, first, second)


def _fans(polygons: Polygons, uv: F64, four: I64) -> tuple[I64, Bools]:
    """Two triangles for each convex quadrangle, across its shorter diagonal; and which of `four` are convex."""
    corner = polygons.rings[polygons.faces[four]][:, None] + np.arange(4)
    at = uv[corner]
    side = np.roll(at, -1, axis=1) - at
    following = np.roll(side, -1, axis=1)
    turn = side[..., 0] * following[..., 1] - side[..., 1] * following[..., 0]
    convex = (turn > 0).all(axis=1)
    corner, at = corner[convex], at[convex]
    crosswise = np.linalg.norm(at[:, 2] - at[:, 0], axis=1) > np.linalg.norm(at[:, 3] - at[:, 1], axis=1)
    corner = np.where(crosswise[:, None], np.roll(corner, -1, axis=1), corner)
    return corner[:, [0, 1, 2, 0, 2, 3]].reshape(-1, 3), np.asarray(convex)


def _cut(polygons: Polygons, uv: F64, axes: tuple[F64, F64, F64], faces: I64) -> Triangles:
    """Triangles of any faces; `xyz` holds the new points only, numbered from len(polygons.xyz) on."""
    flat = _flat_polygons(polygons, uv, faces)
    valid = shapely.is_valid(flat)
    why = [shapely.is_valid_reason(broken) for broken in flat[~valid]]
    astray = faces[~valid][[reason.startswith(_HOLE_ASTRAY) for reason in why]] if why else faces[:0]
    pieces, face = _delaunay(flat[valid], faces[valid])
    corner = shapely.get_coordinates(pieces, include_z=True).reshape(-1, 4, 3)[:, :3]
    triangles = _counter_clockwise(corner[..., 2].astype(np.int64), corner[..., :2])
    whole, whole_face = _mend(flat[~valid], faces[~valid])
    mended, mended_face = _delaunay(whole, whole_face)
    flat_corner = shapely.get_coordinates(mended).reshape(-1, 4, 2)[:, :3]
    origin, first, second = axes
    new_face = np.repeat(mended_face, 3)
    spot = flat_corner.reshape(-1, 2)
    new = origin[new_face] + spot[:, :1] * first[new_face] + spot[:, 1:] * second[new_face]
    numbers = len(polygons.xyz) + np.arange(len(new)).reshape(-1, 3)
    wanted, got = np.concatenate((faces[valid], whole_face)), np.concatenate((face, mended_face))
    return Triangles(
        new,
        np.concatenate((triangles, _counter_clockwise(numbers, flat_corner))),
        got,
        np.unique(mended_face),
        np.setdiff1d(faces[~valid], whole_face),
        np.setdiff1d(wanted, got),
        new_face,
        astray,
    )


def _flat_polygons(polygons: Polygons, uv: F64, faces: I64) -> Objects:
    """Shapely polygons of the faces in their planes; z is the number of the point."""
    chosen = np.zeros(polygons.count, dtype=np.bool_)
    chosen[faces] = True
    ring_chosen = chosen[polygons.face_of_ring()]
    point_chosen = ring_chosen[polygons.ring_of_point()]
    numbers = np.flatnonzero(point_chosen)
    if not len(numbers):
        return np.zeros(0, dtype=object)
    ring = _dense(polygons.ring_of_point()[numbers])
    rings = shapely.linearrings(np.column_stack((uv[numbers], numbers)), indices=ring)
    made: Objects = shapely.polygons(rings, indices=_dense(polygons.face_of_ring()[ring_chosen]))
    return made


def _dense(ascending: I64) -> I64:
    """Ascending numbers with gaps to the same without gaps, from 0."""
    return np.concatenate(([0], np.cumsum(np.diff(ascending) > 0)))


def _delaunay(flat: Objects, faces: I64) -> tuple[Objects, I64]:
    """Triangle polygons of valid flat polygons, and the face of each."""
    if not len(flat):
        return np.zeros(0, dtype=object), faces
    try:
        split = shapely.constrained_delaunay_triangles(flat)
    except shapely.errors.GEOSException:
        split = np.array([_one_delaunay(polygon) for polygon in flat], dtype=object)
    pieces, which = shapely.get_parts(split, return_index=True)
    return pieces, faces[which]


def _one_delaunay(polygon: shapely.Geometry) -> shapely.Geometry:
    """One polygon's triangles; an empty collection where GEOS gives up (rings that touch within its rounding)."""
    try:
        return shapely.constrained_delaunay_triangles(polygon)
    except shapely.errors.GEOSException:
        return shapely.GeometryCollection()


def _mend(flat: Objects, faces: I64) -> tuple[Objects, I64]:
    """Polygons of crossing rings cut at their crossings, and the face of each."""
    if not len(flat):
        return np.zeros(0, dtype=object), faces
    pieces, which = shapely.get_parts(mend_flat(flat), return_index=True)
    areal = shapely.get_type_id(pieces) == shapely.GeometryType.POLYGON
    areal &= shapely.area(pieces) > 0
    return pieces[areal], faces[which[areal]]


def mend_flat(flat: Objects) -> Objects:
    """Valid shapes of flat polygons whose rings cross; both lobes of a bow-tie stay, holes only ever take away."""
    flat = shapely.force_2d(flat)
    shells = shapely.make_valid(
        shapely.polygons(shapely.get_exterior_ring(flat)), method="structure", keep_collapsed=False
    )
    for at in np.flatnonzero(shapely.get_num_interior_rings(flat)):
        holes = shapely.make_valid(shapely.polygons(np.array(flat[at].interiors)), method="structure")
        shells[at] = shapely.difference(shells[at], shapely.union_all(holes))
    made: Objects = shells
    return made


def _counter_clockwise(triangles: I64, uv: F64) -> I64:
    """(m, 3) positions turned round where their (m, 3, 2) corners run clockwise."""
    a, b = uv[:, 1] - uv[:, 0], uv[:, 2] - uv[:, 0]
    clockwise: NDArray[np.bool_] = a[:, 0] * b[:, 1] < a[:, 1] * b[:, 0]
    return np.where(clockwise[:, None], triangles[:, [0, 2, 1]], triangles)
