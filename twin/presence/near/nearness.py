"""What every scale has in common: from the places of stays to the places that count as together with each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from twin.geo.cells import UNKNOWN_FLOOR, cell_resolution, keys_to_cells, keys_to_floors
from twin.geo.vehicles import keys_on_vehicles
from twin.presence.near.ranges import KeyRanges
from twin.types import I64, U64, Bools

ANY_FLOOR = -1000
"""Mark in a probe's floor: the floor is not looked at."""


@dataclass(frozen=True, slots=True)
class Neighbourhood:
    """Where others would be together with each stay.

    (m,) each: stay number, key range, whether the place leaves no doubt, and the floor that is asked for within the
    range (ANY_FLOOR: all). Where a floor is asked for, a place whose floor is unknown is only possible. No key is in
    two ranges of one stay. `not_compared`: stays placed too coarsely for the scale.
    """

    stay: I64
    ranges: KeyRanges
    certain: Bools
    floor: I64
    not_compared: I64


class Nearness(Protocol):
    """A scale as a value.

    `id` and `text` name it in rules ("unit"; "At the same place on the same floor"). `partition`: places fall into
    groups, and two places are near if they are in one group (unknown floors aside).
    """

    @property
    def id(self) -> str:
        """A short name, the same for equal values."""
        ...

    @property
    def text(self) -> str:
        """The beginning of a sentence."""
        ...

    @property
    def partition(self) -> bool:
        """Whether near means: in the same group."""
        ...

    def around(self, keys: U64) -> Neighbourhood:
        """(n,) place keys of stays to the key ranges that count as together with each."""
        ...

    def groups(self, keys: U64) -> U64:
        """(n,) place keys to (n,) groups: within one group a person's touching stays are one stay."""
        ...


def comparable(keys: U64, res: int) -> Bools:
    """(n,) keys to whether each is placed at least as finely as an H3 resolution."""
    return np.asarray(cell_resolution(keys_to_cells(keys)) >= res, dtype=np.bool_)


def grounded(keys: U64, res: int) -> Bools:
    """(n,) keys to whether each is on the ground and placed at least as finely as an H3 resolution.

    A place on a vehicle is in no cell: nobody on a train is near to those in the streets that it passes.
    """
    return comparable(keys, res) & ~keys_on_vehicles(keys)


def floors_wanted(keys: U64, same_floor: bool) -> tuple[I64, Bools]:
    """(n,) keys to (floor asked for, whether the floor leaves no doubt)."""
    if not same_floor:
        return np.full(len(keys), ANY_FLOOR), np.ones(len(keys), dtype=np.bool_)
    floors = keys_to_floors(keys)
    known = floors != UNKNOWN_FLOOR
    return np.where(known, floors, ANY_FLOOR), known


def with_floor(groups: U64, keys: U64, same_floor: bool) -> U64:
    """(n,) groups, told apart by floor where the floor counts."""
    if not same_floor:
        return groups
    return groups * np.uint64(256) + (keys_to_floors(keys) + 128).astype(np.uint64)


def spread(keys: U64, fine: Bools, which: I64, ranges: KeyRanges, certain: Bools, *, same_floor: bool) -> Neighbourhood:
    """A neighbourhood of `ranges` (m,), each of the fine stay number `which` (m,) among the (n,) keys."""
    stays = np.flatnonzero(fine)
    floor, known = floors_wanted(keys[fine], same_floor)
    return Neighbourhood(stays[which], ranges, certain & known[which], floor[which], np.flatnonzero(~fine))
