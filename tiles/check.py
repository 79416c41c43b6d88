"""A layer held against the rules that no validator checks: what is drawn, where, how often, and under which id."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import brotli
import numpy as np
import orjson

from tiles.read import Decoded, decode
from tiles.spec import Tile, Tileset
from twin.errors import UnreadableSource
from twin.geo.crs import ecef_to_lonlat
from twin.issues import Issue
from twin.types import F64

RULES: dict[str, str] = {
    "tiles.missing": "A file that the tree names is not there",
    "tiles.unreadable": "A file cannot be read as what it should be",
    "tiles.schema": "A tileset lacks something that 3D Tiles 1.1 asks for",
    "tiles.twin": "A brotli twin does not unpack to its file",
    "tiles.content-outside-box": "Content lies outside the box of its tile",
    "tiles.child-outside-parent": "A child's box lies outside its parent's",
    "tiles.error-grows": "A child's geometric error is above its parent's, or a leaf's is not 0",
    "tiles.not-on-earth": "The root transform does not stand upright on the Earth's surface",
    "tiles.table": "A property table does not fit its features, or is not aligned to 8 bytes",
    "tiles.schema-differs": "Two tiles of a layer declare different columns",
    "tiles.normal": "A triangle faces away from its normals",
    "tiles.feature-count": "The number of features is not the one the layer states",
    "tiles.id-twice": "A feature is in more than one tile",
    "tiles.id-missing": "An entity that should be drawn is in no tile",
    "tiles.id-unknown": "A tile holds an entity that should not be drawn",
}
"""Every rule that `check_layer` may name."""

_ROUNDING_M = 0.002  # boxes and errors are written in millimetres and centimetres
_FROM_SURFACE_M = 12_000.0


@dataclass(slots=True)
class _Walk:
    """What has been seen so far."""

    folder: Path
    issues: list[Issue] = field(default_factory=list)
    ids: Counter[str] = field(default_factory=Counter)
    schema: object = None

    def fault(self, rule: str, path: str, detail: str) -> None:
        self.issues.append(Issue(rule, path, f"{RULES[rule]}: {detail}"))


def check_layer(folder: Path, *, expected: Collection[str] | None = None) -> list[Issue]:
    """Walk a layer from `folder/tileset.json`; `expected` are the ids that must each be drawn exactly once.

    An empty list means that every rule of `RULES` holds.
    """
    walk = _Walk(folder)
    tileset = _read_tileset(walk, folder / "tileset.json")
    if tileset is None:
        return walk.issues
    matrix = np.array(tileset["root"].get("transform", np.eye(4).ravel()), dtype=np.float64).reshape(4, 4).T
    _check_place(walk, matrix)
    _check_tree(walk, tileset, folder / "tileset.json", None)
    _check_ids(walk, tileset, expected)
    return walk.issues


def _read_tileset(walk: _Walk, path: Path) -> Tileset | None:
    name = path.relative_to(walk.folder).as_posix()
    if not path.is_file():
        walk.fault("tiles.missing", name, "no such file")
        return None
    try:
        tileset: Tileset = orjson.loads(path.read_bytes())
    except orjson.JSONDecodeError as error:
        walk.fault("tiles.unreadable", name, str(error))
        return None
    lacks = [key for key in ("asset", "geometricError", "root") if key not in tileset]
    if not lacks and tileset["asset"].get("version") != "1.1":
        lacks = ["asset.version 1.1"]
    if not lacks and tileset["root"].get("refine") not in ("ADD", "REPLACE"):
        lacks = ["root.refine"]
    if lacks:
        walk.fault("tiles.schema", name, ", ".join(lacks))
        return None
    return tileset


def _check_place(walk: _Walk, matrix: F64) -> None:
    """The transform turns and shifts only, and its third axis points away from the Earth's centre."""
    turn, origin = matrix[:3, :3], matrix[:3, 3]
    _, height = ecef_to_lonlat(origin[None])
    upright = np.allclose(turn @ turn.T, np.eye(3), atol=1e-9) and np.linalg.norm(origin) > 0
    if not upright or abs(float(height[0])) > _FROM_SURFACE_M or turn[:, 2] @ origin < 0.99 * np.linalg.norm(origin):
        walk.fault("tiles.not-on-earth", "tileset.json", f"its origin is {np.round(origin, 1).tolist()}")


def _check_tree(walk: _Walk, tileset: Tileset, path: Path, outer: Tile | None) -> None:
    """One document, and through it all that it names. `outer` is the tile whose content the document is."""
    if outer is None and tileset["geometricError"] < tileset["root"]["geometricError"]:
        walk.fault("tiles.error-grows", _name(walk, path), "the root's is above its tileset's")
    waiting: list[tuple[Tile, Tile | None]] = [(tileset["root"], outer)]
    while waiting:
        tile, parent = waiting.pop()
        where = f"{_name(walk, path)} {tile.get('content', {}).get('uri', '')}"
        lacks = [key for key in ("boundingVolume", "geometricError") if key not in tile]
        if lacks or len(tile["boundingVolume"].get("box", [])) != 12:
            walk.fault("tiles.schema", where, ", ".join(lacks) or "a box of twelve numbers")
            continue
        _check_against_parent(walk, tile, parent, where)
        _check_content(walk, tile, path)
        waiting += [(child, tile) for child in tile.get("children", [])]


