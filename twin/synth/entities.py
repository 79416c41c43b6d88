"""The district as a stream of entities, parents before children."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import shapely

from twin.entity import Entity
from twin.synth.areas import DISTRICT_CODE, STREET_CODE
from twin.synth.district import District
from twin.synth.frame import GROUND_M, to_wkb
from twin.synth.landuse import USES
from twin.synth.names import Name
from twin.synth.nature import bridges
from twin.synth.structures import structures
from twin.synth.things import things
from twin.synth.venues import park_id

SOURCE = "synthetic"

_CATEGORIES = {
    "estate": "estate",
    "village": "village",
    "industrial": "industrial",
    "office": "office",
    "cbd": "office",
    "school": "school",
    "hospital": "hospital",
}
_LAND = {"station": "transport", "cbd": "office", "mall": "commercial", "estate": "residential"}


def entities(district: District) -> Iterator[Entity]:
    """Everything, streamed."""
    yield from _areas(district)
    yield from _ground(district)
    yield from structures(district)
    yield from things(district)


def named(name: Name, **more: Any) -> dict[str, Any]:
    """Attributes with a name in both languages."""
    return {"name": name[0], "name_en": name[1], **more}


def _areas(district: District) -> Iterator[Entity]:
    areas, blocks = district.city.areas, district.city.lattice.blocks
    whole = to_wkb([areas.outline])[0]
    top, street = f"district-{DISTRICT_CODE}", f"street-{STREET_CODE}"
    yield Entity(top, "district", footprint=whole, attributes=named(areas.district_name, code=DISTRICT_CODE))
    yield Entity(street, "street", top, whole, attributes=named(areas.street_name, code=STREET_CODE))
    for code, name, shape in zip(areas.community_codes, areas.community_names, to_wkb(areas.communities), strict=True):
        yield Entity(f"community-{code}", "community", street, shape, attributes=named(name, code=code))
    for code, name, community, shape in zip(
        areas.grid_codes, areas.grid_names, areas.grid_community.tolist(), to_wkb(blocks), strict=True
    ):
        parent = f"community-{areas.community_codes[community]}"
        yield Entity(f"grid-{code}", "grid", parent, shape, attributes=named(name, code=code), grid_code=code)


def _ground(district: District) -> Iterator[Entity]:
    city, naming = district.city, district.naming
    top = f"district-{DISTRICT_CODE}"
    for number, (road, name) in enumerate(zip(city.lattice.roads, naming.roads, strict=True), 1):
        more = {"road_class": road.road_class, "width_m": road.width_m}
        yield Entity(f"road-{number:03d}", "road", top, to_wkb([road.line])[0], attributes=named(name, **more))
    for number, (line, name) in enumerate(district.hubs.lines, 1):
        more = {"road_class": "metro", "width_m": 10.0}
        yield Entity(f"metro-{number:02d}", "road", top, to_wkb([line])[0], attributes=named(name, **more))
    yield Entity(
        "water-01",
        "water",
        None,
        to_wkb([city.river.water])[0],
        attributes=named(("龙澜河", "Longlan River"), category="river"),
    )
    yield Entity(
        "green-banks",
        "green",
        None,
        to_wkb([city.river.banks])[0],
        attributes=named(("龙澜河绿廊", "Longlan Greenway"), category="bank"),
    )
    for number, (deck, road) in enumerate(bridges(city.river, city.lattice.roads), 1):
        name = naming.roads[city.lattice.roads.index(road)]
        yield Entity(
            f"bridge-{number:02d}",
            "bridge",
            None,
            to_wkb([deck])[0],
            GROUND_M,
            1.6,
            attributes=named((f"{name[0]}桥", f"{name[1]} Bridge"), category="road"),
        )
    yield from _uses(district)


def _uses(district: District) -> Iterator[Entity]:
    """Estates and villages under their names, land use by block, parks as green."""
    city, naming = district.city, district.naming
    grids = [f"grid-{code}" for code in city.areas.grid_codes]
    for number, estate in enumerate(naming.estates, 1):
        category = _CATEGORIES.get(estate.use)
        if category:
            shape = shapely.union_all(city.land.net[estate.blocks])
            parent = f"community-{city.areas.community_codes[city.areas.grid_community[estate.blocks[0]]]}"
            yield Entity(
                f"estate-{number:03d}",
                "estate",
                parent,
                to_wkb([shape])[0],
                attributes=named(estate.name, category=category),
            )
    for block, shape in enumerate(to_wkb(city.land.net)):
        use = USES[city.land.use[block]]
        name = naming.estates[naming.of_block[block]].name
        if use == "park":
            yield Entity(
                park_id(block), "green", grids[block], shape, GROUND_M, attributes=named(name, category="park")
            )
        yield Entity(
            f"landuse-{block + 1:03d}", "landuse", grids[block], shape, attributes=named(name, use=_LAND.get(use, use))
        )
