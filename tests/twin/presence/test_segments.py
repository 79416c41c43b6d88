"""A segment holds what was put into it, in both orders; so does one that something was left out of."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twin.presence import StayBatch
from twin.presence.kernels.layout import FENCE
from twin.presence.segments import pieces as limits
from twin.presence.segments.days import DayRows, DaySpan
from twin.presence.segments.layout import Columns, build
from twin.presence.segments.omitting import omit
from twin.presence.segments.pieces import CONTINUED, CUT_BITS, GOING_ON, Pieces, cut, joined, parts, portions
from twin.presence.segments.segment import SegmentInfo, open_segment, write
from twin.presence.segments.soundness import faults_of
from twin.presence.segments.unpacking import unpack
from twin.types import U32, U64, Bools

DAY_S = 86_400
SPAN = DaySpan(19_792, 1_709_913_600, 1_709_913_600 + DAY_S)
PEOPLE = 1 << 26
NAMED = np.ones(PEOPLE, dtype=np.bool_)


def some(rng: np.random.Generator, rows: int, people: int, places: int, batches: int) -> Pieces:
    """Pieces with ties of every kind: hubs, whole days, repeats; keys of all 64 bits."""
    start = np.where(rng.random(rows) < 0.3, 0, rng.integers(0, DAY_S, rows)).astype(np.uint32)
    room = DAY_S - start
    duration = np.where(rng.random(rows) < 0.3, room, rng.integers(0, room)).astype(np.uint32)
    who = rng.integers(0, PEOPLE, people).astype(np.uint32)
    if rng.random() < 0.5:
        who = np.arange(people, dtype=np.uint32) + np.uint32(rng.integers(0, 1000))
    where = rng.integers(0, 1 << 64, places, dtype=np.uint64)
    cuts = np.where(start == 0, rng.integers(0, 2, rows) * CONTINUED, 0)
    cuts = cuts + np.where(start + duration == DAY_S, rng.integers(0, 2, rows) * GOING_ON, 0)
    return Pieces(
        start,
        duration,
        who[rng.integers(0, people, rows)],
        where[np.minimum(rng.geometric(0.3, rows) - 1, places - 1)],
        (rng.integers(0, 4, rows) << 8 | rng.integers(0, 2, rows)).astype(np.uint16),
        (rng.integers(0, batches, rows) << CUT_BITS | cuts).astype(np.uint32),
        np.sort(rng.choice(10_000, batches, replace=False)).astype(np.uint32),
    )


def told(pieces: Pieces) -> Counter[tuple[int, ...]]:
    """Every piece with the version of its batch."""
    batch = pieces.batches[pieces.mark >> np.uint32(CUT_BITS)]
    cuts = pieces.mark & np.uint32((1 << CUT_BITS) - 1)
    columns = (pieces.start, pieces.duration, pieces.person, pieces.place, pieces.tag, batch, cuts)
    return Counter(zip(*(column.tolist() for column in columns), strict=True))


def sound(folder: Path, columns: Columns) -> SegmentInfo:
    """The columns as a file in which nothing is wrong."""
    made = write(folder / f"{len(list(folder.iterdir()))}.arrow", columns, SPAN)
    assert faults_of(folder, made, columns.batches.tolist(), NAMED) == []
    return made


shapes = st.tuples(st.integers(1, 255), st.integers(1, 60), st.integers(1, 50), st.integers(1, 9))


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 1 << 32), shapes)
def test_what_is_put_in_comes_out(seed: int, shape: tuple[int, int, int, int]) -> None:
    rng = np.random.default_rng(seed)
    pieces = some(rng, *shape)
    with TemporaryDirectory() as name:
        columns = build(pieces, DAY_S)
        info = sound(Path(name), columns)
        again = unpack(Path(name), info, columns.batches.tolist())
        assert told(again) == told(pieces)
        order = np.lexsort((columns.records, again.place))
        assert (order == np.arange(len(order))).all()
        gone = rng.random(len(again)) < rng.choice([0.01, 0.5, 0.99])

        def chosen(records: U64, marks: U32) -> Bools:
            return gone

        left = omit(Path(name), info, columns.batches.tolist(), chosen)
        expected = again.take(np.flatnonzero(~gone))
        assert [len(one.records) for one in left] == [len(expected)] * bool(len(expected))
        for one in left:
            made = sound(Path(name), one)
            assert told(unpack(Path(name), made, one.batches.tolist())) == told(expected)
        rows = np.flatnonzero(~gone)
        assert told(unpack(Path(name), info, columns.batches.tolist(), rows)) == told(expected)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 1 << 32), shapes, shapes)
def test_parts_and_their_union(seed: int, one: tuple[int, int, int, int], other: tuple[int, int, int, int]) -> None:
    rng = np.random.default_rng(seed)
    both = [some(rng, *one), some(rng, *other)]
    whole = joined(both)
    assert told(whole) == told(both[0]) + told(both[1])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(limits, "ROW_LIMIT", 50)
        patch.setattr(limits, "COUNT_LIMIT", 9)
        patch.setattr(limits, "TAG_LIMIT", 5)
        made = list(parts(whole))
    assert sum((told(part) for part in made), Counter()) == told(whole)
    for part in made:
        assert len(part) <= 50
        assert len(np.unique(part.tag)) <= 5
        assert np.bincount(np.unique(part.person, return_inverse=True)[1]).max() <= 9


def test_a_large_day_is_parted_by_places(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "ROW_LIMIT", 100)
    rng = np.random.default_rng(5)
    for places in (1, 2, 40):
        n = 1000
        zeros = np.zeros(n, dtype=np.uint8)
        start = SPAN.base + rng.integers(0, DAY_S, n)
        place = rng.integers(0, places, n).astype(np.uint64)
        stays = StayBatch([bytes(16)], np.zeros(n, np.uint32), place, start, start, zeros, zeros)
        made = list(portions(stays, DayRows(SPAN, np.arange(n, dtype=np.uint32))))
        assert sorted(np.concatenate([portion.rows for portion in made]).tolist()) == list(range(n))
        assert all(len(portion.rows) <= 100 for portion in made)
        spans = [(place[portion.rows].min(), place[portion.rows].max()) for portion in made]
        assert all(before[1] <= after[0] for before, after in pairwise(spans))
        assert len(cut(stays, np.zeros(1, np.uint32), made[0], 1)) == len(made[0].rows)


def test_a_segment_has_fences_to_find_its_places_by(tmp_path: Path) -> None:
    pieces = replace(some(np.random.default_rng(2), 4000, 300, 1, 1), place=np.arange(4000, dtype=np.uint64) // 2)
    info = write(tmp_path / "a.arrow", build(pieces, DAY_S), SPAN)
    places = open_segment(tmp_path, info).places
    assert len(places.keys) > 2 * FENCE
    assert places.fences.tolist() == places.keys[::FENCE].tolist()


def test_bits_of_many_batches(tmp_path: Path) -> None:
    pieces = some(np.random.default_rng(1), 5000, 300, 40, 1)
    versions = np.arange(1440, dtype=np.uint32)
    marks = (np.arange(5000) % 1440 << CUT_BITS).astype(np.uint32) | pieces.mark
    minutes = replace(pieces, mark=marks, batches=versions)
    columns = build(minutes, DAY_S)
    info = sound(tmp_path, columns)
    assert len(columns.origins) == -(-5000 * 11 // 8)
    assert told(unpack(tmp_path, info, columns.batches.tolist())) == told(minutes)
