"""Spots along roads, at junctions and at doors, where poles stand and devices hang. All in metres."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

from twin.synth.city import City
from twin.types import F64, I64


@dataclass(frozen=True, slots=True)
class Spots:
    """xy metres; heading: degrees clockwise from north; block; building row or -1."""

    xy: F64
    heading: F64
    block: I64
    building: I64

    def __len__(self) -> int:
        return len(self.block)

    def spread(self, wanted: int) -> Spots:
        """So many of them, evenly through the list; the list again from its start where there are too few."""
        size = len(self)
        if wanted <= size:
            rows = ((np.arange(wanted) + 0.5) * size / max(wanted, 1)).astype(np.int64)
        else:
            rows = np.arange(wanted) % size
        return Spots(self.xy[rows], self.heading[rows], self.block[rows], self.building[rows])


def heading_of(east: F64, north: F64) -> F64:
    """Degrees clockwise from north of a direction in metres."""
    return np.asarray(np.degrees(np.arctan2(east, north)) % 360, dtype=np.float64)


def along_roads(city: City, every_m: float, inset: float) -> Spots:
    """Both sides of every road, `inset` times half its width from the middle; looking along the road."""
    points, headings = [], []
    for road in city.lattice.roads:
        at = np.arange(every_m / 2, road.line.length, every_m)
        here = shapely.get_coordinates(shapely.line_interpolate_point(road.line, at))
        ahead = shapely.get_coordinates(shapely.line_interpolate_point(road.line, np.minimum(at + 1, road.line.length)))
        behind = shapely.get_coordinates(shapely.line_interpolate_point(road.line, np.maximum(at - 1, 0)))
        way = ahead - behind
        way /= np.hypot(way[:, 0], way[:, 1])[:, None]
        for side in (-1.0, 1.0):
            points.append(here + side * inset * road.width_m / 2 * np.column_stack((-way[:, 1], way[:, 0])))
            headings.append(heading_of(-side * way[:, 0], -side * way[:, 1]))  # against the traffic that comes nearest
    return inside(city, np.concatenate(points), np.concatenate(headings))


def at_junctions(city: City) -> Spots:
    """The four corners of every arterial junction, looking at its middle."""
    points, headings = [], []
    for middle in city.lattice.junctions:
        for quarter in range(4):
            angle = city.lattice.bend.turn + np.pi / 4 + quarter * np.pi / 2
            away = np.array([np.cos(angle), np.sin(angle)])
            points.append(middle + 27.0 * away)
            headings.append(heading_of(-away[:1], -away[1:])[0])
    return inside(city, np.array(points), np.array(headings))


def at_doors(city: City, rows: I64) -> Spots:
    """The middle of each building's first wall, a hand outside, looking away from it."""
    rings = city.buildings.shapes[rows]
    first, second = (shapely.get_coordinates(shapely.get_point(shapely.get_exterior_ring(rings), k)) for k in (0, 1))
    out = np.column_stack(((second - first)[:, 1], -(second - first)[:, 0]))  # corners run counter-clockwise
    out /= np.hypot(out[:, 0], out[:, 1])[:, None]
    xy = (first + second) / 2 + 0.3 * out
    return Spots(xy, heading_of(out[:, 0], out[:, 1]), city.buildings.block[rows], np.asarray(rows, dtype=np.int64))


def inside(city: City, xy: F64, heading: F64) -> Spots:
    """Those within the district that stand on no building, with the block they are in."""
    points = shapely.points(xy)
    found = shapely.STRtree(city.lattice.blocks).query(points, predicate="within")
    built = shapely.STRtree(city.buildings.shapes).query(points, predicate="intersects")[0]
    keep = ~np.isin(found[0], built)
    rows = found[0][keep]
    return Spots(xy[rows], heading[rows], found[1][keep].astype(np.int64), np.full(len(rows), -1))


def joined(parts: list[Spots]) -> Spots:
    """Several lists as one."""
    return Spots(*(np.concatenate([getattr(part, name) for part in parts]) for name in Spots.__slots__))
