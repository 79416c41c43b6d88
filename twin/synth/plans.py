"""How each persona means to spend a day: a draft of places, and until when to stay at each.

Kernels of one person each. `state` is one u64 of splitmix64. `who` holds rows of `Venues` at home, work, board,
alight and a friend's, then the blocks of home and work. `near` is that of `Venues`. A draft is (2, DRAFT) int64:
places (-1: out of the district) and the second of the day until which to stay; every plan returns how many it filled.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numpy as np
from numba import njit

from twin.synth.venues import CARE, FOOD, LEISURE, PARK, SHOP
from twin.types import I32, I64, U64

HOME_AT, WORK_AT, BOARD, ALIGHT, FRIEND, HOME_BLOCK, WORK_BLOCK = range(7)

DRAFT = 14
"""The most that a plan may hold."""

_Kernel = TypeVar("_Kernel", bound=Callable[..., Any])


def kernel(function: _Kernel) -> _Kernel:
    """Compiled, cached on disk, run without the interpreter's lock; its types are those of the function."""
    return cast(_Kernel, njit(cache=True, nogil=True)(function))


@kernel
def random(state: U64) -> float:
    """The next number in [0, 1) of splitmix64."""
    state[0] += np.uint64(0x9E3779B97F4A7C15)
    z = state[0]
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    z = z ^ (z >> np.uint64(31))
    return float(z >> np.uint64(11)) * 2.0**-53


@kernel
def _about(state: U64, middle: float, spread: float) -> int:
    """Seconds around a middle: the sum of three draws, never farther off than 1.5 spreads. Floats: one compilation."""
    return int(middle + spread * (random(state) + random(state) + random(state) - 1.5))


@kernel
def _put(draft: I64, k: int, place: int, until: int) -> int:
    """One more entry."""
    draft[0, k] = place
    draft[1, k] = until
    return k + 1


@kernel
def _pick(state: U64, near: I32, setting: int, block: int) -> int:
    """A place of a setting near a block: the nearest ones most often. -1 where there is none."""
    u = random(state)
    return int(near[setting, block, int(u * u * near.shape[2])])


@kernel
def _errand(state: U64, near: I32, block: int) -> int:
    """A shop, a restaurant, leisure, a park or care."""
    u = random(state)
    setting = SHOP
    if u >= 0.95:
        setting = CARE
    elif u >= 0.82:
        setting = PARK
    elif u >= 0.70:
        setting = LEISURE
    elif u >= 0.44:
        setting = FOOD
    place = _pick(state, near, setting, block)
    return place if place >= 0 else _pick(state, near, SHOP, block)


@kernel
def evening(state: U64, who: I64, near: I32, draft: I64, k: int) -> int:
    """Errands near home after the last entry, until it is late or the dice say home."""
    done = draft[1, k - 1]
    while random(state) < 0.52 and k < 10 and done < 74_000:
        done += _about(state, 3_000.0, 2_100.0)
        k = _put(draft, k, _errand(state, near, who[HOME_BLOCK]), done)
    return k


@kernel
def local_worker(state: U64, who: I64, near: I32, draft: I64) -> int:
    """Home, perhaps the metro, work, lunch, work, the metro back, the evening."""
    leave = _about(state, 28_300.0, 4_800.0)
    k = _put(draft, 0, who[HOME_AT], leave)
    rides = random(state) < 0.46 and who[BOARD] != who[ALIGHT]
    if rides:
        k = _put(draft, k, who[BOARD], leave + _about(state, 900.0, 400.0))
        k = _put(draft, k, who[ALIGHT], leave + _about(state, 1_900.0, 400.0))
    if random(state) < 0.74:
        noon = _about(state, 43_500.0, 2_600.0)
        k = _put(draft, k, who[WORK_AT], noon)
        k = _put(draft, k, _pick(state, near, FOOD, who[WORK_BLOCK]), noon + _about(state, 2_700.0, 1_200.0))
    done = _about(state, 66_000.0, 7_000.0)
    k = _put(draft, k, who[WORK_AT], done)
    if rides:
        k = _put(draft, k, who[ALIGHT], done + _about(state, 800.0, 300.0))
        k = _put(draft, k, who[BOARD], done + _about(state, 1_800.0, 300.0))
    return evening(state, who, near, draft, k)


