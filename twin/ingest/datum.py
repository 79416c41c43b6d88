"""The single place where a source's coordinates become lon/lat degrees WGS84 and ellipsoidal metres."""

from __future__ import annotations

import re

import numpy as np

from twin.errors import InvalidValue, MissingCrs, WrongCrs
from twin.geo import crs as frames
from twin.ingest.source import Options
from twin.types import F64

DATUMS = ("wgs84", "cgcs2000", "gcj02", "bd09")
"""Names of datums that `Options.datum` takes beside EPSG codes."""

LONLAT = "OGC:CRS84"
"""Longitude, latitude in degrees: what GeoJSON is in unless it says otherwise."""

_EPSG = re.compile(r"EPSG(?:\.xml#|[:/]{1,2}(?:[\d.]*[:/])?)(\d{4,6})", re.IGNORECASE)
_ADV = re.compile(r"(?:urn:adv:crs:)?(DE_DHDN_3GK(?P<gk>\d)|(?:ETRS89|DE_ETRS89)_UTM(?P<utm>\d{2}))(?P<height>\*\S+)?")
_MARGIN_DEG = 2.0
"""Data may lie this far outside of where their reference system is meant to be used."""

_DE_HEIGHTS = "EPSG:5783"  # DHHN92: within centimetres of its neighbours, far below what a geoid model gives here


def canonical_crs(name: str) -> str:
    """A reference system's name in any of the spellings files use, in one that PROJ takes.

    Takes OGC urns and URLs, compound urns (`urn:ogc:def:crs,crs:EPSG::28992,crs:EPSG::5709`) and the German
    surveys' `urn:adv:crs:...` names. Anything else is left to PROJ.
    """
    name = name.strip()
    survey = _ADV.fullmatch(name)
    if survey:
        flat = f"EPSG:{31464 + int(survey['gk'])}" if survey["gk"] else f"EPSG:{25800 + int(survey['utm'])}"
        return f"{flat}+{_DE_HEIGHTS.removeprefix('EPSG:')}" if survey["height"] else flat
    if "crs84" in name.lower():
        return "OGC:CRS84h" if "crs84h" in name.lower() else LONLAT
    codes = _EPSG.findall(name)
    if name.lower().startswith(("urn:", "http")) and codes:
        return "EPSG:" + "+".join(codes)
    return name


def effective_crs(options: Options, source_crs: str | None, thing: str = "the source") -> str:
    """The reference system that holds: the caller's, a datum given as EPSG:n, the file's; else `MissingCrs`.

    A datum that is longitude and latitude by its nature (GCJ-02, BD-09, or a declared wgs84 or cgcs2000) answers for
    a source that says nothing.
    """
    datum = options.datum.strip()
    if datum and datum.lower() not in DATUMS and not datum.upper().startswith("EPSG:"):
        raise InvalidValue(f"datum {datum!r}", "it is not known", f"Give one of {', '.join(DATUMS)} or EPSG:n")
    if options.crs:
        return canonical_crs(options.crs)
    if datum.upper().startswith("EPSG:"):
        return datum.upper()
    if source_crs:
        return canonical_crs(source_crs)
    if datum:
        return LONLAT
    raise MissingCrs(thing, "it does not say which reference system it is in", "Give one, such as --crs EPSG:28992")


def to_lonlat(
    x: F64, y: F64, z: F64 | None, options: Options, source_crs: str | None, *, thing: str = "the source"
) -> tuple[F64, F64]:
    """Coordinates in the source's own system to ((n, 2) lon/lat degrees WGS84, (n,) ellipsoidal metres).

    x, y  (n,) easting, northing or longitude, latitude: always in this order, whatever the authority's order is
    z     (n,) metres or None; its heights then come back as NaN
    Coordinates that cannot be on Earth come back as NaN; the caller makes issues of them.
    """
    name = effective_crs(options, source_crs, thing)
    x, y = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    lonlat = _horizontal(x, y, frames.crs_facts(name))
    datum = options.datum.strip().lower()
    if datum == "gcj02":
        lonlat = frames.gcj02_to_wgs84(lonlat)
    elif datum == "bd09":
        lonlat = frames.bd09_to_wgs84(lonlat)
    if z is None:
        return lonlat, np.full(len(lonlat), np.nan)
    return lonlat, _ellipsoidal(np.asarray(z, dtype=np.float64), lonlat, options.vertical, name)


def is_in_use_at(crs: str, lon: float, lat: float) -> bool:
    """Whether a reference system is meant to be used at a place; also true where its authority does not say."""
    area = frames.area_of_use(crs)
    return area is None or (
        area.west - _MARGIN_DEG <= lon <= area.east + _MARGIN_DEG
        and area.south - _MARGIN_DEG <= lat <= area.north + _MARGIN_DEG
    )


def off_area(crs: str, what: str, thing: str) -> WrongCrs:
    """The error for a source whose coordinates (`what`, such as "coordinates such as 114, 22") lie off that area."""
    area, facts = frames.area_of_use(crs), frames.crs_facts(crs)
    where = "" if area is None else f": {area.west:g} to {area.east:g} E, {area.south:g} to {area.north:g} N"
    name = facts.name if crs.endswith("]") else f"{crs} ({facts.name})"  # WKT is no line to read
    reason = f"{what} are not where {name} is used{where}"
    return WrongCrs(thing, reason, "Give the right one, such as --crs EPSG:28992")


def _horizontal(x: F64, y: F64, facts: frames.CrsFacts) -> F64:
    if facts.horizontal in ("EPSG:4326", "OGC:CRS84", "EPSG:4490", "EPSG:4979"):
        lonlat = np.column_stack((x, y))  # CGCS2000 and WGS84 differ by centimetres: PROJ has no shift between them
    else:
        lonlat = np.column_stack(frames.transform_arrays(frames.transformer_to_wgs84(facts.horizontal), x, y))
    on_earth = (np.abs(lonlat[:, 0]) <= 180) & (np.abs(lonlat[:, 1]) <= 90)
    return np.where(on_earth[:, None], lonlat, np.nan)


def vertical_rule(vertical: str | float | None, crs: str) -> str | float:
    """What a source's z means: what the caller said, else what its reference system says.

    A compound or plain two-dimensional national system has heights above sea level; a three-dimensional geographic
    one, and longitude/latitude as in GeoJSON, above the ellipsoid.
    """
    if vertical is None or vertical == "":
        facts = frames.crs_facts(crs)
        if facts.heights == "none":
            return "ellipsoidal" if facts.geographic else "egm96"
        return "ellipsoidal" if facts.heights == "ellipsoidal" else "egm96"
    if isinstance(vertical, str) and vertical not in ("ellipsoidal", "egm96"):
        try:
            return float(vertical)
        except ValueError:
            way_out = "Give ellipsoidal, egm96 or the geoid's height in metres"
            raise InvalidValue(f"vertical datum {vertical!r}", "it is not known", way_out) from None
    return vertical


def _ellipsoidal(z: F64, lonlat: F64, vertical: str | float | None, crs: str) -> F64:
    rule = vertical_rule(vertical, crs)
    if rule == "ellipsoidal":
        return z
    if rule == "egm96":
        return z + frames.geoid_height(lonlat)
    return z + float(rule)
