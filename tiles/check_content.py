"""One tile's content held against the rules: its table, its faces, and where its features stand."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tiles.atlas import image_fault
from tiles.features import Features
from tiles.glb import TOLERANCE_M
from tiles.read import Decoded
from twin.geo.crs import ecef_to_lonlat, metres_per_degree
from twin.types import F64, I64

_TILT = 1.5
"""The axes of a tile lean against those of the place: a centimetre along each may be a little more along others."""


class Drawing:
    """What all tiles of a tileset have in common: their schema, and the features that they draw."""

    def __init__(self, features: Features | None) -> None:
        """`features`: where each should stand; those with meshes have shapes of their own."""
        self.schema: object = None
        self.features = features
        ids = features.table.ids.tolist() if features is not None else []
        self.row_of = {id_: row for row, id_ in enumerate(ids) if features is not None and not features.has_mesh[row]}


def content_faults(drawing: Drawing, decoded: Decoded, matrix: F64) -> Iterator[tuple[str, str]]:
    """(rule, detail) of each rule that a content breaks. `matrix` is (4, 4), from the tile's frame to the Earth's."""
    yield from _table_faults(drawing, decoded)
    if decoded.image is not None:
        yield from (("tiles.image", why) for why in _image_faults(decoded.image, decoded.uv))
    facing = _facing_away(decoded)
    if facing:
        yield "tiles.normal", f"{facing} of {len(decoded.triangles)}"
    yield from _place_faults(drawing, decoded, matrix)


def _table_faults(drawing: Drawing, decoded: Decoded) -> Iterator[tuple[str, str]]:
    """Counts agree, every feature is drawn, every view starts on a multiple of eight, every tile has one schema."""
    document = decoded.document
    metadata = document["extensions"]["EXT_structural_metadata"]
    feature_ids = document["meshes"][0]["primitives"][0]["extensions"]["EXT_mesh_features"]["featureIds"][0]
    count = metadata["propertyTables"][0]["count"]
    drawn = np.unique(decoded.feature[decoded.triangles])
    if not feature_ids["featureCount"] == count == len(drawn) or drawn[-1] != count - 1:
        yield "tiles.table", f"{count} rows, {feature_ids['featureCount']} ids, {len(drawn)} features drawn"
    short = [name for name, column in decoded.columns.items() if len(column) != count]
    if short:
        yield "tiles.table", f"columns {', '.join(short)} have not {count} rows"
    if any(view.get("byteOffset", 0) % 8 for view in document["bufferViews"]):
        yield "tiles.table", "a buffer view does not start on a multiple of 8"
    drawing.schema = drawing.schema or metadata["schema"]
    if metadata["schema"] != drawing.schema:
        yield "tiles.schema-differs", "see the first tile's"


def _image_faults(image: bytes, uv: F64 | None) -> Iterator[str]:
    fault = image_fault(image)
    if fault:
        yield fault
    if uv is None or not ((uv >= 0) & (uv <= 1)).all():
        yield "places in it are missing or outside"


def _facing_away(decoded: Decoded) -> int:
    """How many triangles are clockwise seen from the side that their normals point to (slivers apart)."""
    a, b, c = (decoded.xyz[decoded.triangles[:, i]] for i in range(3))
    across = np.cross(b - a, c - a)
    along = (across * decoded.normals[decoded.triangles[:, 0]]).sum(axis=1)
    sizes = np.linalg.norm(across, axis=1)
    longest = np.maximum.reduce([np.linalg.norm(side, axis=1) for side in (b - a, c - b, a - c)])
    thick = sizes > 0.1 * longest  # at least 10 cm wide: rounding cannot turn it over
    return int((along[thick] < 0).sum())


def _place_faults(drawing: Drawing, decoded: Decoded, matrix: F64) -> Iterator[tuple[str, str]]:
    """Each extruded feature fills its bounds from its base to its top."""
    ids = decoded.columns["id"]
    rows = np.array([drawing.row_of.get(id_, -1) for id_ in ids], dtype=np.int64)
    known = np.flatnonzero(rows >= 0)
    if drawing.features is None or not len(known) or len(ids) <= int(decoded.feature.max()):
        return
    lonlat, height = ecef_to_lonlat(decoded.xyz @ matrix[:3, :3].T + matrix[:3, 3])
    found = _extents(np.column_stack((lonlat, height)), decoded.feature, len(ids))[known]
    features = drawing.features
    rows = rows[known]
    bounds, base = features.bounds[rows], features.base_m[rows]
    expected = np.column_stack((bounds[:, :2], base, bounds[:, 2:], base + features.height_m[rows]))
    east, north = metres_per_degree(float(bounds[0, 1]))
    off = np.abs(found - expected) * np.array([east, north, 1.0, east, north, 1.0])
    for row in np.flatnonzero(off.max(axis=1) > TOLERANCE_M * _TILT):
        yield "tiles.place", f"{ids[known[row]]} is off by {off[row].max():.3f} m"


def _extents(points: F64, feature: I64, count: int) -> F64:
    """(v, 3) points of (v,) features to (count, 6): their lowest and their highest coordinates."""
    low, high = np.full((count, 3), np.inf), np.full((count, 3), -np.inf)
    np.minimum.at(low, feature, points)
    np.maximum.at(high, feature, points)
    return np.hstack((low, high))
