"""The plan: a partition with valid codes, buildings that stand apart in their grids, the figures asked for."""

from __future__ import annotations

import re

import numpy as np
import pytest
import shapely

from twin.errors import InvalidValue
from twin.synth import Spec
from twin.synth.city import build_city
from twin.synth.district import District, draw_district
from twin.synth.entities import entities
from twin.synth.frame import to_xy
from twin.synth.homes import DENSEST_PER_KM2
from twin.synth.landuse import USES


def test_grids_are_a_partition_of_exactly_the_area_asked_for(district: District) -> None:
    blocks = district.city.lattice.blocks
    assert len(blocks) == 170
    assert shapely.coverage_is_valid(blocks)
    assert shapely.area(blocks).sum() == pytest.approx(10e6, rel=1e-3)
    assert district.city.lattice.outline.area == pytest.approx(shapely.area(blocks).sum(), rel=1e-9)
    assert shapely.area(district.city.areas.communities).sum() == pytest.approx(shapely.area(blocks).sum(), rel=1e-9)


def test_the_partition_survives_the_way_into_degrees(district: District) -> None:
    shapes = {kind: [] for kind in ("grid", "community", "street", "district")}
    for entity in entities(district):
        if entity.kind in shapes:
            shapes[entity.kind].append(shapely.from_wkb(entity.footprint))
    assert shapely.coverage_is_valid(shapes["grid"])
    whole = shapely.union_all(shapes["grid"])
    for kind in ("community", "street", "district"):
        joined = shapely.union_all(shapes[kind])
        assert shapely.symmetric_difference(joined, whole).area < 1e-12
    assert whole.geom_type == "Polygon"


def test_codes_are_15_digits_and_nest(district: District) -> None:
    areas = district.city.areas
    assert len(set(areas.grid_codes)) == 170
    for code, community in zip(areas.grid_codes, areas.grid_community, strict=True):
        assert re.fullmatch(r"440309\d{9}", code)
        assert code.startswith(areas.community_codes[community])
    assert all(len(code) == 12 for code in areas.community_codes)
    assert all(shape.geom_type == "Polygon" for shape in areas.communities)


@pytest.mark.parametrize("size", ["district", "small"])
def test_no_two_buildings_overlap_and_each_stands_in_its_grid(size: str, request: pytest.FixtureRequest) -> None:
    city = request.getfixturevalue(size).city
    shapes = city.buildings.shapes
    assert shapely.is_valid(shapes).all()
    a, b = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    assert (a == b).all()
    assert shapely.contains_properly(city.lattice.blocks[city.buildings.block], shapes).all()
    assert not shapely.intersects(city.river.water, shapes).any()


def test_no_building_stands_on_a_road(district: District) -> None:
    roads = [shapely.buffer(road.line, road.width_m / 2 - 0.5) for road in district.city.lattice.roads]
    assert not len(shapely.STRtree(roads).query(district.city.buildings.shapes, predicate="intersects")[0])


def test_counts_are_those_asked_for(district: District) -> None:
    counts = {}
    for entity in entities(district):
        counts[entity.kind] = counts.get(entity.kind, 0) + 1
    wanted = {"building": 12_000, "grid": 170, "camera": 4_000, "sensor": 15_000, "premises": 4_032}
    assert {kind: counts[kind] for kind in wanted} == wanted
    assert counts["district"] == counts["street"] == 1
    assert counts["hub"] >= 8
    assert 45_000 < counts["unit"] < 65_000


def test_people_are_conserved_and_as_dense_as_the_densest_village(district: District) -> None:
    homes, city = district.homes, district.city
    assert len(homes.person_unit) == len(district.people) == 150_000
    assert np.bincount(homes.person_unit).min() >= 1
    assert len(np.unique(homes.person_unit)) == len(homes)
    block = city.buildings.block[homes.building[homes.person_unit]]
    density = np.bincount(block, minlength=170) / shapely.area(city.land.net) * 1e6
    assert density.max() == pytest.approx(DENSEST_PER_KM2, rel=0.02)
    assert USES[city.land.use[int(np.argmax(density))]] == "village"


