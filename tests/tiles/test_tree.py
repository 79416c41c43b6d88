"""Every feature in exactly one node, the largest first, and always the same tree."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from tiles.tree import Node, morton, plan


def nodes(root: Node) -> Iterator[Node]:
    waiting = [root]
    while waiting:
        node = waiting.pop()
        yield node
        waiting += node.children


@st.composite
def places(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray]:
    count = draw(st.integers(1, 200))
    clustered = draw(st.sampled_from([1e-7, 1e-3, 1.0, 60.0]))
    rng = np.random.default_rng(draw(st.integers(0, 1000)))
    lonlat = np.array([114.0, 22.0]) + rng.normal(0, clustered, (count, 2)) * [1, 0.3]
    size = draw(arrays(np.float64, count, elements=st.sampled_from([1.0, 5.0, 5.5, 80.0, 400.0])))
    return lonlat, size


@settings(max_examples=80, deadline=None)
@given(places(), st.integers(1, 20))
def test_every_feature_once_and_the_largest_first(given_places: tuple[np.ndarray, np.ndarray], capacity: int) -> None:
    lonlat, size = given_places
    root = plan(lonlat, size, capacity)
    all_rows = np.concatenate([node.rows for node in nodes(root)])
    assert sorted(all_rows.tolist()) == list(range(len(size)))
    names = [node.name for node in nodes(root)]
    assert len(set(names)) == len(names)
    for node in nodes(root):
        assert 1 <= len(node.rows) <= capacity
        if node.children:
            below = np.concatenate([under.rows for child in node.children for under in nodes(child)])
            assert len(node.rows) == capacity
            assert size[node.rows].min() >= size[below].max()


@settings(max_examples=30, deadline=None)
@given(places())
def test_quarters_do_not_overlap(given_places: tuple[np.ndarray, np.ndarray]) -> None:
    lonlat, size = given_places
    codes = morton(lonlat)
    for node in nodes(plan(lonlat, size, 7)):
        runs = sorted(
            (codes[rows].min(), codes[rows].max())
            for child in node.children
            for rows in [np.concatenate([under.rows for under in nodes(child)])]
        )
        assert all(before[1] <= after[0] for before, after in pairwise(runs))


def test_a_thousand_features_on_one_spot_have_an_end() -> None:
    root = plan(np.tile([114.0, 22.0], (1000, 1)), np.ones(1000), 10)
    assert sum(len(node.rows) for node in nodes(root)) == 1000
    assert max(len(node.name) for node in nodes(root)) < 10


def test_an_edit_far_away_moves_no_border() -> None:
    """A node is a quarter of a fixed grid: what is elsewhere does not shift it."""
    rng = np.random.default_rng(3)
    lonlat, size = np.array([114, 22]) + rng.uniform(0, 0.08, (400, 2)), rng.uniform(1, 2, 400)
    before = {tuple(node.rows.tolist()) for node in nodes(plan(lonlat, size, 20)) if not node.children}
    size[0] *= 0.999999
    lonlat[0] += 1e-9
    assert {tuple(node.rows.tolist()) for node in nodes(plan(lonlat, size, 20)) if not node.children} == before


def test_morton_follows_the_quarters() -> None:
    corners = np.array([[-179.0, -179.0], [179.0, -179.0], [-179.0, 89.0], [179.0, 89.0]])
    assert np.argsort(morton(corners)).tolist() == [0, 1, 2, 3]
