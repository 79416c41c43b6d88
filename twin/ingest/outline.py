"""Footprints of city objects: the ground's outline on the map, as WKB in lon/lat degrees.

Faces are dropped along the plumb line into a plane of metres that is the map itself, scaled, so that the way back
is exact.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import shapely

from twin.geo.crs import metres_per_degree
from twin.geo.mesh import Polygons, clean, ring_area_vectors
from twin.geo.triangulate import mend_flat
from twin.ingest.cityobject import GROUND, CityObject
from twin.types import F64, Bools, Objects

_GRID_M = 1e-3
_HAIRLINE_M = 0.02
_MANY = 32
_SLIVER_DEG2 = 1e-13
_SLIVER_M2 = 1e-2
"""Smaller pieces than this are leavings of rounding, no ground."""


class Plumb:
    """The map round a point, in metres east and north."""

    def __init__(self, lonlat: F64) -> None:
        self.origin = lonlat
        self.scale = np.array(metres_per_degree(float(lonlat[1])))

    def to_plane(self, lonlat: F64) -> F64:
        """(n, 2) degrees to metres."""
        return np.asarray((lonlat - self.origin) * self.scale)

    def wkb(self, shape: shapely.Geometry) -> bytes:
        """A shape in metres as WKB in degrees."""
        moved = shapely.transform(shape, lambda xy: xy / self.scale + self.origin)
        if not shapely.is_valid(moved):  # rings that touched in metres may cross by a rounding in degrees
            moved = _areal(shapely.make_valid(moved, method="structure", keep_collapsed=False)) or moved
        made: bytes = shapely.to_wkb(moved, output_dimension=2)
        return made

    def shape(self, wkb: bytes) -> shapely.Geometry:
        """WKB in degrees as a shape in metres."""
        return shapely.transform(shapely.from_wkb(wkb), self.to_plane)


def footprint(thing: CityObject, placed: dict[str, F64], plumb: Plumb, *, meshed: bool) -> bytes | None:
    """The footprint of one object, or None where it has no place at all.

    In this order: LoD0 foot, ground surfaces of the finest level that has them, LoD0 roof edge, everything seen
    from above, the line that upright surfaces stand on, its lines, its points.

    placed   lon/lat of its coordinates: "outline", "points", "line 0"..., and each level of detail
    meshed   it has surfaces with an area, if only upright ones
    """
    outline = _united(thing.outline, placed["outline"], plumb) if thing.outline.count else None
    if outline is not None and not thing.outline_is_roof:
        return plumb.wkb(outline)
    for lod in sorted(thing.solids, reverse=True):
        geometry = thing.solids[lod]
        ground = geometry.semantics == GROUND
        if ground.any():
            shape = _united(geometry.polygons, placed[lod], plumb, ground)
            if shape is not None:
                return plumb.wkb(shape)
    if outline is not None:
        return plumb.wkb(outline)
    shape = _from_above(thing, placed, plumb, meshed=meshed)
    return None if shape is None else plumb.wkb(shape)


def union(wkbs: Sequence[bytes], plumb: Plumb) -> bytes | None:
    """One footprint of many: that of a building which is the sum of its parts.

    Parts that stand a few millimetres apart, as drawn, are one: no hairline is left between them.
    """
    shapes = np.array([plumb.shape(wkb) for wkb in wkbs], dtype=object)
    areal = shapes[shapely.area(shapes) > 0]
    if not len(areal):
        return plumb.wkb(shapely.union_all(shapes)) if len(shapes) else None
    grown = shapely.union_all(shapely.buffer(areal, _HAIRLINE_M, join_style="mitre"), grid_size=_GRID_M)
    whole = _without_slivers(shapely.buffer(grown, -_HAIRLINE_M, join_style="mitre"))
    return plumb.wkb(shapely.union_all(areal, grid_size=_GRID_M) if whole is None else whole)


def _from_above(thing: CityObject, placed: dict[str, F64], plumb: Plumb, *, meshed: bool) -> shapely.Geometry | None:
    """What is seen from above of an object without ground surfaces; failing that, where it stands."""
    for lod in sorted(thing.solids, reverse=True):
        geometry = thing.solids[lod]
        shape = _united(geometry.polygons, placed[lod], plumb, once=geometry.closed)
        if shape is not None:
            return shape
    for lod in sorted(thing.fittings, reverse=True):
        shape = _united(thing.fittings[lod].polygons, placed["fitting " + lod], plumb)
        if shape is not None:
            return shape
    if thing.solids and meshed:
        lod = max(thing.solids)
        return shapely.convex_hull(shapely.multipoints(plumb.to_plane(placed[lod])))
    if thing.lines:
        rows = [plumb.to_plane(placed[f"line {at}"]) for at in range(len(thing.lines))]
        return rows_to_lines(rows)
    if len(thing.points):
        spots = plumb.to_plane(placed["points"])
        return shapely.points(spots[0]) if len(spots) == 1 else shapely.multipoints(spots)
    return None


def rows_to_lines(rows: list[F64]) -> shapely.Geometry:
    """A line, or a multi-line of several."""
    lines = [shapely.linestrings(row) for row in rows]
    return lines[0] if len(lines) == 1 else shapely.multilinestrings(lines)


def _united(
    polygons: Polygons, lonlat: F64, plumb: Plumb, faces: Bools | None = None, *, once: bool = False
) -> shapely.Geometry | None:
    """The union on the map of some faces (all: None); upright ones leave nothing.

    once: the faces close a body, so those that look up cover all the others
    """
    flat = polygons.with_xyz(np.column_stack((plumb.to_plane(lonlat), np.zeros(len(lonlat)))))
    flat, _ = clean(flat if faces is None else flat.select(faces))
    if not flat.count:
        return None
    if once:
        flat = _looking_up(flat)
    shapes = _shapes(flat)
    broken = ~shapely.is_valid(shapes)
    shapes[broken] = mend_flat(shapes[broken])
    shapes = shapes[shapely.area(shapes) > _SLIVER_M2]
    if not len(shapes):
        return None
    if len(shapes) == 1:
        return shapes[0]
    many = len(shapes) > _MANY
    if many:  # triangulated: snapping every triangle to every other costs four times as much
        shapes = shapely.transform(shapes, lambda xy: np.round(xy / _GRID_M) * _GRID_M)
        shapes = shapes[shapely.is_valid(shapes)]
    return _without_slivers(shapely.union_all(shapes, grid_size=None if many else _GRID_M))


def _looking_up(flat: Polygons) -> Polygons:
    """Half the faces of a closed body: as much looks up as down, unless its faces are turned at random."""
    signed = ring_area_vectors(flat)[flat.faces[:-1], 2]
    up, down = signed[signed > 0].sum(), -signed[signed < 0].sum()
    even = abs(up - down) < 1e-3 * max(up, down)
    return flat.select(signed > 0) if even else flat


def _shapes(flat: Polygons) -> Objects:
    rings = shapely.linearrings(flat.xyz[:, :2], indices=flat.ring_of_point())
    made: Objects = shapely.polygons(rings, indices=flat.face_of_ring())
    return made


def _areal(shape: shapely.Geometry) -> shapely.Geometry | None:
    """The polygons in a shape, in degrees; leavings of rounding go."""
    pieces = shapely.get_parts(shape)
    pieces = pieces[shapely.area(pieces) > _SLIVER_DEG2]
    if not len(pieces):
        return None
    return pieces[0] if len(pieces) == 1 else shapely.multipolygons(pieces)


def _without_slivers(shape: shapely.Geometry) -> shapely.Geometry | None:
    """The areal pieces that are worth the name, without holes that are not."""
    pieces = shapely.get_parts(shape)
    pieces = pieces[shapely.area(pieces) > _SLIVER_M2]
    if not len(pieces):
        return None
    for at in np.flatnonzero(shapely.get_num_interior_rings(pieces)):
        holes = [ring for ring in pieces[at].interiors if shapely.area(shapely.polygons(ring)) > _SLIVER_M2]
        pieces[at] = shapely.Polygon(pieces[at].exterior, holes)
    return pieces[0] if len(pieces) == 1 else shapely.multipolygons(pieces)
