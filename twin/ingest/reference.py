"""Which reference system a city model is in, and whether its axes come as x-y or as latitude-longitude."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from twin.geo import crs as frames
from twin.ingest.datum import effective_crs, is_in_use_at, off_area, to_lonlat
from twin.ingest.source import Options
from twin.types import F64

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
    finite = xyz[np.isfinite(xyz).all(axis=1)]
    if not len(finite):
        return usual
    middle = np.median(finite, axis=0)[None, :]
    for candidate in (usual, replace(usual, swapped=not usual.swapped)):
        lon, lat = candidate.to_lonlat(middle)[0][0]
        if is_in_use_at(crs, lon, lat):
            return candidate
    x, y = middle[0, :2]
    raise off_area(crs, f"coordinates such as {x:.6g}, {y:.6g}", thing)
