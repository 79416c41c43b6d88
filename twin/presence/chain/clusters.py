"""Places by cluster: who is in different clusters cannot be together by a scale that is a partition."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from twin.geo.cells import UNKNOWN_FLOOR, keys_to_floors
from twin.geo.vehicles import keys_on_vehicles
from twin.presence.chain.ground import Field
from twin.presence.chain.nearby import nearby
from twin.presence.chain.stays import Scale
from twin.presence.kernels.chain_crowd import Entries
from twin.presence.near.nearness import Nearness
from twin.presence.near.ranges import CELL_SPAN
from twin.presence.near.scales import Floor, Unit
from twin.types import U64, Bools

_DIGITS_SHIFT, _UNUSED = np.uint64(21), np.uint64(7)


@dataclass(frozen=True, slots=True)
class Clusters:
    """Per place (n,): its cluster, its group within it, whether its floor is unknown, whether it is compared at all."""

    cluster: U64
    group: U64
    unknown: Bools
    used: Bools


def clusters(scale: Scale, keys: U64) -> Clusters:
    """(n,) distinct place keys to their clusters. The scale is a partition."""
    near = scale.near
    group = near.groups(keys)
    if isinstance(near, Unit | Floor):
        cluster = keys // CELL_SPAN
        unknown = keys_to_floors(keys) == UNKNOWN_FLOOR
        used = ((keys >> _DIGITS_SHIFT) & _UNUSED != _UNUSED) & ~keys_on_vehicles(keys)  # what `around` compares
        if scale.certain:
            used &= ~unknown
    else:
        wide = _on_any_floor(near)
        cluster = group if wide is near else wide.groups(keys)
        unknown = np.full(len(keys), wide is not near) & (keys_to_floors(keys) == UNKNOWN_FLOOR)
        used = nearby(near, keys, certain=scale.certain).usable
    return Clusters(cluster, group, unknown, used)


def _on_any_floor(near: Nearness) -> Nearness:
    """The scale without its floors, where it has some: then an unknown floor is near to all."""
    if not getattr(near, "same_floor", False):
        return near
    scale: Any = near
    wide: Nearness = replace(scale, same_floor=False)
    return wide


class Grounds:
    """The entries of days of a field, the clusters of each segment kept where they take long to find."""

    def __init__(self, field: Field, scale: Scale) -> None:
        self._field = field
        self._scale = scale
        self._kept: dict[int, Clusters] = {}

    def entries(self, segments: Sequence[int]) -> Entries:
        """The places of some segments by (cluster, group)."""
        parts = [self._clusters(g) for g in segments]
        used = [np.flatnonzero(part.used) for part in parts]
        cluster = _joined([part.cluster[some] for part, some in zip(parts, used, strict=True)], np.uint64)
        group = _joined([part.group[some] for part, some in zip(parts, used, strict=True)], np.uint64)
        segment = np.repeat(np.array(segments, dtype=np.uint32), [len(some) for some in used])
        place = _joined(used, np.uint32)
        unknown = _joined([part.unknown[some] for part, some in zip(parts, used, strict=True)], np.uint8)
        columns = [cluster, group, segment, place, unknown]
        if not _in_order(cluster, group):
            order = np.lexsort((group, cluster))
            columns = [column[order] for column in columns]
        edges = np.flatnonzero(columns[0][1:] != columns[0][:-1]) + 1
        bounds = np.concatenate([[0], edges, [len(cluster)]]) if len(cluster) else np.zeros(1, dtype=np.int64)
        return Entries(columns[0], columns[1], columns[2], columns[3], columns[4], bounds)

    def _clusters(self, g: int) -> Clusters:
        if g in self._kept:
            return self._kept[g]
        found = clusters(self._scale, self._field.segments[g].places.keys)
        if not isinstance(self._scale.near, Unit | Floor):
            self._kept[g] = found
        return found


def _joined(parts: Sequence[Any], kind: Any) -> Any:
    return np.concatenate([np.empty(0, dtype=kind), *(np.asarray(part, dtype=kind) for part in parts)])


def _in_order(cluster: U64, group: U64) -> bool:
    up, level = cluster[1:] > cluster[:-1], cluster[1:] == cluster[:-1]
    return bool((up | (level & (group[1:] >= group[:-1]))).all())
