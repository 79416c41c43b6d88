"""A building model as a tileset: its elements stand where the file says, with what it says of them; or not at all."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import ifcopenshell
import numpy as np
import orjson
import pyproj
import pytest
from ifcopenshell.api import geometry, root

from tests.contract.test_terrain import plane
from tests.tiles.house import SIZE_M, House
from tests.tiles.test_cli import SOURCE, run
from tests.tiles.test_cloud import nothing_new, on_earth
from tests.tiles.test_validator import reports
from tiles.read import Decoded, accessor, decode, split
from tiles.scans import model as model_module
from twin.entity import Entity
from twin.errors import EmptySource, InvalidValue, MissingComponent, MissingCrs, TwinError, UnreadableSource, WrongCrs
from twin.geo.crs import geoid_height
from twin.store import Store

LAT, LON = (33, 33, 34, 920_000), (133, 31, 51, 960_000)
DEGREES = (133.5311, 33.5597)


def drawn(folder: Path) -> tuple[dict[str, dict[str, Any]], dict[str, np.ndarray]]:
    """By name: what is said of each element, and its corners, earth-centred metres."""
    matrix = np.array(orjson.loads((folder / "tileset.json").read_bytes())["root"]["transform"]).reshape(4, 4).T
    said: dict[str, dict[str, Any]] = {}
    corners: dict[str, np.ndarray] = {}
    for path in sorted(folder.glob("*.glb")):
        tile: Decoded = decode(path.read_bytes())
        ecef = tile.xyz @ matrix[:3, :3].T + matrix[:3, 3]
        for row, name in enumerate(tile.columns["name"]):
            said[name] = {key: values[row] for key, values in tile.columns.items()}
            corners[name] = ecef[tile.feature == row]
    return said, corners


def around(lon: float, lat: float, height: float, enu: np.ndarray) -> np.ndarray:
    """(n, 3) metres around a place to earth-centred metres, by PROJ's own topocentric frame."""
    frame = f"+proj=pipeline +step +inv +proj=topocentric +ellps=WGS84 +lon_0={lon} +lat_0={lat} +h_0={height}"
    return np.column_stack(pyproj.Transformer.from_pipeline(frame).transform(*np.atleast_2d(enu).T))


def nearest(points: np.ndarray, wanted: np.ndarray) -> float:
    """Metres from each wanted place to the nearest point: the worst."""
    return float(np.linalg.norm(points[None] - wanted[:, None], axis=2).min(axis=1).max())


def turned(xyz: np.ndarray, degrees: float) -> np.ndarray:
    """(n, 3) points, turned counter-clockwise."""
    turn = np.radians(degrees)
    x, y, z = xyz.T
    return np.column_stack((np.cos(turn) * x - np.sin(turn) * y, np.sin(turn) * x + np.cos(turn) * y, z))


SLAB = np.array([[x, y, z] for x in (0, SIZE_M[0]) for y in (0, SIZE_M[1]) for z in (-0.3, 0)])
"""Corners of the ground slab in the model's frame."""


def test_elements_with_what_is_said_of_them(twin: Path, tmp_path: Path) -> None:
    file = House().at_site(LAT, LON, 3.0).write(tmp_path / "house.ifc")
    code, report = run("ifc", str(twin), str(file))
    assert (code, report["name"], report["elements"], report["issues"]) == (0, "house", 18, [])
    assert run("check", str(twin)) == (0, {"house": []})
    folder = twin / "tiles" / "house"
    said, corners = drawn(folder)
    assert not any(one["type"] in ("IfcSpace", "IfcOpeningElement") for one in said.values())
    wall = said["Wall 1F-1"]
    assert (wall["type"], wall["storey"], wall["material"]) == ("IfcWall", "1F", "Brick")
    properties = {"IsExternal": True, "FireRating": "REI 90", "ThermalTransmittance": 0.24}
    assert orjson.loads(wall["properties"]) == {"Pset_WallCommon": properties}
    ids = {one.Name: one.GlobalId for one in ifcopenshell.open(str(file)).by_type("IfcWall")}
    assert wall["id"] == ids["Wall 1F-1"]
    height = 3.0 + float(geoid_height([DEGREES])[0])
    assert nearest(corners["Slab 1F"], around(*DEGREES, height, SLAB)) < 0.01
    assert len(corners["Wall 1F-0"]) > 36, "a hole is cut for the window"
    assert [one for one in reports(folder) if one["errors"] or one["warnings"]] == []
    _, with_rooms = run("ifc", str(twin), str(file), "--spaces")
    assert with_rooms["elements"] == 20
    assert "Room 1F" in drawn(folder)[0]


