"""Contents that are none of our tiles: models of somebody else's, and points. Where they are, and what is wrong."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Any

import numpy as np
import orjson

from tiles.read import accessor, split
from tiles.spec import Gltf
from twin.errors import UnreadableSource
from twin.types import F64

PACKED = frozenset({"KHR_draco_mesh_compression", "EXT_meshopt_compression", "KHR_meshopt_compression"})
"""Extensions that pack positions: only their stated ends are known without unpacking them."""

UNIT_CORNERS = np.array(np.meshgrid([0.0, 1.0], [0.0, 1.0], [0.0, 1.0])).reshape(3, 8).T
"""(8, 3) corners of the unit cube."""

_BROKEN = (struct.error, KeyError, IndexError, ValueError, TypeError, AttributeError, RecursionError)


def is_plain(glb: bytes) -> bool:
    """Whether a GLB has no table of features: `tiles.read.decode` is not for it."""
    try:
        document, _ = split(glb)
        return "EXT_structural_metadata" not in document.get("extensions", {}) or _points(document)
    except _BROKEN:
        return False


def _points(document: Gltf) -> bool:
    return all(part.get("mode", 4) == 0 for mesh in document["meshes"] for part in mesh["primitives"])


def point_count(glb: bytes) -> int:
    """How many points a GLB that can be read draws; 0 for one of triangles."""
    document, _ = split(glb)
    parts = [part for mesh in document["meshes"] for part in mesh["primitives"] if part.get("mode", 4) == 0]
    return sum(document["accessors"][part["attributes"]["POSITION"]]["count"] for part in parts)


def bounds(glb: bytes) -> tuple[F64, F64]:
    """(3,) lowest and highest coordinates of all that a GLB's scene draws, metres in the tile's frame, z up.

    Raises `UnreadableSource` for what is no GLB, draws nothing, or says something else of its positions than they are.
    """
    try:
        document, binary = split(glb)
        corners = list(_corners(document, binary))
    except orjson.JSONDecodeError as error:
        raise UnreadableSource("model", "its JSON is broken", "Export it again as GLB") from error
    except _BROKEN as error:
        raise UnreadableSource("model", f"it is no whole GLB ({error})", "Export it again as GLB") from error
    if not corners:
        raise UnreadableSource("model", "its scene draws nothing", "Export what can be seen of it")
    ends = np.concatenate(corners)
    if not np.isfinite(ends).all():
        raise UnreadableSource("model", "it has positions that are no numbers", "Repair it, and export it again")
    upright = np.column_stack((ends[:, 0], -ends[:, 2], ends[:, 1]))
    return upright.min(axis=0), upright.max(axis=0)


def _corners(document: Gltf, binary: bytes) -> Iterator[F64]:
    """The positions, or where these are packed the corners of their box, of each primitive in the scene's frame."""
    waiting = [(index, np.eye(4)) for index in _roots(document)]
    seen: set[int] = set()
    while waiting:
        index, above = waiting.pop()
        if index in seen:  # glTF has trees only; what branches and meets again may have more paths than time to walk
            raise ValueError(f"node {index} hangs in a circle, or below two others")
        seen.add(index)
        node = document["nodes"][index]
        matrix = above @ node_matrix(node)
        waiting += [(child, matrix) for child in node.get("children", [])]
        if "mesh" in node:
            for part in document["meshes"][node["mesh"]]["primitives"]:
                points = _positions(document, binary, part)
                yield points @ matrix[:3, :3].T + matrix[:3, 3]


def _roots(document: Gltf) -> list[int]:
    """The nodes that a file's scene begins with; without scenes, those below no other."""
    scenes = document.get("scenes")
    if scenes:
        return list(scenes[document.get("scene", 0)].get("nodes", []))
    nodes = document.get("nodes", [])
    below = {child for node in nodes for child in node.get("children", [])}
    return [index for index in range(len(nodes)) if index not in below]


def _positions(document: Gltf, binary: bytes, part: dict[str, Any]) -> F64:
    about = document["accessors"][part["attributes"]["POSITION"]]
    low, high = np.array(about["min"], dtype=np.float64), np.array(about["max"], dtype=np.float64)
    view = about.get("bufferView")
    packed = view is None or PACKED & {
        *part.get("extensions", {}),
        *document["bufferViews"][view].get("extensions", {}),
    }
    if packed or "sparse" in about:
        return np.asarray(low + UNIT_CORNERS * (high - low))
    points = accessor(document, binary, part["attributes"]["POSITION"]).astype(np.float64)
    if not about.get("normalized") and not np.allclose(points.min(axis=0), low, rtol=1e-4, atol=1e-3):
        raise ValueError("its lowest position is not the one it states")
    return np.asarray(points)


def node_matrix(node: dict[str, Any]) -> F64:
    """(4, 4) from a node's frame to its parent's."""
    if "matrix" in node:
        return np.array(node["matrix"], dtype=np.float64).reshape(4, 4).T
    matrix = np.eye(4)
    x, y, z, w = node.get("rotation", (0.0, 0.0, 0.0, 1.0))
    turn = np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
            [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
            [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
        ]
    )
    matrix[:3, :3] = turn * np.array(node.get("scale", (1.0, 1.0, 1.0)))
    matrix[:3, 3] = node.get("translation", (0.0, 0.0, 0.0))
    return matrix
