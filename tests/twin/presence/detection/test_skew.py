"""Clocks of two sources: an offset is found among visits that have nothing to do with it, and is set right."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twin.errors import InvalidValue
from twin.presence.detection import Starts, clock_offset
from twin.presence.detection.skew import _differences, _ordered


def starts(rows: list[tuple[int, int, int]]) -> Starts:
    person, place, start = np.array(rows, dtype=np.int64).reshape(-1, 3).T
    return Starts(person.astype(np.uint32), place.astype(np.uint64), start)


def seen_by_two(offset: int, rng: np.random.Generator) -> tuple[Starts, Starts]:
    """Visits that both record within half a minute, one with a clock that is ahead, and as many that only one does."""
    visits = [(n % 40, int(rng.integers(0, 9)), int(rng.integers(0, 500_000))) for n in range(1200)]
    shaken = [(person, place, start + offset + int(rng.integers(0, 30))) for person, place, start in visits]
    alone = [[(n % 40, int(rng.integers(0, 9)), int(rng.integers(0, 500_000))) for n in range(1200)] for _ in range(2)]
    return starts(shaken + alone[0]), starts(visits + alone[1])


@pytest.mark.parametrize("offset", [0, 45, -600, 3540])
def test_an_offset_is_found(offset: int) -> None:
    found = clock_offset(*seen_by_two(offset, np.random.default_rng(4)))
    assert found is not None
    assert abs(found.seconds - offset - 15) <= 3
    assert found.pairs > 10 * found.chance
    assert found.pairs >= 1200


def test_visits_that_have_nothing_in_common() -> None:
    rng = np.random.default_rng(4)
    ones, others = (seen_by_two(0, rng)[k] for k in (0, 1))
    apart = Starts(ones.person, ones.place, rng.integers(0, 500_000, len(ones.start)))
    found = clock_offset(apart, others)
    assert found is not None
    assert found.pairs < 3 * found.chance
    elsewhere = Starts(ones.person, ones.place + np.uint64(100), ones.start)
    assert clock_offset(elsewhere, others) is None


ROWS = st.lists(st.tuples(st.integers(0, 1), st.integers(0, 1), st.integers(0, 40)), max_size=15)


@settings(max_examples=100, deadline=None)
@given(ROWS, ROWS)
def test_every_pair_counts_once(ones: list[tuple[int, int, int]], others: list[tuple[int, int, int]]) -> None:
    counts = _differences(_ordered(starts(ones)), _ordered(starts(others)), 20)
    pairs = [a[2] - b[2] for a in ones for b in others if a[:2] == b[:2]]
    assert counts.tolist() == [pairs.count(difference) for difference in range(-20, 21)]


@pytest.mark.parametrize(("most", "spread"), [(0, 0), (90_000, 60), (30, 60), (60, -1)])
def test_limits(most: int, spread: int) -> None:
    nothing = starts([])
    with pytest.raises(InvalidValue, match="most_s"):
        clock_offset(nothing, nothing, most_s=most, spread_s=spread)
    assert clock_offset(nothing, nothing) is None
