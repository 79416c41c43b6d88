"""Where a building model stands: as its file says, or as the caller does. Arrays in, metres east, north, up out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace

import numpy as np

from tiles.landmarks import Standing
from tiles.scans.ifc.reference import MapReference, Reference
from twin.errors import MissingCrs
from twin.geo.crs import lonlat_to_xyz, units_m
from twin.ingest.datum import effective_crs, is_in_use_at, off_area, to_lonlat
from twin.ingest.source import Options
from twin.types import F64

_LONLAT = "OGC:CRS84"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the caller says; None: as the file says. Degrees, ellipsoidal metres, clockwise from north."""

    lon: float | None = None
    lat: float | None = None
    height_m: float | None = None
    heading_deg: float | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """A model on Earth. `standing` is of the reference's origin; `by_map`: every point goes by the map instead."""

    reference: Reference
    standing: Standing
    by_map: tuple[MapReference, Options, str] | None = None

    @property
    def anchor(self) -> tuple[float, float, float]:
        """The place whose east, north and up the metres are of."""
        return self.standing.lon, self.standing.lat, self.standing.height_m

    def points(self, xyz: F64) -> F64:
        """(n, 3) metres of the model's frame to metres east, north, up of the anchor."""
        if self.by_map is None:
            return np.asarray((xyz - np.array(self.reference.origin)) @ self.turn().T)
        return lonlat_to_xyz(*_by_map(xyz, *self.by_map), self.anchor)

    def turn(self) -> F64:
        """(3, 3) from directions of the model's frame to east, north, up."""
        angle = np.radians(self.standing.heading_deg)
        sine, cosine = np.sin(angle), np.cos(angle)
        return np.array([[cosine, sine, 0.0], [-sine, cosine, 0.0], [0.0, 0.0, 1.0]])


GroundAt = Callable[[float, float], float]
"""Degrees to ellipsoidal metres of the twin's ground there."""


def place_of(reference: Reference, wanted: Wanted, options: Options, ground: GroundAt, thing: str) -> Place:
    """Where a model stands.

    ground   where nothing else says how high
    Raises `MissingCrs` where nobody says where, `WrongCrs`, and `InvalidValue` for what is out of range.
    """
    given = {name: value for name, value in asdict(wanted).items() if value is not None}
    if wanted.lon is not None and wanted.lat is not None:
        height_m = _height(wanted.lon, wanted.lat, reference, options, ground)
        standing = Standing(wanted.lon, wanted.lat, height_m, -reference.north_deg % 360)
    else:
        stated = _stated(reference, options, ground, thing)
        if stated is None:
            way_out = "Give --lon and --lat of its site's origin"
            raise MissingCrs(thing, "it does not say where on Earth it stands", way_out)
        if not given:
            return stated
        standing = stated.standing
    standing = replace(standing, **given)
    standing = replace(standing, heading_deg=standing.heading_deg % 360)
    standing.check()
    return Place(reference, standing)


def _stated(reference: Reference, options: Options, ground: GroundAt, thing: str) -> Place | None:
    """Where the file says that the model stands; None where it does not."""
    origin, site = np.array([reference.origin]), reference.site
    if reference.map is not None and (reference.map.crs or options.crs):
        crs = effective_crs(options, reference.map.crs, thing)
        by_map = (reference.map, options, crs)
        lonlat, height = _by_map(origin + np.array([[0.0, 0.0, 0.0], [0.0, 100.0, 0.0]]), *by_map)
        (lon, lat), up = lonlat[0].tolist(), float(height[0])
        if not is_in_use_at(crs, lon, lat):
            raise off_area(crs, f"{reference.map.east:.6g}, {reference.map.north:.6g}", thing)
        east, north, _ = lonlat_to_xyz(lonlat, height, (lon, lat, up))[1].tolist()
        standing = Standing(lon, lat, up, float(np.degrees(np.arctan2(east, north))) % 360)
        standing.check()
        return Place(reference, standing, by_map)
    if site.lon is None or site.lat is None:
        return None
    height_m = _height(site.lon, site.lat, reference, options, ground)
    standing = Standing(site.lon, site.lat, height_m, -reference.north_deg % 360)
    standing.check()
    return Place(reference, standing)


def _by_map(xyz: F64, by: MapReference, options: Options, crs: str) -> tuple[F64, F64]:
    """(n, 3) metres of the model's frame to (n, 2) degrees and (n,) ellipsoidal metres, through the map."""
    sine, cosine = np.sin(by.turn), np.cos(by.turn)
    x, y, z = xyz.T * by.scale
    east, north = by.east + cosine * x - sine * y, by.north + sine * x + cosine * y
    unit = units_m(crs)[0]
    return to_lonlat(east / unit, north / unit, by.up + z, options, crs)


def _height(lon: float, lat: float, reference: Reference, options: Options, ground: GroundAt) -> float:
    """Ellipsoidal metres of a site's origin. Its elevation is one above the sea, unless the caller says otherwise."""
    elevation_m = reference.site.elevation_m
    if elevation_m is None:
        return ground(lon, lat)
    options = replace(options, crs=_LONLAT, vertical=options.vertical or "egm96")
    _, height = to_lonlat(np.array([lon]), np.array([lat]), np.array([elevation_m]), options, _LONLAT)
    return float(height[0])
