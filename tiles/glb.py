"""One GLB a tile: one mesh, one primitive, feature ids, a property table, positions as uint16. Arrays in, bytes out.

Every vertex has two feature ids: the feature that it belongs to, which the table tells of, and the class of its
surface (`_FEATURE_ID_1`, labelled `surface`: positions in `twin.entity.SEMANTICS`, the same in every tile). Its colour
shades the layer's own by that class, for clients that set no style.

glTF is y-up: east, north, up become x, -z, y. Positions are quantised (KHR_mesh_quantization) where that moves no
corner by more than a centimetre; a tile too wide for that keeps float32 around its own centre, half a millimetre at
10 km. The node's translation and scale put them back.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from tiles.atlas import Atlas
from tiles.metadata import SURFACE_LABEL, Table, string_bytes, table_bytes
from tiles.skin import Binary, add_atlas
from tiles.spec import Gltf, Schema, TableProperty
from twin.entity import SEMANTICS
from twin.errors import InvalidValue
from twin.geo.planar import Surface
from twin.types import F64, U32

TOLERANCE_M = 0.01
"""How far quantisation may move a corner along an axis."""

MOST_FEATURES = 65_535
"""Feature ids in a tile are unsigned shorts."""

SHADES: dict[str, str] = {
    "ground": "#8a8680",
    "roof": "#d4cbc4",
    "window": "#a9bfd6",
    "door": "#c3a88f",
    "closure": "#dadada",
    "installation": "#e4e0da",
}
"""Class of a surface -> what the layer's colour is multiplied with, `#rrggbb`; all others keep it as it is."""

_STEPS = 65_535
_ARRAY_BUFFER, _ELEMENT_ARRAY_BUFFER = 34962, 34963
_BYTE, _UNSIGNED_BYTE, _UNSIGNED_SHORT, _UNSIGNED_INT, _FLOAT = 5120, 5121, 5123, 5125, 5126
_LARGEST_SHORT_INDEX = 65_534  # 65,535 restarts a primitive


@dataclass(frozen=True, slots=True)
class Look:
    """How a layer looks where no style is set. `colour` is `#rrggbb`."""

    colour: str = "#b9c4d0"
    double_sided: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Packed:
    """A tile's content. `low` and `high` are (3,) metres east, north, up: what it encloses once it is decoded."""

    glb: bytes
    low: F64
    high: F64


@dataclass(frozen=True, slots=True, eq=False)
class Positions:
    """Positions in the y-up frame: values * scale + translation, scale 1 for float32; low and high are of `values`."""

    values: NDArray[Any]
    low: NDArray[Any]
    high: NDArray[Any]
    translation: F64
    scale: float

    @property
    def quantised(self) -> bool:
        """Whether they are steps of `scale`; else they are float32."""
        return self.values.dtype.kind == "u"

    def node(self) -> dict[str, Any]:
        """The node of glTF that puts the mesh 0 where it is."""
        node: dict[str, Any] = {"mesh": 0, "translation": self.translation.tolist()}
        return node | ({"scale": [self.scale] * 3} if self.quantised else {})

    @property
    def ends(self) -> F64:
        """(2, 3) what the decoded positions enclose, metres."""
        return np.stack((self.low, self.high)).astype(np.float64) * self.scale + self.translation


def pack(
    surface: Surface,
    table: Table,
    schema: Schema,
    look: Look | None = None,
    atlas: Atlas | None = None,
    *,
    colours: U32 | None = None,
) -> Packed:
    """A surface in metres east, north, up, whose owners are the rows 0..n of `table`, to one GLB.

    With an atlas, what shows an image is white under it, and the layer's colour is in the colours of the others.
    `colours` are (v,) four bytes a vertex, red, green, blue, alpha, linear, instead of the shades of surfaces.

    Raises `InvalidValue` where there is nothing to draw or more features than a tile can number.
    """
    if not len(surface.triangles) or len(table.ids) > MOST_FEATURES:
        reason = f"{len(surface.triangles)} triangles, {len(table.ids)} features"
        raise InvalidValue("tile content", reason, f"A tile takes 1 to {MOST_FEATURES} features that can be seen")
    positions = positions_of(to_y_up(surface.xyz))
    binary = Binary()
    look = look or Look()
    accessors = _accessors(binary, surface, positions, _colours(surface, look, atlas) if colours is None else colours)
    document = _document(positions, accessors, look)
    _add_features(document, binary, table, schema)
    _add_surface_ids(document, binary, surface)
    if atlas is not None:
        add_atlas(document, binary, atlas)
    return packed(document, binary, positions)


