"""One vector tile: shapes cut at its edge, thinned to its pixels, encoded.

Source: Mapbox Vector Tile Specification 2.1.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import mapbox_vector_tile
import numpy as np
import shapely

from tiles.vector.layers import VectorLayer
from tiles.vector.mercator import TileAddress
from tiles.vector.source import LayerSource
from twin.types import F64, Objects

EXTENT = 4096
PIXELS = 512
"""Pixels of a tile's side on the screen, as clients draw them."""

MARGIN = 1 / 32
"""Share of a side that is drawn beyond the edge, so that outlines there do not show."""

_FAMILY = {"polygon": "Polygon", "line": "LineString", "label": "Point"}


def cut(address: TileAddress, layers: Iterable[tuple[VectorLayer, LayerSource]]) -> bytes:
    """The encoded tile; empty bytes where nothing lies in it."""
    made = []
    for layer, source in layers:
        features = layer_features(address, layer, source)
        if features:
            made.append({"name": layer.id, "features": features})
    return encode(made)


def encode(layers: Sequence[Mapping[str, Any]]) -> bytes:
    """Layers of features in tile units, y downwards, to a tile."""
    if not layers:
        return b""
    return bytes(mapbox_vector_tile.encode(layers, default_options={"extents": EXTENT, "y_coord_down": True}))


def layer_features(address: TileAddress, layer: VectorLayer, source: LayerSource) -> list[dict[str, Any]]:
    """One layer's share of a tile."""
    if address.z < layer.from_zoom:
        return []
    square = address.square(MARGIN)
    pixel = 1.0 / (1 << address.z) / PIXELS
    rows = source.within(square, address.z, layer.least_pixels * pixel)
    shapes = fitted(source.shapes[rows], address, square, _FAMILY[layer.form])
    return [
        {"id": source.properties[row]["number"], "geometry": shape, "properties": source.properties[row]}
        for row, shape in zip(rows.tolist(), shapes, strict=True)
        if shape is not None
    ]


def fitted(shapes: Objects, address: TileAddress, square: tuple[float, float, float, float], family: str) -> Objects:
    """(n,) shapes of the unit square in tile units, cut at `square`; None for what leaves nothing of its own form."""
    units = to_units(shapely.clip_by_rect(shapes, *square), address)
    if family != "Point":
        units = shapely.simplify(units, EXTENT / PIXELS / 4, preserve_topology=True)
    units = shapely.set_precision(units, 1.0, mode="valid_output") if len(units) else units
    return np.array([_only(shape, family) for shape in units], dtype=object)


def to_units(shapes: Objects, address: TileAddress) -> Objects:
    """Shapes of the unit square in units of the tile."""
    west, north, _, _ = address.square()
    scale = EXTENT * float(1 << address.z)

    def moved(xy: F64) -> F64:
        return np.asarray((xy - (west, north)) * scale)

    return np.asarray(shapely.transform(shapes, moved), dtype=object)


def _only(shape: Any, family: str) -> Any:
    """The parts of a form: cutting a polygon can leave a line on the edge, and that is not it."""
    if shape is None or shape.is_empty:
        return None
    if shape.geom_type in (family, "Multi" + family):
        return shape
    if shape.geom_type != "GeometryCollection":
        return None
    parts = [part for part in shape.geoms if part.geom_type in (family, "Multi" + family)]
    return shapely.union_all(parts) if parts else None
