"""Axis order and area of use: what a source's first coordinates say of its reference system."""

from __future__ import annotations

import numpy as np
import pytest

from twin.errors import MissingCrs, WrongCrs
from twin.ingest.reference import reference_of
from twin.ingest.source import Options

DELFT = (85_000.0, 447_000.0, 2.0)


@pytest.mark.parametrize(
    ("crs", "spot", "lonlat"),
    [
        ("EPSG:28992", DELFT, (4.374, 52.005)),
        ("EPSG:28992", (DELFT[1], DELFT[0], 2.0), (4.374, 52.005)),  # northing first, against all custom
        ("EPSG:6697", (35.54, 139.777, 3.0), (139.777, 35.54)),
        ("EPSG:6697", (139.777, 35.54, 3.0), (139.777, 35.54)),
        ("EPSG:4326", (35.54, 139.777, 3.0), (139.777, 35.54)),
        ("urn:ogc:def:crs,crs:EPSG:31467", (3_499_990.0, 5_400_000.0, 0.0), (9.0, 48.737)),
        ("urn:adv:crs:DE_DHDN_3GK4*DE_DHN92_NH", (4_424_700.0, 5_482_700.0, 311.0), (10.96, 49.475)),
        ("urn:adv:crs:ETRS89_UTM32*DE_DHHN92_NH", (691_000.0, 5_335_000.0, 500.0), (11.57, 48.14)),
    ],
)
def test_coordinates_find_their_place(crs: str, spot: tuple[float, float, float], lonlat: tuple[float, float]) -> None:
    xyz = np.array([spot])
    reference = reference_of(xyz, Options(), crs, "a file")
    assert reference.to_lonlat(xyz)[0][0] == pytest.approx(lonlat, abs=0.01)


def test_far_off_coordinates_are_refused_with_both_places() -> None:
    with pytest.raises(WrongCrs, match="EPSG:28992") as caught:
        reference_of(np.array([[4_424_700.0, 5_482_700.0, 311.0]]), Options(), "EPSG:28992", "a file")
    assert "4.4247e+06" in str(caught.value)
    assert "--crs" in str(caught.value)


def test_the_caller_wins_over_the_file_and_none_is_an_error() -> None:
    xyz = np.array([DELFT])
    assert reference_of(xyz, Options(crs="EPSG:28992"), "EPSG:25833", "a file").crs == "EPSG:28992"
    with pytest.raises(MissingCrs, match="--crs EPSG:28992"):
        reference_of(xyz, Options(), None, "a file")


def test_sentinel_heights_are_not_heights() -> None:
    xyz = np.array([DELFT, (DELFT[0], DELFT[1], -9999.0)])
    _, height = reference_of(xyz, Options(), "EPSG:28992", "a file").to_lonlat(xyz)
    assert height[0] == pytest.approx(45.4, abs=0.5)
    assert np.isnan(height[1])
