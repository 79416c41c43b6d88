"""Cutting a triangulated field along its level lines, so that a profile of straight pieces fits it exactly. Kernels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twin.types import F64, I64

SAME_LEVEL = 1e-5
"""Differences of the field below this are none."""


@dataclass(frozen=True, slots=True, eq=False)
class Fields:
    """A field over the footprints of some buildings.

    xy         (v, 2) metres in a plane of each building's own
    level      (v,) 0 to 1, linear over each triangle
    owner      (v,) which building a corner belongs to
    triangles  (t, 3) positions in xy, counter-clockwise
    rim        (r, 2) positions in xy: the edges that walls stand under, the building on their left
    """

    xy: F64
    level: F64
    owner: I64
    triangles: I64
    rim: I64


def cut(fields: Fields, knots: F64) -> Fields:
    """The same field with triangles that no level of `knots` runs through. The rim is found anew."""
    for knot in knots:
        fields = _cut(fields, float(knot))
    return Fields(fields.xy, fields.level, fields.owner, fields.triangles, boundary(fields.triangles))


def boundary(triangles: I64) -> I64:
    """(t, 3) triangles to (r, 2) their edges that no other triangle runs along the other way."""
    edges = triangles[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2)
    count = int(triangles.max(initial=-1)) + 1
    alone = ~np.isin(edges[:, 0] * count + edges[:, 1], edges[:, 1] * count + edges[:, 0])
    return np.asarray(edges[alone])


def _cut(fields: Fields, knot: float) -> Fields:
    away = fields.level - knot
    side = np.where(np.abs(away) < SAME_LEVEL, 0, np.sign(away)).astype(np.int64)
    sides = side[fields.triangles]
    crossed = (sides.max(axis=1) > 0) & (sides.min(axis=1) < 0)
    if not crossed.any():
        return fields
    triangles, sides = _lone_first(fields.triangles[crossed], sides[crossed])
    through = (sides == 0).any(axis=1)  # the line runs through the second corner and cuts the edge before the first
    third, second = triangles[:, [0, 2]], triangles[~through][:, [0, 1]]
    new, number = _split(fields, np.concatenate((third, second)), knot)
    on_third, on_second = number[: len(third)], number[len(third) :]
    a, b, c = triangles.T
    at = np.flatnonzero(~through)
    cut_through = _stack(a, b, on_third, on_third, b, c)[through]
    tip = np.column_stack((a[at], on_second, on_third[at]))
    rest = _stack(on_second, b[at], c[at], on_second, c[at], on_third[at])
    pieces = np.concatenate((cut_through.reshape(-1, 3), tip, rest.reshape(-1, 3)))
    return Fields(
        np.concatenate((fields.xy, new.xy)),
        np.concatenate((fields.level, new.level)),
        np.concatenate((fields.owner, new.owner)),
        np.concatenate((fields.triangles[~crossed], pieces)),
        fields.rim,
    )


def _stack(*columns: I64) -> I64:
    """Six columns to (n, 2, 3): two triangles a row."""
    return np.column_stack(columns).reshape(-1, 2, 3)


def _lone_first(triangles: I64, sides: I64) -> tuple[I64, I64]:
    """Crossed triangles turned so that the first corner is alone on its side of the line; where the line runs through
    a corner, that is the second."""
    through = (sides == 0).any(axis=1)
    # Signs add up to the side that two corners share; the lone corner has the other one.
    lone = np.argmax(sides == -np.sign(sides.sum(axis=1))[:, None], axis=1)
    first = np.where(through, (np.argmax(sides == 0, axis=1) + 2) % 3, lone)
    turn = (first[:, None] + np.arange(3)) % 3
    return np.take_along_axis(triangles, turn, axis=1), np.take_along_axis(sides, turn, axis=1)


def _split(fields: Fields, edges: I64, knot: float) -> tuple[Fields, I64]:
    """New corners where (n, 2) edges meet a level, one for all triangles at that edge; and (n,) their positions."""
    low, high = edges.min(axis=1), edges.max(axis=1)
    key, number = np.unique(low * len(fields.xy) + high, return_inverse=True)
    low, high = key // len(fields.xy), key % len(fields.xy)
    share = (knot - fields.level[low]) / (fields.level[high] - fields.level[low])
    xy = fields.xy[low] + share[:, None] * (fields.xy[high] - fields.xy[low])
    none = np.zeros((0, 3), dtype=np.int64)
    new = Fields(xy, np.full(len(key), knot), fields.owner[low], none, none[:, :2])
    return new, len(fields.xy) + number
