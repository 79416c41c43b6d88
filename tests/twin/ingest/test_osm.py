"""OpenStreetMap: everything of a real extract that has a kind here, and what its edge cuts."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
import shapely

from tests.twin.ingest.city_samples import split
from twin.entity import Entity
from twin.errors import UnreadableSource
from twin.ingest.osm import is_osm, read_osm
from twin.ingest.osmtags import direction_of, hub_mode, is_camera, level_of, premises_category
from twin.ingest.source import Options, Source
from twin.issues import Issue, Severity

TOWN = """<?xml version="1.0"?>
<osm version="0.6">
 <node id="1" lat="60.1700" lon="24.9400"/><node id="2" lat="60.1700" lon="24.9404"/>
 <node id="3" lat="60.1702" lon="24.9404"/><node id="4" lat="60.1702" lon="24.9400"/>
 <node id="5" lat="60.1701" lon="24.9402"><tag k="shop" v="bakery"/><tag k="level" v="0"/><tag k="name" v="Rye"/></node>
 <node id="6" lat="60.1703" lon="24.9402"><tag k="man_made" v="surveillance"/>
   <tag k="camera:direction" v="SW"/><tag k="camera:mount" v="pole"/></node>
 <node id="7" lat="60.1703" lon="24.9403"><tag k="man_made" v="surveillance"/>
   <tag k="surveillance:type" v="guard"/></node>
 <node id="8" lat="60.1704" lon="24.9403"><tag k="highway" v="bus_stop"/><tag k="name" v="Market"/></node>
 <way id="10"><nd ref="1"/><nd ref="2"/><nd ref="3"/><nd ref="4"/><nd ref="1"/>
   <tag k="building" v="retail"/><tag k="building:levels" v="4"/><tag k="shop" v="mall"/>
   <tag k="addr:street" v="Esplanadi"/><tag k="addr:housenumber" v="2"/></way>
 <way id="11"><nd ref="1"/><nd ref="2"/><nd ref="99"/><nd ref="1"/><tag k="building" v="yes"/></way>
 <way id="12"><nd ref="1"/><nd ref="2"/><nd ref="3"/><nd ref="98"/><tag k="highway" v="footway"/></way>
 <way id="13"><nd ref="1"/><nd ref="2"/><nd ref="3"/><nd ref="4"/><nd ref="1"/><tag k="building" v="no"/></way>
