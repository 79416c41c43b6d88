"""The binary chunk of a GLB while it grows, and the image that goes into it."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from tiles.atlas import Atlas
from tiles.spec import Gltf

_ARRAY_BUFFER = 34962
_UNSIGNED_SHORT = 5123
_LINEAR, _LINEAR_MIPMAP_LINEAR, _CLAMP_TO_EDGE = 9729, 9987, 33071
_STEPS = 65_535
_WEBP = "EXT_texture_webp"


@dataclass(slots=True)
class Binary:
    """The binary chunk while it grows; every view starts on a multiple of eight."""

    chunks: list[bytes] = field(default_factory=list)
    views: list[dict[str, int]] = field(default_factory=list)
    size: int = 0

    def add(self, data: bytes, **view: int) -> int:
        """Append a buffer view and give its index."""
        self.views.append({"buffer": 0, "byteOffset": self.size, "byteLength": len(data), **view})
        padding = -len(data) % 8
        self.chunks.append(data + b"\0" * padding)
        self.size += len(data) + padding
        return len(self.views) - 1


def add_atlas(document: Gltf, binary: Binary, atlas: Atlas) -> None:
    """Put an image on the primitive: places in it as unsigned shorts, its material white under it."""
    places = np.rint(atlas.uv * _STEPS).astype("<u2")
    view = binary.add(places.tobytes(), byteStride=4, target=_ARRAY_BUFFER)
    document["accessors"].append(
        {
            "bufferView": view,
            "componentType": _UNSIGNED_SHORT,
            "normalized": True,
            "count": len(places),
            "type": "VEC2",
        }
    )
    webp = atlas.mime == "image/webp"
    if webp:
        for key in ("extensionsUsed", "extensionsRequired"):
            document[key] = [*document.get(key, []), _WEBP]
    primitive = document["meshes"][0]["primitives"][0]
    primitive["attributes"]["TEXCOORD_0"] = len(document["accessors"]) - 1
    document["images"] = [{"bufferView": binary.add(atlas.data), "mimeType": atlas.mime}]
    document["samplers"] = [
        {
            "magFilter": _LINEAR,
            "minFilter": _LINEAR_MIPMAP_LINEAR,
            "wrapS": _CLAMP_TO_EDGE,
            "wrapT": _CLAMP_TO_EDGE,
        }
    ]
    document["textures"] = [
        {"sampler": 0, "extensions": {_WEBP: {"source": 0}}} if webp else {"source": 0, "sampler": 0}
    ]
    material = document["materials"][0]
    material["pbrMetallicRoughness"] |= {"baseColorFactor": [1.0, 1.0, 1.0, 1.0], "baseColorTexture": {"index": 0}}
    if atlas.masked:
        material |= {"alphaMode": "MASK", "alphaCutoff": 0.5}
