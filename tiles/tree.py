"""Which feature is drawn in which tile: a tree refined by adding, the most important features first.

A node keeps its 512 largest features; the rest goes to its quarters. Seen from afar the landmarks stand at once, and
every feature is stored exactly once. Quarters are those of one fixed grid over the Earth, so an edit here does not
move the borders of tiles elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from twin.types import F64, I64, U64

CAPACITY = 512
"""Features that a node keeps for itself, and the most that a leaf takes."""

_BITS = 26  # cells of about half a metre


@dataclass(slots=True, eq=False)
class Node:
    """A tile to be: the features it draws itself (positions in the layer), and its children."""

    name: str
    rows: I64
    children: list[Node] = field(default_factory=list)


def morton(lonlat: F64) -> U64:
    """(n, 2) degrees to (n,) positions on the curve that fills the Earth's quarters one after the other."""
    cells = np.clip(np.floor((lonlat + 180.0) / 360.0 * (1 << _BITS)), 0, (1 << _BITS) - 1).astype(np.uint64)
    return _spread(cells[:, 0]) | (_spread(cells[:, 1]) << np.uint64(1))


def _spread(values: U64) -> U64:
    """Put a zero between every two bits."""
    for shift, mask in (
        (32, 0x00000000FFFFFFFF),
        (16, 0x0000FFFF0000FFFF),
        (8, 0x00FF00FF00FF00FF),
        (4, 0x0F0F0F0F0F0F0F0F),
        (2, 0x3333333333333333),
        (1, 0x5555555555555555),
    ):
        values = (values | (values << np.uint64(shift))) & np.uint64(mask)
    return values


def plan(lonlat: F64, size_m: F64, capacity: int = CAPACITY) -> Node:
    """(n, 2) degrees of the features' middles and (n,) their diagonals to the tree; n > 0.

    Equal sizes keep their order, so the same city always gives the same tree.
    """
    codes = morton(lonlat)
    order = np.argsort(codes, kind="stable")
    root = Node("0", order)
    waiting = [(root, 2 * _BITS)]
    while waiting:
        node, bits = waiting.pop()
        if len(node.rows) <= capacity:
            continue
        importance = np.lexsort((node.rows, -size_m[node.rows]))
        rest = node.rows[np.sort(importance[capacity:])]
        node.rows = node.rows[importance[:capacity]]
        bits = _shared_bits(codes[rest[0]], codes[rest[-1]], bits)
        node.children = _children(node.name, rest, codes, bits, capacity)
        waiting += [(child, bits - 2) for child in node.children]
    return root


def _shared_bits(first: np.uint64, last: np.uint64, bits: int) -> int:
    """How many low bits still differ within a sorted run, rounded up to whole quarters: empty levels are skipped."""
    return min(bits, (int(first ^ last).bit_length() + 1) // 2 * 2)


def _children(name: str, rest: I64, codes: U64, bits: int, capacity: int) -> list[Node]:
    """Quarters 0 to 3; or one child, 4, where a tile takes all; or slices where all stand on one spot."""
    if len(rest) <= capacity:
        return [Node(name + "4", rest)]
    if bits == 0:
        slices = [rest[start : start + capacity] for start in range(0, len(rest), capacity)]
        return [Node(f"{name}-{i}", rows) for i, rows in enumerate(slices)]
    quarter = (codes[rest] >> np.uint64(bits - 2)) & np.uint64(3)
    edges = np.searchsorted(quarter, np.arange(5, dtype=np.uint64))
    return [Node(f"{name}{i}", rest[edges[i] : edges[i + 1]]) for i in range(4) if edges[i] < edges[i + 1]]
