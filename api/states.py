"""States of features for the pages: columns of numbers and classes, kept with a version, and what changed since one.

A state is data: an attribute of a kind (`building.use`), or a layer of a scene that draws tiles and declares a `value`
(`command_wall.in_order`): a column of its query's rows, or an attribute where it has no query. A layer of cells has a
state for each kind of cells (`command_wall.people@h3-10`), which numbers them by their positions in the lattice. A
state is worked out when somebody asks for it or follows it, and anew when the model, the live values or the stays
have changed.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import brotli
import numpy as np

from api.tilesets import Tilesets
from scenes import SCENES
from scenes.base import City, Layer, Query
from scenes.cells import lattice_of
from tiles.contents import content_hash
from tiles.gather import PARTS
from tiles.layers import layer_kinds
from tiles.state import StateColumn, classes_of, column_of, differences, encode, merged
from twin.errors import NotFound
from twin.geo.lattice import Lattice
from twin.kinds import BY_ID
from twin.store.values import FIELDS

LEAST_INTERVAL_S = 1.0
"""Shortest time between two workings-out of one state; a slow one is given ten times as long as it takes."""

CELLS_EVERY_S = 60.0
"""States of cells look back from now, and stays come unannounced: while somebody follows one, it is looked at again."""

MOST_TOLD = 20_000
"""Changes that are told one by one; for more, the page takes the whole column again."""

_KEPT = 256  # differences that are remembered of a state


@dataclass(frozen=True, slots=True)
class Declared:
    """Where a state comes from: a column of a query's rows, or without a query an attribute of the kind.

    cells   the kind of cells whose state it is; empty: a kind's
    """

    id: str
    kind: str
    value: str
    title_en: str
    title_zh: str
    query: Query | None = None
    params: Any = None
    cells: str = ""
    unit: str = ""
    needs: str = ""


@dataclass(frozen=True, eq=False)
class Current:
    """A state at one version."""

    version: int
    column: StateColumn

    @cached_property
    def body(self) -> bytes:
        """As it goes over the wire."""
        return encode(self.column, self.version)

    @cached_property
    def packed(self) -> bytes:
        """The same, compressed."""
        return bytes(brotli.compress(self.body, quality=4))

    @cached_property
    def tag(self) -> str:
        """Stands for the content."""
        return content_hash(self.body)


@dataclass(eq=False)
class _Kept:
    """One state, what it was worked out from, and its last differences, newest last. `lattice`: what numbers cells."""

    declared: Declared
    current: Current
    token: tuple[int, ...]
    next_at: float
    lattice: Lattice | None = None
    changes: deque[tuple[int, StateColumn]] = field(default_factory=lambda: deque(maxlen=_KEPT))
    lock: threading.Lock = field(default_factory=threading.Lock)


class States:
    """All states of a twin; see the module."""

    def __init__(self, city: City, tilesets: Tilesets) -> None:
        self._city = city
        self._tilesets = tilesets
        self._declared = {one.id: one for one in declared_states()}
        self._kept: dict[str, _Kept] = {}
        self._making = threading.Lock()
        self._listeners: list[Callable[[], object]] = []
        self._timer: threading.Timer | None = None
        self._due = 0.0

    def close(self) -> None:
        """Nothing more is worked out by itself."""
        if self._timer is not None:
            self._timer.cancel()

    def listen(self, wake: Callable[[], object]) -> Callable[[], None]:
        """Call `wake` whenever a state may be another one; gives what ends that."""
        self._listeners.append(wake)
        stop = self._tilesets.listen_to_store(wake)

        def end() -> None:
            self._listeners.remove(wake)
            stop()

        return end

    def declared(self) -> list[Declared]:
        """Every state that a scene declares."""
        return list(self._declared.values())

    def current(self, id_: str) -> Current:
        """A state as it is now, or was less than an interval ago. Raises `NotFound` for one that does not exist."""
        kept = self._kept.get(id_)
        if kept is None:
            with self._making:
                kept = self._kept.get(id_) or self._first(id_)
                self._kept[id_] = kept
        with kept.lock:
            self._renew(kept)
            return kept.current

    def messages(self, seen: dict[str, int]) -> list[dict[str, Any]]:
        """What changed in each state after the version that a page has of it; `seen` then holds the newest versions.

        numbers, values   features and their new value or class; None: nothing is known of it any more
        whole             more changed than is told one by one: the column has to be taken again
        """
        told: list[dict[str, Any]] = []
        for id_, version in list(seen.items()):
            try:
                current = self.current(id_)
            except NotFound:
                del seen[id_]
                told.append({"type": "error", "thing": f"state {id_}", "reason": "there is no such state"})
                continue
            if self._kept[id_].declared.cells:
                self._wake_later(CELLS_EVERY_S)
            if current.version == version:
                continue
            seen[id_] = current.version
            told.append({"type": "states", "layer": id_, "version": current.version, **self._since(id_, version)})
        return told

    def _since(self, id_: str, version: int) -> dict[str, Any]:
        kept = self._kept[id_]
        with kept.lock:
            newer = [change for n, change in kept.changes if n > version]
            complete = len(newer) == kept.current.version - version
        if not complete or not newer or sum(len(change.numbers) for change in newer) > MOST_TOLD:
            return {"whole": True, "numbers": [], "values": []}
        change = merged(newer)
        told = {"numbers": change.numbers.tolist(), "values": change.values.tolist()}  # NaN becomes null in JSON
        return {"whole": False, "classes": change.classes, **told}

    def _first(self, id_: str) -> _Kept:
        declared = self._declared.get(id_) or _attribute_state(id_)
        token, began = self._token(declared), time.monotonic()
        column = self._work_out(declared, ())
        kept = _Kept(declared, Current(int(time.time()), column), token, 0.0, self._lattice(declared))
        kept.next_at = _next_at(began)
        return kept

    def _renew(self, kept: _Kept) -> None:
        """Work a state out again, where what it comes from has changed and its time has come."""
        token, now = self._token(kept.declared), time.monotonic()
        if token == kept.token:
            return
        if now < kept.next_at:
            self._wake_later(kept.next_at - now)
            return
        before = kept.current
        column = self._work_out(kept.declared, before.column.classes)
        kept.token, kept.next_at = token, _next_at(now)
        if kept.lattice is not (lattice := self._lattice(kept.declared)):  # numbers mean other cells: all is new
            kept.lattice, kept.current = lattice, Current(before.version + 1, column)
            kept.changes.clear()
            return
        change = differences(before.column, column)
        if len(change.numbers):
            kept.current = Current(before.version + 1, column)
            kept.changes.append((kept.current.version, change))

    def _wake_later(self, seconds: float) -> None:
        """What changed last in an interval is told when the interval is over. An earlier waking that is due stands."""
        due = time.monotonic() + seconds
        with self._making:
            if self._timer is not None and self._due <= due:
                return
            if self._timer is not None:
                self._timer.cancel()
            self._due, self._timer = due, threading.Timer(seconds, self._wake)
            self._timer.daemon = True
            self._timer.start()

    def _wake(self) -> None:
        with self._making:
            self._timer = None
        for wake in list(self._listeners):
            wake()

    def _token(self, declared: Declared) -> tuple[int, ...]:
        """What the state depends on; what is told by cell looks back from now, so it changes with the minutes, too."""
        city = self._city
        newest = city.store.newest_change(), city.live.hub.cursor if declared.query else 0
        if not declared.cells:
            return newest
        stays = city.presence.stats().snapshot if city.presence is not None else 0
        return *newest, stays, int(time.time()) // 60

    def _lattice(self, declared: Declared) -> Lattice | None:
        return lattice_of(self._city.store, declared.cells) if declared.cells else None

    def _work_out(self, declared: Declared, classes: Sequence[str]) -> StateColumn:
        store = self._city.store
        if declared.query is None:
            given = store.values(declared.kind, declared.value)
            known = dict(zip(given.ids, given.values, strict=True))
            numbers = dict(zip(given.ids, given.numbers.tolist(), strict=True))
        else:
            rows = declared.query.run(self._city, declared.params)["rows"]
            known = {str(row["id"]): row[declared.value] for row in rows if row.get("id") is not None}
            if declared.cells:
                return _by_cell(lattice_of(store, declared.cells), known)
            numbers = store.numbers(list(known))
        pairs = [(number, known[id_]) for id_, number in numbers.items()]
        return _typed([*pairs, *self._parts(declared, known)], classes)

    def _parts(self, declared: Declared, known: dict[str, Any]) -> list[tuple[int, Any]]:
        """Parts that are drawn for their whole are in the whole's state, where they say nothing of their own."""
        part_kind = PARTS.get(declared.kind)
        if part_kind is None or not self._city.store.holds(part_kind):
            return []
        parts = self._city.store.values(part_kind, declared.value if declared.query is None else "")
        return [
            (number, known.get(parent) if value is None else value)
            for number, parent, value in zip(parts.numbers.tolist(), parts.parents, parts.values, strict=True)
        ]


