"""The documents that we write, as types: 3D Tiles 1.1 tilesets, and the glTF extensions that carry features.

Names are those of the specifications, so they are not ours to spell.
"""

from __future__ import annotations

from typing import Any, NotRequired, TypedDict


class BoundingVolume(TypedDict):
    """A box: centre, then three half axes, twelve numbers in the frame of the tile."""

    box: list[float]


class Content(TypedDict):
    """What a tile draws, or a further tileset."""

    uri: str


class Tile(TypedDict):
    """A node of the tree. `geometricError` is in metres: how much is missing while the children are not drawn."""

    boundingVolume: BoundingVolume
    geometricError: float
    refine: NotRequired[str]
    transform: NotRequired[list[float]]
    content: NotRequired[Content]
    children: NotRequired[list[Tile]]
    metadata: NotRequired[dict[str, Any]]


class Asset(TypedDict):
    """Version of the specification, and who wrote the file."""

    version: str
    generator: NotRequired[str]


class LayerExtras(TypedDict):
    """What we say of a layer in the `extras` of its root tileset: nothing that changes with an edit."""

    layer: str


class Tileset(TypedDict):
    """A tileset document."""

    asset: Asset
    geometricError: float
    root: Tile
    extras: NotRequired[LayerExtras]


class ClassProperty(TypedDict):
    """A column of a property table."""

    type: str
    required: NotRequired[bool]
    componentType: NotRequired[str]
    description: NotRequired[str]
    default: NotRequired[str]
    semantic: NotRequired[str]


class MetadataClass(TypedDict):
    """What every feature of a layer carries."""

    name: str
    properties: dict[str, ClassProperty]


class Schema(TypedDict):
    """The metadata schema: one class a layer, the same in every tile."""

    id: str
    classes: dict[str, MetadataClass]


class TableProperty(TypedDict):
    """Where a column's values are."""

    values: int
    stringOffsets: NotRequired[int]


Gltf = dict[str, Any]
"""A glTF document: written in one place (`tiles.glb`) and read in one (`tiles.read`)."""
