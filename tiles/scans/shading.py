"""What colour a point has: its own; else its class's; else the grey of its intensity."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from tiles.glb import linear_colour
from tiles.scans.spool import Records
from twin.errors import InvalidValue
from twin.types import F64, I64, U16

WAYS = ("rgb", "class", "intensity", "plain")

CLASSES: dict[int, str] = {
    2: "#a5825b", 3: "#9db36b", 4: "#6f9a4c", 5: "#3f7a3c", 6: "#d98f6a", 8: "#c9b08a", 9: "#4f8fc4", 10: "#8a7f8f",
    11: "#6d6f73", 13: "#e3c75a", 14: "#e3c75a", 15: "#b8a23c", 16: "#c7b45a", 17: "#b7b7c4",
}  # fmt: skip
"""Colours of ASPRS classes: ground, three heights of vegetation, building, water, rail, road, wires, bridges."""

UNKNOWN = "#b4b7bb"
"""Of points without a class, and of clouds that say nothing but where their points are."""

_FULL = 65_535
_TAILS = (0.02, 0.98)  # shares of points that are darker than black and brighter than white


@dataclass(slots=True, eq=False)
class Tally:
    """What all points of a cloud say, summed up while they are read."""

    brightest: int = 0
    intensities: I64 = field(default_factory=lambda: np.zeros(_FULL + 1, dtype=np.int64))
    classes: I64 = field(default_factory=lambda: np.zeros(256, dtype=np.int64))

    def add(self, records: Records) -> None:
        """Take in some points."""
        self.brightest = max(self.brightest, int(records["rgb"].max(initial=0)))
        self.intensities += np.bincount(records["intensity"], minlength=_FULL + 1)
        self.classes += np.bincount(records["classification"], minlength=256)


@dataclass(frozen=True, slots=True, eq=False)
class Shading:
    """How points are coloured. `table` is (256, 3) linear colours; for rgb (256, 1), of one channel.

    low, high   intensities that are black and white
    shift       bits that a colour's channels are longer than a byte
    """

    by: str
    table: U16
    low: float = 0.0
    high: float = 1.0
    shift: int = 0

    def colours(self, records: Records) -> U16:
        """(n, 3) linear red, green, blue."""
        if self.by == "rgb":
            return np.asarray(self.table[:, 0][records["rgb"] >> self.shift])
        if self.by == "class":
            return np.asarray(self.table[records["classification"]])
        if self.by == "intensity":
            grey = np.clip((records["intensity"] - self.low) / (self.high - self.low), 0, 1) * 255
            return np.asarray(self.table[np.rint(grey).astype(np.uint8)])
        return np.repeat(self.table[:1], len(records), axis=0)


def shading_of(tally: Tally, wanted: str = "") -> Shading:
    """How to colour a cloud. Raises `InvalidValue` where it has not what is wanted."""
    if wanted and wanted not in WAYS:
        raise InvalidValue("--colour", f"{wanted!r} is not known", f"Give one of {', '.join(WAYS)}")
    low, high = _ends(tally.intensities)
    there = {
        "rgb": tally.brightest > 0,
        "class": np.count_nonzero(tally.classes[2:]) > 0,
        "intensity": high > low,
        "plain": True,
    }
    by = wanted or next(way for way in WAYS if there[way])
    if not there[by]:
        raise InvalidValue(f"--colour {by}", "no point says anything of it", "Leave it out, or give another")
    if by == "rgb":
        return Shading(by, _shorts(_linear(np.arange(256) / 255)[:, None]), shift=8 if tally.brightest > 255 else 0)
    if by == "intensity":
        return Shading(
            by, _shorts(np.repeat(_linear(0.15 + 0.85 * np.arange(256) / 255)[:, None], 3, axis=1)), low, high
        )
    names = [CLASSES.get(number, UNKNOWN) if by == "class" else UNKNOWN for number in range(256)]
    return Shading(by, _shorts(np.array([linear_colour(name)[:3] for name in names])))


def _ends(intensities: I64) -> tuple[float, float]:
    below = np.cumsum(intensities) / max(1, int(intensities.sum()))
    low, high = (int(np.searchsorted(below, share)) for share in _TAILS)
    return float(low), float(high)


def _linear(srgb: F64) -> F64:
    return np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)


def _shorts(linear: F64) -> U16:
    return np.rint(linear * _FULL).astype(np.uint16)
