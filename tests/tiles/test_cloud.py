"""A point cloud as a tileset: every point once, where it belongs to a centimetre; bad files leave nothing behind."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import laspy
import numpy as np
import orjson
import pyproj
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.main import get_command

from tests.tiles.test_cli import run
from tests.tiles.test_validator import reports
from tiles.check import check_layer
from tiles.glb import Packed
from tiles.plain import bounds
from tiles.read import accessor, split
from tiles.scans import growth
from tiles.scans.growth import MOST_POINTS, Growth
from tiles.scans.octree import SIDES, cube_around
from tiles.scans.spool import RECORD, Held, Records, Spool
from tiles.tileset import Leafing
from twin.cli.tiles import group
from twin.errors import Conflict, EmptySource, InvalidValue, MissingCrs, NotFound, TwinError, UnreadableSource, WrongCrs

KOCHI = (364_000.0, 3_714_000.0)  # easting, northing in EPSG:32653
ROOT_DOCUMENT = "tileset.json"


def las(path: Path, xyz: np.ndarray, crs: str | None = "EPSG:32653", version: str = "1.4", **says: Any) -> Path:
    """A file with these points; `says`: its other dimensions."""
    header = laspy.LasHeader(point_format=7 if version == "1.4" else 3, version=version)
    header.scales, header.offsets = np.full(3, 0.001), np.floor(xyz.min(axis=0)) if len(xyz) else np.zeros(3)
    if crs:
        header.add_crs(pyproj.CRS.from_user_input(crs))
    data = laspy.LasData(header)
    data.x, data.y, data.z = xyz.T if len(xyz) else np.zeros((3, 0))
    for name, values in says.items():
        data[name] = np.asarray(values)
    data.write(str(path))
    return path


def scattered(
    count: int, size: tuple[float, float, float] = (200.0, 200.0, 30.0), *, seed: int = 1, off: tuple = (0.0, 0.0, 0.0)
) -> np.ndarray:
    return np.random.default_rng(seed).random((count, 3)) * size + (KOCHI[0] + off[0], KOCHI[1] + off[1], 5.0 + off[2])


def contents(folder: Path) -> dict[str, dict[str, np.ndarray]]:
    """What each tile draws, as a client of glTF and 3D Tiles decodes it: earth-centred metres and attributes."""
    root = np.array(orjson.loads((folder / ROOT_DOCUMENT).read_bytes())["root"]["transform"]).reshape(4, 4).T
    found = {}
    for path in sorted(folder.glob("*.glb")):
        document, binary = split(path.read_bytes())
        node = document["nodes"][0]
        named = document["meshes"][0]["primitives"][0]["attributes"]
        values = {name: accessor(document, binary, index) for name, index in named.items()}
        x, y, z = (values["POSITION"] * np.array(node.get("scale", [1.0] * 3)) + node["translation"]).T
        values["ecef"] = np.column_stack((x, -z, y)) @ root[:3, :3].T + root[:3, 3]
        found[path.stem] = values
    return found


def on_earth(xyz: np.ndarray, crs: str = "EPSG:32653", geoid: bool = True) -> np.ndarray:
    """By PROJ alone: map coordinates and metres above EGM96 to earth-centred metres."""
    lon, lat = pyproj.Transformer.from_crs(crs, 4326, always_xy=True).transform(*xyz.T[:2])
    grid = "/usr/share/proj/egm96_15.gtx"
    up = pyproj.Transformer.from_pipeline(
        "+proj=pipeline +step +proj=unitconvert +xy_in=deg +xy_out=rad "
        f"+step +proj=vgridshift +grids={grid} +multiplier=1 +step +proj=unitconvert +xy_in=rad +xy_out=deg"
    )
    height = up.transform(lon, lat, xyz[:, 2])[2] if geoid else xyz[:, 2]
    return np.column_stack(pyproj.Transformer.from_crs(4979, 4978, always_xy=True).transform(lon, lat, height))


def nothing_new(twin: Path) -> bool:
    return not (twin / "tiles").exists() or not list((twin / "tiles").iterdir())


def test_every_point_stands_where_it_was_measured(twin: Path, tmp_path: Path) -> None:
    xyz = scattered(120_000)
    number = np.arange(len(xyz))
    rgb = dict.fromkeys(("red", "green", "blue"), number % 251 * 257)
    file = las(tmp_path / "scan.laz", xyz, intensity=number % 65_536, classification=number // 65_536 + 2, **rgb)
    code, said = run("cloud", str(twin), str(file))
    assert (code, said["name"], said["points"], said["colour"], said["vertical"]) == (
        0,
        "scan",
        120_000,
        "rgb",
        "egm96",
    )
    folder = twin / "tiles" / "scan"
    assert run("check", str(twin)) == (0, {"scan": []})
    assert [path.name for path in (twin / "tiles").iterdir()] == ["scan"]
    tiles = contents(folder)
    assert len(tiles) == said["tiles"] > 3
    assert max(len(one["ecef"]) for one in tiles.values()) <= MOST_POINTS
    came = np.concatenate(
        [one["_INTENSITY"] + 65_536 * (one["_CLASSIFICATION"].astype(int) - 2) for one in tiles.values()]
    )
    assert np.array_equal(np.sort(came), number)
    ecef = np.concatenate([one["ecef"] for one in tiles.values()])
    exact = np.round(xyz, 3)
    assert np.abs(ecef - on_earth(exact)[came]).max() < 0.01
    shown = np.concatenate([one["COLOR_0"] for one in tiles.values()])
    srgb = (came % 251) / 255
    linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    assert np.abs(shown - linear[:, None]).max() < 1e-4
    assert [one for one in reports(folder) if one["errors"] or one["warnings"]] == []


def test_replaced_refused_and_removed(twin: Path, tmp_path: Path) -> None:
    first = las(tmp_path / "first scan.las", scattered(100), version="1.2", intensity=np.arange(100))
    second = las(tmp_path / "second.laz", scattered(50, seed=2, off=(500.0, 0.0, 0.0)), classification=np.full(50, 6))
    assert run("cloud", str(twin), str(first))[1]["name"] == "first-scan"
    assert run("cloud", str(twin), str(first), "--name", "one")[1]["colour"] == "intensity"
    code, said = run("cloud", str(twin), str(first), str(second), "--name", "one", "--colour", "class")
    assert (code, said["points"], said["colour"]) == (0, 150, "class")
    assert sum(len(one["ecef"]) for one in contents(twin / "tiles" / "one").values()) == 150
    for name, kind in (("building", InvalidValue), ("landmarks", InvalidValue), ("../x", InvalidValue)):
        with pytest.raises(kind):
            run("cloud", str(twin), str(first), "--name", name)
    (twin / "tiles" / "theirs").mkdir()
    (twin / "tiles" / "theirs" / ROOT_DOCUMENT).write_text('{"extras": {"made_of": "else"}}')
    (twin / "tiles" / "packed.3tz").write_bytes(b"")
    for name in ("theirs", "packed"):
        with pytest.raises(Conflict):
            run("cloud", str(twin), str(first), "--name", name)
    with pytest.raises(InvalidValue, match="no point cloud"):
        run("remove", str(twin), "theirs")
    assert run("check", str(twin), "--kind", "one") == (0, {"one": []})
    (twin / "tiles" / "one" / "0.glb").unlink()
    assert [one["rule"] for one in run("check", str(twin), "--kind", "one")[1]["one"]] == [
        "tiles.missing",
        "tiles.feature-count",
    ]
    assert run("remove", str(twin), "one") == (0, {"removed": "one"})
    with pytest.raises(NotFound, match="first-scan"):
        run("remove", str(twin), "one")
    assert sorted(path.name for path in (twin / "tiles").iterdir()) == ["first-scan", "packed.3tz", "theirs"]


def test_withheld_noise_and_strays_are_left_out_and_told(twin: Path, tmp_path: Path) -> None:
    xyz = scattered(1_000)
    xyz[:3, 0] += 300_000.0
    xyz[3:5, 2] = 50_000.0
    classes, withheld = np.full(1_000, 2), np.zeros(1_000, dtype=np.uint8)
    classes[10:14], withheld[14:20] = 7, 1
    file = las(tmp_path / "scan.laz", xyz, classification=classes, withheld=withheld)
    _, said = run("cloud", str(twin), str(file))
    assert said["points"] == 1_000 - 15
    assert said["left_out"] == {"withheld or noise": 10, "not on Earth": 2, "too far away": 3}


def test_feet_and_other_verticals(twin: Path, tmp_path: Path) -> None:
    feet = np.array([[6_000_000.0, 2_000_000.0, 328.0833], [6_000_100.0, 2_000_100.0, 328.0833]])
    file = las(tmp_path / "feet.las", feet, "EPSG:2227")  # California zone 3, US survey feet
    run("cloud", str(twin), str(file), "--vertical", "-32")
    metres = feet * (1, 1, 1200 / 3937)
    (tile,) = contents(twin / "tiles" / "feet").values()
    assert np.abs(tile["ecef"] - on_earth(metres - (0, 0, 32.0), "EPSG:2227", geoid=False)).max() < 0.01
    run("cloud", str(twin), str(file), "--crs", "EPSG:2227+6360", "--vertical", "ellipsoidal")  # NAVD88 in feet
    (tile,) = contents(twin / "tiles" / "feet").values()
    assert np.abs(tile["ecef"] - on_earth(metres, "EPSG:2227", geoid=False)).max() < 0.01


def damaged(path: Path, keep: float) -> Path:
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * keep)])
    return path


def absurd(path: Path) -> Path:
    """Scales that are no numbers."""
    data = bytearray(las(path, scattered(10)).read_bytes())
    data[131:155] = np.full(3, np.nan).tobytes()
    path.write_bytes(data)
    return path


BAD: dict[str, tuple[Any, type[TwinError], str]] = {
    "truncated LAZ": (lambda p: damaged(las(p / "a.laz", scattered(5_000)), 0.6), UnreadableSource, "cut off"),
    "truncated LAS": (lambda p: damaged(las(p / "a.las", scattered(5_000)), 0.6), UnreadableSource, "cut off"),
    "header only": (lambda p: damaged(las(p / "a.las", scattered(5_000)), 0.002), UnreadableSource, "cut off"),
    "not LAS": (lambda p: damaged(absurd(p / "a.las"), 0.0), UnreadableSource, "cut off"),
    "no file": (lambda p: p / "none.laz", UnreadableSource, "No such file"),
    "no points": (lambda p: las(p / "a.laz", np.zeros((0, 3))), EmptySource, "no point"),
    "all withheld": (lambda p: las(p / "a.laz", scattered(9), withheld=np.ones(9, "u1")), EmptySource, "withheld"),
    "no CRS": (lambda p: las(p / "a.laz", scattered(9), None), MissingCrs, "--crs"),
    "off its area": (lambda p: las(p / "a.laz", scattered(9, off=(3e6, 0, 0))), WrongCrs, "UTM zone 53N"),
    "not on Earth": (lambda p: las(p / "a.laz", scattered(9, off=(0, 0, 5e5))), WrongCrs, "no place on Earth"),
    "no numbers": (lambda p: absurd(p / "a.las"), UnreadableSource, "no numbers"),
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(BAD))
def test_bad_clouds_are_refused_and_leave_nothing(bare_twin: Path, tmp_path: Path, name: str) -> None:
    make, kind, why = BAD[name]
    file = make(tmp_path)
    with pytest.raises(kind, match=why) as refused:
        run("cloud", str(bare_twin), str(file))
    assert str(file) in refused.value.thing
    assert refused.value.way_out
    assert len(str(refused.value)) < 400
    assert nothing_new(bare_twin)


def test_what_breaks_off_leaves_the_earlier_one(twin: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = las(tmp_path / "scan.laz", scattered(100))
    run("cloud", str(twin), str(file))
    before = (twin / "tiles" / "scan" / "0.glb").read_bytes()

    def interrupted(*_: object) -> Leafing:
        raise KeyboardInterrupt

    monkeypatch.setattr(growth.Growth, "grow", interrupted)
    with pytest.raises(SystemExit) as ended:
        get_command(group)(["cloud", str(twin), str(las(tmp_path / "scan.laz", scattered(90)))])
    assert ended.value.code == 130
    assert [path.name for path in (twin / "tiles").iterdir()] == ["scan"]
    assert (twin / "tiles" / "scan" / "0.glb").read_bytes() == before
    with pytest.raises(InvalidValue, match="rgb"):
        run("cloud", str(twin), str(file), "--colour", "rgb")
    assert (twin / "tiles" / "scan" / "0.glb").read_bytes() == before


def records_of(xyz: np.ndarray) -> Records:
    records = np.zeros(len(xyz), RECORD)
    records["xyz"] = xyz
    return records


def grown(records: Records, folder: Path, *, in_memory: int, pieces: int = 1) -> tuple[Leafing, dict[str, Records]]:
    """The tree of some points that came in pieces, and what each tile got."""
    drawn: dict[str, Records] = {}

    def draw(name: str, some: Records) -> Packed:
        assert name not in drawn
        drawn[name] = some
        return Packed(b"", some["xyz"].min(axis=0) / 1000, some["xyz"].max(axis=0) / 1000)

    heap = Held() if len(records) <= in_memory else Spool(folder / "all.points")
    for part in np.array_split(records, pieces):
        heap.put(part)
    low, high = records["xyz"].min(axis=0).astype(np.int64), records["xyz"].max(axis=0).astype(np.int64)
    return Growth(folder, draw, in_memory).grow("0", heap, cube_around(low, high)), drawn


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 20_000), st.sampled_from((1, 50, 5_000, 3_000_000)), st.booleans())
def test_every_point_is_in_exactly_one_tile(
    tmp_path_factory: pytest.TempPathFactory, seed: int, count: int, size: int, flat: bool
) -> None:
    """Points of any crowd, also many on one spot: all are drawn once, and files give the tree that memory gives."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(growth, "MOST_POINTS", 700)
        patch.setattr(growth, "SIDES", SIDES[1:])
        random = np.random.default_rng(seed)
        xyz = random.integers(-size, size + 1, (count, 3)) * (1, 1, not flat)
        records = records_of(xyz)
        root, drawn = grown(records, tmp_path_factory.mktemp("points"), in_memory=10**9)
        folder = tmp_path_factory.mktemp("points")
        other, through_files = grown(records, folder, in_memory=2_000, pieces=3)
    assert not list(folder.iterdir())
    came = np.concatenate([one["xyz"] for one in drawn.values()])
    assert Counter(map(tuple, came.tolist())) == Counter(map(tuple, xyz.tolist()))
    assert drawn.keys() == through_files.keys()
    for name, one in drawn.items():
        assert np.array_equal(one, through_files[name])
    waiting = [root]
    while waiting:
        tile = waiting.pop()
        assert (tile.error > 0) == bool(tile.children)
        for child in tile.children:
            assert child.error <= tile.error
            if tile.error > 0.011:  # what is below lies within the error of something that is shown
                assert _farthest(drawn[child.name], drawn[tile.name]) <= tile.error + 1e-9
        waiting += tile.children
    assert other.error == root.error


def _farthest(below: Records, shown: Records) -> float:
    """Metres from the point that is farthest from all that are shown to the nearest of these; of a hundred."""
    some = below["xyz"][:: max(1, len(below) // 100)].astype(float)
    apart = np.linalg.norm(some[:, None] - shown["xyz"][None].astype(float), axis=2)
    return float(apart.min(axis=1).max() / 1000)


def test_a_wide_cloud_keeps_its_centimetres(twin: Path, tmp_path: Path) -> None:
    xyz = scattered(3_000, (60_000.0, 60_000.0, 100.0))
    run("cloud", str(twin), str(las(tmp_path / "wide.las", xyz, intensity=np.arange(3_000))))
    (tile,) = contents(twin / "tiles" / "wide").values()
    assert tile["POSITION"].dtype.kind == "f"
    assert np.abs(tile["ecef"] - on_earth(np.round(xyz, 3))[tile["_INTENSITY"]]).max() < 0.01
    assert check_layer(twin / "tiles" / "wide") == []
    low, high = bounds((twin / "tiles" / "wide" / "0.glb").read_bytes())
    assert ((high - low)[:2] > 50_000).all()
