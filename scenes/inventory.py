"""The devices and grids of a twin as columns, read once and again whenever the model has changed."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely

from twin.entity import Entity
from twin.store import Store
from twin.types import F64, I64, Bools, Objects

DEVICE_KINDS = ("sensor", "camera")
WORKING = frozenset({"", "ok"})
"""Status words of a device that works; a source that gives no status claims nothing is wrong."""


@dataclass(frozen=True, slots=True, eq=False)
class Devices:
    """Every sensor and camera. Row n is the same device in each column.

    lonlat       (n, 2) degrees WGS84; NaN where the device has no position
    heading_deg  (n,) clockwise from north; fov_deg, range_m: the lens; NaN where not known
    """

    ids: list[str]
    kinds: list[str]
    names: list[str]
    categories: list[str]
    statuses: list[str]
    mounts: list[str]
    parents: list[str | None]
    properties: list[list[tuple[str, str]]]
    lonlat: F64
    heading_deg: F64
    fov_deg: F64
    range_m: F64

    def __len__(self) -> int:
        return len(self.ids)

    def working(self) -> Bools:
        """(n,) which devices are not reported broken or offline."""
        return np.fromiter((status in WORKING for status in self.statuses), dtype=bool, count=len(self))

    def of_kind(self, kind: str) -> Bools:
        """(n,) which devices are of a kind."""
        return np.fromiter((k == kind for k in self.kinds), dtype=bool, count=len(self))


@dataclass(frozen=True, slots=True, eq=False)
class Grids:
    """Every management grid: id, code, name, polygon in lon/lat degrees, number of buildings that hang under it."""

    ids: list[str]
    codes: list[str]
    names: list[str]
    polygons: Objects
    buildings: I64

    def __len__(self) -> int:
        return len(self.ids)


def _number(value: Any) -> float:
    return float(value) if isinstance(value, (int, float)) else float("nan")


def _position(entity: Entity) -> tuple[float, float]:
    if entity.footprint is None:
        return float("nan"), float("nan")
    point = shapely.from_wkb(entity.footprint).representative_point()
    return point.x, point.y


def _properties(entity: Entity) -> list[tuple[str, str]]:
    declared = entity.attributes.get("properties") or []
    return [(str(item["name"]), str(item.get("unit") or "")) for item in declared]


def read_devices(store: Store) -> Devices:
    """All devices of a twin, in one pass."""
    entities = list(store.each(kinds=DEVICE_KINDS))

    def words(name: str) -> list[str]:
        return [str(entity.attributes.get(name) or "") for entity in entities]

    def numbers(name: str) -> F64:
        return np.asarray([_number(entity.attributes.get(name)) for entity in entities], dtype=np.float64)

    return Devices(
        ids=[entity.id for entity in entities],
        kinds=[entity.kind for entity in entities],
        names=words("name"),
        categories=words("category"),
        statuses=words("status"),
        mounts=words("mount"),
        parents=[entity.parent for entity in entities],
        properties=[_properties(entity) for entity in entities],
        lonlat=np.asarray([_position(entity) for entity in entities], dtype=np.float64).reshape(-1, 2),
        heading_deg=numbers("heading_deg"),
        fov_deg=numbers("fov_deg"),
        range_m=numbers("range_m"),
    )


def read_grids(store: Store) -> Grids:
    """All management grids that have a footprint, and how many buildings each has."""
    grids = [entity for entity in store.each(kinds=("grid",)) if entity.footprint]
    polygons = np.empty(len(grids), dtype=object)
    polygons[:] = shapely.make_valid(shapely.from_wkb([entity.footprint for entity in grids]))
    return Grids(
        ids=[entity.id for entity in grids],
        codes=[str(entity.attributes.get("code") or entity.grid_code or "") for entity in grids],
        names=[str(entity.attributes.get("name") or "") for entity in grids],
        polygons=polygons,
        buildings=_count_within(polygons, store.columns("building").wkb),
    )


def _count_within(polygons: Objects, footprints: Objects) -> I64:
    """(n,) how many of the footprints (WKB or None) have their middle in each polygon."""
    middles = shapely.centroid(shapely.from_wkb(footprints))
    polygon, _ = shapely.STRtree(middles).query(polygons, predicate="intersects")
    return np.bincount(polygon, minlength=len(polygons)).astype(np.int64)


class Inventory:
    """Keeps the columns of one twin and reads them again when its change log has grown. Thread-safe."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._change = -1
        self._devices: Devices | None = None
        self._grids: Grids | None = None

    @property
    def devices(self) -> Devices:
        """The devices as the model stands now."""
        with self._lock:
            self._follow_changes()
            if self._devices is None:
                self._devices = read_devices(self._store)
            return self._devices

    @property
    def grids(self) -> Grids:
        """The grids as the model stands now."""
        with self._lock:
            self._follow_changes()
            if self._grids is None:
                self._grids = read_grids(self._store)
            return self._grids

    def _follow_changes(self) -> None:
        """Forget what was read when something was written since."""
        newest = self._store.newest_change()
        if newest != self._change:
            self._change = newest
            self._devices = self._grids = None
