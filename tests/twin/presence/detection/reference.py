"""The rules of detection once more, plainly: lists, every pair of fixes looked at, no sorting tricks."""

from __future__ import annotations

import math
import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from twin.geo.cells import UNKNOWN_FLOOR
from twin.presence.detection import Profile
from twin.presence.detection.roaming import EARTH_M


@dataclass(frozen=True)
class Fix:
    person: int
    time: int
    lon: float
    lat: float
    floor: int = UNKNOWN_FLOOR

    @property
    def content(self) -> tuple[bytes, bytes, int]:
        """What it says, to the millionth of a degree, in an order of its own."""
        return *(struct.pack(">d", round(axis * 1e6)) for axis in (self.lon, self.lat)), self.floor


@dataclass(frozen=True)
class Seen:
    person: int
    time: int
    place: int
    hold: int = 0


@dataclass
class Stay:
    person: int
    start: int
    end: int
    records: int
    lon: float = math.nan
    lat: float = math.nan
    floor: int = UNKNOWN_FLOOR
    place: int = 0
    estimated: bool = False


@dataclass
class Run:
    place: int
    times: list[int]
    until: int
    passed: int = 0
    records: int = field(default=0)


def metres(a: Fix, b: Fix) -> float:
    """How far a is from b, in the plane at b."""
    degree = EARTH_M * math.pi / 180
    turned = (a.lon - b.lon + 180) % 360 - 180
    return math.hypot(turned * math.cos(math.radians(b.lat)), a.lat - b.lat) * degree


def one_a_second(fixes: Iterable[Fix]) -> list[Fix]:
    """By person and time; the middle one of those that differ within a second."""
    picked = []
    ordered = sorted(set(fixes), key=lambda fix: (fix.person, fix.time))
    for _, group in groupby(ordered, key=lambda fix: (fix.person, fix.time)):
        different = list({fix.content: fix for fix in group}.values())
        different.sort(key=lambda fix: fix.content)
        picked.append(different[(len(different) - 1) // 2])
    return picked


def roaming(fixes: Iterable[Fix], profile: Profile) -> list[Stay]:
    """Stays of fixes with positions."""
    stays: list[Stay] = []
    ordered = one_a_second(fixes)
    for _, group in groupby(ordered, key=lambda fix: fix.person):
        trace: list[Fix] = []
        for fix in group:
            if trace and fix.time - trace[-1].time > profile.gap_s:
                stays += _in_trace(trace, profile)
                trace = []
            trace.append(fix)
        stays += _in_trace(trace, profile)
    return stays


def _in_trace(trace: Sequence[Fix], profile: Profile) -> list[Stay]:
    found: list[Stay] = []
    run: list[Fix] = []
    long = False
    j = 0
    while j < len(trace):
        fix = trace[j]
        if not _near(run, fix, profile):
            back = next((k for k in range(j, len(trace)) if _returns(run, trace[k], profile)), None)
            if back is not None:
                fix, j = trace[back], back
            elif long:
                found.append(_stay(run))
                run, long = [], False
            else:
                bad = max(k for k in range(len(run)) if metres(run[k], fix) > profile.roam_m)
                run = run[bad + 1 :]
        run.append(fix)
        long = long or run[-1].time - run[0].time >= profile.least_s
        j += 1
    return [*found, _stay(run)] if long else found


def _near(run: Sequence[Fix], fix: Fix, profile: Profile) -> bool:
    return all(metres(other, fix) <= profile.roam_m for other in run)


def _returns(run: Sequence[Fix], fix: Fix, profile: Profile) -> bool:
    return fix.time - run[-1].time <= profile.pingpong_s and _near(run, fix, profile)


def _stay(run: Sequence[Fix]) -> Stay:
    first = run[0]
    lon = first.lon + sum((fix.lon - first.lon + 180) % 360 - 180 for fix in run) / len(run)
    floors = {fix.floor for fix in run} - {UNKNOWN_FLOOR}
    return Stay(
        first.person,
        first.time,
        run[-1].time,
        len(run),
        (lon + 180) % 360 - 180,
        sum(fix.lat for fix in run) / len(run),
        floors.pop() if len(floors) == 1 else UNKNOWN_FLOOR,
    )


def association(records: Iterable[Seen], profile: Profile) -> list[Stay]:
    """Stays of records that name a place."""
    stays = []
    ordered = sorted(set(records), key=lambda seen: (seen.person, seen.time, seen.place, seen.hold))
    for person, group in groupby(ordered, key=lambda seen: seen.person):
        runs = _smoothed(_runs(list(group), profile), profile)
        for run, following in zip(runs, [*runs[1:], None], strict=True):
            end = run.until if following is None else min(run.until, following.times[0])
            end = max(end, run.times[-1])
            if end - run.times[0] >= profile.least_s:
                estimated = run.until > run.times[-1]
                stays.append(Stay(person, run.times[0], end, len(run.times), place=run.place, estimated=estimated))
    return stays


def _runs(records: Sequence[Seen], profile: Profile) -> list[Run]:
    runs: list[Run] = []
    for seen in records:
        last = runs[-1] if runs else None
        if last is None or last.place != seen.place or seen.time > max(last.times[-1] + profile.gap_s, last.until):
            runs.append(Run(seen.place, [], seen.time))
        runs[-1].times.append(seen.time)
        runs[-1].until = max(runs[-1].until, seen.time + seen.hold)
    return runs


def _smoothed(runs: list[Run], profile: Profile) -> list[Run]:
    kept: list[Run] = []
    while runs:
        run = runs.pop(0)
        while True:
            soon = [k for k, other in enumerate(runs) if other.times[0] - run.times[-1] <= profile.pingpong_s]
            back = next((k for k in soon if runs[k].place == run.place), None)
            if back is None:
                break
            run.times += runs[back].times
            run.until = max(run.until, runs[back].until)
            del runs[: back + 1]
        kept.append(run)
    return kept


def united(stays: Sequence[Stay], gap_s: int) -> list[set[int]]:
    """Which stays, by their row, are one: joined as long as any two are of one person and place and near in time."""
    groups = [{row} for row in range(len(stays))]
    joined = True
    while joined:
        joined = False
        for a in groups:
            for b in groups:
                if a is not b and any(_touch(stays[x], stays[y], gap_s) for x in a for y in b):
                    a |= b
                    groups.remove(b)
                    joined = True
                    break
            if joined:
                break
    return groups


def _touch(a: Stay, b: Stay, gap_s: int) -> bool:
    same = (a.person, a.place) == (b.person, b.place)
    return same and a.start <= b.end + gap_s and b.start <= a.end + gap_s
