"""The surface of some features: extrusions in one batch, meshes one after the other. Arrays in, packed tiles out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import shapely

from tiles.atlas import JPEG, TEXELS, atlas_of
from tiles.features import Features
from tiles.glb import Look, Packed, pack
from tiles.ladder import Ladder, ladder_of, missing_of, with_blocks
from tiles.solids import MOST_TRIANGLES, Album, Anchor, too_large
from tiles.spec import Schema
from twin.entity import Mesh
from twin.geo.planar import Surface, extrude, join, read_footprints, rings_of
from twin.geo.roof_forms import FLAT, Roofs
from twin.geo.roofs import roofed
from twin.geo.thinning import thinned
from twin.issues import Issue, Severity
from twin.types import I64, Objects

MOST_CORNERS = MOST_TRIANGLES // 3
"""Of a footprint: two triangles of wall for each, and about one of roof."""

Meshes = Callable[[Sequence[str]], Iterator[tuple[str, dict[str, Mesh]]]]
"""Gives the meshes of some ids, in any order, a few at a time."""

MOST_VERTICES = 400_000
"""Vertices after which a tile's meshes go on in a further tile: about 8 MB, so memory stays bounded."""


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """What all tiles of a layer share. `texels`: the most that the images of one content may have.

    `images`: the form of their files, one of `tiles.atlas.FORMS`.
    """

    anchor: Anchor
    schema: Schema
    look: Look
    texels: int = TEXELS
    images: str = JPEG


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """One packed content. `rows` are the features in it, in the order of its table.

    replaces  it draws the features of the piece before it, finer, and takes that one's place
    missing   metres that are amiss while it is not replaced by the piece after it; 0: none replaces it
    """

    packed: Packed
    rows: I64
    replaces: bool = False
    missing: float = 0.0


def pieces(features: Features, frame: Frame, meshes: Meshes | None, issues: list[Issue]) -> Iterator[Piece]:
    """The content of a tile: usually one piece; more where meshes are large or have several levels of detail.

    Rows are positions in `features`. What cannot be drawn is named in `issues` and is in no piece. A mesh without area
    leaves the extrusion.
    """
    solid = features.has_mesh if meshes is not None else np.zeros(len(features), dtype=bool)
    flat = set(np.flatnonzero(~solid).tolist())
    pending: list[Ladder] = []
    making, vertices = Making(frame, {}, issues), 0
    if meshes is not None and solid.any():
        for ladder in _ladders(features, np.flatnonzero(solid), meshes, making):
            if not ladder.rungs:
                flat |= _without_mesh(features, ladder.row, issues)
                continue
            pending.append(ladder)
            vertices += ladder.vertices
            if vertices > MOST_VERTICES:
                yield from _climb(pending, [], features, making)
                pending, vertices = [], 0
    surfaces = []
    if flat:
        surfaces = [extrusions(features, np.array(sorted(flat), dtype=np.int64), frame.anchor, issues)]
    yield from _climb(pending, surfaces, features, making)


def single_piece(features: Features, frame: Frame, meshes: Meshes | None, issues: list[Issue]) -> Piece | None:
    """The content of a tile that has one only, however large: everything in its finest level of detail.

    None where nothing can be drawn; rows and issues are as `pieces` has them.
    """
    solid = features.has_mesh if meshes is not None else np.zeros(len(features), dtype=bool)
    flat = set(np.flatnonzero(~solid).tolist())
    making, surfaces = Making(frame, {}, issues), []
    if meshes is not None and solid.any():
        for ladder in _ladders(features, np.flatnonzero(solid), meshes, making):
            if ladder.rungs:
                surfaces.append(ladder.rungs[-1].surface)
            else:
                flat |= _without_mesh(features, ladder.row, issues)
    if flat:
        surfaces.append(extrusions(features, np.array(sorted(flat), dtype=np.int64), frame.anchor, issues))
    seen = [surface for surface in surfaces if len(surface.triangles)]
    return _piece(join(seen), features, making) if seen else None


@dataclass(frozen=True, slots=True)
class Making:
    """What the pieces of a node are made with: the layer's frame, the node's images, and the faults that it has."""

    frame: Frame
    album: Album
    issues: list[Issue]


def _climb(ladders: list[Ladder], surfaces: list[Surface], features: Features, making: Making) -> Iterator[Piece]:
    """What has one model, and other surfaces, in one piece; what has more in a row of pieces, each for the one before.

    One row for those of two models, one for those of three, and so on: in each of its pieces are the same features.
    """
    sizes = features.sizes()
    rows: dict[int, list[Ladder]] = {}
    for ladder in with_blocks(ladders, features.footprint, making.frame.anchor):
        rows.setdefault(len(ladder.rungs), []).append(ladder)
    plain = [ladder.rungs[0].surface for ladder in rows.pop(1, [])] + surfaces
    if any(len(part.xyz) for part in plain):
        yield _piece(join(plain), features, making)
    for count, alike in sorted(rows.items()):
        for rung in range(count):
            piece = _piece(join([ladder.rungs[rung].surface for ladder in alike]), features, making)
            yield replace(piece, replaces=rung > 0, missing=missing_of(alike, rung, sizes))


