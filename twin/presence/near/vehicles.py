"""The scales of places that move: rows of a carriage, compartments, a carriage, a whole run (`twin.geo.vehicles`).

Places on the ground, and runs of other modes than a scale names, are no concern of it: they are near to nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twin.errors import InvalidValue
from twin.geo.vehicles import (
    CREW_FIRST,
    CREW_ROW,
    CREW_ROWS,
    LAST_ROW,
    MODES,
    UNKNOWN_ROW,
    Mode,
    crew_zones,
    keys_on_vehicles,
    vehicle_parts,
)
from twin.presence.near.nearness import ANY_FLOOR, Neighbourhood
from twin.presence.near.ranges import CELL_SPAN, FLOOR_SPAN, KeyRanges
from twin.types import I64, U64, Bools

_RUN_SPAN = np.uint64(1 << 29)
_NOWHERE = np.uint64((1 << 64) - 1)
"""Group of whatever is not on a vehicle of these modes; nothing is compared with it."""

Part = tuple[I64, U64, U64, bool]
"""Stay numbers, first keys, last keys + 1, whether they leave no doubt."""


@dataclass(frozen=True, slots=True)
class Rows:
    """The same carriage, at most `nearby` rows apart, and the crew who serve the row. An unknown row may be any.

    `compartments`: the numbers are those of compartments, bays or cabins. `modes`: of these vehicles alone; (): of all.
    """

    nearby: int = 3
    crew: bool = True
    modes: tuple[Mode, ...] = ()
    compartments: bool = False

    def __post_init__(self) -> None:
        _check(self.modes)
        if not 0 <= self.nearby <= LAST_ROW:
            raise InvalidValue("nearby", f"must be 0 to {LAST_ROW} rows", "Take scale carriage for all of them")

    @property
    def id(self) -> str:
        """Such as rows-3-air."""
        word = "compartments" if self.compartments else "rows"
        return _named(f"{word}-{self.nearby}" + ("" if self.crew else "-no-crew"), self.modes)

    @property
    def text(self) -> str:
        """With rows, crew and modes."""
        word = "compartment" if self.compartments else "row"
        near = f" or one at most {self.nearby} away" if self.nearby else ""
        crew = ", or crew serving it," if self.crew else ""
        return f"In the same carriage and {word}{near}{crew} {_aboard(self.modes)}"

    @property
    def partition(self) -> bool:
        """Rows nearby overlap, and crew serve several."""
        return False

    def around(self, keys: U64) -> Neighbourhood:
        """The rows nearby and their crew; the row that nobody knows is possible."""
        aboard = _aboard_of(keys, self.modes)
        parts = vehicle_parts(keys)
        last = CREW_ROW if self.crew else LAST_ROW
        unknown = np.flatnonzero(aboard & (parts.row == UNKNOWN_ROW))
        seated = np.flatnonzero(aboard & (parts.row >= 1) & (parts.row <= LAST_ROW))
        serving = np.flatnonzero(aboard & (parts.row == CREW_ROW)) if self.crew else np.empty(0, dtype=np.int64)
        row = parts.row[seated]
        reach = [
            _rows(keys, seated, np.maximum(row - self.nearby, 1), np.minimum(row + self.nearby, LAST_ROW), True),
            _rows(keys, seated, 0 * row, 0 * row, False),
            _rows(keys, unknown, 0 * unknown, 0 * unknown + last, False),
            *self._served(keys, serving, parts.seat[serving]),
        ]
        if self.crew:
            reach += _crew_of(keys, seated, row)
        return _neighbourhood(reach)

    def _served(self, keys: U64, serving: I64, zone: I64) -> list[Part]:
        """What crew are near to: the rows they serve, whoever has none, and all crew of the carriage."""
        first, count = crew_zones(zone)
        begin, end = np.where(first > 0, first, 1), np.where(first > 0, first + count - 1, LAST_ROW)
        crew = np.full(len(serving), CREW_ROW)
        return [
            _rows(keys, serving, begin, end, True),
            _rows(keys, serving, 0 * crew, 0 * crew, False),
            _rows(keys, serving, crew, crew, True),
        ]

    def groups(self, keys: U64) -> U64:
        """The row of a carriage."""
        return np.where(_aboard_of(keys, self.modes), keys // FLOOR_SPAN, _NOWHERE)


@dataclass(frozen=True, slots=True)
class Carriage:
    """The same carriage of the same run; `whole_run`: any carriage of it."""

    whole_run: bool = False
    modes: tuple[Mode, ...] = ()

    def __post_init__(self) -> None:
        _check(self.modes)

    @property
    def id(self) -> str:
        """Such as carriage-rail."""
        return _named("run" if self.whole_run else "carriage", self.modes)

    @property
    def text(self) -> str:
        """With modes."""
        return f"In the same {'vehicle' if self.whole_run else 'carriage'} {_aboard(self.modes)}"

    @property
    def partition(self) -> bool:
        """Carriages do not overlap."""
        return True

    @property
    def _span(self) -> np.uint64:
        return _RUN_SPAN if self.whole_run else CELL_SPAN

    def around(self, keys: U64) -> Neighbourhood:
        """Every key of the carriage or run."""
        stay = np.flatnonzero(_aboard_of(keys, self.modes))
        lo = keys[stay] // self._span * self._span
        return _neighbourhood([(stay, lo, lo + self._span, True)])

    def groups(self, keys: U64) -> U64:
        """The carriage or run."""
        return np.where(_aboard_of(keys, self.modes), keys // self._span, _NOWHERE)


def _check(modes: tuple[Mode, ...]) -> None:
    unknown = [mode for mode in modes if mode not in MODES]
    if unknown:
        raise InvalidValue(f"mode {unknown[0]!r}", "there is none of this name", f"Take one of: {', '.join(MODES)}")


def _named(name: str, modes: tuple[Mode, ...]) -> str:
    return "-".join((name, *modes))


def _aboard(modes: tuple[Mode, ...]) -> str:
    return f"of the same run ({', '.join(modes)})" if modes else "of the same run"


def _aboard_of(keys: U64, modes: tuple[Mode, ...]) -> Bools:
    """(n,) which keys are on vehicles of these modes."""
    aboard = keys_on_vehicles(keys)
    if modes:
        aboard &= np.isin(vehicle_parts(keys).mode, [MODES.index(mode) for mode in modes])
    return aboard


def _rows(keys: U64, stay: I64, first: I64, last: I64, certain: bool) -> Part:
    """The rows first..last, both included, of the carriages of some stays."""
    carriage = keys[stay] // CELL_SPAN * CELL_SPAN
    lo = carriage + first.astype(np.uint64) * FLOOR_SPAN
    return stay, lo, carriage + (last + 1).astype(np.uint64) * FLOOR_SPAN, certain


def _crew_of(keys: U64, stay: I64, row: I64) -> list[Part]:
    """The keys of crew who serve the rows of some stays: for each row that a zone may begin at, one range."""
    base = keys[stay] // CELL_SPAN * CELL_SPAN + np.uint64(CREW_ROW) * FLOOR_SPAN
    span = np.uint64(CREW_ROWS + 1)
    parts: list[Part] = [(stay, base, base + span, True)]
    for first in range(1, CREW_FIRST + 1):
        least = row - first + 1  # rows that a zone from `first` must have to reach the row
        some = np.flatnonzero((least >= 1) & (least <= CREW_ROWS))
        zone = base[some] + np.uint64(first) * span
        parts.append((stay[some], zone + least[some].astype(np.uint64), zone + span, True))
    return parts


def _neighbourhood(parts: list[Part]) -> Neighbourhood:
    stay = np.concatenate([part[0] for part in parts])
    ranges = KeyRanges(np.concatenate([part[1] for part in parts]), np.concatenate([part[2] for part in parts]))
    certain = np.concatenate([np.full(len(part[0]), part[3]) for part in parts])
    return Neighbourhood(stay, ranges, certain, np.full(len(stay), ANY_FLOOR), np.empty(0, dtype=np.int64))
