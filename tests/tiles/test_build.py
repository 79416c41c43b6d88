"""Whole layers: every rule of the check holds, and nothing that goes wrong touches the layer that was there."""

from __future__ import annotations

import errno
from pathlib import Path

import numpy as np
import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shapely import Polygon, box

import tiles.build
import tiles.write
from tests.tiles.village import KIND, features, objects, village
from tiles.build import build_features
from tiles.check import check_layer
from tiles.features import Features
from tiles.layers import layers
from tiles.read import decode
from tiles.tileset import MOST_TILES
from twin.entity import Mesh
from twin.errors import DiskFull, EmptySource, FolderInUse, FolderNotWritable
from twin.geo.crs import lonlat_to_ecef


def contents(layer: Path) -> dict[str, bytes]:
    """All tiles of the current generation."""
    folder = layer / tiles.write.current_generation(layer)
    return {path.name: path.read_bytes() for path in sorted(folder.glob("*.glb"))}


def ids_of(place: Features) -> set[str]:
    return set(place.table.ids.tolist())


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.integers(1, 300),
    st.tuples(st.integers(0, 50), st.sampled_from([1e-7, 2e-3, 0.05])),
    st.integers(4, 60),
)
def test_every_rule_holds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, count: int, place_of: tuple[int, float], capacity: int
) -> None:
    seed, spread = place_of
    monkeypatch.setattr(tiles.build, "plan", lambda lonlat, size: tiles.tree.plan(lonlat, size, capacity))
    place = village(count, seed=seed, spread_deg=spread)
    report = build_features(place, KIND, tmp_path)
    assert check_layer(tmp_path / "building", expected=ids_of(place)) == []
    assert (report.features, report.left_out, report.issues) == (count, 0, [])
    (layer,) = layers(tmp_path)
    assert (layer.features, layer.tiles) == (count, report.tiles)


def test_the_same_city_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        build_features(village(1200), KIND, tmp_path / name)
    one, two = contents(tmp_path / "one" / "building"), contents(tmp_path / "two" / "building")
    assert len(one) > 1
    assert one == two


def test_large_layers_are_cut_into_documents(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tiles.build, "plan", lambda lonlat, size: tiles.tree.plan(lonlat, size, 3))
    monkeypatch.setattr(tiles.tileset, "MOST_TILES", 40)
    place = village(900)
    build_features(place, KIND, tmp_path)
    layer = tmp_path / "building"
    assert check_layer(layer, expected=ids_of(place)) == []
    documents = list(layer.glob("g*/*.json"))
    assert len(documents) > 3
    for document in [layer / "tileset.json", *documents]:
        assert document.read_bytes().count(b"geometricError") <= 40 + 2
        assert document.name == "tileset.json" or document.with_name(document.name + ".br").exists()
    assert MOST_TILES >= 256


def test_a_building_stands_where_it_stands(tmp_path: Path) -> None:
    """A corner, through the node and the root transform, is at its longitude, latitude and height to a centimetre."""
    place = village(40)
    build_features(place, KIND, tmp_path)
    root = orjson.loads((tmp_path / "building" / "tileset.json").read_bytes())["root"]
    decoded = decode(contents(tmp_path / "building")["0.glb"])
    matrix = np.array(root["transform"]).reshape(4, 4).T
    ecef = decoded.xyz @ matrix[:3, :3].T + matrix[:3, 3]
    for row in range(len(place)):
        west, south = place.bounds[row, :2]
        top = place.base_m[row] + place.height_m[row]
        corner = lonlat_to_ecef([[west, south]], top)[0]
        own = ecef[decoded.feature == decoded.columns["id"].index(f"b{row}")]
        assert np.linalg.norm(own - corner, axis=1).min() < 0.01


def test_the_largest_come_first(tmp_path: Path) -> None:
    place = village(1500)
    build_features(place, KIND, tmp_path)
    first = decode(contents(tmp_path / "building")["0.glb"]).columns["id"]
    largest = np.argsort(-place.sizes(), kind="stable")[:512]
    assert set(first) == set(place.table.ids[largest].tolist())
    tileset = orjson.loads((tmp_path / "building" / "tileset.json").read_bytes())
    assert tileset["root"]["geometricError"] == pytest.approx(np.sort(place.sizes())[-513], abs=0.01)


def block(base: float) -> Mesh:
    """A cube of 10 m, each side of two triangles."""
    xyz = np.array([[x, y, z] for z in (0, 10) for y in (0, 10) for x in (0, 10)], dtype=np.float32)
    quads = [(0, 2, 3, 1), (4, 5, 7, 6), (0, 1, 5, 4), (1, 3, 7, 5), (3, 2, 6, 7), (2, 0, 4, 6)]
    triangles = np.array([t for a, b, c, d in quads for t in ((a, b, c), (a, c, d))], dtype=np.uint32)
    return Mesh((114.03, 22.65, base), xyz, triangles, np.zeros(len(triangles), dtype=np.uint8))


def solid_village(count: int) -> Features:
    place = village(count)
    has_mesh = np.arange(count) % 2 == 0
    return Features(place.table, place.footprint, place.base_m, place.height_m, has_mesh, place.bounds)