def test_heights_are_those_of_such_a_city(district: District) -> None:
    houses = district.city.buildings
    by_sort = {sort: houses.storeys[houses.sort == sort] for sort in set(houses.sort.tolist())}
    assert by_sort["tower"].min() >= 18
    assert by_sort["tower"].max() <= 33
    assert np.median(by_sort["house"]) in (5, 6, 7)
    assert houses.heights[houses.sort == "cbd"].max() > 150
    assert houses.heights.max() < 205
    assert set(houses.use.tolist()) >= {
        "residential", "village", "office", "industrial", "commercial", "school", "hospital", "transport", "public",
    }  # fmt: skip


@pytest.mark.parametrize("seed", [1, 2, 3, 4])
def test_other_seeds_give_other_districts_of_the_same_size(seed: int, district: District) -> None:
    city = build_city(Spec(seed=seed))
    assert len(city.buildings) == 12_000
    assert shapely.coverage_is_valid(city.lattice.blocks)
    assert shapely.area(city.lattice.blocks).sum() == pytest.approx(10e6, rel=1e-3)
    assert not shapely.equals_exact(city.lattice.outline, district.city.lattice.outline, tolerance=1.0)


@pytest.mark.parametrize(("area", "buildings", "people"), [(0.2, 150, 300), (1.0, 1100, 9_000), (3.0, 2_500, 60_000)])
def test_any_size(area: float, buildings: int, people: int) -> None:
    district = draw_district(Spec(seed=5, area_km2=area, buildings=buildings, people=people, days=1))
    assert len(district.city.buildings) == buildings
    assert len(district.people) == people
    assert shapely.area(district.city.lattice.blocks).sum() == pytest.approx(area * 1e6, rel=1e-3)
    assert shapely.coverage_is_valid(district.city.lattice.blocks)


def test_the_same_seed_gives_the_same_district(small: District) -> None:
    again = draw_district(Spec.small())
    assert list(entities(again)) != []
    for one, two in zip(entities(small), entities(again), strict=True):
        assert (one.id, one.kind, one.parent, one.footprint, one.attributes) == (
            two.id, two.kind, two.parent, two.footprint, two.attributes,
        )  # fmt: skip


def test_every_parent_is_there_first_and_ids_are_unique(district: District) -> None:
    seen: set[str] = set()
    for entity in entities(district):
        assert entity.id not in seen
        assert entity.parent is None or entity.parent in seen
        seen.add(entity.id)
    assert set(district.venues.ids) <= seen


def test_devices_stand_in_the_grid_they_name(small: District) -> None:
    grids = {}
    for entity in entities(small):
        if entity.kind == "grid":
            grids[entity.attributes["code"]] = shapely.from_wkb(entity.footprint).buffer(1e-7)
        if entity.kind in ("camera", "sensor", "incident", "resource", "hub"):
            assert grids[entity.grid_code].contains(shapely.from_wkb(entity.footprint)), entity.id


def test_some_cameras_are_broken(district: District) -> None:
    assert 0.02 < (district.cameras.status == "broken").mean() < 0.06


def test_too_many_or_too_few_buildings_are_refused() -> None:
    with pytest.raises(InvalidValue, match="do not fit"):
        build_city(Spec(area_km2=1, buildings=90_000))
    with pytest.raises(InvalidValue, match="too few"):
        build_city(Spec(area_km2=6, buildings=100))
    with pytest.raises(InvalidValue, match="people"):
        Spec(people=3)


def test_metres_and_degrees_are_inverse(district: District) -> None:
    xy = district.city.buildings.centres[:50]
    entity = next(e for e in entities(district) if e.kind == "building")
    ring = shapely.get_coordinates(shapely.from_wkb(entity.footprint))
    assert np.abs(to_xy(ring) - shapely.get_coordinates(district.city.buildings.shapes[0])).max() < 1e-6
    assert np.abs(xy).max() < 4000
