"""Levels of detail of features with meshes: which of them are drawn one after the other while a page comes nearer.

A feature climbs from the coarsest of its models to the finest, at most one for each whole level (2.2 stands for 2
where there are both). What has but one model, and a footprint, begins as a block: the footprint up to the mean height
of the model's roofs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from tiles.solids import MOST_TRIANGLES, Album, Anchor, mesh_surface
from twin.entity import SEMANTICS, Mesh, detail_of
from twin.geo.planar import Surface, extrude, read_footprints, rings_of
from twin.types import F64, Objects

BLOCK = 1
"""The level that a block stands for."""

STRAY_M: dict[int, float] = {1: 5.0, 2: 2.0, 3: 0.5}
"""How far a model of a level may be from what there is, metres: CityGML 2.0 (OGC 12-019, table 2)."""

_LEAST_BLOCK_M = 2.0
_LEVEL_TILT = 0.17  # up-component of a normal: roofs of up to 80 degrees look up
_ROOF = SEMANTICS.index("roof")


@dataclass(frozen=True, slots=True, eq=False)
class Rung:
    """One model of a feature. `error`: metres that are amiss while it stands for the next finer one, 0 without one."""

    level: int
    surface: Surface
    error: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Ladder:
    """The models of one feature, the coarsest first; empty where none has an area.

    low_m, roofs_m  of what has one model only: ellipsoidal metres of its lowest point and, on average, of its roofs
    """

    row: int
    rungs: tuple[Rung, ...]
    low_m: float = 0.0
    roofs_m: float = 0.0

    @property
    def vertices(self) -> int:
        """Of all models."""
        return sum(len(rung.surface.xyz) for rung in self.rungs)


def ladder_of(levels: dict[str, Mesh], row: int, anchor: Anchor, album: Album | None = None) -> Ladder:
    """The models of a feature as surfaces around `anchor`, owned by `row`; `album` grows by the images on them."""
    fitting = {name: mesh for name, mesh in levels.items() if 0 < len(mesh.triangles) <= MOST_TRIANGLES}
    best = {detail_of(name)[:1]: name for name in sorted(fitting, key=detail_of)}
    named = [(level[0] if level else 0, fitting[name]) for level, name in best.items()]
    if len(named) > 1:
        named = [(level, mesh) for level, mesh in named if level > 0]  # an outline is no model
    made = [(level, mesh, mesh_surface(mesh, row, anchor, album)) for level, mesh in named]
    made = [one for one in made if len(one[2].xyz)]
    if not made:
        return Ladder(row, ())
    rungs = _rungs([(level, surface) for level, _, surface in made])
    return Ladder(row, rungs, *(roof_heights(made[0][1]) if len(made) == 1 and made[0][0] > BLOCK else ()))


def _rungs(models: Sequence[tuple[int, Surface]]) -> tuple[Rung, ...]:
    """Models, the coarsest first, with what each lacks; never less than a finer one lacks."""
    rungs = [Rung(*models[-1])]
    for (level, coarse), (_, fine) in zip(models[-2::-1], models[:0:-1], strict=True):
        rungs.append(Rung(level, coarse, max(_astray(level, coarse, fine), rungs[-1].error)))
    return tuple(reversed(rungs))


def _astray(level: int, coarse: Surface, fine: Surface) -> float:
    """Metres between the boxes of two models, and at least what is allowed for the coarse one."""
    ends = np.stack([[surface.xyz.min(axis=0), surface.xyz.max(axis=0)] for surface in (coarse, fine)])
    return max(float(np.abs(ends[0] - ends[1]).max()), STRAY_M.get(level, min(STRAY_M.values())))


def roof_heights(mesh: Mesh) -> tuple[float, float]:
    """Ellipsoidal metres of the lowest point of a mesh and, by area on the ground, of what looks up in it."""
    corners = mesh.xyz[mesh.triangles.astype(np.int64)].astype(np.float64)
    a, b, c = corners[:, 0], corners[:, 1], corners[:, 2]
    up = (b[:, 0] - a[:, 0]) * (c[:, 1] - a[:, 1]) - (b[:, 1] - a[:, 1]) * (c[:, 0] - a[:, 0])
    middle = (a[:, 2] + b[:, 2] + c[:, 2]) / 3
    low, high = float(corners[:, :, 2].min()), float(corners[:, :, 2].max())
    roof = mesh.semantics == _ROOF
    if not roof.any():
        size = np.maximum(np.linalg.norm(np.cross(b - a, c - a), axis=1), 1e-12)
        roof = (up > _LEVEL_TILT * size) & (middle > low + _LEAST_BLOCK_M / 2)
    weight = np.abs(up[roof])
    mean = float((middle[roof] * weight).sum() / weight.sum()) if weight.sum() > 0 else high
    return low + mesh.anchor[2], mean + mesh.anchor[2]


def with_blocks(ladders: list[Ladder], footprint: Objects, anchor: Anchor) -> list[Ladder]:
    """Put a block under what has one model that is finer than a block and has more triangles.

    footprint  WKB or None, by row
    """
    lone = [i for i, one in enumerate(ladders) if len(one.rungs) == 1 and one.rungs[0].level > BLOCK]
    lone = [i for i in lone if ladders[i].roofs_m - ladders[i].low_m >= _LEAST_BLOCK_M]
    if not lone:
        return ladders
    shapes, _ = read_footprints(footprint[[ladders[i].row for i in lone]])
    low = np.array([ladders[i].low_m for i in lone])
    height = np.array([ladders[i].roofs_m for i in lone]) - low
    blocks = split(extrude(rings_of(shapes), low, height, anchor), len(lone))
    raised = list(ladders)
    for i, block in zip(lone, blocks, strict=True):
        fine = ladders[i].rungs[0]
        if 0 < len(block.triangles) < len(fine.surface.triangles):
            owned = replace(block, owner=np.full(len(block.xyz), ladders[i].row, dtype=np.int64))
            raised[i] = replace(ladders[i], rungs=_rungs([(BLOCK, owned), (fine.level, fine.surface)]))
    return raised


def split(surface: Surface, count: int) -> list[Surface]:
    """A surface whose owners are 0..count to one of each."""
    order = np.argsort(surface.owner, kind="stable")
    place = np.empty_like(order)
    place[order] = np.arange(len(order))
    vertices = np.searchsorted(surface.owner[order], np.arange(count + 1))
    owner = surface.owner[surface.triangles[:, 0]]
    by_owner = np.argsort(owner, kind="stable")
    faces = np.searchsorted(owner[by_owner], np.arange(count + 1))
    triangles = place[surface.triangles[by_owner]]
    parts = []
    for i in range(count):
        chosen = order[vertices[i] : vertices[i + 1]]
        parts.append(
            Surface(
                surface.xyz[chosen],
                surface.normals[chosen],
                triangles[faces[i] : faces[i + 1]] - vertices[i],
                surface.owner[chosen],
                surface.part[chosen],
            )
        )
    return parts


def missing_of(ladders: Sequence[Ladder], rung: int, sizes: F64) -> float:
    """Metres that are amiss in a tile while this rung of some features is drawn; none misses more than all of itself.

    sizes  diagonals by row
    """
    return max(min(one.rungs[rung].error, float(sizes[one.row])) for one in ladders)
