"""H3 cells as a vector tile, at the resolution that suits the zoom."""

from __future__ import annotations

import numpy as np
import shapely

from tiles.vector.cut import MARGIN, encode, fitted
from tiles.vector.mercator import TileAddress, to_square
from twin.geo.cells import cell_boundary, cell_to_name, polygon_to_cells

RES_OF_ZOOM = (0, 0, 0, 2, 2, 3, 4, 5, 5, 6, 7, 7, 8, 9, 10, 10, 11, 12, 12, 12, 12, 12, 12)
"""Resolution at each zoom: some 50 to 200 cells in a tile, fewer where cells are finest."""


def cell_tile(address: TileAddress) -> bytes:
    """Every cell that touches the tile, with its name and resolution. Empty at zooms where cells span the globe."""
    if address.z < 3:  # a cell's outline is no straight line there, and some hold a pole
        return b""
    res = RES_OF_ZOOM[address.z]
    box = address.bbox(MARGIN)
    cells = polygon_to_cells(shapely.box(box.west, box.south, box.east, box.north), res)
    rings = [np.array(cell_boundary(cell)) for cell in cells.tolist()]
    middle = (box.west + box.east) / 2
    for ring in rings:  # a ring across the antimeridian goes on beyond 180 degrees
        ring[:, 0] -= 360 * np.round((ring[:, 0] - middle) / 360)
    shapes = np.array([shapely.Polygon(to_square(ring)) for ring in rings], dtype=object)
    features = [
        {"geometry": shape, "properties": {"id": cell_to_name(cell), "res": res}}
        for cell, shape in zip(cells.tolist(), fitted(shapes, address, address.square(MARGIN), "Polygon"), strict=True)
        if shape is not None
    ]
    return encode([{"name": "cells", "features": features}] if features else [])
