"""What may be observed: one datastream per sensor and property, as columns. No value is kept here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from twin.types import F64, I64, Bbox, Bools


def datastream_id(sensor: str, prop: str) -> str:
    """The public name of a datastream: `<sensor id>/<property name>`."""
    return f"{sensor}/{prop}"


@dataclass(frozen=True, slots=True)
class Datastreams:
    """Every datastream, in columns; a datastream's *row* is its position in them.

    ids, sensors, names, units, kinds   (n,) text, one entry per row
    lonlat                              (n, 2) degrees WGS84, the device's position; NaN where it has none
    """

    ids: tuple[str, ...]
    sensors: tuple[str, ...]
    names: tuple[str, ...]
    units: tuple[str, ...]
    kinds: tuple[str, ...]
    lonlat: F64
    _rows: dict[str, int] = field(repr=False)
    _by_sensor: dict[str, list[int]] = field(repr=False)

    def __len__(self) -> int:
        return len(self.ids)

    def row(self, datastream: str) -> int | None:
        """The row of a datastream id, or None where nobody declared it."""
        return self._rows.get(datastream)

    def rows_of_sensor(self, sensor: str) -> Sequence[int]:
        """The rows of one device; empty for a device without datastreams."""
        return self._by_sensor.get(sensor, [])

    def mask(self, *, bbox: Bbox | None = None, kinds: Iterable[str] | None = None) -> Bools:
        """(n,) which rows lie in a box (edges included) and belong to one of the kinds; None asks for all."""
        chosen = np.ones(len(self), dtype=bool)
        if bbox is not None:
            lon, lat = self.lonlat[:, 0], self.lonlat[:, 1]
            chosen &= (lon >= bbox.west) & (lon <= bbox.east) & (lat >= bbox.south) & (lat <= bbox.north)
        if kinds is not None:
            wanted = frozenset(kinds)
            chosen &= np.fromiter((kind in wanted for kind in self.kinds), dtype=bool, count=len(self))
        return chosen


def declare(
    sensors: Sequence[str],
    kinds: Sequence[str],
    properties: Sequence[Sequence[tuple[str, str]]],
    lonlat: F64,
) -> Datastreams:
    """Declare the datastreams of (n,) devices: their ids, kinds, (name, unit) pairs and (n, 2) positions.

    A device named twice keeps its first declaration of each property, so that a row never changes its meaning.
    """
    owner: list[int] = []
    names: list[str] = []
    units: list[str] = []
    rows: dict[str, int] = {}
    by_sensor: dict[str, list[int]] = {}
    for device, sensor in enumerate(sensors):
        for name, unit in properties[device]:
            key = datastream_id(sensor, name)
            if key in rows:
                continue
            rows[key] = len(owner)
            by_sensor.setdefault(sensor, []).append(len(owner))
            owner.append(device)
            names.append(name)
            units.append(unit)
    index: I64 = np.asarray(owner, dtype=np.int64)
    positions = np.asarray(lonlat, dtype=np.float64).reshape(-1, 2)
    return Datastreams(
        ids=tuple(rows),
        sensors=tuple(sensors[i] for i in owner),
        names=tuple(names),
        units=tuple(units),
        kinds=tuple(kinds[i] for i in owner),
        lonlat=positions[index],
        _rows=rows,
        _by_sensor=by_sensor,
    )
