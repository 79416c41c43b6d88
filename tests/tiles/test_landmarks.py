"""Landmarks stand where they were put, to a centimetre; bad models are refused by name and leave nothing behind."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import orjson
import pyproj
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from tests.contract.test_terrain import plane
from tests.tiles.models import glb, model
from tests.tiles.test_cli import SOURCE, run
from tiles.check import check_tileset
from tiles.landmarks import Landmarks, Standing, document
from tiles.models import read_model
from tiles.plain import node_matrix
from twin.cli.tiles import group
from twin.entity import Entity
from twin.errors import EmptySource, InvalidValue, TwinError, UnknownEntity, UnreadableSource
from twin.store import Store


def on_earth(tileset: dict, child: int, points: list[tuple[float, float, float]]) -> np.ndarray:
    """(n, 3) points of glTF's frame as any client of 3D Tiles puts them, earth-centred metres."""
    root, tile = (
        np.array(one["transform"]).reshape(4, 4).T for one in (tileset["root"], tileset["root"]["children"][child])
    )
    y_up_to_z_up = np.array([[1, 0, 0, 0], [0, 0, -1, 0], [0, 1, 0, 0], [0, 0, 0, 1]])
    return (root @ tile @ y_up_to_z_up @ np.column_stack((points, np.ones(len(points)))).T).T[:, :3]


def by_proj(place: Standing, east_north_up: np.ndarray) -> np.ndarray:
    """(n, 3) metres around a place to earth-centred metres, by PROJ's own topocentric frame."""
    frame = f"+proj=topocentric +ellps=WGS84 +lon_0={place.lon} +lat_0={place.lat} +h_0={place.height_m}"
    frames = pyproj.Transformer.from_pipeline(f"+proj=pipeline +step +inv {frame}")
    return np.column_stack(frames.transform(*east_north_up.T))


@settings(max_examples=60, deadline=None)
@given(
    st.floats(-180, 180), st.floats(-89, 89), st.floats(-400, 9000), st.floats(0, 359.99), st.floats(0.01, 50),
)  # fmt: skip
def test_a_model_stands_to_a_centimetre(lon: float, lat: float, height: float, heading: float, scale: float) -> None:
    points = [(0.0, 0.0, 0.0), (10.0, 0.0, 0.0), (0.0, 20.0, 0.0), (0.0, 0.0, -30.0), (-7.0, 3.0, 5.0)]
    place = Standing(lon, lat, height, heading, scale)
    kept = read_model(model([*points, points[0]]), "model")
    said = {"model": kept.name, "heading_deg": heading, "scale": scale}
    other = Entity("other", "landmark", None, _point(lon, lat), height, attributes={"model": kept.name})
    moved = Entity("moved", "landmark", None, _point(lon, lat), height, attributes=said)
    tileset = orjson.loads(document([(other, kept), (moved, kept)]))
    turn = np.radians(heading)
    right, far = np.array([np.cos(turn), -np.sin(turn)]), np.array([np.sin(turn), np.cos(turn)])
    wanted = np.array([[*(x * right - z * far), y] for x, y, z in points]) * scale
    assert np.abs(on_earth(tileset, 1, points) - by_proj(place, wanted)).max() < 0.01


def _point(lon: float, lat: float) -> bytes:
    return b"\x01\x01\x00\x00\x00" + struct.pack("<dd", lon, lat)


