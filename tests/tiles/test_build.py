"""Whole layers: every rule of the check holds, and nothing that goes wrong touches the layer that was there."""

from __future__ import annotations

import errno
import os
import re
from pathlib import Path

import numpy as np
import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shapely import Polygon, box

import tiles.build
import tiles.contents
import tiles.tree
import tiles.write
from tests.tiles.village import KIND, features, made, objects, village
from tiles.build import build_features
from tiles.check import check_layer
from tiles.features import Features
from tiles.layer import STORE, Layer
from tiles.layers import layers
from tiles.read import decode
from tiles.tileset import MOST_TILES
from twin.entity import Mesh
from twin.errors import DiskFull, EmptySource, FolderInUse, FolderNotWritable, InvalidValue, NotFound
from twin.geo.crs import lonlat_to_ecef


def contents(layer: Path) -> dict[str, bytes]:
    """All tiles of a layer by their names."""
    return {path.name: path.read_bytes() for path in sorted(layer.glob("*.glb"))}


def on_disk(folder: Path) -> dict[Path, bytes]:
    """What any reader of a folder of layers sees, and what is kept behind it."""
    unsettled = (".store/lock", ".store/begun.log", "/objects/")
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {path: path.read_bytes() for path in files if not any(part in str(path) for part in unsettled)}


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
    monkeypatch.setattr(tiles.tree, "CAPACITY", capacity)
    place = village(count, seed=seed, spread_deg=spread)
    report = build_features(place, KIND, tmp_path)
    assert check_layer(tmp_path / "building", expected=place) == []
    assert (report.features, report.left_out, report.issues) == (count, 0, [])
    (layer,) = layers(tmp_path)
    assert (layer.features, layer.tiles) == (count, report.tiles)


def test_the_same_city_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        build_features(village(1200), KIND, tmp_path / name)
    one, two = contents(tmp_path / "one" / "building"), contents(tmp_path / "two" / "building")
    assert len(one) > 1
    assert one == two


def test_the_order_in_which_features_come_does_not_matter(tmp_path: Path) -> None:
    place = village(1500)
    build_features(place, KIND, tmp_path / "one")
    build_features(place.take(np.random.default_rng(2).permutation(1500)), KIND, tmp_path / "two")
    assert contents(tmp_path / "one" / "building") == contents(tmp_path / "two" / "building")


def test_large_layers_are_cut_into_documents(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tiles.tree, "CAPACITY", 3)
    monkeypatch.setattr(tiles.tileset, "MOST_TILES", 40)
    place = village(900)
    build_features(place, KIND, tmp_path)
    layer = tmp_path / "building"
    assert check_layer(layer, expected=ids_of(place)) == []
    documents = list(layer.glob("*.json"))
    assert len(documents) > 3
    for document in documents:
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


def block(base: float, height: float = 10.0) -> Mesh:
    """A body of 10 m by 10 m, each side of two triangles."""
    xyz = np.array([[x, y, z] for z in (0, height) for y in (0, 10) for x in (0, 10)], dtype=np.float32)
    quads = [(0, 2, 3, 1), (4, 5, 7, 6), (0, 1, 5, 4), (1, 3, 7, 5), (3, 2, 6, 7), (2, 0, 4, 6)]
    triangles = np.array([t for a, b, c, d in quads for t in ((a, b, c), (a, c, d))], dtype=np.uint32)
    return Mesh((114.03, 22.65, base), xyz, triangles, np.zeros(len(triangles), dtype=np.uint8))


def solid_village(count: int) -> Features:
    place = village(count)
    has_mesh = np.arange(count) % 2 == 0
    return made(place.table, place.footprint, place.base_m, place.height_m, has_mesh)


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
            lows[id_] = max(lows.get(id_, -np.inf), decoded.xyz[decoded.feature == feature, 2].min())
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
    nowhere = made(place.table, objects([None] * 3), place.base_m, place.height_m, place.has_mesh)
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
    before = on_disk(tmp_path)

    def broken(path: Path, data: bytes) -> Path:
        raise fault

    with monkeypatch.context() as patch:
        patch.setattr(tiles.contents, "write_beside", broken)
        with pytest.raises(raised):
            build_features(village(30), KIND, tmp_path)
        assert on_disk(tmp_path) == before
        with pytest.raises(raised):
            build_features(village(30), KIND, tmp_path / "fresh")
        assert layers(tmp_path / "fresh") == []
    assert build_features(village(30), KIND, tmp_path).features == 30
    assert check_layer(tmp_path / "building", expected=village(30)) == []


def test_ctrl_c_between_two_tiles_leaves_the_old_layer_and_the_next_build_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tiles.tree, "CAPACITY", 50)
    build_features(village(20), KIND, tmp_path)
    before = on_disk(tmp_path)

    def stop(done: int, total: int) -> None:
        assert 0 < done <= total
        if done > 1000:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        build_features(village(1500), KIND, tmp_path, progress=stop)
    assert on_disk(tmp_path) == before
    report = build_features(village(1500), KIND, tmp_path)
    assert 0 < report.packed < report.tiles
    assert check_layer(tmp_path / "building", expected=village(1500)) == []
    fresh = build_features(village(1500), KIND, tmp_path / "fresh", anchor=Layer(tmp_path / "building").about.anchor)
    assert fresh.packed == fresh.tiles == report.tiles
    assert contents(tmp_path / "fresh" / "building") == contents(tmp_path / "building")


