"""A plain city of any size for timing: homes, work, hubs with thousands a day, shops; seeded."""

from __future__ import annotations

import numpy as np

from twin.geo.cells import cells_to_keys, lonlat_to_cells
from twin.presence import StayBatch
from twin.types import I64, U64

DAY_S = 86_400


def places(rng: np.random.Generator, count: int) -> U64:
    """(count,) distinct place keys: units on floors of buildings in 10 km²."""
    buildings = lonlat_to_cells(rng.uniform([114.0, 22.6], [114.03, 22.63], (count // 20 + 1, 2)), 12)
    which = rng.integers(0, len(buildings), count)
    keys = cells_to_keys(buildings[which], rng.integers(1, 30, count), np.arange(count) % 8000 + 1)
    return np.unique(keys)


def stays(people: int, days: int, midnight: int, seed: int = 1) -> StayBatch:
    """About 5.7 stays per person and day: home, way, work, lunch, hub, home. Each stay ends before the next begins."""
    rng = np.random.default_rng(seed)
    keys = rng.permutation(places(rng, people // 2 + 400))
    hubs, keys = keys[:8], keys[8:]
    shops, keys = keys[: people // 100 + 5], keys[people // 100 + 5 :]
    offices, homes = keys[: people // 20 + 5], keys[people // 20 + 5 :]
    home, work = rng.integers(0, len(homes), people), rng.integers(0, len(offices), people)
    columns: list[tuple[I64, U64, I64, I64]] = []
    who = np.arange(people)
    for day in range(days):
        base = midnight + day * DAY_S
        leave = base + rng.integers(6 * 3600, 9 * 3600, people)
        hub_in, arrive = leave + 600, leave + 600 + rng.integers(60, 900, people)
        noon = base + rng.integers(41_000, 46_000, people)
        back = base + rng.integers(60_000, 72_000, people)
        evening = back + 1200 + rng.integers(60, 900, people)
        columns += [
            (who, homes[home], base + 0 * who, leave),
            (who, hubs[rng.integers(0, 8, people)], hub_in, arrive),
            (who, offices[work], arrive + 600, noon),
            (who, shops[rng.integers(0, len(shops), people)], noon + 300, noon + 300 + rng.integers(60, 3000, people)),
            (who, offices[work], noon + 3600, back),
            (who, hubs[rng.integers(0, 8, people)], back + 1200, evening),
            (who, homes[home], evening + 600, base + DAY_S + 0 * who),
        ]
    person, place, start, end = (np.concatenate(column) for column in zip(*columns, strict=True))
    zeros = np.zeros(len(person), dtype=np.uint8)
    names = [int(i).to_bytes(16, "big") for i in who]
    return StayBatch(names, person.astype(np.uint32), place.astype(np.uint64), start, end, zeros, zeros)
