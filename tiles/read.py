"""GLB content back into arrays, from the specification alone: shares nothing with the writer that it checks."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from tiles.spec import Gltf
from twin.errors import UnreadableSource
from twin.types import F64, I64

_COMPONENTS: dict[int, str] = {5120: "i1", 5121: "u1", 5122: "<i2", 5123: "<u2", 5125: "<u4", 5126: "<f4"}
_WIDTHS = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4}
_NORMALIZED = {"i1": 127.0, "u1": 255.0, "<i2": 32767.0, "<u2": 65535.0}
_COLUMN_TYPES = {
    "FLOAT32": "<f4", "FLOAT64": "<f8", "UINT8": "u1", "UINT16": "<u2", "UINT32": "<u4", "INT32": "<i4",
}  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Decoded:
    """A tile's content as a client sees it.

    document   the glTF
    xyz        (v, 3) metres in the frame of the tile, z up, through the node's transform
    normals    (v, 3) unit vectors, z up
    triangles  (t, 3) positions in xyz
    feature    (v,) feature ids
    part       (v,) classes of surfaces, positions in `twin.entity.SEMANTICS`; all 0 where the content has none
    columns    the property table: column -> n values
    image      the image file that lies on it, if any
    uv         (v, 2) where each vertex is in the image, 0..1 to the right and downwards
    """

    document: Gltf
    xyz: F64
    normals: F64
    triangles: I64
    feature: I64
    part: I64
    columns: dict[str, list[Any]]
    image: bytes | None = None
    uv: F64 | None = None


def decode(glb: bytes) -> Decoded:
    """One GLB of one node, mesh and primitive; `UnreadableSource` where it is not such a file."""
    try:
        return _decode(glb)
    except (struct.error, KeyError, IndexError, ValueError, TypeError) as error:
        raise UnreadableSource("tile content", f"not a GLB as this reader knows it ({error})") from error


def _decode(glb: bytes) -> Decoded:
    document, binary = split(glb)
    primitive = document["meshes"][0]["primitives"][0]
    attributes = primitive["attributes"]
    node = document["nodes"][document["scenes"][document.get("scene", 0)]["nodes"][0]]
    local = accessor(document, binary, attributes["POSITION"]).astype(np.float64)
    placed = local * np.array(node.get("scale", [1.0] * 3)) + np.array(node.get("translation", [0.0] * 3))
    return Decoded(
        document,
        _z_up(placed),
        _z_up(accessor(document, binary, attributes["NORMAL"])),
        accessor(document, binary, primitive["indices"]).astype(np.int64).reshape(-1, 3),
        accessor(document, binary, attributes["_FEATURE_ID_0"]).astype(np.int64),
        _parts(document, binary, attributes, len(local)),
        _table(document, binary, primitive),
        *_image(document, binary, primitive),
    )


def _image(document: Gltf, binary: bytes, primitive: dict[str, Any]) -> tuple[bytes | None, F64 | None]:
    texture = document["materials"][primitive["material"]]["pbrMetallicRoughness"].get("baseColorTexture")
    if texture is None:
        return None, None
    stated = document["textures"][texture["index"]]
    image = document["images"][stated.get("extensions", {}).get("EXT_texture_webp", stated)["source"]]
    uv = accessor(document, binary, primitive["attributes"]["TEXCOORD_0"])
    return view_bytes(document, binary, image["bufferView"]), uv.astype(np.float64)


def _parts(document: Gltf, binary: bytes, attributes: dict[str, int], count: int) -> I64:
    if "_FEATURE_ID_1" not in attributes:
        return np.zeros(count, dtype=np.int64)
    return accessor(document, binary, attributes["_FEATURE_ID_1"]).astype(np.int64)


def split(glb: bytes) -> tuple[Gltf, bytes]:
    """The JSON and the binary chunk."""
    magic, version, length = struct.unpack_from("<4sII", glb)
    if magic != b"glTF" or version != 2 or length != len(glb):
        raise ValueError("wrong header or length")
    json_length, json_type = struct.unpack_from("<I4s", glb, 12)
    start = 20 + json_length
    binary_length, binary_type = struct.unpack_from("<I4s", glb, start)
    if (json_type, binary_type) != (b"JSON", b"BIN\0") or start + 8 + binary_length != len(glb):
        raise ValueError("wrong chunks")
    return orjson.loads(glb[20:start]), glb[start + 8 :]


def view_bytes(document: Gltf, binary: bytes, index: int) -> bytes:
    """The bytes of a buffer view."""
    view = document["bufferViews"][index]
    start = view.get("byteOffset", 0)
    if start + view["byteLength"] > len(binary):
        raise ValueError(f"buffer view {index} ends outside the buffer")
    return binary[start : start + view["byteLength"]]


def accessor(document: Gltf, binary: bytes, index: int) -> NDArray[Any]:
    """(n,) or (n, width) values of an accessor; normalised ones as floats."""
    about = document["accessors"][index]
    dtype, width = np.dtype(_COMPONENTS[about["componentType"]]), _WIDTHS[about["type"]]
    stride = document["bufferViews"][about["bufferView"]].get("byteStride", dtype.itemsize * width)
    data = view_bytes(document, binary, about["bufferView"])[about.get("byteOffset", 0) :]
    if (about["count"] - 1) * stride + width * dtype.itemsize > len(data):
        raise ValueError(f"accessor {index} ends outside its view")
    values: NDArray[Any] = np.ndarray((about["count"], width), dtype, data, strides=(stride, dtype.itemsize))
    if about.get("normalized"):
        values = values / _NORMALIZED[_COMPONENTS[about["componentType"]]]
    return values.ravel() if width == 1 else values


def _z_up(xyz: NDArray[Any]) -> F64:
    """GlTF's y-up back to east, north, up: a quarter turn about x."""
    return np.column_stack((xyz[:, 0], -xyz[:, 2], xyz[:, 1])).astype(np.float64)


def _table(document: Gltf, binary: bytes, primitive: dict[str, Any]) -> dict[str, list[Any]]:
    metadata = document["extensions"]["EXT_structural_metadata"]
    table = metadata["propertyTables"][primitive["extensions"]["EXT_mesh_features"]["featureIds"][0]["propertyTable"]]
    declared = metadata["schema"]["classes"][table["class"]]["properties"]
    columns = {}
    for name, about in declared.items():
        stored = table["properties"].get(name)
        if stored is None:
            columns[name] = [about["default"]] * table["count"]
        elif about["type"] == "STRING":
            columns[name] = _strings(document, binary, stored, table["count"])
        else:
            data = view_bytes(document, binary, stored["values"])
            columns[name] = np.frombuffer(data, _COLUMN_TYPES[about["componentType"]]).tolist()
    return columns


def _strings(document: Gltf, binary: bytes, stored: dict[str, int], count: int) -> list[str]:
    data = view_bytes(document, binary, stored["values"])
    offsets = np.frombuffer(view_bytes(document, binary, stored["stringOffsets"]), "<u4").tolist()
    if len(offsets) != count + 1 or offsets[-1] != len(data):
        raise ValueError("string offsets do not fit the strings")
    return [data[start:end].decode() for start, end in pairwise(offsets)]
