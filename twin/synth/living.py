"""Where people live: urban villages and housing estates, and what lines their streets. All in metres."""

from __future__ import annotations

import math

import numpy as np
import shapely

from twin.synth.plots import Site, along_rim, place
from twin.types import F64

RESIDENTIAL_M, VILLAGE_M, SCHOOL_M = 2.95, 3.1, 3.8
"""Heights of one storey."""


def village(site: Site) -> None:
    """Handshake houses: plots of 11.6 x 12.4 m, back to back in pairs of rows, 5 to 8 storeys, over narrow lanes."""
    rng = site.rng
    middle = shapely.get_coordinates(shapely.centroid(site.net))[0]
    reach = math.hypot(*(np.array(site.net.bounds[2:]) - np.array(site.net.bounds[:2]))) / 2
    us = _ladder(reach, 11.6, every=7, lane=4.6)
    vs = _ladder(reach, 12.4, every=2, lane=3.4)
    centres = place(np.stack(np.meshgrid(us, vs), axis=-1).reshape(-1, 2), middle, site.turn)
    n = len(centres)
    kept = rng.uniform(size=n) > 0.05
    sizes = np.column_stack((rng.uniform(9.4, 10.7, n), rng.uniform(10.2, 11.5, n)))
    tall = rng.choice([4, 5, 6, 7, 8, 9, 11], n, p=[0.07, 0.2, 0.3, 0.24, 0.13, 0.04, 0.02])
    site.put(
        "rect", centres[kept], sizes[kept], gap=1.0, use="village", storeys=tall[kept], storey_m=VILLAGE_M, sort="house"
    )


def _ladder(reach: float, pitch: float, *, every: int, lane: float) -> F64:
    """Positions of plots along one axis, a lane after every few."""
    count = 2 * math.ceil(reach / pitch) + 2
    at = np.arange(count) * pitch + (np.arange(count) // every) * lane
    return np.asarray(at - at.mean(), dtype=np.float64)


def estate(site: Site) -> None:
    """A housing estate: point towers or slabs that face south, a kindergarten, shops along the street."""
    rng = site.rng
    south = site.turn * 0.6 + rng.uniform(-0.03, 0.03)
    kind = rng.choice(["point", "slab", "mixed"], p=[0.45, 0.3, 0.25])
    nursery = site.lattice((60.0, 60.0), south)
    if len(nursery) and rng.uniform() < 0.6:
        spot = nursery[int(rng.integers(0, len(nursery)))][None]
        site.put(
            "court",
            spot,
            np.array([[32.0, 24.0]]),
            turn=south,
            gap=9,
            use="school",
            storeys=3,
            storey_m=SCHOOL_M,
            sort="kindergarten",
        )
    if kind in ("slab", "mixed"):
        centres = site.lattice((58.0, 48.0 if kind == "slab" else 98.0), south)
        storeys = np.clip(int(rng.integers(18, 25)) + rng.integers(-2, 3, len(centres)), 18, 33)
        site.put(
            "slab",
            centres,
            np.array([46.0, 15.0]),
            turn=south,
            gap=9,
            use="residential",
            storeys=storeys,
            storey_m=RESIDENTIAL_M,
            below=1,
            sort="slab",
        )
    if kind in ("point", "mixed"):
        centres = site.lattice((47.0, 52.0), south)
        outline = str(rng.choice(["cross", "butterfly"]))
        base = int(rng.integers(26, 34))
        storeys = np.clip(base + rng.integers(-4, 3, len(centres)), 18, 33)
        site.put(
            outline,
            centres,
            np.array([26.0, 24.0]),
            turn=south,
            gap=11,
            use="residential",
            storeys=storeys,
            storey_m=RESIDENTIAL_M,
            below=2,
            sort="tower",
        )
    shopfront(site, 0.6)
    huts(site, 3)


def shopfront(site: Site, part: float) -> None:
    """Two-storey shops along the street."""
    points, turns = along_rim(site.net, 8.0, 34.0)
    for point, turn in zip(points, turns, strict=True):
        if site.rng.uniform() < part:
            size = np.array([[float(site.rng.uniform(22, 31)), 11.0]])
            site.put(
                "rect",
                point[None],
                size,
                turn=float(turn),
                gap=4,
                use="commercial",
                storeys=int(site.rng.integers(1, 4)),
                storey_m=4.2,
                sort="shops",
            )


def huts(site: Site, count: int) -> None:
    """Gatehouses, power rooms, rubbish stations: small, single-storey."""
    points, turns = along_rim(site.net, 4.5, 19.0)
    order = site.rng.permutation(len(points))[: count * 2]
    done = 0
    for k in order.tolist():
        size = site.rng.uniform((4.0, 3.2), (7.0, 4.6))[None]
        done += site.put(
            "rect",
            points[k][None],
            size,
            turn=float(turns[k]),
            gap=1.5,
            use="public",
            storeys=1,
            storey_m=3.2,
            sort="hut",
        )
        if done >= count:
            return
