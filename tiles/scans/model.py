"""A building model as a tileset: its elements are features, the largest first, in tiles of bounded size."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tiles.contents import content_hash
from tiles.glb import Look, Packed, pack
from tiles.ledger import Drawn, Piece, Stored
from tiles.metadata import feature_schema
from tiles.scans.elements import COLUMNS, Elements, Tell, read_elements
from tiles.scans.ifc.reference import reference_of
from tiles.scans.ifc.shapes import drawable
from tiles.scans.ifc.source import open_ifc
from tiles.scans.placing import GroundAt, Wanted, place_of
from tiles.scans.shelf import Files, check_name, replacing
from tiles.spec import Extras
from tiles.tileset import documents, leafings, settle, tile_name
from tiles.tree import Ground, morton, plan
from twin.errors import EmptySource, WrongCrs
from twin.geo.crs import enu_to_ecef_matrix, xyz_to_lonlat
from twin.ingest.source import Options
from twin.issues import Issue
from twin.types import I64

MOST_VERTICES = 150_000
"""Of a tile: about four megabytes. A single element may have more."""

FARTHEST_M = 20_000.0
"""An element farther from its site's origin is placed wrongly."""

SCHEMA = feature_schema("element", "Element", COLUMNS)

_LOOK = Look("#ffffff", double_sided=True)  # many models have surfaces without an inside


@dataclass(frozen=True, slots=True)
class ModelReport:
    """What was made. Degrees, ellipsoidal metres and clockwise from north of the site's origin."""

    name: str
    elements: int
    tiles: int
    bytes: int
    seconds: float
    lon: float
    lat: float
    height_m: float
    heading_deg: float
    by_map: str
    issues: list[Issue]


def build_model(
    tilesets: Path,
    name: str,
    file: Path,
    options: Options,
    wanted: Wanted,
    *,
    title: str = "",
    ground: GroundAt = lambda lon, lat: 0.0,
    spaces: bool = False,
    tell: Tell | None = None,
) -> ModelReport:
    """Make the tileset `tilesets/name` of an IFC file, or put it in place of the earlier one of this name.

    ground   the twin's, for a model that does not say how high it stands
    Raises `UnreadableSource`, `EmptySource`, `MissingCrs`, `WrongCrs`, `InvalidValue`, and what
    `replacing` raises; everything is then as it was.
    """
    began = time.monotonic()
    check_name(tilesets, name, "model")
    model = open_ifc(file)
    with_map = wanted.lon is None or wanted.lat is None
    place = place_of(reference_of(model, with_map=with_map), wanted, options, ground, str(file))
    elements = read_elements(model, drawable(model, spaces=spaces), place, tell or (lambda *_: None))
    _check_drawn(elements, file)
    with replacing(tilesets, name, "model") as folder, Files(folder) as written:
        tiles = _write(elements, place.anchor, written, title or name)
    standing = place.standing
    return ModelReport(
        name, len(elements.said), tiles, written.bytes, time.monotonic() - began, *place.anchor, standing.heading_deg,
        place.by_map[2] if place.by_map else "", elements.issues,
    )  # fmt: skip


def _check_drawn(elements: Elements, file: Path) -> None:
    if not elements.said:
        lost = f"none of its {len(elements.issues):,} elements" if elements.issues else "no element"
        raise EmptySource(str(file), f"{lost} has a shape that can be drawn", "Export it with geometry")
    far = np.abs(elements.ends()).max(axis=(1, 2)) > FARTHEST_M
    if far.any():
        one = elements.said[int(np.flatnonzero(far)[0])]
        reason = f"{int(far.sum()):,} elements, such as {one.type} {one.id}, lie {FARTHEST_M / 1000:g} km off its site"
        raise WrongCrs(str(file), reason, "Move them to the site, or give the right --crs")


def _write(elements: Elements, anchor: tuple[float, float, float], written: Files, title: str) -> int:
    """The tiles and the documents; how many tiles."""
    ends = elements.ends()
    sizes = np.linalg.norm(ends[:, 1] - ends[:, 0], axis=1)
    lonlat, _ = xyz_to_lonlat(ends.mean(axis=1), anchor)
    rows = np.arange(len(sizes))
    root = plan(Ground(morton(lonlat), sizes, rows.astype(np.uint32)), rows)
    drawn: dict[str, Drawn] = {}
    for node in root.all():
        pieces = []
        for number, batch in enumerate(_batches(node.rows, elements.vertices())):
            surface, colours = elements.surface(batch)
            content = pack(surface, elements.table(batch), SCHEMA, _LOOK, colours=colours)
            written.put(f"{tile_name(node.name, number)}.glb", content.glb)
            pieces.append(_piece(content, float(sizes[batch].max()), len(batch)))
        drawn[node.name] = Drawn("", tuple(pieces))
    top = leafings(root, drawn)
    assert top is not None, "there is an element"
    settle(top, {})
    extras: Extras = {"made_of": "model", "title": title, "features": len(sizes)}
    for path, text in documents(top, enu_to_ecef_matrix(*anchor), extras).items():
        written.put(path, text)
    return sum(len(one.pieces) for one in drawn.values())


def _piece(content: Packed, largest: float, features: int) -> Piece:
    low, high = content.low.tolist(), content.high.tolist()
    stored = Stored(content_hash(content.glb), len(content.glb))
    return Piece(stored, tuple(low), tuple(high), largest, features)


def _batches(rows: I64, vertices: I64) -> Iterator[I64]:
    """The rows of a node, in their order, in parts that a tile takes."""
    part = np.maximum(0, np.cumsum(vertices[rows]) - 1) // MOST_VERTICES
    yield from np.split(rows, np.flatnonzero(np.diff(part)) + 1)
