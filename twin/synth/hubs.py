"""Metro lines with their stations, and bus hubs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely

from twin.synth.city import City
from twin.synth.draw import stream
from twin.synth.names import Name, Namer
from twin.types import F64, I64

METRO_FLOORS = (-1, -2)  # concourse, platform
BUS_FLOOR = 1


@dataclass(frozen=True, slots=True)
class Hubs:
    """Columns: xy metres, block, mode "rail", "metro" or "bus"; building: its row, or -1. First: the north station."""

    names: list[Name]
    xy: F64
    block: I64
    mode: list[str]
    building: I64
    lines: list[tuple[Any, Name]]

    def metro(self) -> I64:
        """Rows of stations with a metro concourse, the north station among them."""
        return np.flatnonzero([mode != "bus" for mode in self.mode])


def draw_hubs(city: City) -> Hubs:
    """Two metro lines that cross at the north station, a station about every kilometre; bus hubs elsewhere."""
    rng = stream(city.spec.seed, "hubs")
    namer = Namer(rng)
    hall = int(np.flatnonzero(city.buildings.sort == "station")[0])
    names: list[Name] = [("龙澜北站", "Longlan North Station")]
    spots, modes, at = [city.buildings.centres[hall]], ["rail"], city.lattice.junction_at
    centre = at[np.argmin(np.hypot(*(city.lattice.junctions - city.land.hub).T))]
    lines: list[tuple[Any, Name]] = []
    for axis in (0, 1):
        on_line = np.flatnonzero(at[:, axis] == centre[axis])
        on_line = on_line[np.argsort(at[on_line, 1 - axis])]
        if len(on_line) >= 3:
            lines.append(
                (shapely.LineString(city.lattice.junctions[on_line]), (f"地铁{axis + 4}号线", f"Metro Line {axis + 4}"))
            )
        for k in on_line.tolist():
            if (at[k, 1 - axis] - centre[1 - axis]) % 2 == 0 and (at[k] != centre).any():
                zh, en = namer.stem()
                names.append((f"{zh}地铁站", f"{en} Station"))
                spots.append(city.lattice.junctions[k])
                modes.append("metro")
    free = [k for k in range(len(at)) if not ((at[k] == centre).any())]
    for k in rng.permutation(free)[: max(1, round(city.spec.area_km2 / 2))].tolist() or [0]:
        zh, en = namer.stem()
        names.append((f"{zh}公交总站", f"{en} Bus Terminal"))
        spots.append(city.lattice.junctions[k])
        modes.append("bus")
    xy, block = _moved_in(city, np.array(spots))
    xy[0], block[0] = spots[0], city.buildings.block[hall]
    building = np.full(len(names), -1, dtype=np.int64)
    building[0] = hall
    return Hubs(names, xy, block, modes, building, lines)


def _moved_in(city: City, spots: F64) -> tuple[F64, I64]:
    """Junctions moved to the nearest corner of a block: where the entrance is."""
    rooms = shapely.buffer(city.land.net, -1.0)
    usable = np.flatnonzero(shapely.area(rooms) > 200)
    points = shapely.points(spots)
    block = usable[shapely.STRtree(rooms[usable]).nearest(points)]
    ends = shapely.get_coordinates(shapely.shortest_line(rooms[block], points))[::2]
    return ends, np.asarray(block, dtype=np.int64)
