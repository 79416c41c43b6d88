"""A layer that followed any edits is the one that a build of the store as it is now gives, content for content."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import tiles.edits
import tiles.follow
import tiles.tree
from tests.tiles.test_build import block, contents
from tiles import build_layer, check_layer, layer_kind
from tiles.build import build_features
from tiles.follow import Follower
from tiles.gather import gather
from tiles.holdings import Holdings
from tiles.layer import Layer
from tiles.packing import recipe_of
from tiles.read import decode
from twin.entity import Entity, Mesh
from twin.errors import FolderInUse, NotFound
from twin.geo.crs import lonlat_to_xyz
from twin.store import SourceInfo, Store, clock

SOURCE = SourceInfo("test", "made up", "EPSG:4326", "wgs84", "ellipsoidal", 1_700_000_000)
BUILDING = layer_kind("building")


def house(spot: int, size: int = 2) -> bytes:
    """A square in one of a hundred spots."""
    west, south = 114.0 + spot % 10 * 1e-3, 22.0 + spot // 10 * 1e-3
    return bytes(shapely.to_wkb(shapely.box(west, south, west + size * 1e-4, south + size * 1e-4)))


def building(number: int, height: float = 9.0, **more: object) -> Entity:
    return Entity(f"b{number}", "building", footprint=house(number), base_m=5.0, height_m=height, **more)


def hill(height: float) -> Entity:
    """Terrain under the western half of the spots, higher in the east by 20 m."""
    ends = np.array([[lon, lat] for lon in (113.99, 114.0055) for lat in (21.99, 22.02)])
    xyz = lonlat_to_xyz(ends, np.repeat([height, height + 20], 2), (114.0, 22.0, 0.0)).astype(np.float32)
    triangles = np.array([[0, 2, 3], [0, 3, 1]], dtype=np.uint32)
    return Entity("hill", "terrain", meshes={"1": Mesh((114.0, 22.0, 0.0), xyz, triangles, np.zeros(2, np.uint8))})


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.create(tmp_path / "twin", name="test") as made:
        made.write([building(n, 5.0 + n % 7) for n in range(40)], source=SOURCE)
        yield made


@pytest.fixture
def small_tiles(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tiles.tree, "CAPACITY", 4)


@pytest.fixture
def follower(store: Store, small_tiles: None) -> Follower:
    build_layer(store, "building", store.folder / "tiles")
    return Follower(store, store.folder / "tiles" / "building")


def assert_as_built_anew(store: Store, layer: Path) -> None:
    """Every rule holds, and a build in another folder gives the same tiles with the same bytes."""
    gathered = gather(store, BUILDING)
    assert check_layer(layer, expected=gathered.features) == []
    with tempfile.TemporaryDirectory() as fresh:
        anchor = Layer(layer).about.anchor
        report = build_features(gathered.features, BUILDING, Path(fresh), meshes=gathered.meshes, anchor=anchor)
        assert contents(Path(fresh) / "building") == contents(layer)
        totals = Layer(layer).view.state.totals
        assert (totals.features, totals.tiles, totals.bytes) == (report.features, report.tiles, report.bytes)


def assert_as_planned_anew(store: Store, layer: Layer) -> None:
    """The same nodes with the same recipes as a plan of all that the store holds: quicker than building it."""
    gathered = gather(store, BUILDING)
    held = Holdings.of(gathered.features.take(np.flatnonzero(gathered.features.placed)))
    token = layer.about.token
    recipes = {node.name: recipe_of(token, *held.contents_of(node)) for node in held.root.all()}
    assert {name: one.recipe for name, one in layer.view.state.drawn.items()} == recipes


EDITS = st.one_of(
    st.tuples(st.just("build"), st.integers(0, 59), st.sampled_from([3.0, 9.0, 40.0, 300.0])),
    st.tuples(st.just("move"), st.integers(0, 59), st.integers(0, 99)),
    st.tuples(st.just("grow"), st.integers(0, 59), st.integers(1, 9)),
    st.tuples(st.just("use"), st.integers(0, 59), st.sampled_from(["office", "学校"])),
    st.tuples(st.just("part"), st.integers(0, 59), st.sampled_from([1, 2, 9])),
    st.tuples(st.just("part of another"), st.integers(0, 59), st.integers(0, 59)),
    st.tuples(st.just("mesh"), st.integers(0, 59), st.just(0)),
    st.tuples(st.just("levels"), st.integers(0, 59), st.integers(1, 7)),
    st.tuples(st.just("only a mesh"), st.integers(0, 59), st.sampled_from([10.0, 11.0])),
    st.tuples(st.just("retire"), st.integers(0, 59), st.just(0)),
    st.tuples(st.just("retire part"), st.integers(0, 59), st.just(0)),
    st.tuples(st.just("far away"), st.integers(0, 59), st.just(0)),
    st.tuples(st.just("lost its base"), st.integers(0, 59), st.sampled_from([3.0, 9.0])),
    st.tuples(st.just("terrain"), st.just(0), st.sampled_from([0.0, 30.0, None])),
)


def known(store: Store, id_: str) -> Entity | None:
    """The entity as it stands; None where it does not."""
    try:
        return store.get(id_)
    except NotFound:
        return None


def apply(store: Store, edit: tuple[str, int, object]) -> None:
    """One edit of one building or part; of what does not stand, its return."""
    what, number, value = edit
    if what == "terrain":
        store.write([replace(hill(0.0), meshes={}) if value is None else hill(float(value))], source=SOURCE)
        return
    entity = known(store, f"b{number}") or building(number)
    part = known(store, f"b{number}/a") or Entity(f"b{number}/a", "building_part", parent=f"b{number}", height_m=4.0)
    match what:
        case "build":
            entity = replace(entity, height_m=float(value))
        case "move":
            entity = replace(entity, footprint=house(int(value)))
        case "grow":
            entity = replace(entity, footprint=house(number, int(value)))
        case "use":
            entity = replace(entity, attributes={"use": value})
        case "part":
            entity = replace(part, footprint=house(number, int(value)))
        case "part of another":
            entity = replace(part, parent=f"b{value}", footprint=house(int(value), 1))
        case "mesh":
            entity = replace(entity, meshes={"2": block(5.0 + number)})
        case "levels":
            shown = [level for level in (1, 2, 3) if int(value) >> level - 1 & 1]
            meshes = {str(level): block(5.0 + number, 10.0 + level) for level in shown}
            entity = replace(entity, meshes=meshes)
        case "only a mesh":
            entity = replace(entity, footprint=None, meshes={"2": block(5.0, float(value)), "1": block(5.0)})
        case "retire" | "retire part":
            store.retire([one.id for one in [entity if what == "retire" else part] if known(store, one.id)], source="")
            return
        case "lost its base":
            entity = replace(entity, base_m=None, height_m=float(value))
        case "far away":
            entity = replace(entity, footprint=bytes(shapely.to_wkb(shapely.box(10, 50, 10.0003, 50.0003))))
    store.write([entity], source=SOURCE)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(EDITS, min_size=1, max_size=4), min_size=1, max_size=5))
def test_any_edits(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory, steps: list) -> None:
    """Whatever is built, moved, cut out, retired or brought back, one by one or together."""
    monkeypatch.setattr(tiles.tree, "CAPACITY", 4)
    monkeypatch.setattr(tiles.tileset, "MOST_TILES", 6)
    monkeypatch.setattr(os, "fsync", lambda _: None)
    folder = tmp_path_factory.mktemp("edits")
    try:
        with Store.create(folder / "twin", name="test") as store:
            store.write([building(n, 5.0 + n % 7) for n in range(40)], source=SOURCE)
            build_layer(store, "building", folder / "tiles")
            follower = Follower(store, folder / "tiles" / "building")
            for edits in steps:
                for edit in edits:
                    apply(store, edit)
                update = follower.update()
                assert update is None or update.rebuilt in ("", "the terrain is another one")
                assert_as_planned_anew(store, follower.layer)
            assert_as_built_anew(store, folder / "tiles" / "building")
            views = [Layer(folder / "tiles" / "building").at_step(n + 1) for n in range(follower.layer.view.n)]
            assert views[-1].files == follower.layer.view.files == Layer(follower.layer.folder).view.files
    finally:
        shutil.rmtree(folder)


def test_a_higher_building_makes_one_tile_and_no_document(follower: Follower, store: Store) -> None:
    before = follower.layer.view
    document = (follower.layer.folder / "tileset.json").stat()
    store.write([building(7, 5.2)], source=SOURCE)
    update = follower.update()
    assert update is not None
    assert (update.packed, len(update.news.tiles), update.news.documents, update.news.whole) == (1, 1, False, False)
    assert (follower.layer.folder / "tileset.json").stat() == document
    (name,) = update.news.tiles
    after = follower.layer.view
    assert {path for path in after.files if after.files[path] != before.files[path]} == {name}
    assert follower.layer.since(before.n) == update.news
    assert follower.layer.since(after.n).tiles == ()
    assert follower.layer.since(after.n + 1).whole
    assert_as_built_anew(store, follower.layer.folder)


def test_what_outgrows_its_box_changes_the_document(follower: Follower, store: Store) -> None:
    store.write([building(7, 5.0 * 40)], source=SOURCE)
    update = follower.update()
    assert update is not None
    assert update.news.documents
    assert_as_built_anew(store, follower.layer.folder)


def test_what_shrinks_again_brings_its_old_content_back(follower: Follower, store: Store) -> None:
    before = follower.layer.view.files
    for height, packed in ((5.3, 1), (5.0, 0)):
        store.write([building(7, height)], source=SOURCE)
        update = follower.update()
        assert update is not None
        assert update.packed == packed
    assert follower.layer.view.files == before


def test_other_kinds_and_other_words_concern_no_tile(follower: Follower, store: Store) -> None:
    store.write([Entity("s", "sensor"), replace(building(7, 5.0), attributes={"name": "x"})], source=SOURCE)
    assert follower.behind()
    n = follower.layer.view.n
    update = follower.update()
    assert update is None or update.packed <= 1  # a name is in no column: the tile that is made is the same
    assert follower.layer.view.files == Layer(follower.layer.folder).view.files
    assert not follower.behind()
    store.write([Entity("s", "sensor", height_m=2.0)], source=SOURCE)
    assert follower.update() is None
    assert follower.layer.view.n in (n, n + 1)


def test_an_entity_that_becomes_another_kind_is_not_drawn_any_more(follower: Follower, store: Store) -> None:
    store.write([Entity("b7", "green", footprint=house(7))], source=SOURCE)
    assert follower.update() is not None
    assert_as_built_anew(store, follower.layer.folder)
    assert follower.layer.view.state.totals.features == 39


def test_what_begins_and_ends_by_itself_is_followed(
    follower: Follower, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Validity passes without a line in the change log."""
    now = clock.now()
    store.write([replace(building(50), valid_from=now + 100), replace(building(7), valid_to=now + 200)], source=SOURCE)
    follower.update()
    for seconds, features in ((50, 40), (150, 41), (250, 40)):
        monkeypatch.setattr(clock, "now", lambda seconds=seconds: now + seconds)
        monkeypatch.setattr(tiles.follow.time, "time", lambda seconds=seconds: float(now + seconds))
        assert follower.behind() == (seconds > 100)
        follower.update()
        assert follower.layer.view.state.totals.features == features
        assert_as_built_anew(store, follower.layer.folder)
    assert follower.layer.view.state.moment.turn is None


