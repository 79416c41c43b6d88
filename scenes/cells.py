"""Cells that lie over a twin, and questions that are answered one value a cell: `docs/adding-a-layer.md`."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from pydantic import Field

from scenes.base import Params
from twin.errors import InvalidValue
from twin.geo.cells import PLACE_RES, cell_centres, cell_key_ranges
from twin.geo.lattice import Lattice, lattice
from twin.presence import Areas, KeyRanges
from twin.store import Store
from twin.types import I64, U64, Bbox

ROOM_DEG = 0.005
"""The box of a twin's cells ends at a multiple of this: an edit at the city's edge does not renumber them."""


class CellParams(Params):
    """Which cells a question is answered for."""

    cells: str = Field("h3-10", max_length=20, description="h3-10: H3's resolution 10; square-100: squares of 100 m")


def lattice_of(store: Store, name: str) -> Lattice:
    """The cells of a name over the whole twin; the same object while its box stays. `InvalidValue` where none are."""
    box = store.extent()
    if box is None:
        raise InvalidValue("cells", "this twin holds nothing that has a place", "Import something first: twin import")
    low = (math.floor(side / ROOM_DEG) for side in (box.west, box.south))
    high = (math.ceil(side / ROOM_DEG) for side in (box.east, box.north))
    return _lattice(name, *low, *high)


@lru_cache(maxsize=16)
def _lattice(name: str, west: int, south: int, east: int, north: int) -> Lattice:
    return lattice(name, Bbox(*(round(side * ROOM_DEG, 6) for side in (west, south, east, north))))


@lru_cache(maxsize=16)
def areas_of(cells: Lattice) -> Areas:
    """Each cell as an area of place keys: a square has those whose cell of resolution 12 has its centre in it.

    Raises `InvalidValue` for cells that are finer than a place key.
    """
    if cells.shape == "hexagon":
        if int(cells.name.removeprefix("h3-")) > PLACE_RES:
            raise InvalidValue("cells", f"stays are known to resolution {PLACE_RES}", f"Take h3-{PLACE_RES} or coarser")
        return _apart(cells.name, *cell_key_ranges(cells.ids), np.arange(len(cells)))
    (west, south), (east, north) = cells.nodes[0, 0].tolist(), cells.nodes[-1, -1].tolist()
    finest = lattice(f"h3-{PLACE_RES}", Bbox(west, south, east, north)).ids
    square = cells.at(cell_centres(finest))
    return _apart(cells.name, *cell_key_ranges(finest[square >= 0]), square[square >= 0])


def _apart(name: str, lo: U64, hi: U64, area: I64) -> Areas:
    order = np.argsort(lo, kind="stable")
    return Areas(name, KeyRanges(lo[order], hi[order]), area[order])
