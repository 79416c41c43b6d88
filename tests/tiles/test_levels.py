"""Levels of detail: whatever a page refines, every feature is drawn once, and says the same of itself."""

from __future__ import annotations

import os
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import tiles.content
import tiles.tree
from tests.tiles.test_build import block
from tests.tiles.test_validator import reports
from tests.tiles.village import KIND, made, village
from tiles.build import build_features
from tiles.check import check_layer
from tiles.features import Features
from tiles.ladder import STRAY_M, ladder_of, roof_heights
from tiles.layer import Layer
from tiles.read import decode
from twin.entity import Mesh
from twin.geo.crs import metres_per_degree

LEVELS = st.lists(st.sampled_from(["0", "1", "1.3", "2", "2.2", "3"]), unique=True, max_size=4)


def gabled(base: float, ridge: float = 14.0, at: tuple[float, float] = (114.03, 22.65)) -> Mesh:
    """A house of 10 m by 10 m, eaves at 10 m: what is known of its roof is how it lies, not what it is called."""
    flat = block(base)
    xyz = np.vstack((flat.xyz, np.array([[5, 0, ridge], [5, 10, ridge]], dtype=np.float32)))
    quads = [(0, 2, 3, 1), (0, 1, 5, 4), (1, 3, 7, 5), (3, 2, 6, 7), (2, 0, 4, 6), (4, 8, 9, 6), (8, 5, 7, 9)]
    triangles = [t for a, b, c, d in quads for t in ((a, b, c), (a, c, d))] + [(4, 5, 8), (7, 6, 9)]
    return Mesh((*at, base), xyz, np.array(triangles, dtype=np.uint32), np.zeros(len(triangles), dtype=np.uint8))


def place_of(levels: list[list[str]], bare: set[int]) -> tuple[Features, dict[str, dict[str, Mesh]]]:
    """Houses with models of some levels; those in `bare` have no footprint."""
    place = village(len(levels))
    footprint = place.footprint.copy()
    corners = place.bounds[:, :2].tolist()
    east, north = metres_per_degree(22.65)
    for row in {row for row, names in enumerate(levels) if names}:
        west, south = corners[row]
        footprint[row] = shapely.to_wkb(shapely.box(west, south, west + 10 / east, south + 10 / north))
    for row in bare & {row for row, names in enumerate(levels) if names}:
        footprint[row] = None
    solid = np.array([bool(names) for names in levels])
    features = made(place.table, footprint, place.base_m, place.height_m, solid)
    features.bounds[:] = place.bounds
    models = {
        f"b{row}": {name: gabled(10.0 + row, 11.0 + float(name), tuple(corners[row])) for name in names}
        for row, names in enumerate(levels)
        if names
    }
    return features, models


def tree_of(folder: Path, document: str = "tileset.json") -> dict[str, Any]:
    """The whole tree, external documents put in."""

    def whole(tile: dict[str, Any]) -> dict[str, Any]:
        uri = tile.get("content", {}).get("uri", "")
        if uri.endswith(".json"):
            return whole(orjson.loads((folder / uri).read_bytes())["root"])
        return tile | {"children": [whole(child) for child in tile.get("children", [])]}

    return whole(orjson.loads((folder / document).read_bytes())["root"])


def shown(tile: dict[str, Any], threshold: float, refine: str = "ADD") -> Iterator[str]:
    """The contents that a page shows that refines whatever lacks more than a threshold, as the specification says."""
    refine = tile.get("refine", refine)
    deeper = bool(tile["children"]) and tile["geometricError"] > threshold
    if "content" in tile and not (deeper and refine == "REPLACE"):
        yield tile["content"]["uri"]
    for child in tile["children"] if deeper else []:
        yield from shown(child, threshold, refine)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(LEVELS, min_size=1, max_size=30), st.sets(st.integers(0, 29)), st.sampled_from([60, 300, 400_000]))
def test_whatever_is_refined_nothing_is_drawn_twice(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path_factory: pytest.TempPathFactory,
    levels: list[list[str]],
    bare: set[int],
    vertices: int,
) -> None:
    monkeypatch.setattr(os, "fsync", lambda _: None)
    monkeypatch.setattr(tiles.tree, "CAPACITY", 6)
    monkeypatch.setattr(tiles.tileset, "MOST_TILES", 4)
    monkeypatch.setattr(tiles.content, "MOST_VERTICES", vertices)
    features, models = place_of(levels, bare)
    folder = tmp_path_factory.mktemp("levels")
    report = build_features(
        features, KIND, folder, meshes=lambda ids: ((id_, models[id_]) for id_ in ids if id_ in models)
    )
    layer = folder / "building"
    assert check_layer(layer, expected=set(features.table.ids)) == []
    assert report.features == len(levels)
    tree = tree_of(layer)
    contents = {path.name: decode(path.read_bytes()) for path in layer.glob("*.glb")}
    errors = sorted({0.0, *(tile["geometricError"] for tile in every(tree))})
    for threshold in errors:
        drawn = Counter(id_ for uri in shown(tree, threshold) for id_ in contents[uri].columns["id"])
        assert set(drawn.values()) <= {1}, threshold
    assert set(drawn) <= set(features.table.ids)
    finest = {id_: contents[uri] for uri in shown(tree, -1.0) for id_ in contents[uri].columns["id"]}
    assert set(finest) == set(features.table.ids)
    for id_, names in zip(features.table.ids, levels, strict=True):
        if names:
            assert triangles(finest[id_], id_) == 16, "the finest model"
        else:
            assert triangles(finest[id_], id_) == 10, "the extrusion"


