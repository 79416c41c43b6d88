"""Which features a layer holds and which node draws each: what an edit needs to know of the rest of the city."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from tiles import tree
from tiles.features import Features
from tiles.ledger import Arrays, Step
from tiles.revise import Revised, revise
from tiles.tree import Ground, Node, morton, plan
from twin.errors import InvalidValue
from twin.types import I32, I64, U32, U64

_NOWHERE = -1

T = TypeVar("T", bound=np.generic)


@dataclass(slots=True, eq=False)
class Holdings:
    """Features by row, rows by number, and the tree. A feature that changes its place in the order gets a new row."""

    ground: Ground
    stamp: U64
    whole: U32
    row_of: dict[int, int]
    root: Node
    capacity: int
    _home: I32 = field(default_factory=lambda: np.zeros(0, dtype=np.int32))
    _nodes: list[Node] = field(default_factory=list)
    _free: list[int] = field(default_factory=list)
    _most: int = 4096

    @classmethod
    def of(cls, features: Features) -> Holdings:
        """Those of all features of a layer. `InvalidValue` where two have one number."""
        arrays = rows_of(features)
        numbers, counts = np.unique(arrays["number"], return_counts=True)
        if (counts > 1).any():
            twice = int(numbers[counts > 1][0])
            ids = features.table.ids[arrays["number"] == twice].tolist()
            raise InvalidValue(
                f"feature number {twice}", f"{ids} both have it", "Give each feature a number of its own"
            )
        return cls.load(arrays)

    @classmethod
    def load(cls, arrays: Arrays) -> Holdings:
        """From what `save` gave; the tree is planned anew and is the same."""
        capacity = tree.CAPACITY
        ground = Ground(arrays["code"], arrays["size"], arrays["number"])
        rows = np.arange(len(ground.number))
        row_of = dict(zip(ground.number.tolist(), rows.tolist(), strict=True))
        held = cls(ground, arrays["stamp"], arrays["whole"], row_of, plan(ground, rows, capacity), capacity)
        held._home = np.full(len(rows), _NOWHERE, dtype=np.int32)
        held._settle({node.name: node for node in held.root.all()})
        return held

    def save(self) -> Arrays:
        """All features, in the order of their numbers."""
        rows = np.array([self.row_of[number] for number in sorted(self.row_of)], dtype=np.int64)
        return {
            "number": self.ground.number[rows],
            "stamp": self.stamp[rows],
            "code": self.ground.code[rows],
            "size": self.ground.size[rows],
            "whole": self.whole[rows],
        }

    def __len__(self) -> int:
        return len(self.row_of)

    def contents_of(self, node: Node) -> tuple[U32, U64]:
        """(n,) numbers, ascending, and (n,) stamps of the features that a node draws."""
        rows = node.rows[np.argsort(self.ground.number[node.rows], kind="stable")]
        return self.ground.number[rows], self.stamp[rows]

    def node_of(self, number: int) -> Node | None:
        """The node that draws a feature; None where the layer does not hold it."""
        row = self.row_of.get(number)
        return None if row is None else self._nodes[self._home[row]]

    def stamp_of(self, number: int) -> int | None:
        """The stamp of a feature; None where the layer does not hold it."""
        row = self.row_of.get(number)
        return None if row is None else int(self.stamp[row])

    def take(self, step: Step) -> None:
        """Do again what a step of the ledger did."""
        put = np.array(step.put, dtype=object).reshape(-1, 5)
        self.exchange(
            {
                "number": put[:, 0].astype(np.uint32),
                "stamp": put[:, 1].astype(np.uint64),
                "code": put[:, 2].astype(np.uint64),
                "size": put[:, 3].astype(np.float64),
                "whole": put[:, 4].astype(np.uint32),
            },
            list(step.gone),
        )

    def exchange(self, put: Arrays, gone: list[int]) -> Revised:
        """Take features in, new or in another state, and others out; which nodes draw other things than before.

        `put` as `rows_of` gives it. Numbers that are `gone` and not held are no error.
        """
        fresh, lost, restamped = [], [self.row_of.pop(number) for number in gone if number in self.row_of], []
        for i, number in enumerate(put["number"].tolist()):
            row = self.row_of.get(number)
            if row is not None and (self.ground.code[row], self.ground.size[row]) == (put["code"][i], put["size"][i]):
                self.stamp[row], self.whole[row] = put["stamp"][i], put["whole"][i]
                restamped.append(row)
                continue
            if row is not None:
                lost.append(row)
            fresh.append(i)
        added = self._rows_for(len(fresh))
        self._fill(added, put, np.array(fresh, dtype=np.int64))
        removed = np.array(lost, dtype=np.int64)
        revised = revise(self.ground, self.root, added, removed, self.capacity)
        self._home[removed], self.whole[removed] = _NOWHERE, 0
        self._free += lost
        self._settle(revised.touched)
        revised.touched |= {node.name: node for node in (self._nodes[self._home[row]] for row in restamped)}
        return revised

    def _rows_for(self, count: int) -> I64:
        """Free rows; the arrays grow where there are not enough."""
        missing = count - len(self._free)
        if missing > 0:
            length = len(self.ground.number)
            more = max(missing, length // 8, 64)
            ground = self.ground
            self.ground = Ground(_longer(ground.code, more), _longer(ground.size, more), _longer(ground.number, more))
            self.stamp, self.whole = _longer(self.stamp, more), _longer(self.whole, more)
            self._home = _longer(self._home, more)
            self._free += range(length, length + more)
        return np.array([self._free.pop() for _ in range(count)], dtype=np.int64)

    def _fill(self, rows: I64, put: Arrays, chosen: I64) -> None:
        self.ground.number[rows], self.stamp[rows] = put["number"][chosen], put["stamp"][chosen]
        self.ground.code[rows], self.ground.size[rows] = put["code"][chosen], put["size"][chosen]
        self.whole[rows] = put["whole"][chosen]
        self.row_of.update(zip(put["number"][chosen].tolist(), rows.tolist(), strict=True))

    def _settle(self, touched: dict[str, Node]) -> None:
        """Remember where the rows of some nodes are."""
        for node in touched.values():
            self._home[node.rows] = len(self._nodes)
            self._nodes.append(node)
        if len(self._nodes) > self._most:
            nodes = {node.name: node for node in self.root.all()}
            self._nodes, self._most = [], 4096 + 4 * len(nodes)
            self._settle(nodes)


def _longer(array: NDArray[T], more: int) -> NDArray[T]:
    return np.concatenate((array, np.zeros(more, dtype=array.dtype)))


def rows_of(features: Features) -> Arrays:
    """What the layer remembers of features: number, stamp, code, size, number of the whole."""
    return {
        "number": features.table.numbers.astype(np.uint32),
        "stamp": features.stamp,
        "code": morton(features.middles),
        "size": features.sizes(),
        "whole": features.whole,
    }
