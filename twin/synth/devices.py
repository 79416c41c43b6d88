"""Cameras and sensors: how many of each, where they hang, and in what state they are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

from twin.synth.city import City
from twin.synth.draw import stream
from twin.synth.homes import Homes
from twin.synth.premises import Premises
from twin.synth.roadside import Spots, along_roads, at_doors, at_junctions, heading_of, inside, joined
from twin.synth.signals import CATEGORIES, Category
from twin.types import F64, I64, Objects

BROKEN = 0.04
"""Part of the cameras that are broken; sensors fail half as often, and as many again are offline."""

_CAMERAS = (("pole", 0.47), ("signal", 0.06), ("wall", 0.37), ("indoor", 0.10))
_LENSES = {
    "pole": (62, 85, 5.6, 18),
    "signal": (48, 120, 6.5, 15),
    "wall": (84, 35, 3.4, 22),
    "indoor": (96, 25, 3.2, 28),
}
"""Opening angle (degrees), reach (metres), height above the floor (metres) and degrees below the horizon."""

_DOORS = {
    "tower": 3,
    "slab": 3,
    "office": 5,
    "cbd": 8,
    "mall": 20,
    "station": 24,
    "ward": 10,
    "clinic": 5,
    "teaching": 3,
    "kindergarten": 4,
    "factory": 2,
    "dormitory": 2,
    "shops": 1,
    "podium": 3,
    "government": 6,
    "police": 6,
    "market": 6,
}
_INDOOR = {"mall": 16, "station": 40, "ward": 8, "cbd": 2, "government": 4, "market": 4, "teaching": 1}


@dataclass(frozen=True, slots=True)
class Cameras:
    """Columns: spot, mount, level (0 for none), height above the ground, heading, tilt, opening, reach, status."""

    spots: Spots
    mount: Objects
    level: I64
    height: F64
    tilt: F64
    fov: F64
    reach: F64
    status: Objects


@dataclass(frozen=True, slots=True)
class Sensors:
    """Columns: spot, category (a position in CATEGORIES), level (0 for none), height above the ground, status.

    premises and unit are rows of those where the device is inside one, else -1.
    """

    spots: Spots
    category: I64
    level: I64
    height: F64
    status: Objects
    premises: I64
    unit: I64


def draw_cameras(city: City) -> Cameras:
    """Poles along the roads, the corners of junctions, doors and halls."""
    rng = stream(city.spec.seed, "cameras")
    wanted = _shared(city.spec.count("cameras"), [part for _, part in _CAMERAS])
    rows = {"wall": _weighted(city, _DOORS, wanted[2]), "indoor": _weighted(city, _INDOOR, wanted[3])}
    door = at_doors(city, rows["wall"])
    door = Spots(*_along_walls(city, door, rng))
    hall = _in_halls(city, rows["indoor"], rng)
    parts = [along_roads(city, 24.0, 0.9).spread(wanted[0]), at_junctions(city).spread(wanted[1]), door, hall]
    spots = joined(parts)
    mount = np.repeat(np.array([name for name, _ in _CAMERAS], dtype=object), [len(part) for part in parts])
    fov, reach, up, tilt = (np.array([_LENSES[m][k] for m in mount.tolist()], dtype=np.float64) for k in range(4))
    level = np.where(mount == "wall", 1, 0)
    storeys = np.where(spots.building >= 0, city.buildings.storeys[spots.building], 1)
    indoor = mount == "indoor"
    level[indoor] = 1 + (rng.uniform(size=int(indoor.sum())) * np.minimum(storeys[indoor], 6)).astype(np.int64)
    height = up + np.maximum(level - 1, 0) * city.buildings.storey_m[spots.building]
    return Cameras(
        spots, mount, level, np.round(height, 2),
        np.round(tilt + rng.uniform(-6, 6, len(spots)), 1), fov + rng.integers(-6, 7, len(spots)),
        np.round(reach * rng.uniform(0.8, 1.2, len(spots)), 0), _status(rng, len(spots), BROKEN, 0.0),
    )  # fmt: skip


def draw_sensors(city: City, premises: Premises, homes: Homes) -> Sensors:
    """Every category where it belongs, ordered by category."""
    rng = stream(city.spec.seed, "sensors")
    wanted = _shared(city.spec.count("devices"), [category.share for category in CATEGORIES])
    parts = [_hung(city, rng, CATEGORIES[k], wanted=n, premises=premises, homes=homes) for k, n in enumerate(wanted)]
    spots, level, premise, unit = (list(column) for column in zip(*parts, strict=True))
    everywhere = joined(spots)
    levels = np.concatenate(level)
    up = np.where(levels > 0, 2.3, 3.2)
    category = np.repeat(np.arange(len(CATEGORIES)), wanted)
    mounts = np.array([c.mount for c in CATEGORIES], dtype=object)[category]
    up[(mounts == "road") & (np.array([c.id for c in CATEGORIES], dtype=object)[category] == "manhole")] = -1.2
    up[mounts == "roof"] = 3.0
    height = up + np.maximum(levels - 1, 0) * city.buildings.storey_m[everywhere.building]
    status = _status(rng, len(everywhere), BROKEN / 2, BROKEN / 2)
    return Sensors(
        everywhere, category, levels, np.round(height, 2), status, np.concatenate(premise), np.concatenate(unit)
    )


def _shared(total: int, parts: list[float]) -> list[int]:
    """Whole numbers in these parts that add up to the total."""
    edges = np.round(np.cumsum([0.0, *parts]) / sum(parts) * total).astype(np.int64)
    return [int(n) for n in np.diff(edges)]


def _weighted(city: City, weights: dict[str, int], wanted: int) -> I64:
    """Building rows, each as often as its sort's weight asks."""
    weight = np.array([weights.get(sort, 0) for sort in city.buildings.sort.tolist()], dtype=np.float64)
    share = np.cumsum(weight) / weight.sum()
    return np.searchsorted(share, (np.arange(wanted) + 0.5) / max(wanted, 1)).astype(np.int64)