def every(tile: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """A tile and all below it."""
    yield tile
    for child in tile["children"]:
        yield from every(child)


def triangles(decoded: Any, id_: str) -> int:
    own = decoded.columns["id"].index(id_)
    return int((decoded.feature[decoded.triangles[:, 0]] == own).sum())


@pytest.fixture
def street(tmp_path: Path) -> Path:
    """Twelve houses: four plain, four of one model (a block before it), four of three."""
    levels = [[], ["2"], ["1", "2.2", "3"]] * 4
    features, models = place_of(levels, set())
    build_features(features, KIND, tmp_path, meshes=lambda ids: ((id_, models[id_]) for id_ in ids if id_ in models))
    return tmp_path / "building"


def test_the_chain_is_as_it_should_be(street: Path) -> None:
    root = tree_of(street)
    assert decode((street / "0.glb").read_bytes()).columns["id"] == ["b0", "b3", "b6", "b9"]
    two, three = root["children"]
    assert (root["refine"], two["refine"], three["refine"]) == ("ADD", "REPLACE", "REPLACE")
    assert two["geometricError"] == pytest.approx(STRAY_M[1])
    assert [len(two["children"]), len(three["children"]), len(three["children"][0]["children"])] == [1, 1, 1]
    finer = three["children"][0]
    assert finer["refine"] == "REPLACE"
    assert [three["geometricError"], finer["geometricError"]] == pytest.approx([STRAY_M[1], STRAY_M[2]])
    assert finer["children"][0]["geometricError"] == 0
    assert Layer(street).view.state.totals.features == 12
    assert Layer(street).view.state.totals.tiles == 6
    assert [one for one in reports(street) if one["errors"] or one["warnings"]] == []


def test_a_block_reaches_to_the_middle_of_the_roof(street: Path) -> None:
    block_tile = decode((street / "0+1.glb").read_bytes())
    own = block_tile.columns["id"].index("b1")
    up = block_tile.xyz[block_tile.feature == own][:, 2]
    model = gabled(11.0, 13.0)
    low, roofs = roof_heights(model)
    assert (low, roofs) == pytest.approx((11.0, 11.0 + 11.5))
    assert up.max() - up.min() == pytest.approx(roofs - low, abs=0.02)
    assert triangles(block_tile, "b1") == 10


def test_a_level_that_is_wrong_by_more_says_so() -> None:
    tower = ladder_of({"1": gabled(0.0, 70.0), "2": gabled(0.0, 14.0), "3": gabled(0.0, 14.5)}, 0, (114.03, 22.65, 0.0))
    assert [rung.level for rung in tower.rungs] == [1, 2, 3]
    assert [rung.error for rung in tower.rungs] == pytest.approx([56.0, 2.0, 0.0], abs=0.01)
    odd = ladder_of({"1": gabled(0.0), "2": gabled(0.0), "3": gabled(0.0, 40.0)}, 0, (114.03, 22.65, 0.0))
    assert [rung.error for rung in odd.rungs] == pytest.approx([26.0, 26.0, 0.0], abs=0.01), "never less than below"


def test_models_of_one_whole_level_are_one_rung_and_outlines_none() -> None:
    both = ladder_of({"2": gabled(0.0), "2.2": gabled(0.0, 15.0), "0": block(0.0)}, 3, (114.03, 22.65, 0.0))
    (rung,) = both.rungs
    assert rung.surface.xyz[:, 2].max() == pytest.approx(15.0, abs=0.01)
    assert set(rung.surface.owner.tolist()) == {3}
    assert ladder_of({}, 0, (114.03, 22.65, 0.0)).rungs == ()


def edit(street: Path, change: Any) -> list[str]:
    """The rules that are broken after a change of the tree."""
    plain = street.parent / "plain"
    shutil.copytree(street, plain, ignore=shutil.ignore_patterns(".*", "*.br"))
    tileset = orjson.loads((plain / "tileset.json").read_bytes())
    change(tileset["root"])
    (plain / "tileset.json").write_bytes(orjson.dumps(tileset))
    return sorted({issue.code for issue in check_layer(plain)})


def test_a_chain_that_adds_is_found(street: Path) -> None:
    def add(root: dict[str, Any]) -> None:
        root["children"][0]["refine"] = "ADD"

    assert edit(street, add) == ["tiles.id-twice"]


def test_a_chain_of_other_features_is_found(street: Path) -> None:
    def swap(root: dict[str, Any]) -> None:
        two, three = root["children"]
        two["content"], three["content"] = three["content"], two["content"]

    assert "tiles.level-features" in edit(street, swap)


def test_a_chain_that_never_goes_on_is_found(street: Path) -> None:
    def stop(root: dict[str, Any]) -> None:
        root["children"][0]["geometricError"] = 0

    assert edit(street, stop) == ["tiles.never-finer"]


def test_a_level_that_says_something_else_is_found(street: Path, tmp_path: Path) -> None:
    glb = (street / "0+2.glb").read_bytes()
    document = decode(glb)
    heights = np.array(document.columns["height"], dtype="<f4").tobytes()
    assert glb.count(heights) == 1
    other = np.array(document.columns["height"], dtype="<f4") + 1
    (street / "0+2.glb").unlink()
    (street / "0+2.glb").write_bytes(glb.replace(heights, other.tobytes()))
    assert edit(street, lambda root: None) == ["tiles.level-differs"]
