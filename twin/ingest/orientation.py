"""Longitude and latitude swapped, or with the wrong sign: told from where the twin lies."""

from __future__ import annotations

import numpy as np

from twin.errors import WrongCrs
from twin.types import F64, Bbox

_WIDEST_DEG = 5.0
"""A twin wider than this is no district: too much lies in its box by chance."""

_MARGIN = 0.25
_NOWHERE, _NEARLY_ALL = 0.1, 0.9
_SWAP = "Say which column is which: --map lon=... --map lat=..., or turn the axes round in the file"
_TURNS: tuple[tuple[str, bool, tuple[int, int], str], ...] = (
    ("longitude and latitude swapped", True, (1, 1), _SWAP),
    ("the longitude's sign turned", False, (-1, 1), "Turn the longitude's sign in the file"),
    ("the latitude's sign turned", False, (1, -1), "Turn the latitude's sign in the file"),
    ("both signs turned", False, (-1, -1), "Turn the signs of longitude and latitude in the file"),
    ("longitude and latitude swapped and both signs turned", True, (-1, -1), f"{_SWAP}; and turn both signs"),
    ("longitude and latitude swapped and the longitude's sign turned", True, (-1, 1), f"{_SWAP}; and turn the sign"),
    ("longitude and latitude swapped and the latitude's sign turned", True, (1, -1), f"{_SWAP}; and turn the sign"),
)


def check_orientation(points: F64, extent: Bbox | None, name: str) -> None:
    """Raise WrongCrs if (n, 2) lon/lat points lie off the twin's box, and a swap or a turned sign puts them into it."""
    if extent is None or max(extent.east - extent.west, extent.north - extent.south) > _WIDEST_DEG:
        return
    if _inside(points, extent) > _NOWHERE:
        return
    for what, swapped, signs, way_out in _TURNS:
        turned = points[:, ::-1] if swapped else points
        if _inside(turned * signs, extent) >= _NEARLY_ALL:
            at = f"{points[0, 0]:.3f}, {points[0, 1]:.3f}"
            reason = f"it lies at {at}, off this twin, but would lie in it with {what}"
            raise WrongCrs(name, reason, way_out)


def _inside(points: F64, box: Bbox) -> float:
    """The share of points in a box or close to it."""
    wide, high = (box.east - box.west) * _MARGIN, (box.north - box.south) * _MARGIN
    lon, lat = points[:, 0], points[:, 1]
    inside = (lon >= box.west - wide) & (lon <= box.east + wide)
    inside &= (lat >= box.south - high) & (lat <= box.north + high)
    return float(np.mean(inside))
