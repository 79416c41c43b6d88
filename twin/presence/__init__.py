"""Who was at the same place at the same time: segments on disk, kernels over them."""

from twin.presence.answer import (
    Answer,
    CompanionRow,
    ContactRow,
    Cost,
    Evidence,
    FootfallRow,
    Gathering,
    Guest,
    Late,
    LingeringRow,
    Meeting,
    MeetingRow,
    OccupancyRow,
    PairRow,
    Present,
    Rule,
    SharedPlaceRow,
    TrajectoryRow,
    Visit,
    VisitorRow,
)
from twin.presence.chain.rows import Chain, ChainRow, Label, Step
from twin.presence.contact import Contact, Dwell
from twin.presence.engine import Presence, PresenceStats
from twin.presence.near.areas import Areas
from twin.presence.near.metric import Radius, Square
from twin.presence.near.named import SCALES, ScaleParams, nearness
from twin.presence.near.nearness import Nearness
from twin.presence.near.ranges import KeyRanges
from twin.presence.near.scales import Cell, Floor, Unit
from twin.presence.near.vehicles import Carriage, Rows
from twin.presence.network.rows import DegreeRow, Degrees, NetworkRow
from twin.presence.segments.batch import END_ESTIMATED, MEASURED, Receipt, StayBatch
from twin.presence.together import Threshold, Together, Trust
from twin.presence.versions import Compacted, Done, Dropped, DroppedDays, Forgotten, Kind, Version
from twin.presence.warming import warm
from twin.presence.watch.alert import Alert, Change, Crowd, Delivery, Standing
from twin.presence.watch.watch import Watch, WatchCrowd, WatchPersons, WatchPlaces
from twin.presence.watch.watches import Watches

__all__ = [
    "END_ESTIMATED",
    "MEASURED",
    "SCALES",
    "Alert",
    "Answer",
    "Areas",
    "Carriage",
    "Cell",
    "Chain",
    "ChainRow",
    "Change",
    "Compacted",
    "CompanionRow",
    "Contact",
    "ContactRow",
    "Cost",
    "Crowd",
    "DegreeRow",
    "Degrees",
    "Delivery",
    "Done",
    "Dropped",
    "DroppedDays",
    "Dwell",
    "Evidence",
    "Floor",
    "FootfallRow",
    "Forgotten",
    "Gathering",
    "Guest",
    "KeyRanges",
    "Kind",
    "Label",
    "Late",
    "LingeringRow",
    "Meeting",
    "MeetingRow",
    "Nearness",
    "NetworkRow",
    "OccupancyRow",
    "PairRow",
    "Presence",
    "PresenceStats",
    "Present",
    "Radius",
    "Receipt",
    "Rows",
    "Rule",
    "ScaleParams",
    "SharedPlaceRow",
    "Square",
    "Standing",
    "StayBatch",
    "Step",
    "Threshold",
    "Together",
    "TrajectoryRow",
    "Trust",
    "Unit",
    "Version",
    "Visit",
    "VisitorRow",
    "Watch",
    "WatchCrowd",
    "WatchPersons",
    "WatchPlaces",
    "Watches",
    "nearness",
    "warm",
]
