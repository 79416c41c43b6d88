"""Subtree files back into bits and columns, from the specification alone: shares nothing with the writer."""

from __future__ import annotations

import struct
from dataclasses import dataclass

import numpy as np
import orjson

from tiles.spec import Schema
from twin.errors import UnreadableSource
from twin.types import F64, Bools

_SEMANTICS = ("TILE_MINIMUM_HEIGHT", "TILE_MAXIMUM_HEIGHT", "TILE_GEOMETRIC_ERROR")
_TYPES = {"FLOAT32": "<f4", "FLOAT64": "<f8"}


@dataclass(frozen=True, slots=True, eq=False)
class Subtree:
    """What a subtree says.

    tiles, contents  (t,) by level, and within one along the Morton curve
    subtrees         (4 ** levels,) below the last level
    semantics        semantic -> a value for each tile that there is
    faults           what the specification forbids and a reader may survive
    """

    tiles: Bools
    contents: Bools
    subtrees: Bools
    semantics: dict[str, F64]
    faults: tuple[str, ...]


def decode_subtree(data: bytes, levels: int, schema: Schema | None) -> Subtree:
    """A binary subtree of so many levels, its buffer inside; `UnreadableSource` for anything else."""
    try:
        return _Reading(data, levels).subtree(schema)
    except (struct.error, KeyError, IndexError, ValueError, TypeError) as error:
        raise UnreadableSource("subtree", f"not a subtree as this reader knows it ({error})") from error


class _Reading:
    """One file on its way to arrays."""

    def __init__(self, data: bytes, levels: int) -> None:
        magic, version, text, binary = struct.unpack_from("<4sIQQ", data)
        if magic != b"subt" or version != 1 or 24 + text + binary != len(data):
            raise ValueError("wrong header or length")
        self._levels = levels
        self._document = orjson.loads(data[24 : 24 + text])
        self._binary = data[24 + text :]
        self.faults: list[str] = []
        if text % 8 or binary % 8:
            self.faults.append("its JSON or its binary chunk does not end on a multiple of 8")
        if any(view.get("byteOffset", 0) % 8 for view in self._document.get("bufferViews", [])):
            self.faults.append("a buffer view does not start on a multiple of 8")

    def subtree(self, schema: Schema | None) -> Subtree:
        document, count = self._document, (4**self._levels - 1) // 3
        tiles = self._bits("tileAvailability", document["tileAvailability"], count)
        contents = self._bits("contentAvailability", document["contentAvailability"][0], count)
        subtrees = self._bits("childSubtreeAvailability", document["childSubtreeAvailability"], 4**self._levels)
        if not tiles[0]:
            self.faults.append("its first tile is not there")
        if (contents & ~tiles).any():
            self.faults.append("a content is there without its tile")
        above = (np.arange(1, count) - 1) // 4  # along the curve four follow four, level by level
        if (tiles[1:] & ~tiles[above]).any():
            self.faults.append("a tile is there without the one above it")
        if (subtrees & ~np.repeat(tiles[-(4 ** (self._levels - 1)) :], 4)).any():
            self.faults.append("a further subtree is there without the tile above it")
        return Subtree(tiles, contents, subtrees, self._semantics(schema, int(tiles.sum())), tuple(self.faults))

    def _view(self, index: int) -> bytes:
        view = self._document["bufferViews"][index]
        start, length = view.get("byteOffset", 0), view["byteLength"]
        (buffer,) = self._document["buffers"]
        if "uri" in buffer or view["buffer"] != 0 or start + length > min(buffer["byteLength"], len(self._binary)):
            raise ValueError(f"buffer view {index} is not inside the file's own buffer")
        return bytes(self._binary[start : start + length])

    def _bits(self, name: str, said: dict[str, int], count: int) -> Bools:
        if ("constant" in said) == ("bitstream" in said):
            raise ValueError(f"{name} is neither a constant nor bits")
        if "constant" in said:
            if said["constant"] not in (0, 1):
                raise ValueError(f"{name} is a constant of {said['constant']}")
            return np.full(count, bool(said["constant"]))
        stream = np.frombuffer(self._view(said["bitstream"]), dtype=np.uint8)
        if len(stream) != (count + 7) // 8:
            raise ValueError(f"{name} has {len(stream)} bytes for {count} bits")
        bits = np.unpackbits(stream, bitorder="little").astype(bool)
        if bits[count:].any():
            self.faults.append(f"{name} has bits after its last")
        if said.get("availableCount", bits.sum()) != bits.sum():
            self.faults.append(f"{name} counts {said['availableCount']}, its bits {bits.sum()}")
        return np.asarray(bits[:count])

    def _semantics(self, schema: Schema | None, count: int) -> dict[str, F64]:
        """Columns of the tiles' table that have a meaning for their volumes and errors."""
        if "tileMetadata" not in self._document or schema is None:
            return {}
        table = self._document["propertyTables"][self._document["tileMetadata"]]
        if table["count"] != count:
            self.faults.append(f"its tiles' table has {table['count']} rows for {count} tiles")
        found = {}
        for name, about in schema["classes"][table["class"]]["properties"].items():
            if about.get("semantic") in _SEMANTICS and name in table["properties"]:
                view = self._view(table["properties"][name]["values"])
                found[about["semantic"]] = np.frombuffer(view, _TYPES[about["componentType"]]).astype(np.float64)
        short = [name for name, column in found.items() if len(column) != count]
        if short:
            self.faults.append(f"its tiles' table has not a {short[0]} for each of {count} tiles")
        return {} if short else found
