"""Super-blocks between arterial roads, cut into blocks by smaller ones: the bones of the district.

All is drawn as an orthogonal lattice in (u, v), where lines meet exactly, and bent into metres by one smooth map: so
neighbours share every vertex of their common edge, and the blocks are a partition without gap or overlap.
"""

from __future__ import annotations

import heapq
import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely

from twin.synth.draw import stream
from twin.synth.spec import Spec
from twin.types import F64, I64

SUPER_BLOCK_KM2 = 0.24
_STEP = 1 / 12  # of a super-block: how finely lines are drawn before they are bent
_CLASSES = (("expressway", 56.0), ("primary", 42.0), ("secondary", 30.0), ("tertiary", 20.0), ("residential", 14.0))
WIDTHS = dict(_CLASSES)


@dataclass(frozen=True, slots=True)
class Road:
    """A centre line in metres, its class and the width between the fronts of its sidewalks."""

    line: Any
    road_class: str
    width_m: float


@dataclass(frozen=True, slots=True)
class Lattice:
    """Blocks and roads in metres.

    blocks       (n,) shapely polygons, a partition; ordered by super-block, then from south-west
    super_block  (n, 2) column and row of each
    junctions    (k, 2) metres, where arterials cross, and `junction_at` their column and row
    outline      the union of the blocks
    """

    blocks: Any
    super_block: I64
    roads: list[Road]
    junctions: F64
    junction_at: I64
    outline: Any
    bend: Bend


@dataclass(frozen=True, slots=True)
class Bend:
    """The smooth map from (u, v), in super-blocks, to metres."""

    middle: tuple[float, float]
    waves: F64
    turn: float
    scale: float
    shift: tuple[float, float]

    def __call__(self, uv: F64) -> F64:
        """(n, 2) to (n, 2) metres."""
        p = np.asarray(uv, dtype=np.float64) - np.array(self.middle)
        bent = p.copy()
        for amplitude, fu, fv, phase, axis in self.waves:
            bent[:, int(axis)] += amplitude * np.sin(fu * p[:, 0] + fv * p[:, 1] + phase)
        c, s = math.cos(self.turn), math.sin(self.turn)
        return np.asarray(bent @ np.array([[c, s], [-s, c]]) * self.scale + np.array(self.shift), dtype=np.float64)


def draw_lattice(spec: Spec) -> Lattice:
    """The bones for a spec: the area is met exactly, the number of blocks too unless the area is tiny."""
    rng = stream(spec.seed, "lattice")
    count = max(1, round(math.sqrt(spec.area_km2 / SUPER_BLOCK_KM2 * 1.1)))
    edges = [_uneven(rng, count), _uneven(rng, count)]
    kept = _without_corners(rng, count)
    boxes, cuts = _cut(rng, edges, kept, spec.count("grids"))
    lines = _super_lines(rng, edges, kept) + cuts
    bend = _bend(rng, edges, boxes, spec.area_km2)
    faces = _faces([line for line, _ in lines])
    tree = shapely.STRtree(faces)
    centres = shapely.points([((w + e) / 2, (s + n) / 2) for w, s, e, n, _, _ in boxes])
    found = tree.query(centres, predicate="within")
    blocks = shapely.transform(np.array(faces, dtype=object)[found[1][np.argsort(found[0])]], bend)
    roads = [Road(shapely.transform(shapely.segmentize(line, _STEP), bend), c, WIDTHS[c]) for line, c in lines]
    at, junctions = _junctions(edges, kept)
    return Lattice(
        blocks=blocks,
        super_block=np.array([box[4:] for box in boxes], dtype=np.int64),
        roads=roads,
        junctions=bend(junctions),
        junction_at=at,
        outline=shapely.union_all(blocks),
        bend=bend,
    )


def _uneven(rng: np.random.Generator, count: int) -> F64:
    """(count + 1,) positions of lines, about 1 apart."""
    widths = rng.uniform(0.82, 1.18, count)
    return np.concatenate(([0.0], np.cumsum(widths)))


def _without_corners(rng: np.random.Generator, count: int) -> set[tuple[int, int]]:
    """Columns and rows of the super-blocks: a full square, less a bite at each corner of a larger district."""
    kept = {(i, j) for i in range(count) for j in range(count)}
    if count < 5:
        return kept
    for i, j in ((0, 0), (count - 1, 0), (0, count - 1), (count - 1, count - 1)):
        di, dj = (1 if i == 0 else -1), (1 if j == 0 else -1)
        bite = [[(i, j)], [(i, j), (i + di, j)], [(i, j), (i, j + dj)]][int(rng.integers(0, 3))]
        kept -= set(bite)
    return kept


Box = tuple[float, float, float, float, int, int]  # west, south, east, north, column, row
Line = tuple[Any, str]


