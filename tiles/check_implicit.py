"""An implicit tileset as the explicit one that it stands for, so that every rule is asked of it tile by tile."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tiles.read_subtree import Subtree, decode_subtree
from tiles.spec import ImplicitTiling, Schema, Tile
from twin.errors import UnreadableSource

Fault = Callable[[str, str, str], None]
"""Notes (rule, path, detail)."""

_ROUNDING_M = 0.002

Place = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Implicit:
    """The root of an implicit tree. `read` gives the bytes of a file, None where there is none, which is noted."""

    root: Tile
    schema: Schema | None
    read: Callable[[str], bytes | None]
    fault: Fault


def lacking(root: Tile) -> str | None:
    """What an implicit root lacks to be expanded here; None: nothing."""
    tiling = root["implicitTiling"]
    if tiling.get("subdivisionScheme") != "QUADTREE" or "region" not in root.get("boundingVolume", {}):
        return "quadtrees over a region are read here, no others"
    if min(tiling.get("subtreeLevels", 0), tiling.get("availableLevels", 0)) < 1:
        return "subtreeLevels and availableLevels of 1 or more"
    templates = (tiling.get("subtrees", {}).get("uri", ""), root.get("content", {}).get("uri", "{level}{x}{y}"))
    if any(part not in template for template in templates for part in ("{level}", "{x}", "{y}")):
        return "templates of {level}, {x} and {y}"
    return None


def expanded(implicit: Implicit) -> Tile | None:
    """The root with every tile below it written out; None where its first subtree has no tile, or cannot be read."""
    top = _subtree(implicit, (0, 0, 0))
    if top is None or not top.tiles[0]:
        return None
    tile = _tiles(implicit, (0, 0, 0), top)
    if "transform" in implicit.root:
        tile["transform"] = implicit.root["transform"]
    if "refine" in implicit.root:
        tile["refine"] = implicit.root["refine"]
    return tile


def _subtree(implicit: Implicit, place: Place) -> Subtree | None:
    tiling = implicit.root["implicitTiling"]
    path = _uri(tiling["subtrees"]["uri"], place)
    data = implicit.read(path)
    if data is None:
        return None
    try:
        subtree = decode_subtree(data, tiling["subtreeLevels"], implicit.schema)
    except UnreadableSource as error:
        implicit.fault("tiles.unreadable", path, error.reason)
        return None
    for detail in subtree.faults:
        implicit.fault("tiles.subtree", path, detail)
    return subtree


def _tiles(implicit: Implicit, top: Place, subtree: Subtree) -> Tile:
    """The first tile of a subtree, and all below it in this and further subtrees."""
    made: dict[int, Tile] = {}
    for rank, (index, place) in enumerate(_places(subtree, top)):
        made[index] = _tile(implicit, place, subtree, index, rank)
        if index and (index - 1) // 4 in made:
            made[(index - 1) // 4].setdefault("children", []).append(made[index])
    levels = implicit.root["implicitTiling"]["subtreeLevels"]
    bottom = (4 ** (levels - 1) - 1) // 3
    for curve in subtree.subtrees.nonzero()[0].tolist():
        x, y = _unfolded(curve)
        place = (top[0] + levels, (top[1] << levels) + x, (top[2] << levels) + y)
        further = _subtree(implicit, place)
        if further is not None and further.tiles[0] and bottom + curve // 4 in made:
            made[bottom + curve // 4].setdefault("children", []).append(_tiles(implicit, place, further))
    if "TILE_GEOMETRIC_ERROR" not in subtree.semantics:
        for tile in made.values():
            if "children" not in tile:
                tile["geometricError"] = 0.0  # what has an error by its level alone lacks nothing as a leaf
    return made[0]


def _places(subtree: Subtree, top: Place) -> Iterator[tuple[int, Place]]:
    """The bit and the place of each tile that there is."""
    for index in subtree.tiles.nonzero()[0].tolist():
        level = (3 * index + 1).bit_length() - 1 >> 1
        x, y = _unfolded(index - (4**level - 1) // 3)
        yield index, (top[0] + level, (top[1] << level) + x, (top[2] << level) + y)


def _unfolded(curve: int) -> tuple[int, int]:
    """A place on the Morton curve as x and y."""
    bits = range(curve.bit_length() // 2 + 1)
    return sum((curve >> 2 * bit & 1) << bit for bit in bits), sum((curve >> 2 * bit + 1 & 1) << bit for bit in bits)


def _tile(implicit: Implicit, place: Place, subtree: Subtree, index: int, rank: int) -> Tile:
    level, x, y = place
    root, said = implicit.root, {name: float(column[rank]) for name, column in subtree.semantics.items()}
    west, south, east, north, low, high = root["boundingVolume"]["region"]
    wide, tall = (east - west) / 2**level, (north - south) / 2**level
    derived = root["geometricError"] / 2**level
    error = said.get("TILE_GEOMETRIC_ERROR", derived)
    path = _uri(root.get("content", {}).get("uri", "{level}/{x}/{y}"), place)
    tiling: ImplicitTiling = root["implicitTiling"]
    if level >= tiling["availableLevels"]:
        implicit.fault("tiles.subtree", path, f"a tile below the last of {tiling['availableLevels']} levels")
    if derived < error - _ROUNDING_M:
        implicit.fault("tiles.implicit-error", path, f"{derived:.2f} m by its level, {error:.2f} m by its subtree")
    heights = [said.get("TILE_MINIMUM_HEIGHT", low), said.get("TILE_MAXIMUM_HEIGHT", high)]
    corner = [west + x * wide, south + y * tall, west + (x + 1) * wide, south + (y + 1) * tall]
    tile: Tile = {"boundingVolume": {"region": corner + heights}, "geometricError": error}
    if subtree.contents[index]:
        tile["content"] = {"uri": path}
    return tile


def _uri(template: str, place: Place) -> str:
    for name, value in zip(("{level}", "{x}", "{y}"), place, strict=True):
        template = template.replace(name, str(value))
    return template
