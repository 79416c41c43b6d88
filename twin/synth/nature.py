"""The river, its banks, and the bridges that carry roads over it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely

from twin.synth.draw import stream
from twin.synth.lattice import Lattice, Road
from twin.types import F64


@dataclass(frozen=True, slots=True)
class River:
    """line: the middle of the stream, in metres; water, banks: polygons inside the district."""

    line: Any
    water: Any
    banks: Any


def draw_river(seed: int, lattice: Lattice) -> River:
    """One river from the south edge to the north edge, through the eastern or western third."""
    rng = stream(seed, "river")
    west, south, east, north = lattice.outline.bounds
    part = float(rng.choice([rng.uniform(0.24, 0.31), rng.uniform(0.69, 0.76)]))
    size = east - west
    y = np.linspace(south - 100, north + 100, 160)
    phase = rng.uniform(0, 6.3, 3)
    sway = sum(np.sin((y / size) * k * 4.2 + phase[k - 1]) / k for k in (1, 2, 3))
    x = west + part * size + 0.035 * size * np.asarray(sway)
    line = shapely.LineString(_turned(np.column_stack((x, y)), lattice.bend.turn))
    half = float(np.clip(size / 240, 4, 15))
    water = shapely.intersection(shapely.buffer(line, half), lattice.outline)
    banks = shapely.intersection(shapely.buffer(line, half + 9), lattice.outline)
    return River(shapely.intersection(line, lattice.outline), water, shapely.difference(banks, water))


def _turned(xy: F64, turn: float) -> F64:
    c, s = np.cos(-turn * 0.5), np.sin(-turn * 0.5)
    return np.asarray(xy @ np.array([[c, s], [-s, c]]), dtype=np.float64)


def bridges(river: River, roads: list[Road]) -> list[tuple[Any, Road]]:
    """(deck polygon, road) wherever a road crosses the water."""
    found: list[tuple[Any, Road]] = []
    reach = shapely.buffer(river.water, 8)
    for road in roads:
        for part in shapely.get_parts(shapely.intersection(road.line, reach)):
            if part.geom_type == "LineString" and part.length > 4 and part.crosses(river.water):
                found.append((shapely.buffer(part, road.width_m / 2 - 2, cap_style="flat"), road))
    return found
