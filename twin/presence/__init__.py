"""Who was at the same place at the same time: segments on disk, kernels over them."""

from twin.presence.answer import (
    Answer,
    CompanionRow,
    Cost,
    Evidence,
    Rule,
    TrajectoryRow,
    Visit,
    VisitorRow,
)
from twin.presence.engine import Presence, PresenceStats
from twin.presence.near.ranges import KeyRanges, Scale
from twin.presence.segments.batch import END_ESTIMATED, MEASURED, Receipt, StayBatch
from twin.presence.warming import warm

__all__ = [
    "END_ESTIMATED",
    "MEASURED",
    "Answer",
    "CompanionRow",
    "Cost",
    "Evidence",
    "KeyRanges",
    "Presence",
    "PresenceStats",
    "Receipt",
    "Rule",
    "Scale",
    "StayBatch",
    "TrajectoryRow",
    "Visit",
    "VisitorRow",
    "warm",
]
