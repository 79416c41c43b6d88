"""GLB files as other programs write them."""

from __future__ import annotations

import struct
from typing import Any

import numpy as np
import orjson


def glb(document: dict[str, Any], binary: bytes = b"") -> bytes:
    text = orjson.dumps(document)
    text += b" " * (-len(text) % 4)
    binary += b"\0" * (-len(binary) % 4)
    chunks = struct.pack("<I4s", len(text), b"JSON") + text + struct.pack("<I4s", len(binary), b"BIN\0") + binary
    return struct.pack("<4sII", b"glTF", 2, 12 + len(chunks)) + chunks


def model(points: list[tuple[float, float, float]] | None = None, **more: Any) -> bytes:
    """Triangles through points of glTF's frame (y up), three for each; a tower of 4 m by 4 m by 30 m without any."""
    if points is None:
        tip, feet = (0.0, 30.0, 0.0), [(-2.0, 0.0, -2.0), (2.0, 0.0, -2.0), (2.0, 0.0, 2.0), (-2.0, 0.0, 2.0)]
        points = [corner for n in range(4) for corner in (feet[n], tip, feet[(n + 1) % 4])]
    xyz = np.array(points, dtype="<f4")
    document = {
        "asset": {"version": "2.0"},
        "scene": 0,
        "scenes": [{"nodes": [0]}],
        "nodes": [{"mesh": 0}],
        "meshes": [{"primitives": [{"attributes": {"POSITION": 0}}]}],
        "accessors": [
            {
                "bufferView": 0, "componentType": 5126, "count": len(xyz), "type": "VEC3",
                "min": xyz.min(axis=0).tolist(), "max": xyz.max(axis=0).tolist(),
            }
        ],
        "bufferViews": [{"buffer": 0, "byteLength": xyz.nbytes, "target": 34962}],
        "buffers": [{"byteLength": xyz.nbytes}],
    }  # fmt: skip
    return glb(document | more, xyz.tobytes())