def _cut(
    rng: np.random.Generator, edges: list[F64], kept: set[tuple[int, int]], wanted: int
) -> tuple[list[Box], list[Line]]:
    """Halve the largest box until there are as many as wanted: boxes, and the lines of the cuts with their class."""
    us, vs = edges
    heap: list[tuple[float, int, int, Box]] = []
    for i, j in sorted(kept):
        box = (float(us[i]), float(vs[j]), float(us[i + 1]), float(vs[j + 1]), i, j)
        heap.append((-(box[2] - box[0]) * (box[3] - box[1]), len(heap), 0, box))
    heapq.heapify(heap)
    cuts: list[Line] = []
    serial = len(heap)
    while len(heap) < wanted:
        _, _, depth, box = heapq.heappop(heap)
        part = float(rng.uniform(0.42, 0.58))
        halves, line = _halve(box, part)
        cuts.append((line, "tertiary" if depth == 0 else "residential"))
        for half in halves:
            serial += 1
            heapq.heappush(heap, (-(half[2] - half[0]) * (half[3] - half[1]), serial, depth + 1, half))
    boxes = sorted((entry[3] for entry in heap), key=lambda box: (box[4], box[5], box[1], box[0]))
    return boxes, cuts


def _halve(box: Box, part: float) -> tuple[tuple[Box, Box], Any]:
    w, s, e, n, i, j = box
    if e - w > n - s:
        at = w + part * (e - w)
        return ((w, s, at, n, i, j), (at, s, e, n, i, j)), shapely.LineString([(at, s), (at, n)])
    at = s + part * (n - s)
    return ((w, s, e, at, i, j), (w, at, e, n, i, j)), shapely.LineString([(w, at), (e, at)])


def _super_lines(rng: np.random.Generator, edges: list[F64], kept: set[tuple[int, int]]) -> list[Line]:
    """The lines between super-blocks, each as long as it borders one."""
    us, vs = edges
    count = len(us) - 1
    lines: list[Line] = []
    for axis in (0, 1):
        first = int(rng.integers(0, 2))
        for k in range(count + 1):
            spans = [m for m in range(count) if any(_at(axis, k - d, m) in kept for d in (0, 1))]
            road_class = "secondary" if (k + first) % 2 else "primary"
            if count >= 5 and k == count // 2 + axis:
                road_class = "expressway"
            for low, high in _runs(spans):
                ends = [_uv(axis, us, vs, k, m) for m in (low, high + 1)]
                lines.append((shapely.LineString(ends), road_class))
    return lines


def _at(axis: int, across: int, along: int) -> tuple[int, int]:
    return (across, along) if axis == 0 else (along, across)


def _uv(axis: int, us: F64, vs: F64, across: int, along: int) -> tuple[float, float]:
    return (float(us[across]), float(vs[along])) if axis == 0 else (float(us[along]), float(vs[across]))


def _runs(numbers: list[int]) -> list[tuple[int, int]]:
    runs: list[tuple[int, int]] = []
    for number in numbers:
        if runs and runs[-1][1] == number - 1:
            runs[-1] = (runs[-1][0], number)
        else:
            runs.append((number, number))
    return runs


def _faces(lines: list[Any]) -> list[Any]:
    """The polygons between the lines, their edges drawn finely and shared vertex by vertex."""
    noded = shapely.segmentize(shapely.union_all(lines), _STEP)
    return list(shapely.get_parts(shapely.polygonize(shapely.get_parts(noded))))


def _bend(rng: np.random.Generator, edges: list[F64], boxes: list[Box], area_km2: float) -> Bend:
    """Waves that bend the lattice, then the scale and shift that make its area exact and its centre the origin."""
    size = float(max(edges[0][-1], edges[1][-1]))
    waves = [
        (rng.uniform(0.028, 0.045) * size / k, *(rng.uniform(0.4, 1.0, 2) * 3.2 * k / size), rng.uniform(0, 6.3), axis)
        for k in (1, 2)
        for axis in (0, 1)
    ]
    middle = (float(edges[0][-1]) / 2, float(edges[1][-1]) / 2)
    raw = Bend(middle, np.array(waves), math.radians(float(rng.uniform(6, 14))), 1.0, (0.0, 0.0))
    rims = [shapely.segmentize(shapely.box(*box[:4]), _STEP) for box in boxes]
    bent = shapely.transform(np.array(rims, dtype=object), raw)
    areas, centres = shapely.area(bent), shapely.get_coordinates(shapely.centroid(bent))
    scale = math.sqrt(area_km2 * 1e6 / float(areas.sum()))
    centre = (areas[:, None] * centres).sum(axis=0) / areas.sum() * scale
    return Bend(middle, raw.waves, raw.turn, scale, (-float(centre[0]), -float(centre[1])))


def _junctions(edges: list[F64], kept: set[tuple[int, int]]) -> tuple[I64, F64]:
    us, vs = edges
    at = [
        (i, j)
        for i in range(len(us))
        for j in range(len(vs))
        if any((i - a, j - b) in kept for a in (0, 1) for b in (0, 1))
    ]
    return np.array(at, dtype=np.int64), np.array([(us[i], vs[j]) for i, j in at])
