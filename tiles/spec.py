"""The documents that we write, as types: 3D Tiles 1.1 tilesets, and the glTF extensions that carry features.

Names are those of the specifications, so they are not ours to spell.
"""

from __future__ import annotations

from typing import Any, NotRequired, TypedDict


class BoundingVolume(TypedDict):
    """One of the two.

    box     centre, then three half axes, twelve numbers in the frame of the tile
    region  west, south, east, north in radians, lowest and highest ellipsoidal metres; no transform moves it
    """

    box: NotRequired[list[float]]
    region: NotRequired[list[float]]


class Content(TypedDict):
    """What a tile draws, or a further tileset."""

    uri: str


class Subtrees(TypedDict):
    """Where the subtrees are: a template of {level}, {x} and {y}."""

    uri: str


class ImplicitTiling(TypedDict):
    """Tiles below the one that says this have no entry of their own: their subtrees say which there are."""

    subdivisionScheme: str
    subtreeLevels: int
    availableLevels: int
    subtrees: Subtrees


class Tile(TypedDict):
    """A node of the tree. `geometricError` is in metres: how much is missing while the children are not drawn."""

    boundingVolume: BoundingVolume
    geometricError: float
    refine: NotRequired[str]
    transform: NotRequired[list[float]]
    content: NotRequired[Content]
    children: NotRequired[list[Tile]]
    metadata: NotRequired[dict[str, Any]]
    implicitTiling: NotRequired[ImplicitTiling]


class Asset(TypedDict):
    """Version of the specification, and who wrote the file."""

    version: str
    generator: NotRequired[str]


class Extras(TypedDict, total=False):
    """What we say in the `extras` of a root tileset.

    layer     the kind that a layer draws: nothing that changes with an edit is said of one
    columns   what its features carry beside `id` and `number`, so that a page knows before a tile has come
    made_of   of a tileset beside the layers: `cloud` or `model`; `title`: what people call it
    features  how many features or points there are, in a tileset that does not follow edits
    """

    layer: str
    columns: list[str]
    made_of: str
    title: str
    features: int


class Tileset(TypedDict):
    """A tileset document."""

    asset: Asset
    geometricError: float
    root: Tile
    schema: NotRequired[Schema]
    extras: NotRequired[Extras]


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
