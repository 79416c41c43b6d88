"""A layer with implicit tiling: the same features as the explicit one, every rule kept, and each broken one named."""

from __future__ import annotations

import shutil
import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pytest

from tests.tiles.test_build import block, solid_village
from tests.tiles.village import KIND, LAT, LON, village
from tiles import implicit
from tiles.build import anchor_of, build_features, frame_of
from tiles.check import check_layer, check_tileset
from tiles.features import Features
from tiles.implicit import implicit_files
from tiles.read import decode
from tiles.sources import FolderSource
from tiles.write import write_plain
from twin.errors import EmptySource


def corner_village() -> Features:
    """Nothing stands in the north-east: not every tile is there."""
    place = village(900, spread_deg=0.02)
    return place.take(np.flatnonzero((place.middles < [LON, LAT]).any(axis=1)))


PLACE = corner_village()


def meshes_of(ids: list[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    yield from ((id_, {"1": block(0.0), "2.2": block(50.0, 20.0)}) for id_ in ids)


def written(place: Features, folder: Path, meshes: Any = None) -> Path:
    frame, issues = frame_of(KIND, anchor_of(place), 4096), []
    write_plain(folder, implicit_files(place, frame, KIND.id, meshes=meshes, issues=issues))
    assert issues == []
    return folder


def drawn(folder: Path) -> dict[str, int]:
    """Corners by id, of all contents."""
    found: dict[str, int] = {}
    for path in folder.rglob("*.glb"):
        if ".store" in path.parts:
            continue
        decoded = decode(path.read_bytes())
        corners = np.bincount(decoded.feature)
        for row, id_ in enumerate(decoded.columns["id"]):
            assert id_ not in found
            found[id_] = int(corners[row])
    return found


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four levels, in subtrees of two."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(implicit, "MOST_SUBTREE_LEVELS", 2)
        patch.setattr(implicit.plan_cells, "__defaults__", (16,))
        return written(PLACE, tmp_path_factory.mktemp("implicit") / "layer")


@pytest.fixture
def layer(kept: Path, tmp_path: Path) -> Path:
    """Without brotli twins: these would find what is broken below."""
    return Path(shutil.copytree(kept, tmp_path / "layer", ignore=shutil.ignore_patterns("*.br")))


def codes(layer: Path, **more: Any) -> list[str]:
    return sorted({issue.code for issue in check_layer(layer, **more)})


def test_the_same_features_as_the_explicit_tree_and_every_rule_kept(kept: Path, tmp_path: Path) -> None:
    assert check_tileset(FolderSource(kept), expected=PLACE, stated=len(PLACE)) == []
    build_features(PLACE, KIND, tmp_path)
    assert drawn(kept) == drawn(tmp_path / "building")
    said = orjson.loads((kept / "tileset.json").read_bytes())
    assert said["root"]["implicitTiling"]["availableLevels"] > 3
    assert len(list(kept.rglob("*.subtree"))) > 1
    assert list(kept.rglob("*.glb.br"))


def test_meshes_are_drawn_in_their_finest_level_wherever_they_stand(tmp_path: Path) -> None:
    """The models stand a kilometre from their footprints: what is drawn decides, not what is stated."""
    folder = written(solid_village(40), tmp_path / "out", meshes_of)
    assert codes(folder) == []
    found = drawn(folder)
    assert sorted(found) == sorted(f"b{row}" for row in range(40))
    assert {found[f"b{row}"] for row in range(0, 40, 2)} == {36}


def test_nothing_to_draw_is_said(tmp_path: Path) -> None:
    place = village(3).take(np.zeros(0, dtype=np.int64))
    frame = frame_of(KIND, (LON, LAT, 0.0), 4096)
    with pytest.raises(EmptySource):
        list(implicit_files(place, frame, KIND.id, meshes=None, issues=[]))


def edit_document(layer: Path, edit: Callable[[dict[str, Any]], object]) -> None:
    document = orjson.loads((layer / "tileset.json").read_bytes())
    edit(document)
    (layer / "tileset.json").write_bytes(orjson.dumps(document))


def edit_subtree(layer: Path, edit: Callable[[dict[str, Any], bytearray], object]) -> None:
    path = layer / "subtrees" / "0" / "0" / "0.subtree"
    data = path.read_bytes()
    _, _, length, _ = struct.unpack_from("<4sIQQ", data)
    document, binary = orjson.loads(data[24 : 24 + length]), bytearray(data[24 + length :])
    edit(document, binary)
    text = orjson.dumps(document)
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<4sIQQ", b"subt", 1, len(text), len(binary)) + text + binary)


def test_an_error_at_the_root_that_hides_something(layer: Path) -> None:
    edit_document(layer, lambda t: t["root"].__setitem__("geometricError", t["root"]["geometricError"] / 2))
    assert codes(layer) == ["tiles.implicit-error"]


def test_a_region_that_is_too_small(layer: Path) -> None:
    edit_document(layer, lambda t: t["root"]["boundingVolume"]["region"].__setitem__(2, float(np.radians(LON))))
    assert "tiles.content-outside-box" in codes(layer)


def test_heights_that_are_too_low(layer: Path) -> None:
    def lower(document: dict[str, Any], binary: bytearray) -> None:
        view = document["bufferViews"][document["propertyTables"][0]["properties"]["highest"]["values"]]
        binary[view["byteOffset"] : view["byteOffset"] + 8] = struct.pack("<d", 12.0)

    edit_subtree(layer, lower)
    assert codes(layer) == ["tiles.child-outside-parent", "tiles.content-outside-box"]


def test_a_content_and_a_subtree_that_are_missing(layer: Path) -> None:
    (layer / "0" / "0" / "0.glb").unlink()
    assert codes(layer) == ["tiles.missing"]
    next(layer.glob("subtrees/2/*/*.subtree")).unlink()
    issues = check_layer(layer, expected=PLACE)
    assert {issue.code for issue in issues} == {"tiles.missing", "tiles.id-missing"}


@pytest.mark.parametrize(
    ("what", "value", "code"),
    [
        ("availableCount", 2, "tiles.subtree"),
        ("bitstream", 99, "tiles.unreadable"),
        ("constant", 1, "tiles.unreadable"),  # and bits as well
    ],
)
def test_availability_that_contradicts_itself(layer: Path, what: str, value: int, code: str) -> None:
    edit_subtree(layer, lambda document, binary: document["childSubtreeAvailability"].__setitem__(what, value))
    assert code in codes(layer)


def test_bits_that_contradict_one_another(layer: Path) -> None:
    def clear(document: dict[str, Any], binary: bytearray) -> None:
        view = document["bufferViews"][document["tileAvailability"]["bitstream"]]
        binary[view["byteOffset"]] &= 0b11101

    edit_subtree(layer, clear)
    found = "; ".join(issue.message for issue in check_layer(layer) if issue.code == "tiles.subtree")
    said = ("a content is there without its tile", "a further subtree is there without", "counts 4, its bits 3", "rows")
    assert [words for words in said if words not in found] == []


def test_a_subtree_without_its_first_tile(layer: Path) -> None:
    edit_subtree(layer, lambda document, binary: document.__setitem__("tileAvailability", {"constant": 0}))
    issues = check_layer(layer, expected=PLACE)
    assert {issue.code for issue in issues} == {"tiles.subtree", "tiles.id-missing"}
    assert any("its first tile is not there" in issue.message for issue in issues)


def test_views_that_are_not_aligned(layer: Path) -> None:
    def shift(document: dict[str, Any], binary: bytearray) -> None:
        for view in document["bufferViews"]:
            view["byteOffset"] += 4
        binary[:0] = bytes(4)
        binary += bytes(4)
        document["buffers"][0]["byteLength"] += 8

    edit_subtree(layer, shift)
    assert codes(layer) == ["tiles.subtree"]


@pytest.mark.parametrize("cut", [0, 20, 100])
def test_a_subtree_that_was_cut_off(layer: Path, cut: int) -> None:
    path = layer / "subtrees" / "0" / "0" / "0.subtree"
    path.write_bytes(path.read_bytes()[:cut])
    assert codes(layer) == ["tiles.unreadable"]


@pytest.mark.parametrize(
    "edit",
    [
        lambda tiling: tiling.__setitem__("subdivisionScheme", "OCTREE"),
        lambda tiling: tiling.__setitem__("subtreeLevels", 0),
        lambda tiling: tiling["subtrees"].__setitem__("uri", "subtrees/{level}.subtree"),
    ],
)
def test_a_root_that_cannot_be_expanded(layer: Path, edit: Callable[[dict[str, Any]], object]) -> None:
    edit_document(layer, lambda document: edit(document["root"]["implicitTiling"]))
    assert codes(layer) == ["tiles.schema"]


def test_fewer_levels_than_there_are(layer: Path) -> None:
    edit_document(layer, lambda document: document["root"]["implicitTiling"].__setitem__("availableLevels", 1))
    assert codes(layer) == ["tiles.subtree"]
