"""A town for rules: a block of flats with a noodle shop, an office, a flight; and what one case did there.

Times are hours from the midnight at which 2022-04-03 begins in Shanghai. The case falls ill on the 5th.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import shapely

from scenes.epidemic.rulebook.anchoring import Times
from scenes.epidemic.rulebook.applying import Asked
from twin.entity import Entity
from twin.geo.vehicles import crew_keys, vehicle_keys
from twin.presence import Presence, StayBatch
from twin.pseudonyms import Pseudonyms
from twin.store import SourceInfo, Store

ZONE = "Asia/Shanghai"
MIDNIGHT = 1_648_915_200
HOUR = 3600
HOME, OFFICE = (114.03, 22.61), (114.04, 22.615)
CASE, MATE, NEIGHBOUR, COLLEAGUE, DINER, LATER, FRIEND, SEATED, FAR_SEATED, CREW = range(10)
NAMES = ("case", "mate", "neighbour", "colleague", "diner", "later", "friend", "seated", "far", "crew")

Stay = tuple[int, str, float, float]


@dataclass(frozen=True)
class Town:
    """What a rule needs of an opened twin."""

    store: Store
    presence: Presence
    pseudonyms: Pseudonyms
    zone: str = ZONE

    def asked(self, persons: Sequence[int] = (CASE,), **moments: object) -> Asked:
        """These persons, with what is known of them; without anything: an onset on the 5th, isolated on the 6th."""
        given = moments or {"onset": "2022-04-05", "isolation": "2022-04-06"}
        return Asked(list(persons), Times(given), {})  # type: ignore[arg-type]

    def close(self) -> None:
        self.presence.close()
        self.store.close()


def _square(point: tuple[float, float]) -> bytes:
    return bytes(shapely.to_wkb(shapely.Point(point).buffer(0.0002, cap_style="square")))


def entities() -> list[Entity]:
    return [
        Entity("flats", "building", footprint=_square(HOME), attributes={"use": "residential"}),
        Entity("flats/2", "storey", "flats", attributes={"level": 2}),
        Entity("201", "unit", "flats/2", attributes={"level": 2}),
        Entity("202", "unit", "flats/2", attributes={"level": 2}),
        Entity("noodles", "premises", "flats", attributes={"category": "food", "level": 1}),
        Entity("tower", "building", footprint=_square(OFFICE), attributes={"use": "office"}),
        Entity("tower/9", "storey", "tower", attributes={"level": 9}),
    ]


STAYS: list[Stay] = [
    *((CASE, "201", day * 24 + 0.0, day * 24 + 8.0) for day in range(-8, 4)),
    *((CASE, "tower/9", day * 24 + 9.0, day * 24 + 17.0) for day in range(4)),
    (CASE, "noodles", 18.0, 19.0),
    (CASE, "seat 12", 44.0, 46.0),
    (MATE, "201", 1.0, 7.0),
    (MATE, "202", 56.0, 60.0),
    (NEIGHBOUR, "202", 2.0, 6.0),
    (FRIEND, "202", 57.0, 59.0),
    (COLLEAGUE, "tower/9", 10.0, 11.0),
    (DINER, "noodles", 18.5, 18.8),
    (LATER, "noodles", 19.5, 20.5),
    (SEATED, "seat 9", 44.0, 46.0),
    (FAR_SEATED, "seat 30", 44.0, 46.0),
    (CREW, "crew", 44.0, 46.0),
]


def make_town(folder: Path, stays: Sequence[Stay] = tuple(STAYS)) -> Town:
    """The town in a new folder."""
    store = Store.create(folder, name="town", zone=ZONE)
    store.write(entities(), source=SourceInfo("test", "test", "EPSG:4326", "wgs84", "ellipsoidal", MIDNIGHT))
    ids = ["201", "202", "noodles", "tower/9"]
    points = np.array([HOME, HOME, HOME, OFFICE])
    keys = dict(zip(ids, store.places.assign(ids, points, np.array([2, 2, 1, 9])).tolist(), strict=True))
    keys |= {f"seat {row}": int(vehicle_keys("air", 77, 1, row)[0]) for row in (9, 12, 30)}
    keys["crew"] = int(crew_keys("air", 77, 1, 10, 10)[0])
    presence = Presence.open(folder / "presence", zone=ZONE, write=True)
    pseudonyms = Pseudonyms.open(folder)
    times = [np.array([round(MIDNIGHT + stay[at] * HOUR) for stay in stays], dtype=np.int64) for at in (2, 3)]
    zeros = np.zeros(len(stays), dtype=np.uint8)
    who = np.array([stay[0] for stay in stays], dtype=np.uint32)
    place = np.array([keys[stay[1]] for stay in stays], dtype=np.uint64)
    presence.ingest(StayBatch(pseudonyms.of(NAMES), who, place, *times, zeros, zeros), key="all")
    return Town(store, presence, pseudonyms)
