"""Fields over footprints that roofs are made of: across, from the edges inwards, to the middle. Arrays in, arrays out.

A footprint that a field does not suit is refused with a reason; nothing here guesses what its roof may look like.
"""

from __future__ import annotations

import numpy as np
import shapely
from numba import njit

from twin.geo.planar import Rings, rings_of
from twin.geo.roof_cut import SAME_LEVEL, Fields, boundary
from twin.types import F64, I64, U8, Bools, Objects

FITS, PARTS, HOLES, NOT_OBLONG, NOT_CONVEX, NOT_STAR, NO_FACING, TOO_SMALL, TOO_MANY = range(9)

REASONS: tuple[str, ...] = (
    "",
    "the outline has several parts",
    "the outline has holes",
    "the outline is no near-rectangle",
    "the outline is not convex",
    "the middle of the outline does not see all of its edges",
    "nobody says which way it slopes",
    "the outline is too small or too narrow",
    "the outline has too many corners",
)
"""Why a form is not built on an outline, by the code that `across`, `inward` and `middle` give."""

LEAST_OBLONG = 0.8
"""Share of its smallest enclosing rectangle that a footprint must fill to take a ridge."""

_NARROWEST_M = 0.2
_STRAIGHT = 0.02  # sine of the turn below which a corner does not end an edge
_MOST_CORNERS = 64
_SAME_NODE_M = 1e-3


def across(shapes: Objects, facing: F64, crosswise: Bools, *, ridge: bool) -> tuple[Fields, U8, F64]:
    """Fields that rise from one side of each (n,) footprint, in metres, to the other.

    facing     (n,) degrees that the low side looks to; brought to the nearest side of the enclosing rectangle
    crosswise  (n,) where `facing` is NaN: across the long side instead of along it
    ridge      the form has a ridge: wants a near-rectangle, and no facing

    Returns the fields (owners are positions in `shapes`), (n,) why a footprint was refused, and (n,) metres across.
    """
    why = _refused(shapes)
    box = shapely.oriented_envelope(shapes)
    oblong = shapely.area(shapes) >= LEAST_OBLONG * shapely.area(box)
    if ridge:
        why = np.where((why == FITS) & ~oblong, NOT_OBLONG, why)
    else:
        why = np.where((why == FITS) & np.isnan(facing), NO_FACING, why)
    box_fits = shapely.get_type_id(box) == shapely.GeometryType.POLYGON
    why = np.where((why == FITS) & ~box_fits, TOO_SMALL, why).astype(np.uint8)
    chosen = np.flatnonzero(why == FITS)
    axes, sides = _axes(box[chosen], facing[chosen], crosswise[chosen])
    rings, owner = _rings(shapes, chosen)
    along = np.einsum("ij,ij->i", rings.xy, axes[rings.owner])
    low, high = _ends(along, rings.owner, len(chosen))
    run = np.zeros(len(shapes))
    run[chosen] = high - low
    why[chosen[sides < _NARROWEST_M]] = TOO_SMALL
    level = (along - low[rings.owner]) / np.maximum(high - low, 1e-12)[rings.owner]
    kept = (why[owner] == FITS)[rings.triangles[:, 0]]
    triangles = rings.triangles[kept]
    level = np.where(level < SAME_LEVEL, 0.0, np.where(level > 1 - SAME_LEVEL, 1.0, level))
    return Fields(rings.xy, level, owner, triangles, boundary(triangles)), why, run


def middle(shapes: Objects) -> tuple[Fields, U8, F64]:
    """Fields that rise from the rim of each (n,) footprint, in metres, to its centroid; as `across` returns them.

    The metres are those of the circle of the same area.
    """
    why = _refused(shapes, holes=False)
    chosen = np.flatnonzero(why == FITS)
    rings, owner = _rings(shapes, chosen)
    count = len(rings.xy)
    edges = np.column_stack((np.arange(count), rings.following))
    centre = shapely.get_coordinates(shapely.centroid(shapes[chosen]))
    triangles = np.column_stack((edges, count + rings.owner))
    xy = np.concatenate((rings.xy, centre))
    areas = _areas(xy, triangles)
    total = shapely.area(shapes[chosen])
    length = np.linalg.norm(rings.xy[rings.following] - rings.xy, axis=1)
    behind = (areas <= 1e-9 * total[rings.owner]) & (length > _SAME_NODE_M)
    hidden = np.bincount(rings.owner, behind, len(chosen)) > 0
    why[chosen[hidden]] = NOT_STAR
    kept = ~hidden[rings.owner]
    level = np.concatenate((np.zeros(count), np.ones(len(centre))))
    run = np.sqrt(shapely.area(shapes) / np.pi)
    return Fields(xy, level, np.concatenate((owner, chosen)), triangles[kept], edges[kept]), why, run


