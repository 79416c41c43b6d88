"""Columns of times held to a plain reference, one time after the other, in zones that change their clocks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twin.errors import InvalidValue
from twin.ingest.moments import ABSENT, CERTAIN, NEVER, TWICE, UNREADABLE, TimeColumns, time_shape

ZONES = ("Pacific/Auckland", "Europe/Berlin", "Asia/Shanghai", "Australia/Lord_Howe", "Africa/Monrovia", "UTC")
CHANGES = {
    "Pacific/Auckland": (datetime(2021, 4, 4, 3), datetime(2021, 9, 26, 2)),
    "Europe/Berlin": (datetime(2021, 10, 31, 3), datetime(2021, 3, 28, 2)),
}
FORMS = (
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%dT%H:%M:%S",
    "%Y-%m-%dT%H:%M",
    "%Y-%m-%d",
    "%Y/%m/%d %H:%M:%S",
    "%Y年%m月%d日 %H:%M:%S",
)


def one(text: object, zone: str = "Asia/Shanghai") -> tuple[int, int, int]:
    """(UTC, later, state) of a single time."""
    moments = TimeColumns(zone).read(pa.array([text]))
    return int(moments.utc[0]), int(moments.later[0]), int(moments.state[0])


def reference(when: datetime, zone: str) -> tuple[int, int, int]:
    """What a local time means, by going there and back: is it still the same on the clock?"""
    place = ZoneInfo(zone)
    early, late = (int(when.replace(tzinfo=place, fold=fold).timestamp()) for fold in (0, 1))
    exists = datetime.fromtimestamp(early, place).replace(tzinfo=None) == when
    if not exists:
        return early, early, NEVER
    return early, max(early, late), CERTAIN if early == late else TWICE


moments_near = st.one_of(
    st.datetimes(datetime(1970, 1, 2), datetime(2199, 12, 30)),
    st.builds(
        lambda change, seconds: change + timedelta(seconds=seconds),
        st.sampled_from([change for changes in CHANGES.values() for change in changes]),
        st.integers(-3 * 3600, 3 * 3600),
    ),
).map(lambda when: when.replace(microsecond=0))


@settings(max_examples=100, deadline=None)
@given(times=st.lists(moments_near, min_size=1, max_size=30), zone=st.sampled_from(ZONES), form=st.sampled_from(FORMS))
def test_local_times_as_text(times: list[datetime], zone: str, form: str) -> None:
    texts = [when.strftime(form) for when in times]
    read = TimeColumns(zone).read(pa.array(texts))
    expected = [reference(datetime.strptime(text, form), zone) for text in texts]
    assert list(zip(read.utc.tolist(), read.later.tolist(), read.state.tolist(), strict=True)) == expected


@settings(max_examples=60, deadline=None)
@given(times=st.lists(moments_near, min_size=1, max_size=30), zone=st.sampled_from(ZONES))
def test_local_timestamps_of_parquet(times: list[datetime], zone: str) -> None:
    for unit in ("s", "ms", "us"):
        read = TimeColumns(zone).read(pa.array(times, pa.timestamp(unit)))
        expected = [reference(when, zone) for when in times]
        assert list(zip(read.utc.tolist(), read.later.tolist(), read.state.tolist(), strict=True)) == expected


@settings(max_examples=60, deadline=None)
@given(
    times=st.lists(moments_near, min_size=1, max_size=20),
    minutes=st.integers(-14 * 60, 14 * 60),
    micro=st.integers(0, 999_999),
    zone=st.sampled_from(ZONES),
)
def test_times_with_an_offset_do_not_care_for_the_zone(
    times: list[datetime], minutes: int, micro: int, zone: str
) -> None:
    offset = timezone(timedelta(minutes=minutes))
    exact = [when.replace(microsecond=micro, tzinfo=offset) for when in times]
    texts = [when.isoformat(sep=sep) for when, sep in zip(exact, "T " * len(exact), strict=False)]
    texts += [when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") for when in exact]
    read = TimeColumns(zone).read(pa.array(texts))
    seconds = [int(when.replace(microsecond=0).timestamp()) for when in exact]
    assert read.utc.tolist() == seconds * 2
    assert (read.state == CERTAIN).all()


@settings(max_examples=60, deadline=None)
@given(seconds=st.lists(st.integers(1_000_000, 7_000_000_000), min_size=1, max_size=20))
def test_epoch_times(seconds: list[int]) -> None:
    seconds = [one for one in seconds if not 19_000_000 <= one < 21_000_000]  # eight digits: a day such as 20240501
    millis = [second * 1000 for second in seconds if second * 1000 >= 100_000_000_000]
    for column in (seconds, [float(s) for s in seconds], [str(s) for s in seconds], [f"{s}.75" for s in seconds]):
        assert TimeColumns("Asia/Shanghai").read(pa.array(column)).utc.tolist() == seconds
    for column in (millis, [str(m) for m in millis]):
        assert TimeColumns("UTC").read(pa.array(column)).utc.tolist() == [m // 1000 for m in millis]


@pytest.mark.parametrize(
    ("zone", "text", "utc", "state"),
    [
        ("Pacific/Auckland", "2021-09-26T02:30", "2021-09-25T14:30", NEVER),
        ("Pacific/Auckland", "2021-09-26T01:59:59", "2021-09-25T13:59:59", CERTAIN),
        ("Pacific/Auckland", "2021-09-26T03:00", "2021-09-25T14:00", CERTAIN),
        ("Pacific/Auckland", "2021-04-04T02:30", "2021-04-03T13:30", TWICE),
        ("Europe/Berlin", "2021-03-28T02:30", "2021-03-28T01:30", NEVER),
        ("Europe/Berlin", "2021-10-31T02:30", "2021-10-31T00:30", TWICE),
        ("Europe/Berlin", "2021-10-31T03:00", "2021-10-31T02:00", CERTAIN),
        ("Asia/Shanghai", "2024-02-29 12:00", "2024-02-29T04:00", CERTAIN),
    ],
)
def test_changes_of_clocks(zone: str, text: str, utc: str, state: int) -> None:
    expected = int(datetime.fromisoformat(utc).replace(tzinfo=UTC).timestamp())
    later = expected + (3600 if state == TWICE else 0)
    assert one(text, zone) == (expected, later, state)


@pytest.mark.parametrize(
    "text",
    [
        "soon",
        "2023-02-29",
        "2024-13-01",
        "2024-04-31T08:00",
        "2024-05-01T25:00",
        "2024-05-01T08:61",
        "03/04/2021",
        "31.02.2021 08:00",
        "12-xyz-2021 08:00",
        "2024/5/32 8:00",
        "1e300",
        "99999999999999999",
    ],
)
def test_what_cannot_be_read(text: str) -> None:
    assert one(text)[2] == UNREADABLE


@pytest.mark.parametrize("nothing", ["", "  ", None])
def test_what_is_not_there(nothing: str | None) -> None:
    assert TimeColumns("UTC").read(pa.array([nothing, "2024-05-01"])).state.tolist() == [ABSENT, CERTAIN]


def test_days_and_months_are_told_apart_by_the_column() -> None:
    for texts, day in ((["03/04/2021 8:05 am", "13/04/2021 8:05 pm"], "2021-04-03T08:05"),
                       (["03/04/2021 8:05 am", "04/13/2021 8:05 pm"], "2021-03-04T08:05")):  # fmt: skip
        times = TimeColumns("UTC")
        times.learn(pa.array(texts))
        assert times.read(pa.array(texts)).utc[0] == datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp()


def test_other_spellings() -> None:
    texts = ["2021/8/5 8:05", "05-Aug-2021 08:05", "2021年8月5日 8时5分", "20210805T080500", "2021-08-05T08:05:00.999"]
    read = TimeColumns("UTC").read(pa.array(texts))
    assert len(np.unique(read.utc)) == 1
    assert read.utc[0] == datetime(2021, 8, 5, 8, 5, tzinfo=UTC).timestamp()


def test_an_unknown_zone() -> None:
    with pytest.raises(InvalidValue, match="IANA"):
        TimeColumns("Middle/Earth")


def test_shapes_hide_what_is_written() -> None:
    assert time_shape("张三 13/Aug/2021") == "aa 99/aaa/9999"
