"""The features of a layer as arrays: where each stands, how it is drawn, what its table says."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely

from tiles.metadata import Table
from twin.geo.roof_forms import Roofs
from twin.types import F64, I64, U32, U64, Bools, Objects

STOREY_M = 3.0
"""Height of a storey where only the number of storeys is known."""

UNKNOWN_HEIGHT_M = 3.0
"""Height that is drawn where nothing is known: low, so that nobody takes it for knowledge."""


_DEGREE_M = 111_320.0


@dataclass(frozen=True, slots=True, eq=False)
class Features:
    """n features of one layer, in the order of their stable numbers.

    footprint  (n,) WKB or None
    base_m     (n,) ellipsoidal metres of the lowest point, never NaN
    height_m   (n,) metres to draw, > 0: the known height or the rule's
    has_mesh   (n,) whether meshes are drawn instead of an extrusion
    bounds     (n, 4) west, south, east, north, degrees; NaN where there is nothing to draw
    stamp      (n,) stand for all that is drawn and said of a feature: equal numbers and stamps, equal features
    whole      (n,) as a part: the number of its whole; 0 for what is no part
    roofs      what is stated of the roofs of extrusions; None: all are flat
    """

    table: Table
    footprint: Objects
    base_m: F64
    height_m: F64
    has_mesh: Bools
    bounds: F64
    stamp: U64
    whole: U32
    roofs: Roofs | None = None

    def __len__(self) -> int:
        return len(self.base_m)

    def take(self, rows: I64) -> Features:
        """Some of them, in that order."""
        return Features(
            self.table.take(rows),
            self.footprint[rows],
            self.base_m[rows],
            self.height_m[rows],
            self.has_mesh[rows],
            self.bounds[rows],
            self.stamp[rows],
            self.whole[rows],
            None if self.roofs is None else self.roofs.take(rows),
        )

    @property
    def placed(self) -> Bools:
        """(n,) whether it is known where it stands."""
        return np.asarray(np.isfinite(self.bounds).all(axis=1))

    @property
    def middles(self) -> F64:
        """(n, 2) degrees: the middles of their bounds."""
        return (self.bounds[:, :2] + self.bounds[:, 2:]) / 2

    def sizes(self) -> F64:
        """(n,) metres: the diagonals of their boxes, the measure of importance, on whole centimetres."""
        east = np.cos(np.radians(self.middles[:, 1])) * _DEGREE_M
        sides = (self.bounds[:, 2:] - self.bounds[:, :2]) * np.column_stack((east, np.full(len(self), _DEGREE_M)))
        return np.asarray(np.rint(np.sqrt((sides**2).sum(axis=1) + self.height_m**2) * 100) / 100)


def content_stamps(table: Table, footprint: Objects, base_m: F64, height_m: F64, has_mesh: Bools) -> U64:
    """(n,) stamps of features that no store keeps. What meshes hold is not known here: theirs are never the same."""
    stamps = np.empty(len(base_m), dtype=np.uint64)
    for row in range(len(stamps)):
        said = [table.ids[row], *(column[row] for column in table.columns.values()), base_m[row], height_m[row]]
        digest = hashlib.blake2b(repr(said).encode(), digest_size=8, person=b"feature")
        digest.update(footprint[row] or b"")
        if has_mesh[row]:
            digest.update(secrets.token_bytes(16))
        stamps[row] = int.from_bytes(digest.digest(), "little")
    return stamps


def drawn_heights(height_m: F64, storeys: Sequence[int] | Any) -> F64:
    """(n,) known heights (NaN: unknown) and (n,) storeys (-1: unknown) to (n,) heights to draw."""
    storeys = np.asarray(storeys, dtype=np.float64)
    by_storeys = np.where(storeys > 0, storeys * STOREY_M, UNKNOWN_HEIGHT_M)
    return np.asarray(np.where(np.isfinite(height_m) & (height_m > 0), height_m, by_storeys))


def footprint_bounds(footprint: Objects, chunk: int = 50_000) -> F64:
    """(n,) WKB or None to (n, 4) degrees, NaN where it is no area; shapes are held a chunk at a time only."""
    bounds = np.full((len(footprint), 4), np.nan)
    for start in range(0, len(footprint), chunk):
        shapes = shapely.from_wkb(footprint[start : start + chunk], on_invalid="ignore")
        areas = np.isin(shapely.get_type_id(shapes), (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON))
        bounds[start : start + chunk][areas] = shapely.bounds(shapes[areas])
    return bounds
