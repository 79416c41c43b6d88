"""Reference systems: the only door to pyproj. Arrays in, arrays out; every frame is in the name.

Frames: `lonlat` degrees WGS84 in x-y order; `xyz` metres east, north, up of a lon/lat/height anchor (the tangent
plane there); `ecef` metres, earth-centred. Heights are ellipsoidal.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError, ProjError

from twin.errors import InvalidValue, MissingComponent
from twin.types import F64, I64, Bbox, Bools

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


def transform_arrays(transformer: Transformer, *axes: F64) -> tuple[F64, ...]:
    """Coordinate axes, each (n,), through a transformer.

    A lone point goes as two: pyproj takes it by another way, which NumPy warns about.
    """
    n = len(axes[0])
    both = [np.repeat(axis, 2) if n == 1 else axis for axis in axes]
    made = transformer.transform(*both)  # type: ignore[call-overload]  # two to four axes
    return tuple(np.asarray(axis, dtype=np.float64)[:n] for axis in made)


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


def along(axes: F64, vectors: F64) -> F64:
    """(n, 3) vectors to their (n, 3) lengths along the rows of (3, 3) axes.

    Not by BLAS: there the last bit of what comes out of a vector depends on how many others are beside it.
    """
    x, y, z = vectors.T
    return np.column_stack([x * a + y * b + z * c for a, b, c in axes])


def enu_to_ecef_matrix(lon: float, lat: float, height: float) -> F64:
    """(4, 4) matrix that takes column vectors of metres east, north, up of the anchor to ecef."""
    matrix = np.eye(4)
    matrix[:3, :3] = enu_axes(lon, lat).T
    matrix[:3, 3] = lonlat_to_ecef([[lon, lat]], [height])[0]
    return matrix


def lonlat_to_xyz(lonlat: ArrayLike, height: ArrayLike, anchor: tuple[float, float, float]) -> F64:
    """(n, 2) degrees and (n,) metres to (n, 3) metres east, north, up of `anchor` (lon, lat, height)."""
    ecef = lonlat_to_ecef(lonlat, height) - lonlat_to_ecef([anchor[:2]], [anchor[2]])
    return along(enu_axes(anchor[0], anchor[1]), ecef)


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
    east, north = metres_per_degree_each(np.array([lat]))[0]
    return float(east), float(north)


def metres_per_degree_each(lat: ArrayLike) -> F64:
    """(n,) latitudes to (n, 2) metres in one degree of longitude and of latitude there."""
    phi = np.radians(np.asarray(lat, dtype=np.float64))
    s2 = np.sin(phi) ** 2
    n = WGS84_A / np.sqrt(1 - _E2 * s2)
    m = WGS84_A * (1 - _E2) / (1 - _E2 * s2) ** 1.5
    return np.asarray(np.radians(1) * np.column_stack((n * np.cos(phi), m)))


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
    return transform_arrays(_egm96(), lonlat[:, 0], lonlat[:, 1], np.zeros(len(lonlat)))[2]


GCJ02_BOX = (72.004, 0.8293, 137.8347, 55.8271)
"""West, south, east, north of the box outside which the published GCJ-02 algorithm leaves coordinates as they are."""

_KRASOVSKY_A = 6378245.0
_KRASOVSKY_E2 = 0.00669342162296594323
_BD09_PI = np.pi * 3000.0 / 180.0
_BD09_SHIFT = (0.0065, 0.006)


def _inside_gcj02_box(lonlat: F64) -> Bools:
    west, south, east, north = GCJ02_BOX
    lon, lat = lonlat[:, 0], lonlat[:, 1]
    inside: Bools = (lon >= west) & (lon <= east) & (lat >= south) & (lat <= north)
    return inside


def _gcj02_offset(lonlat: F64) -> F64:
    """(n, 2) WGS84 degrees to the (n, 2) degrees that GCJ-02 adds to them, inside its box."""
    x, y = lonlat[:, 0] - 105.0, lonlat[:, 1] - 35.0
    root, pi = np.sqrt(np.abs(x)), np.pi
    waves = (20.0 * np.sin(6.0 * x * pi) + 20.0 * np.sin(2.0 * x * pi)) * 2.0 / 3.0
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + waves
    north += (20.0 * np.sin(y * pi) + 40.0 * np.sin(y / 3.0 * pi)) * 2.0 / 3.0
    north += (160.0 * np.sin(y / 12.0 * pi) + 320.0 * np.sin(y * pi / 30.0)) * 2.0 / 3.0
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + waves
    east += (20.0 * np.sin(x * pi) + 40.0 * np.sin(x / 3.0 * pi)) * 2.0 / 3.0
    east += (150.0 * np.sin(x / 12.0 * pi) + 300.0 * np.sin(x / 30.0 * pi)) * 2.0 / 3.0
    phi = np.radians(lonlat[:, 1])
    w2 = 1 - _KRASOVSKY_E2 * np.sin(phi) ** 2
    metres_lon = _KRASOVSKY_A / np.sqrt(w2) * np.cos(phi)
    metres_lat = _KRASOVSKY_A * (1 - _KRASOVSKY_E2) / (w2 * np.sqrt(w2))
    offset: F64 = np.degrees(np.column_stack((east / metres_lon, north / metres_lat)))
    return offset


def wgs84_to_gcj02(lonlat: ArrayLike) -> F64:
    """(n, 2) degrees WGS84 to (n, 2) degrees GCJ-02, by the published algorithm; unchanged outside `GCJ02_BOX`."""
    lonlat = np.asarray(lonlat, dtype=np.float64).reshape(-1, 2)
    return np.where(_inside_gcj02_box(lonlat)[:, None], lonlat + _gcj02_offset(lonlat), lonlat)


def gcj02_to_wgs84(lonlat: ArrayLike) -> F64:
    """(n, 2) degrees GCJ-02 to (n, 2) degrees WGS84: the inverse, iterated to below 1e-10 degrees.

    The offset changes by less than 1 % over its own length, so each step gains two digits or more.
    """
    lonlat = np.asarray(lonlat, dtype=np.float64).reshape(-1, 2)
    inside = _inside_gcj02_box(lonlat)[:, None]
    guess = lonlat.copy()
    for _ in range(8):
        guess = np.where(inside, lonlat - _gcj02_offset(guess), lonlat)
    return guess


def _gcj02_to_bd09(lonlat: F64) -> F64:
    x, y = lonlat[:, 0], lonlat[:, 1]
    radius = np.hypot(x, y) + 0.00002 * np.sin(y * _BD09_PI)
    angle = np.arctan2(y, x) + 0.000003 * np.cos(x * _BD09_PI)
    return np.column_stack((radius * np.cos(angle) + _BD09_SHIFT[0], radius * np.sin(angle) + _BD09_SHIFT[1]))


def wgs84_to_bd09(lonlat: ArrayLike) -> F64:
    """(n, 2) degrees WGS84 to (n, 2) degrees BD-09; unchanged outside `GCJ02_BOX`."""
    lonlat = np.asarray(lonlat, dtype=np.float64).reshape(-1, 2)
    return np.where(_inside_gcj02_box(lonlat)[:, None], _gcj02_to_bd09(wgs84_to_gcj02(lonlat)), lonlat)


def bd09_to_wgs84(lonlat: ArrayLike) -> F64:
    """(n, 2) degrees BD-09 to (n, 2) degrees WGS84: the inverse, iterated; unchanged outside `GCJ02_BOX`."""
    lonlat = np.asarray(lonlat, dtype=np.float64).reshape(-1, 2)
    inside = _inside_gcj02_box(lonlat)[:, None]
    guess = lonlat - _BD09_SHIFT
    for _ in range(20):
        guess = guess + (lonlat - _gcj02_to_bd09(guess))
    return np.where(inside, gcj02_to_wgs84(guess), lonlat)


@dataclass(frozen=True, slots=True)
class CrsFacts:
    """What an importer must know of a reference system.

    horizontal  its horizontal part, as a name or WKT that PROJ takes
    geographic  degrees (else metres or feet)
    heights     what a z coordinate means: "ellipsoidal", "sea-level", or "none" for a two-dimensional system
    latitude_first  the authority's axis order is latitude, longitude (or northing, easting)
    """

    name: str
    horizontal: str
    geographic: bool
    heights: str
    latitude_first: bool


@lru_cache(maxsize=64)
def crs_facts(crs: str) -> CrsFacts:
    """Facts of any reference system that PROJ understands; raises `InvalidValue` for one it does not know.

    Files name vertical *datums* where a vertical system belongs (`EPSG:28992+5109`): the horizontal part then holds,
    and heights are above sea level.
    """
    flat_name, plus, _ = crs.partition("+")
    leveled = bool(plus) and flat_name.upper().startswith("EPSG:")
    try:
        try:
            parsed = CRS.from_user_input(crs)
        except CRSError:
            if not leveled:
                raise
            parsed = CRS.from_user_input(flat_name)
    except CRSError as error:
        way_out = "Give one such as EPSG:28992"
        raise InvalidValue(f"reference system {crs!r}", "PROJ does not know it", way_out) from error
    parts = parsed.sub_crs_list if parsed.is_compound else [parsed]
    flat = parts[0]
    plain = "ellipsoidal" if len(parsed.axis_info) == 3 else "none"
    heights = "sea-level" if parsed.is_compound or leveled else plain
    if not (flat.is_geographic or flat.is_projected) or len(flat.axis_info) < 2:
        raise InvalidValue(f"reference system {crs!r}", "it has no horizontal part", "Give one such as EPSG:28992")
    authority = flat.to_authority(min_confidence=100)
    horizontal = ":".join(authority) if authority else flat.to_wkt()
    first = flat.axis_info[0].direction.lower() == "north"
    return CrsFacts(parsed.name, horizontal, bool(flat.is_geographic), heights, first)


@lru_cache(maxsize=64)
def units_m(crs: str) -> tuple[float, float]:
    """Metres in one unit of the horizontal axes and of heights, of any reference system that `crs_facts` knows.

    Degrees count as 1. A two-dimensional system says nothing of heights: they are in the unit of its axes (LAS 1.4), in
    metres for degrees.
    """
    facts = crs_facts(crs)
    flat = 1.0 if facts.geographic else CRS.from_user_input(facts.horizontal).axis_info[0].unit_conversion_factor
    try:
        axes = CRS.from_user_input(crs).axis_info
    except CRSError:
        return float(flat), 1.0  # a vertical datum where a vertical system belongs: `crs_facts`
    return float(flat), float(axes[2].unit_conversion_factor if len(axes) > 2 else flat)


@lru_cache(maxsize=64)
def area_of_use(crs: str) -> Bbox | None:
    """Where on Earth a reference system is meant to be used; None where its authority does not say."""
    area = CRS.from_user_input(crs_facts(crs).horizontal).area_of_use
    if area is None or area.west > area.east:  # one that crosses the antimeridian says nothing that a box can hold
        return None
    return Bbox(area.west, area.south, area.east, area.north)


def lonlat_to_xyz_each(lonlat: ArrayLike, height: ArrayLike, anchors: F64, which: I64) -> F64:
    """(n, 2) degrees and (n,) metres to (n, 3) metres east, north, up, each in the frame of an anchor of its own.

    anchors  (a, 3) lon, lat, ellipsoidal metres
    which    (n,) the anchor of each point
    """
    offset = lonlat_to_ecef(lonlat, height) - lonlat_to_ecef(anchors[:, :2], anchors[:, 2])[which]
    lam, phi = np.radians(anchors[:, 0]), np.radians(anchors[:, 1])
    sl, cl, sp, cp = np.sin(lam)[which], np.cos(lam)[which], np.sin(phi)[which], np.cos(phi)[which]
    x, y, z = offset.T
    outward = cl * x + sl * y
    return np.column_stack((cl * y - sl * x, cp * z - sp * outward, cp * outward + sp * z))
