"""What belongs to all: schools, hospitals, public offices, parks, the station. All in metres."""

from __future__ import annotations

import math

import numpy as np
import shapely

from twin.synth.living import SCHOOL_M, huts, shopfront
from twin.synth.plots import Site, place

HOSPITAL_M = 4.2
"""Height of one storey."""


def school(site: Site) -> None:
    """Teaching wings, a hall and a canteen on one side of a sports ground."""
    rng = site.rng
    middle = shapely.get_coordinates(shapely.centroid(site.net))[0]
    local = np.array([(-44.0, -34.0), (-44.0, 0.0), (-44.0, 34.0)])
    site.put(
        "rect",
        place(local, middle, site.turn),
        np.array([52.0, 14.0]),
        gap=8,
        use="school",
        storeys=rng.integers(4, 7, 3),
        storey_m=SCHOOL_M,
        sort="teaching",
    )
    if not any(lot.sort == "teaching" for lot in site.lots):
        rows = site.lattice((48.0, 30.0))
        site.put(
            "rect", rows, np.array([38.0, 14.0]), gap=5, use="school", storeys=5, storey_m=SCHOOL_M, sort="teaching"
        )
    hall = place(np.array([(46.0, -52.0)]), middle, site.turn)
    site.put("rect", hall, np.array([[38.0, 24.0]]), gap=6, use="school", storeys=2, storey_m=5.5, sort="hall")
    extra = site.lattice((44.0, 26.0))
    away = np.abs((extra - middle) @ np.array([-math.sin(site.turn), math.cos(site.turn)])) > 56
    site.put(
        "rect",
        extra[away],
        np.array([34.0, 15.0]),
        gap=7,
        use="school",
        storeys=rng.integers(4, 7, int(away.sum())),
        storey_m=SCHOOL_M,
        sort="teaching",
    )
    huts(site, 2)


def hospital(site: Site) -> None:
    """Wards of 14 to 20 storeys behind an out-patient block."""
    rng = site.rng
    middle = shapely.get_coordinates(shapely.centroid(site.net))[0]
    site.put(
        "court",
        place(np.array([[0.0, -38.0]]), middle, site.turn),
        np.array([[92.0, 46.0]]),
        gap=8,
        use="hospital",
        storeys=6,
        storey_m=HOSPITAL_M,
        below=2,
        sort="clinic",
    )
    wards = place(np.array([[-36.0, 26.0], [36.0, 26.0]]), middle, site.turn)
    site.put(
        "cross",
        wards,
        np.array([48.0, 30.0]),
        gap=8,
        use="hospital",
        storeys=rng.integers(14, 21, 2),
        storey_m=HOSPITAL_M,
        below=2,
        sort="ward",
    )
    rest = site.lattice((40.0, 28.0))
    site.put(
        "rect",
        rest,
        np.array([28.0, 16.0]),
        gap=10,
        use="hospital",
        storeys=rng.integers(3, 8, len(rest)),
        storey_m=HOSPITAL_M,
        sort="clinic",
    )
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
    site.put(
        "octagon",
        spots,
        np.array([9.0, 9.0]),
        gap=6,
        use="public",
        storeys=1,
        storey_m=4.5,
        roof="hip",
        sort="pavilion",
    )
    huts(site, 2)


def station(site: Site) -> None:
    """The north station's hall, the bus hub and the car park beside it."""
    middle = shapely.get_coordinates(shapely.centroid(site.net))[0]
    for size in ((176.0, 96.0), (140.0, 76.0), (110.0, 60.0), (80.0, 48.0), (56.0, 36.0), (32.0, 22.0), (16.0, 12.0)):
        if site.put(
            "chamfer",
            middle[None],
            np.array([size]),
            gap=6,
            use="transport",
            storeys=2,
            storey_m=14.0,
            below=3,
            roof="vault",
            sort="station",
        ):
            break
    spots = site.lattice((58.0, 34.0))
    site.put("rect", spots, np.array([46.0, 22.0]), gap=7, use="transport", storeys=2, storey_m=5.0, sort="bus station")
    huts(site, 2)