def test_added_moved_listed_and_removed(twin: Path, tmp_path: Path) -> None:
    (tmp_path / "tower.glb").write_bytes(model())
    where = ["--lon", "114.05", "--lat", "22.54", "--height", "12.5", "--heading", "-90"]
    code, said = run("landmark", "add", str(twin), str(tmp_path / "tower.glb"), *where)
    assert (code, said["id"]) == (0, "landmark/tower")
    _, (row,) = run("landmark", "list", str(twin))
    assert (row["lon"], row["lat"], row["height_m"], row["heading_deg"], row["scale"]) == (114.05, 22.54, 12.5, 270, 1)
    with Store.open(twin) as store:
        hill = plane(40.0, east=0.05, north=0.54)  # at the place above
        store.write([Entity("t", "terrain", meshes={"1": hill})], source=SOURCE)
    run("landmark", "add", str(twin), str(tmp_path / "tower.glb"), *where[:4])
    _, (row,) = run("landmark", "list", str(twin))
    assert row["height_m"] == pytest.approx(40.0, abs=0.05)
    run("landmark", "add", str(twin), str(tmp_path / "tower.glb"), *where)
    where[1] = "114.06"
    run("landmark", "add", str(twin), str(tmp_path / "tower.glb"), *where, "--id", "second", "--name", "Tower")
    with Store.open(twin) as store:
        source = Landmarks(store)
        assert check_tileset(source) == []
        first = orjson.loads(source.document())
        names = [tile["metadata"]["properties"] for tile in first["root"]["children"]]
        assert names == [{"id": "landmark/tower", "name": "tower"}, {"id": "second", "name": "Tower"}]
        assert source.read(first["root"]["children"][0]["content"]["uri"]) == model()
        assert source.read("../twin.sqlite") is None
        assert source.read("0.glb") is None
        assert CliRunner().invoke(group, ["landmark", "remove", str(twin), "landmark/tower"]).exit_code == 0
        assert len(orjson.loads(source.document())["root"]["children"]) == 1, (
            "what was ended by another process is gone"
        )
        CliRunner().invoke(group, ["landmark", "remove", str(twin), "second"])
        assert source.document() == b""
    assert isinstance(CliRunner().invoke(group, ["landmark", "remove", str(twin), "x"]).exception, UnknownEntity)


def test_a_model_that_is_lost_is_left_out(twin: Path, tmp_path: Path) -> None:
    (tmp_path / "tower.glb").write_bytes(model())
    run("landmark", "add", str(twin), str(tmp_path / "tower.glb"), "--lon", "114", "--lat", "22")
    for file in (twin / "models").iterdir():
        file.write_bytes(b"glTF")
    with Store.open(twin) as store:
        assert Landmarks(store).document() == b""
    code, found = run("check", str(twin))
    assert (code, [issue["rule"] for issue in found["landmarks"]]) == (1, ["tiles.id-missing"])
    assert found["landmarks"][0]["path"] == "landmark/tower"


def test_check_looks_at_landmarks_too(twin: Path, tmp_path: Path) -> None:
    for kind in ("", "landmark", "landmarks"):
        with pytest.raises(EmptySource, match="built" if not kind else "no landmark"):
            run("check", str(twin), "--kind", kind)
    (tmp_path / "tower.glb").write_bytes(model())
    where = [str(tmp_path / "tower.glb"), "--lon", "-70.9", "--lat", "-53.2", "--heading", "123", "--scale", "0.01"]
    run("landmark", "add", str(twin), *where)
    for kind in ("", "landmark", "landmarks"):
        assert run("check", str(twin), "--kind", kind) == (0, {"landmarks": []})
    with Store.open(twin) as store:
        store.write([Entity("b", "building", footprint=shapely.to_wkb(shapely.box(0, 0, 1e-4, 1e-4)))], source=SOURCE)
    with pytest.raises(InvalidValue, match="b is a building already"):
        run("landmark", "add", str(twin), *where, "--id", "b")
    run("build", str(twin), "--kind", "building")
    assert run("check", str(twin)) == (0, {"building": [], "landmarks": []})
    assert run("check", str(twin), "--kind", "building") == (0, {"building": []})


def test_without_scenes_what_is_below_no_other_begins() -> None:
    nodes = [{"mesh": 0}, {"children": [0], "translation": [100.0, 0.0, 0.0]}]
    assert read_model(model(nodes=nodes, scenes=[]), "model").low.tolist() == [98.0, -2.0, 0.0]


