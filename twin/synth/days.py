"""A day of everybody's stays, from midnight to midnight: what truly happened, before anything observed it.

Everything depends on (seed, day, person) alone, so any day can be made without the ones before.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twin.synth.people import AWAY, HOMEBODY, LOCAL, NIGHT, PUPIL, People
from twin.synth.plans import DRAFT, commuter, free_day, kernel, local_worker, night_worker, pupil, random
from twin.synth.venues import Venues
from twin.types import F64, I32, I64, U32

_SPARE = 300  # everybody is where the night finds them five minutes before midnight
_SHORTEST = 120


@dataclass(frozen=True, slots=True)
class Day:
    """A local day: its number, its weekday from Monday 0, and its length (not always 86,400 s)."""

    number: int
    weekday: int
    length_s: int = 86_400


@dataclass(frozen=True, slots=True)
class DayStays:
    """Columns ordered by person, then start: start and end are seconds after the local midnight."""

    person: U32
    venue: I32
    start: I32
    end: I32

    def __len__(self) -> int:
        return len(self.person)


def live_day(seed: int, day: Day, people: People, venues: Venues) -> DayStays:
    """Everybody's stays of one local day."""
    n = len(people)
    lives = np.column_stack((people.home, people.work, people.board, people.alight, people.persona, people.friends))
    stays = np.empty((n, DRAFT + 1, 3), dtype=np.int32)
    when = np.array([seed, day.number, day.weekday, day.length_s], dtype=np.int64)
    town = (venues.xy, venues.block, venues.near)
    counts = np.zeros(n, dtype=np.int64)
    _live(when, lives.astype(np.int64), town, stays, counts)
    filled = stays[np.arange(DRAFT + 1)[None, :] < counts[:, None]]
    person = np.repeat(np.arange(n, dtype=np.uint32), counts)
    return DayStays(person, filled[:, 0].copy(), filled[:, 1].copy(), filled[:, 2].copy())


@kernel
def _travel(xy: F64, a: int, b: int) -> int:
    """Seconds from place to place: on foot at 1.2 m/s, or by bus at 5 m/s after 4 minutes; a minute between floors."""
    if a < 0 or b < 0:
        return 300
    d = np.hypot(xy[a, 0] - xy[b, 0], xy[a, 1] - xy[b, 1])
    return int(60 + min(d / 1.2, 240 + d / 5.0))


@kernel
def _walk(draft: I64, last: int, length_s: int, xy: F64, stays: I32) -> int:
    """Turn a draft into stays of (place, start, end) that end the day at `last`; how many.

    Travel takes its time, a stay shorter than two minutes is stretched, and whoever would not be at `last` before
    midnight goes there at once.
    """
    n, t, here = 0, 0, draft[0, 0]
    for k in range(draft.shape[1]):
        place = draft[0, k]
        if k:
            if place == here:
                continue
            there = t + _travel(xy, here, place)
            if there + _SHORTEST + _travel(xy, place, last) > length_s - _SPARE:
                break
            t = there
        leave = max(draft[1, k], t + _SHORTEST)
        for later in range(k + 1, draft.shape[1]):  # the same place twice running is one stay
            if draft[0, later] != place:
                break
            leave = max(leave, draft[1, later])
        leave = min(leave, length_s - _SPARE - _travel(xy, place, last))
        if place >= 0:
            stays[n, 0], stays[n, 1], stays[n, 2] = place, t, leave
            n += 1
        t, here = leave, place
    if here == last:
        stays[n - 1, 2] = length_s
        return n
    stays[n, 0], stays[n, 1], stays[n, 2] = last, t + _travel(xy, here, last), length_s
    return n + 1


@kernel
def _live(when: I64, lives: I64, town: tuple[F64, I64, I32], stays: I32, counts: I64) -> None:
    """Everybody's day: (n, DRAFT + 1, 3) stays, of which counts[p] are filled."""
    xy, block, near = town
    weekday, weekend = when[2], int(when[2] >= 5)
    state = np.empty(1, dtype=np.uint64)
    who = np.empty(7, dtype=np.int64)
    draft = np.empty((2, DRAFT), dtype=np.int64)
    for p in range(len(lives)):
        base = np.uint64(when[0]) * np.uint64(0xD1B54A32D192ED03) + np.uint64(when[1])
        state[0] = base * np.uint64(0xA24BAED4963EE407) + np.uint64(p)
        random(state)
        persona = lives[p, 4]
        who[:4] = lives[p, :4]
        who[4] = lives[p, 5 + int(random(state) * (lives.shape[1] - 5))]
        who[5] = block[who[0]]
        who[6] = block[who[1]] if who[1] >= 0 else who[5]
        off = weekend and random(state) < 0.78
        last = who[0]
        if persona == NIGHT:
            k = night_worker(state, who, near, draft, weekday)
            last = who[1] if weekday < 5 else who[0]
        elif persona == HOMEBODY or off or (persona == PUPIL and weekend):
            k = free_day(state, who, near, draft, weekend)
        elif persona == LOCAL:
            k = local_worker(state, who, near, draft)
        elif persona == AWAY:
            k = commuter(state, who, near, draft)
        else:
            k = pupil(state, who, near, draft)
        counts[p] = _walk(draft[:, :k], last, when[3], xy, stays[p])
