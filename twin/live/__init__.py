"""Live: latest state, ordered deltas, history. Arrays in, arrays out; it knows neither the store nor HTTP."""

from twin.live.datastreams import Datastreams, datastream_id, declare
from twin.live.engine import Live, Receipt, Refused
from twin.live.hub import Delta, Hub, Snapshot, TooOld
from twin.live.state import NEVER, Batch, LatestState, Result, make_batch

__all__ = [
    "NEVER",
    "Batch",
    "Datastreams",
    "Delta",
    "Hub",
    "LatestState",
    "Live",
    "Receipt",
    "Refused",
    "Result",
    "Snapshot",
    "TooOld",
    "datastream_id",
    "declare",
    "make_batch",
]
