"""Brute force for every scale, measure, bridge and trust: what `Together` must mean, written to be read."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from math import floor as whole
from math import hypot

import h3

from tests.twin.presence.oracle import Interval, S, cell, floor, length, shared, union
from twin.geo.crs import metres_per_degree
from twin.presence import Areas, Cell, Floor, Nearness, Radius, Square, Together, Unit
from twin.presence.near.metric import CELL_RADIUS_M
from twin.presence.segments.days import Days
from twin.types import Window


def res_of(key: int) -> int:
    """The resolution of a key's cell: digits that are 7 are unused."""
    res = 12
    while res and (cell(key) >> 3 * (12 - res)) % 8 == 7:
        res -= 1
    return res


def h3_of(key: int) -> str:
    return h3.int_to_str(1 << 59 | res_of(key) << 52 | cell(key) << 9 | 0x1FF)


def centre(key: int) -> tuple[float, float]:
    lat, lon = h3.cell_to_latlng(h3_of(key))
    return lon, lat


def with_floors(how: str | None, a: int, b: int, same_floor: bool) -> str | None:
    if how is None or not same_floor:
        return how
    if -128 in (floor(a), floor(b)):
        return "possible"
    return how if floor(a) == floor(b) else None


def near(at: Nearness, a: int, b: int) -> str | None:
    """How two places are together: "certain", "possible" or not at all (None)."""
    if isinstance(at, Unit | Floor):
        if cell(a) != cell(b) or res_of(a) < 12:
            return None
        if -128 in (floor(a), floor(b)):
            return "possible"
        same = a == b if isinstance(at, Unit) else floor(a) == floor(b)
        return "certain" if same else None
    if isinstance(at, Cell):
        if min(res_of(a), res_of(b)) < at.res:
            return None
        one, other = (h3.cell_to_parent(h3_of(k), at.res) for k in (a, b))
        return with_floors("certain" if other in h3.grid_disk(one, at.ring) else None, a, b, at.same_floor)
    if isinstance(at, Square):
        return with_floors(_square(at, a, b), a, b, at.same_floor)
    if isinstance(at, Radius):
        return with_floors(_radius(at, a, b), a, b, at.same_floor)
    assert isinstance(at, Areas)
    owner = [
        [int(area) for lo, hi, area in zip(at.ranges.lo, at.ranges.hi, at.area, strict=True) if lo <= k < hi]
        for k in (a, b)
    ]
    return with_floors("certain" if owner[0] and owner[0] == owner[1] else None, a, b, at.same_floor)


def square_of(at: Square, key: int) -> tuple[int, int]:
    per = metres_per_degree(at.origin[1])
    lon, lat = centre(key)
    return whole((lon - at.origin[0]) * per[0] / at.side_m), whole((lat - at.origin[1]) * per[1] / at.side_m)


def _square(at: Square, a: int, b: int) -> str | None:
    coarsest = min((res for res, radius in CELL_RADIUS_M.items() if radius <= at.side_m), default=12)
    if min(res_of(a), res_of(b)) < coarsest or square_of(at, a) != square_of(at, b):
        return None
    return "certain" if min(res_of(a), res_of(b)) >= 10 else "possible"


def _radius(at: Radius, a: int, b: int) -> str | None:
    if min(res_of(a), res_of(b)) < 12:
        return None
    (x, y), (u, v) = centre(a), centre(b)
    per = metres_per_degree(y)
    away, size = hypot((u - x) * per[0], (v - y) * per[1]), 2 * CELL_RADIUS_M[12]
    return "certain" if away + size <= at.metres else "possible" if away - size <= at.metres else None


@dataclass(frozen=True)
class Part:
    person: int
    place: int
    span: Interval
    certain: bool


def parts(stays: list[S], window: Window, rule: Together) -> list[Part]:
    """Stays that are trusted, clipped to the window, gaps bridged per person and place."""
    found: dict[tuple[int, int], list[tuple[Interval, bool]]] = {}
    for stay in stays:
        span = shared((stay.start, stay.end), (window.start, window.end))
        if span is None or (rule.trust.only is not None and stay.source not in rule.trust.only):
            continue
        sure = stay.quality == 0 and stay.source not in rule.trust.doubtful
        found.setdefault((stay.person, stay.place), []).append((span, sure))
    if not rule.bridge_s:
        return [Part(*who, span, sure) for who, spans in found.items() for span, sure in spans]
    made = []
    for (person, place), spans in found.items():
        runs: list[tuple[Interval, bool]] = []
        for span, sure in sorted(spans):
            if runs and span[0] <= runs[-1][0][1] + rule.bridge_s:
                (start, end), before = runs[-1]
                runs[-1] = (start, max(end, span[1])), before and sure
            else:
                runs.append((span, sure))
        made += [Part(person, place, span, sure) for span, sure in runs]
    return made


def best(spans: list[Interval], rule: Together, window: Window, zone: str) -> int:
    """The most of a union by the rule's measure."""
    joined = union(spans)
    per = rule.threshold.per
    if per == "meeting":
        return max((end - start for start, end in joined), default=0)
    if per == "day":
        edges = Days(zone).edges_of(window).tolist()
        return max(sum(_within(joined, lo, hi)) for lo, hi in pairwise(edges))
    if per == "span":
        size = rule.threshold.span_s
        starts = [start for start, _ in joined] + [end - size for _, end in joined]
        return max((sum(_within(joined, at, at + size)) for at in starts), default=0)
    return length(joined)


def _within(spans: list[Interval], lo: int, hi: int) -> list[int]:
    return [max(min(end, hi) - max(start, lo), 0) for start, end in spans]


def companions(
    stays: list[S], persons: set[int], window: Window, rule: Together, zone: str
) -> list[tuple[int, int, int, bool]]:
    """(person, seconds, certain seconds, certain), longest first."""
    every = parts(stays, window, rule)
    met: dict[int, list[tuple[Interval, bool]]] = {}
    for mine in (part for part in every if part.person in persons):
        for other in every:
            how = near(rule.near, mine.place, other.place)
            common = shared(mine.span, other.span)
            if other.person in persons or how is None or common is None:
                continue
            met.setdefault(other.person, []).append((common, how == "certain" and mine.certain and other.certain))
    rows = []
    for person, hits in met.items():
        spans, sure = [span for span, _ in hits], [span for span, certain in hits if certain]
        if best(spans, rule, window, zone) >= rule.threshold.least:
            certain = bool(sure) and best(sure, rule, window, zone) >= rule.threshold.least
            rows.append((person, length(spans), length(sure), certain))
    return sorted(rows, key=lambda row: (-row[1], row[0]))
