"""The built tree as tileset documents: boxes that truly contain, errors that never grow downwards, no huge JSON."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import orjson

from tiles.spec import Tile, Tileset
from twin.types import F64

MOST_TILES = 512
"""Tiles in one document; what goes beyond becomes external tilesets."""

SIDE_ROOM_M = 1.0
TOP_ROOM = 0.25
"""Head-room of a box: metres around and below, share of its height (at least 3 m) above. A building may grow a
little without its box having to grow, which an open page would not notice."""


@dataclass(slots=True, eq=False)
class Leafing:
    """A node whose content is written. Metres in the layer's frame: east, north, up.

    low, high   (3,) what its own content encloses, afterwards also what its children enclose
    largest     the largest diagonal among the features that it draws itself, afterwards among those below too
    """

    name: str
    content: str
    low: F64
    high: F64
    largest: float
    children: list[Leafing] = field(default_factory=list)
    missing: float = 0.0  # the largest diagonal that is not seen while the children are not drawn
    tiles: int = 1  # in the document that it stands in
    external: bool = False


def with_head_room(low: F64, high: F64) -> tuple[F64, F64]:
    """(3,) corners of a content to those of its box, on whole centimetres."""
    top = max(3.0, TOP_ROOM * float(high[2] - low[2]))
    lower = low - SIDE_ROOM_M
    upper = high + np.array([SIDE_ROOM_M, SIDE_ROOM_M, top])
    return np.floor(lower * 100) / 100, np.ceil(upper * 100) / 100


def settle(node: Leafing) -> None:
    """Give a node and all below their boxes, errors and documents, from the leaves up."""
    node.low, node.high = with_head_room(node.low, node.high)
    for child in node.children:
        settle(child)
        node.low, node.high = np.minimum(node.low, child.low), np.maximum(node.high, child.high)
        node.missing = max(node.missing, child.largest)
    node.largest = max(node.largest, node.missing)
    node.tiles = 1 + sum(child.tiles for child in node.children)
    for child in sorted(node.children, key=lambda child: -child.tiles):
        if node.tiles <= MOST_TILES:
            break
        child.external = True
        node.tiles -= child.tiles - 1


def box(low: F64, high: F64) -> list[float]:
    """Two opposite corners as the twelve numbers of a box."""
    centre, half = (low + high) / 2, (high - low) / 2
    axes = np.diag(half)
    return [round(float(number), 3) for number in (*centre, *axes.ravel())]


def documents(root: Leafing, transform: F64, prefix: str, put: Callable[[str, bytes], None]) -> Tileset:
    """The root document of a settled tree; the external ones are handed to `put` with their names.

    `prefix` leads from the root document to the folder of everything else. `transform` is (4, 4). Without the layer
    the whole place is missing: its diagonal is the error of the document, so the landmarks show from any distance
    from which the place can be made out.
    """
    whole = max(root.largest, float(np.linalg.norm(root.high - root.low)))
    tile = _tile(root, prefix, put)
    tile["refine"] = "ADD"
    tile["transform"] = [float(number) for number in transform.T.ravel()]
    return {"asset": {"version": "1.1", "generator": "Quanyu"}, "geometricError": _error(whole), "root": tile}


def _tile(node: Leafing, prefix: str, put: Callable[[str, bytes], None]) -> Tile:
    """A tile and what is below it; an external one is written and its stub given."""
    if node.external:
        node.external = False
        root = _tile(node, "", put)
        root["refine"] = "ADD"
        outside: Tileset = {"asset": {"version": "1.1"}, "geometricError": _error(node.largest), "root": root}
        put(f"{node.name}.json", orjson.dumps(outside))
        stub: Tile = {"boundingVolume": root["boundingVolume"], "geometricError": _error(node.largest)}
        return stub | {"content": {"uri": f"{prefix}{node.name}.json"}}
    tile: Tile = {
        "boundingVolume": {"box": box(node.low, node.high)},
        "geometricError": _error(node.missing),
        "content": {"uri": prefix + node.content},
    }
    if node.children:
        tile["children"] = [_tile(child, prefix, put) for child in node.children]
    return tile


def _error(metres: float) -> float:
    return round(metres, 2)
