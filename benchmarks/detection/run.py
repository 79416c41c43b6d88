"""Ours and the peers on the same fixes, in one run: stops found, recall, precision, faults, fixes a second.

Seconds are those of the processor, all of it on one core: what else the machine does meanwhile does not count.
"""

from __future__ import annotations

import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.detection import peers
from benchmarks.detection.diaries import Planted, plant
from benchmarks.detection.scoring import Score, against_buildings, against_diaries, faults
from benchmarks.detection.traces import CABS, GARDEN_CITY, GardenCity, Trace, Visits, cabs, garden_city
from benchmarks.process import interpreters
from benchmarks.report import Goal, Report
from twin.geo.cells import UNKNOWN_FLOOR
from twin.presence.detection import Positions, Profile, profile_named, stays_of_positions

Say = Callable[[str], None]

OURS = "quanyu"
GOAL_M_S = 2.0
"""Million fixes a second on one core."""

TOWN_ROAM_M = 60.0
"""The garden city's houses are 12 m wide and as far apart."""

PEERS = tuple(peers.DETECTORS)


def run(shared: Path, say: Say, *, people: int = 60, days: int = 7, pythons: dict[str, str] | None = None) -> Report:
    """All of it. `shared` is the folder of real data; what is not there is left out and said."""
    report = Report()
    profile = profile_named("gps")
    known = interpreters("", PEERS) if pythons is None else pythons
    report.data["profile"] = {name: getattr(profile, name) for name in ("roam_m", "least_s", "gap_s", "pingpong_s")}
    for name, (trace, used, judge, true) in _cases(shared, report, profile, plant(people, days, profile)).items():
        say(f"{name}: {len(trace):,} fixes")
        report.data[name] = {"fixes": len(trace), "true stops": true, "roam_m": used.roam_m}
        for who, (found, seconds) in _everybody(trace, used, known, report, say).items():
            rates = [len(trace) / one / 1e6 for one in seconds]
            report.add(f"{name}: fixes a second of one core", rates, "M/s", who=who, goal=_goal(who))
            for what, value, unit in judge(found):
                report.add(f"{name}: {what}", [value], unit, who=who)
    return report


Judge = Callable[[Visits], list[tuple[str, float, str]]]
Case = tuple[Trace, Profile, Judge, int | None]


def _cases(shared: Path, report: Report, profile: Profile, planted: Planted) -> dict[str, Case]:
    """What to find stays in by name: fixes, rule, what is to be said of stays found, how many there truly are."""
    cases: dict[str, Case] = {
        "planted diaries": (
            planted.trace,
            profile,
            partial(_in_diaries, planted),
            len(planted.seen),
        )
    }
    if (shared / GARDEN_CITY).is_dir():
        small = replace(profile, roam_m=TOWN_ROAM_M)
        town = garden_city(shared, small)
        cases["garden city"] = (town.trace, small, partial(_in_town, town), len(town.visits))
    else:
        report.data["garden city"] = "left out: the data are not there"
    if (shared / CABS).is_dir():
        drives = cabs(shared)
        cases["cabs, newest first"] = (drives, profile, partial(_faults, drives, profile), None)
    else:
        report.data["cabs, newest first"] = "left out: the data are not there"
    return cases


def _score(score: Score) -> list[tuple[str, float, str]]:
    return [
        ("stops found", score.stays, "stops"),
        ("recall", 100 * score.recall, "%"),
        ("precision", 100 * score.precision, "%"),
        ("time that is no true stay", 100 * score.false_time, "%"),
    ]


def _in_diaries(planted: Planted, found: Visits) -> list[tuple[str, float, str]]:
    return _score(against_diaries(found, planted))


def _in_town(town: GardenCity, found: Visits) -> list[tuple[str, float, str]]:
    return _score(against_buildings(found, town))


def _faults(trace: Trace, profile: Profile, found: Visits) -> list[tuple[str, float, str]]:
    seen = faults(found, trace, profile.least_s, profile.gap_s)
    return [
        ("stops found", seen.stays, "stops"),
        ("stops that are too short", seen.too_short, "stops"),
        ("stops over a silence", seen.silent, "stops"),
        ("stops that overlap", seen.overlapping, "stops"),
    ]


def _goal(who: str) -> Goal | None:
    return Goal(GOAL_M_S, at_least=True) if who == OURS else None


def ours(trace: Trace, profile: Profile) -> Visits:
    """Our own detector on fixes as they come."""
    floors = np.full(len(trace), UNKNOWN_FLOOR, dtype=np.int64)
    found = stays_of_positions(Positions(trace.person, trace.time, trace.lon, trace.lat, floors), profile)
    return Visits(found.person, found.start, found.end, found.lonlat[:, 0], found.lonlat[:, 1])


def _everybody(
    trace: Trace, profile: Profile, pythons: dict[str, str], report: Report, say: Say
) -> dict[str, tuple[Visits, list[float]]]:
    ours(trace, profile)  # compiles, or loads what was compiled
    seconds = []
    for _ in range(5):
        begin = time.process_time()
        found = ours(trace, profile)
        seconds.append(time.process_time() - begin)
    answers = {OURS: (found, seconds)}
    for name, python in pythons.items():
        # A peer's distance is from a stop's first fix: half of ours spans the same circle, all of it the same length.
        for part in (0.5, 1.0):
            answer = _peer(name, python, trace, replace(profile, roam_m=part * profile.roam_m))
            if isinstance(answer, str):
                report.data[name] = answer
                say(f"{name}: {answer}")
                break
            version, visits, took = answer
            answers[f"{version}, {part * profile.roam_m:g} m"] = (visits, [took])
    return answers


def _peer(name: str, python: str, trace: Trace, profile: Profile) -> tuple[str, Visits, float] | str:
    """(name and version, stays, seconds) of a peer in its own interpreter, or why there is none."""
    with tempfile.TemporaryDirectory(prefix="twin-bench-") as folder:
        fixes, found = Path(folder) / "fixes.npz", Path(folder) / "found.npz"
        np.savez(fixes, person=trace.person, time=trace.time, lon=trace.lon, lat=trace.lat)
        limits = [str(limit) for limit in (profile.roam_m, profile.least_s, profile.gap_s)]
        words = [python, peers.__file__, name, str(fixes), str(found), *limits]
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        if done.returncode == peers.ABSENT:
            return "absent: not installed there"
        if done.returncode:
            return f"failed: {(done.stderr.strip().splitlines() or ['no word'])[-1][:200]}"
        with np.load(found) as columns:
            visits = Visits(*(columns[one] for one in ("person", "start", "end", "lon", "lat")))
            return str(columns["version"]), visits, float(columns["seconds"])
