"""A synthetic district of any size: stays day by day in bounded memory, the same for the same (people, seed, day)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np

from benchmarks.presence.itinerary import DAY_S, MOST_STAYS, WORKERS, Crowd, Day, Stays, mix, quantiles, write_day
from benchmarks.presence.places import make_places, work_sizes
from twin.errors import InvalidValue
from twin.presence import StayBatch
from twin.types import U32, Window

ZONE = "Asia/Shanghai"
"""Without summer time: every day has 86,400 s."""

FIRST_DAY = "2026-11-09"
"""A Monday."""

GENERATOR = 1
"""Counts up with every change that makes other stays of the same seed."""

_PART_PEOPLE = 3_000_000
_WEEKEND_WORK, _WEEKDAY_WORK = 0.25, 0.95
_VENUE_SKEW = 0.7
_HUB_LOADS = np.array([110, 100, 90, 80, 72, 66, 60, 57, 54, 52], dtype=np.float64)
_STRIDE = 1_000_003  # people are written down in leaps, so that no column comes sorted


@dataclass(frozen=True, slots=True)
class WorldSpec:
    """Which world: how many people, how many days, from which seed."""

    people: int = 2_830_000
    days: int = 14
    seed: int = 1

    def __post_init__(self) -> None:
        if not 50 <= self.people <= 1 << 26:
            raise InvalidValue("people", "must be 50 to 67,108,864", "Give another number")
        if not 1 <= self.days <= 3660:
            raise InvalidValue("days", "must be 1 to 3,660", "Give another number")

    @property
    def midnight(self) -> int:
        """The UTC second at which the first day begins."""
        return int(datetime.fromisoformat(FIRST_DAY).replace(tzinfo=ZoneInfo(ZONE)).timestamp())

    @property
    def window(self) -> Window:
        """All its days."""
        return self.last_days(self.days)

    def last_days(self, days: int) -> Window:
        """The last days of it."""
        end = self.midnight + self.days * DAY_S
        return Window(end - days * DAY_S, end)

    def first_days(self, days: int) -> Window:
        """The first days of it."""
        return Window(self.midnight, self.midnight + days * DAY_S)

    def same_people(self) -> dict[str, int]:
        """What two worlds share whose days are the same as far as both have them."""
        return {key: value for key, value in asdict(self).items() if key != "days"} | {"generator": GENERATOR}


class World:
    """The people and places of a world, ready to live their days."""

    def __init__(self, spec: WorldSpec) -> None:
        self.spec = spec
        rng = np.random.default_rng(spec.seed)
        workers = np.flatnonzero(rng.random(spec.people) < WORKERS)
        sizes = work_sizes(rng, len(workers))
        places = make_places(rng, spec.people, len(sizes))
        work = np.zeros(spec.people, dtype=np.uint64)
        work[workers] = rng.permutation(np.repeat(places.works, sizes)[: len(workers)])
        popular = np.arange(1, len(places.venues) + 1, dtype=np.float64) ** -_VENUE_SKEW
        self.crowd = Crowd(
            places.homes[rng.integers(0, len(places.homes), spec.people)],
            work,
            places.venues,
            places.venue_floors,
            quantiles(popular, max(1 << 18, 4 * len(popular))).astype(np.uint32),
            places.stops,
            places.hubs,
            quantiles(_HUB_LOADS, 1 << 12).astype(np.uint16),
            places.squares,
        )
        self.pseudonyms = _pseudonyms(spec)
        """One of 16 bytes per person; person i of every batch is the i-th."""
        self._persons = _leaping(spec.people)

    def batches(self, day: int) -> Iterator[StayBatch]:
        """The stays of one day (0 is the first) in as many parts as keep one at some 20 million stays."""
        parts = -(-self.spec.people // _PART_PEOPLE)
        for persons in np.array_split(self._persons, parts):
            yield self._written(persons, day)

    def _written(self, persons: U32, day: int) -> StayBatch:
        room = len(persons) * MOST_STAYS  # what is not written to takes no memory
        out = Stays(
            np.empty(room, dtype=np.uint32),
            np.empty(room, dtype=np.uint64),
            np.empty(room, dtype=np.int64),
            np.empty(room, dtype=np.int64),
            np.empty(room, dtype=np.uint8),
            np.empty(room, dtype=np.uint8),
        )
        working = _WEEKEND_WORK if day % 7 >= 5 else _WEEKDAY_WORK
        midnight = self.spec.midnight + day * DAY_S
        seed = self.spec.seed
        n = write_day(persons, Day(midnight, _hash(seed, 0), _hash(seed, day + 1), working), self.crowd, out)
        written = out.person[:n], out.place[:n], out.start[:n], out.end[:n], out.source[:n], out.quality[:n]
        return StayBatch(self.pseudonyms, *written)


def _hash(seed: int, salt: int) -> int:
    return int(mix(mix(np.uint64(seed)) + np.uint64(salt))) >> 2  # fits a signed integer with room to add to


def _leaping(people: int) -> U32:
    stride = _STRIDE
    while np.gcd(stride, people) != 1:
        stride += 1
    return (np.arange(people, dtype=np.int64) * stride % people).astype(np.uint32)


def _pseudonyms(spec: WorldSpec) -> list[bytes]:
    rng = np.random.default_rng([spec.seed, 16])
    names = rng.integers(0, 1 << 63, (spec.people, 2), dtype=np.uint64)
    names[:, 1] = np.arange(spec.people)  # distinct, whatever the dice say
    raw = names.tobytes()
    return [raw[at : at + 16] for at in range(0, len(raw), 16)]
