"""Any damage to any file: entities, issues, or one clear error; never anything else."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.twin.ingest.table_samples import bowtie, buildings, collection, feature, point, square
from twin.entity import Entity
from twin.errors import TwinError
from twin.ingest.plan import sniff
from twin.ingest.source import Options, Source
from twin.issues import CATALOGUE, Issue

METRO = {"s": "深圳", "l": [{"st": [{"n": "老街", "sl": "114.11,22.54", "en": ""}], "ln": "1号线", "kn": "地铁一号线"}]}
FLOORS = {f"f{i}": {"floor": collection(feature(square())), "shop": collection(feature(square()))} for i in (1, 2)}
OSM = """<osm version="0.6"><node id="1" lat="60.1700" lon="24.9400"><tag k="shop" v="tea"/></node>
<node id="2" lat="60.1700" lon="24.9404"/><node id="3" lat="60.1702" lon="24.9404"/>
<way id="10"><nd ref="1"/><nd ref="2"/><nd ref="3"/><nd ref="1"/><tag k="building" v="yes"/></way></osm>"""

WHOLE: dict[str, str] = {
    "town.ndjson": buildings(4),
    "town.geojson": json.dumps(
        collection(feature(square(), 7, height=5, name=None), feature(bowtie(3), height="x")), indent=1
    ),
    "sensors.geojson": json.dumps(collection(point(sensor="smoke", level="B1"), point(ident="S-1", level=[1]))),
    "mall.json": json.dumps(FLOORS),
    "metro.json": json.dumps(METRO),
    "bus.csv": "linename,stationname,stationgeo\n1,\"['A', 'B']\",\"['114.0,22.6', '114.1,22.6']\"\n",
    "cameras.csv": "camera_id,lon,lat,heading\nC-00001,114.03,22.65,90\nC-00002,114.04,22.65,\n",
    "areas.csv": "level,code,name,parent\ndistrict,440303,罗湖区,4403\n社区,440303001001,x,440303001\n",
    "town.osm": OSM,
}

Damage = Callable[[bytes], bytes]


def _cut(at: int) -> Damage:
    return lambda whole: whole[: at % (len(whole) + 1)]


def _overwrite(at: int, new: bytes) -> Damage:
    return lambda whole: whole[: at % len(whole)] + new + whole[at % len(whole) + len(new) :]


def _swap(old: bytes, new: bytes) -> Damage:
    return lambda whole: whole.replace(old, new)


VALUES = (b"null", b"[]", b"{}", b"-1", b"1e400", b'"x"', b"NaN", b"true", b"99999999999999999999999", b"", b"\xff\xfe")
"""What stands where something else belongs."""

PLACES = (b"114.03", b"22.65", b"60.17", b'"Feature"', b'"Polygon"', b'"Point"', b"[", b'{"', b":", b",", b"\n", b"1")

DAMAGE = st.one_of(
    st.builds(_cut, st.integers(0, 4000)),
    st.builds(_overwrite, st.integers(0, 4000), st.binary(min_size=1, max_size=6)),
    st.builds(_overwrite, st.integers(0, 4000), st.sampled_from(VALUES)),
    st.builds(_swap, st.sampled_from(PLACES), st.sampled_from(VALUES)),
)


@pytest.mark.parametrize("name", WHOLE)
def test_damaged_files(name: str, tmp_path: Path) -> None:
    path = tmp_path / name

    @settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow], deadline=None)
    @given(st.lists(DAMAGE, min_size=1, max_size=3))
    def damaged(damages: list[Damage]) -> None:
        content = WHOLE[name].encode()
        for damage in damages:
            content = damage(content) or b" "
        path.write_bytes(content)
        source = Source(path)
        try:
            found, _ = sniff(source, Options())
            things = list(found.read(source, Options())) if found is not None else []
            said = "as it should be"
        except TwinError as error:
            things, said = [], str(error)
        assert said
        assert "\n" not in said
        for thing in things:
            assert isinstance(thing, Entity) or (isinstance(thing, Issue) and thing.code in CATALOGUE)

    damaged()


@pytest.mark.parametrize("name", WHOLE)
def test_whole_files(name: str, tmp_path: Path) -> None:
    """The control: undamaged, each of them gives something."""
    path = tmp_path / name
    path.write_text(WHOLE[name], encoding="utf-8")
    found, _ = sniff(Source(path), Options())
    assert found is not None
    assert any(isinstance(thing, Entity) for thing in found.read(Source(path), Options()))