def inward(shapes: Objects) -> tuple[Fields, U8, F64]:
    """Fields that rise from the edges of each convex (n,) footprint, in metres, inwards; as `across` returns them.

    The level is the distance from the nearest edge, by that of the innermost point: the straight skeleton.
    """
    why = _refused(shapes, holes=False)
    chosen = np.flatnonzero(why == FITS)
    rings, owner = _rings(shapes, chosen)
    starts = np.searchsorted(rings.owner, np.arange(len(chosen) + 1))
    nodes, levels, node_owner, triangles, found, run_of = _skeletons(rings.xy, starts)
    why[chosen] = found
    run = np.zeros(len(shapes))
    run[chosen] = run_of
    count = len(rings.xy)
    kept = (found == FITS)[rings.owner]
    rim = np.column_stack((np.arange(count), rings.following))[kept]
    xy = np.concatenate((rings.xy, nodes))
    level = np.concatenate((np.zeros(count), levels))
    return Fields(xy, level, np.concatenate((owner, chosen[node_owner])), triangles, rim), why, run


def _refused(shapes: Objects, *, holes: bool = True) -> U8:
    """(n,) why no field of any kind suits a shape."""
    why = np.where(shapely.get_num_geometries(shapes) != 1, PARTS, FITS)
    if not holes:
        outer = shapely.get_geometry(shapes, 0)
        why = np.where((why == FITS) & (shapely.get_num_interior_rings(outer) > 0), HOLES, why)
    return why.astype(np.uint8)


def _rings(shapes: Objects, chosen: I64) -> tuple[Rings, I64]:
    rings = rings_of(shapes[chosen])
    return rings, chosen[rings.owner]


def _axes(boxes: Objects, facing: F64, crosswise: Bools) -> tuple[F64, F64]:
    """(n, 2) unit vectors from the low side to the high one, and (n,) metres of the narrower side."""
    corners = shapely.get_coordinates(boxes).reshape(-1, 5, 2)
    sides = np.stack((corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 1]), axis=1)
    length = np.linalg.norm(sides, axis=2)
    unit = sides / np.maximum(length, 1e-12)[..., None]
    shorter = np.argmin(length, axis=1)
    chosen = np.where(crosswise, 1 - shorter, shorter)
    axis = unit[np.arange(len(unit)), chosen]
    stated = np.isfinite(facing)
    angle = np.radians(np.where(stated, facing, 0.0))
    uphill = -np.column_stack((np.sin(angle), np.cos(angle)))
    likeness = np.einsum("nij,nj->ni", unit, uphill)
    best = np.argmax(np.abs(likeness), axis=1)
    at = np.arange(len(unit))
    nearest = unit[at, best] * np.sign(likeness[at, best])[:, None]
    return np.where(stated[:, None], nearest, axis), length.min(axis=1)


def _ends(values: F64, owner: I64, count: int) -> tuple[F64, F64]:
    low, high = np.full(count, np.inf), np.full(count, -np.inf)
    np.minimum.at(low, owner, values)
    np.maximum.at(high, owner, values)
    return low, high


def _areas(xy: F64, triangles: I64) -> F64:
    a, b, c = (xy[triangles[:, i]] for i in range(3))
    return np.asarray((b[:, 0] - a[:, 0]) * (c[:, 1] - a[:, 1]) - (b[:, 1] - a[:, 1]) * (c[:, 0] - a[:, 0])) / 2


def _skeletons(xy: F64, starts: I64) -> tuple[F64, F64, I64, I64, U8, F64]:
    """(m, 2) inner nodes, their (m,) levels and owners, (t, 3) triangles (nodes are numbered after xy), (n,) refusals
    and (n,) metres from the rim to the innermost node."""
    corners = np.diff(starts)
    room = np.minimum(corners, _MOST_CORNERS)
    nodes = np.zeros((int((2 * room).sum()), 3))
    owner = np.zeros(len(nodes), dtype=np.int64)
    triangles = np.zeros((int((8 * room).sum()), 3), dtype=np.int64)
    found, run = np.zeros(len(corners), dtype=np.uint8), np.zeros(len(corners))
    node_count = triangle_count = 0
    for n, (first, last) in enumerate(zip(starts[:-1].tolist(), starts[1:].tolist(), strict=True)):
        ring = xy[first:last]
        found[n], more, cut = _skeleton(ring, nodes[node_count:], triangles[triangle_count:])
        if found[n] != FITS:
            continue
        made = triangles[triangle_count : triangle_count + cut]
        made += np.where(made < len(ring), first, len(xy) + node_count - len(ring))
        own = slice(node_count, node_count + more)
        run[n] = nodes[own, 2].max()
        nodes[own, 2] /= run[n]
        owner[own] = n
        node_count, triangle_count = node_count + more, triangle_count + cut
    made = triangles[:triangle_count]
    return nodes[:node_count, :2], nodes[:node_count, 2], owner[:node_count], made, found, run


