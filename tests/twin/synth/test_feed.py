"""The feed: plausible, repeatable, and never silent about what it does not know."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from twin.entity import Entity
from twin.synth import SyntheticFeed
from twin.synth.district import District
from twin.synth.entities import entities
from twin.synth.signals import BY_ID, CATEGORIES

NOW = 1_795_300_000


def device(category: str, number: int = 1, **more: object) -> Entity:
    properties = [{"name": s.name, "unit": s.unit} for s in BY_ID[category].signals] if category in BY_ID else []
    attributes = {"category": category, "properties": properties, "status": "ok", **more}
    return Entity(f"sensor-{category}-{number}", "sensor", attributes=attributes)


def one_of_each(copies: int = 40) -> list[Entity]:
    return [device(category.id, n) for category in CATEGORIES for n in range(copies)]


def test_the_first_step_tells_everything_once_and_later_ones_what_fell_due() -> None:
    feed = SyntheticFeed(one_of_each())
    ids, times, values = feed.step(NOW)
    assert ids == feed.datastreams
    assert len(set(ids)) == len(ids) == len(times) == len(values)
    assert (times <= NOW).all()
    told = {name: [time] for name, time in zip(ids, times.tolist(), strict=True)}
    for now in range(NOW + 1, NOW + 601):
        for name, time in zip(*feed.step(now)[:2], strict=True):
            assert time == now
            told[name].append(int(time))
    for name, when in told.items():
        every = BY_ID[name.split("-")[1]].every_s
        assert set(np.diff(when).tolist()) <= {every}
        assert len(when) >= 600 // every


@given(st.integers(NOW, NOW + 40 * 86_400))
def test_readings_depend_on_device_and_time_alone(now: int) -> None:
    devices = one_of_each(3)
    together, alone = SyntheticFeed(devices), SyntheticFeed(devices[4:5])
    ids, times, values = together.step(now)
    known = dict(zip(ids, zip(times.tolist(), values.tolist(), strict=True), strict=True))
    for name, time, value in zip(*alone.step(now), strict=True):
        assert known[name] == (time, value)


def test_values_stay_in_their_range_follow_the_day_and_cross_thresholds_rarely() -> None:
    feed = SyntheticFeed(one_of_each(30))
    times = NOW + np.arange(0, 14 * 86_400, 1800)
    for at, name in enumerate(feed.datastreams):
        category, signal_name = name.split("-")[1], name.split("/")[1]
        signal = next(s for s in BY_ID[category].signals if s.name == signal_name)
        values = feed.readings(np.full(len(times), at), times)
        assert np.isfinite(values).all()
        assert values.min() >= signal.low
        assert values.max() <= signal.high
        if signal.form == "count":
            assert (np.diff(values) >= 0).all()
    noise = [k for k, name in enumerate(feed.datastreams) if name.endswith("/noise")]
    afternoon, night = (NOW - NOW % 86_400 + h * 3600 + np.arange(14) * 86_400 for h in (7, 19))  # 15:00 and 03:00
    means = [np.mean([feed.readings(np.full(14, k), t).mean() for k in noise]) for t in (afternoon, night)]
    assert means[0] > means[1] + 5
    loud = np.mean([(feed.readings(np.full(len(times), k), times) > 75).mean() for k in noise])
    assert 0 < loud < 0.05


def test_what_it_does_not_know_is_named_and_broken_devices_are_silent() -> None:
    feed = SyntheticFeed([device("tide"), device("noise", 1, status="broken"), device("noise", 2)])
    assert feed.unknown == ["sensor-tide-1"]
    assert feed.datastreams == ["sensor-noise-2/noise"]
    other = device("noise", 3, properties=[{"name": "colour", "unit": ""}])
    assert SyntheticFeed([other]).unknown == ["sensor-noise-3/colour"]
    assert SyntheticFeed([]).step(NOW)[0] == []


def test_it_runs_the_synthetic_devices(small: District) -> None:
    feed = SyntheticFeed(entity for entity in entities(small) if entity.kind == "sensor")
    assert feed.unknown == []
    assert len(feed.datastreams) > 450
