"""The tree as tileset documents: boxes that truly contain, errors that never grow downwards, no huge JSON.

A document is what an open page does not read again, so it should not change with every edit. Boxes have head-room, and
a box or an error that was given once stays as long as it is right (`Given`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
import orjson

from tiles.ledger import Drawn, Piece
from tiles.spec import Extras, Tile, Tileset
from tiles.tree import Node
from twin.types import F64

MOST_TILES = 512
"""Tiles in one document; what goes beyond becomes external tilesets."""

SIDE_ROOM_M = 1.0
TOP_ROOM = 0.25
"""Head-room of a box: metres around and below, share of its height (at least 3 m) above. A building may grow a
little without its box having to grow, which an open page would not notice."""

MOST_SLACK = 1.5
"""A box or an error that was given before is given again while it is at most so many times what is needed."""

ROOT_DOCUMENT = "tileset.json"


@dataclass(frozen=True, slots=True)
class Given:
    """What a document says of a tile: the corners of its box in the layer's frame, and its geometric error."""

    low: F64
    high: F64
    error: float

    def holds(self, piece: Piece) -> bool:
        """Whether a content lies inside the box."""
        return bool((np.array(piece.low) >= self.low).all() and (np.array(piece.high) <= self.high).all())


@dataclass(slots=True, eq=False)
class Leafing:
    """A tile that is to be written down. Metres in the layer's frame: east, north, up.

    name        of its content, and of its document where it stands in one of its own
    holder      it has no content and only holds others together
    low, high   (3,) what its own content encloses, afterwards its box
    largest     the largest diagonal among the features that it draws itself, afterwards among those below too
    error       the largest diagonal that is not seen while the children are not drawn; where these replace it: how
                much finer they are
    replaced    its children draw the same features and take its place
    """

    name: str
    low: F64
    high: F64
    largest: float
    children: list[Leafing] = field(default_factory=list)
    error: float = 0.0
    replaced: bool = False
    holder: bool = False
    tiles: int = 1  # in the document that it stands in
    external: bool = False


def tile_names(node: str, drawn: Drawn) -> list[str]:
    """The names of a node's tiles, without their suffix."""
    return [tile_name(node, number) for number in range(len(drawn.pieces))]


def tile_name(node: str, number: int) -> str:
    """The name of one of a node's tiles, without its suffix."""
    return f"{node}+{number}" if number else node


def leafings(root: Node, drawn: Mapping[str, Drawn]) -> Leafing | None:
    """The tree of tiles: a node that draws nothing hands its children up. None where nothing is drawn at all."""
    tops = _leafings(root, drawn)
    if not tops:
        return None
    first, *rest = tops
    first.children += rest  # what comes up is never replaced
    return first


def _leafings(node: Node, drawn: Mapping[str, Drawn]) -> list[Leafing]:
    below = [tile for child in node.children for tile in _leafings(child, drawn)]
    own = drawn[node.name]
    tiles = _ladders(tile_names(node.name, own), own)
    adding = [tile for tile in tiles if not tile.replaced]
    if not adding:
        return [_holder(f"{node.name}+", tiles + below)] if tiles else below
    first = adding[0]
    first.children = [tile for tile in tiles if tile is not first] + below
    return [first]


def _ladders(names: list[str], own: Drawn) -> list[Leafing]:
    """The tiles of a node; a piece that replaces another is below it."""
    tiles: list[Leafing] = []
    above: Leafing | None = None
    for name, piece in zip(names, own.pieces, strict=True):
        tile = Leafing(name, np.array(piece.low), np.array(piece.high), piece.largest, error=piece.missing)
        if piece.replaces and above is not None:
            above.replaced, above.children = True, [tile]
        else:
            tiles.append(tile)
        above = tile
    return tiles


def _holder(name: str, tiles: list[Leafing]) -> Leafing:
    """A tile without a content: to what is replaced nothing can be added."""
    low = np.min([tile.low for tile in tiles], axis=0)
    return Leafing(name, low, np.max([tile.high for tile in tiles], axis=0), 0.0, tiles, holder=True)


def with_head_room(low: F64, high: F64) -> tuple[F64, F64]:
    """(3,) corners of a content to those of its box, on whole centimetres."""
    top = max(3.0, TOP_ROOM * float(high[2] - low[2]))
    lower = low - SIDE_ROOM_M
    upper = high + np.array([SIDE_ROOM_M, SIDE_ROOM_M, top])
    return np.floor(lower * 100) / 100, np.ceil(upper * 100) / 100


