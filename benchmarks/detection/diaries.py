"""People whose diaries are planted: every stay of theirs is known, and fixes are made of them."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from benchmarks.detection.traces import EAST_M, NORTH_M, Trace, Visits
from twin.presence.detection import Profile
from twin.types import F64, I64

_MIDNIGHT = 1_714_521_600
_DAY_S = 86_400


@dataclass(frozen=True, slots=True)
class Planted:
    """Fixes of people whose diaries are known: every stay of theirs, and what of each can be seen in the fixes."""

    trace: Trace
    diary: Visits
    seen: Visits


def plant(people: int, days: int, profile: Profile, seed: int = 1) -> Planted:
    """Diaries of stays (8 minutes to 12 hours, and halts of 1 to 4) with ways between them, and fixes of them.

    Fixes come every minute or so at rest and four times as often on the way, 12 m off either way, one in 100 some
    hundred metres off; most days the phone is silent for one to nine hours. `seen` are the parts of diary stays between
    silences whose fixes last a fifth longer than a stay must.
    """
    dice = np.random.default_rng(seed)
    lives = [_live(days, dice) for _ in range(people)]
    trace = Trace(
        np.repeat(np.arange(people, dtype=np.uint32), [len(time) for time, _, _ in lives]),
        np.concatenate([time for time, _, _ in lives]),
        *_degrees(np.concatenate([at for _, at, _ in lives])),
    )
    stays = np.concatenate([stays for _, _, stays in lives])
    diary = Visits(
        np.repeat(np.arange(people, dtype=np.uint32), [len(stays) for _, _, stays in lives]),
        _MIDNIGHT + stays[:, 0].astype(np.int64),
        _MIDNIGHT + stays[:, 1].astype(np.int64),
        *_degrees(stays[:, 2:]),
    )
    return Planted(trace, diary, _seen(trace, diary, profile))


@dataclass(slots=True)
class _Day:
    """One person's time as it passes: seconds since the beginning, metres from the middle of the district."""

    dice: np.random.Generator
    now: float = 0.0
    moments: list[F64] = field(default_factory=list)
    places: list[F64] = field(default_factory=list)

    def spend(self, seconds: float, here: F64, there: F64, every: float) -> None:
        """Go from here to there at an even pace, or stay, with a fix every so many seconds on average."""
        time = np.cumsum(self.dice.exponential(every, int(2 * seconds / every) + 8) + 1)
        time = time[time < seconds]
        self.moments.append(self.now + time)
        self.places.append(here + (time / seconds)[:, None] * (there - here))
        self.now += seconds


def _live(days: int, dice: np.random.Generator) -> tuple[I64, F64, F64]:
    """(n,) UTC seconds and (n, 2) metres of one person's fixes, (m, 4) stays as start, end, metres east and north."""
    home = here = dice.uniform(-2000, 2000, 2)
    life = _Day(dice)
    stays: list[tuple[float, ...]] = []
    while life.now < days * _DAY_S:
        halt = dice.uniform() < 0.25
        length = dice.uniform(60, 240) if halt else float(np.clip(dice.lognormal(8.6, 1.3), 480, 43_200))
        stays.append((life.now, life.now + length, *here))
        life.spend(length, here, here, 60.0)
        there = home if dice.uniform() < 0.3 else dice.uniform(-2000, 2000, 2)
        far = float(np.hypot(*(there - here)))
        life.spend(max(far / (1.3 if far < 1200 else 8.0), 30.0), here, there, 15.0)
        here = there
    time, at = np.concatenate(life.moments), np.concatenate(life.places)
    at = at + dice.normal(0, 12, at.shape)
    astray = dice.uniform(size=len(at)) < 0.01
    at[astray] += dice.normal(0, 250, (int(astray.sum()), 2))
    heard = np.ones(len(time), dtype=bool)
    for day in range(days):
        if dice.uniform() < 0.7:
            begins = (day + dice.uniform()) * _DAY_S
            heard &= (time < begins) | (time > begins + dice.uniform(1, 9) * 3600)
    return _MIDNIGHT + time[heard].astype(np.int64), at[heard], np.array(stays)


def _degrees(metres: F64) -> tuple[F64, F64]:
    return np.round(114.03 + metres[:, 0] / EAST_M, 6), np.round(22.62 + metres[:, 1] / NORTH_M, 6)


def _seen(trace: Trace, diary: Visits, profile: Profile) -> Visits:
    """The parts of diary stays that fixes tell of; see `plant`."""
    found: list[tuple[int, int, int]] = []
    for row in range(len(diary)):
        low = np.searchsorted(trace.person, diary.person[row])
        high = np.searchsorted(trace.person, diary.person[row], side="right")
        first, last = low + np.searchsorted(trace.time[low:high], [diary.start[row], diary.end[row]])
        moments = trace.time[first:last]
        for part in np.split(moments, np.flatnonzero(np.diff(moments) > profile.gap_s) + 1):
            if len(part) and part[-1] - part[0] >= 1.2 * profile.least_s:
                found.append((row, int(part[0]), int(part[-1])))
    rows, start, end = np.array(found, dtype=np.int64).reshape(-1, 3).T
    return Visits(diary.person[rows], start, end, diary.lon[rows], diary.lat[rows])
