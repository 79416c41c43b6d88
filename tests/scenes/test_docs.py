"""The page on adding a scene names only what is there, and its example works as written."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from pydantic import Field

import scenes
from scenes import DECLARED, base, resolve
from scenes.base import City, Column, Layer, Params, Scene, query, table
from scenes.command_wall.model import above_limit
from scenes.places import grid_of_devices

ROOT = Path(scenes.__file__).parents[1]
PAGE = (ROOT / "docs" / "adding-a-scene.md").read_text()


def test_the_files_it_names_exist():
    named = set(re.findall(r"`((?:scenes|twin|tests|api)/[a-z_/.]+\.py)`", PAGE))
    assert "scenes/base.py" in named
    for name in named:
        assert (ROOT / name).is_file(), name
    assert (ROOT / "frontend-static" / "pages").is_dir()


def test_the_names_it_uses_exist():
    assert "DECLARED" in (ROOT / "scenes" / "__init__.py").read_text()
    for name in ("Scene", "Layer", "Params", "Column", "City", "query", "table"):
        assert hasattr(base, name)
    assert {"store", "inventory", "live", "presence", "pseudonyms", "zone"} == set(City.__dataclass_fields__)
    assert hasattr(Params, "persons")
    assert hasattr(Params, "person_fields")


def test_its_example_is_a_scene():
    names: dict[str, Any] = {
        "Any": Any, "City": City, "Column": Column, "Field": Field, "Layer": Layer, "Params": Params, "Scene": Scene,
        "above_limit": above_limit, "grid_of_devices": grid_of_devices, "query": query, "table": table,
    }  # fmt: skip
    for block in re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL):
        exec(block, names)
    whole = resolve(names["SCENE"], (*DECLARED, names["SCENE"]))
    assert {"grids", "watchers", "loudest"} == {each.id for each in whole.queries}
    assert {layer.id for layer in whole.layers} > {"buildings", "loud"}


def test_the_layer_that_is_shown_is_the_one_that_there_is():
    page = (ROOT / "docs" / "adding-a-layer.md").read_text()
    [declared] = re.findall(r"```python\n(Layer\(.*?)```", page, re.DOTALL)
    shown = eval(declared, {"Layer": Layer})
    assert shown in scenes.command_wall.SCENE.layers
    for name in set(re.findall(r"`((?:scenes|tiles)/[a-z_/.]+\.py)`", page)):
        assert (ROOT / name).is_file(), name
