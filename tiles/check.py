"""A tileset held against the rules that no validator checks: what is drawn, where, how often, and under which id."""

from __future__ import annotations

import posixpath
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path

import brotli
import numpy as np
import orjson

from tiles.check_content import Drawing, content_faults
from tiles.check_implicit import Implicit, expanded, lacking
from tiles.check_volume import corners, is_volume, moved, outside_m
from tiles.contents import TWIN, content_hash
from tiles.features import Features
from tiles.layer import STORE, Layer
from tiles.plain import UNIT_CORNERS, bounds, is_plain, point_count
from tiles.read import decode
from tiles.sources import FolderSource, Source
from tiles.spec import Schema, Tile, Tileset
from tiles.tileset import ROOT_DOCUMENT
from twin.errors import NotFound, UnreadableSource
from twin.geo.crs import ecef_to_lonlat
from twin.issues import Issue
from twin.types import F64

RULES: dict[str, str] = {
    "tiles.missing": "A file that the tree names is not there",
    "tiles.unreadable": "A file cannot be read as what it should be",
    "tiles.schema": "A tileset lacks something that 3D Tiles 1.1 asks for",
    "tiles.twin": "A brotli twin does not unpack to its file",
    "tiles.hash": "A stored content is not what its hash stands for",
    "tiles.plain": "The plain tileset is not the one that the layer's ledger names",
    "tiles.subtree": "A subtree of implicit tiles contradicts itself or the tree",
    "tiles.implicit-error": "The error that an implicit tile has by its level is below what it lacks",
    "tiles.content-outside-box": "Content lies outside the bounding volume of its tile",
    "tiles.child-outside-parent": "A child's bounding volume lies outside its parent's",
    "tiles.error-grows": "A child's geometric error is above its parent's, or a leaf's is not 0",
    "tiles.never-finer": "A tile that others should replace has the geometric error 0: it stays for ever",
    "tiles.level-features": "A tile does not draw the features of the one that it replaces",
    "tiles.level-differs": "A feature says something else of itself at another level of detail",
    "tiles.not-on-earth": "The root transform does not stand upright on the Earth's surface",
    "tiles.place": "A feature does not stand where the store says, to a centimetre along each axis",
    "tiles.table": "A property table does not fit its features, or is not aligned to 8 bytes",
    "tiles.schema-differs": "Two tiles of a layer declare different columns",
    "tiles.image": "The image of a tile cannot be read, or a vertex is outside of it",
    "tiles.normal": "A triangle faces away from its normals",
    "tiles.feature-count": "The number of features is not the one the layer states",
    "tiles.id-twice": "A feature is drawn by more than one tile at a time",
    "tiles.id-missing": "An entity that should be drawn is in no tile",
    "tiles.id-unknown": "A tile holds an entity that should not be drawn",
}
"""Every rule that a check may name."""

_ROUNDING_M = 0.002  # boxes and errors are written in millimetres and centimetres
_FROM_SURFACE_M = 12_000.0


def check_layer(folder: Path, *, expected: Collection[str] | Features | None = None) -> list[Issue]:
    """Walk a layer from `folder/tileset.json`, and what is stored behind it, if it is one of ours.

    expected   the ids that must each be drawn exactly once; as features, they must also stand where these say

    An empty list means that every rule of `RULES` holds.
    """
    try:
        layer = Layer(folder) if (folder / STORE).is_dir() else None
    except NotFound:
        layer = None
    stated = layer.view.state.totals.features if layer else None
    issues = check_tileset(FolderSource(folder), expected=expected, stated=stated)
    return issues + _stored_faults(folder, layer) if layer else issues


def check_tileset(
    source: Source, *, expected: Collection[str] | Features | None = None, stated: int | None = None
) -> list[Issue]:
    """Walk a tileset from its root document, wherever it is. `stated`: how many features it should have."""
    walk = _Walk(source, Drawing(expected if isinstance(expected, Features) else None))
    tileset = walk.tileset(ROOT_DOCUMENT)
    if tileset is None:
        return walk.issues
    _check_place(walk, _matrix(tileset["root"]))
    if tileset["geometricError"] < tileset["root"]["geometricError"]:
        walk.fault("tiles.error-grows", ROOT_DOCUMENT, "the root's is above its tileset's")
    ids = walk.tile(tileset["root"], None, ROOT_DOCUMENT, np.eye(4))
    wanted = expected.table.ids[expected.placed].tolist() if isinstance(expected, Features) else expected
    extras = tileset.get("extras") or {}
    if stated is None and extras.get("made_of") in ("cloud", "model"):
        stated = extras.get("features")
    _check_ids(walk, ids, stated, wanted)
    return walk.issues


