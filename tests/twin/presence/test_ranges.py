"""Key ranges: their algebra, unknown floors, what is near at each scale."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.twin.presence.oracle import near, parent
from tests.twin.presence.worlds import PLACES
from twin.geo.cells import cell_key_ranges, keys_to_parent_ranges, lonlat_to_cells
from twin.presence import ScaleParams, nearness
from twin.presence.near.ranges import KeyRanges, with_unknown_floors

pairs = st.lists(st.tuples(st.integers(0, 40), st.integers(1, 10)).map(lambda p: (p[0], p[0] + p[1])), max_size=6)


def keys(ranges: KeyRanges) -> set[int]:
    return {key for lo, hi in zip(ranges.lo.tolist(), ranges.hi.tolist(), strict=True) for key in range(lo, hi)}


@settings(deadline=None)
@given(pairs, pairs)
def test_algebra(one: list[tuple[int, int]], two: list[tuple[int, int]]) -> None:
    a, b = KeyRanges.of(one), KeyRanges.of(two)
    merged = a.merged()
    assert keys(merged) == keys(a)
    assert (merged.lo[1:] > merged.hi[:-1]).all()
    assert keys(a.without(b)) == keys(a) - keys(b)


def test_unknown_floors_join_what_is_smaller_than_a_cell() -> None:
    cell = PLACES[1] >> 21 << 21
    for lo, hi, added in (
        (PLACES[1], PLACES[1] + 1, (cell, cell + 8192)),  # a unit
        (cell + 8192 * 5, cell + 8192 * 7, (cell, cell + 8192)),  # two floors
        (cell, cell + 8192, None),  # the unknown floor itself
        (cell, cell + (1 << 21), None),  # the whole cell
        (cell, cell + (5 << 21), None),  # several cells
    ):
        ranges, certain = with_unknown_floors(KeyRanges.of([(lo, hi)]))
        assert ranges.lo.tolist() == [lo] + ([added[0]] if added else [])
        assert ranges.hi.tolist() == [hi] + ([added[1]] if added else [])
        assert certain.tolist() == [True] + [False] * bool(added)


@settings(deadline=None)
@given(
    st.sampled_from(PLACES), st.sampled_from([("unit", None), ("floor", None), ("cell", 12), ("cell", 9), ("cell", 0)])
)
def test_neighbourhood_is_what_the_oracle_calls_near(place: int, at: tuple[str, int | None]) -> None:
    found = nearness(at[0], ScaleParams(res=at[1])).around(np.array([place], dtype=np.uint64))
    for other in PLACES:
        inside = [
            sure
            for lo, hi, sure in zip(found.ranges.lo.tolist(), found.ranges.hi.tolist(), found.certain, strict=True)
            if lo <= other < hi
        ]
        how = near(place, other, *at)
        assert len(inside) == (how is not None), "each other place is found once or not at all"
        if inside:
            assert inside[0] == (how == "certain")


def test_parents_of_keys() -> None:
    fine = lonlat_to_cells([[114.03, 22.61]], 12)
    for res in range(13):
        lo, hi = keys_to_parent_ranges(np.array(PLACES[:1], dtype=np.uint64), res)
        assert parent(int(lo[0]), res) == parent(PLACES[0], res)
        assert int(hi[0]) - int(lo[0]) == 8 ** (12 - res) << 21
        if res == 12:
            assert [int(lo[0]), int(hi[0])] == [int(edge[0]) for edge in cell_key_ranges(fine)]