def _check_against_parent(walk: _Walk, tile: Tile, parent: Tile | None, where: str) -> None:
    is_leaf = "children" not in tile and not tile.get("content", {"uri": ""})["uri"].endswith(".json")
    if is_leaf and tile["geometricError"] != 0:
        walk.fault("tiles.error-grows", where, f"a leaf with {tile['geometricError']} m")
    if parent is None:
        return
    if tile["geometricError"] > parent["geometricError"] + _ROUNDING_M:
        walk.fault("tiles.error-grows", where, f"{tile['geometricError']} m over {parent['geometricError']} m")
    outside = _sticks_out(_corners(tile["boundingVolume"]["box"]), parent["boundingVolume"]["box"])
    if outside > _ROUNDING_M:
        walk.fault("tiles.child-outside-parent", where, f"by {outside:.3f} m")


def _check_content(walk: _Walk, tile: Tile, document: Path) -> None:
    if "content" not in tile:
        return
    path = document.parent / tile["content"]["uri"]
    name = _name(walk, path)
    if not path.is_file():
        walk.fault("tiles.missing", name, "no such file")
        return
    data = path.read_bytes()
    _check_twin(walk, path, data)
    if path.suffix == ".json":
        tileset = _read_tileset(walk, path)
        if tileset is not None:
            _check_tree(walk, tileset, path, tile)
        return
    try:
        decoded = decode(data)
    except UnreadableSource as error:
        walk.fault("tiles.unreadable", name, error.reason)
        return
    outside = _sticks_out(decoded.xyz, tile["boundingVolume"]["box"])
    if outside > _ROUNDING_M:
        walk.fault("tiles.content-outside-box", name, f"by {outside:.3f} m")
    for rule, detail in _table_faults(walk, decoded):
        walk.fault(rule, name, detail)
    facing = _facing_away(decoded)
    if facing:
        walk.fault("tiles.normal", name, f"{facing} of {len(decoded.triangles)}")
    walk.ids.update(decoded.columns["id"])


def _check_twin(walk: _Walk, path: Path, data: bytes) -> None:
    twin = path.with_name(path.name + ".br")
    if twin.is_file():
        try:
            same = brotli.decompress(twin.read_bytes()) == data
        except brotli.error:
            same = False
        if not same:
            walk.fault("tiles.twin", _name(walk, twin), "it differs")


def _table_faults(walk: _Walk, decoded: Decoded) -> Iterator[tuple[str, str]]:
    """Counts agree, every feature is drawn, every view starts on a multiple of eight, every tile has one schema."""
    document = decoded.document
    metadata = document["extensions"]["EXT_structural_metadata"]
    feature_ids = document["meshes"][0]["primitives"][0]["extensions"]["EXT_mesh_features"]["featureIds"][0]
    count = metadata["propertyTables"][0]["count"]
    drawn = np.unique(decoded.feature[decoded.triangles])
    if not feature_ids["featureCount"] == count == len(drawn) or drawn[-1] != count - 1:
        yield "tiles.table", f"{count} rows, {feature_ids['featureCount']} ids, {len(drawn)} features drawn"
    short = [name for name, column in decoded.columns.items() if len(column) != count]
    if short:
        yield "tiles.table", f"columns {', '.join(short)} have not {count} rows"
    if any(view.get("byteOffset", 0) % 8 for view in document["bufferViews"]):
        yield "tiles.table", "a buffer view does not start on a multiple of 8"
    walk.schema = walk.schema or metadata["schema"]
    if metadata["schema"] != walk.schema:
        yield "tiles.schema-differs", "see the first tile's"


def _facing_away(decoded: Decoded) -> int:
    """How many triangles are clockwise seen from the side that their normals point to (slivers apart)."""
    a, b, c = (decoded.xyz[decoded.triangles[:, i]] for i in range(3))
    across = np.cross(b - a, c - a)
    along = (across * decoded.normals[decoded.triangles[:, 0]]).sum(axis=1)
    sizes = np.linalg.norm(across, axis=1)
    longest = np.maximum.reduce([np.linalg.norm(side, axis=1) for side in (b - a, c - b, a - c)])
    thick = sizes > 0.1 * longest  # at least 10 cm wide: rounding cannot turn it over
    return int((along[thick] < 0).sum())


def _check_ids(walk: _Walk, tileset: Tileset, expected: Collection[str] | None) -> None:
    stated = tileset.get("extras", {"features": None})["features"]
    if stated != walk.ids.total():
        walk.fault("tiles.feature-count", "tileset.json", f"{walk.ids.total()} drawn, {stated} stated")
    for id_, times in walk.ids.items():
        if times > 1:
            walk.fault("tiles.id-twice", id_, f"{times} times")
    if expected is not None:
        for id_ in sorted(set(expected) - walk.ids.keys()):
            walk.fault("tiles.id-missing", id_, "not drawn")
        for id_ in sorted(walk.ids.keys() - set(expected)):
            walk.fault("tiles.id-unknown", id_, "drawn")


def _corners(box: list[float]) -> F64:
    """(8, 3) corners of a box of twelve numbers."""
    numbers = np.array(box).reshape(4, 3)
    signs = np.array(np.meshgrid([-1, 1], [-1, 1], [-1, 1])).reshape(3, 8).T
    return np.asarray(numbers[0] + signs @ numbers[1:])


def _sticks_out(points: F64, box: list[float]) -> float:
    """How far the farthest of (n, 3) points is outside a box, metres; 0 where all are inside."""
    numbers = np.array(box).reshape(4, 3)
    half = np.linalg.norm(numbers[1:], axis=1)
    along = (points - numbers[0]) @ (numbers[1:] / half[:, None]).T
    return max(0.0, float((np.abs(along) - half).max()))


def _name(walk: _Walk, path: Path) -> str:
    return path.relative_to(walk.folder).as_posix()
