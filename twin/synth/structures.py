"""Buildings, the storeys of public ones, homes and premises as entities."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from twin.entity import Entity
from twin.synth.district import District
from twin.synth.draw import stream
from twin.synth.frame import GROUND_M, to_lonlat, to_wkb
from twin.synth.venues import STOREY_SORTS, building_id, premises_id, storey_id, unit_ids
from twin.types import F64

_YEARS = {"house": (1988, 2008), "factory": (1992, 2012), "dormitory": (1992, 2010), "slab": (2002, 2015)}


def structures(district: District) -> Iterator[Entity]:
    """Parents first."""
    yield from _buildings(district)
    yield from _storeys(district)
    yield from _units(district)
    yield from _premises(district)


def points_wkb(xy: F64) -> list[bytes]:
    """(n, 2) metres to n points as WKB in degrees: 21 bytes each, little-endian."""
    body = np.empty((len(xy), 21), dtype=np.uint8)
    body[:, :5] = np.frombuffer(b"\x01\x01\x00\x00\x00", dtype=np.uint8)
    body[:, 5:] = np.ascontiguousarray(to_lonlat(xy), dtype="<f8").view(np.uint8)
    return [row.tobytes() for row in body]


def _buildings(district: District) -> Iterator[Entity]:
    city, houses = district.city, district.city.buildings
    rng = stream(district.spec.seed, "years")
    spans = np.array([_YEARS.get(sort, (2005, 2025)) for sort in houses.sort.tolist()])
    years = rng.integers(spans[:, 0], spans[:, 1] + 1).tolist()
    names, addresses, codes = district.naming.buildings, district.naming.addresses, city.areas.grid_codes
    columns = zip(
        to_wkb(houses.shapes),
        houses.block.tolist(),
        houses.use.tolist(),
        houses.sort.tolist(),
        houses.roof.tolist(),
        houses.heights.tolist(),
        houses.storeys.tolist(),
        houses.below.tolist(),
        strict=True,
    )
    for row, (shape, block, use, sort, roof, height, storeys, below) in enumerate(columns):
        yield Entity(
            building_id(row),
            "building",
            f"grid-{codes[block]}",
            shape,
            GROUND_M,
            height,
            storeys,
            below,
            attributes={
                "name": names[row][0],
                "name_en": names[row][1],
                "address": addresses[row],
                "use": use,
                "sort": sort,
                "year": years[row],
                "roof_form": roof,
            },
            cim_level=2,
            grid_code=codes[block],
        )


def _storeys(district: District) -> Iterator[Entity]:
    """Storeys of public buildings, basements too."""
    houses = district.city.buildings
    rows = np.flatnonzero(np.isin(houses.sort, list(STOREY_SORTS)))
    for row, storeys, below, high in zip(
        rows.tolist(),
        houses.storeys[rows].tolist(),
        houses.below[rows].tolist(),
        houses.storey_m[rows].tolist(),
        strict=True,
    ):
        for level in (*range(-below, 0), *range(1, storeys + 1)):
            base = GROUND_M + (level - 1 if level > 0 else level) * high
            name = f"{level}层" if level > 0 else f"地下{-level}层"
            yield Entity(
                storey_id(row, level),
                "storey",
                building_id(row),
                base_m=round(base, 2),
                height_m=high,
                attributes={"level": level, "name": name},
            )


def _units(district: District) -> Iterator[Entity]:
    homes, houses = district.homes, district.city.buildings
    high = houses.storey_m[homes.building]
    base = np.round(GROUND_M + (homes.level - 1) * high, 2).tolist()
    columns = zip(
        unit_ids(homes),
        homes.building.tolist(),
        homes.unit_names(),
        homes.level.tolist(),
        base,
        high.tolist(),
        strict=True,
    )
    for entity, building, name, level, bottom, height in columns:
        yield Entity(
            entity,
            "unit",
            building_id(building),
            base_m=bottom,
            height_m=height,
            attributes={"name": name, "level": level, "use": "residential"},
        )


def _premises(district: District) -> Iterator[Entity]:
    shops, houses = district.premises, district.city.buildings
    points, addresses, codes = points_wkb(shops.xy), district.naming.addresses, district.city.areas.grid_codes
    for row, (building, level, category) in enumerate(
        zip(shops.building.tolist(), shops.level.tolist(), shops.category.tolist(), strict=True)
    ):
        inside = houses.sort[building] in STOREY_SORTS
        base = GROUND_M + (level - 1) * float(houses.storey_m[building])
        name = shops.names[row]
        yield Entity(
            premises_id(row),
            "premises",
            storey_id(building, level) if inside else building_id(building),
            points[row],
            round(base, 2),
            attributes={
                "name": name[0],
                "name_en": name[1],
                "category": category,
                "level": level,
                "address": addresses[building],
            },
            grid_code=codes[int(houses.block[building])],
        )
