"""Where people work: factories, offices, the centre, malls. All in metres."""

from __future__ import annotations

import numpy as np
import shapely

from twin.synth.living import huts, shopfront
from twin.synth.plots import Site, place

OFFICE_M, FACTORY_M, SHOP_M = 4.1, 4.8, 4.9
"""Heights of one storey."""


def industrial(site: Site) -> None:
    """Factory halls of 4 to 7 storeys in rows, dormitories at the back, an office at the gate."""
    rng = site.rng
    middle = shapely.get_coordinates(shapely.centroid(site.net))
    corner = place(np.array([[-55.0, -50.0]]), middle[0], site.turn)
    site.put(
        "ell",
        corner,
        np.array([[40.0, 32.0]]),
        gap=8,
        use="office",
        storeys=int(rng.integers(6, 11)),
        storey_m=OFFICE_M,
        sort="office",
    )
    long, deep = float(rng.uniform(52, 76)), float(rng.uniform(22, 32))
    centres = site.lattice((long + 13, deep + 13))
    outline = rng.uniform(size=len(centres)) < 0.85
    storeys = rng.integers(4, 8, len(centres))
    for name, mask in (("rect", outline), ("ell", ~outline)):
        site.put(
            name,
            centres[mask],
            np.array([long, deep]),
            gap=8,
            use="industrial",
            storeys=storeys[mask],
            storey_m=FACTORY_M,
            sort="factory",
        )
    fill = site.lattice((34.0, 22.0))
    site.put(
        "rect",
        fill,
        np.array([26.0, 13.0]),
        gap=7,
        use="residential",
        storeys=rng.integers(5, 8, len(fill)),
        storey_m=3.3,
        sort="dormitory",
    )
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
        site.put(
            outline,
            centres[chosen],
            sizes[chosen],
            gap=10,
            use="office",
            storeys=storeys[chosen],
            storey_m=OFFICE_M,
            below=2,
            sort="office",
        )
    shopfront(site, 0.45)
    huts(site, 2)


def cbd(site: Site) -> None:
    """Towers of 100 to 200 m, tallest towards the station."""
    rng = site.rng
    centres = site.lattice((76.0, 74.0))
    n = len(centres)
    outlines = np.array(["chamfer", "octagon", "rect"])[rng.integers(0, 3, n)]
    sizes = np.repeat(rng.uniform(36, 45, (n, 1)), 2, axis=1)
    storeys = np.clip(23 + site.nearness * 18 + rng.integers(-6, 10, n), 24, 47).astype(np.int64)
    for outline in ("chamfer", "octagon", "rect"):
        chosen = outlines == outline
        site.put(
            outline,
            centres[chosen],
            sizes[chosen],
            gap=12,
            use="office",
            storeys=storeys[chosen],
            storey_m=4.2,
            below=4,
            sort="cbd",
        )
    between = site.lattice((38.0, 37.0))
    site.put(
        "rect",
        between,
        np.array([28.0, 22.0]),
        gap=7,
        use="commercial",
        storeys=rng.integers(3, 6, len(between)),
        storey_m=SHOP_M,
        below=1,
        sort="podium",
    )


def mall(site: Site) -> None:
    """One large mall, a hotel or apartment tower beside it."""
    rng = site.rng
    for size in ((150.0, 96.0), (120.0, 80.0), (90.0, 60.0), (60.0, 42.0)):
        middle = shapely.get_coordinates(shapely.centroid(site.net))
        if site.put(
            "chamfer",
            middle,
            np.array([size]),
            gap=10,
            use="commercial",
            storeys=int(rng.integers(5, 8)),
            storey_m=5.4,
            below=3,
            sort="mall",
        ):
            break
    corner = site.lattice((52.0, 50.0))
    site.put(
        "rect",
        corner,
        np.array([30.0, 26.0]),
        gap=12,
        use="residential",
        storeys=rng.integers(20, 32, len(corner)),
        storey_m=3.1,
        below=2,
        sort="tower",
    )
    shopfront(site, 0.3)
