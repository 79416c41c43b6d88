"""Batch extrusion: footprints in, walls and roofs out, for thousands of buildings in one pass of numpy.

A footprint is a lon/lat polygon or multipolygon (WKB). Its shell is one wall per edge and one flat roof; there is no
floor, because nobody sees it. Triangles are counter-clockwise seen from outside, normals are flat: the four corners
of a wall belong to it alone, the corners of a roof are shared by the triangles of that roof.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import ArrayLike

from twin.geo.crs import along, enu_axes, lonlat_to_xyz
from twin.geo.ears import cut_ears, doubled_areas
from twin.types import F64, I32, I64, U8, Bools, Objects

_POLYGON = 3
_MULTIPOLYGON = 6
_SHORTEST_EDGE_M = 1e-6

WALL, ROOF = 2, 3
"""What a vertex is a part of, as positions in `twin.entity.SEMANTICS`; others come from meshes."""


@dataclass(frozen=True, slots=True, eq=False)
class Rings:
    """All corners of all rings of n footprints, shells counter-clockwise and holes clockwise, not closed.

    xy         (p, 2) degrees or metres, as the footprints came
    following  (p,) position of the next corner in the same ring
    owner      (p,) which footprint a corner belongs to, ascending
    triangles  (t, 3) positions in xy: the footprints' areas, counter-clockwise
    """

    xy: F64
    following: I64
    owner: I64
    triangles: I64


@dataclass(frozen=True, slots=True, eq=False)
class Surface:
    """Triangles of many features in one frame.

    xyz        (v, 3) metres east, north, up of an anchor
    normals    (v, 3) unit vectors in the same frame
    triangles  (t, 3) positions in xyz, counter-clockwise seen from outside
    owner      (v,) which feature a vertex belongs to
    part       (v,) what a vertex is a part of: a position in `twin.entity.SEMANTICS`
    picture    (v,) number of the image that lies on a vertex, -1: none; None: there is no image at all
    uv         (v, 2) where in that image, 0..1 to the right and upwards; it repeats beyond
    """

    xyz: F64
    normals: F64
    triangles: I64
    owner: I64
    part: U8
    picture: I64 | None = None
    uv: F64 | None = None


def uncovered(wkb: Objects, covers: Objects, owner: I64) -> Objects:
    """What (m,) covers leave of (n,) footprints: (n,) shapely areas, None where nothing is left. All WKB in lon/lat.

    owner  (m,) which footprint each cover lies on
    """
    shapes, _ = read_footprints(wkb)
    lids, _ = read_footprints(covers)
    order = np.argsort(owner, kind="stable")
    order = order[~shapely.is_missing(lids[order])]
    rows, groups = np.unique(owner[order], return_inverse=True)
    if len(rows):
        united = shapely.union_all(shapely.geometrycollections(lids[order], indices=groups)[:, None], axis=1)
        shapes[rows] = shapely.difference(shapes[rows], united)
    shapes[shapely.is_empty(shapes)] = None
    return np.asarray(shapes)


NOTHING = Surface(
    np.zeros((0, 3)),
    np.zeros((0, 3)),
    np.zeros((0, 3), dtype=np.int64),
    np.zeros(0, dtype=np.int64),
    np.zeros(0, dtype=np.uint8),
)
"""A surface without a triangle."""


def read_footprints(wkb: Objects) -> tuple[Objects, Bools]:
    """(n,) WKB or None to (n,) shapely areas (None where there is none) and (n,) whether one had to be repaired.

    A ring that crosses itself is repaired to the area that it encloses; points, lines and broken bytes give None.
    """
    shapes = shapely.from_wkb(wkb, on_invalid="ignore")
    repaired = ~shapely.is_valid(shapes) & ~shapely.is_missing(shapes)
    if repaired.any():
        shapes[repaired] = shapely.make_valid(shapes[repaired], method="structure", keep_collapsed=False)
    kinds = shapely.get_type_id(shapes)
    usable = ((kinds == _POLYGON) | (kinds == _MULTIPOLYGON)) & (shapely.area(shapes) > 0)
    shapes[~usable] = None
    return shapes, repaired


def rings_of(shapes: Objects) -> Rings:
    """(n,) valid shapely (multi)polygons, None among them allowed, to their corners and triangles."""
    polygons, polygon_owner = shapely.get_parts(shapes, return_index=True)
    if shapely.has_z(polygons).any():
        polygons = shapely.force_2d(polygons)
    polygons = shapely.orient_polygons(polygons)
    closed, ring_starts, polygon_starts = _ragged(polygons)
    ring_count = len(ring_starts) - 1
    kept = np.ones(len(closed), dtype=bool)
    kept[ring_starts[1:] - 1] = False  # every ring repeats its first corner there
    xy = closed[kept]
    starts = ring_starts - np.arange(ring_count + 1)
    following = np.arange(1, len(xy) + 1)
    following[starts[1:] - 1] = starts[:-1]
    ring_of_corner = _run_of(starts)
    polygon_of_ring = _run_of(polygon_starts)
    convex = _convex_rings(xy, following, ring_of_corner, ring_count)
    convex &= np.diff(polygon_starts)[polygon_of_ring] == 1  # a polygon with holes is not convex
    fans = _fans(starts[:-1], following, ring_of_corner, convex)
    others = np.ones(len(polygons), dtype=bool)
    others[polygon_of_ring[convex]] = False
    ears, hard = cut_ears(xy, starts, polygon_starts, np.flatnonzero(others))
    number = np.empty(len(closed), dtype=np.int64)
    number[kept], number[~kept] = np.arange(len(xy)), starts[:-1]
    is_hard = np.zeros(len(polygons), dtype=bool)
    is_hard[hard] = True
    rest = _delaunay(polygons[hard], number[is_hard[polygon_of_ring][_run_of(ring_starts)]], xy)
    owner = polygon_owner[polygon_of_ring][ring_of_corner].astype(np.int64)
    return Rings(xy, following, owner, np.concatenate((fans, ears, rest)))


def _ragged(polygons: Objects) -> tuple[F64, I64, I64]:
    """(p, 2) corners of polygons, closing ones too, where each ring starts in them, and each polygon in the rings.

    What `shapely.to_ragged_array` gives, from counts: twice as quick for the few hundred of a tile.
    """
    rings = shapely.get_rings(polygons)
    return (
        shapely.get_coordinates(rings),
        _starts(shapely.get_num_coordinates(rings)),
        _starts(shapely.get_num_interior_rings(polygons) + 1),
    )


def _starts(counts: I32) -> I64:
    """(n,) lengths of runs to (n + 1,) where each starts, and the end."""
    starts = np.zeros(len(counts) + 1, dtype=np.int64)
    np.cumsum(counts, out=starts[1:])
    return starts


def _run_of(starts: I64) -> I64:
    """(r + 1,) starts of runs to the run of each element."""
    return np.repeat(np.arange(len(starts) - 1), np.diff(starts))


def _convex_rings(xy: F64, following: I64, ring_of_corner: I64, count: int) -> Bools:
    """(count,) whether a simple ring turns left, clearly, at every corner."""
    along = xy[following] - xy
    turn = along[:, 0] * along[following, 1] - along[:, 1] * along[following, 0]
    length = np.abs(along).sum(axis=1)
    straight = turn <= 1e-6 * length * length[following]
    return np.asarray(np.bincount(ring_of_corner[straight[_previous(following)]], minlength=count) == 0)


def _previous(following: I64) -> I64:
    """The inverse of `following`: the corner before each."""
    before = np.empty_like(following)
    before[following] = np.arange(len(following))
    return before


def _fans(first: I64, following: I64, ring_of_corner: I64, convex: Bools) -> I64:
    """Triangles from the first corner of each convex ring to every edge that does not touch it."""
    apex = first[ring_of_corner]
    edge = np.flatnonzero(convex[ring_of_corner] & (apex != np.arange(len(apex))) & (following != apex))
    return np.column_stack((apex[edge], edge, following[edge]))


def _delaunay(polygons: Objects, number: I64, xy: F64) -> I64:
    """(t, 3) positions in `xy`: GEOS takes rings that touch one another, and corners on straight lines.

    number  (c,) position in `xy` of each of the polygons' corners, closing ones too: they travel through the
            triangulation as the third coordinate, and nothing has to be looked up again
    """
    if not len(polygons):
        return np.zeros((0, 3), dtype=np.int64)
    _, closed, offsets = shapely.to_ragged_array(polygons)
    numbered = np.column_stack((closed, number.astype(np.float64)))
    polygons = shapely.from_ragged_array(shapely.GeometryType.POLYGON, numbered, offsets)
    corners = shapely.get_coordinates(shapely.constrained_delaunay_triangles(polygons), include_z=True)
    triangles = corners.reshape(-1, 4, 3)[:, :3, 2].astype(np.int64)
    doubled = doubled_areas(xy, triangles)
    triangles[doubled < 0] = triangles[doubled < 0][:, ::-1]
    return np.asarray(triangles[doubled != 0])


def extrude(rings: Rings, base_m: ArrayLike, height_m: ArrayLike, anchor: tuple[float, float, float]) -> Surface:
    """Rings in lon/lat degrees with (n,) ellipsoidal base heights and (n,) heights > 0 to shells around `anchor`.

    Every corner goes up along the plumb line of its own place, so shells stand upright 100 km from the anchor too.
    """
    base = np.asarray(base_m, dtype=np.float64)[rings.owner]
    height = np.asarray(height_m, dtype=np.float64)[rings.owner]
    bottom = lonlat_to_xyz(rings.xy, base, anchor)
    up = along(enu_axes(anchor[0], anchor[1]), plumb_lines(rings.xy))
    return shells(rings, bottom, bottom + up * height[:, None], up)


def plumb_lines(lonlat: F64) -> F64:
    """(p, 2) degrees to (p, 3) unit vectors straight up there, as ecef directions."""
    lon, lat = np.radians(lonlat[:, 0]), np.radians(lonlat[:, 1])
    return np.column_stack((np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)))


def shells(rings: Rings, bottom: F64, top: F64, up: F64) -> Surface:
    """Walls between (p, 3) bottom and top corners, and roofs over the top ones; `up` is (p, 3) unit vectors."""
    wall_xyz, wall_normals, wall_triangles, wall_owner = _walls(rings, bottom, top, up)
    return Surface(
        np.concatenate((wall_xyz, top)),
        np.concatenate((wall_normals, up)),
        np.concatenate((wall_triangles, rings.triangles + len(wall_xyz))),
        np.concatenate((wall_owner, rings.owner)),
        np.repeat(np.array([WALL, ROOF], dtype=np.uint8), (len(wall_xyz), len(top))),
    )


def _walls(rings: Rings, bottom: F64, top: F64, up: F64) -> tuple[F64, F64, I64, I64]:
    """Four corners an edge: this one and the next below, the next and this one above; outside is on the right."""
    along = bottom[rings.following] - bottom
    normals = np.cross(along, up)
    length = np.sqrt(np.einsum("ij,ij->i", normals, normals))
    start = np.flatnonzero(length > _SHORTEST_EDGE_M)
    end = rings.following[start]
    xyz = np.stack((bottom[start], bottom[end], top[end], top[start]), axis=1).reshape(-1, 3)
    unit = np.repeat(normals[start] / length[start, None], 4, axis=0)
    first = 4 * np.arange(len(start))[:, None]
    triangles = (first + np.array([[0, 1, 2, 0, 2, 3]])).reshape(-1, 3)
    return xyz, unit, triangles, np.repeat(rings.owner[start], 4)


def join(surfaces: list[Surface]) -> Surface:
    """One surface of many in the same frame; owners stay as they are."""
    starts = np.cumsum([0] + [len(s.xyz) for s in surfaces])
    return Surface(
        np.concatenate([s.xyz for s in surfaces]),
        np.concatenate([s.normals for s in surfaces]),
        np.concatenate([s.triangles + start for s, start in zip(surfaces, starts, strict=False)]),
        np.concatenate([s.owner for s in surfaces]),
        np.concatenate([s.part for s in surfaces]),
        *_joined_pictures(surfaces),
    )


def _joined_pictures(surfaces: list[Surface]) -> tuple[I64 | None, F64 | None]:
    if all(s.picture is None for s in surfaces):
        return None, None
    picture = [np.full(len(s.xyz), -1) if s.picture is None else s.picture for s in surfaces]
    uv = [np.zeros((len(s.xyz), 2)) if s.uv is None else s.uv for s in surfaces]
    return np.concatenate(picture), np.concatenate(uv)
