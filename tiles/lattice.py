"""A lattice of cells as it goes over the wire: what a page needs to draw any number of them as one surface.

Binary, little-endian, aligned for typed arrays:

    0   4 bytes    "QCL1"
    4   u32        bytes of JSON after the head, blanks at its end; the head and it are a multiple of 8
    8   u32        n: how many cells
    12  u32        m: how many nodes of the net
    16  JSON       {"name", "shape": "hexagon" or "square", "size_m", "columns", "rows", "net": [a, b]}, a * b = m
    …   f64 2m     nodes: longitude and latitude, degrees, (a, b) in C order
    …   u64 n      ids, ascending: H3 cells, or column and row of a square from the grid's origin, each + 2 ** 31
    …   f32 2m     nodes: column and row in the lattice
    …   u32 n      texels: row * columns + column

A state of these cells (`/state/command_wall.people@h3-10`) numbers them by their position in `ids`.
"""

from __future__ import annotations

import struct

import orjson

from twin.geo.lattice import Lattice

_HEAD = struct.Struct("<4sIII")
_MAGIC = b"QCL1"


def encode(cells: Lattice) -> bytes:
    """A lattice to its bytes."""
    columns, rows = cells.extent
    about = orjson.dumps(
        {
            "name": cells.name,
            "shape": cells.shape,
            "size_m": cells.size_m,
            "columns": columns,
            "rows": rows,
            "net": cells.net.shape[:2],
        }
    )
    about += b" " * (-(len(about) + _HEAD.size) % 8)
    count, nodes = len(cells), cells.net.shape[0] * cells.net.shape[1]
    texels = cells.steps[:, 1] * columns + cells.steps[:, 0]
    parts = [cells.nodes.astype("<f8"), cells.ids.astype("<u8"), cells.net.astype("<f4"), texels.astype("<u4")]
    return _HEAD.pack(_MAGIC, len(about), count, nodes) + about + b"".join(part.tobytes() for part in parts)
