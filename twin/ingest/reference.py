"""Which reference system a city model is in, and whether its axes come as x-y or as latitude-longitude."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from twin.errors import WrongCrs
from twin.geo import crs as frames
from twin.ingest.datum import effective_crs, to_lonlat
from twin.ingest.source import Options
from twin.types import F64

_MARGIN_DEG = 2.0
"""Data may lie this far outside of where their reference system is meant to be used."""

SENTINEL_BELOW_M = -9000.0
"""A height below this stands for 'not known' (-9999 and its kin); nothing built on Earth is there."""


@dataclass(frozen=True, slots=True)
class Reference:
    """A reference system as one source uses it.

    crs       its name in a spelling that PROJ takes
    swapped   the source gives latitude (or northing) first
    """

    crs: str
    swapped: bool
    options: Options
    thing: str

    def to_lonlat(self, xyz: F64) -> tuple[F64, F64]:
        """(n, 3) coordinates of the source to ((n, 2) lon/lat degrees, (n,) ellipsoidal metres); NaN: not on Earth.

        Heights that stand for 'not known' come back as NaN.
        """
        x, y = (xyz[:, 1], xyz[:, 0]) if self.swapped else (xyz[:, 0], xyz[:, 1])
        lonlat, height = to_lonlat(x, y, xyz[:, 2], self.options, self.crs, thing=self.thing)
        return lonlat, np.where(xyz[:, 2] <= SENTINEL_BELOW_M, np.nan, height)


def reference_of(xyz: F64, options: Options, declared: str | None, thing: str) -> Reference:
    """How to read a source whose first coordinates are `xyz`.

    The axis order is the authority's for degrees and easting-northing for metres, as city models have it in
    practice; where only the other order falls inside the system's area of use, that one holds.
    Raises `MissingCrs`, and `WrongCrs` where neither order comes near the area of use.
    """
    crs = effective_crs(options, declared, thing)
    facts = frames.crs_facts(crs)
    usual = Reference(crs, facts.geographic and facts.latitude_first, options, thing)
    area = frames.area_of_use(crs)
    finite = xyz[np.isfinite(xyz).all(axis=1)]
    if area is None or not len(finite):
        return usual
    middle = np.median(finite, axis=0)[None, :]
    for candidate in (usual, replace(usual, swapped=not usual.swapped)):
        lon, lat = candidate.to_lonlat(middle)[0][0]
        if (
            area.west - _MARGIN_DEG <= lon <= area.east + _MARGIN_DEG
            and area.south - _MARGIN_DEG <= lat <= area.north + _MARGIN_DEG
        ):
            return candidate
    x, y = middle[0, :2]
    where = f"{area.west:g} to {area.east:g} E, {area.south:g} to {area.north:g} N"
    reason = f"coordinates such as {x:.6g}, {y:.6g} are not where {crs} ({facts.name}) is used: {where}"
    raise WrongCrs(thing, reason, "Give the right one, such as --crs EPSG:28992")
