"""Reference systems: the only door to pyproj. Arrays in, arrays out; every frame is in the name.

Frames: `lonlat` degrees WGS84 in x-y order; `xyz` metres east, north, up of a lon/lat/height anchor (the tangent
plane there); `ecef` metres, earth-centred. Heights are ellipsoidal.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError, ProjError

from twin.errors import InvalidValue, MissingComponent
from twin.types import F64

WGS84_A = 6378137.0
"""Equatorial radius of the WGS84 ellipsoid, metres."""

WGS84_F = 1 / 298.257223563
"""Flattening of the WGS84 ellipsoid."""

_E2 = WGS84_F * (2 - WGS84_F)

EGM96_GRID = Path("/usr/share/proj/egm96_15.gtx")
"""From Debian's proj-data, which SpatiaLite brings along."""


@lru_cache(maxsize=64)
def transformer_to_wgs84(crs: str) -> Transformer:
    """A cached x-y(-z) transformer from any reference system that PROJ understands.

    Raises `InvalidValue` for a name that PROJ does not know.
    """
    try:
        return Transformer.from_crs(CRS.from_user_input(crs), CRS.from_epsg(4979), always_xy=True)
    except (CRSError, ProjError) as error:
        way_out = "Give one such as EPSG:28992"
        raise InvalidValue(f"reference system {crs!r}", "PROJ does not know it", way_out) from error


def lonlat_to_ecef(lonlat: ArrayLike, height: ArrayLike) -> F64:
    """(n, 2) degrees and (n,) ellipsoidal metres to (n, 3) earth-centred metres."""
    lonlat = np.asarray(lonlat, dtype=np.float64).reshape(-1, 2)
    lon, lat = np.radians(lonlat[:, 0]), np.radians(lonlat[:, 1])
    h = np.broadcast_to(np.asarray(height, dtype=np.float64), lon.shape)
    n = WGS84_A / np.sqrt(1 - _E2 * np.sin(lat) ** 2)
    return np.column_stack(
        ((n + h) * np.cos(lat) * np.cos(lon), (n + h) * np.cos(lat) * np.sin(lon), (n * (1 - _E2) + h) * np.sin(lat))
    )


def enu_axes(lon: float, lat: float) -> F64:
    """(3, 3) rows east, north, up of the tangent plane at a point, as ecef directions."""
    lam, phi = np.radians(lon), np.radians(lat)
    sl, cl, sp, cp = np.sin(lam), np.cos(lam), np.sin(phi), np.cos(phi)
    return np.array([[-sl, cl, 0.0], [-sp * cl, -sp * sl, cp], [cp * cl, cp * sl, sp]])


def enu_to_ecef_matrix(lon: float, lat: float, height: float) -> F64:
    """(4, 4) matrix that takes column vectors of metres east, north, up of the anchor to ecef."""
    matrix = np.eye(4)
    matrix[:3, :3] = enu_axes(lon, lat).T
    matrix[:3, 3] = lonlat_to_ecef([[lon, lat]], [height])[0]
    return matrix


def lonlat_to_xyz(lonlat: ArrayLike, height: ArrayLike, anchor: tuple[float, float, float]) -> F64:
    """(n, 2) degrees and (n,) metres to (n, 3) metres east, north, up of `anchor` (lon, lat, height)."""
    ecef = lonlat_to_ecef(lonlat, height) - lonlat_to_ecef([anchor[:2]], [anchor[2]])
    return ecef @ enu_axes(anchor[0], anchor[1]).T


def xyz_to_lonlat(xyz: ArrayLike, anchor: tuple[float, float, float]) -> tuple[F64, F64]:
    """(n, 3) metres east, north, up of `anchor` to ((n, 2) degrees, (n,) ellipsoidal metres)."""
    ecef = np.asarray(xyz, dtype=np.float64).reshape(-1, 3) @ enu_axes(anchor[0], anchor[1])
    ecef += lonlat_to_ecef([anchor[:2]], [anchor[2]])
    return ecef_to_lonlat(ecef)


def ecef_to_lonlat(ecef: ArrayLike) -> tuple[F64, F64]:
    """(n, 3) earth-centred metres to ((n, 2) degrees, (n,) ellipsoidal metres).

    Bowring (1976) with one more step; below 1e-9 degrees and a micrometre for heights within 10 km of the surface.
    """
    x, y, z = np.asarray(ecef, dtype=np.float64).reshape(-1, 3).T
    p = np.hypot(x, y)
    b = WGS84_A * (1 - WGS84_F)
    ep2 = (WGS84_A**2 - b**2) / b**2
    beta = np.arctan2(WGS84_A * z, b * p)
    lat = np.zeros_like(p)
    for _ in range(2):
        lat = np.arctan2(z + ep2 * b * np.sin(beta) ** 3, p - _E2 * WGS84_A * np.cos(beta) ** 3)
        beta = np.arctan2((1 - WGS84_F) * np.sin(lat), np.cos(lat))
    n = WGS84_A / np.sqrt(1 - _E2 * np.sin(lat) ** 2)
    height = p * np.cos(lat) + z * np.sin(lat) - WGS84_A**2 / n
    return np.column_stack((np.degrees(np.arctan2(y, x)), np.degrees(lat))), height


def metres_per_degree(lat: float) -> tuple[float, float]:
    """Metres in one degree of (longitude, latitude) at a latitude, on the ellipsoid."""
    s2 = np.sin(np.radians(lat)) ** 2
    n = WGS84_A / np.sqrt(1 - _E2 * s2)
    m = WGS84_A * (1 - _E2) / (1 - _E2 * s2) ** 1.5
    return float(np.radians(1) * n * np.cos(np.radians(lat))), float(np.radians(1) * m)


@lru_cache(maxsize=1)
def _egm96() -> Transformer:
    if not EGM96_GRID.exists():
        raise MissingComponent("EGM96 geoid grid", f"{EGM96_GRID} is not there", "Install Debian's proj-data")
    return Transformer.from_pipeline(
        "+proj=pipeline +step +proj=unitconvert +xy_in=deg +xy_out=rad "
        f"+step +proj=vgridshift +grids={EGM96_GRID} +multiplier=1 "
        "+step +proj=unitconvert +xy_in=rad +xy_out=deg"
    )


def geoid_height(lonlat: ArrayLike) -> F64:
    """(n, 2) degrees to (n,) metres of the EGM96 geoid above the ellipsoid: ellipsoidal = sea-level height + this."""
    lonlat = np.asarray(lonlat, dtype=np.float64).reshape(-1, 2)
    _, _, up = _egm96().transform(lonlat[:, 0], lonlat[:, 1], np.zeros(len(lonlat)))
    return np.asarray(up, dtype=np.float64)
