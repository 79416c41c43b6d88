"""The terrain of a twin as one surface, for whoever asks how high the ground is.

It is read when somebody first asks, and again when it is another one: what it consists of is looked at each time.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator

import numpy as np
from sqlalchemy import Connection

from twin.entity import Mesh, detail_of
from twin.geo.crs import xyz_to_lonlat
from twin.geo.relief import Relief, relief_of
from twin.store.asof import standing
from twin.store.database import Database
from twin.store.reading import meshes_of, versions
from twin.store.tables import entity
from twin.types import F64, Objects

TERRAIN = "terrain"
"""The kind whose meshes are the ground."""

_KEPT = 2
"""Surfaces that are remembered: that of now, and that of a moment."""

_STRIDE = 16

Versions = dict[int, bytes]
"""Version -> digest of its content."""


class Terrain:
    """The surfaces of one twin, by what they consist of. One object serves many threads."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._surfaces: dict[str, Relief] = {}
        self._lock = threading.Lock()

    def state(self, at: int | None, known_at: int | None) -> str:
        """Stands for the terrain's content; empty where there is none."""
        with self._database.reading() as connection:
            return _state(self._consists_of(connection, at, known_at))

    def relief(self, at: int | None, known_at: int | None) -> Relief | None:
        """The surface; None where there is no terrain."""
        with self._database.reading() as connection:
            found = self._consists_of(connection, at, known_at)
            state = _state(found)
            if not state:
                return None
            with self._lock:
                surface = self._surfaces.pop(state, None) or _surface(self._finest(connection, sorted(found)))
                self._surfaces[state] = surface
                while len(self._surfaces) > _KEPT:
                    self._surfaces.pop(next(iter(self._surfaces)))
        return surface

    def below(self, outlines: Objects, at: int | None, known_at: int | None) -> F64:
        """(n,) WKB or None to (n,) ellipsoidal metres of the lowest ground under each; NaN where there is none."""
        surface = self.relief(at, known_at) if len(outlines) else None
        return np.full(len(outlines), np.nan) if surface is None else surface.lowest(outlines)

    def _consists_of(self, connection: Connection, at: int | None, known_at: int | None) -> Versions:
        query = versions(entity.c.version, entity.c.digest).where(
            entity.c.kind == TERRAIN, entity.c.has_mesh, standing(at, known_at)
        )
        return {row.version: bytes(row.digest) for row in connection.execute(query)}

    def _finest(self, connection: Connection, found: list[int]) -> Iterator[Mesh]:
        """The finest mesh of each version, a few in memory at a time."""
        for start in range(0, len(found), _STRIDE):
            for levels in meshes_of(self._database, connection, found[start : start + _STRIDE]).values():
                yield levels[max(levels, key=detail_of)]


def _state(found: Versions) -> str:
    """Stands for the contents of some versions, whatever their order; what was retired has no digest but its number."""
    if not found:
        return ""
    contents = sorted(digest or version.to_bytes(8) for version, digest in found.items())
    return hashlib.blake2b(b"\0".join(contents), digest_size=16, person=b"terrain").hexdigest()


def _surface(meshes: Iterator[Mesh]) -> Relief:
    corners: list[np.ndarray] = []
    triangles: list[np.ndarray] = []
    count = 0
    for mesh in meshes:
        lonlat, height = xyz_to_lonlat(mesh.xyz, mesh.anchor)
        corners.append(np.column_stack((lonlat, height)))
        triangles.append(mesh.triangles + np.uint32(count))
        count += len(lonlat)
    return relief_of(np.concatenate(corners), np.concatenate(triangles))