def test_a_content_that_was_lost_is_made_again(tmp_path: Path) -> None:
    """Power went off in the middle of a build: a line says that a tile is made, and it is not there, or cut off."""
    place = village(1500)
    build_features(place, KIND, tmp_path)
    gone, cut, *_ = [path for path in (tmp_path / "building" / STORE / "objects").glob("*/*") if path.suffix != ".br"]
    gone.unlink()
    cut.write_bytes(cut.read_bytes()[:-1])
    assert build_features(place, KIND, tmp_path).packed in (1, 2)  # one of them may be the document
    assert check_layer(tmp_path / "building", expected=place) == []


def test_two_builds_of_a_layer_do_not_meet(tmp_path: Path) -> None:
    with tiles.write.writing(tmp_path / "building"), pytest.raises(FolderInUse):
        build_features(village(2), KIND, tmp_path)
    assert build_features(village(2), KIND, tmp_path).features == 2


def test_what_two_steps_share_is_stored_once_and_what_is_kept_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tiles.tree, "CAPACITY", 50)
    place = village(1500)
    build_features(place, KIND, tmp_path)
    first = Layer(tmp_path / "building").view
    same = place.take(np.arange(1499))
    report = build_features(same, KIND, tmp_path)
    assert report.packed < report.tiles / 2
    layer = Layer(tmp_path / "building")
    stored = {path for path in (layer.folder / STORE / "objects").glob("*/*") if path.suffix != ".br"}
    named = {one.content for view in (first, layer.view) for one in view.files.values()}
    assert {path.parent.name + path.name for path in stored} == named
    assert layer.at_step(1).files == first.files


def test_history_goes_and_with_it_what_only_it_names(tmp_path: Path) -> None:
    layer = tmp_path / "building"
    for seed in range(3):
        build_features(village(5, seed=seed), KIND, tmp_path, history_days=1)
    assert Layer(layer).ledger.checkpoints() == [1, 2, 3]
    for path in (layer / STORE / "objects").glob("*/*"):
        os.utime(path, (1, 1))
    for n in (1, 2):
        path = Layer(layer).ledger.path(n, "json")
        path.write_bytes(re.sub(rb'"time":[0-9]+', b'"time":1000', path.read_bytes()))
    build_features(village(5, seed=3), KIND, tmp_path, history_days=1)
    assert Layer(layer).ledger.checkpoints() == [2, 3, 4], "step 2 stood until step 3 came"
    kept = {one.content for n in (2, 3, 4) for one in Layer(layer).at_step(n).files.values()}
    stored = {path.parent.name + path.name.removesuffix(".br") for path in (layer / STORE / "objects").glob("*/*")}
    assert stored == kept
    with pytest.raises(NotFound):
        Layer(layer).at_step(1)


def test_an_older_layout_is_listed_and_gives_way_to_a_build(tmp_path: Path) -> None:
    folder = tmp_path / "building"
    (folder / "g1").mkdir(parents=True)
    (folder / "g1" / "0.glb").write_bytes(b"old")
    extras = {"layer": "building", "features": 3, "tiles": 1, "bytes": 3, "bbox": [0, 0, 1, 1], "built_at": 7}
    (folder / "tileset.json").write_bytes(orjson.dumps({"extras": {**extras, "generation": "g1"}}))
    (layer,) = layers(tmp_path)
    assert (layer.kind, layer.version, layer.features, layer.outdated) == ("building", 0, 3, True)
    assert build_features(village(5), KIND, tmp_path).outdated
    (layer,) = layers(tmp_path)
    assert (layer.version, layer.features, layer.outdated) == (1, 5, False)
    assert not (folder / "g1").exists()
    assert check_layer(folder, expected=village(5)) == []


def test_two_features_of_one_number_are_refused(tmp_path: Path) -> None:
    place = village(4)
    place.table.numbers[3] = 1
    with pytest.raises(InvalidValue, match=r"feature number 1: \['b0', 'b3'\] both have it"):
        build_features(place, KIND, tmp_path)
    assert layers(tmp_path) == []


def test_footprints_that_enclose_nothing_are_named(tmp_path: Path) -> None:
    line = Polygon([(114.0, 22.0), (114.001, 22.0), (114.0, 22.0)])
    bow_tie = Polygon([(114.0, 22.0), (114.001, 22.001), (114.001, 22.0), (114.0, 22.001)])
    place = features([box(114, 22, 114.001, 22.001), line, bow_tie], np.zeros(3), np.full(3, 9.0))
    report = build_features(place, KIND, tmp_path)
    assert (report.features, report.left_out) == (2, 1)
    assert [(issue.path, issue.severity.value) for issue in report.issues] == [("b1", "rejected"), ("b2", "repaired")]
    assert check_layer(tmp_path / "building", expected={"b0", "b2"}) == []
