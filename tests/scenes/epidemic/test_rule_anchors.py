"""Look-back as calendar days: from an anchor, in the rule's zone, over changes of clocks; effective dates."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scenes.epidemic.rulebook.anchoring import Span, Times, end_of_day, span_of
from scenes.epidemic.rulebook.clauses import with_clauses
from scenes.epidemic.rulebook.reading import holds, rulebook
from scenes.epidemic.rulebook.schema import Rule
from twin.errors import InvalidValue, InvalidWindow
from twin.types import Window

LAST = 4_000_000_000


def rule(**overrides: Any) -> Rule:
    return with_clauses(
        rulebook().choose("spacetime-companion").rule, {k.replace("__", "."): v for k, v in overrides.items()}
    )


def span(rule: Rule, zone: str = "Asia/Shanghai", window: Window | None = None, **moments: Any) -> Span:
    return span_of(rule, Times(moments, window), zone, LAST)


def at(zone: str, text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp())


def test_fourteen_days_and_the_day_itself() -> None:
    found = span(rule(), report="2022-04-20")
    assert found.window == Window(at("Asia/Shanghai", "2022-04-06"), at("Asia/Shanghai", "2022-04-21"))
    assert found.stays == found.window
    assert (found.anchor, found.day, found.notes) == ("report", date(2022, 4, 20), ())


def test_a_time_ends_the_window_there() -> None:
    found = span(rule(), report="2022-04-20T15:30")
    assert found.window == Window(at("Asia/Shanghai", "2022-04-06"), at("Asia/Shanghai", "2022-04-20T15:30"))


def test_days_are_those_of_the_rule_not_of_the_twin() -> None:
    """Three in the afternoon in Berlin is the same day in Shanghai; eight in the evening the next."""
    for moment, day in (("2022-04-20T15:00+02:00", 20), ("2022-04-20T20:00+02:00", 21)):
        found = span(rule(), zone="Europe/Berlin", report=moment)
        assert found.day == date(2022, 4, day)
        assert found.window.start == at("Asia/Shanghai", f"2022-04-{day - 14:02}")
    own = span(rule(window__zone=None), zone="Europe/Berlin", report="2022-04-20")
    assert own.window.start == at("Europe/Berlin", "2022-04-06")


@pytest.mark.parametrize(
    ("zone", "day", "days", "hours"),
    [
        ("Europe/Berlin", "2024-03-31", 0, 23),
        ("Europe/Berlin", "2024-10-27", 0, 25),
        ("Europe/Berlin", "2024-04-02", 2, 71),
        ("America/New_York", "2024-11-04", 1, 49),
        ("America/Sao_Paulo", "2018-11-04", 0, 23),  # its midnight never was
        ("Asia/Shanghai", "1986-05-04", 0, 23),
        ("Asia/Shanghai", "2024-03-31", 2, 72),
    ],
)
def test_days_with_changes_of_clocks(zone: str, day: str, days: int, hours: int) -> None:
    found = span(rule(window__zone=zone, window__days=days), report=day)
    assert found.window.seconds == hours * 3600


@settings(deadline=None)
@given(
    st.sampled_from(["Asia/Shanghai", "Europe/Berlin", "America/Sao_Paulo", "Australia/Lord_Howe"]),
    st.dates(date(2015, 1, 1), date(2025, 1, 1)),
    st.integers(0, 40),
)
def test_a_window_holds_just_the_seconds_of_its_days(zone: str, day: date, days: int) -> None:
    found = span(rule(window__zone=zone, window__days=days), report=day.isoformat()).window
    local = ZoneInfo(zone)
    first, last = (datetime.fromtimestamp(second, local).date() for second in (found.start, found.end - 1))
    assert (first, last) == (day - timedelta(days=days), day)
    before, after = (datetime.fromtimestamp(second, local).date() for second in (found.start - 1, found.end))
    assert (before, after) == (day - timedelta(days=days + 1), day + timedelta(days=1))


def test_the_first_anchor_that_is_given_counts() -> None:
    close = rulebook().choose("close-contact-general").rule
    both = span(close, onset="2022-04-05", sampling="2022-04-09", isolation="2022-04-10")
    assert (both.anchor, both.window.start) == ("onset", at("Asia/Shanghai", "2022-04-03"))
    assert both.window.end == at("Asia/Shanghai", "2022-04-11")
    sampled = span(close, sampling="2022-04-09", isolation="2022-04-10T12:00")
    assert sampled.window == Window(at("Asia/Shanghai", "2022-04-07"), at("Asia/Shanghai", "2022-04-10T12:00"))
    assert span(close, onset="2022-04-05").window.end == LAST


def test_a_cumulative_stay_may_look_back_further() -> None:
    found = span(rule(window__days=2, stay__days=14), report="2022-04-20")
    assert found.window.start == at("Asia/Shanghai", "2022-04-18")
    assert found.stays == Window(at("Asia/Shanghai", "2022-04-06"), at("Asia/Shanghai", "2022-04-21"))
    assert span(rule(stay=None), report="2022-04-20").stays is None


def test_a_window_as_given() -> None:
    zone = "Europe/Berlin"
    window = Window(at(zone, "2024-03-20"), at(zone, "2024-04-03"))
    found = span(rule(window__zone=zone, stay__days=7), window=window)
    assert (found.window, found.day) == (window, date(2024, 4, 2))
    assert found.stays == Window(at(zone, "2024-03-27"), window.end)  # seven calendar days, an hour short
    close = rulebook().choose("close-contact-general").rule
    cut = span(close, window=window, isolation="2024-03-25")
    assert cut.window.end == at("Asia/Shanghai", "2024-03-26")


def test_the_end_of_a_day() -> None:
    zone = "Europe/Berlin"
    for second, end in (
        ("2024-03-31T00:00:01", "2024-04-01"),
        ("2024-03-31T23:59", "2024-04-01"),
        ("2024-04-01", "2024-04-01"),
    ):
        assert end_of_day(at(zone, second), zone) == at(zone, end)


def test_what_cannot_be_looked_back_from() -> None:
    close = rulebook().choose("close-contact-general").rule
    with pytest.raises(InvalidValue, match="onset or sampling: is missing"):
        span(close, report="2022-04-05")
    with pytest.raises(InvalidValue, match="report: has no meaning beside a window"):
        span(rule(), window=Window(0, 100), report="2022-04-05")
    with pytest.raises(InvalidWindow, match="onset"):
        span(close, onset="2022-04-05", isolation="2022-04-01")
    with pytest.raises(InvalidValue, match="onset: cannot be read"):
        span(close, onset="last week")


def test_effective_dates_hold_from_the_first_day_to_the_last() -> None:
    one = rulebook().choose("spacetime-companion").rule
    days = [date(2021, 10, 31), date(2021, 11, 1), date(2022, 12, 6), date(2022, 12, 7)]
    assert [holds(one, day) for day in days] == [False, True, True, False]
    open_ended = rulebook().choose("cdc-15-minutes").rule
    assert holds(open_ended, date(2050, 1, 1))
    assert not holds(open_ended, date(2020, 10, 20))
