"""A layer of tiles from arrays: plan the tree, pack every node, write, swap in."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import orjson

from tiles.content import Frame, Meshes, pieces
from tiles.features import Features
from tiles.gather import gather
from tiles.glb import Look
from tiles.layers import layer_kind
from tiles.metadata import schema_of
from tiles.solids import Anchor, layer_matrix
from tiles.tileset import Leafing, documents, settle
from tiles.tree import Node, plan
from tiles.write import Generation, generation
from twin.errors import EmptySource
from twin.issues import Issue
from twin.kinds import Kind
from twin.store import Store
from twin.types import F64

Progress = Callable[[int, int], None]
"""Called with features done and features in all."""


@dataclass(frozen=True, slots=True)
class BuildReport:
    """What a build did. `left_out` counts entities of the layer that have nothing to draw; `issues` names faults."""

    kind: str
    folder: Path
    features: int
    tiles: int
    bytes: int
    seconds: float
    left_out: int = 0
    issues: list[Issue] = field(default_factory=list)


@dataclass(slots=True)
class _Work:
    """A build under way."""

    features: Features
    frame: Frame
    meshes: Meshes | None
    target: Generation
    progress: Progress | None
    issues: list[Issue] = field(default_factory=list)
    seen: int = 0
    drawn: int = 0
    tiles: int = 0


def build_layer(store: Store, kind: str, folder: Path, *, progress: Progress | None = None) -> BuildReport:
    """Build the layer of a kind from the store into `folder/<kind>`, `folder` being `<twin>/tiles`.

    Raises `InvalidValue` for a kind that is no layer, and what `build_features` raises.
    """
    began = time.perf_counter()
    declared = layer_kind(kind)
    gathered = gather(store, declared)
    report = build_features(gathered.features, declared, folder, meshes=gathered.meshes, progress=progress)
    seconds = time.perf_counter() - began
    return replace(report, left_out=report.left_out + gathered.shapeless, seconds=seconds)


def build_features(
    features: Features, kind: Kind, folder: Path, *, meshes: Meshes | None = None, progress: Progress | None = None
) -> BuildReport:
    """Write `folder/<kind>/tileset.json` and its tiles; the old layer stays until the new one is complete.

    Raises `EmptySource` where no feature can be drawn, and the errors of `tiles.write.generation`.
    """
    began = time.perf_counter()
    drawable = features.take(np.flatnonzero(features.placed))
    if not len(drawable):
        raise EmptySource(
            f"layer {kind.id}", "nothing in it has a shape to draw", "Import some first: twin import PATH"
        )
    anchor = anchor_of(drawable)
    frame = Frame(anchor, schema_of(kind), Look(kind.colour, bool(drawable.has_mesh.any())))
    with generation(folder / kind.id) as target:
        work = _Work(drawable, frame, meshes, target, progress)
        tops = _build(work, plan(drawable.middles, drawable.sizes()), drawable.sizes())
        root = _root(tops, kind)
        settle(root)
        tileset = documents(root, layer_matrix(anchor), f"{target.name}/", target.put)
        bounds = drawable.bounds
        tileset["extras"] = {
            "layer": kind.id,
            "generation": target.name,
            "features": work.drawn,
            "tiles": work.tiles,
            "bytes": target.size,
            "bbox": [*bounds[:, :2].min(axis=0).tolist(), *bounds[:, 2:].max(axis=0).tolist()],
            "built_at": int(time.time()),
        }
        target.commit(orjson.dumps(tileset))
    return BuildReport(
        kind.id,
        folder / kind.id,
        work.drawn,
        work.tiles,
        target.size,
        time.perf_counter() - began,
        len(features) - work.drawn,
        work.issues,
    )


def anchor_of(features: Features) -> Anchor:
    """A round point amid the features, so that small edits do not move the frame of the whole layer."""
    lon, lat = (features.bounds[:, :2].min(axis=0) + features.bounds[:, 2:].max(axis=0)) / 2
    return round(float(lon), 2), round(float(lat), 2), round(float(np.median(features.base_m)), -1)


def _root(tops: list[Leafing], kind: Kind) -> Leafing:
    if not tops:
        raise EmptySource(f"layer {kind.id}", "no shape in it encloses an area", "See the import's list of faults")
    first, *rest = tops
    first.children += rest
    return first


def _build(work: _Work, node: Node, sizes: F64) -> list[Leafing]:
    """Pack a node and all below it. Gives its tiles: usually one; more where its content did not fit into one tile;
    its children where it has nothing to draw."""
    tiles = []
    for number, piece in enumerate(pieces(work.features.take(node.rows), work.frame, work.meshes, work.issues)):
        name = f"{node.name}+{number}" if number else node.name
        work.target.put(f"{name}.glb", piece.packed.glb)
        largest = float(sizes[node.rows[piece.rows]].max())
        tiles.append(Leafing(name, f"{name}.glb", piece.packed.low, piece.packed.high, largest))
        work.drawn += len(piece.rows)
    work.tiles += len(tiles)
    work.seen += len(node.rows)
    if work.progress is not None:
        work.progress(work.seen, len(work.features))
    below = [tile for child in node.children for tile in _build(work, child, sizes)]
    if not tiles:
        return below
    tiles[0].children = tiles[1:] + below
    return tiles[:1]
