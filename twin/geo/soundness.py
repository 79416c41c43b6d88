"""What is wrong with shells, counted by unit: edges that close nothing, edges of too many faces, points said twice.

The rules are those of val3dity; their numbers stand in the messages. Kernels on packed faces.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twin.geo.mesh import SAME_POINT_M, Polygons
from twin.geo.orient import weld
from twin.types import I64


@dataclass(frozen=True, slots=True, eq=False)
class Edges:
    """(u,) numbers of edges by unit: `open` ones belong to one face only, `crowded` ones to more than two."""

    open: I64
    crowded: I64


def repeated_points(polygons: Polygons, unit: I64, units: int) -> I64:
    """(u,) how often a ring says a point twice in a row; that it ends where it began is no fault.

    unit  (f,) the unit that each face is a part of
    """
    if not len(polygons.xyz):
        return np.zeros(units, dtype=np.int64)
    again = np.linalg.norm(polygons.xyz - polygons.xyz[polygons.next_point()], axis=1) <= SAME_POINT_M
    again[polygons.rings[1:] - 1] = False
    return np.bincount(unit[polygons.face_of_point()[again]], minlength=units)


def edges(polygons: Polygons, shell: I64, unit: I64, units: int) -> Edges:
    """The edges of each unit's shells that do not lie between two faces.

    shell  (f,) number of the shell that each face is a part of: faces of different shells share no edge
    unit   (f,) the unit that each face is a part of
    """
    if not len(polygons.xyz):
        none = np.zeros(units, dtype=np.int64)
        return Edges(none, none)
    face = polygons.face_of_point()
    corner = weld(polygons.xyz, shell[face])
    other = corner[polygons.next_point()]
    real = corner != other
    low, high = np.minimum(corner, other)[real], np.maximum(corner, other)[real]
    _, first, times = np.unique(low * (corner.max() + 1) + high, return_index=True, return_counts=True)
    owner = unit[face[real][first]]
    return Edges(
        np.bincount(owner[times == 1], minlength=units),
        np.bincount(owner[times > 2], minlength=units),
    )
