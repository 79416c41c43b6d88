"""Every scene is whole: listed, reachable, and naming only what exists."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

import scenes
from scenes import DECLARED, SCENES
from scenes.base import Feed, Layer, NoParams, Panel, Query, Scene, query, resolve, table
from twin.kinds import BY_ID

ROOT = Path(scenes.__file__).parent


def test_the_list_and_the_folders_agree():
    folders = {path.parent.name for path in ROOT.glob("*/__init__.py")}
    assert folders == {scene.id for scene in DECLARED}
    assert [scene.id for scene in SCENES] == [scene.id for scene in DECLARED]


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.id)
def test_a_scene_names_only_what_exists(scene):
    queries = {each.id for each in scene.queries}
    feeds = {each.id for each in scene.feeds}
    for layer in scene.layers:
        assert layer.kind or layer.query, layer.id
        assert layer.kind is None or layer.kind in BY_ID, layer.id
        assert layer.query is None or layer.query in queries, layer.id
        if layer.value and layer.query:
            assert layer.value in {column.id for column in scene.query(layer.query).columns}
        elif layer.value:
            kind = BY_ID[layer.kind]
            assert layer.form == "tiles3d", layer.id
            assert layer.value in {*kind.attributes.model_fields, *(column.name for column in kind.columns)}
    for panel in scene.panels:
        assert panel.query is None or panel.query in queries, panel.id
        assert panel.feed is None or panel.feed in feeds, panel.id
    for feed in scene.feeds:
        assert set(feed.kinds) <= set(BY_ID)
    assert scene.path.startswith("/")


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.id)
def test_ids_are_unique_and_everything_has_both_titles(scene):
    for items in (scene.layers, scene.queries, scene.panels, scene.feeds):
        ids = [item.id for item in items]
        assert len(ids) == len(set(ids))
        for item in items:
            assert item.title_en, item.id
            assert any("\u4e00" <= character <= "\u9fff" for character in item.title_zh), item.id
    for each in scene.queries:
        assert each.description, each.id
        assert all(field.description or field.annotation for field in each.params.model_fields.values())


def test_paths_and_ids_are_unique():
    assert len({scene.id for scene in SCENES}) == len({scene.path for scene in SCENES}) == len(SCENES)


@query("Ask", "问", params=NoParams)
def ask(city, params):
    """Nothing."""
    return table([])


BASE = Scene(
    "base", "Base", "基", "/base", "dark",
    layers=(Layer("a", "A", "甲", "points", kind="sensor"), Layer("b", "B", "乙", "points", kind="camera")),
    queries=(ask,), panels=(Panel("p", "P", "板", "table", query="ask"),), feeds=(Feed("f", "F", "源", ("sensor",)),),
)  # fmt: skip


def test_extends_takes_everything_over_and_may_replace():
    mine = Layer("b", "B2", "乙二", "points", kind="hub")
    child = Scene("child", "Child", "子", "/child", "alert", layers=(mine,), extends="base")
    whole = resolve(child, (BASE, child))
    assert [layer.id for layer in whole.layers] == ["a", "b"]
    assert whole.layers[1] is mine
    assert whole.queries == BASE.queries
    assert whole.panels == BASE.panels
    assert whole.feeds == BASE.feeds
    assert (whole.id, whole.path, whole.theme) == ("child", "/child", "alert")


def test_extends_reaches_through_several_scenes():
    middle = Scene("middle", "Middle", "中", "/m", "dark", extends="base")
    child = Scene("child", "Child", "子", "/c", "dark", extends="middle")
    assert resolve(child, (child, middle, BASE)).layers == BASE.layers


def test_an_unknown_base_or_a_circle_is_an_error():
    with pytest.raises(ValueError, match="does not exist"):
        resolve(replace(BASE, extends="nowhere"), (BASE,))
    one, two = replace(BASE, id="one", extends="two"), replace(BASE, id="two", extends="one")
    with pytest.raises(ValueError, match="extends itself"):
        resolve(one, (one, two))


def test_a_query_is_made_of_its_function():
    assert isinstance(ask, Query)
    assert (ask.id, ask.description, ask.persons) == ("ask", "Nothing.", False)


def test_a_table_says_what_it_leaves_out():
    assert table([{"a": 1}], 5) == {"rows": [{"a": 1}], "total": 5, "left_out": 4}
    assert table([]) == {"rows": [], "total": 0, "left_out": 0}
