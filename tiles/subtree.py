"""A subtree of an implicit tileset as its binary file: which tiles, contents and further subtrees there are.

3D Tiles 1.1, "Subtree file format". Bits are in the order of levels and, within one, of the Morton curve, x first.
Whatever is the same for all is a constant; every buffer view starts on a multiple of 8.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import orjson

from twin.types import F64, Bools

_HEAD = struct.Struct("<4sIQQ")


def tiles_in(levels: int) -> int:
    """How many tiles a whole subtree has."""
    return int((4**levels - 1) // 3)


def tile_index(level: int, x: int, y: int) -> int:
    """The bit of a tile; level, x and y count from the subtree's root."""
    return tiles_in(level) + morton_index(level, x, y)


def morton_index(level: int, x: int, y: int) -> int:
    """Where (x, y) is on the curve through all tiles of a level."""
    return sum((x >> bit & 1) << 2 * bit | (y >> bit & 1) << 2 * bit + 1 for bit in range(level))


@dataclass(slots=True)
class _Views:
    """The binary chunk as it grows."""

    data: bytearray = field(default_factory=bytearray)
    views: list[dict[str, int]] = field(default_factory=list)

    def add(self, part: bytes) -> int:
        self.views.append({"buffer": 0, "byteOffset": len(self.data), "byteLength": len(part)})
        self.data += part + bytes(-len(part) % 8)
        return len(self.views) - 1

    def availability(self, bits: Bools) -> dict[str, int]:
        count = int(bits.sum())
        if count in (0, len(bits)):
            return {"constant": int(count > 0)}
        return {"bitstream": self.add(np.packbits(bits, bitorder="little").tobytes()), "availableCount": count}


def encode_subtree(tiles: Bools, contents: Bools, subtrees: Bools, class_id: str, columns: Mapping[str, F64]) -> bytes:
    """The file of one subtree.

    tiles, contents  (t,) which tiles there are, and which have a content
    subtrees         (4 ** levels,) which further subtrees there are, below the last level
    columns          metadata of the tiles that there are, in the order of their bits, as properties of `class_id`
    """
    views = _Views()
    document: dict[str, Any] = {
        "tileAvailability": views.availability(tiles),
        "contentAvailability": [views.availability(contents)],
        "childSubtreeAvailability": views.availability(subtrees),
    }
    properties = {name: {"values": views.add(column.astype("<f8").tobytes())} for name, column in columns.items()}
    document["propertyTables"] = [{"class": class_id, "count": int(tiles.sum()), "properties": properties}]
    document["tileMetadata"] = 0
    document["buffers"] = [{"byteLength": len(views.data)}]
    document["bufferViews"] = views.views
    text = orjson.dumps(document)
    text += b" " * (-len(text) % 8)
    return _HEAD.pack(b"subt", 1, len(text), len(views.data)) + text + views.data