@kernel
def commuter(state: U64, who: I64, near: I32, draft: I64) -> int:
    """Home, the metro, out of the district, the metro, the evening."""
    leave = _about(state, 27_600.0, 4_400.0)
    back = _about(state, 68_600.0, 6_000.0)
    k = _put(draft, 0, who[HOME_AT], leave)
    k = _put(draft, k, who[BOARD], leave + _about(state, 1_000.0, 500.0))
    k = _put(draft, k, -1, back)
    k = _put(draft, k, who[BOARD], back + _about(state, 600.0, 300.0))
    return evening(state, who, near, draft, k)


@kernel
def pupil(state: U64, who: I64, near: I32, draft: I64) -> int:
    """School, home or a canteen at noon, school, errands."""
    k = _put(draft, 0, who[HOME_AT], _about(state, 26_600.0, 1_500.0))
    noon = _about(state, 42_600.0, 900.0)
    k = _put(draft, k, who[WORK_AT], noon)
    u = random(state)
    if u < 0.4:
        k = _put(draft, k, who[HOME_AT], noon + _about(state, 5_600.0, 1_200.0))
    elif u < 0.75:
        k = _put(draft, k, _pick(state, near, FOOD, who[WORK_BLOCK]), noon + _about(state, 5_600.0, 1_200.0))
    k = _put(draft, k, who[WORK_AT], _about(state, 61_500.0, 3_000.0))
    return evening(state, who, near, draft, k)


@kernel
def free_day(state: U64, who: I64, near: I32, draft: I64, weekend: int) -> int:
    """Rounds of errands from home, a visit to a friend."""
    k = 0
    t = _about(state, 29_500.0 + 4_500.0 * weekend, 7_000.0)
    for _ in range(1 + int(random(state) * 2.6)):
        if t > 77_000:
            break
        k = _put(draft, k, who[HOME_AT], t)
        if random(state) < 0.07 + 0.10 * weekend:
            t += _about(state, 8_400.0, 4_000.0)
            k = _put(draft, k, who[FRIEND], t)
        else:
            t += _about(state, 3_600.0, 2_800.0)
            k = _put(draft, k, _errand(state, near, who[HOME_BLOCK]), t)
            if random(state) < 0.42:
                t += _about(state, 3_000.0, 2_200.0)
                k = _put(draft, k, _errand(state, near, who[HOME_BLOCK]), t)
        t += _about(state, 9_000.0, 7_000.0)
    return k


@kernel
def night_worker(state: U64, who: I64, near: I32, draft: I64, weekday: int) -> int:
    """At work over midnight from Monday to Friday evening, home by day, an errand before the next shift."""
    k = 0
    t = _about(state, 29_000.0, 1_500.0)
    if 1 <= weekday <= 5:  # the shift began the evening before
        k = _put(draft, k, who[WORK_AT], t)
        if random(state) < 0.6:
            t += _about(state, 2_000.0, 800.0)
            k = _put(draft, k, _pick(state, near, FOOD, who[WORK_BLOCK]), t)
        t = _about(state, 58_000.0, 5_000.0)
    k = _put(draft, k, who[HOME_AT], t)
    while random(state) < 0.7 and k < 8 and t < 68_000:
        t += _about(state, 3_000.0, 2_000.0)
        k = _put(draft, k, _errand(state, near, who[HOME_BLOCK]), t)
    if weekday < 5:
        k = _put(draft, k, who[HOME_AT], _about(state, 70_500.0, 1_800.0))
    return k
