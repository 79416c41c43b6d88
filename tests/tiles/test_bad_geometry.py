"""Cities with one broken building: the fault is named with the rule that it breaks, and the rest of the city stands."""

from __future__ import annotations

import json
import resource
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely

import tiles.solids
from tests.tiles.test_build import block, contents
from tests.tiles.village import KIND, features, made, objects
from tests.twin.ingest.city_samples import BOX, FACES, cityjson, solid, split, written
from tests.twin.ingest.table_samples import feature, lines, square
from tiles import build_layer, check_layer, expected_ids, layer_kind
from tiles.build import BuildReport, build_features
from tiles.read import decode
from twin.entity import Entity, Mesh
from twin.ingest import cityjson as reader
from twin.ingest.source import Options
from twin.ingest.vector import read_geojson_lines
from twin.issues import CATALOGUE, Issue, Severity
from twin.store import SourceInfo, Store

SOURCE = SourceInfo("test", "made up", "EPSG:4326", "wgs84", "ellipsoidal", 1_700_000_000)
BUILDING = layer_kind("building")


def raised(point: list[float]) -> list[int]:
    return [round(axis * 1000) for axis in point]


def city(folder: Path, broken: dict[str, Any], more: list[list[float]] | None = None, **document: Any) -> list[Any]:
    """A sound house and a broken one, read."""
    model = cityjson(
        {"sound": {"type": "Building", "geometry": [solid()]}, "broken": {"type": "Building", "geometry": [broken]}}
    )
    model["vertices"] += [raised(point) for point in more or []]
    return list(reader.read(written(folder, "city.json", model | document), Options()))


def tiled(folder: Path, found: list[Any]) -> tuple[BuildReport, set[str]]:
    """The entities in a store and in tiles that break no rule; the ids that are drawn."""
    entities, _ = split(found)
    with Store.create(folder / "twin", name="test") as store:
        store.write(entities, source=SOURCE)
        report = build_layer(store, "building", store.folder / "tiles")
        layer = store.folder / "tiles" / "building"
        assert check_layer(layer, expected=expected_ids(store, BUILDING)) == []
        drawn = {id_ for data in contents(layer).values() for id_ in decode(data).columns["id"]}
    return report, drawn


def without(*faces: int) -> dict[str, Any]:
    return solid(faces=[face for at, face in enumerate(FACES) if at not in faces])


def ring_of(wall: list[Any]) -> dict[str, Any]:
    """The house with its first wall (5 m above the ground at most) given as rings of vertex numbers."""
    whole = solid()
    whole["boundaries"][0][2] = wall
    return whole


