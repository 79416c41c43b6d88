"""One GLB of points: positions, linear colours, and what each says of itself as a property attribute."""

from __future__ import annotations

from typing import Any

import numpy as np

from tiles.glb import Packed, packed, padded, positions_accessor, positions_of, to_y_up
from tiles.skin import Binary
from tiles.spec import Gltf
from twin.types import F64, U8, U16

TOLERANCE_M = 0.003
"""How far a point may be moved along an axis."""

CLASS = "point"

_SCHEMA = {
    "id": "quanyu_cloud",
    "classes": {
        CLASS: {
            "name": "Point",
            "properties": {
                "intensity": {"type": "SCALAR", "componentType": "UINT16", "required": True},
                "classification": {
                    "type": "SCALAR", "componentType": "UINT8", "required": True, "description": "ASPRS class",
                },
            },
        }
    },
}  # fmt: skip

_SAYS = np.dtype({"names": ["intensity", "classification"], "formats": ["<u2", "u1"], "offsets": [0, 4], "itemsize": 8})
"""Attributes start on multiples of four bytes."""

_ARRAY_BUFFER, _UNSIGNED_BYTE, _UNSIGNED_SHORT = 34962, 5121, 5123


def pack_points(xyz: F64, colours: U16, intensity: U16, classification: U8) -> Packed:
    """(n, 3) metres east, north, up; (n, 3) linear colours; (n,) what they say."""
    positions = positions_of(to_y_up(xyz), TOLERANCE_M)
    binary = Binary()
    said = np.zeros(len(xyz), _SAYS)
    said["intensity"], said["classification"] = intensity, classification
    accessors = [positions_accessor(binary, positions)]
    view = binary.add(padded(colours.astype("<u2"), 4).tobytes(), byteStride=8, target=_ARRAY_BUFFER)
    accessors.append(_accessor(view, _UNSIGNED_SHORT, len(xyz), type="VEC3", normalized=True))
    view = binary.add(said.tobytes(), byteStride=8, target=_ARRAY_BUFFER)
    accessors.append(_accessor(view, _UNSIGNED_SHORT, len(xyz)))
    accessors.append(_accessor(view, _UNSIGNED_BYTE, len(xyz), byteOffset=4))
    document = _document(accessors)
    document["nodes"] = [positions.node()]
    if positions.quantised:
        document["extensionsUsed"].append("KHR_mesh_quantization")
        document["extensionsRequired"] = ["KHR_mesh_quantization"]
    return packed(document, binary, positions)


def _accessor(view: int, component: int, count: int, **more: Any) -> dict[str, Any]:
    return {"bufferView": view, "componentType": component, "count": count, "type": "SCALAR"} | more


def _document(accessors: list[dict[str, Any]]) -> Gltf:
    attributes = {"POSITION": 0, "COLOR_0": 1, "_INTENSITY": 2, "_CLASSIFICATION": 3}
    primitive = {
        "attributes": attributes,
        "material": 0,
        "mode": 0,
        "extensions": {"EXT_structural_metadata": {"propertyAttributes": [0]}},
    }
    properties = {
        "intensity": {"attribute": "_INTENSITY"},
        "classification": {"attribute": "_CLASSIFICATION"},
    }
    return {
        "asset": {"version": "2.0", "generator": "Quanyu"},
        "extensionsUsed": ["EXT_structural_metadata", "KHR_materials_unlit"],
        "scene": 0,
        "scenes": [{"nodes": [0]}],
        "meshes": [{"primitives": [primitive]}],
        "materials": [{"extensions": {"KHR_materials_unlit": {}}}],
        "accessors": accessors,
        "extensions": {
            "EXT_structural_metadata": {
                "schema": _SCHEMA,
                "propertyAttributes": [{"class": CLASS, "properties": properties}],
            }
        },
    }
