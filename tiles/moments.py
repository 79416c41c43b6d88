"""A layer as it stood at any moment: a step that is kept, or a tree built for that moment from the store's two times.

What is built for a moment is kept for the next who asks; its contents are the layer's own wherever they are the same.
"""

from __future__ import annotations

import os
import re
import threading
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import orjson

from tiles.build import documents_of, frame_of
from tiles.contents import Shelf, write_file
from tiles.gather import gather
from tiles.holdings import Holdings
from tiles.layer import Layer, View, view_of
from tiles.layers import layer_kind
from tiles.ledger import FORMAT, Moment, State, Stored, Totals, read_state
from tiles.packing import Packer, count, frame_token, recipe_of
from twin.errors import NotFound
from twin.store import Store
from twin.types import Bbox

KEPT = 32
"""Moments whose trees are kept; the one that was not asked for longest goes."""

_KEY = re.compile(r"m-?[0-9]{1,19}-[ks]-?[0-9]{1,19}")


@dataclass(frozen=True, slots=True)
class Asked:
    """A moment in two times, UTC seconds: what stood at `at`, as it was known at `known_at` (None: as it is known)."""

    at: int
    known_at: int | None


def asked(at: int | None, known_at: int | None, now: int) -> Asked | None:
    """What a question means; None: as it is now.

    With `at` alone: the tree as it stood then, known then; of a moment to come, what is known of it now.
    With `known_at` alone: what stood then, as it was known then.
    """
    if at is None and known_at is None:
        return None
    if at is None:
        at = known_at
    elif known_at is None and at <= now:
        known_at = at
    assert at is not None
    return Asked(at, None if known_at is None or known_at > now else known_at)


class Moments:
    """Trees of a layer at moments, by a key that a page can put into its addresses."""

    def __init__(self, store: Store, layer: Layer) -> None:
        self._store = store
        self._layer = layer
        self._folder = layer.ledger.folder / "moments"
        self._building = threading.Lock()
        self._views: dict[str, View] = {}

    def find(self, moment: Asked, looked_at: int) -> tuple[str, View]:
        """The key of a moment's tree, and the tree; built now where nobody has asked for it before.

        looked_at  the last change up to which the layer is in step with the store

        Raises `NotFound` where nothing of the layer stood then.
        """
        if moment.known_at is not None and moment.known_at == moment.at:
            n = self._layer.at_moment(moment.at, self._store.change_at(moment.known_at), looked_at)
            if n is not None:
                return str(n), self._layer.at_step(n)
        newest = self._store.newest_change()
        known = f"k{moment.known_at}" if moment.known_at is not None else f"s{newest}"
        key = f"m{moment.at}-{known}"
        with self._building:
            if not self._path(key).exists():
                self._build(key, moment)
        return key, self._read(key)

    def at_key(self, key: str) -> View:
        """The tree of a key that `find` gave. Raises `NotFound` for any other, and for one that is not kept."""
        if key.isascii() and key.isdecimal():
            return self._layer.at_step(int(key))
        return self._read(key)

    def _path(self, key: str) -> Path:
        return self._folder / f"{key}.json"

    def _read(self, key: str) -> View:
        absent = NotFound(f"moment {key}", "its tree is not kept", "Ask for the moment again: ?at=")
        if not _KEY.fullmatch(key):
            raise absent
        if key in self._views:
            return self._views[key]
        try:
            read = orjson.loads(self._path(key).read_bytes())
        except FileNotFoundError as error:
            raise absent from error
        os.utime(self._path(key))
        self._views[key] = view_of(read_state(read["state"]))
        return self._views[key]

    def _build(self, key: str, moment: Asked) -> None:
        kind, about = layer_kind(self._layer.kind), self._layer.about
        gathered = gather(self._store, kind, at=moment.at, known_at=moment.known_at)
        features = gathered.features.take(np.flatnonzero(gathered.features.placed))
        if not len(features):
            raise NotFound(f"layer {kind.id}", "nothing of it stood then, or was known", "Ask for a later moment")
        held = Holdings.of(features)
        frame = frame_of(kind, about.anchor, about.texels, about.images)
        token = frame_token(frame, about.twin)  # the layer's may be an older writer's
        packer = Packer(frame, self._layer.contents, self._layer.ledger.recipes())
        with Shelf(self._layer.contents) as shelf:
            drawn = {}
            for node in held.root.all():
                recipe = recipe_of(token, *held.contents_of(node))
                one = packer.again(recipe)
                if one is None:
                    one = packer.pack(recipe, features.take(np.sort(node.rows)), gathered.meshes, shelf)
                drawn[node.name] = one
            texts = documents_of(held.root, drawn, about, {})
            stored = {name: Stored(shelf.put(text), len(text)) for name, text in texts.items()}
        low, high = features.bounds[:, :2].min(axis=0).tolist(), features.bounds[:, 2:].max(axis=0).tolist()
        totals = Totals(*count(drawn), Bbox(*low, *high))
        state = State(0, about, Moment(moment.at), totals, drawn, stored)
        self._folder.mkdir(exist_ok=True)
        write_file(self._path(key), orjson.dumps({"format": FORMAT, "state": state}))
        self._forget()

    def _forget(self) -> None:
        """Only so many are kept."""
        kept = sorted(self._folder.glob("*.json"), key=lambda path: path.stat().st_mtime)
        for path in kept[:-KEPT]:
            path.unlink()
            self._views.pop(path.stem, None)
