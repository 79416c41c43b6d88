"""Cells of an implicit tree: every feature in exactly one, and wholly in it; and no error that hides anything."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from tests.tiles.test_tree import ground
from tiles.cells import DEPTH, WIDE_DEGREES, Extents, plan_cells, region_of
from tiles.read_subtree import decode_subtree
from tiles.subtree import encode_subtree, morton_index, tile_index, tiles_in
from tiles.tree import plan


@st.composite
def extents(draw: st.DrawFn, most: int = 150) -> Extents:
    count = draw(st.integers(1, most))
    clustered = draw(st.sampled_from([0.0, 1e-7, 1e-4, 1e-2, 2.0]))
    rng = np.random.default_rng(draw(st.integers(0, 1000)))
    middle = np.array([draw(st.sampled_from([-179.0, 0.0, 114.0])), draw(st.sampled_from([-88.0, 0.0, 22.0]))])
    middles = middle + rng.normal(0, clustered, (count, 2)) * [0.2, 0.2]
    half = rng.uniform(0, draw(st.sampled_from([1e-9, 1e-5, 1e-3])), (count, 2))
    size = draw(arrays(np.float64, count, elements=st.sampled_from([1.0, 5.0, 80.0, 400.0])))
    heights = rng.uniform(0, 50, (count, 1)) + np.array([0.0, 30.0])
    vertices = rng.choice([0, 36, 150_000], count)
    numbers = np.arange(1, count + 1, dtype=np.uint32)
    bounds = np.clip(np.hstack((middles - half, middles + half)), [-180, -90] * 2, [180, 90] * 2)
    return Extents(bounds, heights, size, numbers, vertices)


@settings(max_examples=150, deadline=None)
@given(extents(), st.integers(1, 20))
def test_every_feature_once_and_within_its_cell(place: Extents, capacity: int) -> None:
    """The same features as in the explicit tree; derived volumes hold what is drawn in them; errors hide nothing."""
    region = region_of(place.bounds)
    cells = plan_cells(place, region, capacity)
    explicit = plan(ground((place.bounds[:, :2] + place.bounds[:, 2:]) / 2, place.size), np.arange(len(place.size)), 7)
    rows = np.concatenate([cell.rows for cell in cells])
    assert sorted(rows.tolist()) == sorted(np.concatenate([node.rows for node in explicit.all()]).tolist())
    at = {(cell.level, cell.x, cell.y): cell for cell in cells}
    assert len(at) == len(cells)
    root = max(cell.missing * 2**cell.level for cell in cells)
    for cell in cells:
        side = (region[2:] - region[:2]) / 2**cell.level
        corner = region[:2] + side * [cell.x, cell.y]
        own = place.bounds[cell.rows]
        assert (own[:, :2] >= corner - 1e-12).all()
        assert cell.level == DEPTH or (own[:, 2:] <= corner + side + 1e-12).all()
        assert (place.heights[cell.rows, 0] >= cell.low).all()
        assert (place.heights[cell.rows, 1] <= cell.high).all()
        assert root / 2**cell.level >= cell.missing
        above = at.get((cell.level - 1, cell.x >> 1, cell.y >> 1))
        assert cell.level == 0 or above is not None
        if above is not None:
            assert above.low <= cell.low < cell.high <= above.high
            assert above.missing >= max(cell.missing, 0)
            assert above.missing >= place.size[cell.rows].max(initial=0)
        middle = corner + side / 2
        room = 1e-5 / np.cos(np.radians(min(abs(region[1::2]).max(), 89.99)))
        crossing = ((own[:, :2] <= middle + room) & (own[:, 2:] >= middle - room)).any(axis=1)
        assert cell.level == DEPTH or len(own) <= 2 * capacity or (crossing.sum() >= len(own) - capacity)
        assert side.max() <= WIDE_DEGREES or cell.level == DEPTH or crossing.all()


def test_the_largest_stand_first_where_nothing_crosses() -> None:
    rng = np.random.default_rng(1)
    corner = np.array([114.0, 22.0]) + rng.uniform(0, 0.02, (4000, 2)) + 0.03 * rng.integers(0, 2, (4000, 2))
    bounds, size = np.hstack((corner, corner + 1e-7)), rng.uniform(1, 300, 4000)
    place = Extents(bounds, np.tile([0.0, 9.0], (4000, 1)), size, np.arange(4000, dtype=np.uint32), np.zeros(4000, int))
    first = plan_cells(place, region_of(bounds))[0]
    assert len(first.rows) == 512
    assert size[first.rows].min() == np.sort(size)[-512]
    assert first.missing == np.sort(size)[-513]


def test_heavy_meshes_are_handed_on_and_a_thousand_on_one_spot_have_an_end() -> None:
    spot = np.tile([114.0, 22.0, 114.0001, 22.0001], (1000, 1))
    flat, numbers = np.tile([0.0, 9.0], (1000, 1)), np.arange(1000, dtype=np.uint32)
    light = Extents(spot, flat, np.ones(1000), numbers, np.zeros(1000, dtype=np.int64))
    assert sum(len(cell.rows) for cell in plan_cells(light, region_of(spot), 10)) == 1000
    apart = spot + np.repeat(np.arange(1000)[:, None], 4, axis=1) * 2e-4
    heavy = Extents(apart, flat, np.ones(1000), numbers, np.full(1000, 300_000))
    cells = plan_cells(heavy, region_of(apart))
    assert sum(len(cell.rows) for cell in cells) == 1000
    assert max(len(cell.rows) for cell in cells) <= 2


@st.composite
def trees(draw: st.DrawFn) -> tuple[int, list[np.ndarray]]:
    levels = draw(st.integers(1, 5))
    count, rng = tiles_in(levels), np.random.default_rng(draw(st.integers(0, 1000)))
    there = rng.random(count) < draw(st.sampled_from([0.0, 0.3, 0.8, 1.0]))
    there[0] = True
    for bit in range(1, count):
        there[bit] &= there[(bit - 1) // 4]
    content = there & (rng.random(count) < draw(st.sampled_from([0.0, 0.5, 1.0])))
    below = np.repeat(there[-(4 ** (levels - 1)) :], 4) & (rng.random(4**levels) < draw(st.sampled_from([0.0, 0.5])))
    return levels, [there, content, below]


@settings(max_examples=60, deadline=None)
@given(trees())
def test_a_subtree_says_what_it_was_given(tree: tuple[int, list[np.ndarray]]) -> None:
    """Through the reader that shares nothing with the writer."""
    levels, (there, content, below) = tree
    lowest = np.arange(there.sum()) * 1.5
    schema = {
        "id": "s",
        "classes": {
            "tile": {
                "name": "",
                "properties": {
                    "low": {"type": "SCALAR", "componentType": "FLOAT64", "semantic": "TILE_MINIMUM_HEIGHT"}
                },
            }
        },
    }
    data = encode_subtree(there, content, below, "tile", {"low": lowest})
    read = decode_subtree(data, levels, schema)
    assert read.faults == ()
    for bits, given_bits in ((read.tiles, there), (read.contents, content), (read.subtrees, below)):
        assert (bits == given_bits).all()
    assert (read.semantics["TILE_MINIMUM_HEIGHT"] == lowest).all()
    assert len(data) % 8 == 0


def test_bits_follow_levels_and_the_curve() -> None:
    """The specification's example: x is the lower bit."""
    assert [morton_index(2, x, y) for y in range(4) for x in range(4)] == [
        0, 1, 4, 5, 2, 3, 6, 7, 8, 9, 12, 13, 10, 11, 14, 15,
    ]  # fmt: skip
    assert [tile_index(level, 0, 0) for level in range(4)] == [0, 1, 5, 21]