def packed(document: Gltf, binary: Binary, positions: Positions) -> Packed:
    """A document and its binary chunk as one GLB, with what it encloses."""
    low, high = _from_y_up(positions.ends)
    return Packed(closed(document, binary), np.minimum(low, high), np.maximum(low, high))


def closed(document: Gltf, binary: Binary) -> bytes:
    """A document and its binary chunk as one GLB."""
    document["bufferViews"] = binary.views
    document["buffers"] = [{"byteLength": binary.size}]
    return _container(document, b"".join(binary.chunks))


def to_y_up(xyz: F64) -> F64:
    """(n, 3) east, north, up to glTF's x, y, z."""
    return np.column_stack((xyz[:, 0], xyz[:, 2], -xyz[:, 1]))


def _from_y_up(xyz: F64) -> F64:
    return np.column_stack((xyz[:, 0], -xyz[:, 2], xyz[:, 1]))


def positions_of(xyz: F64, tolerance_m: float = TOLERANCE_M) -> Positions:
    """(n, 3) metres in the y-up frame: as unsigned shorts where that moves nothing by more than the tolerance."""
    low = np.array([column.min() for column in xyz.T])  # along columns: many times quicker than along the first axis
    high = np.array([column.max() for column in xyz.T])
    step = float((high - low).max()) / _STEPS
    if step <= 2 * tolerance_m:
        values = np.rint((xyz - low) / step).astype("<u2")
        return Positions(values, np.zeros(3, "<u2"), np.rint((high - low) / step).astype("<u2"), low, step)
    centre = np.rint((low + high) / 2)
    ends = (low - centre).astype("<f4"), (high - centre).astype("<f4")
    return Positions((xyz - centre).astype("<f4"), *ends, centre, 1.0)


def _accessors(binary: Binary, surface: Surface, positions: Positions, colours: NDArray[Any]) -> list[dict[str, Any]]:
    """Positions, normals, feature ids, colours, classes of surfaces and indices, in this order."""
    count = len(surface.xyz)
    normals = packed_normals(surface.normals)
    ids = np.zeros((count, 2), dtype="<u2")  # stride 4: attributes start on multiples of four
    ids[:, 0] = surface.owner
    indices = surface.triangles.astype("<u2" if count - 1 <= _LARGEST_SHORT_INDEX else "<u4").ravel()
    vertex = {"target": _ARRAY_BUFFER}
    return [
        positions_accessor(binary, positions),
        {
            "bufferView": binary.add(padded(normals, 4).tobytes(), byteStride=4, **vertex),
            "componentType": _BYTE,
            "normalized": True,
            "count": count,
            "type": "VEC3",
        },
        {
            "bufferView": binary.add(ids.tobytes(), byteStride=4, **vertex),
            "componentType": _UNSIGNED_SHORT,
            "count": count,
            "type": "SCALAR",
        },
        {
            "bufferView": binary.add(colours.tobytes(), byteStride=4, **vertex),
            "componentType": _UNSIGNED_BYTE,
            "normalized": True,
            "count": count,
            "type": "VEC4",
        },
        {
            "bufferView": binary.add(surface.part.astype("<u4").tobytes(), byteStride=4, **vertex),
            "componentType": _UNSIGNED_BYTE,
            "count": count,
            "type": "SCALAR",
        },
        {
            "bufferView": binary.add(indices.tobytes(), target=_ELEMENT_ARRAY_BUFFER),
            "componentType": _UNSIGNED_SHORT if indices.itemsize == 2 else _UNSIGNED_INT,
            "count": len(indices),
            "type": "SCALAR",
        },
    ]


def packed_normals(normals: F64) -> NDArray[np.int8]:
    """(n, 3) unit vectors east, north, up to the y-up frame, 127 for 1."""
    return np.rint(to_y_up(normals) * 127).astype("i1")


def positions_accessor(binary: Binary, positions: Positions) -> dict[str, Any]:
    """The positions, written down."""
    quantised = positions.quantised
    values = padded(positions.values, 4) if quantised else positions.values
    return {
        "bufferView": binary.add(values.tobytes(), byteStride=8 if quantised else 12, target=_ARRAY_BUFFER),
        "componentType": _UNSIGNED_SHORT if quantised else _FLOAT,
        "count": len(values),
        "type": "VEC3",
        "min": positions.low.tolist(),
        "max": positions.high.tolist(),
    }


def padded(values: NDArray[Any], width: int) -> NDArray[Any]:
    """(n, w) values in rows of `width`, zeros behind them: attributes start on multiples of four bytes."""
    wider = np.zeros((len(values), width), dtype=values.dtype)
    wider[:, : values.shape[1]] = values
    return wider


