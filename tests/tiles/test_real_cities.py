"""Real footprints from a city of 100,371: counts, places, and the same checks as for made-up ones."""

from __future__ import annotations

import gzip
from itertools import islice
from pathlib import Path

import numpy as np
import orjson
import pytest
import shapely

from tests.tiles.test_build import contents
from tests.tiles.village import KIND, features
from tiles.build import build_features
from tiles.check import check_layer
from tiles.features import Features
from tiles.read import decode
from twin.geo.crs import lonlat_to_ecef

COUNT = 6000


@pytest.fixture(scope="module")
def kochi(shared_data: Path) -> Features:
    with gzip.open(shared_data / "citymodels" / "kochi_plateau2023" / "kochi_buildings.ndjson.gz") as lines:
        rows = [orjson.loads(line) for line in islice(lines, COUNT)]
    shapes = list(shapely.from_geojson([orjson.dumps(row["geometry"]) for row in rows]))
    heights = [row["properties"]["measuredHeight"] for row in rows]
    height = np.array([np.nan if value is None or value < 0 else value for value in heights])
    base = np.array([row["properties"]["minHeight"] for row in rows], dtype=np.float64)
    return features(shapes, np.where(base > -500, base, 36.0), height, use=[row["properties"]["class"] for row in rows])


def test_every_rule_holds_on_real_footprints(kochi: Features, tmp_path: Path) -> None:
    report = build_features(kochi, KIND, tmp_path)
    assert check_layer(tmp_path / "building", expected=set(kochi.table.ids.tolist())) == []
    assert (report.features, report.left_out) == (COUNT, 0)


def test_real_shells_have_the_areas_that_shapely_says(kochi: Features, tmp_path: Path) -> None:
    """Roofs against footprints in an equal-area plane of their own; walls against perimeter times height."""
    some = kochi.take(np.arange(400))
    build_features(some, KIND, tmp_path)
    (data,) = contents(tmp_path / "building").values()
    decoded = decode(data)
    a, b, c = (decoded.xyz[decoded.triangles[:, i]] for i in range(3))
    areas = np.linalg.norm(np.cross(b - a, c - a), axis=1) / 2
    owner = decoded.feature[decoded.triangles[:, 0]]
    is_roof = decoded.normals[decoded.triangles[:, 0], 2] > 0.5
    east, north = 92_900.0, 110_920.0  # metres a degree at 33.56 N, to a tenth of a percent
    shapes = shapely.transform(shapely.from_wkb(some.footprint), lambda lonlat: lonlat * [east, north])
    rows = [int(id_[1:]) for id_ in decoded.columns["id"]]
    assert np.bincount(owner[is_roof], areas[is_roof]) == pytest.approx(shapely.area(shapes)[rows], rel=0.01)
    walls = (shapely.length(shapes) * some.height_m)[rows]
    assert np.bincount(owner[~is_roof], areas[~is_roof]) == pytest.approx(walls, rel=0.01)


def test_a_known_corner_of_the_city_stands_where_it_is(kochi: Features, tmp_path: Path) -> None:
    """39201-bldg-10: its first corner, at its lowest and at its highest, to two centimetres."""
    build_features(kochi.take(np.arange(300)), KIND, tmp_path)
    matrix = np.array(orjson.loads((tmp_path / "building" / "tileset.json").read_bytes())["root"]["transform"])
    matrix = matrix.reshape(4, 4).T
    (data,) = contents(tmp_path / "building").values()
    ecef = decode(data).xyz @ matrix[:3, :3].T + matrix[:3, 3]
    for height in (36.49, 36.49 + 6.7):
        corner = lonlat_to_ecef([[133.5103615, 33.5664352]], height)[0]
        assert np.linalg.norm(ecef - corner, axis=1).min() < 0.02
