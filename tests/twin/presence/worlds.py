"""Small worlds for the tests: stays as a list, the same stays as a batch, and hypothesis strategies for them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np
from hypothesis import strategies as st

from tests.twin.presence.oracle import S
from twin.geo.cells import UNKNOWN_FLOOR, cells_to_keys, lonlat_to_cells
from twin.presence import StayBatch

_HOME = lonlat_to_cells([[114.03, 22.61]], 12)
_NEAR = lonlat_to_cells([[114.0302, 22.6101]], 12)
_FAR = lonlat_to_cells([[114.10, 22.70]], 12)
_COARSE = lonlat_to_cells([[114.03, 22.61]], 9)

PLACES = [
    int(cells_to_keys(cell, [level], [unit])[0])
    for cell, level, unit in (
        (_HOME, 1, 0),
        (_HOME, 1, 7),
        (_HOME, 2, 7),
        (_HOME, -1, 3),
        (_HOME, UNKNOWN_FLOOR, 0),
        (_HOME, UNKNOWN_FLOOR, 5),
        (_NEAR, 1, 7),
        (_NEAR, UNKNOWN_FLOOR, 0),
        (_FAR, 1, 7),
        (_COARSE, UNKNOWN_FLOOR, 0),
        (_COARSE, 2, 0),
    )
]

# Midnights worth a test: an ordinary one, the 23-hour and the 25-hour day's edges, one of a zone that skips midnight.
EDGES = {
    "Asia/Shanghai": ["2024-03-10", "2024-03-11"],
    "Europe/Berlin": ["2024-03-31", "2024-04-01", "2024-10-27", "2024-10-28"],
    "America/New_York": ["2024-03-10", "2024-03-11", "2024-11-03", "2024-11-04"],
    "America/Sao_Paulo": ["2018-11-04", "2018-11-05", "2018-02-18"],
}


def name(person: int) -> bytes:
    """A pseudonym for a test person."""
    return person.to_bytes(16, "big")


def edge(zone: str, day: str) -> int:
    """The UTC second of a local midnight."""
    return int(datetime.fromisoformat(day).replace(tzinfo=ZoneInfo(zone)).timestamp())


def batch(stays: Sequence[S]) -> StayBatch:
    """The stays as a batch; person numbers of the store follow their first appearance."""
    people = list(dict.fromkeys(stay.person for stay in stays))
    index = {person: i for i, person in enumerate(people)}
    return StayBatch(
        [name(person) for person in people],
        np.array([index[stay.person] for stay in stays], dtype=np.uint32),
        np.array([stay.place for stay in stays], dtype=np.uint64),
        np.array([stay.start for stay in stays], dtype=np.int64),
        np.array([stay.end for stay in stays], dtype=np.int64),
        np.array([stay.source for stay in stays], dtype=np.uint8),
        np.array([stay.quality for stay in stays], dtype=np.uint8),
    )


@st.composite
def worlds(draw: st.DrawFn) -> tuple[str, int, list[S]]:
    """(zone, a midnight, stays around it): few people, few places, short and very long stays, ties, duplicates."""
    zone = draw(st.sampled_from(sorted(EDGES)))
    midnight = edge(zone, draw(st.sampled_from(EDGES[zone])))
    offsets = st.one_of(st.sampled_from([0, -1, 1, 600, -600, 3600, 82800, 86400, 90000]), st.integers(-40000, 40000))
    lengths = st.one_of(st.sampled_from([0, 0, 1, 599, 600, 601, 86400, 300000]), st.integers(0, 20000))
    stays = [
        S(
            draw(st.integers(0, 6)),
            draw(st.sampled_from(PLACES)),
            start := midnight + draw(offsets),
            start + draw(lengths),
            draw(st.integers(0, 2)),
            draw(st.sampled_from([0, 0, 0, 1])),
        )
        for _ in range(draw(st.integers(1, 25)))
    ]
    return zone, midnight, stays + draw(st.lists(st.sampled_from(stays), max_size=4))