def _document(positions: Positions, accessors: list[dict[str, Any]], look: Look) -> Gltf:
    document: Gltf = {
        "asset": {"version": "2.0", "generator": "Quanyu"},
        "extensionsUsed": ["EXT_mesh_features", "EXT_structural_metadata", "KHR_mesh_quantization"],
        "extensionsRequired": ["KHR_mesh_quantization"],
    }
    attributes = {"POSITION": 0, "NORMAL": 1, "_FEATURE_ID_0": 2, "COLOR_0": 3, "_FEATURE_ID_1": 4}
    primitive = {"attributes": attributes, "indices": 5, "material": 0, "mode": 4}
    return document | {
        "scene": 0,
        "scenes": [{"nodes": [0]}],
        "nodes": [positions.node()],
        "meshes": [{"primitives": [primitive]}],
        "materials": [_material(look)],
        "accessors": accessors,
    }


def _material(look: Look) -> dict[str, Any]:
    shade = {"baseColorFactor": linear_colour(look.colour), "metallicFactor": 0.0, "roughnessFactor": 1.0}
    return {"pbrMetallicRoughness": shade} | ({"doubleSided": True} if look.double_sided else {})


def linear_colour(colour: str) -> list[float]:
    """`#rrggbb` as screens show it to linear red, green, blue and alpha, as glTF wants it."""
    srgb = np.frombuffer(bytes.fromhex(colour.removeprefix("#")), dtype=np.uint8) / 255
    linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    return [*np.round(linear, 4).tolist(), 1.0]


_SHADES = np.array([linear_colour(SHADES.get(name, "#ffffff")) for name in SEMANTICS])
_PALETTE = (_SHADES * 255).round().astype("u1").view("<u4").ravel()
"""Four bytes a class: red, green, blue, alpha, linear."""


def _colours(surface: Surface, look: Look, atlas: Atlas | None) -> NDArray[Any]:
    """(v,) four bytes a vertex: its class's shade; with an atlas in the layer's colour, white where it shows."""
    if atlas is None:
        return np.asarray(_PALETTE[surface.part])
    own = (_SHADES * np.array(linear_colour(look.colour)) * 255).round().astype("u1").view("<u4").ravel()
    return np.where(atlas.shown, np.uint32(0xFFFFFFFF), own[surface.part])


def _add_surface_ids(document: Gltf, binary: Binary, surface: Surface) -> None:
    """The classes of surfaces as a second set of feature ids, with a table that names them: a row a class.

    CesiumJS, under a shader of one's own, fails over a set of feature ids without a table.
    """
    values, offsets = string_bytes(np.array(SEMANTICS, dtype=object))
    names: TableProperty = {"values": binary.add(values), "stringOffsets": binary.add(offsets)}
    table = {"class": SURFACE_LABEL, "count": len(SEMANTICS), "properties": {SURFACE_LABEL: names}}
    document["extensions"]["EXT_structural_metadata"]["propertyTables"].append(table)
    classes = int((np.bincount(surface.part) > 0).sum())
    sets = document["meshes"][0]["primitives"][0]["extensions"]["EXT_mesh_features"]["featureIds"]
    sets.append({"featureCount": classes, "attribute": 1, "label": SURFACE_LABEL, "propertyTable": 1})


def _add_features(document: Gltf, binary: Binary, table: Table, schema: Schema) -> None:
    count = len(table.ids)
    properties: dict[str, TableProperty] = {}
    for name, (values, offsets) in table_bytes(table).items():
        if offsets is None:
            properties[name] = {"values": binary.add(values)}
        elif values:
            properties[name] = {"values": binary.add(values), "stringOffsets": binary.add(offsets)}
        # A column without a single string is left out, its default is the empty one: a view cannot be empty.
    feature_ids = {"featureCount": count, "attribute": 0, "propertyTable": 0}
    primitive = document["meshes"][0]["primitives"][0]
    primitive["extensions"] = {"EXT_mesh_features": {"featureIds": [feature_ids]}}
    of_class = next(iter(schema["classes"]))
    property_table = {"class": of_class, "count": count, "properties": properties}
    document["extensions"] = {"EXT_structural_metadata": {"schema": schema, "propertyTables": [property_table]}}


def _container(document: Gltf, binary: bytes) -> bytes:
    """The GLB: the JSON is padded so that the binary chunk, too, starts on a multiple of eight."""
    text = orjson.dumps(document)
    text += b" " * ((4 - len(text)) % 8)
    total = 12 + 8 + len(text) + 8 + len(binary)
    head = struct.pack("<4sII", b"glTF", 2, total)
    return b"".join(
        (head, struct.pack("<I4s", len(text), b"JSON"), text, struct.pack("<I4s", len(binary), b"BIN\0"), binary)
    )