CASES = {
    "open": (without(1), [], "geometry.open-shell", "302", Severity.NOTE, True),
    "inward": (
        solid(faces=[face[::-1] for face in FACES]), [], "geometry.orientation", "405", Severity.REPAIRED, True,
    ),
    "one turned": (
        solid(faces=[FACES[0][::-1], *FACES[1:]]), [], "geometry.orientation", "307", Severity.REPAIRED, True,
    ),
    "said twice": (ring_of([[0, 0, 1, 5, 5, 4]]), [], "geometry.repeated-point", "102", Severity.REPAIRED, True),
    "bow-tie": (ring_of([[0, 1, 4, 5]]), [], "geometry.self-intersection", "104", Severity.REPAIRED, True),
    "hole outside": (
        ring_of([[0, 1, 5, 4], [8, 9, 10]]), [[20, 0, 1], [21, 0, 1], [21, 0, 2]],
        "geometry.hole-outside", "206", Severity.REPAIRED, True,
    ),
    "not flat": (
        ring_of([[0, 1, 5, 8, 4]]), [[5, 2, 6]], "geometry.not-planar", "203", Severity.NOTE, True,
    ),
    "no area": (ring_of([[0, 1, 8]]), [[10, 0, 0]], "geometry.empty", "no area", Severity.REPAIRED, True),
    "nothing": (
        {"type": "MultiSurface", "lod": "2", "boundaries": [[[0, 1, 0]]]}, [],
        "geometry.empty", "", Severity.REJECTED, False,
    ),
    "no vertex": (ring_of([[0, 1, 99]]), [], "geometry.broken-reference", "vertex 99", Severity.REJECTED, False),
    "three walls at an edge": (
        solid(faces=[*FACES, [1, 8, 9, 5]]), [[14, 0, 0], [14, 0, 6]],
        "geometry.not-manifold", "303", Severity.NOTE, True,
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_one_broken_building_is_named_and_the_rest_stands(tmp_path: Path, case: str) -> None:
    broken, more, code, says, severity, stands = CASES[case]
    found = city(tmp_path, broken, more)
    named = [issue for issue in found if isinstance(issue, Issue) and issue.code == code]
    assert len(named) == 1, [issue for issue in found if isinstance(issue, Issue)]
    assert "broken" in named[0].path
    assert says in named[0].message
    assert named[0].severity is severity
    assert code in CATALOGUE
    assert all("sound" not in issue.path for issue in found if isinstance(issue, Issue))
    _, drawn = tiled(tmp_path, found)
    assert drawn == ({"sound", "broken"} if stands else {"sound"})


def test_a_sound_house_has_no_fault(tmp_path: Path) -> None:
    assert [one for one in city(tmp_path, solid()) if isinstance(one, Issue)] == []


@pytest.mark.parametrize(("lon", "lat"), [((179.9995, -179.9995), -16.5), ((10.0, 10.001), 89.95)])
def test_the_antimeridian_and_the_poles(tmp_path: Path, lon: tuple[float, float], lat: float) -> None:
    west, east = lon
    across = [[west, lat], [east, lat], [east, lat + 0.001], [west, lat + 0.001], [west, lat]]
    house, good = feature(across, "there", height=9), feature(square(), "here", height=9)
    entities, issues = split(read_geojson_lines(written(tmp_path, "town.ndjson", lines(house, good)), Options()))
    assert [entity.id.split(":")[-1] for entity in entities] == ["here"]
    (named,) = [issue for issue in issues if issue.code == "geometry.antimeridian"]
    assert named.path.endswith("there")
    assert named.severity is Severity.REJECTED


def test_a_solid_across_the_antimeridian(tmp_path: Path) -> None:
    """The same house in degrees, 9 m on either side of the line."""
    model = cityjson({"across": {"type": "Building", "geometry": [solid()]}})
    del model["transform"]
    model["metadata"] = {"referenceSystem": "https://www.opengis.net/def/crs/EPSG/0/4979"}
    model["vertices"] = [[-16.5 + y * 1e-5, 179.99992 + x * 1e-5 - (360 if x else 0), z] for x, y, z in BOX]
    found = list(reader.read(written(tmp_path, "city.json", model), Options(vertical="ellipsoidal")))
    (named,) = found
    assert (named.code, named.severity) == ("geometry.antimeridian", Severity.REJECTED)


def grid_mesh(side: int) -> Mesh:
    """A roof of side x side quads over 100 m."""
    at = np.linspace(0, 100, side + 1, dtype=np.float32)
    x, y = np.meshgrid(at, at)
    xyz = np.column_stack((x.ravel(), y.ravel(), np.sin(x.ravel())))
    corner = (np.arange(side)[:, None] * (side + 1) + np.arange(side)).ravel()
    quads = np.column_stack((corner, corner + 1, corner + side + 2, corner, corner + side + 2, corner + side + 1))
    triangles = quads.reshape(-1, 3).astype(np.uint32)
    return Mesh((114.03, 22.65, 10.0), xyz.astype(np.float32), triangles, np.zeros(len(triangles), np.uint8))


def test_a_building_of_a_million_vertices_is_drawn_coarser_and_named(tmp_path: Path) -> None:
    """Time and memory are bounded by what a tile takes, whatever the mesh holds."""
    shapes = [shapely.box(114.03 + i * 0.001, 22.65, 114.0305 + i * 0.001, 22.6505) for i in range(3)]
    flat = features(shapes, np.full(3, 10.0), np.full(3, 20.0))
    place = made(flat.table, flat.footprint, flat.base_m, flat.height_m, np.array([True, True, False]))
    heavy = grid_mesh(1000)
    assert len(heavy.xyz) > 1_000_000
    levels = {"b0": {"1": block(10.0), "3": heavy}, "b1": {"3": heavy}}
    before, began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    report = build_features(place, KIND, tmp_path, meshes=lambda ids: ((id_, levels[id_]) for id_ in ids))
    assert time.process_time() - began < 5
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200_000  # kB
    large = [issue for issue in report.issues if issue.code == "geometry.too-large"]
    assert [issue.path for issue in large] == ["b0", "b1"]
    assert "2,000,000 triangles" in large[0].message
    (tile,) = contents(tmp_path / "building").values()
    decoded = decode(tile)
    assert sorted(decoded.columns["id"]) == ["b0", "b1", "b2"]
    assert len(decoded.triangles) == 12 + 10 + 10
    assert check_layer(tmp_path / "building", expected={"b0", "b1", "b2"}) == []
    assert len(heavy.triangles) > tiles.solids.MOST_TRIANGLES


def test_an_outline_of_a_million_corners_is_drawn_with_fewer_and_named(tmp_path: Path) -> None:
    """Beside it one of so many courtyards that no coarser outline has few corners: it is left out."""
    round_, sound = np.linspace(0, 2 * np.pi, 1_000_000, endpoint=False), shapely.box(114.05, 22.65, 114.0501, 22.6501)
    heavy = shapely.Polygon(np.column_stack((114.03 + 0.001 * np.cos(round_), 22.65 + 0.001 * np.sin(round_))))
    x, y = (114.06 + 2e-4 * axis.ravel() for axis in np.meshgrid(np.arange(150), np.arange(150)))
    yards = shapely.box(x, y - 91.4, x + 1e-4, y - 91.4 + 1e-4)
    holed = shapely.Polygon(
        shapely.box(114.0599, 22.6599, 114.0901, 22.6901).exterior, [yard.exterior for yard in yards]
    )
    place = features([heavy, sound, holed], np.full(3, 10.0), np.full(3, 9.0))
    report = build_features(place, KIND, tmp_path)
    named = {issue.path: (issue.code, issue.severity) for issue in report.issues}
    assert named == {
        "b0": ("geometry.too-large", Severity.REPAIRED), "b2": ("geometry.too-large", Severity.REJECTED),
    }  # fmt: skip
    assert "1,000,001 corners" in report.issues[0].message
    assert report.bytes < 100_000
    assert check_layer(tmp_path / "building", expected=place.take(np.array([0, 1]))) == []


def test_a_city_model_with_a_building_of_many_vertices_is_read_in_time(tmp_path: Path) -> None:
    side = 100
    roof = grid_mesh(side)
    corner = roof.triangles.reshape(-1, 3).tolist()
    model = cityjson({
        "heavy": {"type": "Building", "geometry": [
            {"type": "MultiSurface", "lod": "3", "boundaries": [[triangle] for triangle in corner]}]},
    })  # fmt: skip
    model["vertices"] = (roof.xyz * 1000).astype(int).tolist()
    began = time.process_time()
    (heavy,), _ = split(reader.read(written(tmp_path, "city.json", model), Options()))
    assert len(heavy.meshes["3"].triangles) == 2 * side * side
    assert time.process_time() - began < 10


@pytest.mark.parametrize("height", [-5.0, 0.0, float("nan")])
def test_a_height_that_is_none_is_drawn_low(tmp_path: Path, height: float) -> None:
    place = features([shapely.box(114.03, 22.65, 114.0301, 22.6501)], np.array([10.0]), np.array([height]))
    build_features(place, KIND, tmp_path)
    (tile,) = contents(tmp_path / "building").values()
    assert np.ptp(decode(tile).xyz[:, 2]) == pytest.approx(3.0, abs=0.01)


def test_a_negative_height_is_named_when_it_comes(tmp_path: Path) -> None:
    source = written(tmp_path, "town.ndjson", lines(feature(square(), "h", height=-4)))
    (house,), issues = split(read_geojson_lines(source, Options()))
    assert house.height_m == 3.0
    assert "height.negative" in {issue.code for issue in issues}


def test_footprints_that_are_broken_are_named_and_the_rest_is_drawn(tmp_path: Path) -> None:
    """Straight from arrays: a bow-tie, a line, a hole outside of its shell, no bytes of a shape at all."""
    sound = shapely.box(114.03, 22.65, 114.0301, 22.6501)
    bow_tie = shapely.Polygon([(114.04, 22.65), (114.0401, 22.6501), (114.0401, 22.65), (114.04, 22.6501)])
    line = shapely.Polygon([(114.05, 22.65), (114.0501, 22.65), (114.05, 22.65)])
    astray = shapely.Polygon(
        shapely.box(114.06, 22.65, 114.0601, 22.6501).exterior, [shapely.box(114.07, 22.65, 114.0701, 22.6501).exterior]
    )
    flat = features([sound, bow_tie, line, astray, sound], np.full(5, 10.0), np.full(5, 9.0))
    flat.footprint[4] = b"nonsense"
    place = made(flat.table, objects(flat.footprint.tolist()), flat.base_m, flat.height_m, flat.has_mesh)
    report = build_features(place, KIND, tmp_path)
    named = {issue.path: issue.severity for issue in report.issues}
    assert named == {"b1": Severity.REPAIRED, "b2": Severity.REJECTED, "b3": Severity.REPAIRED}
    assert report.left_out == 2
    assert check_layer(tmp_path / "building", expected={"b0", "b1", "b3"}) == []


def test_entities_that_are_broken_do_not_stop_a_layer(tmp_path: Path) -> None:
    """A mesh that is a single line, and nothing else, beside a house."""
    line = Mesh((4.1, 52.0, 0.0), np.zeros((3, 3), np.float32), np.array([[0, 1, 2]], np.uint32), np.zeros(1, np.uint8))
    found = [
        Entity("house", "building", footprint=shapely.to_wkb(shapely.box(4.1, 52, 4.1001, 52.0001)), height_m=9.0),
        Entity("line", "building", meshes={"2": line}),
    ]
    with Store.create(tmp_path / "twin", name="test") as store:
        store.write(found, source=SOURCE)
        report = build_layer(store, "building", store.folder / "tiles")
    assert report.features == 1
    assert [(issue.path, issue.severity) for issue in report.issues] == [("line", Severity.REJECTED)]
    assert json.dumps([issue.message for issue in report.issues])