GOOD = model()
BAD: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "no binary glTF"),
    "text": (b'{"asset": {"version": "2.0"}}', "glTF as text"),
    "cut": (GOOD[:-8], "no whole GLB"),
    "version 1": (GOOD[:4] + struct.pack("<I", 1) + GOOD[8:], "no whole GLB"),
    "broken JSON": (GOOD.replace(b'"asset"', b'"asset '), "broken"),
    "nothing drawn": (model(scenes=[{"nodes": []}]), "draws nothing"),
    "circle": (model(nodes=[{"mesh": 0, "children": [0]}]), "circle"),
    "more paths than time": (model(nodes=[*({"children": [n + 1, n + 1]} for n in range(60)), {"mesh": 0}]), "circle"),
    "beyond its buffer": (model(bufferViews=[{"buffer": 0, "byteLength": 10**6}]), "ends outside"),
    "not a number": (model([(0.0, 0.0, 0.0), (1.0, 0.0, 0.0), (float("nan"), 1.0, 0.0)]), "no whole GLB"),
    "files beside it": (model(images=[{"uri": "wall.png"}]), "wall.png"),
    "unknown extension": (model(extensionsRequired=["ACME_shape"]), "ACME_shape"),
    "other ends": (GOOD.replace(b'"min":[-2.0', b'"min":[-9.0'), "lowest position"),
}


@pytest.mark.parametrize("name", sorted(BAD))
def test_bad_models_are_refused_and_nothing_is_kept(twin: Path, tmp_path: Path, name: str) -> None:
    data, why = BAD[name]
    file = tmp_path / "bad.glb"
    file.write_bytes(data)
    with pytest.raises(UnreadableSource, match=why) as refused:
        run("landmark", "add", str(twin), str(file), "--lon", "114", "--lat", "22")
    assert str(file) in refused.value.thing
    assert refused.value.way_out
    assert not (twin / "models").exists()
    assert run("landmark", "list", str(twin)) == (0, [])


@pytest.mark.parametrize(
    ("option", "value"), [("--lon", "181"), ("--lat", "-91"), ("--height", "1e9"), ("--scale", "0")]
)
def test_places_out_of_range(twin: Path, tmp_path: Path, option: str, value: str) -> None:
    (tmp_path / "tower.glb").write_bytes(model())
    words = {"--lon": "114", "--lat": "22", "--height": "0"} | {option: value}
    with pytest.raises(InvalidValue, match=option.strip("-")):
        run(
            "landmark",
            "add",
            str(twin),
            str(tmp_path / "tower.glb"),
            *(word for pair in words.items() for word in pair),
        )
    with pytest.raises(TwinError):
        run("landmark", "add", str(twin), str(tmp_path / "no.glb"), "--lon", "1", "--lat", "1")


def test_nodes_turn_and_scale() -> None:
    half = np.sqrt(0.5)
    turned = node_matrix({"rotation": [0, half, 0, half], "translation": [1, 2, 3], "scale": [2, 2, 2]})
    assert np.allclose(turned @ [1, 0, 0, 1], [1, 2, 1, 1])
    assert np.allclose(node_matrix({"matrix": turned.T.ravel().tolist()}), turned)
    low, high = read_model(glb_of_turned(), "model").low, read_model(glb_of_turned(), "model").high
    assert np.allclose(low, [0, -1, 0])
    assert np.allclose(high, [0, 0, 1])


def glb_of_turned() -> bytes:
    """A triangle in glTF's xy plane, turned by a quarter around y in a node below another one."""
    half = float(np.sqrt(0.5))
    nodes = [{"children": [1]}, {"mesh": 0, "rotation": [0.0, -half, 0.0, half]}]
    return model([(0.0, 0.0, 0.0), (1.0, 0.0, 0.0), (0.0, 1.0, 0.0)], nodes=nodes)


def test_draco_is_bounded_by_what_it_states() -> None:
    packed = {"primitives": [{"attributes": {"POSITION": 0}, "extensions": {"KHR_draco_mesh_compression": {}}}]}
    accessor = {"componentType": 5126, "count": 3, "type": "VEC3", "min": [0, 0, 0], "max": [1, 2, 3]}
    data = model(meshes=[packed], accessors=[accessor], extensionsRequired=["KHR_draco_mesh_compression"])
    assert read_model(data, "model").high.tolist() == [1, 0, 2]
    assert glb({}) != data
