"""The surface of some features: extrusions in one batch, meshes one after the other. Arrays in, packed tiles out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from tiles.features import Features
from tiles.glb import Look, Packed, pack
from tiles.solids import Anchor, finest, mesh_surface
from tiles.spec import Schema
from twin.entity import Mesh
from twin.geo.planar import Surface, extrude, join, read_footprints, rings_of
from twin.issues import Issue, Severity
from twin.types import I64

Meshes = Callable[[Sequence[str]], Iterator[tuple[str, dict[str, Mesh]]]]
"""Gives the meshes of some ids, in any order, a few at a time."""

MOST_VERTICES = 400_000
"""Vertices after which a tile's meshes go on in a further tile: about 8 MB, so memory stays bounded."""


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """What all tiles of a layer share."""

    anchor: Anchor
    schema: Schema
    look: Look


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """One packed content. `rows` are the features in it, in the order of its table."""

    packed: Packed
    rows: I64


def pieces(features: Features, frame: Frame, meshes: Meshes | None, issues: list[Issue]) -> Iterator[Piece]:
    """The content of a tile: usually one piece; more where meshes are large. Rows are positions in `features`.

    What cannot be drawn is named in `issues` and is in no piece.
    """
    solid = features.has_mesh if meshes is not None else np.zeros(len(features), dtype=bool)
    pending: list[Surface] = []
    flat = np.flatnonzero(~solid)
    if len(flat):
        pending.append(_extrusions(features, flat, frame.anchor, issues))
    if meshes is not None and solid.any():
        for surface in _solids(features, np.flatnonzero(solid), frame.anchor, meshes, issues):
            pending.append(surface)
            if sum(len(part.xyz) for part in pending) > MOST_VERTICES:
                yield _piece(join(pending), features, frame)
                pending = []
    if any(len(part.xyz) for part in pending):
        yield _piece(join(pending), features, frame)


def _piece(surface: Surface, features: Features, frame: Frame) -> Piece:
    """Number the features that have something to draw from 0 and pack them."""
    rows, owner = np.unique(surface.owner, return_inverse=True)
    numbered = Surface(surface.xyz, surface.normals, surface.triangles, owner)
    return Piece(pack(numbered, features.table.take(rows), frame.schema, frame.look), rows)


def _extrusions(features: Features, rows: I64, anchor: Anchor, issues: list[Issue]) -> Surface:
    shapes, repaired = read_footprints(features.footprint[rows])
    for row in rows[repaired]:
        lost = shapes[np.searchsorted(rows, row)] is None
        issues.append(
            Issue(
                "geometry.self-intersection",
                str(features.table.ids[row]),
                "its footprint encloses no area and is not drawn" if lost else "its footprint was repaired to be drawn",
                Severity.REJECTED if lost else Severity.REPAIRED,
            )
        )
    surface = extrude(rings_of(shapes), features.base_m[rows], features.height_m[rows], anchor)
    return Surface(surface.xyz, surface.normals, surface.triangles, rows[surface.owner])


def _solids(features: Features, rows: I64, anchor: Anchor, meshes: Meshes, issues: list[Issue]) -> Iterator[Surface]:
    row_of = {str(features.table.ids[row]): int(row) for row in rows}
    for entity, levels in meshes(list(row_of)):
        mesh = finest(levels)
        surface = mesh_surface(mesh, row_of[entity], anchor) if mesh else None
        if surface is not None and len(surface.xyz):
            yield surface
        else:
            issues.append(Issue("geometry.empty", entity, "its mesh has no triangle with an area and is not drawn"))
