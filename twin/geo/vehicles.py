"""Place keys of places that move: a run of a train, bus, aircraft or ship, its carriage, row and seat.

They use the base-cell numbers that H3 leaves free (122 to 127, one a mode), so that they sort after every place on the
ground and no H3 cell holds them: a stay on a train never joins the streets that it passes. Within a mode, from the
highest bit: run (28 bits), carriage (7), a zero (a finest digit of 7 would mean a coarse fix), row (8), seat (13). The
row stands where a place on the ground has its floor, and 0, an unknown row, where that has its unknown floor: it may be
any row of its carriage. Carriages, and the compartments of a sleeper or the cabins of a ship, are numbered likewise:
the row is the compartment there.

Crew have no row but serve some: theirs is row 255, with the rows they serve in place of the seat.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike

from twin.errors import InvalidValue
from twin.types import I64, U64, Bools

Mode = Literal["rail", "metro", "road", "air", "water", "lift"]
MODES: tuple[Mode, ...] = get_args(Mode)

UNKNOWN_ROW = 0
CREW_ROW = 255
LAST_ROW = 254
LAST_RUN = (1 << 28) - 1
LAST_CARRIAGE = 127
LAST_SEAT = (1 << 13) - 1
CREW_FIRST, CREW_ROWS = 127, 63
"""The last row that a crew zone may begin at, and the most rows that it may have; 0 and 0: the whole carriage."""

FIRST_BASE_CELL = 122
_MODE_SHIFT, _RUN_SHIFT, _CARRIAGE_SHIFT, _ROW_SHIFT = 57, 29, 22, 13
_ZONE_SHIFT = 6
_NAME = re.compile(
    r"(?P<mode>[a-z]+)/(?P<run>\d+)(?:/(?P<carriage>\d+)(?:/(?P<row>\d+|crew)(?:/(?P<seat>\d+)(?:-(?P<last>\d+))?)?)?)?"
)


@dataclass(frozen=True, slots=True)
class VehicleParts:
    """The parts of (n,) vehicle keys; `mode` is an index into MODES. The seat of crew is the zone, as stored."""

    mode: I64
    run: I64
    carriage: I64
    row: I64
    seat: I64


def vehicle_keys(
    mode: str, run: ArrayLike, carriage: ArrayLike = 0, row: ArrayLike = UNKNOWN_ROW, seat: ArrayLike = 0
) -> U64:
    """(n,) runs, carriages, rows (or compartments) and seats of one mode to (n,) place keys. 0: not known.

    A run is one journey of one vehicle: whoever numbers them gives each day's train a number of its own. Raises
    InvalidValue for a part out of its range.
    """
    return _packed(mode, run, carriage, _within("row", row, LAST_ROW), _within("seat", seat, LAST_SEAT))


def crew_keys(mode: str, run: ArrayLike, carriage: ArrayLike = 0, first: ArrayLike = 0, rows: ArrayLike = 0) -> U64:
    """(n,) runs and carriages to the keys of crew who serve `rows` rows from `first`; 0 and 0: the whole carriage."""
    begin, count = _within("first row of a crew", first, CREW_FIRST), _within("rows of a crew", rows, CREW_ROWS)
    if ((begin == 0) != (count == 0)).any():
        raise InvalidValue("rows of a crew", "only one of first row and number of rows is given", "Give both or none")
    return _packed(mode, run, carriage, np.asarray(CREW_ROW), begin << _ZONE_SHIFT | count)


def keys_on_vehicles(keys: ArrayLike) -> Bools:
    """(n,) place keys to (n,) whether each is a place that moves."""
    base = np.asarray(keys, dtype=np.uint64) >> np.uint64(_MODE_SHIFT)
    return np.asarray((base >= FIRST_BASE_CELL) & (base < FIRST_BASE_CELL + len(MODES)), dtype=np.bool_)


def keys_of_vehicles(keys: ArrayLike) -> Bools:
    """(n,) place keys to (n,) whether each is a well-formed key of a place on a vehicle."""
    parts = vehicle_parts(keys)
    first, rows = crew_zones(parts.seat)
    crew_well = (parts.row != CREW_ROW) | ((first <= CREW_FIRST) & ((first > 0) == (rows > 0)))
    zero = (np.asarray(keys, dtype=np.uint64) >> np.uint64(_CARRIAGE_SHIFT - 1)) & np.uint64(1)
    return np.asarray(keys_on_vehicles(keys) & (zero == 0) & crew_well, dtype=np.bool_)


def vehicle_parts(keys: ArrayLike) -> VehicleParts:
    """(n,) vehicle keys to their parts."""
    whole = np.asarray(keys, dtype=np.uint64)

    def part(shift: int, most: int) -> I64:
        return np.asarray((whole >> np.uint64(shift)) & np.uint64(most), dtype=np.int64)

    return VehicleParts(
        part(_MODE_SHIFT, 127) - FIRST_BASE_CELL,
        part(_RUN_SHIFT, LAST_RUN),
        part(_CARRIAGE_SHIFT, LAST_CARRIAGE),
        part(_ROW_SHIFT, 255),
        part(0, LAST_SEAT),
    )


def crew_zones(seat: I64) -> tuple[I64, I64]:
    """(n,) seats of crew to the (n,) first row and number of rows they serve; 0 and 0: the whole carriage."""
    return seat >> _ZONE_SHIFT, seat & CREW_ROWS


def vehicle_name(key: int) -> str:
    """A key as text: mode/run/carriage/row/seat, such as air/1234/1/12/3, or air/1234/1/crew/10-19 for crew."""
    one = vehicle_parts([key])
    mode, run, carriage, row, seat = (int(part[0]) for part in (one.mode, one.run, one.carriage, one.row, one.seat))
    head = f"{MODES[mode]}/{run}/{carriage}"
    if row == CREW_ROW:
        first, rows = seat >> _ZONE_SHIFT, seat & CREW_ROWS
        return f"{head}/crew" + (f"/{first}-{first + rows - 1}" if first else "")
    return f"{head}/{row}/{seat}"


def vehicle_key(name: str) -> int:
    """The inverse of `vehicle_name`; parts from the right may be left out. Raises InvalidValue."""
    found = _NAME.fullmatch(name.strip().lower())
    if found is None:
        raise InvalidValue(
            "place on a vehicle", "cannot be read", "Write mode/run/carriage/row/seat, e.g. rail/7/3/12/1"
        )
    mode, run, carriage, seat = found["mode"], int(found["run"]), int(found["carriage"] or 0), int(found["seat"] or 0)
    if found["row"] == "crew":
        rows = int(found["last"] or seat) - seat + 1 if seat else 0
        return int(crew_keys(mode, run, carriage, seat, rows)[0])
    if found["last"]:
        raise InvalidValue("place on a vehicle", "its seat is not a number", "Only crew serve rows from-to")
    return int(vehicle_keys(mode, run, carriage, int(found["row"] or 0), seat)[0])


def _packed(mode: str, run: ArrayLike, carriage: ArrayLike, row: I64, seat: I64) -> U64:
    if mode not in MODES:
        raise InvalidValue(f"mode {mode!r}", "there is none of this name", f"Take one of: {', '.join(MODES)}")
    parts = (_within("run", run, LAST_RUN), _within("carriage", carriage, LAST_CARRIAGE), row, seat)
    columns = np.broadcast_arrays(*(np.atleast_1d(part) for part in parts))
    base = (FIRST_BASE_CELL + MODES.index(mode)) << _MODE_SHIFT
    keys = np.full(columns[0].shape, base, dtype=np.uint64)
    for column, shift in zip(columns, (_RUN_SHIFT, _CARRIAGE_SHIFT, _ROW_SHIFT, 0), strict=True):
        keys |= column.astype(np.uint64) << np.uint64(shift)
    return keys


def _within(name: str, values: ArrayLike, most: int) -> I64:
    whole = np.asarray(values, dtype=np.int64)
    if ((whole < 0) | (whole > most)).any():
        raise InvalidValue(name, f"must be 0 to {most:,}", "0 stands for one that is not known")
    return whole
