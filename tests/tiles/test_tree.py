"""Every feature in exactly one node, the largest first, and always the same tree, however it came about."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from tiles.revise import revise
from tiles.tree import Ground, Node, morton, plan


def ground(lonlat: np.ndarray, size: np.ndarray) -> Ground:
    return Ground(morton(lonlat), size, np.arange(1, len(size) + 1, dtype=np.uint32))


def everything(place: Ground) -> np.ndarray:
    return np.arange(len(place.size))


@st.composite
def places(draw: st.DrawFn, most: int = 200) -> Ground:
    count = draw(st.integers(1, most))
    clustered = draw(st.sampled_from([1e-7, 1e-5, 1e-3, 1.0, 60.0]))
    rng = np.random.default_rng(draw(st.integers(0, 1000)))
    lonlat = np.array([114.0, 22.0]) + rng.normal(0, clustered, (count, 2)) * [1, 0.3]
    if draw(st.booleans()):  # a few far away: the smallest cell that holds all is a large one
        far = rng.random(count) < 0.02
        lonlat[far] = rng.uniform(-80, 80, (int(far.sum()), 2))
    size = draw(arrays(np.float64, count, elements=st.sampled_from([1.0, 5.0, 5.5, 80.0, 400.0])))
    return ground(lonlat, size)


@settings(max_examples=80, deadline=None)
@given(places(), st.integers(1, 20))
def test_every_feature_once_and_the_largest_first(place: Ground, capacity: int) -> None:
    root = plan(place, everything(place), capacity)
    all_rows = np.concatenate([node.rows for node in root.all()])
    assert sorted(all_rows.tolist()) == list(range(len(place.size)))
    names = [node.name for node in root.all()]
    assert len(set(names)) == len(names)
    for node in root.all():
        assert 1 <= len(node.rows) <= capacity
        below = np.concatenate([[], *(under.rows for child in node.children for under in child.all())]).astype(int)
        assert node.total == len(node.rows) + len(below)
        if node.children:
            assert len(node.rows) == capacity
            assert place.size[node.rows].min() >= place.size[below].max()


@settings(max_examples=30, deadline=None)
@given(places())
def test_quarters_do_not_overlap(place: Ground) -> None:
    for node in plan(place, everything(place), 7).all():
        runs = sorted(
            (place.code[rows].min(), place.code[rows].max())
            for child in node.children
            if node.split
            for rows in [np.concatenate([under.rows for under in child.all()])]
        )
        assert all(before[1] < after[0] for before, after in pairwise(runs))


def shape(place: Ground, root: Node) -> dict[str, tuple[list[int], list[str], int, object]]:
    """All that a tree says, by the numbers of its features."""
    return {
        node.name: (
            place.number[node.rows].tolist(),
            sorted(child.name for child in node.children),
            node.total,
            node.split,
        )
        for node in root.all()
    }


@settings(max_examples=300, deadline=None)
@given(places(160), st.integers(1, 12), st.data())
def test_a_revised_tree_is_the_one_that_a_plan_gives(place: Ground, capacity: int, data: st.DataObject) -> None:
    """Any rows out, any rows in, any number of times; what is reported as touched and dropped is what differs."""
    count = len(place.size)
    inside = np.array(data.draw(st.lists(st.booleans(), min_size=count, max_size=count)), dtype=bool)
    root = plan(place, np.flatnonzero(inside), capacity)
    for _ in range(data.draw(st.integers(1, 4))):
        before = shape(place, root)
        change = np.array(data.draw(st.lists(st.booleans(), min_size=count, max_size=count)), dtype=bool)
        if data.draw(st.booleans()):  # most edits concern one feature
            change &= np.arange(count) == data.draw(st.integers(0, count - 1))
        added, removed = np.flatnonzero(change & ~inside), np.flatnonzero(change & inside)
        inside ^= change
        done = revise(place, root, added, removed, capacity)
        after = shape(place, root)
        assert after == shape(place, plan(place, np.flatnonzero(inside), capacity))
        assert done.dropped == before.keys() - after.keys()
        differ = {name for name, (rows, *_) in after.items() if name not in before or before[name][0] != rows}
        assert differ <= done.touched.keys() <= after.keys()


def test_one_edit_touches_one_path() -> None:
    rng = np.random.default_rng(5)
    place = ground(np.array([114, 22]) + rng.uniform(0, 0.1, (4000, 2)), rng.uniform(1, 300, 4000))
    root = plan(place, np.arange(3999), 100)
    deepest = max(len(node.name) for node in root.all())
    assert deepest > 15
    leaf = next(node for node in root.all() if not node.children)
    done = revise(place, root, np.array([3999]), leaf.rows[:1], 100)
    assert 1 <= len(done.touched) <= 8


def test_a_thousand_features_on_one_spot_have_an_end() -> None:
    place = ground(np.tile([114.0, 22.0], (1000, 1)), np.ones(1000))
    root = plan(place, everything(place), 10)
    assert sum(len(node.rows) for node in root.all()) == 1000
    assert max(len(node.name) for node in root.all()) < 10
    revise(place, root, np.zeros(0, dtype=np.int64), np.array([3]), 10)
    assert sum(len(node.rows) for node in root.all()) == 999


def test_an_edit_far_away_moves_no_border_and_no_name() -> None:
    """A node is a quarter of a fixed grid: what is elsewhere does not shift it."""
    rng = np.random.default_rng(3)
    lonlat, size = np.array([114, 22]) + rng.uniform(0, 0.08, (400, 2)), rng.uniform(1, 2, 400)
    place = ground(lonlat, size)
    before = shape(place, plan(place, everything(place), 20))
    size[0] *= 0.999999
    lonlat[0] += 1e-9
    place = ground(lonlat, size)
    assert shape(place, plan(place, everything(place), 20)) == before


def test_morton_follows_the_quarters() -> None:
    corners = np.array([[-179.0, -179.0], [179.0, -179.0], [-179.0, 89.0], [179.0, 89.0]])
    assert np.argsort(morton(corners)).tolist() == [0, 1, 2, 3]
