"""The layers of a twin: which kinds are one, and which are built."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import orjson

from tiles.gather import PARTS
from tiles.layer import STORE, Layer
from tiles.tileset import ROOT_DOCUMENT
from twin.errors import InvalidValue, NotFound, UnreadableSource
from twin.kinds import BY_ID, KINDS, Kind
from twin.store import TERRAIN
from twin.types import Bbox


@dataclass(frozen=True, slots=True)
class LayerInfo:
    """A built layer. `bytes` counts contents without their compressed twins.

    version   the step it is at: every change of the layer is a step
    built_at  when that was, UTC seconds
    bbox      encloses every feature; it does not shrink before the next build
    outdated  it is in a layout that is still shown but cannot be changed: build it again
    """

    kind: str
    version: int
    features: int
    tiles: int
    bytes: int
    bbox: Bbox
    built_at: int
    outdated: bool = False


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


def store_kinds(kind: Kind) -> tuple[str, ...]:
    """The kinds whose entities a layer draws."""
    return (kind.id, PARTS[kind.id]) if kind.id in PARTS else (kind.id,)


def turning_kinds(kind: Kind) -> tuple[str, ...]:
    """The kinds whose entities make a layer another one as they begin and cease to exist: also the ground below it."""
    return (*{*store_kinds(kind), TERRAIN},)


def layers(folder: Path) -> list[LayerInfo]:
    """The layers under `<twin>/tiles`, by name; none where nothing is built yet."""
    found = [_info(path) for path in sorted(folder.glob("*")) if path.is_dir()]
    return [info for info in found if info is not None]


def _info(path: Path) -> LayerInfo | None:
    if (path / STORE).is_dir():
        try:
            return info_of(Layer(path))
        except (NotFound, UnreadableSource):  # a first build that was interrupted, or damaged: it is to be built anew
            return None
    return _outdated(path / ROOT_DOCUMENT)


def info_of(layer: Layer) -> LayerInfo:
    """What there is to say of an opened layer."""
    state = layer.view.state
    totals = state.totals
    return LayerInfo(
        state.about.kind, state.n, totals.features, totals.tiles, totals.bytes, totals.bbox, state.moment.time
    )


def _outdated(path: Path) -> LayerInfo | None:
    """A layer in the layout of before there were steps: a tileset beside folders of generations."""
    try:
        extras = orjson.loads(path.read_bytes())["extras"]
        counts = (extras["features"], extras["tiles"], extras["bytes"])
        return LayerInfo(extras["layer"], 0, *counts, Bbox(*extras["bbox"]), extras["built_at"], outdated=True)
    except (OSError, orjson.JSONDecodeError, KeyError, TypeError):
        return None  # somebody else's tileset: served, but no layer of ours
