"""`twin edit` at the command line."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest
import shapely
from typer.testing import CliRunner

from twin.cli.main import app
from twin.entity import Entity
from twin.errors import InvalidValue, TwinError
from twin.store import SourceInfo, Store

SOURCE = SourceInfo("test", "made up", "EPSG:4326", "wgs84", "ellipsoidal", 1)


@pytest.fixture
def twin(tmp_path: Path) -> Path:
    with Store.create(tmp_path / "twin", name="test") as store:
        shape = bytes(shapely.to_wkb(shapely.box(114, 22, 114.001, 22.001)))
        store.write([Entity("a", "building", footprint=shape, height_m=9.0)], source=SOURCE)
    return tmp_path / "twin"


def run(*words: str) -> str:
    result = CliRunner().invoke(app, ["edit", *words])
    if isinstance(result.exception, TwinError):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.stdout.strip()


def test_fields_attributes_times_and_shapes(twin: Path, tmp_path: Path) -> None:
    (tmp_path / "shape.geojson").write_text(shapely.to_geojson(shapely.box(114, 22, 114.002, 22.001)))
    said = run(
        str(twin), "a", "--set", "height=30.5", "--set", "storeys=10", "--set", "use=office tower", "--set", "base=",
        "--footprint", str(tmp_path / "shape.geojson"), "--valid-from", "2020-01-01", "--json",
    )  # fmt: skip
    answer = orjson.loads(said)
    assert answer["fields"] == ["attributes", "base_m", "footprint", "height_m", "storeys", "valid_from"]
    with Store.open(twin) as store:
        entity = store.get("a")
        assert answer == {**answer, "id": "a", "changed": True, "change": store.newest_change()}
    assert (entity.height_m, entity.storeys, entity.base_m, entity.valid_from) == (30.5, 10, None, 1_577_808_000)
    assert entity.attributes == {"use": "office tower"}
    assert shapely.from_wkb(entity.footprint).area == pytest.approx(2e-6)
    assert run(str(twin), "a", "--set", "height=30.5") == "a was so already"
    assert run(str(twin), "a", "--set", "use=") == "a is changed"


def test_the_end_of_a_building(twin: Path) -> None:
    assert run(str(twin), "a", "--retire") == "a has ended"
    assert run(str(twin), "a", "--retire") == "a had ended already"
    with Store.open(twin) as store:
        assert store.counts() == {}


@pytest.mark.parametrize(
    ("words", "thing"),
    [
        ((), "--set"),
        (("--set", "height"), "--set"),
        (("--set", "=3"), "--set"),
        (("--set", "height=-2"), "height_m"),
        (("--set", "height=tall"), "height_m"),
        (("--footprint", "LINESTRING(114 22, 115 22)"), "footprint"),
        (("--valid-to", "soon"), "valid_to"),
        (("--retire", "--set", "height=3"), "--retire"),
    ],
)
def test_what_cannot_be_done_is_named(twin: Path, words: tuple[str, ...], thing: str) -> None:
    with pytest.raises(InvalidValue) as raised:
        run(str(twin), "a", *words)
    assert raised.value.thing == thing
