"""Summaries for the wall: devices by category and state, readings above a limit. Columns in, rows out, no I/O."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from scenes.inventory import WORKING, Devices
from twin.live import NEVER, Batch, Datastreams
from twin.types import F64, I64

BROKEN = "broken"
"""The status word of a device known to be faulty; any other word that is not working means it is silent."""


@dataclass(slots=True)
class CategoryState:
    """How many devices of one category are in which state."""

    kind: str
    category: str
    working: int = 0
    faulty: int = 0
    silent: int = 0

    @property
    def total(self) -> int:
        """All devices of the category."""
        return self.working + self.faulty + self.silent


def last_heard(devices: Devices, datastreams: Datastreams, latest: Batch) -> I64:
    """(n,) UTC seconds of each device's newest observation; NEVER where none came."""
    times = np.full(len(datastreams), NEVER, dtype=np.int64)
    times[latest.rows] = latest.times
    return np.asarray(
        [max((times[row] for row in datastreams.rows_of_sensor(id)), default=NEVER) for id in devices.ids],
        dtype=np.int64,
    )


def by_category(devices: Devices, heard: I64, silent_before: int) -> list[CategoryState]:
    """Devices counted by kind and category.

    Faulty: reported broken. Silent: reported offline, or it has datastreams and sent nothing since `silent_before`.
    """
    states: dict[tuple[str, str], CategoryState] = {}
    for i, status in enumerate(devices.statuses):
        key = devices.kinds[i], devices.categories[i] or devices.mounts[i]
        state = states.setdefault(key, CategoryState(*key))
        if status == BROKEN:
            state.faulty += 1
        elif status not in WORKING or (devices.properties[i] and heard[i] < silent_before):
            state.silent += 1
        else:
            state.working += 1
    return sorted(states.values(), key=lambda state: (state.kind, -state.total, state.category))


def working_share(devices: Devices, heard: I64, silent_before: int) -> dict[str, tuple[int, float]]:
    """Parent of devices -> how many it has, and what share is neither faulty nor silent (see `by_category`)."""
    counted: dict[str, list[int]] = {}
    for i, parent in enumerate(devices.parents):
        if parent is None:
            continue
        silent = bool(devices.properties[i]) and heard[i] < silent_before
        counts = counted.setdefault(parent, [0, 0])
        counts[0] += 1
        counts[1] += devices.statuses[i] in WORKING and not silent
    return {parent: (total, working / total) for parent, (total, working) in counted.items()}


@dataclass(frozen=True, slots=True)
class Exceedance:
    """The readings above a limit in one group: how many devices, the highest value and whose it is."""

    group: str
    count: int
    highest: float
    sensor: str
    time: int


def above_limit(
    latest: Batch, datastreams: Datastreams, prop: str, limit: float, group_of: dict[str, str | None]
) -> list[Exceedance]:
    """Latest readings of a property above a limit, by group of their sensor, most readings first.

    A sensor without a group stands under the empty name.
    """
    groups: dict[str, list[tuple[float, str, int]]] = {}
    for row, when, value in zip(latest.rows.tolist(), latest.times.tolist(), latest.values.tolist(), strict=True):
        if datastreams.names[row] == prop and isinstance(value, float) and value > limit:
            sensor = datastreams.sensors[row]
            groups.setdefault(group_of.get(sensor) or "", []).append((value, sensor, when))
    found = []
    for group, readings in groups.items():
        highest, sensor, when = max(readings)
        found.append(Exceedance(group, len(readings), highest, sensor, when))
    return sorted(found, key=lambda item: (-item.count, -item.highest, item.group))


def properties_of(datastreams: Datastreams) -> Sequence[tuple[str, str]]:
    """Every observed property and its unit, each once, by name."""
    return sorted(set(zip(datastreams.names, datastreams.units, strict=True)))


def mean_by_place(places: I64, values: F64) -> dict[int, tuple[float, int]]:
    """(n,) places and values to place -> (mean, how many), by place; what has no place (-1) is left out."""
    kept, which = np.unique(places[places >= 0], return_inverse=True)
    counts = np.bincount(which)
    means = np.bincount(which, weights=values[places >= 0]) / np.maximum(counts, 1)
    return dict(zip(kept.tolist(), zip(means.tolist(), counts.tolist(), strict=True), strict=True))
