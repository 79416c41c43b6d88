"""Areas with corners of any number and holes to triangles: ears are cut off (Mapbox's earcut), and the areas compared.

Earcut is quick and takes whatever it is given, at the price of a wrong answer for some rings that touch, and of corners
on a straight line that it passes over. Polygons whose triangles do not make up their area, or do not meet every corner,
are told, for a slower and surer way.
"""

from __future__ import annotations

import numpy as np
from mapbox_earcut import triangulate_float64

from twin.types import F64, I64, Bools

_THIN = 1e-9
"""Height of a triangle, as a share of its longest side, below which it is a line: which way it turns is chance."""

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
    ends = (rings[1:] - np.repeat(rings[polygons[:-1]], np.diff(polygons))).astype(np.uint32)
    for start, end, begin, stop in zip(
        first.tolist(), last.tolist(), polygons[wanted].tolist(), polygons[wanted + 1].tolist(), strict=True
    ):
        cut.append(triangulate_float64(xy[start:end], ends[begin:stop]))
    counts = np.array([len(one) // 3 for one in cut], dtype=np.int64)
    if not counts.sum():
        return np.zeros((0, 3), dtype=np.int64), wanted
    owner = np.repeat(np.arange(len(wanted)), counts)
    triangles = np.concatenate(cut).astype(np.int64).reshape(-1, 3) + first[owner, None]
    good, wrong = _right(xy, triangles, owner, areas(xy, rings, polygons)[wanted], (first, last))
    return good, wanted[wrong]


def _right(xy: F64, triangles: I64, owner: I64, area: F64, spans: tuple[I64, I64]) -> tuple[I64, Bools]:
    """The triangles of polygons that came out right, turned to the left, and (m,) which polygons did not.

    area   (m,) of each polygon
    spans  (m,) where its corners start in `xy`, and (m,) where they end
    """
    doubled = doubled_areas(xy, triangles)
    made = np.bincount(owner, weights=np.abs(doubled), minlength=len(area)) / 2
    wrong: Bools = (np.abs(made - area) > _AMISS * area) | ~_all_used(len(xy), triangles, spans)
    wrong[owner[np.abs(doubled) <= _THIN * _longest(xy, triangles)]] = True
    triangles[doubled < 0] = triangles[doubled < 0][:, ::-1]
    return triangles[~wrong[owner]], wrong


def _all_used(count: int, triangles: I64, spans: tuple[I64, I64]) -> Bools:
    """(m,) whether every corner of a polygon is one of a triangle: a wall that meets none would leave a crack."""
    used = np.zeros(count, dtype=bool)
    used[triangles] = True
    until = np.concatenate(([0], np.cumsum(used)))
    first, last = spans
    return np.asarray(until[last] - until[first] == last - first)


def _longest(xy: F64, triangles: I64) -> F64:
    """(t,) the square of the longest side of each triangle."""
    a, b, c = (xy[triangles[:, i]] for i in range(3))
    squares = [side[:, 0] ** 2 + side[:, 1] ** 2 for side in (b - a, c - b, a - c)]
    return np.asarray(np.maximum(np.maximum(squares[0], squares[1]), squares[2]))


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
