"""Bounding volumes, boxes and regions alike: whether one says enough, and how far points are outside of it."""

from __future__ import annotations

import numpy as np

from tiles.spec import BoundingVolume
from twin.geo.crs import ecef_to_lonlat, lonlat_to_ecef, metres_per_degree
from twin.types import F64

_SIGNS = np.array(np.meshgrid([-1, 1], [-1, 1], [-1, 1])).reshape(3, 8).T


def is_volume(volume: BoundingVolume) -> bool:
    """Whether it is a box of twelve numbers or a region of six."""
    return len(volume.get("box", [])) == 12 or len(volume.get("region", [])) == 6


def moved(points: F64, matrix: F64) -> F64:
    """(n, 3) points through a (4, 4) matrix."""
    return np.asarray(points @ matrix[:3, :3].T + matrix[:3, 3])


def corners(volume: BoundingVolume, matrix: F64) -> F64:
    """(8, 3) corners in the tile's frame; `matrix` is (4, 4), from there to the Earth's."""
    if "region" not in volume:
        numbers = np.array(volume["box"]).reshape(4, 3)
        return np.asarray(numbers[0] + _SIGNS @ numbers[1:])
    ends = np.array(volume["region"])[[0, 2, 1, 3, 4, 5]].reshape(3, 2)
    picked = np.column_stack([ends[axis, (_SIGNS[:, axis] + 1) // 2] for axis in range(3)])
    ecef = lonlat_to_ecef(np.degrees(picked[:, :2]), picked[:, 2])
    return np.asarray((ecef - matrix[:3, 3]) @ matrix[:3, :3])


def outside_m(points: F64, volume: BoundingVolume, matrix: F64) -> float:
    """How far the farthest of (n, 3) points in the tile's frame is outside, metres; 0 where all are inside."""
    if "region" in volume:
        return _outside_region(moved(points, matrix), volume["region"])
    numbers = np.array(volume["box"]).reshape(4, 3)
    half = np.linalg.norm(numbers[1:], axis=1)
    along = (points - numbers[0]) @ (numbers[1:] / half[:, None]).T
    return max(0.0, float((np.abs(along) - half).max()))


def _outside_region(ecef: F64, region: list[float]) -> float:
    west, south, east, north = np.degrees(region[:4]).tolist()
    lonlat, height = ecef_to_lonlat(ecef)
    east_m, north_m = metres_per_degree((south + north) / 2)
    span, along = (east - west) % 360.0, (lonlat[:, 0] - west) % 360.0  # also where it crosses the 180th meridian
    off_east = np.where(along <= span, 0.0, np.minimum(along - span, 360.0 - along))
    off_north = np.maximum(south - lonlat[:, 1], lonlat[:, 1] - north)
    off_up = np.maximum(region[4] - height, height - region[5])
    return max(0.0, float(np.maximum.reduce([off_east * east_m, off_north * north_m, off_up]).max()))
