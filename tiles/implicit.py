"""A layer with implicit tiling (3D Tiles 1.1): tiles are found by their level, x and y, and no document lists them.

The root is a region, so its cells are of longitude and latitude, and every content lies inside the cell that it is
named for. Of features with several levels of detail the finest is drawn: all tiles of an implicit tree are refined in
one way, by adding. Each subtree says of its tiles how high they reach and what they lack; a reader that does not look
takes the heights of the root, and half the error with each level, which is never less.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import orjson

from tiles.cells import Cell, Extents, plan_cells, region_of
from tiles.content import Frame, Meshes, single_piece
from tiles.features import Features
from tiles.solids import MOST_TRIANGLES, layer_matrix, mesh_extent
from tiles.spec import Extras, Schema, Tile, Tileset
from tiles.subtree import encode_subtree, morton_index, tile_index, tiles_in
from tiles.tileset import ROOT_DOCUMENT
from twin.errors import EmptySource
from twin.geo.crs import metres_per_degree
from twin.issues import Issue
from twin.types import F64

MOST_SUBTREE_LEVELS = 7
"""Levels of a subtree: up to 5,461 tiles, and most cities in one file."""

CONTENT_URI = "{level}/{x}/{y}.glb"
SUBTREE_URI = "subtrees/{level}/{x}/{y}.subtree"

TILE_CLASS = "tile"
_ROOM_M = 1.0  # below and above what stands in a tile


TILE_SCHEMA: Schema = {
    "id": "implicit",
    "classes": {
        TILE_CLASS: {
            "name": "Tile",
            "properties": {
                name: {"type": "SCALAR", "componentType": "FLOAT64", "required": True, "semantic": semantic}
                for name, semantic in (
                    ("lowest", "TILE_MINIMUM_HEIGHT"),
                    ("highest", "TILE_MAXIMUM_HEIGHT"),
                    ("error", "TILE_GEOMETRIC_ERROR"),
                )
            },
        }
    },
}


def implicit_files(
    features: Features, frame: Frame, layer: str, *, meshes: Meshes | None, issues: list[Issue]
) -> Iterator[tuple[str, bytes]]:
    """(path, bytes) of every file of the tileset, contents first and the root document last.

    Rows of `features` are in the order of their numbers; what cannot be drawn is named in `issues`.

    Raises `EmptySource` where nothing can be drawn.
    """
    placed = features.take(np.flatnonzero(features.placed))
    if not len(placed):
        raise EmptySource(f"layer {layer}", "nothing in it has a shape to draw", "Import some first: twin import PATH")
    extents = extents_of(placed, meshes)
    region = region_of(extents.bounds)
    cells = plan_cells(extents, region)
    filled, drawn = set(), 0
    for cell in cells:
        piece = _piece_of(placed, cell, frame, meshes, issues)
        if piece is not None:
            yield _uri(CONTENT_URI, cell.level, cell.x, cell.y), piece[0]
            filled.add((cell.level, cell.x, cell.y))
            drawn += piece[1]
    if not filled:
        raise EmptySource(f"layer {layer}", "no shape in it encloses an area", "See the import's list of faults")
    levels = _subtree_levels(cells)
    yield from _subtrees(cells, filled, levels)
    root = _root(cells, region, frame, levels)
    extras: Extras = {"layer": layer, "columns": list(placed.table.columns), "features": drawn}
    yield ROOT_DOCUMENT, orjson.dumps(_document(root, region, extras))


def _piece_of(
    features: Features, cell: Cell, frame: Frame, meshes: Meshes | None, issues: list[Issue]
) -> tuple[bytes, int] | None:
    """The content of a cell and how many features it draws; None where nothing of it can be drawn."""
    if not len(cell.rows):
        return None
    own = features.take(cell.rows)
    look = replace(frame.look, double_sided=bool(own.has_mesh.any()))
    piece = single_piece(own, replace(frame, look=look), meshes, issues)
    return None if piece is None else (piece.packed.glb, len(piece.rows))


def extents_of(features: Features, meshes: Meshes | None) -> Extents:
    """Where features are drawn; meshes may stand out of their footprints, so each is looked at, one at a time."""
    bounds = features.bounds.copy()
    heights = np.column_stack((features.base_m, features.base_m + features.height_m))
    vertices = np.zeros(len(features), dtype=np.int64)
    solid = {str(features.table.ids[row]): int(row) for row in np.flatnonzero(features.has_mesh)}
    for id_, levels in meshes(list(solid)) if meshes is not None else ():
        row = solid[id_]
        for mesh in levels.values():
            if 0 < len(mesh.triangles) <= MOST_TRIANGLES:
                box, low, tall = mesh_extent(mesh)
                bounds[row, :2] = np.minimum(bounds[row, :2], box[:2])
                bounds[row, 2:] = np.maximum(bounds[row, 2:], box[2:])
                heights[row] = min(heights[row, 0], low), max(heights[row, 1], low + tall)
                vertices[row] = max(vertices[row], 3 * len(mesh.triangles))
    return Extents(bounds, heights, features.sizes(), features.table.numbers, vertices)


def _uri(template: str, level: int, x: int, y: int) -> str:
    return template.format(level=level, x=x, y=y)


def _subtree_levels(cells: list[Cell]) -> int:
    """So many that all subtrees are about equally deep."""
    available = _available(cells)
    return -(-available // -(-available // MOST_SUBTREE_LEVELS))


def _available(cells: list[Cell]) -> int:
    return max(cell.level for cell in cells) + 1


def _root(cells: list[Cell], region: F64, frame: Frame, levels: int) -> Tile:
    low, high = cells[0].low - _ROOM_M, cells[0].high + _ROOM_M
    return {
        "boundingVolume": {"region": [*np.radians(region).tolist(), low, high]},
        "geometricError": _up(max(cell.missing * 2**cell.level for cell in cells)),
        "refine": "ADD",
        "transform": [float(number) for number in layer_matrix(frame.anchor).T.ravel()],
        "content": {"uri": CONTENT_URI},
        "implicitTiling": {
            "subdivisionScheme": "QUADTREE",
            "subtreeLevels": levels,
            "availableLevels": _available(cells),
            "subtrees": {"uri": SUBTREE_URI},
        },
    }


def _document(root: Tile, region: F64, extras: Extras) -> Tileset:
    low, high = root["boundingVolume"]["region"][4:]
    sides = (region[2:] - region[:2]) * np.array(metres_per_degree(float(region[1::2].mean())))
    whole = math.hypot(*sides.tolist(), high - low)
    return {
        "asset": {"version": "1.1", "generator": "Quanyu"},
        "schema": TILE_SCHEMA,
        "geometricError": max(root["geometricError"], _up(whole)),
        "root": root,
        "extras": extras,
    }


def _up(metres: float) -> float:
    """Rounded up to centimetres: an error that is rounded down would hide something."""
    return math.ceil(metres * 100) / 100


Place = tuple[int, int, int]


@dataclass(slots=True, eq=False)
class _Subtree:
    cells: dict[int, Cell]  # by their bits
    below: set[int]  # further subtrees, by their place on the curve


def _subtrees(cells: list[Cell], filled: set[Place], levels: int) -> Iterator[tuple[str, bytes]]:
    found: dict[Place, _Subtree] = {}
    for cell in sorted(cells, key=lambda cell: cell.level):
        depth = cell.level % levels
        top = (cell.level - depth, cell.x >> depth, cell.y >> depth)
        if not depth:
            found[top] = _Subtree({}, set())
            _tell_above(found, top, levels)
        within = (1 << depth) - 1
        found[top].cells[tile_index(depth, cell.x & within, cell.y & within)] = cell
    for top, subtree in found.items():
        yield _uri(SUBTREE_URI, *top), _encoded(subtree, filled, levels)


def _tell_above(found: dict[Place, _Subtree], top: Place, levels: int) -> None:
    level, x, y = top
    if level:
        above = found[level - levels, x >> levels, y >> levels]
        within = (1 << levels) - 1
        above.below.add(morton_index(levels, x & within, y & within))


def _encoded(subtree: _Subtree, filled: set[Place], levels: int) -> bytes:
    tiles, contents = (np.zeros(tiles_in(levels), dtype=bool) for _ in range(2))
    further = np.zeros(4**levels, dtype=bool)
    further[list(subtree.below)] = True
    there = [subtree.cells[bit] for bit in sorted(subtree.cells)]
    tiles[list(subtree.cells)] = True
    contents[[bit for bit, cell in subtree.cells.items() if (cell.level, cell.x, cell.y) in filled]] = True
    columns = {
        "lowest": np.array([cell.low - _ROOM_M for cell in there]),
        "highest": np.array([cell.high + _ROOM_M for cell in there]),
        "error": np.array([_up(cell.missing) for cell in there]),
    }
    return encode_subtree(tiles, contents, further, TILE_CLASS, columns)
