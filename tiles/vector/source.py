"""A layer in memory, as it stands at one change of the model: shapes in the unit square, with an index."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely

from tiles.vector.layers import VectorLayer
from tiles.vector.mercator import to_square
from twin.store import Columns, Store
from twin.types import F64, I64, Objects


@dataclass(frozen=True, slots=True, eq=False)
class LayerSource:
    """Everything of one layer: (n,) shapes in the unit square, what goes with each, and the zoom it appears at."""

    shapes: Objects
    properties: list[dict[str, str | int]]
    from_zoom: I64
    size: F64  # (n,) the longer side of the box around it, in the unit square
    index: shapely.STRtree

    def within(self, square: tuple[float, float, float, float], zoom: int, least: float) -> I64:
        """Rows that touch a square, appear at this zoom and are at least so large (labels always are), in order."""
        rows = np.sort(self.index.query(shapely.box(*square)))
        shown = (self.from_zoom[rows] <= zoom) & ((self.size[rows] >= least) | (self.size[rows] == 0))
        return np.asarray(rows[shown], dtype=np.int64)


def load(store: Store, layer: VectorLayer) -> LayerSource:
    """Read a layer's kinds from the store."""
    names = ("name", *layer.names)
    shapes: list[Objects] = []
    properties: list[dict[str, str | int]] = []
    for kind in layer.kinds:
        columns = store.columns(kind, names)
        drawn, rows = _shapes(columns, layer.form)
        shapes.append(drawn)
        properties += [_properties(columns, kind, row, names) for row in rows]
    every = np.concatenate([np.empty(0, dtype=object), *shapes])
    bounds = shapely.bounds(every).reshape(-1, 4)
    size = np.maximum(bounds[:, 2] - bounds[:, 0], bounds[:, 3] - bounds[:, 1])
    return LayerSource(every, properties, _zooms(layer, properties), size, shapely.STRtree(every))


def _shapes(columns: Columns, form: str) -> tuple[Objects, Sequence[int]]:
    """Footprints in the unit square, of those that have one, and their rows."""
    rows = [row for row, wkb in enumerate(columns.wkb) if wkb is not None]
    shapes = shapely.from_wkb(columns.wkb[rows], on_invalid="fix")
    if form == "label":
        shapes = shapely.point_on_surface(shapes)
    drawn = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
    return shapely.transform(shapes[drawn], to_square), [row for row, kept in zip(rows, drawn, strict=True) if kept]


def _properties(columns: Columns, kind: str, row: int, names: Sequence[str]) -> dict[str, str | int]:
    """What is not known is left out: a vector tile has no null."""
    known: dict[str, str | int] = {"id": columns.ids[row], "number": int(columns.numbers[row]), "kind": kind}
    for name in names:
        value = columns.attributes[name][row]
        if value is not None and value != "":
            known[name] = value if isinstance(value, int) else str(value)
    if columns.height_m[row] == columns.height_m[row]:  # not NaN
        known["height"] = round(float(columns.height_m[row]))
    return known


def _zooms(layer: VectorLayer, properties: Sequence[dict[str, str | int]]) -> I64:
    if not layer.by:
        return np.full(len(properties), layer.from_zoom, dtype=np.int64)
    otherwise = layer.zooms.get("", layer.from_zoom)
    found = (layer.zooms.get(str(known.get(layer.by, "")).removesuffix("_link"), otherwise) for known in properties)
    return np.fromiter(found, dtype=np.int64, count=len(properties))
