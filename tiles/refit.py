"""A content in which a few features look different, from the content as it was: all else is copied byte for byte.

Only where that gives what packing everything anew would give: the same corners in the same triangles and classes, moved
well inside of the box that all of them span, so that no position of another feature is spelt differently.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tiles.content import Frame, extrusions
from tiles.features import Features
from tiles.glb import closed, packed_normals, to_y_up
from tiles.metadata import Table
from tiles.read import split
from tiles.skin import Binary
from tiles.spec import Gltf
from twin.geo.planar import Surface
from twin.issues import Issue
from twin.types import F64, I64

_LAID = ("buffer", "byteOffset", "byteLength")


def refit(glb: bytes, issues: Sequence[Issue], changed: Features, frame: Frame) -> bytes | None:
    """The content with some of its features as they are now, in the order of their numbers; None: pack it anew.

    issues  what was amiss when it was made; stays the same
    """
    old = _Opened.of(glb)
    if "images" in old.document or "doubleSided" in old.document["materials"][0] or changed.has_mesh.any():
        return None
    numbers = np.frombuffer(old.view(old.columns["number"]["values"]), "<u4")
    rows = np.searchsorted(numbers, changed.table.numbers)
    if not np.isin(changed.table.numbers, numbers).all():
        return None
    found: list[Issue] = []
    surface = extrusions(changed, np.arange(len(changed)), frame.anchor, found)
    ids = set(changed.table.ids)
    if found != [one for one in issues if one.path in ids] or not _draw(old, surface, rows):
        return None
    said = _tell(old, changed.table, rows)
    return None if said is None else old.with_views(said)


@dataclass(frozen=True, slots=True, eq=False)
class _Opened:
    """A content of ours taken apart, its binary chunk to be written to."""

    document: Gltf
    binary: memoryview

    @classmethod
    def of(cls, glb: bytes) -> _Opened:
        document, binary = split(glb)
        return cls(document, memoryview(bytearray(binary)))

    @property
    def columns(self) -> dict[str, dict[str, int]]:
        """The features' table: column -> the views that it is in."""
        table = self.document["extensions"]["EXT_structural_metadata"]["propertyTables"][0]
        columns: dict[str, dict[str, int]] = table["properties"]
        return columns

    @property
    def primitive(self) -> dict[str, Any]:
        """The only one that there is."""
        primitive: dict[str, Any] = self.document["meshes"][0]["primitives"][0]
        return primitive

    def view(self, index: int) -> memoryview:
        """What is in a buffer view."""
        view = self.document["bufferViews"][index]
        return self.binary[view["byteOffset"] : view["byteOffset"] + view["byteLength"]]

    def about(self, name: str) -> dict[str, Any]:
        """The accessor of an attribute."""
        about: dict[str, Any] = self.document["accessors"][self.primitive["attributes"][name]]
        return about

    def attribute(self, name: str, dtype: str) -> NDArray[Any]:
        """(v, w) an attribute as it is stored, with what pads it."""
        about = self.about(name)
        return np.frombuffer(self.view(about["bufferView"]), dtype).reshape(about["count"], -1)

    def triangles(self) -> I64:
        """(t, 3) positions among the vertices."""
        about = self.document["accessors"][self.primitive["indices"]]
        view = self.view(about["bufferView"])
        return np.frombuffer(view, f"<u{len(view) // about['count']}").reshape(-1, 3).astype(np.int64)

    def with_views(self, others: dict[int, bytes]) -> bytes:
        """The content, written, with other bytes in some views."""
        binary = Binary()
        for index, view in enumerate(self.document["bufferViews"]):
            kept = {key: value for key, value in view.items() if key not in _LAID}
            binary.add(others[index] if index in others else bytes(self.view(index)), **kept)
        return closed(self.document, binary)


def _draw(old: _Opened, surface: Surface, rows: I64) -> bool:
    """Put the features' surface where theirs was; False where it does not fit in there.

    rows  (k,) which features of the content the surface's owners are
    """
    owner = old.attribute("_FEATURE_ID_0", "<u2")[:, 0].astype(np.int64)
    was = np.full(int(max(owner.max(), rows.max())) + 1, -1)
    was[rows] = np.arange(len(rows))
    was = was[owner]
    there = np.flatnonzero(was >= 0)
    there = there[np.argsort(was[there], kind="stable")]
    here = np.argsort(surface.owner, kind="stable")
    classes = old.attribute("_FEATURE_ID_1", "<u4")[there, 0]
    if not np.array_equal(was[there], surface.owner[here]) or not np.array_equal(classes, surface.part[here]):
        return False
    triangles = old.triangles()
    triangles = triangles[was[triangles[:, 0]] >= 0]
    if not np.array_equal(_renumbered(triangles, there, was), _renumbered(surface.triangles, here, surface.owner)):
        return False
    old.attribute("NORMAL", "i1")[there, :3] = packed_normals(surface.normals[here])
    return _place(old, there, to_y_up(surface.xyz[here]))


def _renumbered(triangles: I64, corners: I64, owner: I64) -> I64:
    """(t, 3) positions to places in `corners`, feature by feature, otherwise in their order."""
    number = np.full(len(owner), -1)
    number[corners] = np.arange(len(corners))
    return number[triangles[np.argsort(owner[triangles[:, 0]], kind="stable")]]


def _place(old: _Opened, vertices: I64, xyz: F64) -> bool:
    """Move vertices to (n, 3) metres in the y-up frame; False where one is, or comes, to the border of the content."""
    about, node = old.about("POSITION"), old.document["nodes"][0]
    low, high = np.array(about["min"]), np.array(about["max"])
    if "scale" in node:
        stored = old.attribute("POSITION", "<u2")
        moved = np.rint((xyz - np.array(node["translation"])) / node["scale"][0])
    else:
        stored = old.attribute("POSITION", "<f4")
        moved = (xyz - np.array(node["translation"])).astype("<f4")
    for values in (stored[vertices, :3], moved):
        if not ((low < values) & (values < high)).all():
            return False
    stored[vertices, :3] = moved
    return True


def _tell(old: _Opened, table: Table, rows: I64) -> dict[int, bytes] | None:
    """What is said of the features: numbers are changed in place; the views that texts need instead of theirs.

    None where a column appears or vanishes: one without a single text is left out.
    """
    others: dict[int, bytes] = {}
    for name, column in {"id": table.ids, **table.columns}.items():
        place = old.columns.get(name)
        if column.dtype != object:
            assert place is not None
            np.frombuffer(old.view(place["values"]), column.dtype)[rows] = column
            continue
        texts = [text.encode() for text in column]
        if place is None:
            if any(texts):
                return None
            continue
        data, offsets = _respelt(old.view(place["values"]), old.view(place["stringOffsets"]), rows, texts)
        if not data:
            return None
        others |= {place["values"]: data, place["stringOffsets"]: offsets}
    return others


def _respelt(data: memoryview, offsets: memoryview, rows: I64, texts: list[bytes]) -> tuple[bytes, bytes]:
    """A column of texts, and where each begins, with other ones in some (k,) ascending rows."""
    begins, said = np.frombuffer(offsets, "<u4"), bytearray(data)
    for row, text in reversed(list(zip(rows.tolist(), texts, strict=True))):
        said[begins[row] : begins[row + 1]] = text
    lengths = np.diff(begins.astype(np.int64))
    lengths[rows] = [len(text) for text in texts]
    return bytes(said), np.concatenate(([0], np.cumsum(lengths))).astype("<u4").tobytes()