def _without_mesh(features: Features, row: int, issues: list[Issue]) -> set[int]:
    """A mesh that has nothing to draw: named, and extruded where there is a footprint."""
    extruded = features.footprint[row] is not None
    message = "it has no mesh of which a triangle has an area; " + ("it is extruded" if extruded else "it is not drawn")
    severity = Severity.REPAIRED if extruded else Severity.REJECTED
    issues.append(Issue("geometry.empty", str(features.table.ids[row]), message, severity))
    return {row} if extruded else set()


def _piece(surface: Surface, features: Features, making: Making) -> Piece:
    """Number the features that have something to draw from 0 and pack them."""
    rows, owner = np.unique(surface.owner, return_inverse=True)
    table = features.table.take(rows)
    frame = making.frame
    atlas = atlas_of(surface, making.album, frame.texels, frame.look.colour, frame.images)
    for row, image, why in atlas.faults if atlas else ():
        message = f"image {image} cannot be shown: {why}"
        making.issues.append(Issue("texture.unreadable", str(features.table.ids[row]), message, Severity.NOTE))
    return Piece(pack(replace(surface, owner=owner), table, frame.schema, frame.look, atlas), rows)


def extrusions(features: Features, rows: I64, anchor: Anchor, issues: list[Issue]) -> Surface:
    """The surface of the features in some rows, who own it by these, none by a mesh; faults go to `issues`."""
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
    _thin_out(features, rows, shapes, issues)
    parts = [] if features.roofs is None else _roofed(features, features.roofs, (rows, shapes), anchor, issues)
    surface = extrude(rings_of(shapes), features.base_m[rows], features.height_m[rows], anchor)
    return join([replace(surface, owner=rows[surface.owner]), *parts])


def _thin_out(features: Features, rows: I64, shapes: Objects, issues: list[Issue]) -> None:
    """Outlines that would make more triangles than a feature may have get fewer corners, in place; or are not drawn."""
    corners = shapely.get_num_coordinates(shapes)
    for at in np.flatnonzero(corners > MOST_CORNERS):
        found = thinned(shapes[at], MOST_CORNERS)
        shapes[at], tolerance = found if found is not None else (None, 0.0)
        done = "it is not drawn" if found is None else f"it is drawn to {tolerance:g} m"
        message = f"its footprint has {corners[at]:,} corners, more than {MOST_CORNERS:,}: {done}"
        severity = Severity.REJECTED if found is None else Severity.REPAIRED
        issues.append(Issue("geometry.too-large", str(features.table.ids[rows[at]]), message, severity))


def _roofed(
    features: Features, roofs: Roofs, wanted: tuple[I64, Objects], anchor: Anchor, issues: list[Issue]
) -> list[Surface]:
    """Surfaces of what has a roof of a form; their shapes become None, so that nobody extrudes them as well.

    wanted   (n,) rows of features, ascending, and their shapes, some of them None
    """
    rows, shapes = wanted
    at = np.flatnonzero((roofs.form[rows] != FLAT) & ~shapely.is_missing(shapes))
    if not len(at):
        return []
    chosen = rows[at]
    base, height = features.base_m[chosen], features.height_m[chosen]
    surface, refused = roofed(shapes[at], roofs.take(chosen), base, height, anchor)
    for one, why in refused.items():
        message = f"its roof is drawn flat: {why}"
        issues.append(Issue("geometry.roof", str(features.table.ids[chosen[one]]), message, Severity.NOTE))
    built = np.ones(len(at), dtype=bool)
    built[list(refused)] = False
    shapes[at[built]] = None
    return [replace(surface, owner=chosen[surface.owner])]


def _ladders(features: Features, rows: I64, meshes: Meshes, making: Making) -> Iterator[Ladder]:
    """The models of each feature, one feature's meshes at a time in memory; none for those that have none after all."""
    row_of = {str(features.table.ids[row]): int(row) for row in rows}
    for entity, levels in meshes(list(row_of)):
        row = row_of.pop(entity)
        for level, count in too_large(levels).items():
            message = f"its LoD{level} has {count:,} triangles, more than {MOST_TRIANGLES:,}: what is coarser is drawn"
            making.issues.append(Issue("geometry.too-large", entity, message, Severity.REPAIRED))
        yield ladder_of(levels, row, making.frame.anchor, making.album)
    yield from (Ladder(row, ()) for row in row_of.values())
