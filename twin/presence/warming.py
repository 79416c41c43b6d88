"""Every kernel loaded before the first question: compiled once per installation, read from the cache afterwards."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from twin.geo.cells import cells_to_keys
from twin.presence.contact import Contact, Dwell
from twin.presence.engine import Presence
from twin.presence.near.ranges import KeyRanges
from twin.presence.segments.batch import StayBatch
from twin.presence.watch.watch import WatchCrowd
from twin.types import Window

_CELL = 0x8C411D2A6D8C1FF  # any cell of resolution 12


def warm() -> None:
    """Ask every question of a store of two people in a temporary folder."""
    place = int(cells_to_keys([_CELL], [1], [1])[0])
    zeros = np.zeros(2, dtype=np.uint8)
    batch = StayBatch(
        [bytes(16), b"\1" * 16],
        np.array([0, 1], dtype=np.uint32),
        np.full(2, place, dtype=np.uint64),
        np.array([0, 600], dtype=np.int64),
        np.array([3600, 7200], dtype=np.int64),
        zeros,
        zeros,
    )
    window = Window(0, 7200)
    with TemporaryDirectory() as folder, Presence.open(Path(folder), zone="UTC", write=True) as presence:
        presence.ingest(batch, key="warm")
        presence.trajectory(0, window)
        presence.companions([0], window)
        here = KeyRanges.of([(place, place + 1)])
        presence.visitors(here, window)
        presence.footfall(here, window)
        presence.occupancy(here, window)
        presence.meetings([0, 1], window)
        presence.shared_places([0, 1], window, together=True).rows[0].gatherings[0]
        presence.lingering([0], window)
        presence.watches.add(WatchCrowd(here, window, 1))
        presence.watches.poll()
        presence.network(window)
        presence.degrees(window)
        presence.contact_graph(window, persons=[0, 1])
        presence.contacts([0], window, rule=Contact(dwell=Dwell(1)))
