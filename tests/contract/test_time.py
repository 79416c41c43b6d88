"""Two time axes, held to a plain list of everything that was ever said."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.contract.conftest import SOURCE, building
from twin.entity import Entity
from twin.errors import UnknownEntity
from twin.store import Store

START = 2_000_000_000
_fresh = itertools.count()


def test_as_known_then(store: Store, set_clock: Callable[[int], None]) -> None:
    set_clock(START)
    store.write([building("a", height_m=10.0)], source=SOURCE)
    set_clock(START + 100)
    store.write([building("a", height_m=20.0)], source=SOURCE)
    assert store.get("a").height_m == 20.0
    assert store.get("a", known_at=START + 99).height_m == 10.0
    assert store.get("a", known_at=START + 100).height_m == 20.0
    with pytest.raises(UnknownEntity):
        store.get("a", known_at=START - 1)
    assert [found.height_m for found in store.find(known_at=START + 50).entities] == [10.0]


def test_true_then(store: Store, set_clock: Callable[[int], None]) -> None:
    set_clock(START)
    store.write([building("old", valid_to=START - 50), building("new", valid_from=START + 50)], source=SOURCE)
    assert store.find().entities == []
    assert [found.id for found in store.find(at=START - 51).entities] == ["old"]
    assert store.find(at=START - 50).entities == []
    assert [found.id for found in store.find(at=START + 50).entities] == ["new"]
    set_clock(START + 50)
    assert store.counts() == {"building": 1}
    assert store.columns("building").ids == ["new"]


def test_retired_then(store: Store, set_clock: Callable[[int], None]) -> None:
    set_clock(START)
    store.write([building("a", valid_from=START - 10), building("b", valid_from=START + 900)], source=SOURCE)
    set_clock(START + 100)
    assert store.retire(["a", "b"], source="survey") == 2
    assert store.get("a", at=START + 99).source == "survey"
    assert store.get("a", known_at=START + 99).valid_to is None
    for gone in (None, START + 100):
        with pytest.raises(UnknownEntity):
            store.get("a", at=gone)
    with pytest.raises(UnknownEntity):
        store.get("b", at=START + 1000)
    assert [found.id for found in store.find(at=START + 99).entities] == ["a"]


def test_the_clock_may_be_set_back(store: Store, set_clock: Callable[[int], None]) -> None:
    set_clock(START)
    store.write([building("a", height_m=10.0)], source=SOURCE)
    set_clock(START - 1000)
    store.write([building("a", height_m=20.0)], source=SOURCE)
    assert store.get("a").height_m == 20.0
    assert [change.recorded_at for change in store.changes()] == [START, START]


@dataclass(frozen=True)
class Said:
    """One statement: at `recorded`, `entity` (None: it is no more and never was) was what is known of its id."""

    recorded: int
    id: str
    entity: Entity | None


def reference(said: list[Said], id: str, at: int, known_at: int) -> Entity | None:
    """The last thing said of the id by then, if it is true at that time."""
    last = next((one for one in reversed(said) if one.id == id and one.recorded <= known_at), None)
    if last is None or last.entity is None:
        return None
    begins, ends = last.entity.valid_from, last.entity.valid_to
    there = (begins is None or begins <= at) and (ends is None or ends > at)
    return last.entity if there else None


moments = st.one_of(st.none(), st.integers(0, 12))
steps = st.lists(
    st.tuples(
        st.integers(0, 3),  # seconds since the last step
        st.sampled_from(["write", "write", "retire"]),
        st.sampled_from(["a", "b"]),
        st.integers(1, 3),  # content
        moments,
        moments,
    ),
    min_size=1,
    max_size=8,
)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=steps, asked=st.lists(st.tuples(moments, moments), min_size=3, max_size=6))
def test_reads_answer_as_a_list_of_statements(
    store: Store,
    set_clock: Callable[[int], None],
    steps: list[tuple[int, str, str, int, int | None, int | None]],
    asked: list[tuple[int | None, int | None]],
) -> None:
    example = next(_fresh)
    base = START + example * 1000  # every example has its own stretch of time and its own ids
    names = {id: f"{id}{example}" for id in "ab"}
    now, said = base, []
    for wait, what, letter, content, begins, ends in steps:
        now += wait
        set_clock(now)
        id = names[letter]
        if what == "write":
            times = [None if moment is None else base + moment for moment in (begins, ends)]
            if None not in times and times[0] >= times[1]:  # type: ignore[operator]
                times[1] = None
            entity = building(id, height_m=float(content), valid_from=times[0], valid_to=times[1])
            store.write([entity], source=SOURCE)
            said.append(Said(now, id, entity))
        elif any(one.id == id for one in said):
            store.retire([id], source="")
            last = next(one for one in reversed(said) if one.id == id).entity
            if last is not None and (last.valid_to is None or last.valid_to > now):
                there = last.valid_from is None or last.valid_from < now
                said.append(Said(now, id, replace(last, valid_to=now) if there else None))
        else:
            with pytest.raises(UnknownEntity):
                store.retire([id], source="")
    for at, known_at in asked:
        known = None if known_at is None else base + known_at
        true_at = (now if known is None else known) if at is None else base + at
        given_at = None if at is None else base + at
        expected = {id: reference(said, id, true_at, now if known is None else known) for id in names.values()}
        for id, one in expected.items():
            if one is None:
                with pytest.raises(UnknownEntity):
                    store.get(id, at=given_at, known_at=known)
            else:
                assert store.get(id, at=given_at, known_at=known) == one
        page = store.find(at=given_at, known_at=known, text=str(example), kinds=["building"])
        mine = {found.id: found for found in page.entities if found.id in expected}
        assert mine == {id: one for id, one in expected.items() if one is not None}
