"""The layers of a twin: which kinds are one, and which are built."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import orjson

from tiles.gather import PARTS
from twin.errors import InvalidValue
from twin.kinds import BY_ID, KINDS, Kind
from twin.types import Bbox


@dataclass(frozen=True, slots=True)
class LayerInfo:
    """A built layer, as its root tileset tells. `bytes` counts contents without their compressed twins."""

    kind: str
    generation: str
    features: int
    tiles: int
    bytes: int
    bbox: Bbox
    built_at: int


def layer_kinds() -> list[Kind]:
    """The kinds that are a layer of their own: they declare columns and are not drawn as parts of another."""
    return [kind for kind in KINDS if kind.columns and kind.id not in PARTS.values()]


def layer_kind(name: str) -> Kind:
    """The kind of a layer; `InvalidValue` where this is none."""
    kind = BY_ID.get(name)
    if kind is None or kind not in layer_kinds():
        known = ", ".join(kind.id for kind in layer_kinds())
        raise InvalidValue(f"layer {name!r}", "no kind of this name is tiled", f"Take one of: {known}")
    return kind


def layers(folder: Path) -> list[LayerInfo]:
    """The layers under `<twin>/tiles`, by name; none where nothing is built yet."""
    return [read_layer(path) for path in sorted(folder.glob("*/tileset.json"))]


def read_layer(path: Path) -> LayerInfo:
    """What a root tileset says of its layer; `InvalidValue` where the file is none of ours."""
    try:
        extras = orjson.loads(path.read_bytes())["extras"]
        return LayerInfo(
            extras["layer"],
            extras["generation"],
            extras["features"],
            extras["tiles"],
            extras["bytes"],
            Bbox(*extras["bbox"]),
            extras["built_at"],
        )
    except (orjson.JSONDecodeError, KeyError, TypeError) as error:
        raise InvalidValue(str(path), "it is no tileset of a layer", "Build it again: twin tiles build") from error