def base_of(layer: Path, number: int) -> float:
    """Ellipsoidal metres of the lowest point of a building, as its tile has it."""
    for data in contents(layer).values():
        tile = decode(data)
        ids = list(tile.columns["id"])
        if f"b{number}" in ids:
            up = tile.xyz[tile.feature == ids.index(f"b{number}"), 2].min()
            return float(up) + Layer(layer).about.anchor[2]
    raise AssertionError(f"b{number} is in no tile")


def test_other_terrain_builds_the_layer_anew_and_packs_what_stands_on_it(follower: Follower, store: Store) -> None:
    store.write([replace(building(n), base_m=None) for n in (2, 9)], source=SOURCE)
    update = follower.update()
    assert update is not None
    assert not update.rebuilt
    for height in (60.0, 30.0):
        store.write([hill(height)], source=SOURCE)
        assert follower.behind()
        update = follower.update()
        assert update is not None
        assert update.rebuilt == "the terrain is another one"
        assert 0 < update.packed < follower.layer.view.state.totals.tiles
        assert_as_built_anew(store, follower.layer.folder)
        west = 20 * (114.002 - 113.99) / 0.0155
        assert base_of(follower.layer.folder, 2) == pytest.approx(height + west, abs=0.2)
        assert base_of(follower.layer.folder, 9) == pytest.approx(0.0, abs=0.2)
        assert base_of(follower.layer.folder, 8) == pytest.approx(5.0, abs=0.2)
    store.write([replace(hill(30.0), attributes={"name": "Dune"})], source=SOURCE)
    update = follower.update()
    assert update is None or update.packed == 0
    store.write([building(3, 5.0 + 3 % 7, attributes={"use": "office"})], source=SOURCE)
    update = follower.update()
    assert update is not None
    assert (update.rebuilt, update.packed) == ("", 1)


