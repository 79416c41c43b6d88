"""A day of everybody's stays, from midnight to midnight: what truly happened, before anything observed it.

Everything depends on (seed, day, person) alone, so any day can be made without the ones before.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit

from twin.synth.people import AWAY, HOMEBODY, LOCAL, NIGHT, PUPIL, People
from twin.synth.venues import CARE, FOOD, LEISURE, PARK, SHOP, Venues
from twin.types import F64, I32, I64, U8, U32, U64

MOST = 14
"""The most stays that one person has in a day."""

_SPARE = 300  # everybody is where the night finds them five minutes before midnight
_SHORTEST = 120


@dataclass(frozen=True, slots=True)
class DayStays:
    """Columns ordered by person, then start: start and end are seconds after the local midnight."""

    person: U32
    venue: I32
    start: I32
    end: I32

    def __len__(self) -> int:
        return len(self.person)


def live_day(seed: int, day: int, weekday: int, length_s: int, people: People, venues: Venues) -> DayStays:
    """One local day; `day` is any number that names it, `weekday` counts from Monday 0, `length_s` is its length."""
    n = len(people)
    places = np.empty(n * MOST, dtype=np.int32)
    starts, ends = np.empty_like(places), np.empty_like(places)
    counts = np.zeros(n, dtype=np.int64)
    _live(
        np.uint64(seed), np.uint64(day), weekday, length_s,
        people.persona, people.home, people.work, people.board, people.alight, people.friends,
        venues.xy, venues.block, venues.near, places, starts, ends, counts,
    )  # fmt: skip
    filled = (np.arange(MOST)[None, :] < counts[:, None]).reshape(-1)
    person = np.repeat(np.arange(n, dtype=np.uint32), counts)
    return DayStays(person, places[filled], starts[filled], ends[filled])


@njit(cache=True, nogil=True)
def _random(state: U64) -> float:
    """The next number in [0, 1) of splitmix64."""
    state[0] += np.uint64(0x9E3779B97F4A7C15)
    z = state[0]
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    z = z ^ (z >> np.uint64(31))
    return float(z >> np.uint64(11)) * 2.0**-53


@njit(cache=True, nogil=True)
def _about(state: U64, middle: float, spread: float) -> int:
    """Seconds around a middle: the sum of three draws, never farther off than 1.5 spreads."""
    return int(middle + spread * (_random(state) + _random(state) + _random(state) - 1.5))


@njit(cache=True, nogil=True)
def _travel(xy: F64, a: int, b: int) -> int:
    """Seconds from place to place: on foot at 1.2 m/s, or by bus at 5 m/s after 4 minutes; a minute between floors."""
    if a < 0 or b < 0:
        return 300
    d = np.hypot(xy[a, 0] - xy[b, 0], xy[a, 1] - xy[b, 1])
    return int(60 + min(d / 1.2, 240 + d / 5.0))


@njit(cache=True, nogil=True)
def _pick(state: U64, near: I32, setting: int, block: int) -> int:
    """A place of a setting near a block: the nearest ones most often. -1 where there is none."""
    u = _random(state)
    return int(near[setting, block, int(u * u * near.shape[2])])


@njit(cache=True, nogil=True)
def _errand(state: U64, near: I32, block: int) -> int:
    """A shop, a restaurant, leisure, care or a park."""
    u = _random(state)
    setting = SHOP if u < 0.44 else FOOD if u < 0.70 else LEISURE if u < 0.82 else PARK if u < 0.95 else CARE
    place = _pick(state, near, setting, block)
    return place if place >= 0 else _pick(state, near, SHOP, block)


@njit(cache=True, nogil=True)
def _worker(state, weekend, home, work, board, alight, home_block, work_block, near, plan, until):  # type: ignore[no-untyped-def]
    """Fill plan and until for somebody who works in the district; how many entries."""
    k = 0
    leave = _about(state, 28_300, 4_800)
    plan[k], until[k] = home, leave
    k += 1
    rides = _random(state) < 0.46 and board != alight
    if rides:
        plan[k], until[k] = board, leave + _about(state, 900, 400)
        plan[k + 1], until[k + 1] = alight, leave + _about(state, 1_900, 400)
        k += 2
    noon = _about(state, 43_500, 2_600)
    if _random(state) < 0.74:
        plan[k], until[k] = work, noon
        plan[k + 1], until[k + 1] = _pick(state, near, FOOD, work_block), noon + _about(state, 2_700, 1_200)
        k += 2
    done = _about(state, 66_000, 7_000)
    plan[k], until[k] = work, done
    k += 1
    if rides:
        plan[k], until[k] = alight, done + _about(state, 800, 300)
        plan[k + 1], until[k + 1] = board, done + _about(state, 1_800, 300)
        done += 1_900
        k += 2
    while _random(state) < 0.52 and k < 9 and done < 74_000:
        done += _about(state, 3_000, 2_200)
        plan[k], until[k] = _errand(state, near, home_block), done
        k += 1
    return k


@njit(cache=True, nogil=True)
def _commuter(state, weekend, home, work, board, alight, home_block, work_block, near, plan, until):  # type: ignore[no-untyped-def]
    """Fill plan and until for somebody who works elsewhere: -1 is away from the district."""
    leave = _about(state, 27_600, 4_400)
    back = _about(state, 68_600, 6_000)
    plan[0], until[0] = home, leave
    plan[1], until[1] = board, leave + _about(state, 1_000, 500)
    plan[2], until[2] = -1, back
    plan[3], until[3] = board, back + _about(state, 600, 300)
    k = 4
    done = back + 700
    while _random(state) < 0.55 and k < 8 and done < 75_000:
        done += _about(state, 2_900, 2_000)
        plan[k], until[k] = _errand(state, near, home_block), done
        k += 1
    return k


@njit(cache=True, nogil=True)
def _pupil(state, weekend, home, work, board, alight, home_block, work_block, near, plan, until):  # type: ignore[no-untyped-def]
    """Fill plan and until for a pupil: school, home or a canteen at noon, school, an errand."""
    k = 0
    plan[k], until[k] = home, _about(state, 26_600, 1_500)
    k += 1
    noon = _about(state, 42_600, 900)
    plan[k], until[k] = work, noon
    k += 1
    u = _random(state)
    if u < 0.75:
        plan[k], until[k] = (
            home if u < 0.4 else _pick(state, near, FOOD, work_block),
            noon + _about(state, 5_600, 1_200),
        )
        k += 1
    done = _about(state, 61_500, 3_000)
    plan[k], until[k] = work, done
    k += 1
    while _random(state) < 0.48 and k < 7:
        done += _about(state, 3_000, 2_000)
        plan[k], until[k] = _errand(state, near, home_block), done
        k += 1
    return k


@njit(cache=True, nogil=True)
def _free(state, weekend, home, work, board, alight, home_block, friend, near, plan, until):  # type: ignore[no-untyped-def]
    """Fill plan and until for a free day: errands from home, a visit to friends, an evening out."""
    k = 0
    t = _about(state, 29_500 if not weekend else 34_000, 7_000)
    rounds = 1 + int(_random(state) * 2.6)
    for _ in range(rounds):
        if t > 77_000 or k > 8:
            break
        plan[k], until[k] = home, t
        k += 1
        if _random(state) < (0.17 if weekend else 0.07):
            t += _about(state, 8_400, 4_000)
            plan[k], until[k] = friend, t
            k += 1
        else:
            t += _about(state, 3_600, 2_800)
            plan[k], until[k] = _errand(state, near, home_block), t
            k += 1
            if _random(state) < 0.42:
                t += _about(state, 3_000, 2_200)
                plan[k], until[k] = _errand(state, near, home_block), t
                k += 1
        t += _about(state, 9_000, 7_000)
    if k == 0:
        plan[0], until[0] = home, t
        k = 1
    return k


@njit(cache=True, nogil=True)
def _night(state, weekday, home, work, board, alight, home_block, work_block, near, plan, until):  # type: ignore[no-untyped-def]
    """Fill plan and until for a night worker: at work over midnight from Monday to Friday evening."""
    k = 0
    t = _about(state, 29_000, 1_500)
    if 1 <= weekday <= 5:  # the shift began the evening before
        plan[k], until[k] = work, t
        k += 1
        if _random(state) < 0.6:
            t += _about(state, 2_000, 800)
            plan[k], until[k] = _pick(state, near, FOOD, work_block), t
            k += 1
        t = _about(state, 58_000, 5_000)
    plan[k], until[k] = home, t
    k += 1
    while _random(state) < 0.7 and k < 7 and t < 68_000:
        t += _about(state, 3_000, 2_000)
        plan[k], until[k] = _errand(state, near, home_block), t
        k += 1
    if weekday < 5:
        plan[k], until[k] = home, _about(state, 70_500, 1_800)
        k += 1
    return k


@njit(cache=True, nogil=True)
def _walk(plan, until, count, last, length_s, xy, places, starts, ends, base):  # type: ignore[no-untyped-def]
    """Turn a plan into stays: travel takes its time, a stay shorter than two minutes is stretched. How many."""
    n, t, here = 0, 0, plan[0]
    for k in range(count):
        place = plan[k]
        if k:
            if place == here:
                continue
            there = t + _travel(xy, here, place)
            if there + _SHORTEST + _travel(xy, place, last) > length_s - _SPARE:
                break
            t = there
        leave = max(until[k], t + _SHORTEST)
        for later in range(k + 1, count):  # the same place twice running is one stay
            if plan[later] != place:
                break
            leave = max(leave, until[later])
        leave = min(leave, length_s - _SPARE - _travel(xy, place, last))
        if place >= 0:
            places[base + n], starts[base + n], ends[base + n] = place, t, leave
            n += 1
        t, here = leave, place
    if here == last:
        ends[base + n - 1] = length_s
        return n
    t += _travel(xy, here, last)
    places[base + n], starts[base + n], ends[base + n] = last, t, length_s
    return n + 1


@njit(cache=True, nogil=True)
def _live(
    seed: U64, day: U64, weekday: int, length_s: int, persona: U8, home: I32, work: I32, board: I32, alight: I32,
    friends: I32, xy: F64, block: I64, near: I32, places: I32, starts: I32, ends: I32, counts: I64,
) -> None:  # fmt: skip
    """Everybody's day into rows of MOST each."""
    state = np.empty(1, dtype=np.uint64)
    plan, until = np.empty(12, dtype=np.int64), np.empty(12, dtype=np.int64)
    weekend = weekday >= 5
    for p in range(len(persona)):
        state[0] = (seed * np.uint64(0xD1B54A32D192ED03) + day) * np.uint64(0xA24BAED4963EE407) + np.uint64(p)
        _random(state)
        h, w = home[p], work[p]
        home_block = block[h]
        work_block = block[w] if w >= 0 else home_block
        off = weekend and _random(state) < 0.78
        kind, last = persona[p], h
        if kind == NIGHT:
            k = _night(state, weekday, h, w, board[p], alight[p], home_block, work_block, near, plan, until)
            last = w if weekday < 5 else h
        elif kind == HOMEBODY or off or (kind == PUPIL and weekend):
            friend = friends[p, int(_random(state) * friends.shape[1])]
            k = _free(state, weekend, h, w, board[p], alight[p], home_block, friend, near, plan, until)
        elif kind == LOCAL:
            k = _worker(state, weekend, h, w, board[p], alight[p], home_block, work_block, near, plan, until)
        elif kind == AWAY:
            k = _commuter(state, weekend, h, w, board[p], alight[p], home_block, work_block, near, plan, until)
        else:
            k = _pupil(state, weekend, h, w, board[p], alight[p], home_block, work_block, near, plan, until)
        counts[p] = _walk(plan, until, k, last, length_s, xy, places, starts, ends, p * MOST)