def test_meshes_replace_extrusions_and_heavy_tiles_go_on_in_further_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tiles.content, "MOST_VERTICES", 100)
    place = solid_village(30)
    asked: list[str] = []

    def meshes(ids):
        asked.extend(ids)
        yield from ((id_, {"1": block(0.0), "2.2": block(50.0), "2": block(20.0)}) for id_ in ids)

    report = build_features(place, KIND, tmp_path, meshes=meshes)
    assert check_layer(tmp_path / "building", expected=ids_of(place)) == []
    assert asked == [f"b{i}" for i in range(0, 30, 2)] or set(asked) == {f"b{i}" for i in range(0, 30, 2)}
    assert report.tiles > 3
    lows = {}
    for data in contents(tmp_path / "building").values():
        decoded = decode(data)
        for feature, id_ in enumerate(decoded.columns["id"]):
            lows[id_] = decoded.xyz[decoded.feature == feature, 2].min()
            corners = int((decoded.feature == feature).sum())
            assert corners == (36 if int(id_[1:]) % 2 == 0 else 20)
    anchor = tiles.build.anchor_of(place)
    assert [lows[f"b{i}"] for i in range(0, 30, 2)] == pytest.approx([50.0 - anchor[2]] * 15, abs=0.02)


def test_a_mesh_without_area_leaves_the_extrusion_and_is_named(tmp_path: Path) -> None:
    place = solid_village(4)
    empty = Mesh(
        (114.03, 22.65, 0), np.zeros((3, 3), np.float32), np.array([[0, 1, 2]], np.uint32), np.zeros(1, np.uint8)
    )
    report = build_features(place, KIND, tmp_path, meshes=lambda ids: iter([(ids[0], {"2": empty})]))
    assert report.features == 4
    assert [issue.code for issue in report.issues] == ["geometry.empty", "geometry.empty"]
    assert check_layer(tmp_path / "building", expected=ids_of(place)) == []


def test_nothing_to_draw_is_said_and_changes_nothing(tmp_path: Path) -> None:
    place = village(3)
    nowhere = Features(
        place.table, objects([None] * 3), place.base_m, place.height_m, place.has_mesh, np.full((3, 4), np.nan)
    )
    with pytest.raises(EmptySource, match="nothing in it has a shape"):
        build_features(nowhere, KIND, tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("fault", "raised"),
    [
        (KeyboardInterrupt(), KeyboardInterrupt),
        (OSError(errno.ENOSPC, "No space left on device"), DiskFull),
        (OSError(errno.EACCES, "Permission denied"), FolderNotWritable),
    ],
)
def test_a_build_that_breaks_off_leaves_the_old_layer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: BaseException, raised: type[BaseException]
) -> None:
    build_features(village(20), KIND, tmp_path)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}

    def broken(path: Path, data: bytes) -> None:
        raise fault

    monkeypatch.setattr(tiles.write, "write_file", broken)
    with pytest.raises(raised):
        build_features(village(30), KIND, tmp_path)
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before
    with pytest.raises(raised):
        build_features(village(30), KIND, tmp_path / "fresh")
    assert not (tmp_path / "fresh" / "building").exists()


def test_ctrl_c_between_two_tiles_leaves_the_old_layer(tmp_path: Path) -> None:
    build_features(village(20), KIND, tmp_path)
    before = sorted(tmp_path.rglob("*"))

    def stop(done: int, total: int) -> None:
        assert 0 < done <= total
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        build_features(village(1500), KIND, tmp_path, progress=stop)
    assert sorted(tmp_path.rglob("*")) == before


def test_two_builds_of_a_layer_do_not_meet(tmp_path: Path) -> None:
    with tiles.write.generation(tmp_path / "building"), pytest.raises(FolderInUse):
        build_features(village(2), KIND, tmp_path)
    assert build_features(village(2), KIND, tmp_path).features == 2


def test_open_pages_keep_their_tiles_until_the_next_build(tmp_path: Path) -> None:
    generations = []
    for seed in range(3):
        build_features(village(5, seed=seed), KIND, tmp_path)
        generations.append(tiles.write.current_generation(tmp_path / "building"))
    assert {path.name for path in (tmp_path / "building").iterdir() if path.is_dir()} == set(generations[1:])


def test_footprints_that_enclose_nothing_are_named(tmp_path: Path) -> None:
    line = Polygon([(114.0, 22.0), (114.001, 22.0), (114.0, 22.0)])
    bow_tie = Polygon([(114.0, 22.0), (114.001, 22.001), (114.001, 22.0), (114.0, 22.001)])
    place = features([box(114, 22, 114.001, 22.001), line, bow_tie], np.zeros(3), np.full(3, 9.0))
    report = build_features(place, KIND, tmp_path)
    assert (report.features, report.left_out) == (2, 1)
    assert [(issue.path, issue.severity.value) for issue in report.issues] == [("b1", "rejected"), ("b2", "repaired")]
    assert check_layer(tmp_path / "building", expected={"b0", "b2"}) == []
