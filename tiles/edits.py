"""One edit of a layer: from the numbers of entities that changed to the contents of the tiles that draw them.

With their families (a whole and its parts decide together what is drawn) the entities are read again and held against
what the layer holds: some features come, go, move in the order of importance, or only look different. The tree is
revised, and the nodes that draw something else are packed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from tiles.build import documents_of, frame_of
from tiles.contents import Shelf
from tiles.gather import Gathered, gather
from tiles.holdings import Holdings, rows_of
from tiles.layer import Layer
from tiles.ledger import Arrays, Drawn, Piece, State, Step, Stored, Totals
from tiles.packing import Packer, count, recipe_of
from tiles.tileset import Given, tile_names
from tiles.tree import Node
from twin.kinds import Kind
from twin.store import Store
from twin.types import Bbox

_FEW = 8  # features of a node that are looked at one by one


class Overtaken(Exception):
    """Features changed between the reading of the change log and their own: it has to be read again."""


@dataclass(slots=True)
class Known:
    """What the documents say of tiles, by tile, and what was made before, by recipe."""

    given: dict[str, Given] = field(default_factory=dict)
    drawn: dict[str, Drawn] = field(default_factory=dict)


class Edit:
    """One step being made.

    packed  contents that were made
    read    numbers of all entities that were looked at
    """

    def __init__(self, store: Store, kind: Kind, layer: Layer, held: Holdings, known: Known) -> None:
        self._store = store
        self._kind = kind
        self._layer = layer
        self._held = held
        self._given = known.given
        about = layer.view.state.about
        self._packer = Packer(frame_of(kind, about.anchor, about.texels, about.images), layer.contents, known.drawn)
        self._pool: Gathered | None = None
        self._stamp_before: dict[int, int] = {}
        self.packed = 0
        self.read: set[int] = set()

    def run(self, state: State, numbers: list[int], shelf: Shelf) -> Step | None:
        """The step, its contents on the shelf; its moment is the old one. None where nothing is different."""
        put, gone, bbox = self._differences(self._with_wholes(numbers))
        if not len(put["number"]) and not gone:
            return None
        revised = self._held.exchange(put, gone)
        before = {name: state.drawn[name] for name in (*revised.touched, *revised.dropped) if name in state.drawn}
        drawn = self._pack(list(revised.touched.values()), before, shelf)
        stored = None
        if revised.dropped or not self._documents_hold(before, drawn):
            whole = {name: one for name, one in state.drawn.items() if name not in revised.dropped} | drawn
            texts = documents_of(self._held.root, whole, state.about, self._given)
            stored = {name: Stored(shelf.put(text), len(text)) for name, text in texts.items()}
        columns = (put[name].tolist() for name in ("number", "stamp", "code", "size", "whole"))
        return Step(
            state.n + 1,
            state.moment,
            _totals(state.totals, before, drawn, bbox),
            {name: one for name, one in drawn.items() if before.get(name) != one},
            tuple(sorted(revised.dropped)),
            stored if stored != state.documents else None,
            tuple(zip(*columns, strict=True)),
            tuple(gone),
        )

    def _with_wholes(self, numbers: list[int]) -> list[int]:
        """Also the wholes that changed parts were parts of: they may stand somewhere else now."""
        rows = [self._held.row_of[number] for number in numbers if number in self._held.row_of]
        wholes = self._held.whole[rows].tolist()
        return sorted({*numbers, *(whole for whole in wholes if whole)})

    def _differences(self, numbers: list[int]) -> tuple[Arrays, list[int], Bbox | None]:
        """What the layer does not hold as it is now, what it holds and should not, and where the former stands."""
        self._pool = gathered = gather(self._store, self._kind, numbers=numbers)
        features = gathered.features.take(np.flatnonzero(gathered.features.placed))
        rows = rows_of(features)
        now = rows["number"].tolist()
        self.read = {*numbers, *gathered.read.tolist()}
        gone = sorted(number for number in self.read - set(now) if number in self._held.row_of)
        held = [self._held.stamp_of(number) for number in now]
        differs = np.array([old != new for old, new in zip(held, rows["stamp"].tolist(), strict=True)], dtype=bool)
        self._stamp_before = {
            number: old for number, old, new in zip(now, held, differs, strict=True) if new and old is not None
        }
        bounds = features.bounds[differs]
        bbox = None
        if len(bounds):
            bbox = Bbox(*bounds[:, :2].min(axis=0).tolist(), *bounds[:, 2:].max(axis=0).tolist())
        return {name: array[differs] for name, array in rows.items()}, gone, bbox

    def _pack(self, nodes: list[Node], before: Mapping[str, Drawn], shelf: Shelf) -> dict[str, Drawn]:
        """What each node draws. Raises `Overtaken` where the store holds something else by now."""
        drawn: dict[str, Drawn] = {}
        missing: list[tuple[Node, str]] = []
        for node in nodes:
            recipe = recipe_of(self._layer.view.state.about.token, *self._held.contents_of(node))
            again = self._packer.again(recipe)
            if again is None:
                missing.append((node, recipe))
            else:
                drawn[node.name] = again
        for node, recipe in missing:
            made = self._refit(node, recipe, before[node.name], shelf) if node.name in before else None
            if made is None:
                gathered = self._gather(node)
                made = self._packer.pack(recipe, gathered.features, gathered.meshes, shelf)
            drawn[node.name] = made
            self.packed += len(drawn[node.name].pieces)
        return drawn

    def _refit(self, node: Node, recipe: str, old: Drawn, shelf: Shelf) -> Drawn | None:
        """What a node draws in which but a few features look different; None: it has to be packed anew."""
        numbers, stamps = self._held.contents_of(node)
        changed = np.array([at for at, n in enumerate(numbers.tolist()) if n in self._stamp_before], dtype=np.int64)
        if self._pool is None or not 0 < len(changed) <= _FEW:
            return None
        were = stamps.copy()
        were[changed] = [self._stamp_before[number] for number in numbers[changed].tolist()]
        token = self._layer.view.state.about.token
        if recipe_of(token, numbers, were) != old.recipe or sum(one.features for one in old.pieces) != len(numbers):
            return None
        features = self._pool.features
        rows = np.searchsorted(features.table.numbers, numbers[changed])
        largest = float(self._held.ground.size[node.rows].max())
        return self._packer.refit(recipe, old, features.take(rows), largest, shelf)

    def _gather(self, node: Node) -> Gathered:
        """The features of a node as the store has them, exactly those that the layer holds."""
        numbers, stamps = self._held.contents_of(node)
        gathered = self._pool
        if gathered is None or not np.isin(numbers, gathered.features.table.numbers).all():
            gathered = gather(self._store, self._kind, numbers=numbers.tolist())
        features = gathered.features.take(np.flatnonzero(np.isin(gathered.features.table.numbers, numbers)))
        if not np.array_equal(features.table.numbers, numbers) or not np.array_equal(features.stamp, stamps):
            raise Overtaken
        return replace(gathered, features=features)

    def _documents_hold(self, before: Mapping[str, Drawn], drawn: Mapping[str, Drawn]) -> bool:
        """Whether the documents are right for the new contents: the same tiles, in their boxes, under their errors."""
        for name, one in drawn.items():
            old = before.get(name)
            if old == one:
                continue
            if old is None or not one.pieces or _shape(old) != _shape(one):
                return False
            pairs = zip(tile_names(name, one), old.pieces, one.pieces, strict=True)
            if not all(self._holds(tile, *pair) for tile, *pair in pairs):
                return False
        return True

    def _holds(self, tile: str, old: Piece, new: Piece) -> bool:
        given = self._given[tile]
        return new.largest <= old.largest and new.missing <= given.error and given.holds(new)


def _shape(drawn: Drawn) -> list[bool]:
    """Which pieces replace the one before."""
    return [piece.replaces for piece in drawn.pieces]


def _totals(totals: Totals, before: Mapping[str, Drawn], drawn: Mapping[str, Drawn], bbox: Bbox | None) -> Totals:
    """What a layer holds after some nodes became others."""
    old, new = count(before), count(drawn)
    features, tiles, size = (
        total - lost + won
        for total, lost, won in zip((totals.features, totals.tiles, totals.bytes), old, new, strict=True)
    )
    return Totals(features, tiles, size, _around(totals.bbox, bbox))


def _around(a: Bbox, b: Bbox | None) -> Bbox:
    if b is None:
        return a
    return Bbox(min(a.west, b.west), min(a.south, b.south), max(a.east, b.east), max(a.north, b.north))