def _by_cell(cells: Lattice, known: dict[str, Any]) -> StateColumn:
    places = cells.named(list(known))
    values = np.array(list(known.values()), dtype=np.float64)
    return column_of(places[places >= 0].astype(np.uint32), values[places >= 0])


def _next_at(began: float) -> float:
    now = time.monotonic()
    return now + max(LEAST_INTERVAL_S, 10 * (now - began))


def _typed(pairs: Sequence[tuple[int, Any]], classes: Sequence[str]) -> StateColumn:
    """(number, value or None) pairs to a column of values where all are numbers, else of classes."""
    known = [(number, value) for number, value in pairs if value is not None]
    numbers = np.array([number for number, _ in known], dtype=np.uint32)
    values = np.empty(len(known), dtype=object)
    values[:] = [value for _, value in known]
    if not classes:
        try:
            return column_of(numbers, values.astype(np.float64))
        except ValueError:
            pass  # words: they are classes
    return classes_of(numbers, values, classes)


def _attribute_state(id_: str) -> Declared:
    """`building.use`: any attribute of a kind that is tiled, unless it is kept from readers."""
    kind_id, _, name = id_.partition(".")
    kind = BY_ID.get(kind_id)
    absent = NotFound(f"state {id_}", "there is no such state", "See /state; any attribute too: building.use")
    if kind is None or kind not in layer_kinds() or name in kind.sensitive or not name.isidentifier():
        raise absent
    declared = {*FIELDS, *kind.attributes.model_fields, *(column.name for column in kind.columns)}
    if name not in declared:
        raise absent
    return Declared(id_, kind_id, name, name, name)


