"""Times as people write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scenes.epidemic.windows import local, to_utc, to_window
from twin.errors import InvalidValue, InvalidWindow

ZONE = "Asia/Shanghai"


@pytest.mark.parametrize(
    ("given_as", "seconds"),
    [
        ("2024-05-01T08:00", 1714521600),
        ("2024-05-01T00:00:00Z", 1714521600),
        ("2024-05-01T02:00:00+02:00", 1714521600),
        ("2024-05-01", 1714492800),
        (1714521600, 1714521600),
        (1714521600.9, 1714521600),
        ("1714521600", 1714521600),
    ],
)
def test_one_moment_in_many_ways(given_as, seconds):
    assert to_utc(given_as, ZONE, "from") == seconds


@pytest.mark.parametrize("bad", [None, "soon", "", [], True, float("nan"), float("inf"), "nan", 1714521600000, "1e99"])
def test_what_is_no_time_is_named(bad):
    with pytest.raises(InvalidValue, match="from"):
        to_utc(bad, ZONE, "from")


@given(st.integers(-(10**9), 4 * 10**9))
def test_local_time_reads_back(seconds):
    assert to_utc(local(seconds, ZONE), ZONE, "from") == seconds


@pytest.mark.parametrize(("start", "end"), [(10, 10), (11, 10)])
def test_an_empty_or_reversed_window_is_refused(start, end):
    with pytest.raises(InvalidWindow):
        to_window(start, end, ZONE)
