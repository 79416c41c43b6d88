"""Names and addresses: estates over their blocks, roads, and every building."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import cycle
from typing import Any

import numpy as np
import shapely

from twin.synth.city import City
from twin.synth.draw import stream
from twin.synth.landuse import USES
from twin.synth.names import (
    ESTATE_ENDS,
    INDUSTRY_ENDS,
    MALL_ENDS,
    PARK_ENDS,
    ROAD_ENDS,
    STREET,
    TOWER_ENDS,
    VILLAGE_ENDS,
    Name,
    Namer,
)
from twin.types import I64

_SCHOOLS: tuple[Name, ...] = (
    ("第一小学", "No. 1 Primary School"),
    ("第二小学", "No. 2 Primary School"),
    ("第一中学", "No. 1 Middle School"),
    ("实验学校", "Experimental School"),
    ("外国语学校", "Foreign Language School"),
    ("第三小学", "No. 3 Primary School"),
    ("第二中学", "No. 2 Middle School"),
    ("附属小学", "Affiliated Primary School"),
    ("高级中学", "Senior High School"),
)
_PARTS: dict[str, Name] = {
    "teaching": ("教学楼", "Teaching Building"),
    "hall": ("礼堂", "Hall"),
    "kindergarten": ("幼儿园", "Kindergarten"),
    "clinic": ("门诊楼", "Outpatient Building"),
    "ward": ("住院楼", "Inpatient Building"),
    "government": ("政务服务中心", "Government Service Centre"),
    "culture": ("文化馆", "Cultural Hall"),
    "fire": ("消防救援站", "Fire Station"),
    "police": ("派出所", "Police Station"),
    "market": ("综合市场", "Market"),
    "elderly": ("长者服务中心", "Elderly Care Centre"),
    "shops": ("商铺", "Shops"),
    "podium": ("商业裙楼", "Retail Podium"),
    "hut": ("配套用房", "Service Building"),
    "pavilion": ("凉亭", "Pavilion"),
    "station": ("龙澜北站", "Longlan North Station"),
    "bus station": ("公交接驳站", "Bus Interchange"),
    "dormitory": ("宿舍", "Dormitory"),
    "factory": ("厂房", "Factory"),
    "office": ("办公楼", "Office Building"),
    "tower": ("栋", "Tower"),
    "slab": ("栋", "Block"),
    "house": ("号", "House"),
}
_ENDS: dict[str, tuple[Name, ...]] = {
    "estate": ESTATE_ENDS, "village": VILLAGE_ENDS, "industrial": INDUSTRY_ENDS, "park": PARK_ENDS, "mall": MALL_ENDS,
    "office": (("商务园", "Business Park"),), "cbd": (("中央商务区", "Central Business District"),),
    "public": (("公共服务区", "Civic Quarter"),), "hospital": (("医院", "Hospital"),),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Estate:
    """Neighbouring blocks of one use, under one name."""

    use: str
    name: Name
    blocks: list[int]


@dataclass(frozen=True, slots=True)
class Naming:
    """All names of a city: of_block[i] is the position of block i in `estates`."""

    estates: list[Estate]
    of_block: I64
    roads: list[Name]
    buildings: list[Name]
    addresses: list[str]


def name_city(city: City) -> Naming:
    """Names for everything that stands."""
    namer = Namer(stream(city.spec.seed, "names"))
    estates = _estates(city, namer)
    of_block = np.zeros(len(city.land.use), dtype=np.int64)
    for number, estate in enumerate(estates):
        of_block[estate.blocks] = number
    roads = [namer.with_end((ROAD_ENDS[road.road_class],)) for road in city.lattice.roads]
    return Naming(estates, of_block, roads, _buildings(city, estates, of_block, namer), _addresses(city, roads))


def _estates(city: City, namer: Namer) -> list[Estate]:
    groups: dict[tuple[Any, ...], list[int]] = {}
    for block, number in enumerate(city.land.use.tolist()):
        use = USES[number]
        alone = use in ("school", "hospital", "public", "mall", "station")
        groups.setdefault((*city.lattice.super_block[block].tolist(), use, block if alone else -1), []).append(block)
    schools = cycle(_SCHOOLS)
    return [Estate(key[2], _estate_name(key[2], namer, schools), blocks) for key, blocks in sorted(groups.items())]


def _estate_name(use: str, namer: Namer, schools: Iterator[Name]) -> Name:
    if use == "station":
        return _PARTS["station"]
    if use != "school":
        return namer.with_end(_ENDS[use])
    (zh, en), (stem_zh, stem_en) = next(schools), namer.stem()
    return stem_zh + zh, f"{stem_en} {en}"


def _buildings(city: City, estates: list[Estate], of_block: I64, namer: Namer) -> list[Name]:
    names: list[Name] = []
    serial: dict[tuple[int, str], int] = {}
    for block, sort in zip(city.buildings.block.tolist(), city.buildings.sort.tolist(), strict=True):
        at = int(of_block[block])
        estate = estates[at].name
        number = serial[at, sort] = serial.get((at, sort), 0) + 1
        if sort in ("cbd", "office") and estates[at].use in ("cbd", "office"):
            names.append(namer.with_end(TOWER_ENDS))
        elif sort in ("mall", "station"):
            names.append(estate)
        else:
            zh, en = _PARTS[sort]
            short = sort in ("tower", "slab", "house")
            names.append(
                (f"{estate[0]}{number}{zh}" if short else f"{estate[0]}{zh}{number}", f"{estate[1]} {en} {number}")
            )
    return names


def _addresses(city: City, roads: list[Name]) -> list[str]:
    """Street numbers run along the nearest road, 4 m to a number, odd on one side."""
    lines = np.array([road.line for road in city.lattice.roads], dtype=object)
    points = shapely.points(city.buildings.centres)
    nearest = shapely.STRtree(lines).nearest(points)
    along = shapely.line_locate_point(lines[nearest], points)
    on_line = shapely.line_interpolate_point(lines[nearest], along)
    ahead = shapely.line_interpolate_point(lines[nearest], along + 1.0)
    a, b, p = (shapely.get_coordinates(g) for g in (on_line, ahead, points))
    left = (b[:, 0] - a[:, 0]) * (p[:, 1] - a[:, 1]) - (b[:, 1] - a[:, 1]) * (p[:, 0] - a[:, 0]) > 0
    numbers = (along // 8).astype(np.int64) * 2 + 1 + left
    community = city.areas.grid_community[city.buildings.block]
    return [
        f"{STREET[0]}{city.areas.community_names[c][0]}{roads[r][0]}{n}号"
        for c, r, n in zip(community.tolist(), nearest.tolist(), numbers.tolist(), strict=True)
    ]