@njit(cache=True, nogil=True)
def _skeleton(ring: F64, nodes: F64, triangles: I64) -> tuple[int, int, int]:
    """Fill in the inner nodes of one ring (x, y, metres from the rim) and its triangles (nodes are numbered after the
    ring's corners). Returns a refusal, and how many there are of either."""
    if len(ring) > _MOST_CORNERS:
        return TOO_MANY, 0, 0
    ends = _edge_ends(ring)
    if len(ends) < 3:
        return NOT_CONVEX, 0, 0
    lines = _lines(ring, ends)
    node_count = triangle_count = 0
    highest = 0.0
    for edge in range(len(ends)):
        face = _face(ring, ends, lines, edge)
        if len(face) < 3:
            return TOO_SMALL, 0, 0
        rim = (ends[(edge + 1) % len(ends)] - ends[edge]) % len(ring) + 1
        numbers = np.empty(rim + len(face), dtype=np.int64)
        for k in range(rim):
            numbers[k] = (ends[edge] + k) % len(ring)
        count = rim
        for k in range(2, len(face)):
            high = lines[edge, 0] * face[k, 0] + lines[edge, 1] * face[k, 1] + lines[edge, 2]
            node = _node(nodes, node_count, face[k], high)
            if node < 0:
                return TOO_MANY, 0, 0
            node_count = max(node_count, node + 1)
            highest = max(highest, high)
            if len(ring) + node != numbers[count - 1]:
                numbers[count] = len(ring) + node
                count += 1
        triangle_count = _fan(numbers[:count], rim, triangles, triangle_count)
        if triangle_count < 0:
            return TOO_MANY, 0, 0
    return (TOO_SMALL if highest < _NARROWEST_M / 2 else FITS), node_count, triangle_count


@njit(cache=True, nogil=True)
def _node(nodes: F64, count: int, xy: F64, high: float) -> int:
    """The number of the node at a place, which may be new; -1 where there is no room for it."""
    for node in range(count):
        if (nodes[node, 0] - xy[0]) ** 2 + (nodes[node, 1] - xy[1]) ** 2 < _SAME_NODE_M**2:
            return node
    if count >= len(nodes):
        return -1
    nodes[count, 0], nodes[count, 1], nodes[count, 2] = xy[0], xy[1], high
    return count


@njit(cache=True, nogil=True)
def _fan(numbers: I64, apex: int, triangles: I64, count: int) -> int:
    """Cut a convex face into triangles from one of its corners, which is in line with no edge that does not touch it.
    How many triangles there are then; -1 where there is no room."""
    for k in range(len(numbers)):
        one, other = numbers[(apex + k) % len(numbers)], numbers[(apex + k + 1) % len(numbers)]
        if numbers[apex] in (one, other):
            continue
        if count >= len(triangles):
            return -1
        triangles[count, 0], triangles[count, 1], triangles[count, 2] = numbers[apex], one, other
        count += 1
    return count


@njit(cache=True, nogil=True)
def _edge_ends(ring: F64) -> I64:
    """Positions of the corners of a ring that turn left clearly; none where one turns right clearly."""
    count = len(ring)
    ends = np.empty(count, dtype=np.int64)
    found = 0
    for i in range(count):
        before, after = ring[i] - ring[i - 1], ring[(i + 1) % count] - ring[i]
        turn = before[0] * after[1] - before[1] * after[0]
        sine = turn / max(np.sqrt((before**2).sum() * (after**2).sum()), 1e-18)
        if sine < -_STRAIGHT or (before[0] * after[0] + before[1] * after[1] < 0 and sine < _STRAIGHT):
            return ends[:0]
        if sine > _STRAIGHT:
            ends[found] = i
            found += 1
    return ends[:found]


@njit(cache=True, nogil=True)
def _lines(ring: F64, ends: I64) -> F64:
    """(k, 3) a, b, c of each edge's line: a x + b y + c metres inside of it."""
    lines = np.empty((len(ends), 3))
    for k in range(len(ends)):
        start, end = ring[ends[k]], ring[ends[(k + 1) % len(ends)]]
        length = np.sqrt(((end - start) ** 2).sum())
        a, b = -(end[1] - start[1]) / length, (end[0] - start[0]) / length
        lines[k] = np.array([a, b, -(a * start[0] + b * start[1])])
    return lines


@njit(cache=True, nogil=True)
def _face(ring: F64, ends: I64, lines: F64, edge: int) -> F64:
    """What of a convex ring is nearest to one of its edges: from the start of that edge round, counter-clockwise."""
    count = len(ends)
    face = np.empty((count, 2))
    for k in range(count):
        face[k] = ring[ends[(edge + k) % count]]
    for other in range(count):
        if other != edge:
            face = _clip(face, lines[other] - lines[edge])
    return face


@njit(cache=True, nogil=True)
def _clip(face: F64, line: F64) -> F64:
    """The part of a convex polygon where a x + b y + c is not negative; its first corner stays the first."""
    made = np.empty((len(face) + 2, 2))
    found = 0
    for i in range(len(face)):
        here, there = face[i], face[(i + 1) % len(face)]
        inside = here[0] * line[0] + here[1] * line[1] + line[2]
        beyond = there[0] * line[0] + there[1] * line[1] + line[2]
        if inside >= -1e-9:
            made[found] = here
            found += 1
        if (inside > 1e-9 and beyond < -1e-9) or (inside < -1e-9 and beyond > 1e-9):
            made[found] = here + (there - here) * (inside / (inside - beyond))
            found += 1
    return made[:found]
