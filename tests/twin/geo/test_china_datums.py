"""GCJ-02 and BD-09 against published pairs, and round trips."""

import gzip
import json
from pathlib import Path

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from twin.errors import InvalidValue
from twin.geo import crs

# Pairs from the tests of coordtransform and eviltransform.
PAIRS_GCJ02 = [((116.404, 39.915), (116.41024449916938, 39.91640428150164)),
               ((121.4737, 31.2304), (121.47823485935546, 31.228467487930537))]  # fmt: skip


@pytest.mark.parametrize(("wgs", "gcj"), PAIRS_GCJ02)
def test_published_pairs(wgs, gcj):
    np.testing.assert_allclose(crs.wgs84_to_gcj02([wgs])[0], gcj, atol=1e-5)
    np.testing.assert_allclose(crs.gcj02_to_wgs84([gcj])[0], wgs, atol=1e-5)


def test_bd09_is_gcj02_and_the_published_step():
    gcj = (116.404, 39.915)
    wgs = crs.gcj02_to_wgs84([gcj])
    np.testing.assert_allclose(crs.wgs84_to_bd09(wgs)[0], (116.41036949371029, 39.92133699351021), atol=1e-9)


@given(st.lists(st.tuples(st.floats(73, 137), st.floats(1, 55)), min_size=1, max_size=20))
def test_round_trips(points):
    lonlat = np.array(points)
    assert np.abs(crs.gcj02_to_wgs84(crs.wgs84_to_gcj02(lonlat)) - lonlat).max() < 1e-9
    assert np.abs(crs.bd09_to_wgs84(crs.wgs84_to_bd09(lonlat)) - lonlat).max() < 1e-9


def test_outside_china_nothing_moves():
    helsinki = np.array([[24.94, 60.17]])
    for step in (crs.wgs84_to_gcj02, crs.gcj02_to_wgs84, crs.wgs84_to_bd09, crs.bd09_to_wgs84):
        assert (step(helsinki) == helsinki).all()


def test_shenzhen_stations_leave_the_sea(shared_data: Path):
    """46 of 1,706 stations lie outside Shenzhen as they come, none once converted."""
    folder = shared_data / "shenzhen"
    districts = json.loads(gzip.decompress((folder / "districts_10_transbigdata.geojson.gz").read_bytes()))
    city = shapely.union_all([shapely.from_geojson(json.dumps(f["geometry"])) for f in districts["features"]])
    table = np.loadtxt(folder / "ev_st-evcdp_2022-06" / "stations.csv", delimiter=",", skiprows=1)
    raw = table[:, [2, 1]]
    shapely.prepare(city)
    assert int((~shapely.contains_xy(city, *raw.T)).sum()) == 46
    assert int((~shapely.contains_xy(city, *crs.gcj02_to_wgs84(raw).T)).sum()) == 0


def test_crs_facts():
    rd = crs.crs_facts("EPSG:7415")
    assert (rd.horizontal, rd.geographic, rd.heights) == ("EPSG:28992", False, "sea-level")
    assert crs.crs_facts("EPSG:6697").latitude_first
    assert crs.crs_facts("EPSG:4979").heights == "ellipsoidal"
    with pytest.raises(InvalidValue, match="horizontal"):
        crs.crs_facts("EPSG:5773")
    with pytest.raises(InvalidValue, match="PROJ"):
        crs.crs_facts("EPSG:999999")
