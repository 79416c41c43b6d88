"""Where others are near to the stays of a chain: one look-up for all stays at a place, or in a group of a scale."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twin.geo.cells import cell_resolution, keys_to_cells
from twin.presence.kernels.chain_frontier import Ranges
from twin.presence.near.nearness import Nearness
from twin.presence.near.scales import Floor, Unit
from twin.types import I64, U64, Bools


@dataclass(frozen=True, slots=True)
class Nearby:
    """Per distinct place key (u,): its group, its row in `ranges`, whether anything is near to it."""

    group: U64
    row: I64
    usable: Bools
    ranges: Ranges


def groups_of(near: Nearness, keys: U64) -> U64:
    """(n,) keys to the groups in which a person's touching stays are one: the place itself where groups overlap."""
    return near.groups(keys) if near.partition else keys


def nearby(near: Nearness, keys: U64, *, certain: bool) -> Nearby:
    """What is near to (u,) distinct keys. `certain`: only what is so without doubt."""
    group = groups_of(near, keys)
    chosen, row = _representatives(near, keys, group)
    around = near.around(keys[chosen])
    use = around.certain if certain else np.ones(len(around.stay), dtype=np.bool_)
    some = np.flatnonzero(use)
    some = some[np.lexsort((around.ranges.lo[some], around.stay[some]))]
    first = np.searchsorted(around.stay[some], np.arange(len(chosen) + 1))
    ranges = Ranges(
        first, around.ranges.lo[some], around.ranges.hi[some], around.certain[some], around.floor[some], certain
    )
    return Nearby(group, row, (first[1:] > first[:-1])[row], ranges)


def _representatives(near: Nearness, keys: U64, group: U64) -> tuple[I64, I64]:
    """(r,) keys that stand for all, and which of them each key is stood for by.

    In a partition what is near hangs on the group and on how finely a place is known.
    """
    if not near.partition or isinstance(near, Unit | Floor):
        return np.arange(len(keys)), np.arange(len(keys))
    res = cell_resolution(keys_to_cells(keys))
    order = np.lexsort((res, group))
    fresh = np.ones(len(keys), dtype=np.bool_)
    fresh[1:] = (group[order][1:] != group[order][:-1]) | (res[order][1:] != res[order][:-1])
    row = np.empty(len(keys), dtype=np.int64)
    row[order] = np.cumsum(fresh) - 1
    return order[fresh], row
