"""Surfaces of many objects, in local metres, to meshes: cleaned, turned outward, cut into triangles, welded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from twin.entity import Skin
from twin.geo.mesh import Polygons, clean, flatness, join
from twin.geo.orient import outward_flips, upward_flips, weld
from twin.geo.soundness import edges, repeated_points
from twin.geo.triangulate import Triangles, triangulate
from twin.ingest.cityobject import Geometry
from twin.ingest.paint import Paint, on_triangles, skin_of, unite_paint
from twin.types import F32, F64, I64, U8, U32, Bools


@dataclass(frozen=True, slots=True)
class Faults:
    """Numbers of faults by val3dity's rules.

    repeated   102: points said twice in a row, taken once
    astray     206: surfaces with a hole outside of their outer ring, which takes nothing away
    turned     307, or 405 where it is all of them: surfaces of solids that looked inwards, turned round
    open       302: edges of solids that belong to one surface only
    crowded    303: edges of solids that belong to more than two
    """

    repeated: int
    astray: int
    turned: int
    open: int
    crowded: int


NO_FAULTS = Faults(0, 0, 0, 0, 0)
"""Nothing."""


@dataclass(frozen=True, slots=True, eq=False)
class Meshed:
    """The mesh of one geometry, and what had to be done for it.

    dropped   faces without area, left out
    repaired  faces whose rings crossed, cut into valid pieces
    failed    faces that could not be cut into triangles
    stray_m   how far a face strays from its plane, at most
    faults    what is wrong with the rings and shells besides
    skin      images on it, if any
    """

    xyz: F32
    triangles: U32
    semantics: U8
    dropped: int
    repaired: int
    failed: int
    stray_m: float
    faults: Faults
    skin: Skin | None = None


def make_meshes(geometries: Sequence[Geometry], local: Sequence[Polygons], sheets: Sequence[bool]) -> list[Meshed]:
    """One mesh per geometry.

    local   its polygons in metres east, north, up of an anchor of its own
    sheets  true where the surfaces look up (terrain, roads) rather than out of a body
    """
    if not geometries:
        return []
    counts = np.array([geometry.polygons.count for geometry in geometries])
    unit_of_face = np.repeat(np.arange(len(geometries)), counts)
    whole = join(list(local))
    faces, origin = clean(whole)
    unit = unit_of_face[origin]
    shell = _shells(geometries)[origin]
    flips = _flips(geometries, faces, (unit, shell), np.asarray(sheets, dtype=np.bool_))
    made = triangulate(faces)
    solid = np.array([geometry.closed for geometry in geometries]) & ~np.asarray(sheets, dtype=np.bool_)
    rims = edges(faces, shell, unit, len(geometries))
    faults = (
        repeated_points(whole, unit_of_face, len(geometries)),
        np.bincount(unit[made.astray], minlength=len(geometries)),
        np.where(solid, np.bincount(unit[flips], minlength=len(geometries)), 0),
        np.where(solid, rims.open, 0),
        np.where(solid, rims.crowded, 0),
    )
    semantics = np.concatenate([geometry.semantics for geometry in geometries])[origin]
    triangles = np.where(flips[made.face][:, None], made.triangles[:, [0, 2, 1]], made.triangles)
    made = replace(made, triangles=triangles)
    paint = unite_paint([(geometry.polygons, geometry.paint) for geometry in geometries])
    coat = None if paint is None else _Coat(paint, whole, origin)
    meshed = _split(made, faces, unit, semantics, counts, coat=coat)
    rows = np.stack(faults, axis=1).tolist()
    return [replace(mesh, faults=Faults(*row)) for mesh, row in zip(meshed, rows, strict=True)]


@dataclass(frozen=True, slots=True, eq=False)
class _Coat:
    """Images on all faces as they were before they were cleaned; `origin`: where each cleaned one was."""

    paint: Paint
    faces: Polygons
    origin: I64

    def skins(self, corners: F64, face: I64, starts: I64) -> list[Skin | None]:
        """The skin of each unit; its triangles begin at `starts`, and their (m, 3, 3) corners are given."""
        picture, uv = on_triangles(self.paint, self.faces, corners, self.origin[face])
        return [skin_of(self.paint.pictures, picture[a:b], uv[a:b]) for a, b in pairwise(starts.tolist())]


def _shells(geometries: Sequence[Geometry]) -> I64:
    """The shell of each face, numbered through all geometries."""
    before = np.cumsum([0, *(len(geometry.inward) for geometry in geometries)])
    return np.concatenate([geometry.shell + at for geometry, at in zip(geometries, before, strict=False)])


def _flips(geometries: Sequence[Geometry], faces: Polygons, of: tuple[I64, I64], sheets: Bools) -> Bools:
    """(f,) which faces to turn round; `of`: the unit and the shell of each."""
    unit, shell = of
    inward = np.concatenate([geometry.inward for geometry in geometries])
    outward = outward_flips(faces, shell, inward)
    return np.where(sheets[unit], upward_flips(faces), outward)


def _split(
    made: Triangles, faces: Polygons, unit: I64, semantics: U8, counts: I64, *, coat: _Coat | None
) -> list[Meshed]:
    """The triangles of all units, dealt out to each."""
    units = len(counts)
    point_unit = unit[np.concatenate((faces.face_of_point(), made.new_face))]
    corner = weld(made.xyz, point_unit)
    spot = np.zeros(corner.max(initial=-1) + 1, dtype=np.int64)
    spot[corner] = np.arange(len(corner))
    triangles = corner[made.triangles]
    real = (triangles != np.roll(triangles, 1, axis=1)).all(axis=1)
    triangles, face = triangles[real], made.face[real]
    first_corner = np.searchsorted(point_unit[spot], np.arange(units + 1))
    first_triangle = np.searchsorted(unit[face], np.arange(units + 1))
    left = np.bincount(unit, minlength=units) - np.bincount(unit[made.collapsed], minlength=units)
    repaired = np.bincount(unit[made.repaired], minlength=units)
    failed = np.bincount(unit[made.failed], minlength=units)
    stray = np.zeros(units)
    np.maximum.at(stray, unit, flatness(faces))
    xyz = made.xyz[spot].astype(np.float32)
    meaning = semantics[face].astype(np.uint8)
    skins = coat.skins(made.xyz[made.triangles[real]], face, first_triangle) if coat else [None] * units
    result = []
    for at in range(units):
        c, t = slice(*first_corner[at : at + 2]), slice(*first_triangle[at : at + 2])
        own = (triangles[t] - first_corner[at]).astype(np.uint32)
        result.append(
            Meshed(
                xyz[c], own, meaning[t],
                int(counts[at] - left[at]), int(repaired[at]), int(failed[at]), float(stray[at]),
                NO_FAULTS, skins[at],
            )
        )  # fmt: skip
    return result
