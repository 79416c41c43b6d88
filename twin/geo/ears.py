"""Areas with corners of any number and holes to triangles: ears are cut off (Mapbox's earcut), and the areas compared.

Earcut is quick and takes whatever it is given, at the price of a wrong answer for some rings that touch: those whose
triangles do not make up their area are told, for a slower and surer way.
"""

from __future__ import annotations

import numpy as np
from mapbox_earcut import triangulate_float64

from twin.types import F64, I64, Bools

_AMISS = 1e-6
"""Share of an area by which its triangles may differ from it: degrees have about nine digits within a building."""


def cut_ears(xy: F64, rings: I64, polygons: I64, wanted: I64) -> tuple[I64, I64]:
    """(t, 3) positions in `xy`, counter-clockwise, of the `wanted` polygons; and those of them that came out wrong.

    xy        (p, 2) corners of all rings, not closed, outer ones counter-clockwise and holes clockwise
    rings     (r + 1,) where each ring starts in `xy`
    polygons  (n + 1,) where each polygon starts in `rings`; its outer ring first
    wanted    (m,) which polygons
    """
    cut: list[I64] = []
    first, last = rings[polygons[wanted]], rings[polygons[wanted + 1]]
    ends = rings[1:].astype(np.uint32)
    for start, end, begin, stop in zip(
        first.tolist(), last.tolist(), polygons[wanted].tolist(), polygons[wanted + 1].tolist(), strict=True
    ):
        cut.append(triangulate_float64(xy[start:end], ends[begin:stop] - np.uint32(start)))
    counts = np.array([len(one) // 3 for one in cut], dtype=np.int64)
    if not counts.sum():
        return np.zeros((0, 3), dtype=np.int64), wanted
    owner = np.repeat(np.arange(len(wanted)), counts)
    triangles = np.concatenate(cut).astype(np.int64).reshape(-1, 3) + first[owner, None]
    return _right(xy, triangles, owner, areas(xy, rings, polygons)[wanted], wanted)


def _right(xy: F64, triangles: I64, owner: I64, area: F64, wanted: I64) -> tuple[I64, I64]:
    """The triangles of those whose area they make up, turned to the left, and the others of the polygons."""
    doubled = doubled_areas(xy, triangles)
    made = np.bincount(owner, weights=np.abs(doubled), minlength=len(wanted)) / 2
    wrong: Bools = np.abs(made - area) > _AMISS * area
    triangles[doubled < 0] = triangles[doubled < 0][:, ::-1]
    return triangles[(doubled != 0) & ~wrong[owner]], wanted[wrong]


def doubled_areas(xy: F64, triangles: I64) -> F64:
    """(t,) twice the area of each triangle, below 0 for those that turn right."""
    a, b, c = (xy[triangles[:, i]] for i in range(3))
    return np.asarray((b[:, 0] - a[:, 0]) * (c[:, 1] - a[:, 1]) - (b[:, 1] - a[:, 1]) * (c[:, 0] - a[:, 0]))


def areas(xy: F64, rings: I64, polygons: I64) -> F64:
    """(n,) the area of each polygon, its holes taken off: the shoelace formula around a corner of its own."""
    own = np.repeat(rings[polygons[:-1]], np.diff(rings[polygons]))
    around = xy - xy[own]
    following = np.arange(1, len(xy) + 1)
    following[rings[1:] - 1] = rings[:-1]
    after = around[following]
    cross = around[:, 0] * after[:, 1] - around[:, 1] * after[:, 0]
    return np.asarray(np.add.reduceat(cross, rings[polygons[:-1]]) / 2)
