"""From a real store: what is drawn, what stands for what, and that a rebuilt layer follows the store."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import shapely

from tests.tiles.test_build import block, contents
from tiles import Follower, build_layer, check_layer, expected_ids, layer_kind, layer_kinds, layers
from tiles.gather import gather
from tiles.read import Decoded, decode
from twin.entity import Entity, Mesh
from twin.errors import EmptySource, InvalidValue
from twin.geo.crs import lonlat_to_xyz
from twin.store import SourceInfo, Store

SOURCE = SourceInfo("test", "made up", "EPSG:4326", "wgs84", "ellipsoidal", 1_700_000_000)
BUILDING = layer_kind("building")


def square(number: int, west: float = 0.0, east: float = 1.0) -> bytes:
    """The square of a number, or what lies between two shares of its width."""
    lon = 114.0 + number * 1e-3
    return shapely.to_wkb(shapely.box(lon + west * 2e-4, 22.0, lon + east * 2e-4, 22.0002))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.create(tmp_path / "twin", name="test") as made:
        yield made


def build(store: Store) -> dict[str, tuple[Decoded, int]]:
    """Build and check the layer; each id with its tile and its feature there."""
    folder = store.folder / "tiles"
    build_layer(store, "building", folder)
    assert check_layer(folder / "building", expected=expected_ids(store, BUILDING)) == []
    decoded = [decode(data) for data in contents(folder / "building").values()]
    return {id_: (tile, feature) for tile in decoded for feature, id_ in enumerate(tile.columns["id"])}


def test_numbers_and_columns_come_from_the_store(store: Store) -> None:
    store.write(
        [
            Entity(
                "b1", "building", footprint=square(1), base_m=5, height_m=30, storeys=9, attributes={"use": "office"}
            ),
            Entity("b2", "building", footprint=square(2), storeys=4),
            Entity("b3", "building", attributes={"name": "no shape"}),
        ],
        source=SOURCE,
    )
    drawn = build(store)
    assert set(drawn) == {"b1", "b2"}
    tile, row = drawn["b1"]
    assert {name: column[row] for name, column in tile.columns.items()} == {
        "id": "b1", "number": store.number("b1"), "height": 30.0, "storeys": 9, "base": 5.0, "above": 0.0,
        "use": "office",
    }  # fmt: skip
    tile, row = drawn["b2"]
    assert (tile.columns["height"][row], tile.columns["storeys"][row], tile.columns["use"][row]) == (0.0, 4, "")
    # It is drawn with 3 m a storey, and stands on the ground of the twin.
    z = tile.xyz[tile.feature == row, 2]
    assert np.ptp(z) == pytest.approx(12.0, abs=0.02)
    assert build_layer(store, "building", store.folder / "tiles").left_out == 1


def test_without_a_base_a_building_stands_on_the_twins_ground(store: Store) -> None:
    store.write(
        [
            Entity("known", "building", footprint=square(1), base_m=42.0, height_m=10),
            Entity("unknown", "building", footprint=square(2), height_m=10),
        ],
        source=SOURCE,
    )
    store.refresh_meta()
    features = gather(store, BUILDING).features
    assert features.base_m.tolist() == features.table.columns["base"].tolist() == [42.0, 42.0]


def test_what_stands_elsewhere_has_another_stamp(store: Store) -> None:
    """A tile says where its features stand, so it is made again when that changes: their own base, or the ground."""
    known, unknown = (Entity(id_, "building", footprint=square(1), height_m=10) for id_ in ("known", "unknown"))
    stamps = []
    for base in (42.0, 43.0):
        store.write([replace(known, base_m=base), unknown], source=SOURCE)
        store.refresh_meta()
        features = gather(store, BUILDING).features
        assert features.table.columns["base"].tolist() == [base, base]
        stamps.append(features.stamp)
    assert (stamps[0] != stamps[1]).all()


def slope(west_m: float = 100.0, east_m: float = 0.0) -> Entity:
    """Terrain under the squares of numbers -1 to 11, as high in the west and in the east as it says."""
    ends = np.array([[lon, lat] for lon in (113.999, 114.011) for lat in (21.999, 22.001)])
    xyz = lonlat_to_xyz(ends, np.repeat([west_m, east_m], 2), (114.0, 22.0, 0.0)).astype(np.float32)
    triangles = np.array([[0, 2, 3], [0, 3, 1]], dtype=np.uint32)
    return Entity("t", "terrain", meshes={"1": Mesh((114.0, 22.0, 0.0), xyz, triangles, np.zeros(2, dtype=np.uint8))})


def ground_at(number: float) -> float:
    """What the slope has at the west end of a square, in metres."""
    return 100.0 - (number + 1) / 12 * 100


def test_without_a_base_a_building_stands_on_the_terrain(store: Store) -> None:
    """On its lowest corner, the eastern one; what is known stands where it does, what lies off the terrain as ever."""
    store.write(
        [
            slope(),
            Entity("known", "building", footprint=square(1), base_m=42.0, height_m=10),
            Entity("low", "building", footprint=square(2), height_m=10),
            Entity("raised", "building", footprint=square(3), height_m=10, attributes={"min_height_m": 4}),
            Entity("far", "building", footprint=square(30), height_m=10),
            Entity("whole", "building", footprint=square(4), height_m=10),
            Entity("west", "building_part", "whole", square(4, 0.0, 0.5), height_m=10, attributes={"min_height_m": 3}),
            Entity("houseless", "building_part", "nobody", square(5), height_m=10),
            Entity("shapeless", "building", height_m=10),
            Entity("alone", "building_part", "shapeless", square(6), height_m=10),
        ],
        source=SOURCE,
    )
    store.refresh_meta()
    features = gather(store, BUILDING).features
    base = dict(zip(features.table.ids.tolist(), features.base_m.tolist(), strict=True))
    east = {n: ground_at(n + 0.2) for n in range(10)}
    assert base == pytest.approx(
        {
            "known": 42.0,
            "low": east[2],
            "raised": east[3] + 4,
            "far": 42.0,
            "whole": east[4],
            "west": east[4] + 3,  # not on its own corners, which are higher
            "houseless": east[5],
            "alone": east[6],
        },
        abs=0.1,
    )


def test_other_terrain_is_other_stamps_of_what_stands_on_it(store: Store) -> None:
    store.write(
        [
            Entity("known", "building", footprint=square(1), base_m=42.0),
            Entity("low", "building", footprint=square(2)),
            Entity("far", "building", footprint=square(30)),
        ],
        source=SOURCE,
    )
    before = gather(store, BUILDING).features.stamp
    store.write([slope()], source=SOURCE)
    assert (gather(store, BUILDING).features.stamp == before).tolist() == [True, False, True]


def test_terrain_is_a_layer_of_its_meshes_and_never_a_block(store: Store) -> None:
    store.write([replace(slope(), footprint=square(1)), Entity("bare", "terrain", footprint=square(2))], source=SOURCE)
    folder = store.folder / "tiles"
    report = build_layer(store, "terrain", folder)
    assert (report.features, report.tiles, report.left_out) == (1, 1, 1)
    assert check_layer(folder / "terrain", expected=expected_ids(store, layer_kind("terrain"))) == []
    (tile,) = map(decode, contents(folder / "terrain").values())
    assert len(tile.triangles) == 2
    follower = Follower(store, folder / "terrain")
    store.write([slope(50.0, 60.0)], source=SOURCE)
    assert follower.update() is not None
    (tile,) = map(decode, contents(folder / "terrain").values())
    assert np.ptp(tile.xyz[:, 2]) == pytest.approx(10.0, abs=0.2)


def test_parts_with_a_shape_replace_their_whole(store: Store) -> None:
    mesh = {"2": block(0.0)}
    store.write(
        [
            Entity("plain", "building", footprint=square(0), height_m=9),
            Entity("split", "building", footprint=square(1), base_m=7, height_m=50, attributes={"use": "hotel"}),
            Entity("split-a", "building_part", parent="split", footprint=square(1), height_m=50),
            Entity("split-b", "building_part", parent="split", meshes=mesh, attributes={"use": "shops"}),
            Entity("solid", "building", footprint=square(2), height_m=9, meshes=mesh),
            Entity("solid-a", "building_part", parent="solid", footprint=square(2), height_m=9),
            Entity("both", "building", footprint=square(3), height_m=9, meshes=mesh),
            Entity("both-a", "building_part", parent="both", meshes=mesh),
            Entity("both-b", "building_part", parent="both", footprint=square(3), height_m=4),
            Entity("empty", "building", footprint=square(4), height_m=9),
            Entity("empty-a", "building_part", parent="empty"),
            Entity("orphan", "building_part", parent="elsewhere", footprint=square(5), height_m=9),
        ],
        source=SOURCE,
    )
    drawn = build(store)
    assert set(drawn) == {"plain", "split-a", "split-b", "solid", "both-a", "both-b", "empty", "orphan"}
    tile, row = drawn["split-a"]
    assert tile.columns["use"][row] == "hotel"
    tile, row = drawn["split-b"]
    assert tile.columns["use"][row] == "shops"
    features = gather(store, BUILDING).features
    assert features.base_m[features.table.ids.tolist().index("split-a")] == 7.0


def test_what_parts_leave_of_their_whole_stays(store: Store) -> None:
    """A part on a quarter of the footprint is cut out; one on all but a twentieth replaces the whole."""
    quarter = shapely.to_wkb(shapely.box(114.001, 22.0, 114.0011, 22.0001))
    nearly = shapely.to_wkb(shapely.box(114.002, 22.0, 114.0022, 22.00019))
    store.write(
        [
            Entity("tower", "building", footprint=square(1), base_m=0, height_m=10),
            Entity("tower-a", "building_part", parent="tower", footprint=quarter, height_m=90),
            Entity("slab", "building", footprint=square(2), base_m=0, height_m=10),
            Entity("slab-a", "building_part", parent="slab", footprint=nearly, height_m=90),
        ],
        source=SOURCE,
    )
    drawn = build(store)
    assert set(drawn) == {"tower", "tower-a", "slab-a"}
    features = gather(store, BUILDING).features
    left = shapely.from_wkb(features.footprint[features.table.ids.tolist().index("tower")])
    assert left.area == pytest.approx(0.75 * 4e-8, rel=1e-6)
    assert shapely.intersection(left, shapely.from_wkb(quarter)).area == pytest.approx(0, abs=1e-18)


def test_a_mesh_alone_says_where_it_stands(store: Store) -> None:
    mesh: dict[str, Mesh] = {"1": block(60.0)}
    ground = shapely.to_wkb(shapely.box(114.03, 22.65, 114.0302, 22.6502))
    store.write(
        [Entity("m", "building", meshes=mesh), Entity("n", "building", footprint=ground, meshes=mesh)], source=SOURCE
    )
    features = gather(store, BUILDING).features
    assert features.middles[0] == pytest.approx([114.03, 22.65], abs=1e-3)
    assert features.base_m == pytest.approx([60.0, 60.0], abs=1e-3)
    assert features.height_m == pytest.approx([10.0, 10.0], abs=1e-3)
    drawn = build(store)
    assert set(drawn) == {"m", "n"}
    for tile, row in drawn.values():
        assert tile.columns["base"][row] == pytest.approx(60.0, abs=1e-3)


def test_a_rebuild_follows_the_store(store: Store) -> None:
    store.write([Entity(f"b{i}", "building", footprint=square(i), height_m=9) for i in range(5)], source=SOURCE)
    assert set(build(store)) == {f"b{i}" for i in range(5)}
    store.retire(["b3"], source="test")
    store.write([Entity("b1", "building", footprint=square(1), height_m=77)], source=SOURCE)
    drawn = build(store)
    assert set(drawn) == {"b0", "b1", "b2", "b4"}
    tile, row = drawn["b1"]
    assert tile.columns["height"][row] == 77.0


def test_an_empty_twin_has_no_layer(store: Store) -> None:
    with pytest.raises(EmptySource):
        build_layer(store, "building", store.folder / "tiles")
    assert layers(store.folder / "tiles") == []


@pytest.mark.parametrize("kind", ["tree", "building_part", "sensor"])
def test_only_kinds_with_columns_are_layers(store: Store, kind: str) -> None:
    with pytest.raises(InvalidValue, match="Take one of: building"):
        build_layer(store, kind, store.folder / "tiles")
    assert "building" in {declared.id for declared in layer_kinds()}
