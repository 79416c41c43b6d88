"""How each kind of block is built up. Sizes are metres, storeys and pitches those of a dense southern Chinese city."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import shapely

from twin.synth.plots import Site, along_rim, place
from twin.types import F64

RESIDENTIAL_M, VILLAGE_M, OFFICE_M, FACTORY_M, SHOP_M, SCHOOL_M, HOSPITAL_M = 2.95, 3.1, 4.1, 4.8, 4.9, 3.8, 4.2
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
    site.put("rect", centres[kept], sizes[kept], gap=1.0, use="village", storeys=tall[kept], storey_m=VILLAGE_M, sort="house")  # fmt: skip


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
        site.put("court", spot, np.array([[32.0, 24.0]]), turn=south, gap=9, use="school", storeys=3, storey_m=SCHOOL_M, sort="kindergarten")  # fmt: skip
    if kind in ("slab", "mixed"):
        centres = site.lattice((58.0, 48.0 if kind == "slab" else 98.0), south)
        storeys = np.clip(int(rng.integers(18, 25)) + rng.integers(-2, 3, len(centres)), 18, 33)
        site.put("slab", centres, np.array([46.0, 15.0]), turn=south, gap=9, use="residential", storeys=storeys, storey_m=RESIDENTIAL_M, below=1, sort="slab")  # fmt: skip
    if kind in ("point", "mixed"):
        centres = site.lattice((47.0, 52.0), south)
        outline = str(rng.choice(["cross", "butterfly"]))
        base = int(rng.integers(26, 34))
        storeys = np.clip(base + rng.integers(-4, 3, len(centres)), 18, 33)
        site.put(outline, centres, np.array([26.0, 24.0]), turn=south, gap=11, use="residential", storeys=storeys, storey_m=RESIDENTIAL_M, below=2, sort="tower")  # fmt: skip
    shopfront(site, 0.6)
    huts(site, 3)


def shopfront(site: Site, part: float) -> None:
    """Two-storey shops along the street."""
    points, turns = along_rim(site.net, 8.0, 34.0)
    for point, turn in zip(points, turns, strict=True):
        if site.rng.uniform() < part:
            size = np.array([[float(site.rng.uniform(22, 31)), 11.0]])
            site.put("rect", point[None], size, turn=float(turn), gap=4, use="commercial", storeys=int(site.rng.integers(1, 4)), storey_m=4.2, sort="shops")  # fmt: skip


def huts(site: Site, count: int) -> None:
    """Gatehouses, power rooms, rubbish stations: small, single-storey."""
    points, turns = along_rim(site.net, 4.5, 19.0)
    order = site.rng.permutation(len(points))[: count * 2]
    done = 0
    for k in order.tolist():
        size = site.rng.uniform((4.0, 3.2), (7.0, 4.6))[None]
        done += site.put("rect", points[k][None], size, turn=float(turns[k]), gap=1.5, use="public", storeys=1, storey_m=3.2, sort="hut")  # fmt: skip
        if done >= count:
            return


def industrial(site: Site) -> None:
    """Factory halls of 4 to 7 storeys in rows, dormitories at the back, an office at the gate."""
    rng = site.rng
    middle = shapely.get_coordinates(shapely.centroid(site.net))
    corner = place(np.array([[-55.0, -50.0]]), middle[0], site.turn)
    site.put("ell", corner, np.array([[40.0, 32.0]]), gap=8, use="office", storeys=int(rng.integers(6, 11)), storey_m=OFFICE_M, sort="office")  # fmt: skip
    long, deep = float(rng.uniform(52, 76)), float(rng.uniform(22, 32))
    centres = site.lattice((long + 13, deep + 13))
    outline = rng.uniform(size=len(centres)) < 0.85
    storeys = rng.integers(4, 8, len(centres))
    for name, mask in (("rect", outline), ("ell", ~outline)):
        site.put(name, centres[mask], np.array([long, deep]), gap=8, use="industrial", storeys=storeys[mask], storey_m=FACTORY_M, sort="factory")  # fmt: skip
    fill = site.lattice((34.0, 22.0))
    site.put("rect", fill, np.array([26.0, 13.0]), gap=7, use="residential", storeys=rng.integers(5, 8, len(fill)), storey_m=3.3, sort="dormitory")  # fmt: skip
    huts(site, 4)


def office(site: Site) -> None:
    """Office slabs and towers of 12 to 26 storeys with shops between."""
    rng = site.rng
    centres = site.lattice((70.0, 66.0))
    n = len(centres)
    outlines = np.array(["rect", "chamfer", "ell"])[rng.integers(0, 3, n)]
    sizes = np.column_stack((rng.uniform(34, 48, n), rng.uniform(26, 34, n)))
    storeys = rng.integers(12, 27, n)
    for outline in ("rect", "chamfer", "ell"):
        chosen = outlines == outline
        site.put(outline, centres[chosen], sizes[chosen], gap=10, use="office", storeys=storeys[chosen], storey_m=OFFICE_M, below=2, sort="office")  # fmt: skip
    shopfront(site, 0.45)
    huts(site, 2)


def cbd(site: Site) -> None:
    """Towers of 100 to 200 m, tallest towards the station."""
    rng = site.rng
    centres = site.lattice((76.0, 74.0))
    n = len(centres)
    outlines = np.array(["chamfer", "octagon", "rect"])[rng.integers(0, 3, n)]
    sizes = np.repeat(rng.uniform(36, 45, (n, 1)), 2, axis=1)
    storeys = np.clip(24 + site.nearness * 20 + rng.integers(-3, 5, n), 24, 47).astype(np.int64)
    for outline in ("chamfer", "octagon", "rect"):
        chosen = outlines == outline
        site.put(outline, centres[chosen], sizes[chosen], gap=12, use="office", storeys=storeys[chosen], storey_m=4.2, below=4, sort="cbd")  # fmt: skip
    between = site.lattice((38.0, 37.0))
    site.put("rect", between, np.array([28.0, 22.0]), gap=7, use="commercial", storeys=rng.integers(3, 6, len(between)), storey_m=SHOP_M, below=1, sort="podium")  # fmt: skip


def mall(site: Site) -> None:
    """One large mall, a hotel or apartment tower beside it."""
    rng = site.rng
    for size in ((150.0, 96.0), (120.0, 80.0), (90.0, 60.0), (60.0, 42.0)):
        middle = shapely.get_coordinates(shapely.centroid(site.net))
        if site.put("chamfer", middle, np.array([size]), gap=10, use="commercial", storeys=int(rng.integers(5, 8)), storey_m=5.4, below=3, sort="mall"):  # fmt: skip
            break
    corner = site.lattice((52.0, 50.0))
    site.put("rect", corner, np.array([30.0, 26.0]), gap=12, use="residential", storeys=rng.integers(20, 32, len(corner)), storey_m=3.1, below=2, sort="tower")  # fmt: skip
    shopfront(site, 0.3)


def school(site: Site) -> None:
    """Teaching wings, a hall and a canteen on one side of a sports ground."""
    rng = site.rng
    middle = shapely.get_coordinates(shapely.centroid(site.net))[0]
    local = np.array([(-44.0, -34.0), (-44.0, 0.0), (-44.0, 34.0)])
    site.put("rect", place(local, middle, site.turn), np.array([52.0, 14.0]), gap=8, use="school", storeys=rng.integers(4, 7, 3), storey_m=SCHOOL_M, sort="teaching")  # fmt: skip
    if not any(lot.sort == "teaching" for lot in site.lots):
        rows = site.lattice((48.0, 30.0))
        site.put("rect", rows, np.array([38.0, 14.0]), gap=5, use="school", storeys=5, storey_m=SCHOOL_M, sort="teaching")  # fmt: skip
    hall = place(np.array([(46.0, -52.0)]), middle, site.turn)
    site.put("rect", hall, np.array([[38.0, 24.0]]), gap=6, use="school", storeys=2, storey_m=5.5, sort="hall")
    extra = site.lattice((44.0, 26.0))
    away = np.abs((extra - middle) @ np.array([-math.sin(site.turn), math.cos(site.turn)])) > 56
    site.put("rect", extra[away], np.array([34.0, 15.0]), gap=7, use="school", storeys=rng.integers(4, 7, int(away.sum())), storey_m=SCHOOL_M, sort="teaching")  # fmt: skip
    huts(site, 2)


def hospital(site: Site) -> None:
    """Wards of 14 to 20 storeys behind an out-patient block."""
    rng = site.rng
    middle = shapely.get_coordinates(shapely.centroid(site.net))[0]
    site.put("court", place(np.array([[0.0, -38.0]]), middle, site.turn), np.array([[92.0, 46.0]]), gap=8, use="hospital", storeys=6, storey_m=HOSPITAL_M, below=2, sort="clinic")  # fmt: skip
    wards = place(np.array([[-36.0, 26.0], [36.0, 26.0]]), middle, site.turn)
    site.put("cross", wards, np.array([48.0, 30.0]), gap=8, use="hospital", storeys=rng.integers(14, 21, 2), storey_m=HOSPITAL_M, below=2, sort="ward")  # fmt: skip
    rest = site.lattice((40.0, 28.0))
    site.put("rect", rest, np.array([28.0, 16.0]), gap=10, use="hospital", storeys=rng.integers(3, 8, len(rest)), storey_m=HOSPITAL_M, sort="clinic")  # fmt: skip
    huts(site, 2)


def public(site: Site) -> None:
    """A government office, a cultural hall, a fire or police station, a market."""
    rng = site.rng
    centres = site.lattice((66.0, 58.0))
    sorts = ("government", "culture", "fire", "police", "market", "elderly")
    order = np.argsort(np.hypot(*(centres - centres.mean(axis=0)).T))
    for k, at in enumerate(order.tolist()):
        sort = sorts[k % len(sorts)]
        storeys = {"government": int(rng.integers(8, 15)), "fire": 3, "market": 2}.get(sort, int(rng.integers(3, 7)))
        size = rng.uniform((34.0, 24.0), (46.0, 34.0))[None]
        outline = "octagon" if sort == "culture" else "rect"
        site.put(outline, centres[at][None], size, gap=8, use="public", storeys=storeys, storey_m=4.2, sort=sort)
    shopfront(site, 0.4)
    huts(site, 2)


def park(site: Site) -> None:
    """A pavilion, a keeper's house, a toilet: the rest is green."""
    spots = site.lattice((90.0, 80.0))
    site.put("octagon", spots, np.array([9.0, 9.0]), gap=6, use="public", storeys=1, storey_m=4.5, roof="hip", sort="pavilion")  # fmt: skip
    huts(site, 2)


def station(site: Site) -> None:
    """The north station's hall, the bus hub and the car park beside it."""
    middle = shapely.get_coordinates(shapely.centroid(site.net))[0]
    for size in ((176.0, 96.0), (140.0, 76.0), (110.0, 60.0), (80.0, 48.0), (56.0, 36.0)):
        if site.put("chamfer", middle[None], np.array([size]), gap=6, use="transport", storeys=2, storey_m=14.0, below=3, roof="vault", sort="station"):  # fmt: skip
            break
    spots = site.lattice((58.0, 34.0))
    site.put("rect", spots, np.array([46.0, 22.0]), gap=7, use="transport", storeys=2, storey_m=5.0, sort="bus station")
    huts(site, 2)


FABRIC: dict[str, Callable[[Site], None]] = {
    "village": village, "estate": estate, "industrial": industrial, "office": office, "cbd": cbd, "mall": mall,
    "school": school, "hospital": hospital, "public": public, "park": park, "station": station,
}  # fmt: skip
