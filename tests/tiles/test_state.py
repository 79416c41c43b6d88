"""Columns of state: what is encoded comes back, in the shorter form; differences lead from one column to the next."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tiles.state import MOST_CLASSES, StateColumn, classes_of, column_of, decode, differences, encode, merged
from twin.errors import InvalidValue

NUMBERS = st.integers(1, 5000)
VALUES = st.dictionaries(NUMBERS, st.one_of(st.floats(width=32, allow_infinity=False), st.just(float("nan"))))
NAMES = st.dictionaries(NUMBERS, st.one_of(st.none(), st.sampled_from(["office", "住宅", "hotel", ""])))


def plain(column: StateColumn) -> dict[int, object]:
    """What is known, by number, in the plainest form."""
    known = column.known()
    pairs = zip(known.numbers.tolist(), known.values.tolist(), strict=True)
    return {number: column.classes[int(value) - 1] if column.by_class else value for number, value in pairs}


def of_names(names: dict[int, str | None], known: tuple[str, ...] = ()) -> StateColumn:
    values = np.empty(len(names), dtype=object)
    values[:] = list(names.values())
    return classes_of(list(names), values, known)


@settings(max_examples=100, deadline=None)
@given(VALUES, st.integers(0, 2**32 - 1))
def test_values_come_back(values: dict[int, float], version: int) -> None:
    column = column_of(list(values), list(values.values()))
    data = encode(column, version)
    back, read = decode(data)
    expected = {number: value for number, value in values.items() if not math.isnan(value)}
    assert (plain(back), read) == (expected, version)
    assert len(data) % 4 == 0
    span = max(expected, default=0) - min(expected, default=1) + 1
    assert len(data) <= 32 + 16 + min(4 * span, 8 * len(expected))


@settings(max_examples=100, deadline=None)
@given(NAMES)
def test_classes_come_back(names: dict[int, str | None]) -> None:
    back, _ = decode(encode(of_names(names), 1))
    assert plain(back) == {number: name for number, name in names.items() if name is not None}


@settings(max_examples=100, deadline=None)
@given(st.lists(VALUES, min_size=2, max_size=4))
def test_differences_lead_from_one_column_to_the_next(steps: list[dict[int, float]]) -> None:
    columns = [column_of(list(values), list(values.values())) for values in steps]
    changes = [differences(before, after) for before, after in pairwise(columns)]
    state = plain(columns[0])
    together = merged(changes)
    for number, value in zip(together.numbers.tolist(), together.values.tolist(), strict=True):
        state.pop(number, None)
        if not math.isnan(value):
            state[number] = value
    assert state == plain(columns[-1])
    assert len(differences(columns[0], columns[0]).numbers) == 0


@settings(max_examples=60, deadline=None)
@given(NAMES, NAMES)
def test_a_class_that_is_known_keeps_its_number(first: dict, second: dict) -> None:
    before = of_names(first)
    after = of_names(second, before.classes)
    assert after.classes[: len(before.classes)] == before.classes
    state = plain(before)
    change = differences(before, after)
    for number, code in zip(change.numbers.tolist(), change.values.tolist(), strict=True):
        state.pop(number, None)
        if code:
            state[number] = change.classes[code - 1]
    assert state == plain(after)


def test_the_last_of_two_values_stands() -> None:
    assert plain(column_of([3, 1, 3], [1.0, 2.0, 5.0])) == {1: 2.0, 3: 5.0}


def test_a_hundred_thousand_features_are_half_a_megabyte_at_most() -> None:
    column = column_of(np.arange(1, 100_001), np.random.default_rng(0).random(100_000))
    assert len(encode(column, 1)) < 401_000
    classes = StateColumn(column.numbers, np.ones(100_000, dtype=np.uint8), ("a",))
    assert len(encode(classes, 1)) < 101_000


def test_too_many_classes_and_what_is_no_column() -> None:
    with pytest.raises(InvalidValue, match="256 different values"):
        of_names({n: f"use {n}" for n in range(MOST_CLASSES + 1)})
    for data in (b"", b"QST1", b"X" * 40, encode(column_of([1], [1.0]), 1).replace(b"QST1", b"QST2")):
        with pytest.raises(ValueError, match="it "):
            decode(data)
