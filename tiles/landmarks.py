"""Landmarks as a tileset of their own: one tile each, whose transform puts its model where the store says.

Nothing is built: the document is made from the store whenever that has changed, so what is added, moved or ended shows
with the next reading. Models are the files that were given, byte for byte.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import orjson
import shapely

from tiles.contents import content_hash
from tiles.models import Model, kept_model, model_path
from tiles.moments import Asked
from tiles.plain import UNIT_CORNERS
from tiles.spec import Tile
from tiles.tileset import ROOT_DOCUMENT, box
from twin.entity import Entity
from twin.errors import InvalidValue, NotFound
from twin.geo.crs import enu_to_ecef_matrix
from twin.store import Store
from twin.types import F64

KIND = "landmark"
NAME = "landmarks"
"""Of the tileset."""

TITLES = ("Landmarks", "地标")

_ROOM_M = 1.0

LOG = logging.getLogger("quanyu.tiles")


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a model stands: degrees WGS84, ellipsoidal metres of its origin, clockwise from north, metres a unit."""

    lon: float
    lat: float
    height_m: float
    heading_deg: float = 0.0
    scale: float = 1.0

    def check(self) -> None:
        """Raise `InvalidValue` for what is out of range."""
        ranges = {"lon": 180.0, "lat": 90.0, "height_m": 10_000.0}
        for name, most in ranges.items():
            if not abs(getattr(self, name)) <= most:
                raise InvalidValue(name, f"{getattr(self, name)} is out of range", f"Give -{most:g} to {most:g}")
        if not 0 <= self.heading_deg < 360:
            raise InvalidValue(
                "heading_deg", f"{self.heading_deg} is out of range", "Give 0 to 360, clockwise from north"
            )
        if not 0 < self.scale < 1e6:
            raise InvalidValue("scale", f"{self.scale} is out of range", "Give the metres of one unit of the model")

    def matrix(self) -> F64:
        """(4, 4) from the model's frame (z up: right, far side, up) to the Earth's."""
        turn = np.radians(self.heading_deg)
        sine, cosine = np.sin(turn), np.cos(turn)
        placed = np.eye(4)
        placed[:2, :2] = [[cosine, sine], [-sine, cosine]]
        placed[:3, :3] *= self.scale
        return np.asarray(enu_to_ecef_matrix(self.lon, self.lat, self.height_m) @ placed)


def standing_of(entity: Entity) -> Standing:
    """Where a landmark of the store stands."""
    middle = shapely.from_wkb(entity.footprint).centroid
    said = entity.attributes
    return Standing(
        middle.x, middle.y, entity.base_m or 0.0, float(said.get("heading_deg", 0.0)), float(said.get("scale", 1.0))
    )


class Landmarks:
    """A source of files (`tiles.sources.Source`) over the landmarks of a store.

    `version` stands for the newest document that was made: the same landmarks, the same number; 0: there are none.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._twin: Path = store.folder
        self._document = b""
        self.version = 0
        self._made_at = -1
        self._models: dict[str, Model | None] = {}
        self._making = threading.Lock()

    def read(self, path: str) -> bytes | None:
        """The document, or a model by its name; None where there is none."""
        if path == ROOT_DOCUMENT:
            return self.document() or None
        try:
            return model_path(self._twin, path.removesuffix(".glb")).read_bytes() if path.endswith(".glb") else None
        except (OSError, NotFound):
            return None

    def twin(self, path: str) -> bytes | None:
        """There are no brotli twins."""
        return None

    def document(self) -> bytes:
        """The tileset as the store is now; empty where no landmark can be shown."""
        with self._making:
            newest = self._store.newest_change()
            if newest != self._made_at:
                self._document, self._made_at = self._make(self._store.each(kinds=(KIND,))), newest
                self.version = int(content_hash(self._document)[:12], 16) if self._document else 0
            return self._document

    def document_at(self, moment: Asked) -> bytes:
        """The tileset as it stood at a moment. Raises `NotFound` where no landmark stood then."""
        with self._making:
            made = self._make(self._each_at(moment))
        if not made:
            raise NotFound("landmarks", "none stood then, or was known", "Ask for a later moment")
        return made

    def _each_at(self, moment: Asked) -> Iterator[Entity]:
        cursor = None
        while True:
            page = self._store.find(kinds=(KIND,), at=moment.at, known_at=moment.known_at, cursor=cursor)
            yield from page.entities
            cursor = page.next
            if cursor is None:
                return

    def _make(self, entities: Iterable[Entity]) -> bytes:
        found = [(entity, self._model(entity)) for entity in entities if entity.footprint]
        shown = [(entity, model) for entity, model in found if model is not None]
        return document(shown) if shown else b""

    def _model(self, entity: Entity) -> Model | None:
        name = str(entity.attributes["model"])
        if self._models.get(name) is None:
            said = name in self._models
            self._models[name] = kept_model(self._twin, name)
            if self._models[name] is None and not said:
                LOG.warning("landmark %s is not shown: its model is not kept, or broken", entity.id)
        return self._models[name]


def document(shown: list[tuple[Entity, Model]]) -> bytes:
    """The tileset of some landmarks with their models, in the frame of the first."""
    places = [standing_of(entity) for entity, _ in shown]
    root = enu_to_ecef_matrix(places[0].lon, places[0].lat, places[0].height_m)
    children, ends = [], []
    for (entity, model), place in zip(shown, places, strict=True):
        inner = np.linalg.solve(root, place.matrix())
        low, high = model.low - _ROOM_M / place.scale, model.high + _ROOM_M / place.scale
        ends.append((low + UNIT_CORNERS * (high - low)) @ inner[:3, :3].T + inner[:3, 3])
        tile: Tile = {
            "boundingVolume": {"box": box(low, high)},
            "geometricError": 0.0,
            "transform": [float(number) for number in inner.T.ravel()],
            "content": {"uri": f"{model.name}.glb"},
        }
        tile["metadata"] = {
            "class": KIND,
            "properties": {"id": entity.id, "name": str(entity.attributes.get("name", ""))},
        }
        children.append(tile)
    corners = np.concatenate(ends)
    low, high = corners.min(axis=0) - _ROOM_M, corners.max(axis=0) + _ROOM_M
    whole = round(float(np.linalg.norm(high - low)), 2)
    text = {"type": "STRING"}
    return orjson.dumps(
        {
            "asset": {"version": "1.1", "generator": "Quanyu"},
            "geometricError": whole,
            "schema": {"id": "quanyu_landmark", "classes": {KIND: {"properties": {"id": text, "name": text}}}},
            "root": {
                "boundingVolume": {"box": box(low, high)},
                "geometricError": whole,
                "refine": "ADD",
                "transform": [float(number) for number in root.T.ravel()],
                "children": children,
            },
        }
    )
