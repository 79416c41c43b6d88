"""Does a source lie where the twin lies? A systematic offset of the size of GCJ-02 or BD-09 stops the import."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import chain, islice

import numpy as np
import shapely

from twin.entity import Entity
from twin.errors import WrongCrs
from twin.geo import crs as frames
from twin.ingest.orientation import check_orientation
from twin.ingest.source import Options
from twin.store import Store
from twin.types import F64, Bbox

SAMPLE = 20_000
"""Entities of a source that are looked at before the first of them is stored."""

_BATCH = 2000
FAR_KM = 200.0
"""A source further away than this from everything that is in the twin belongs to another city."""

_AREA_KINDS = ("district", "street", "community", "grid")
_FEW = 5
_LARGE_SHARE = 0.005
_LEFT_OVER = 0.25
_SAME_AREA = 0.9
_BETTER_BY = 0.02

Shift = Callable[[F64], F64]


@dataclass(slots=True)
class Plausibility:
    """What a twin knows of where it lies.

    areas    union of its administrative areas and grids, or None
    extent   box of what it had before this import; None while it is empty
    """

    areas: shapely.Geometry | None = None
    extent: Bbox | None = None
    settled: Bbox | None = field(default=None)

    @classmethod
    def of(cls, store: Store | None) -> Plausibility:
        """As a twin stands now; knows nothing of a twin that is not there yet."""
        found = cls()
        if store is not None:
            found.refresh(store)
            found.settled = found.extent
        return found

    def refresh(self, store: Store) -> None:
        """Take in what the last source brought."""
        self.extent = store.extent()
        blobs = [entity.footprint for entity in store.each(kinds=_AREA_KINDS) if entity.footprint is not None]
        if blobs:
            self.areas = shapely.union_all(shapely.from_wkb(np.array(blobs, dtype=object)))
            shapely.prepare(self.areas)

    def watch(self, entities: Iterator[Entity], options: Options, name: str) -> Iterator[Entity]:
        """The same entities; raises WrongCrs before the first of them if their beginning lies off the district.

        What has passed to its end counts for the sources after it, so a dry run refuses what the import would.
        """
        first = list(islice(entities, SAMPLE))
        self.check(first, options, name)
        areas: list[bytes] = []
        boxes: list[Bbox] = []
        entities = chain(first, entities)
        while batch := list(islice(entities, _BATCH)):
            boxes += _box_of(batch)
            areas += [e.footprint for e in batch if e.kind in _AREA_KINDS and e.footprint is not None]
            yield from batch
        self._take_in(areas, boxes)

    def _take_in(self, areas: list[bytes], boxes: list[Bbox]) -> None:
        if self.extent is not None:
            boxes = [*boxes, self.extent]
        if boxes:
            west, south = min(box.west for box in boxes), min(box.south for box in boxes)
            self.extent = Bbox(west, south, max(box.east for box in boxes), max(box.north for box in boxes))
        if areas:
            known = [] if self.areas is None else [self.areas]
            self.areas = shapely.union_all([*known, *shapely.from_wkb(areas)])
            shapely.prepare(self.areas)

    def check(self, entities: list[Entity], options: Options, name: str) -> None:
        """Raise WrongCrs if the entities lie off the district by a datum's shift, turned round, or far away."""
        points = _centres(entities)
        if len(points) == 0:
            return
        check_orientation(points, self.extent, name)
        self._check_distance(points, name)
        for datum, shift in _candidates(options.datum):
            shifted = shift(points)
            if self._fits_areas_better(points, shifted) or self._fits_extent_better(points, shifted):
                raise _shifted(name, points, shifted, datum, options.datum)

    def _check_distance(self, points: F64, name: str) -> None:
        if self.settled is None:
            return
        here, (east, north) = np.median(points, axis=0), frames.metres_per_degree(self.settled.centre[1])
        box = self.settled
        away_lon = max(box.west - here[0], 0.0, here[0] - box.east) * east
        away_lat = max(box.south - here[1], 0.0, here[1] - box.north) * north
        away = float(np.hypot(away_lon, away_lat)) / 1000
        if away > FAR_KM:
            reason = f"it lies at {here[0]:.3f}, {here[1]:.3f}, which is {away:,.0f} km away from what is in this twin"
            raise WrongCrs(name, reason, "Give its reference system (--crs), or import it into a twin of its own")

    def _fits_areas_better(self, points: F64, shifted: F64) -> bool:
        if self.areas is None:
            return False
        outside, then = self._outside(points), self._outside(shifted)
        return outside >= _FEW and outside > _LARGE_SHARE * len(points) and then <= _LEFT_OVER * outside

    def _outside(self, points: F64) -> int:
        return int((~shapely.contains_xy(self.areas, points[:, 0], points[:, 1])).sum())

    def _fits_extent_better(self, points: F64, shifted: F64) -> bool:
        if self.areas is not None or self.extent is None or len(points) < 100:
            return False
        box = shapely.box(self.extent.west, self.extent.south, self.extent.east, self.extent.north)
        then = _likeness(box, shifted)
        return then > _SAME_AREA and then > _likeness(box, points) + _BETTER_BY


def _likeness(box: shapely.Geometry, points: F64) -> float:
    """Intersection over union of a box and the points' own."""
    own = shapely.box(*points.min(axis=0), *points.max(axis=0))
    union = float(shapely.area(shapely.union(box, own)))
    return float(shapely.area(shapely.intersection(box, own))) / union if union > 0 else 0.0


def _box_of(entities: list[Entity]) -> list[Bbox]:
    """The box round some entities, if any of them has a place."""
    blobs = [entity.footprint for entity in entities if entity.footprint is not None]
    bounds = shapely.total_bounds(shapely.from_wkb(blobs)) if blobs else np.full(4, np.nan)
    return [Bbox(*bounds.tolist())] if np.isfinite(bounds).all() else []


def _centres(entities: list[Entity]) -> F64:
    blobs = [entity.footprint for entity in entities if entity.footprint is not None]
    if not blobs:
        return np.empty((0, 2))
    points = shapely.centroid(shapely.from_wkb(np.array(blobs, dtype=object)))
    found: F64 = np.column_stack((shapely.get_x(points), shapely.get_y(points)))
    return found[np.isfinite(found).all(axis=1)]


def _candidates(declared: str) -> list[tuple[str, Shift]]:
    """Datums that the source may be in instead, with what would move its converted points to where they belong."""
    if declared == "gcj02":
        return [("wgs84", frames.wgs84_to_gcj02), ("bd09", lambda p: frames.bd09_to_wgs84(frames.wgs84_to_gcj02(p)))]
    if declared == "bd09":
        return [("wgs84", frames.wgs84_to_bd09), ("gcj02", lambda p: frames.gcj02_to_wgs84(frames.wgs84_to_bd09(p)))]
    return [("gcj02", frames.gcj02_to_wgs84), ("bd09", frames.bd09_to_wgs84)]


def _shifted(name: str, points: F64, shifted: F64, datum: str, declared: str) -> WrongCrs:
    east, north = frames.metres_per_degree(float(points[0, 1]))
    move = np.median(shifted - points, axis=0) * (east, north)
    side = f"{abs(move[0]):.0f} m {'east' if move[0] < 0 else 'west'}, {abs(move[1]):.0f} m "
    side += "north" if move[1] < 0 else "south"
    said = f"as {declared}" if declared else "as WGS84"
    reason = f"read {said} it lies off the district by {side}: its coordinates look like {datum.upper()}"
    return WrongCrs(name, reason, f"Import it with --datum {datum}")
