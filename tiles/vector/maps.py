"""The maps of one twin: layers are read once for each state of the model, tiles kept while it lasts."""

from __future__ import annotations

import threading
from functools import lru_cache
from typing import Any

from tiles.vector.cut import cut
from tiles.vector.hexagons import cell_tile
from tiles.vector.layers import VectorLayer, VectorMap, vector_map
from tiles.vector.mercator import DEEPEST, TileAddress
from tiles.vector.source import LayerSource, load
from twin.store import Store

TILES_KEPT = 4096


class Maps:
    """Vector tiles of a store. Safe for many threads."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._loading = threading.Lock()
        self._sources: dict[str, tuple[int, LayerSource]] = {}
        self._tile = lru_cache(maxsize=TILES_KEPT)(self._cut)

    def version(self, map: VectorMap) -> int:
        """Changes whenever a tile of the map may: the number of the model's last change."""
        return 0 if map.cells else self._store.newest_change()

    def tile(self, map: VectorMap, address: TileAddress) -> bytes:
        """One tile of the map as it stands now; empty bytes where nothing lies in it."""
        return self._tile(map.id, self.version(map), address)

    def _cut(self, id: str, version: int, address: TileAddress) -> bytes:
        map = vector_map(id)
        if map.cells:
            return cell_tile(address)
        shown = [layer for layer in map.layers if layer.from_zoom <= address.z]
        return cut(address, [(layer, self._source(layer, version)) for layer in shown])

    def _source(self, layer: VectorLayer, version: int) -> LayerSource:
        with self._loading:
            kept = self._sources.get(layer.id)
            if kept is None or kept[0] != version:
                kept = version, load(self._store, layer)
                self._sources[layer.id] = kept
            return kept[1]

    def tilejson(self, map: VectorMap, address: str) -> dict[str, Any]:
        """TileJSON 3.0.0: what a client needs to know. `address` is the template of a tile's address."""
        extent = self._store.extent()
        layers = [
            {"id": layer.id, "minzoom": layer.from_zoom, "maxzoom": DEEPEST, "fields": _fields(layer)}
            for layer in map.layers
        ] or [{"id": "cells", "minzoom": 3, "maxzoom": DEEPEST, "fields": {"id": "String", "res": "Number"}}]
        document = {
            "tilejson": "3.0.0",
            "name": map.title_en,
            "tiles": [address],
            "minzoom": min(int(str(layer["minzoom"])) for layer in layers),
            "maxzoom": DEEPEST,
            "vector_layers": layers,
        }
        if extent is not None:
            document["bounds"] = [extent.west, extent.south, extent.east, extent.north]
        return document


def _fields(layer: VectorLayer) -> dict[str, str]:
    texts = dict.fromkeys(("id", "kind", "name", *layer.names), "String")
    return {**texts, "number": "Number", "height": "Number"}
