"""Negative controls: one thing broken at a time, and the check names exactly that."""

from __future__ import annotations

import shutil
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.tiles.village import KIND, village
from tiles.build import build_features
from tiles.check import RULES, check_layer
from tiles.read import split

IDS = {f"b{i}" for i in range(900)}


@pytest.fixture
def layer(tmp_path: Path) -> Path:
    """A plain copy: what is broken below must not be found by its twin, nor by what is stored behind it."""
    build_features(village(900), KIND, tmp_path / "built")
    shutil.copytree(tmp_path / "built" / "building", tmp_path / "building", ignore=shutil.ignore_patterns(".*", "*.br"))
    return tmp_path / "building"


def codes(layer: Path) -> list[str]:
    return sorted({issue.code for issue in check_layer(layer, expected=IDS)})


def edit_tileset(layer: Path, edit: Callable[[dict[str, Any]], object]) -> None:
    tileset = orjson.loads((layer / "tileset.json").read_bytes())
    edit(tileset)
    (layer / "tileset.json").write_bytes(orjson.dumps(tileset))


def edit_glb(layer: Path, edit: Callable[[dict[str, Any], bytearray], object], name: str = "04.glb") -> None:
    path = layer / name
    document, data = split(path.read_bytes())
    binary = bytearray(data)
    edit(document, binary)
    text = orjson.dumps(document)
    text += b" " * ((4 - len(text)) % 8)
    head = struct.pack("<4sIII4s", b"glTF", 2, 28 + len(text) + len(binary), len(text), b"JSON")
    path.write_bytes(head + text + struct.pack("<I4s", len(binary), b"BIN\0") + binary)


def table_of(document: dict[str, Any]) -> dict[str, Any]:
    return document["extensions"]["EXT_structural_metadata"]["propertyTables"][0]


def test_an_untouched_layer_is_right(layer: Path) -> None:
    assert codes(layer) == []
    edit_glb(layer, lambda document, binary: None)
    assert codes(layer) == []


def test_a_box_that_is_too_small(layer: Path) -> None:
    edit_tileset(layer, lambda t: t["root"]["children"][0]["boundingVolume"]["box"].__setitem__(3, 20.0))
    assert codes(layer) == ["tiles.content-outside-box"]


def test_a_child_that_sticks_out(layer: Path) -> None:
    edit_tileset(layer, lambda t: t["root"]["children"][0]["boundingVolume"]["box"].__setitem__(11, 5000.0))
    assert codes(layer) == ["tiles.child-outside-parent"]


def test_errors_that_grow(layer: Path) -> None:
    edit_tileset(layer, lambda t: t["root"]["children"][0].__setitem__("geometricError", 1e4))
    assert codes(layer) == ["tiles.error-grows"]
    edit_tileset(layer, lambda t: t.__setitem__("geometricError", 1.0))
    assert codes(layer) == ["tiles.error-grows"]


@pytest.mark.parametrize("elevation", [0, 3e7])
def test_a_place_that_is_not_on_earth(layer: Path, elevation: float) -> None:
    edit_tileset(layer, lambda t: t["root"]["transform"].__setitem__(slice(12, 15), [elevation, 0.0, 0.0]))
    assert codes(layer) == ["tiles.not-on-earth"]


def test_a_tile_that_is_missing(layer: Path) -> None:
    (layer / "04.glb").unlink()
    assert codes(layer) == ["tiles.id-missing", "tiles.missing"]


def test_a_tile_that_is_cut_off(layer: Path) -> None:
    path = layer / "04.glb"
    path.write_bytes(path.read_bytes()[:-40])
    assert codes(layer) == ["tiles.id-missing", "tiles.unreadable"]


def test_a_feature_drawn_twice(layer: Path) -> None:
    edit_tileset(layer, lambda t: t["root"]["children"].append(t["root"]["children"][0]))
    assert codes(layer) == ["tiles.id-twice"]


def test_ids_that_the_store_does_not_know(layer: Path) -> None:
    issues = check_layer(layer, expected=IDS - {"b7"} | {"new"})
    assert {(issue.code, issue.path) for issue in issues} == {("tiles.id-unknown", "b7"), ("tiles.id-missing", "new")}


def test_a_table_that_does_not_fit(layer: Path) -> None:
    def break_count(document: dict[str, Any], binary: bytearray) -> None:
        feature_ids = document["meshes"][0]["primitives"][0]["extensions"]["EXT_mesh_features"]["featureIds"][0]
        feature_ids["featureCount"] += 1

    edit_glb(layer, break_count)
    assert codes(layer) == ["tiles.table"]


def test_strings_that_do_not_fit(layer: Path) -> None:
    def break_offsets(document: dict[str, Any], binary: bytearray) -> None:
        table = table_of(document)
        table["properties"]["id"]["stringOffsets"] = table["properties"]["number"]["values"]

    edit_glb(layer, break_offsets)
    assert "tiles.unreadable" in codes(layer)


def test_columns_that_differ(layer: Path) -> None:
    def rename(document: dict[str, Any], binary: bytearray) -> None:
        document["extensions"]["EXT_structural_metadata"]["schema"]["id"] = "other"

    edit_glb(layer, rename)
    assert codes(layer) == ["tiles.schema-differs"]


def test_faces_that_look_inwards(layer: Path) -> None:
    def turn(document: dict[str, Any], binary: bytearray) -> None:
        view = document["bufferViews"][document["accessors"][5]["bufferView"]]
        start = view["byteOffset"]
        binary[start : start + 2], binary[start + 2 : start + 4] = (
            binary[start + 2 : start + 4],
            binary[start : start + 2],
        )

    edit_glb(layer, turn)
    assert codes(layer) == ["tiles.normal"]


def test_a_twin_of_another_file(tmp_path: Path) -> None:
    build_features(village(900), KIND, tmp_path)
    one, two = sorted((tmp_path / "building").glob("*.glb.br"))[:2]
    other = two.read_bytes()
    for path, data in ((one, other), (two, b"nothing")):
        path.unlink()  # a link to what is stored: that stays
        path.write_bytes(data)
    assert codes(tmp_path / "building") == ["tiles.twin"]


@pytest.mark.parametrize("field", ["asset", "root", "geometricError"])
def test_a_tileset_that_lacks_something(layer: Path, field: str) -> None:
    edit_tileset(layer, lambda t: t.pop(field))
    assert codes(layer) == ["tiles.schema"]


def test_no_tileset_or_no_json(tmp_path: Path) -> None:
    assert codes(tmp_path) == ["tiles.missing"]
    (tmp_path / "tileset.json").write_bytes(b"{")
    assert codes(tmp_path) == ["tiles.unreadable"]


def test_every_rule_has_a_sentence() -> None:
    assert all(rule.startswith("tiles.") and text for rule, text in RULES.items())
