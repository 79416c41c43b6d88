"""A textured building makes the same tiles whichever database its model lies in."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.contract.conftest import Home, postgres_home
from tests.twin.ingest.city_samples import FACES
from tests.twin.ingest.test_textures import as_gml, as_json, image
from tiles import build_layer, check_layer
from tiles.gather import gather
from tiles.layers import layer_kind
from tiles.read import decode
from twin.ingest.run import run_import
from twin.ingest.source import Options


def tiles_of(home: Home, city: Path) -> dict[str, bytes]:
    with home.create() as store:
        run_import(store, [city], Options())
        build_layer(store, "building", home.folder / "tiles")
        layer = home.folder / "tiles" / "building"
        assert check_layer(layer, expected=gather(store, layer_kind("building")).features) == []
    return {path.name: path.read_bytes() for path in layer.iterdir() if path.is_file()}


@pytest.mark.postgis
@pytest.mark.parametrize("form", ["json", "gml"])
def test_the_same_tiles_from_either_database(tmp_path: Path, postgres_url: str, form: str) -> None:
    (tmp_path / "a.png").write_bytes(image(64, 32))
    city = tmp_path / f"city.{form}"
    said = {"wrapMode": "mirror"}
    city.write_text(
        json.dumps(as_json(FACES, ["a.png"], said))
        if form == "json"
        else as_gml(FACES, ["a.png"], "<app:wrapMode>mirror</app:wrapMode>")
    )
    here = tiles_of(Home(tmp_path / "spatialite", ""), city)
    there = tiles_of(postgres_home(postgres_url, tmp_path / "postgis"), city)
    assert here == there
    assert any(decode(data).image for name, data in here.items() if name.endswith(".glb"))