def settle(node: Leafing, given: Mapping[str, Given]) -> None:
    """Give a tile and all below their boxes, errors and documents, from the leaves up."""
    before = given.get(node.name)
    tight_low, tight_high = node.low, node.high
    node.low, node.high = with_head_room(node.low, node.high)
    for child in node.children:
        settle(child, given)
        node.low, node.high = np.minimum(node.low, child.low), np.maximum(node.high, child.high)
        tight_low, tight_high = np.minimum(tight_low, child.low), np.maximum(tight_high, child.high)
        node.error = max(node.error, child.error, 0.0 if node.replaced else child.largest)
        node.largest = max(node.largest, child.largest)
    if before is not None:
        _keep(node, before, tight_low, tight_high)
    node.tiles = 1 + sum(child.tiles for child in node.children)
    for child in sorted(node.children, key=lambda child: -child.tiles):
        if node.tiles <= MOST_TILES:
            break
        child.external = True
        node.tiles -= child.tiles - 1


def _keep(node: Leafing, before: Given, low: F64, high: F64) -> None:
    """What was said before stays, where it is still true and not far too much."""
    contains = (low >= before.low).all() and (high <= before.high).all()
    if contains and (before.high - before.low <= MOST_SLACK * (node.high - node.low)).all():
        node.low, node.high = before.low, before.high
    if node.children and node.error <= before.error <= MOST_SLACK * node.error:
        node.error = before.error


def box(low: F64, high: F64) -> list[float]:
    """Two opposite corners as the twelve numbers of a box."""
    centre, half = (low + high) / 2, (high - low) / 2
    axes = np.diag(half)
    return [round(float(number), 3) for number in (*centre, *axes.ravel())]


def documents(root: Leafing, transform: F64, extras: Extras) -> dict[str, bytes]:
    """All documents of a settled tree by name, the root's `tileset.json` among them. `transform` is (4, 4).

    Without the tileset the whole place is missing: its diagonal is the error of the root document, so the largest show
    from any distance from which the place can be made out.
    """
    written: dict[str, bytes] = {}
    whole = max(root.largest, root.error, float(np.linalg.norm(root.high - root.low)))
    tile = _tile(root, written)
    tile.setdefault("refine", "ADD")
    tile["transform"] = [float(number) for number in transform.T.ravel()]
    tileset: Tileset = {
        "asset": {"version": "1.1", "generator": "Quanyu"},
        "geometricError": _error(whole),
        "root": tile,
        "extras": extras,
    }
    written[ROOT_DOCUMENT] = orjson.dumps(tileset)
    return written


def _tile(node: Leafing, written: dict[str, bytes]) -> Tile:
    """A tile and what is below it; an external one is written down and its stub given."""
    if node.external:
        node.external = False
        root = _tile(node, written)
        root.setdefault("refine", "ADD")
        missing = _error(max(node.largest, node.error))
        outside: Tileset = {"asset": {"version": "1.1"}, "geometricError": missing, "root": root}
        written[f"{node.name}.json"] = orjson.dumps(outside)
        stub: Tile = {"boundingVolume": root["boundingVolume"], "geometricError": missing}
        return stub | {"content": {"uri": f"{node.name}.json"}}
    tile: Tile = {
        "boundingVolume": {"box": box(node.low, node.high)},
        "geometricError": _error(node.error),
    }
    if not node.holder:
        tile["content"] = {"uri": f"{node.name}.glb"}
    if node.replaced:
        tile["refine"] = "REPLACE"
    if node.children:
        tile["children"] = [_tile(child, written) for child in node.children]
    return tile


def _error(metres: float) -> float:
    return round(metres, 2)


def read_given(texts: Mapping[str, bytes]) -> dict[str, Given]:
    """What some documents say of their tiles, by the tiles' names."""
    found: dict[str, Given] = {}
    for text in texts.values():
        tileset: Tileset = orjson.loads(text)
        for tile in _each(tileset["root"]):
            name, _, suffix = tile.get("content", {"uri": ""})["uri"].rpartition(".")
            if suffix == "glb":
                numbers = np.array(tile["boundingVolume"]["box"]).reshape(4, 3)
                half = np.diag(numbers[1:])
                low, high = np.round(numbers[0] - half, 3), np.round(numbers[0] + half, 3)
                found[name] = Given(low, high, tile["geometricError"])
    return found


def _each(tile: Tile) -> Iterator[Tile]:
    waiting = [tile]
    while waiting:
        one = waiting.pop()
        yield one
        waiting += one.get("children", [])
