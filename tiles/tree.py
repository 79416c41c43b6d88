"""Which feature is drawn in which tile: a tree refined by adding, the most important features first.

A node keeps its 512 largest features; the rest goes to its quarters. Seen from afar the landmarks stand at once, and
every feature is stored exactly once. Quarters are those of one fixed grid over the Earth and give tiles their names,
so an edit here neither moves the borders of tiles elsewhere nor renames them. The tree follows from the set of
features alone: in which order they came does not matter (`tiles.revise` keeps to that).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from twin.types import F64, I64, U32, U64, Bools

CAPACITY = 512
"""Features that a node keeps for itself, and the most that a leaf takes."""

BITS = 52
"""Of a position on the curve: two for each of 26 levels; cells of about half a metre."""

ROOT = "0"


@dataclass(slots=True, eq=False)
class Ground:
    """What the tree is made of, by row; rows that no node holds are free.

    code    (n,) position on the curve that fills the Earth's quarters one after the other
    size    (n,) metres: the larger, the more important
    number  (n,) the stable number; the lower goes first where sizes are equal
    """

    code: U64
    size: F64
    number: U32
    _mark: Bools = field(default_factory=lambda: np.zeros(0, dtype=bool))

    def ranked(self, rows: I64) -> I64:
        """Rows, the most important first."""
        order: I64 = np.lexsort((self.number[rows], -self.size[rows]))
        return rows[order]

    def foremost(self, rows: I64, count: int) -> I64:
        """The most important of some rows, in their order; all of them where there are fewer."""
        if len(rows) > 2 * count:
            sizes = self.size[rows]
            rows = rows[sizes >= np.partition(sizes, len(sizes) - count)[len(sizes) - count]]
        return self.ranked(rows)[:count]

    def among(self, rows: I64, others: I64) -> Bools:
        """Which rows are among others."""
        if len(self._mark) < len(self.code):
            self._mark = np.zeros(len(self.code), dtype=bool)
        self._mark[others] = True
        found: Bools = self._mark[rows]
        self._mark[others] = False
        return found


@dataclass(slots=True, eq=False)
class Node:
    """A tile to be.

    rows      the features that it draws itself, the most important first
    total     how many it and all below it draw
    split     how many low bits of the code differ within the cell whose quarters the children are; None: they are none
    quarter   as a child that is a quarter: the bits of the code above that quarter and its own two
    """

    name: str
    rows: I64
    total: int
    split: int | None = None
    quarter: int | None = None
    children: list[Node] = field(default_factory=list)

    def all(self) -> Iterator[Node]:
        """This node and all below it."""
        waiting = [self]
        while waiting:
            node = waiting.pop()
            yield node
            waiting += node.children


def morton(lonlat: F64) -> U64:
    """(n, 2) degrees to (n,) positions on the curve that fills the Earth's quarters one after the other."""
    most = (1 << BITS // 2) - 1
    cells = np.clip(np.floor((lonlat + 180.0) / 360.0 * (most + 1)), 0, most).astype(np.uint64)
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


def plan(ground: Ground, rows: I64, capacity: int = CAPACITY) -> Node:
    """The tree of some rows; a tree without rows is one empty node."""
    root = Node(ROOT, rows, len(rows))
    grow(ground, root, rows, capacity)
    return root


def grow(ground: Ground, node: Node, arrivals: I64, capacity: int) -> None:
    """Give a node, and all that it needs below it, exactly these rows."""
    order = arrivals[np.argsort(ground.code[arrivals], kind="stable")]
    waiting = [(node, order)]
    while waiting:
        node, order = waiting.pop()
        node.rows, node.total = ground.foremost(order, capacity), len(order)
        node.children, node.split = [], None
        if len(order) > capacity:
            waiting += _hand_down(ground, node, order[~ground.among(order, node.rows)], capacity)


def grow_below(ground: Ground, node: Node, rest: I64, capacity: int) -> None:
    """Give the nodes below a node, which keeps its own rows, exactly these rows."""
    order = rest[np.argsort(ground.code[rest], kind="stable")]
    node.children, node.split = [], None
    for child, rows in _hand_down(ground, node, order, capacity):
        grow(ground, child, rows, capacity)


def _hand_down(ground: Ground, node: Node, rest: I64, capacity: int) -> list[tuple[Node, I64]]:
    """Make the children of a node for what it does not keep, rows in the order of their codes.

    One child, 4, where a tile takes all; else the quarters of the smallest cell that holds all; else slices where all
    stand on one spot.
    """
    if not len(rest):
        return []
    if len(rest) <= capacity:
        pairs = [(Node(node.name + "4", rest, len(rest)), rest)]
    else:
        codes = ground.code[rest]
        node.split = differing_bits(int(codes[0]), int(codes[-1]))
        pairs = _slices(ground, node, rest, capacity) if node.split == 0 else _quarters(node, rest, codes, node.split)
    node.children = [child for child, _ in pairs]
    return pairs


def differing_bits(first: int, last: int) -> int:
    """How many low bits differ between two codes, rounded up to whole quarters."""
    return ((first ^ last).bit_length() + 1) // 2 * 2


def _slices(ground: Ground, node: Node, rest: I64, capacity: int) -> list[tuple[Node, I64]]:
    ranked = ground.ranked(rest)
    parts = [ranked[start : start + capacity] for start in range(0, len(rest), capacity)]
    return [(Node(f"{node.name}-{i}", part, len(part)), part) for i, part in enumerate(parts)]


def _quarters(node: Node, rest: I64, codes: U64, split: int) -> list[tuple[Node, I64]]:
    quarter = codes >> np.uint64(split - 2)
    starts = np.flatnonzero(np.diff(quarter, prepend=~quarter[:1]))
    ends = np.append(starts[1:], len(rest))
    pairs = []
    for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
        child = quarter_node(int(quarter[start]), split)
        pairs.append((child, rest[start:end]))
    return pairs


def quarter_node(quarter: int, split: int) -> Node:
    """An empty child for a quarter of a cell; its name is the path to it through the quarters of the Earth."""
    levels = (BITS - split + 2) // 2
    path = "".join(str(quarter >> 2 * level & 3) for level in reversed(range(levels)))
    return Node(ROOT + path, np.zeros(0, dtype=np.int64), 0, quarter=quarter)