def _along_walls(city: City, door: Spots, rng: np.random.Generator) -> tuple[F64, F64, I64, I64]:
    """Cameras at a building's doors moved round its walls, one to a stretch."""
    rings = shapely.get_exterior_ring(city.buildings.shapes[door.building])
    at = rng.uniform(size=len(door)) * shapely.length(rings)
    here, ahead = (shapely.get_coordinates(shapely.line_interpolate_point(rings, at + d)) for d in (0.0, 0.05))
    way = (ahead - here) / np.maximum(np.hypot(*(ahead - here).T), 1e-9)[:, None]
    out = np.column_stack((way[:, 1], -way[:, 0]))
    return here + 0.3 * out, heading_of(out[:, 0], out[:, 1]), door.block, door.building


def _in_halls(city: City, rows: I64, rng: np.random.Generator) -> Spots:
    """Points inside buildings, looking anywhere."""
    return Spots(
        _within(city, rows, rng), np.round(rng.uniform(0, 360, len(rows)), 0), city.buildings.block[rows], rows
    )


def _within(city: City, rows: I64, rng: np.random.Generator) -> F64:
    """(n, 2) a point well inside each building: on the way from a corner to its middle."""
    middle = city.buildings.centres[rows]
    rings = shapely.get_exterior_ring(city.buildings.shapes[rows])
    rim = shapely.get_coordinates(shapely.line_interpolate_point(rings, rng.uniform(size=len(rows)), normalized=True))
    xy = middle + (rim - middle) * rng.uniform(0, 0.85, (len(rows), 1))
    outside = ~shapely.contains(city.buildings.shapes[rows], shapely.points(xy))
    return np.asarray(np.where(outside[:, None], middle, xy), dtype=np.float64)


Hung = tuple[Spots, I64, I64, I64]  # spots, level, premises row, unit row


def _hung(
    city: City, rng: np.random.Generator, category: Category, *, wanted: int, premises: Premises, homes: Homes
) -> Hung:
    """The spots of one category."""
    none, street = np.full(wanted, -1), np.zeros(wanted, dtype=np.int64)
    houses = city.buildings
    if category.mount == "road":
        inset = 0.35 if category.id == "manhole" else 0.92
        spots = along_roads(city, 17.0, inset)
        order = rng.permutation(len(spots))
        return (
            Spots(spots.xy[order], spots.heading[order], spots.block[order], spots.building[order]).spread(wanted),
            street,
            none,
            none,
        )
    if category.mount == "river":
        at = (np.arange(wanted) + 0.5) / max(wanted, 1)
        xy = shapely.get_coordinates(shapely.line_interpolate_point(_longest(city.river.line), at, normalized=True))
        spots = inside(city, xy, np.zeros(len(xy)))
        return spots.spread(wanted), street, none, none
    if category.mount == "premises":
        row = ((np.arange(wanted) + 0.5) * len(premises) / max(wanted, 1)).astype(np.int64)
        building = premises.building[row]
        return _at(city, building, premises.xy[row]), premises.level[row], row, none
    if category.mount == "home":
        row = rng.permutation(len(homes))[:wanted] if wanted <= len(homes) else np.resize(np.arange(len(homes)), wanted)
        building = homes.building[row]
        return _at(city, building, _within(city, building, rng)), homes.level[row], none, row
    if category.mount == "roof":
        tall = np.flatnonzero(houses.storeys >= 9)
        building = np.resize(tall[np.argsort(-houses.storeys[tall], kind="stable")], wanted)
        return _at(city, building, houses.centres[building]), houses.storeys[building], none, none
    lived = np.flatnonzero(~np.isin(houses.sort, ["hut", "pavilion"]))
    building = np.resize(rng.permutation(lived), wanted)
    if category.mount == "entrance":
        return at_doors(city, building), np.ones(wanted, dtype=np.int64), none, none
    level = 1 + (rng.uniform(size=wanted) * houses.storeys[building]).astype(np.int64)
    return _at(city, building, _within(city, building, rng)), level, none, none


def _at(city: City, building: I64, xy: F64) -> Spots:
    return Spots(np.round(xy, 2), np.zeros(len(building)), city.buildings.block[building], building)


def _longest(line: shapely.Geometry) -> shapely.Geometry:
    return max(shapely.get_parts(line), key=lambda part: part.length)


def _status(rng: np.random.Generator, n: int, broken: float, offline: float) -> Objects:
    draws = rng.uniform(size=n)
    return np.where(draws < broken, "broken", np.where(draws < broken + offline, "offline", "ok")).astype(object)
