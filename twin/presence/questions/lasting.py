"""Probes around stays that may go on for days."""

from __future__ import annotations

import numpy as np

from twin.presence.kernels.layout import Probes
from twin.presence.near.nearness import Neighbourhood
from twin.presence.segments.segment import Segment
from twin.presence.snapshot import Own
from twin.types import I64


class Lasting:
    """Around each stay from its start `until` a second of its own; each is looked for in every day it reaches into.

    `gap_s`: gaps of others' stays that are bridged (see `questions.bridging`).
    """

    def __init__(self, own: Own, near: Neighbourhood, until: I64, gap_s: int) -> None:
        stay = near.stay
        self.spans = own.start, until
        self.all = Probes(
            near.ranges.lo,
            near.ranges.hi,
            own.start[stay] - gap_s,
            until[stay] + gap_s + (gap_s > 0),  # a stay that begins just as the gap ends is still bridged
            near.certain & own.certain[stay],
            near.floor,
            stay.astype(np.uint32),
        )

    def of(self, segment: Segment) -> Probes:
        """The probes that reach into a segment's day."""
        inside = self.all.start < segment.info.until
        inside &= np.maximum(self.all.end, self.all.start + 1) > segment.info.base
        return Probes._make(column[inside] for column in self.all)
