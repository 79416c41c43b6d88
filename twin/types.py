"""Small frozen values that every package shares. Imports nothing of ours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

EntityId = str
F64 = NDArray[np.float64]
F32 = NDArray[np.float32]
U64 = NDArray[np.uint64]
U32 = NDArray[np.uint32]
U16 = NDArray[np.uint16]
U8 = NDArray[np.uint8]
I64 = NDArray[np.int64]
I32 = NDArray[np.int32]
Bools = NDArray[np.bool_]
Objects = NDArray[Any]


def object_array(values: Sequence[Any]) -> Objects:
    """(n,) any values, none of them taken apart."""
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array


@dataclass(frozen=True, slots=True)
class Bbox:
    """A lon/lat box in degrees, WGS84. It never crosses the antimeridian."""

    west: float
    south: float
    east: float
    north: float

    @property
    def centre(self) -> tuple[float, float]:
        """The middle as (lon, lat)."""
        return (self.west + self.east) / 2, (self.south + self.north) / 2


@dataclass(frozen=True, slots=True)
class Window:
    """A half-open time interval `[start, end)` in UTC integer seconds."""

    start: int
    end: int

    @property
    def seconds(self) -> int:
        """Its length."""
        return self.end - self.start
