"""What an entity hangs under where its source does not say: the nearest kind of area that it lies in."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

import numpy as np
import shapely

from twin.entity import Entity
from twin.ingest import areabook
from twin.ingest.areabook import AreaBook
from twin.kinds import BY_ID
from twin.store import SourceInfo, Store
from twin.types import Objects

AREAS = ("building", "estate", "grid", "community", "street", "district")
"""Kinds that contain what lies in their footprint; storeys and units do not: they lie over one another."""

_BATCH = 2000


class Linker:
    """Finds parents by code and position, in a twin as it stands when a kind is first asked for."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._counts = store.counts()
        self._trees: dict[str, tuple[shapely.STRtree, list[str]] | None] = {}
        self._book: AreaBook | None = None

    def link(self, entities: Iterator[Entity]) -> Iterator[Entity]:
        """The same entities in the same order; those without a parent get one where an area contains them.

        Areas that the twin knows from another source are met first: they keep one id, with what both say.
        """
        while batch := list(islice(entities, _BATCH)):
            yield from self._batch([self._met(entity) for entity in batch])

    def _met(self, entity: Entity) -> Entity:
        if entity.kind not in areabook.KINDS or not any(self._counts.get(kind) for kind in areabook.KINDS):
            return entity
        if self._book is None:
            self._book = AreaBook(self._store.each(kinds=areabook.KINDS))
        return self._book.meet(entity)

    def _batch(self, batch: list[Entity]) -> list[Entity]:
        wanting: dict[str, list[int]] = {}
        for i, entity in enumerate(batch):
            if entity.parent is None and entity.footprint is not None and self._areas_for(entity.kind):
                wanting.setdefault(entity.kind, []).append(i)
        for kind, members in wanting.items():
            blobs = np.array([batch[i].footprint for i in members], dtype=object)
            points: Objects = shapely.point_on_surface(shapely.from_wkb(blobs))
            for i, parent in zip(members, self._parents(kind, points), strict=True):
                if parent is not None and parent != batch[i].id:
                    batch[i] = replace(batch[i], parent=parent)
        return batch

    def _areas_for(self, kind: str) -> list[str]:
        declared = BY_ID[kind].parents if kind in BY_ID else ()
        return [area for area in declared if area in AREAS and self._counts.get(area)]

    def _parents(self, kind: str, points: Objects) -> list[str | None]:
        found: list[str | None] = [None] * len(points)
        for area in self._areas_for(kind):
            tree = self._tree(area)
            missing = [i for i, parent in enumerate(found) if parent is None]
            if tree is None or not missing:
                continue
            index, ids = tree
            for asked, hit in index.query(points[missing], predicate="within").T.tolist():
                at = missing[asked]
                first = found[at]
                found[at] = ids[hit] if first is None else min(first, ids[hit])  # overlapping areas: always the same
        return found

    def _tree(self, kind: str) -> tuple[shapely.STRtree, list[str]] | None:
        if kind not in self._trees:
            columns = self._store.columns(kind)
            kept = [i for i, blob in enumerate(columns.wkb) if blob is not None]
            shapes = shapely.from_wkb(columns.wkb[kept]) if kept else None
            ids = [columns.ids[i] for i in kept]
            self._trees[kind] = None if shapes is None else (shapely.STRtree(shapes), ids)
        return self._trees[kind]


def relink(store: Store, kinds: tuple[str, ...]) -> int:
    """Give parents to what was stored before the areas it lies in came. Answers how many were linked."""
    linker = Linker(store)
    linked = 0

    def newly() -> Iterator[Entity]:
        nonlocal linked
        orphans = (e for e in store.each(kinds=kinds, with_meshes=True) if e.parent is None)
        while batch := list(islice(orphans, _BATCH)):
            for entity in linker.link(iter(batch)):
                if entity.parent is not None:
                    linked += 1
                    yield entity

    first = next(stream := newly(), None)
    if first is None:
        return 0
    info = SourceInfo("links by position", "derived", "", "wgs84", "", int(time.time()))
    store.write(_with(first, stream), source=info)
    return linked


def _with(first: Entity, rest: Iterator[Entity]) -> Iterator[Entity]:
    yield first
    yield from rest