def test_terrain_that_changes_while_an_edit_is_read_is_not_mixed_with_the_one_before(
    follower: Follower, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    late = [hill(60.0)]

    def read_late(*words: object, **more: object) -> object:
        if late:
            store.write([late.pop()], source=SOURCE)
        return gather(*words, **more)

    store.write([replace(building(3), base_m=None)], source=SOURCE)
    monkeypatch.setattr(tiles.edits, "gather", read_late)
    update = follower.update()
    assert update is not None
    assert update.rebuilt == "the terrain is another one"
    assert follower.layer.view.n == 2, "no step stands on both"
    assert_as_built_anew(store, follower.layer.folder)


def test_terrain_that_begins_by_itself_is_followed(
    follower: Follower, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = clock.now()
    store.write([replace(building(2), base_m=None), replace(hill(60.0), valid_from=now + 100)], source=SOURCE)
    follower.update()
    assert base_of(follower.layer.folder, 2) == pytest.approx(0.0, abs=0.2)
    monkeypatch.setattr(clock, "now", lambda: now + 150)
    for module in (tiles.follow, tiles.build):
        monkeypatch.setattr(module.time, "time", lambda: float(now + 150))
    assert follower.behind()
    follower.update()
    assert base_of(follower.layer.folder, 2) > 60
    assert_as_built_anew(store, follower.layer.folder)
    assert not follower.behind()


def test_what_will_begin_one_day_is_not_forgotten(
    follower: Follower, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is in no tile yet, and nothing else changes before its day comes."""
    now = clock.now()
    store.write([replace(building(50), valid_from=now + 100)], source=SOURCE)
    follower.update()
    assert not follower.behind()
    monkeypatch.setattr(clock, "now", lambda: now + 150)
    monkeypatch.setattr(tiles.follow.time, "time", lambda: float(now + 150))
    assert follower.behind()
    follower.update()
    assert follower.layer.view.state.totals.features == 41
    assert not follower.behind()


def test_two_followers_take_turns(follower: Follower, store: Store) -> None:
    other = Follower(store, follower.layer.folder)
    for n, turn in enumerate((follower, other, other, follower)):
        store.write([building(n, 20.0 + n)], source=SOURCE)
        update = turn.update()
        assert update is not None
        assert not update.rebuilt
        assert_as_built_anew(store, follower.layer.folder)
    assert follower.layer.view.files != other.layer.view.files
    assert other.layer.refresh()
    assert follower.layer.view.files == other.layer.view.files


def test_what_is_written_while_an_edit_is_read_belongs_to_its_step(
    follower: Follower, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else the step would say of a moment what was only known after it."""
    late = [building(3, 44.0)]

    def read_late(*words: object, **more: object) -> object:
        if late:
            store.write([late.pop()], source=SOURCE)
        return gather(*words, **more)

    store.write([building(3, 33.0)], source=SOURCE)
    monkeypatch.setattr(tiles.edits, "gather", read_late)
    follower.update()
    assert late == []
    assert follower.layer.view.state.moment.seq == store.newest_change()
    assert_as_built_anew(store, follower.layer.folder)


def test_many_changes_build_the_layer_anew_and_keep_what_is_the_same(
    follower: Follower, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tiles.follow, "MOST_CHANGES", 3)
    store.write([building(n, 8.0) for n in (0, 1, 2, 3, 4)], source=SOURCE)
    update = follower.update()
    assert update is not None
    assert "changes" in update.rebuilt
    assert 0 < update.packed < follower.layer.view.state.totals.tiles
    assert_as_built_anew(store, follower.layer.folder)


def test_a_store_that_was_put_back_is_noticed(follower: Follower, store: Store, tmp_path: Path) -> None:
    """A backup comes back and other edits follow it: as many changes as before, and not the same ones."""
    shutil.copytree(store.folder, tmp_path / "backup", ignore=shutil.ignore_patterns("tiles"))
    store.write([building(7, 33.0)], source=SOURCE)
    follower.update()
    with Store.open(tmp_path / "backup") as restored:
        restored.write([building(8, 44.0)], source=SOURCE)
        assert restored.newest_change() == store.newest_change()
        other = Follower(restored, follower.layer.folder)
        restored.write([building(9, 55.0)], source=SOURCE)
        update = other.update()
        assert update is not None
        assert "store" in update.rebuilt
        assert_as_built_anew(restored, follower.layer.folder)


def test_an_update_that_breaks_off_changes_nothing_and_is_done_again(
    follower: Follower, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.write([building(7, 33.0)], source=SOURCE)
    before = follower.layer.view
    with monkeypatch.context() as patch:
        patch.setattr(tiles.packing.Packer, "pack", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            follower.update()
    assert Layer(follower.layer.folder).view == before
    assert follower.update() is not None
    assert_as_built_anew(store, follower.layer.folder)


def test_a_line_that_was_cut_off_counts_for_nothing(follower: Follower, store: Store) -> None:
    """Power went off while a step was written down."""
    before = Layer(follower.layer.folder).view
    with open(follower.layer.ledger.path(before.base, "log"), "ab") as log:
        log.write(b'{"n":9')
    assert Layer(follower.layer.folder).view == before
    store.write([building(7, 33.0)], source=SOURCE)
    assert Follower(store, follower.layer.folder).update() is not None
    assert_as_built_anew(store, follower.layer.folder)


def test_links_that_lag_behind_are_put_right(follower: Follower, store: Store) -> None:
    """A process ended between the step and the plain tileset."""
    name = "0.glb"
    os.unlink(follower.layer.folder / name)
    (follower.layer.folder / "stray.glb").write_bytes(b"")
    assert {issue.code for issue in check_layer(follower.layer.folder)} >= {"tiles.plain"}
    store.write([building(7, 33.0)], source=SOURCE)
    Follower(store, follower.layer.folder).update()
    assert_as_built_anew(store, follower.layer.folder)


def test_a_long_log_becomes_a_checkpoint(follower: Follower, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tiles.follow, "MOST_LOG_BYTES", 2000)
    for n in range(12):
        store.write([building(n, 30.0 + n)], source=SOURCE)
        follower.update()
    assert len(follower.layer.ledger.checkpoints()) > 1
    assert len(list(follower.layer.ledger.folder.glob("*.npz"))) == 1
    store.write([building(20, 30.0)], source=SOURCE)
    Follower(store, follower.layer.folder).update()
    assert_as_built_anew(store, follower.layer.folder)
    first = follower.layer.at_step(1)
    assert np.unique([one.content for one in first.files.values()]).size > 3


def test_a_build_and_an_update_do_not_meet(follower: Follower, store: Store) -> None:
    store.write([building(7, 33.0)], source=SOURCE)
    with tiles.write.writing(follower.layer.folder), pytest.raises(FolderInUse):
        follower.update()
    assert follower.update() is not None


def test_what_is_written_while_an_edit_is_made_is_taken_in(
    follower: Follower, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the reading of the log and the packing, a neighbour in the same tile changes."""
    real, others = tiles.edits.gather, iter([building(8, 77.0), building(9, 88.0)])

    def slow(*words: object, **more: object) -> object:
        found = real(*words, **more)
        store.write([one for one in [next(others, None)] if one], source=SOURCE)
        return found

    store.write([building(7, 5.4)], source=SOURCE)
    with monkeypatch.context() as patch:
        patch.setattr(tiles.edits, "gather", slow)
        follower.update()
    follower.update()
    assert_as_built_anew(store, follower.layer.folder)
