"""The synthetic sensors' readings: a function of device and time alone, so any moment can be told again."""

from __future__ import annotations

import math
import zlib
from collections.abc import Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np

from twin.entity import Entity
from twin.synth.draw import mixed, uniform
from twin.synth.signals import BY_ID, Category, Signal
from twin.types import F64, I64, U64, Bools

NOISE_S = 900
"""Noise is drawn every quarter of an hour and runs smoothly between."""

EVENT_S = 3600
"""An event (a threshold crossed, an alarm) is drawn for each hour and lasts within it."""

_COUNT_SINCE = 1_767_225_600  # 2026-01-01: meters stood at zero then
_FORMS = ("level", "count", "state")


class SyntheticFeed:
    """Readings of the devices whose category is known here.

    Devices of other categories, and properties that a category does not have, are named in `unknown`; devices that
    are not "ok" send nothing.
    """

    def __init__(self, sensors: Iterable[Entity], *, seed: int = 7, zone: str = "Asia/Shanghai") -> None:
        self._zone = ZoneInfo(zone)
        winter = datetime.fromtimestamp(_COUNT_SINCE, self._zone).utcoffset()
        self._standard_h = winter.total_seconds() / 3600 if winter else 0.0
        self.unknown: list[str] = []
        self.datastreams: list[str] = []
        rows: list[tuple[Category, Signal, int]] = []
        for sensor in sensors:
            self._declare(sensor, rows)
        self._tell(rows, seed)
        self._last: int | None = None

    def step(self, now: int) -> tuple[list[str], I64, F64]:
        """Readings that fell due since the last step: datastream ids, UTC seconds, values.

        The first step gives one reading of every datastream, so that nothing starts empty. After a pause only the
        newest reading of each comes; older ones can be had from `readings`.
        """
        due = now - (now - self._phase) % self._every
        fresh: Bools = np.ones(len(due), dtype=bool) if self._last is None else due > self._last
        self._last = now
        chosen = np.flatnonzero(fresh)
        return [self.datastreams[i] for i in chosen.tolist()], due[chosen], self.readings(chosen, due[chosen])

    def readings(self, chosen: I64, times: I64) -> F64:
        """(n,) positions in `datastreams` and (n,) UTC seconds to (n,) values."""
        swing = np.cos(2 * math.pi * (self._hours(times) - self._peak[chosen]) / 24)
        level = self._base[chosen] + self._offset[chosen] + self._amplitude[chosen] * swing
        level += self._noise[chosen] * self._smooth(chosen, times)
        event = self._in_event(chosen, times)
        rough = 1 + 0.08 * self._smooth(chosen, times)
        level = np.where(event, self._event[chosen] * rough, level)
        values = np.where(self._form[chosen] == 1, self._counted(chosen, times), level)
        values = np.where(self._form[chosen] == 2, np.where(event, self._event[chosen], self._base[chosen]), values)
        scale = 10.0 ** self._decimals[chosen]
        rounded = np.round(np.clip(values, self._low[chosen], self._high[chosen]) * scale) / scale
        return np.asarray(rounded, dtype=np.float64)

    def _declare(self, sensor: Entity, rows: list[tuple[Category, Signal, int]]) -> None:
        category = BY_ID.get(str(sensor.attributes.get("category")))
        if category is None:
            self.unknown.append(sensor.id)
            return
        if sensor.attributes.get("status", "ok") != "ok":
            return
        signals = {signal.name: signal for signal in category.signals}
        for declared in sensor.attributes.get("properties", ()):
            datastream = f"{sensor.id}/{declared['name']}"
            signal = signals.get(declared["name"])
            if signal is None:
                self.unknown.append(datastream)
                continue
            self.datastreams.append(datastream)
            rows.append((category, signal, zlib.crc32(sensor.id.encode())))

    def _tell(self, rows: list[tuple[Category, Signal, int]], seed: int) -> None:
        def column(values: Iterable[float]) -> F64:
            return np.fromiter(values, dtype=np.float64, count=len(rows))

        signals = [signal for _, signal, _ in rows]
        names = [zlib.crc32(datastream.encode()) for datastream in self.datastreams]
        self._id: U64 = mixed(seed, np.array(names, dtype=np.uint64))
        self._every = np.array([category.every_s for category, _, _ in rows], dtype=np.int64)
        device = np.array([number for _, _, number in rows], dtype=np.uint64)
        self._phase = (mixed(seed, device) % self._every.astype(np.uint64)).astype(np.int64)
        self._form = np.array([_FORMS.index(signal.form) for signal in signals], dtype=np.int64)
        self._base = column(signal.base for signal in signals)
        self._amplitude = column(signal.amplitude for signal in signals)
        self._peak = column(signal.peak_h for signal in signals)
        self._noise = column(signal.noise for signal in signals)
        self._low = column(signal.low for signal in signals)
        self._high = column(signal.high for signal in signals)
        self._event = column(signal.event for signal in signals)
        self._event_p = column(signal.event_per_day * EVENT_S / 86400 for signal in signals)
        self._decimals = np.array([signal.decimals for signal in signals], dtype=np.int64)
        three = uniform(self._id, 1) + uniform(self._id, 2) + uniform(self._id, 3)
        self._offset = column(signal.spread for signal in signals) * 2 * (three - 1.5)

    def _hours(self, times: I64) -> F64:
        if not len(times):
            return np.zeros(0)
        offset = datetime.fromtimestamp(int(times[-1]), self._zone).utcoffset()
        seconds = offset.total_seconds() if offset else 0.0
        return np.asarray(((times + seconds) % 86400) / 3600, dtype=np.float64)

    def _smooth(self, chosen: I64, times: I64) -> F64:
        """(n,) noise in -1..1, drawn every NOISE_S and eased between."""
        step = times // NOISE_S
        part = (times % NOISE_S) / NOISE_S
        ease = part * part * (3 - 2 * part)
        before, after = (uniform(self._id[chosen], 4, step + k) * 2 - 1 for k in (0, 1))
        return before + (after - before) * ease

    def _in_event(self, chosen: I64, times: I64) -> Bools:
        """(n,) whether an event lasts: it takes the middle of its hour."""
        happens = uniform(self._id[chosen], 5, times // EVENT_S) < self._event_p[chosen]
        part = (times % EVENT_S) / EVENT_S
        return np.asarray(happens & (part > 0.1) & (part < 0.8))

    def _counted(self, chosen: I64, times: I64) -> F64:
        """(n,) meters: the integral of the rate's day curve, so that they never fall."""
        hours = (times - _COUNT_SINCE) / 3600 + self._standard_h
        base = np.maximum(self._base[chosen] + self._offset[chosen], self._amplitude[chosen])
        phase = 2 * math.pi * (hours - self._peak[chosen]) / 24
        start = 2 * math.pi * (self._standard_h - self._peak[chosen]) / 24
        swing = np.sin(phase) - np.sin(start)
        return np.asarray(
            base * (hours - self._standard_h) + self._amplitude[chosen] * 24 / (2 * math.pi) * swing, dtype=np.float64
        )