def test_property_sets_that_are_too_long_are_named(twin: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tiles.scans.ifc.said.MOST_CHARACTERS", 20)
    file = House(storeys=1).at_site(LAT, LON).write(tmp_path / "house.ifc")
    code, report = run("ifc", str(twin), str(file))
    assert code == 0
    assert {one["rule"] for one in report["issues"]} == {"ifc.properties"}
    assert "left out: Pset_WallCommon" in report["issues"][0]["message"]
    assert drawn(twin / "tiles" / "house")[0]["Wall 1F-1"]["properties"] == ""


def test_colours_are_those_of_the_styles(twin: Path, tmp_path: Path) -> None:
    file = House("IFC4X3", storeys=1).at_site(LAT, LON).write(tmp_path / "house.ifc")
    run("ifc", str(twin), str(file))
    tile = decode((twin / "tiles" / "house" / "0.glb").read_bytes())
    document, binary = split((twin / "tiles" / "house" / "0.glb").read_bytes())
    colours = accessor(document, binary, document["meshes"][0]["primitives"][0]["attributes"]["COLOR_0"])
    srgb = np.where(colours <= 0.0031308, colours * 12.92, 1.055 * colours ** (1 / 2.4) - 0.055)
    for name, rgb in (("Wall 1F-0", (0.7, 0.3, 0.2)), ("Window 1F-2", (0.5, 0.7, 0.9))):
        of = tile.feature == tile.columns["name"].index(name)
        assert np.abs(srgb[of][:, :3] - rgb).max() < 0.01


@pytest.mark.parametrize("scale", [None, 0.001, 1.0])
def test_by_a_map(twin: Path, tmp_path: Path, scale: float | None) -> None:
    """In all ways in which programs write the scale from millimetres to metres."""
    at = (364_000.5, 3_714_000.25, 3.0)
    file = House(storeys=1).on_map("EPSG:32653", at, 30.0, scale).write(tmp_path / "house.ifc")
    _, report = run("ifc", str(twin), str(file))
    assert report["by_map"] == "EPSG:32653"
    assert 329 < report["heading_deg"] < 330, "30 degrees and the map's own convergence"
    mapped = turned(SLAB, 30.0) + at
    assert nearest(drawn(twin / "tiles" / "house")[1]["Slab 1F"], on_earth(mapped)) < 0.01
    assert run("check", str(twin)) == (0, {"house": []})


def test_options_win(twin: Path, tmp_path: Path) -> None:
    file = House(storeys=1).write(tmp_path / "house.ifc")
    with pytest.raises(MissingCrs, match="--lon and --lat"):
        run("ifc", str(twin), str(file))
    place = ("--lon", "114.05", "--lat", "22.54")
    _, report = run("ifc", str(twin), str(file), *place, "--height", "12.5", "--heading", "-90")
    assert [report[key] for key in ("lon", "lat", "height_m", "heading_deg")] == [114.05, 22.54, 12.5, 270.0]
    west = np.column_stack((-SLAB[:, 1], SLAB[:, 0], SLAB[:, 2]))
    assert nearest(drawn(twin / "tiles" / "house")[1]["Slab 1F"], around(114.05, 22.54, 12.5, west)) < 0.01
    with pytest.raises(InvalidValue, match="lat"):
        run("ifc", str(twin), str(file), "--lon", "114", "--lat", "95")
    with Store.open(twin) as store:
        hill = plane(40.0, east=0.05, north=0.54)  # at the place above
        store.write([Entity("t", "terrain", meshes={"1": hill})], source=SOURCE)
    _, report = run("ifc", str(twin), str(file), *place)
    assert report["height_m"] == pytest.approx(40.0, abs=0.05)
    placed = House(storeys=1).at_site(LAT, LON, 3.0).write(tmp_path / "placed.ifc")
    _, report = run("ifc", str(twin), str(placed), "--height", "50", "--vertical", "ellipsoidal")
    assert [report[key] for key in ("lon", "lat", "height_m")] == [pytest.approx(x) for x in (*DEGREES, 50.0)]
    _, report = run("ifc", str(twin), str(placed), "--vertical", "ellipsoidal")
    assert report["height_m"] == 3.0


def north_and_moved_site(model: ifcopenshell.file) -> None:
    """True north is 30 degrees clockwise from the model's y; the site's origin is not the model's."""
    context = model.by_type("IfcGeometricRepresentationContext", include_subtypes=False)[0]
    turn = np.radians(30.0)
    context.TrueNorth = model.createIfcDirection((float(np.sin(turn)), float(np.cos(turn))))
    place = np.eye(4)
    place[:3, 3] = (100.0, 50.0, 2.0)
    site = model.by_type("IfcSite")[0]
    geometry.edit_object_placement(model, product=site, matrix=place, should_transform_children=False)


def test_true_north_and_the_sites_own_origin(twin: Path, tmp_path: Path) -> None:
    file = House(storeys=1).at_site(LAT, LON, 3.0).write(tmp_path / "house.ifc", north_and_moved_site)
    _, report = run("ifc", str(twin), str(file), "--vertical", "0")
    assert report["heading_deg"] == pytest.approx(330.0)
    moved = turned(SLAB - (100.0, 50.0, 2.0), 30.0)
    assert nearest(drawn(twin / "tiles" / "house")[1]["Slab 1F"], around(*DEGREES, 3.0, moved)) < 0.01


def without_shape(model: ifcopenshell.file) -> None:
    """One wall's shape is one that cannot be; two elements have the same id."""
    walls = model.by_type("IfcWall")
    solid = walls[0].Representation.Representations[0].Items[0]
    solid.Depth = 0.0
    walls[2].GlobalId = walls[1].GlobalId
    root.create_entity(model, ifc_class="IfcColumn", name="nowhere")


def test_what_cannot_be_drawn_is_named_and_the_rest_stands(twin: Path, tmp_path: Path) -> None:
    file = House("IFC2X3", storeys=1).at_site(LAT, LON).write(tmp_path / "house.ifc", without_shape)
    code, report = run("ifc", str(twin), str(file))
    model = ifcopenshell.open(str(file))
    first, second = (one.GlobalId for one in model.by_type("IfcWall")[:2])
    assert (code, report["elements"]) == (0, 8)
    told = [(one["rule"], one["path"]) for one in report["issues"]]
    assert told == [("geometry.empty", first), ("id.duplicate", second)]
    assert report["height_m"] == 0.0
    assert run("check", str(twin)) == (0, {"house": []})


def test_a_large_model_is_split(twin: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model_module, "MOST_VERTICES", 300)
    file = House(storeys=3).at_site(LAT, LON).write(tmp_path / "house.ifc")
    _, report = run("ifc", str(twin), str(file))
    assert report["tiles"] > 3
    assert len(drawn(twin / "tiles" / "house")[0]) == report["elements"] == 27
    assert run("check", str(twin)) == (0, {"house": []})
    tiles = orjson.loads((twin / "tiles" / "house" / "tileset.json").read_bytes())
    assert tiles["geometricError"] > tiles["root"]["geometricError"] > 0


def cut(path: Path) -> Path:
    path.write_bytes(path.read_bytes()[:-3_000])
    return path


def no_shapes(model: ifcopenshell.file) -> None:
    for one in model.by_type("IfcProduct"):
        one.Representation = None


def far_off(model: ifcopenshell.file) -> None:
    place = np.eye(4)
    place[0, 3] = 364_000.0
    geometry.edit_object_placement(model, product=model.by_type("IfcSlab")[0], matrix=place)


def text(path: Path, words: str) -> Path:
    path.write_text(words)
    return path


ORIGIN = (364_000.0, 3_714_000.0, 0.0)
BAD: dict[str, tuple[Callable[[Path], Path], type[TwinError], str]] = {
    "truncated": (lambda p: cut(House(storeys=1).at_site(LAT, LON).write(p)), UnreadableSource, "cut off"),
    "no IFC": (lambda p: text(p, "hello"), UnreadableSource, "no IFC file"),
    "broken": (lambda p: text(p, "ISO-10303-21;\nHEADER;\nEND-ISO-10303-21;\n"), UnreadableSource, "."),
    "no file": (lambda p: p, UnreadableSource, "No such file"),
    "no geometry": (lambda p: House(storeys=1).at_site(LAT, LON).write(p, no_shapes), EmptySource, "no element"),
    "no storeys": (lambda p: House(storeys=0).at_site(LAT, LON).write(p), EmptySource, "no element"),
    "no placement": (lambda p: House(storeys=1).write(p), MissingCrs, "--lon"),
    "zero placement": (lambda p: House(storeys=1).at_site((0, 0, 0), (0, 0, 0)).write(p), MissingCrs, "--lon"),
    "off its area": (lambda p: House(storeys=1).on_map("EPSG:28992", ORIGIN).write(p), WrongCrs, "28992"),
    "unknown map": (lambda p: House(storeys=1).on_map("Our grid", ORIGIN).write(p), InvalidValue, "Our grid"),
    "absurd scale": (lambda p: House(storeys=1).on_map("EPSG:32653", ORIGIN, 0, 5.0).write(p), InvalidValue, "scale"),
    "far from its site": (lambda p: House(storeys=1).at_site(LAT, LON).write(p, far_off), WrongCrs, "IfcSlab"),
    "latitude of 95": (lambda p: House(storeys=1).at_site((95, 0, 0), LON).write(p), InvalidValue, "lat"),
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(BAD))
def test_bad_models_are_refused_and_leave_nothing(bare_twin: Path, tmp_path: Path, name: str) -> None:
    make, kind, why = BAD[name]
    file = make(tmp_path / "house.ifc")
    with pytest.raises(kind, match=why) as refused:
        run("ifc", str(bare_twin), str(file))
    assert refused.value.way_out
    assert len(str(refused.value)) < 400
    assert nothing_new(bare_twin)


def test_without_the_library_it_says_how_to_get_it(bare_twin: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tiles.scans.model", None)
    with pytest.raises(MissingComponent, match=r"locks/ifc\.lock"):
        run("ifc", str(bare_twin), "any.ifc")