def declared_states() -> list[Declared]:
    """The layers of all scenes that draw tiles or cells and declare a value. ValueError for one that cannot be."""
    found: list[Declared] = []
    for scene in SCENES:
        queries = {query.id: query for query in scene.queries}
        for layer in scene.layers:
            if layer.form == "tiles3d" and layer.value:
                found.append(_declared(scene.id, layer, queries))
            elif layer.form == "cells":
                found += [_of_cells(scene.id, layer, queries, cells) for cells in layer.cells]
    return found


def _of_cells(scene: str, layer: Layer, queries: dict[str, Query], cells: str) -> Declared:
    if not layer.query or not layer.value:
        raise ValueError(f"layer {scene}.{layer.id} shows cells and names no query or no value")
    query = queries[layer.query]
    if query.persons:
        raise ValueError(f"layer {scene}.{layer.id} colours cells by a question about persons")
    params = query.params.model_validate({**layer.params, "cells": cells})
    return Declared(
        id=f"{scene}.{layer.id}@{cells}",
        kind="",
        value=layer.value,
        title_en=layer.title_en,
        title_zh=layer.title_zh,
        query=query,
        params=params,
        cells=cells,
        unit=layer.unit,
        needs=layer.needs,
    )


def _declared(scene: str, layer: Layer, queries: dict[str, Query]) -> Declared:
    if not layer.kind or not layer.value:
        raise ValueError(f"layer {scene}.{layer.id} colours tiles and names no kind")
    query = queries[layer.query] if layer.query else None
    if query is not None and query.persons:
        raise ValueError(f"layer {scene}.{layer.id} colours tiles by a question about persons")
    params = query.params.model_validate(dict(layer.params)) if query else None
    return Declared(
        f"{scene}.{layer.id}", layer.kind, layer.value, layer.title_en, layer.title_zh, query=query, params=params
    )
