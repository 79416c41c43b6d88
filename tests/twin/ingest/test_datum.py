"""The one place where coordinates become WGS84: Chinese datums, names of reference systems, what heights mean."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twin.errors import InvalidValue, MissingCrs
from twin.geo import crs as frames
from twin.geo.crs import geoid_height
from twin.ingest.datum import LONLAT, canonical_crs, effective_crs, is_in_use_at, to_lonlat, vertical_rule
from twin.ingest.source import Options
from twin.types import F64

TIANANMEN = ((116.404, 39.915), (116.41024449916938, 39.91640428150164))  # published pair: WGS84, GCJ-02
AS_BD09 = (116.41662724378733, 39.922699552216216)  # the same place as Baidu has it

CHINA = st.lists(st.tuples(st.floats(75, 134), st.floats(18.5, 53)), min_size=1, max_size=20)


def convert(points: Any, z: Any = None, crs: str | None = LONLAT, **options: Any) -> tuple[F64, F64]:
    xy = np.asarray(points, dtype=np.float64)
    heights = None if z is None else np.asarray(z, dtype=np.float64)
    return to_lonlat(xy[:, 0], xy[:, 1], heights, Options(**options), crs, thing="town.csv")


def test_a_published_pair() -> None:
    wgs84, gcj02 = TIANANMEN
    assert convert([gcj02], datum="gcj02")[0][0] == pytest.approx(wgs84, abs=1e-6)
    assert convert([AS_BD09], datum="bd09")[0][0] == pytest.approx(wgs84, abs=2e-5)
    for plain in ("", "wgs84", "cgcs2000", "WGS84"):
        assert tuple(convert([gcj02], datum=plain)[0][0]) == gcj02


@pytest.mark.parametrize(("datum", "forward"), [("gcj02", frames.wgs84_to_gcj02), ("bd09", frames.wgs84_to_bd09)])
def test_there_and_back(datum: str, forward: Any) -> None:
    @settings(deadline=None)
    @given(CHINA)
    def back(points: list[tuple[float, float]]) -> None:
        there = forward(np.array(points))
        assert np.abs(convert(there, datum=datum)[0] - points).max() < 1e-7
        assert np.abs(there - points).max() < 0.03

    back()


def test_the_shift_in_shenzhen() -> None:
    """Reading GCJ-02 as WGS84 puts a thing about 0.005 degrees east and 0.003 south of where it is."""
    place = np.array([[114.05, 22.55]])
    assert (frames.wgs84_to_gcj02(place) - place)[0] == pytest.approx((0.0050, -0.0030), abs=5e-4)


def test_a_projected_system_drawn_on_a_shifted_map() -> None:
    """Web Mercator metres of a GCJ-02 map: first unprojected, then shifted back."""
    x, y = 12_958_175.0, 4_852_834.0
    plain = convert([(x, y)], crs="EPSG:3857")[0]
    shifted = convert([(x, y)], crs="EPSG:3857", datum="gcj02")[0]
    assert shifted == pytest.approx(frames.gcj02_to_wgs84(plain))


@pytest.mark.parametrize(
    ("name", "canonical"),
    [
        ("EPSG:28992", "EPSG:28992"),
        ("urn:ogc:def:crs:EPSG::28992", "EPSG:28992"),
        ("urn:ogc:def:crs:EPSG:6.12:3068", "EPSG:3068"),
        ("http://www.opengis.net/def/crs/EPSG/0/6697", "EPSG:6697"),
        ("http://www.opengis.net/gml/srs/epsg.xml#4326", "EPSG:4326"),
        ("urn:ogc:def:crs,crs:EPSG::28992,crs:EPSG::5709", "EPSG:28992+5709"),
        ("urn:adv:crs:DE_DHDN_3GK4*DE_DHN92_NH", "EPSG:31468+5783"),
        ("urn:adv:crs:ETRS89_UTM32", "EPSG:25832"),
        ("urn:ogc:def:crs:OGC:1.3:CRS84", "OGC:CRS84"),
        ("urn:ogc:def:crs:OGC::CRS84h", "OGC:CRS84h"),
    ],
)
def test_names_of_reference_systems(name: str, canonical: str) -> None:
    assert canonical_crs(f" {name} ") == canonical
    assert frames.crs_facts(canonical).horizontal


def test_who_says_what_the_system_is() -> None:
    """The caller, then a datum given as EPSG, then the file; a datum of degrees answers for a file that is silent."""
    assert effective_crs(Options(crs="EPSG:4547", datum="cgcs2000"), "EPSG:28992") == "EPSG:4547"
    assert effective_crs(Options(datum="epsg:4547"), "EPSG:28992") == "EPSG:4547"
    assert effective_crs(Options(datum="gcj02"), "EPSG:3857") == "EPSG:3857"
    assert effective_crs(Options(datum="gcj02"), None) == LONLAT
    with pytest.raises(MissingCrs, match=r"town.csv: it does not say.*--crs EPSG:28992"):
        effective_crs(Options(), None, "town.csv")
    with pytest.raises(InvalidValue, match=r"datum 'gcj-2'.*wgs84, cgcs2000, gcj02, bd09 or EPSG:n"):
        effective_crs(Options(datum="gcj-2"), LONLAT)
    with pytest.raises(InvalidValue, match="PROJ does not know it"):
        convert([(1, 2)], crs="EPSG:999999")


@pytest.mark.parametrize("bad", [(181, 0), (0, 91), (np.inf, 0), (np.nan, 0), (85_000, 447_000)])
def test_what_is_not_on_earth_is_nan(bad: tuple[float, float]) -> None:
    lonlat, height = convert([TIANANMEN[0], bad], z=[1.0, 2.0])
    assert np.isfinite(lonlat).all(axis=1).tolist() == [True, False]
    assert height[0] == 1.0


def test_chinese_metres() -> None:
    """CGCS2000 in a 3-degree zone, easting first whatever the authority's order is."""
    lonlat, _ = convert([(500_000.0, 2_494_000.0)], crs="EPSG:4547")
    assert lonlat[0] == pytest.approx((114.0, 22.54), abs=0.01)
    assert is_in_use_at("EPSG:4547", *lonlat[0])
    assert not is_in_use_at("EPSG:28992", *lonlat[0])


@pytest.mark.parametrize(
    ("vertical", "crs", "rule"),
    [
        (None, "EPSG:4326", "ellipsoidal"),
        (None, "EPSG:4979", "ellipsoidal"),
        (None, "EPSG:28992", "egm96"),
        (None, "EPSG:7415", "egm96"),
        (None, "EPSG:6697", "egm96"),
        ("", "EPSG:28992", "egm96"),
        ("ellipsoidal", "EPSG:7415", "ellipsoidal"),
        ("egm96", "EPSG:4326", "egm96"),
        ("43.5", "EPSG:7415", 43.5),
        (-2.0, "EPSG:7415", -2.0),
    ],
)
def test_what_heights_are_measured_from(vertical: str | float | None, crs: str, rule: str | float) -> None:
    assert vertical_rule(vertical, crs) == rule


def test_heights_become_ellipsoidal() -> None:
    place = [TIANANMEN[0]]
    geoid = float(geoid_height(place)[0])
    assert convert(place, z=[50.0])[1] == pytest.approx([50.0])
    assert convert(place, z=[50.0], vertical="egm96")[1] == pytest.approx([50.0 + geoid])
    assert convert(place, z=[50.0], vertical="-9.5")[1] == pytest.approx([40.5])
    assert np.isnan(convert(place)[1]).all()
    with pytest.raises(InvalidValue, match="vertical datum 'sea'"):
        convert(place, z=[50.0], vertical="sea")