@dataclass(slots=True)
class _Walk:
    """What has been seen so far."""

    source: Source
    drawing: Drawing
    issues: list[Issue] = field(default_factory=list)
    points: int = 0
    said: dict[str, int] = field(default_factory=dict)  # by id, what stands for all that its table says of it
    schema: dict[str, Schema | None] = field(default_factory=dict)  # of tiles' metadata, by document

    def fault(self, rule: str, path: str, detail: str) -> None:
        """Note one."""
        self.issues.append(Issue(rule, path, f"{RULES[rule]}: {detail}"))

    def tileset(self, path: str) -> Tileset | None:
        """A document, where it is one."""
        data = self.file(path)
        if data is None:
            return None
        try:
            tileset: Tileset = orjson.loads(data)
        except orjson.JSONDecodeError as error:
            self.fault("tiles.unreadable", path, str(error))
            return None
        lacks = [key for key in ("asset", "geometricError", "root") if key not in tileset]
        if not lacks and tileset["asset"].get("version") != "1.1":
            lacks = ["asset.version 1.1"]
        if not lacks and tileset["root"].get("refine") not in ("ADD", "REPLACE"):
            lacks = ["root.refine"]
        if lacks:
            self.fault("tiles.schema", path, ", ".join(lacks))
            return None
        self.schema[path] = tileset.get("schema")
        return tileset

    def tile(self, tile: Tile, parent: Tile | None, document: str, matrix: F64, refine: str = "ADD") -> Counter[str]:
        """A tile and all below it; how often each id is drawn when all of it is refined.

        parent   the tile above, or the one whose content the document is
        matrix   (4, 4) from the parent's frame to the Earth's
        refine   how the parent is refined: a tile that does not say does likewise
        """
        where = f"{document} {tile.get('content', {}).get('uri', '')}".strip()
        lacks = [key for key in ("boundingVolume", "geometricError") if key not in tile]
        if lacks or not is_volume(tile["boundingVolume"]):
            self.fault("tiles.schema", where, ", ".join(lacks) or "a box of twelve numbers, or a region of six")
            return Counter()
        if "implicitTiling" in tile:
            written_out = self._expanded(tile, document)
            return Counter() if written_out is None else self.tile(written_out, parent, document, matrix, refine)
        refine = tile.get("refine", refine)
        matrix = matrix @ _matrix(tile)
        self._check_against_parent(tile, parent, where, matrix)
        own = self._content(tile, document, matrix)
        below: Counter[str] = Counter()
        for child in tile.get("children", []):
            below += self.tile(child, tile, document, matrix, refine)
        if refine == "REPLACE" and "children" in tile:
            self._check_replaced(tile, own, below, where)
            return below
        return own + below

    def _expanded(self, tile: Tile, document: str) -> Tile | None:
        """An implicit root with all its tiles written out, where its subtrees can be read."""
        lacks = lacking(tile)
        if lacks:
            self.fault("tiles.schema", document, f"implicitTiling: {lacks}")
            return None
        folder = posixpath.dirname(document)
        read = lambda path: self.file(posixpath.join(folder, path))  # noqa: E731
        return expanded(Implicit(tile, self.schema.get(document), read, self.fault))

    def file(self, path: str) -> bytes | None:
        """The bytes of a file that the tree names; where there is none, that is noted."""
        data = self.source.read(path)
        if data is None:
            self.fault("tiles.missing", path, "no such file")
        else:
            self._check_twin(path, data)
        return data

    def _check_replaced(self, tile: Tile, own: Counter[str], below: Counter[str], where: str) -> None:
        """What is drawn before and after a tile is refined: the same features, each once."""
        if tile["geometricError"] <= 0:
            self.fault("tiles.never-finer", where, "its children are never drawn")
        if "content" not in tile:
            return
        for id_, times in own.items():
            if times > 1:
                self.fault("tiles.id-twice", id_, f"{times} times in {where}")
        for id_ in sorted(own.keys() - below.keys()):
            self.fault("tiles.level-features", id_, f"it vanishes when {where} is refined")
        for id_ in sorted(below.keys() - own.keys()):
            self.fault("tiles.level-features", id_, f"it is not there before {where} is refined")

    def _check_said(self, columns: dict[str, list[object]], path: str) -> None:
        """Whatever tile a feature is drawn by, it says the same of itself."""
        for row in zip(columns["id"], zip(*columns.values(), strict=False), strict=False):
            if self.said.setdefault(str(row[0]), hash(row[1])) != hash(row[1]):
                self.fault("tiles.level-differs", str(row[0]), f"in {path}")

    def _check_against_parent(self, tile: Tile, parent: Tile | None, where: str, matrix: F64) -> None:
        is_leaf = "children" not in tile and not tile.get("content", {"uri": ""})["uri"].endswith(".json")
        if is_leaf and tile["geometricError"] != 0:
            self.fault("tiles.error-grows", where, f"a leaf with {tile['geometricError']} m")
        if parent is None:
            return
        if tile["geometricError"] > parent["geometricError"] + _ROUNDING_M:
            self.fault("tiles.error-grows", where, f"{tile['geometricError']} m over {parent['geometricError']} m")
        ends = moved(corners(tile["boundingVolume"], matrix), _matrix(tile))
        outside = outside_m(ends, parent["boundingVolume"], matrix @ np.linalg.inv(_matrix(tile)))
        if outside > _ROUNDING_M:
            self.fault("tiles.child-outside-parent", where, f"by {outside:.3f} m")

    def _content(self, tile: Tile, document: str, matrix: F64) -> Counter[str]:
        """What the content of a tile draws, itself or as a further document."""
        if "content" not in tile:
            return Counter()
        path = posixpath.join(posixpath.dirname(document), tile["content"]["uri"])
        if path.endswith(".json"):
            tileset = self.tileset(path)
            return Counter() if tileset is None else self.tile(tileset["root"], tile, path, matrix)
        data = self.file(path)
        if data is None:
            return Counter()
        if is_plain(data):
            self._check_plain(tile, path, data, matrix)
            return Counter()
        try:
            decoded = decode(data)
        except UnreadableSource as error:
            self.fault("tiles.unreadable", path, error.reason)
            return Counter()
        outside = outside_m(decoded.xyz, tile["boundingVolume"], matrix)
        if outside > _ROUNDING_M:
            self.fault("tiles.content-outside-box", path, f"by {outside:.3f} m")
        for rule, detail in content_faults(self.drawing, decoded, matrix):
            self.fault(rule, path, detail)
        self._check_said(decoded.columns, path)
        return Counter(decoded.columns["id"])

    def _check_plain(self, tile: Tile, path: str, data: bytes, matrix: F64) -> None:
        """A model of somebody else's, or points: it can be read, and lies in its box."""
        try:
            ends = np.stack(bounds(data))
        except UnreadableSource as error:
            self.fault("tiles.unreadable", path, error.reason)
            return
        self.points += point_count(data)
        outside = outside_m(ends[0] + UNIT_CORNERS * (ends[1] - ends[0]), tile["boundingVolume"], matrix)
        if outside > _ROUNDING_M:
            self.fault("tiles.content-outside-box", path, f"by {outside:.3f} m")

    def _check_twin(self, path: str, data: bytes) -> None:
        twin = self.source.twin(path)
        if twin is not None and _unpacked(twin) != data:
            self.fault("tiles.twin", path + TWIN, "it differs")


