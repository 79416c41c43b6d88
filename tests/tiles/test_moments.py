"""A layer as it stood: what is shown for any moment is what the store's two times say of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import tiles.follow
import tiles.moments
import tiles.tree
from tests.tiles.test_edits import BUILDING, SOURCE, building, hill
from tiles import Follower, Moments, asked, build_layer
from tiles.gather import gather
from tiles.layer import View
from tiles.moments import Asked
from tiles.packout import pack_layer
from tiles.read import decode
from twin.errors import Conflict, NotFound
from twin.store import Store, clock

START = 1_700_000_000


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    monkeypatch.setattr(tiles.tree, "CAPACITY", 4)
    with Store.create(tmp_path / "twin", name="test") as made:
        yield made


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch):
    """Sets every clock to so many seconds after the start."""

    def set_to(seconds: int) -> int:
        monkeypatch.setattr(clock, "now", lambda: START + seconds)
        for module in (tiles.follow, tiles.build, tiles.packout):
            monkeypatch.setattr(module.time, "time", lambda: float(START + seconds))
        return START + seconds

    return set_to


def shown(moments: Moments, view: View) -> dict[str, float]:
    """Every feature of a tree with its height."""
    found: dict[str, float] = {}
    for name, stored in view.files.items():
        if name.endswith(".glb"):
            columns = decode(moments._layer.contents.read(stored.content)).columns
            found |= dict(zip(columns["id"], columns["height"], strict=True))
    return found


def as_known(store: Store, moment: Asked) -> dict[str, float]:
    """What the store says of that moment."""
    features = gather(store, BUILDING, at=moment.at, known_at=moment.known_at).features
    return dict(zip(features.table.ids.tolist(), features.table.columns["height"].tolist(), strict=True))


def test_any_moment_is_what_the_store_says_of_it(store: Store, at) -> None:
    """Random edits, retirements and validities; steps are sometimes skipped; then every moment in both times."""
    rng = np.random.default_rng(11)
    at(0)
    store.write([building(n) for n in range(12)], source=SOURCE)
    build_layer(store, "building", store.folder / "tiles")
    follower = Follower(store, store.folder / "tiles" / "building")
    moments = Moments(store, follower.layer)
    times = range(10, 200, 10)
    for seconds in times:
        now = at(seconds)
        number = int(rng.integers(0, 16))
        match int(rng.integers(0, 4)):
            case 0:
                store.write([building(number, float(rng.integers(5, 60)))], source=SOURCE)
            case 1:
                store.write([replace(building(number), valid_from=now + int(rng.integers(-30, 40)))], source=SOURCE)
            case 2:
                store.write([replace(building(number), valid_to=now + int(rng.integers(1, 40)))], source=SOURCE)
            case 3:
                store.retire([id_ for id_ in [f"b{number}"] if id_ in store.columns("building").ids], source="")
        if rng.random() < 0.6:
            follower.update()
    now = at(200)
    follower.update()
    by_step = 0
    for known_at in [START + seconds for seconds in (0, 5, *times, 195)]:
        for moment in (Asked(known_at, known_at), Asked(known_at, None), Asked(known_at - 7, known_at)):
            key, view = moments.find(moment, follower.seen)
            assert shown(moments, view) == as_known(store, moment), moment
            assert moments.at_key(key).files == view.files
            by_step += key.isdecimal()
    assert by_step >= 5, "moments that a step shows exactly are not built again"
    assert len(list(moments._folder.glob("*.json"))) <= tiles.moments.KEPT


def test_a_moment_stands_on_the_terrain_of_then(store: Store, at) -> None:
    """By a step that is kept, and by a tree that is built for the moment."""
    at(0)
    store.write([replace(building(n), base_m=None) for n in range(5)], source=SOURCE)
    build_layer(store, "building", store.folder / "tiles")
    follower = Follower(store, store.folder / "tiles" / "building")
    moments = Moments(store, follower.layer)
    for seconds, height in ((10, 60.0), (20, 30.0), (30, 90.0)):
        at(seconds)
        store.write([hill(height)], source=SOURCE)
        if seconds != 20:
            follower.update()
    for seconds, lowest, by_step in ((5, 0.0, True), (15, 60.0, True), (25, 30.0, False), (35, 90.0, True)):
        key, view = moments.find(Asked(START + seconds, START + seconds), follower.seen)
        assert key.isdecimal() == by_step
        drawn = [stored for name, stored in view.files.items() if name.endswith(".glb")]
        up = [decode(moments._layer.contents.read(one.content)).xyz[:, 2].min() for one in drawn]
        rise = 20 * (114.0 - 113.99) / 0.0155 if lowest else 0.0
        assert min(up) + view.state.about.anchor[2] == pytest.approx(lowest + rise, abs=0.2)
        assert shown(moments, view) == as_known(store, Asked(START + seconds, START + seconds))


def test_what_is_built_for_a_moment_uses_the_contents_that_are_there(store: Store, at, monkeypatch) -> None:
    at(0)
    store.write([building(n) for n in range(30)], source=SOURCE)
    build_layer(store, "building", store.folder / "tiles")
    follower = Follower(store, store.folder / "tiles" / "building")
    moments = Moments(store, follower.layer)
    at(10)
    store.write([building(3, 9.5)], source=SOURCE)
    at(20)
    store.write([building(3, 10.0)], source=SOURCE)
    follower.update()
    made = []
    real = tiles.packing.Packer.pack
    monkeypatch.setattr(tiles.packing.Packer, "pack", lambda *words: (made.append(words[1]), real(*words))[1])
    key, view = moments.find(Asked(START + 15, START + 15), follower.seen)
    assert len(made) == 1
    assert moments.find(Asked(START + 15, START + 15), follower.seen) == (key, view)
    assert moments.find(Asked(START + 5, START + 5), follower.seen)[0] == "1"
    assert len(made) == 1
    build_layer(store, "building", store.folder / "tiles")
    assert all(follower.layer.contents.has(one.content, one.size) for one in view.files.values())


def test_moments_before_anything(store: Store, at) -> None:
    at(0)
    store.write([building(1)], source=SOURCE)
    build_layer(store, "building", store.folder / "tiles")
    follower = Follower(store, store.folder / "tiles" / "building")
    moments = Moments(store, follower.layer)
    with pytest.raises(NotFound, match="nothing of it stood then"):
        moments.find(Asked(START - 1, START - 1), follower.seen)
    for key in ("2", "m1-k1", "m1", "x", "../1", "", "1.0"):
        with pytest.raises(NotFound):
            moments.at_key(key)


def test_what_a_question_means() -> None:
    assert asked(None, None, 100) is None
    assert asked(50, None, 100) == Asked(50, 50)
    assert asked(150, None, 100) == Asked(150, None)
    assert asked(None, 50, 100) == Asked(50, 50)
    assert asked(20, 50, 100) == Asked(20, 50)
    assert asked(20, 150, 100) == Asked(20, None)


def test_a_layer_is_packed_as_it_stood(store: Store, at, tmp_path: Path) -> None:
    at(0)
    store.write([building(n) for n in range(9)], source=SOURCE)
    build_layer(store, "building", store.folder / "tiles")
    follower = Follower(store, store.folder / "tiles" / "building")
    before = dict(follower.layer.view.files)
    at(10)
    store.write([building(3, 30.0)], source=SOURCE)
    follower.update()
    packed = pack_layer(store, follower.layer.folder, tmp_path / "then", at=START + 5)
    assert packed.files == len(before)
    for name, stored in before.items():
        assert (tmp_path / "then" / name).read_bytes() == follower.layer.contents.read(stored.content)
    with pytest.raises(Conflict):
        pack_layer(store, follower.layer.folder, tmp_path / "then")
    assert pack_layer(store, follower.layer.folder, tmp_path / "now.3tz").files == len(follower.layer.view.files)