</osm>"""


def town(folder: Path, **options: str) -> tuple[dict[str, Entity], list[Issue]]:
    path = folder / "town.osm"
    path.write_text(TOWN, encoding="utf-8")
    entities, issues = split(read_osm(Source(path), Options(**options)))
    return {entity.id: entity for entity in entities}, issues


@pytest.fixture(scope="module")
def helsinki(shared_data: Path) -> tuple[list[Entity], list[Issue]]:
    return split(read_osm(Source(shared_data / "citymodels" / "helsinki_osm" / "Helsinki.osm.pbf"), Options()))


def test_helsinki_counts(helsinki: tuple[list[Entity], list[Issue]]) -> None:
    entities, _ = helsinki
    kinds = Counter(entity.kind for entity in entities)
    assert kinds["camera"] == 221
    assert sum(1 for e in entities if e.kind == "camera" and "heading_deg" in e.attributes) <= 6
    assert (kinds["building"], kinds["building_part"], kinds["road"]) == (446, 126, 2_577)
    assert kinds["premises"] == 1_536
    shops = Counter(e.attributes["category"] for e in entities if e.kind == "premises")
    assert (shops["restaurant"], shops["clothes"], shops["cafe"]) == (212, 98, 87)
    assert len({entity.id for entity in entities}) == len(entities)
    shapes = shapely.from_wkb([entity.footprint for entity in entities])
    assert shapely.is_valid(shapes).all()


def test_helsinki_every_building_is_taken_or_named(helsinki: tuple[list[Entity], list[Issue]]) -> None:
    """433 ways and 67 relations: those the extract cuts are refused by name, none is lost without a word."""
    entities, issues = helsinki
    made = {entity.id.removeprefix("osm:") for entity in entities if entity.kind == "building"}
    refused = {
        issue.path.split()[-1]
        for issue in issues
        if issue.severity is Severity.REJECTED and issue.message.startswith("The outline")
    }
    assert not made & refused
    ways, relations = (sum(1 for name in made if name[0] == kind) for kind in "wr")
    assert (ways, relations) == (385, 61)
    assert sum(1 for name in refused if name[0] == "r") == 67 - 61
    assert sum(1 for name in refused if name[0] == "w") >= 433 - 385  # and parts
    storeyed = [e for e in entities if e.kind == "building" and e.id.startswith("osm:w") and e.storeys]
    assert 100 < len(storeyed) <= 144


def test_a_town(tmp_path: Path) -> None:
    found, issues = town(tmp_path)
    mall, shop = found["osm:w10"], found["osm:w10:premises"]
    assert (mall.kind, mall.storeys, mall.height_m) == ("building", 4, 12.0)
    assert mall.attributes == {"address": "Esplanadi 2", "use": "retail"}
    assert (shop.kind, shop.parent, shop.attributes["category"]) == ("premises", "osm:w10", "mall")
    assert found["osm:n5"].attributes == {"name": "Rye", "category": "bakery", "level": 1}
    assert found["osm:n6"].attributes == {"heading_deg": 225.0, "mount": "pole"}
    assert found["osm:n8"].attributes == {"name": "Market", "mode": "bus"}
    assert set(found) == {"osm:w10", "osm:w10:premises", "osm:n5", "osm:n6", "osm:n8", "osm:w12"}
    assert shapely.get_num_coordinates(shapely.from_wkb(found["osm:w12"].footprint)) == 3
    severities = {issue.path: issue.severity for issue in issues if issue.code == "geometry.broken-reference"}
    assert severities == {"town.osm w11": Severity.REJECTED, "town.osm w12": Severity.REPAIRED}


def test_it_is_in_degrees_whatever_lies_beside_it(tmp_path: Path) -> None:
    """A folder imported with --crs for its other files holds an extract too."""
    plain, _ = town(tmp_path)
    beside, _ = town(tmp_path, crs="EPSG:3857")
    assert {name: e.footprint for name, e in plain.items()} == {name: e.footprint for name, e in beside.items()}


def test_a_truncated_extract(shared_data: Path, tmp_path: Path) -> None:
    whole = (shared_data / "citymodels" / "helsinki_osm" / "Helsinki.osm.pbf").read_bytes()
    path = tmp_path / "cut.osm.pbf"
    path.write_bytes(whole[: len(whole) // 2])
    assert is_osm(path, whole[:4096])
    with pytest.raises(UnreadableSource, match=r"cut.osm.pbf: it is truncated or broken"):
        split(read_osm(Source(path), Options()))


def test_a_coordinate_that_is_no_number(tmp_path: Path) -> None:
    path = tmp_path / "town.osm"
    path.write_text(TOWN.replace('lat="60.1702"', 'lat="north"'), encoding="utf-8")
    with pytest.raises(UnreadableSource, match=r"town.osm: it is truncated or broken"):
        split(read_osm(Source(path), Options()))


@pytest.mark.parametrize(
    ("tags", "level"), [("0", 1), ("1", 2), ("-1", -1), ("0;1", 1), ("1.5", None), ("", None), ("roof", None)]
)
def test_levels_are_counted_the_chinese_way(tags: str, level: int | None) -> None:
    """There is no floor 0: OpenStreetMap's 0 is the ground storey, here 1."""
    assert level_of({"level": tags}) == level


@pytest.mark.parametrize(
    ("value", "degrees"), [("225", 225.0), ("sw", 225.0), ("180-270", 225.0), ("350-10", 0.0), ("up", None), ("", None)]
)
def test_directions(value: str, degrees: float | None) -> None:
    assert direction_of(value) == degrees


def test_tags() -> None:
    assert not is_camera({"man_made": "surveillance", "surveillance:type": "guard"})
    assert hub_mode({"railway": "station", "station": "subway"}) == "metro"
    assert premises_category({"amenity": "bench"}) is None
    assert premises_category({"shop": "vacant"}) is None
    assert premises_category({"shop": "yes"}) == "shop"
