"""The tree after an edit: only the nodes that the edit concerns are touched, and the tree is the one that a plan of
all features would give.

A node keeps its most important features. What joins it pushes the least important one down to a child, what leaves it
lets the most important one below it rise: either goes on down one path. Where an edit changes the cell whose quarters
the children are, what lies below is planned anew.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from tiles.tree import CAPACITY, Ground, Node, grow, grow_below, quarter_node
from twin.types import I64

NONE = np.zeros(0, dtype=np.int64)


@dataclass(slots=True)
class Revised:
    """Nodes that draw other features than before, by name, and names of nodes that are no more."""

    touched: dict[str, Node] = field(default_factory=dict)
    dropped: set[str] = field(default_factory=set)


def revise(ground: Ground, root: Node, added: I64, removed: I64, capacity: int = CAPACITY) -> Revised:
    """Take rows out of the tree and others into it.

    `added` rows are in no node, `removed` ones are in one. A feature that moved is removed as one row and added as
    another. The tree is changed in place.
    """
    revision = _Revision(ground, capacity)
    revision.node(root, added, removed)
    revision.done.dropped -= revision.done.touched.keys()
    return revision.done


@dataclass(slots=True)
class _Revision:
    ground: Ground
    capacity: int
    done: Revised = field(default_factory=Revised)

    def node(self, node: Node, added: I64, removed: I64) -> None:
        """Revise a node whose arrivals lose `removed` and gain `added`."""
        if not len(added) and not len(removed):
            return
        total = node.total + len(added) - len(removed)
        # While no more go than a node keeps, what rises is among what the children keep themselves.
        if total <= self.capacity or len(removed) > self.capacity or node.split == 0:
            self._anew(node, added, removed)
            return
        stay = node.rows[~self.ground.among(node.rows, removed)]
        below = np.concatenate([NONE, *(child.rows for child in node.children)])
        below = below[~self.ground.among(below, removed)]
        kept = self.ground.foremost(np.concatenate((stay, added, below)), self.capacity)
        sunk = np.concatenate((stay, added))
        sunk = sunk[~self.ground.among(sunk, kept)]
        risen = below[self.ground.among(below, kept)]
        gone = removed[~self.ground.among(removed, node.rows)]
        if len(risen) or len(stay) < len(node.rows) or self.ground.among(added, kept).any():
            self.done.touched[node.name] = node
        node.rows, node.total = kept, total
        self._below(node, sunk, np.concatenate((risen, gone)))

    def _below(self, node: Node, added: I64, removed: I64) -> None:
        """Revise what is below a node."""
        left = node.total - len(node.rows)
        fits = left <= self.capacity
        if fits and len(node.children) == 1 and node.split is None:
            self._only_child(node, added, removed)
        elif fits or node.split is None or not self._quarters(node, added, removed, node.split):
            self._below_anew(node, added, removed)

    def _only_child(self, node: Node, added: I64, removed: I64) -> None:
        child = node.children[0]
        rows = child.rows[~self.ground.among(child.rows, removed)]
        if not len(added) and len(rows) == len(child.rows):
            return
        child.rows = self.ground.ranked(np.concatenate((rows, added)))
        child.total = len(child.rows)
        if child.total:
            self.done.touched[child.name] = child
        else:
            self._drop(child)
            node.children = []

    def _quarters(self, node: Node, added: I64, removed: I64, split: int) -> bool:
        """Hand the changes on to the quarters; False where they are no longer those of the smallest cell."""
        shift = np.uint64(split - 2)
        joins, leaves = self.ground.code[added] >> shift, self.ground.code[removed] >> shift
        children = {child.quarter: child for child in node.children}
        cell = node.children[0].quarter
        assert cell is not None
        if len(joins) and (joins >> np.uint64(2) != np.uint64(cell >> 2)).any():
            return False
        totals = {quarter: child.total for quarter, child in children.items()}
        for quarter in joins.tolist():
            totals[quarter] = totals.get(quarter, 0) + 1
        for quarter in leaves.tolist():
            totals[quarter] -= 1
        if sum(total > 0 for total in totals.values()) < 2:
            return False
        for quarter in sorted({*joins.tolist(), *leaves.tolist()}):
            child = children.get(quarter)
            if child is None:
                child = children[quarter] = quarter_node(quarter, split)
            if totals[quarter]:
                self.node(child, added[joins == quarter], removed[leaves == quarter])
            else:
                self._drop(children.pop(quarter))
        node.children = [children[quarter] for quarter in sorted(children, key=lambda quarter: quarter or 0)]
        return True

    def _anew(self, node: Node, added: I64, removed: I64) -> None:
        """Plan a node and all below it again."""
        rows = np.concatenate([each.rows for each in node.all()])
        for each in node.all():
            self._drop(each)
        grow(self.ground, node, np.concatenate((rows[~self.ground.among(rows, removed)], added)), self.capacity)
        self.done.touched |= {each.name: each for each in node.all()}

    def _below_anew(self, node: Node, added: I64, removed: I64) -> None:
        old = [each for child in node.children for each in child.all()]
        rows = np.concatenate([NONE, *(each.rows for each in old)])
        for each in old:
            self._drop(each)
        grow_below(self.ground, node, np.concatenate((rows[~self.ground.among(rows, removed)], added)), self.capacity)
        self.done.touched |= {each.name: each for child in node.children for each in child.all()}

    def _drop(self, node: Node) -> None:
        """Forget a node; one of the same name may come back."""
        for each in node.all():
            self.done.dropped.add(each.name)
            self.done.touched.pop(each.name, None)