def _unpacked(data: bytes) -> bytes | None:
    try:
        unpacked: bytes = brotli.decompress(data)
    except brotli.error:
        return None
    return unpacked


def _check_place(walk: _Walk, matrix: F64) -> None:
    """The transform turns and shifts only, and its third axis points away from the Earth's centre."""
    turn, origin = matrix[:3, :3], matrix[:3, 3]
    _, height = ecef_to_lonlat(origin[None])
    upright = np.allclose(turn @ turn.T, np.eye(3), atol=1e-9) and np.linalg.norm(origin) > 0
    if not upright or abs(float(height[0])) > _FROM_SURFACE_M or turn[:, 2] @ origin < 0.99 * np.linalg.norm(origin):
        walk.fault("tiles.not-on-earth", ROOT_DOCUMENT, f"its origin is {np.round(origin, 1).tolist()}")


def _check_ids(walk: _Walk, ids: Counter[str], stated: int | None, expected: Collection[str] | None) -> None:
    drawn = ids.total() + walk.points
    if stated is not None and stated != drawn:
        walk.fault("tiles.feature-count", ROOT_DOCUMENT, f"{drawn} drawn, {stated} stated")
    for id_, times in ids.items():
        if times > 1:
            walk.fault("tiles.id-twice", id_, f"{times} times")
    if expected is not None:
        for id_ in sorted(set(expected) - ids.keys()):
            walk.fault("tiles.id-missing", id_, "not drawn")
        for id_ in sorted(ids.keys() - set(expected)):
            walk.fault("tiles.id-unknown", id_, "drawn")


def _stored_faults(folder: Path, layer: Layer) -> list[Issue]:
    """The contents behind a layer are what their hashes say, and the plain files are these contents."""
    issues = []
    plain = FolderSource(folder)
    for name, stored in sorted(layer.view.files.items()):
        path = layer.contents.path(stored.content)
        data = path.read_bytes() if path.is_file() else None
        if data is None or len(data) != stored.size or content_hash(data) != stored.content:
            what = "it is not there" if data is None else f"{len(data):,} bytes that hash to something else"
            issues.append(Issue("tiles.hash", name, f"{RULES['tiles.hash']}: {what}"))
        elif plain.read(name) != data:
            issues.append(Issue("tiles.plain", name, f"{RULES['tiles.plain']}: its bytes differ"))
    files = set(layer.view.files)
    for path in sorted(folder.iterdir()):
        if path.name != STORE and path.name.removesuffix(TWIN) not in files:
            issues.append(Issue("tiles.plain", path.name, f"{RULES['tiles.plain']}: no step names it"))
    return issues


def _matrix(tile: Tile) -> F64:
    return np.array(tile.get("transform", np.eye(4).ravel()), dtype=np.float64).reshape(4, 4).T
