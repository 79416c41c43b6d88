"""What each grid holds of watchers, in the plane: sectors of cameras laid over grids. Arrays in, arrays out.

The rule of this version: a camera sees the flat sector given by its heading, field of view and range, with nothing in
its way. A camera whose heading, field of view or range is not known counts in the grid it stands in, but sees no area:
what nobody declared is not claimed as seen. A sensor counts in the grid it stands in.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import ArrayLike

from twin.geo.crs import metres_per_degree
from twin.types import F64, I64, Bools, Objects

ARC_STEP_DEG = 10.0
"""How finely the rim of a sector is drawn."""


def to_metres(geometries: ArrayLike, origin: tuple[float, float]) -> Objects:
    """(n,) geometries in lon/lat degrees to metres east and north of an origin (flat: good for a district)."""
    scale = np.asarray(metres_per_degree(origin[1]))
    flat: Objects = shapely.transform(geometries, lambda lonlat: (lonlat - np.asarray(origin)) * scale)
    return np.atleast_1d(np.asarray(flat, dtype=object))


def sector(xy: tuple[float, float], heading_deg: float, fov_deg: float, range_m: float) -> shapely.Polygon:
    """The flat sector a lens sees: heading clockwise from north; a field of view of 360 or more is a whole disc."""
    fov = min(fov_deg, 360.0)
    steps = max(int(np.ceil(fov / ARC_STEP_DEG)), 1)
    bearings = np.radians(np.linspace(heading_deg - fov / 2, heading_deg + fov / 2, steps + 1))
    rim = np.column_stack((np.sin(bearings), np.cos(bearings))) * range_m + np.asarray(xy)
    if fov >= 360.0:
        return shapely.Polygon(rim[:-1])
    return shapely.Polygon(np.vstack(([xy], rim)))


def sectors(lonlat: F64, heading_deg: F64, fov_deg: F64, range_m: F64, origin: tuple[float, float]) -> Objects:
    """(n,) sectors in metres of an origin; None where position, heading, field of view or range is not known."""
    xy = (lonlat - np.asarray(origin)) * np.asarray(metres_per_degree(origin[1]))
    heading = np.where(fov_deg >= 360.0, np.nan_to_num(heading_deg), heading_deg)  # a dome needs no heading
    known = np.isfinite(xy).all(axis=1) & np.isfinite(heading) & (fov_deg > 0) & (range_m > 0)
    shapes = np.full(len(lonlat), None, dtype=object)
    for i in np.flatnonzero(known).tolist():
        shapes[i] = sector((xy[i, 0], xy[i, 1]), heading[i], fov_deg[i], range_m[i])
    return shapes


@dataclass(frozen=True, slots=True, eq=False)
class Sight:
    """Which device watches which grid, as pairs sorted by grid, and what share of each grid is seen.

    device, grid  (p,) int64, positions in the devices and the grids
    sees          (p,) the device's sector reaches into the grid; False: it only stands there
    area_m2       (g,) of each grid
    share         (g,) 0..1 of the grid's area that lies in at least one sector; NaN for a grid without area
    """

    device: I64
    grid: I64
    sees: Bools
    area_m2: F64
    share: F64


def sight(points: Objects, shapes: Objects, grids: Objects) -> Sight:
    """Lay (n,) device points (or None) and their sectors (or None) over (g,) grid polygons, all in metres.

    A device watches a grid when its sector shares area with it, or when it stands in it.
    """
    tree = shapely.STRtree(grids)
    seer, seen = tree.query(shapes, predicate="intersects")
    pieces = shapely.intersection(shapes[seer], grids[seen])
    real = shapely.area(pieces) > 0
    seer, seen, pieces = seer[real], seen[real], pieces[real]
    stander, stood = tree.query(points, predicate="intersects")
    pairs = np.concatenate((np.column_stack((seen, seer)), np.column_stack((stood, stander)))).astype(np.int64)
    first = np.arange(len(pairs)) < len(seer)
    unique, where = np.unique(pairs, axis=0, return_index=True)  # the first of equals: seeing comes before standing
    area = np.asarray(shapely.area(grids), dtype=np.float64)
    covered = _union_areas(pieces, seen, len(grids))
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.where(area > 0, np.clip(covered / area, 0.0, 1.0), np.nan)
    return Sight(unique[:, 1], unique[:, 0], first[where], area, share)


def _union_areas(pieces: Objects, owner: I64, count: int) -> F64:
    """(count,) area of the union of the pieces that belong to each owner."""
    areas = np.zeros(count)
    order = np.argsort(owner, kind="stable")
    edges = np.searchsorted(owner[order], np.arange(count + 1))
    for i in range(count):
        mine = pieces[order[edges[i] : edges[i + 1]]]
        if len(mine):
            areas[i] = shapely.area(shapely.union_all(mine))
    return areas
