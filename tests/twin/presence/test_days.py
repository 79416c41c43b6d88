"""Local days: edges, 23 and 25 hours, missing midnights, and that cutting loses nothing."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.twin.presence.worlds import EDGES, edge
from twin.presence import StayBatch
from twin.presence.segments.days import Days, split
from twin.presence.segments.pieces import CONTINUED, GOING_ON, cut

ZONES = [*EDGES, "UTC", "Pacific/Apia", "Australia/Lord_Howe", "Asia/Kathmandu"]


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("Europe/Berlin", "2024-03-31", 23),
        ("Europe/Berlin", "2024-10-27", 25),
        ("America/New_York", "2024-03-10", 23),
        ("America/New_York", "2024-11-03", 25),
        ("Asia/Shanghai", "2024-03-10", 24),
        ("Australia/Lord_Howe", "2024-04-07", 24.5),
        ("Pacific/Apia", "2011-12-30", 0),
    ],
)
def test_length_of_days(zone: str, day: str, hours: float) -> None:
    days = Days(zone)
    number = (date.fromisoformat(day) - date(1970, 1, 1)).days
    low, high = days.edges(number, number).tolist()
    assert (high - low) / 3600 == hours
    assert low == edge(zone, day)


@settings(deadline=None)
@given(st.sampled_from(ZONES), st.integers(0, 4_000_000_000))
def test_a_second_lies_in_its_day(zone: str, second: int) -> None:
    days = Days(zone)
    number = days.number(second)
    low, high = days.edges(number, number).tolist()
    assert low <= second < high
    local = datetime.fromtimestamp(second, UTC).astimezone(ZoneInfo(zone)).date()
    assert local == date(1970, 1, 1) + timedelta(days=number)


@settings(deadline=None)
@given(
    st.sampled_from(sorted(EDGES)),
    st.lists(st.tuples(st.integers(-200_000, 200_000), st.integers(0, 500_000)), max_size=12),
)
def test_pieces_cover_their_stays(zone: str, stays: list[tuple[int, int]]) -> None:
    midnight = edge(zone, EDGES[zone][-1])
    start = np.array([midnight + offset for offset, _ in stays], dtype=np.int64)
    end = start + np.array([length for _, length in stays], dtype=np.int64)
    pieces: dict[int, list[tuple[int, int]]] = {}
    zeros = np.zeros(len(stays), dtype=np.uint8)
    who = np.zeros(len(stays), dtype=np.uint32)
    batch = StayBatch([bytes(16)], who, np.arange(len(stays), dtype=np.uint64), start, end, zeros, zeros)
    for day in split(start, end, Days(zone)):
        assert day.span.base < day.span.until
        part = cut(batch, np.zeros(1, dtype=np.uint32), day, 1)
        columns = (part.place, part.start, part.duration, part.mark)
        for row, from_, long, mark in zip(*(column.tolist() for column in columns), strict=True):
            begin = day.span.base + from_
            assert day.span.base <= begin < day.span.until
            assert begin + long <= day.span.until
            assert (mark & CONTINUED != 0) == (start[row] < day.span.base)
            assert (mark & GOING_ON != 0) == (end[row] > day.span.until)
            pieces.setdefault(row, []).append((begin, begin + long))
    for row in range(len(stays)):
        parts = pieces[row]
        assert (parts[0][0], parts[-1][1]) == (start[row], end[row])
        assert all(before[1] == after[0] for before, after in pairwise(parts))
        assert all(a < b for a, b in parts) or len(parts) == 1
