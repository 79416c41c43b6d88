"""Brute force over whole stays, O(n²), written to be read: what every question must equal.

A stay is (person, place, start, end, source, quality); persons are plain numbers here.
"""

from __future__ import annotations

from dataclasses import dataclass

from twin.types import Window

Interval = tuple[int, int]


@dataclass(frozen=True)
class S:
    person: int
    place: int
    start: int
    end: int
    source: int = 0
    quality: int = 0


def floor(key: int) -> int:
    return (key >> 13) % 256 - 128


def cell(key: int) -> int:
    return key >> 21


def parent(key: int, res: int) -> int:
    return cell(key) >> 3 * (12 - res)


def coarser(key: int, res: int) -> bool:
    """A cell is coarser than res where its digit at res is unused."""
    return parent(key, res) % 8 == 7 if res else False


def shared(a: Interval, b: Interval) -> Interval | None:
    """The common part; a point is in a stay iff start <= point < end, and equals another point."""
    start, end = max(a[0], b[0]), min(a[1], b[1])
    for one, other in ((a, b), (b, a)):
        if one[0] == one[1]:
            inside = one[0] == other[0] if other[0] == other[1] else other[0] <= one[0] < other[1]
            return (one[0], one[0]) if inside else None
    return (start, end) if start < end else None


def union(intervals: list[Interval]) -> list[Interval]:
    """Maximal intervals; touching ones join."""
    merged: list[Interval] = []
    for start, end in sorted(intervals):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return merged


def length(intervals: list[Interval]) -> int:
    return sum(end - start for start, end in union(intervals))


def near(a: int, b: int, scale: str, res: int | None) -> str | None:
    """How two places are together: "certain", "possible" or not at all."""
    if scale == "cell":
        assert res is not None
        if coarser(a, res) or coarser(b, res):
            return None
        return "certain" if parent(a, res) == parent(b, res) else None
    if cell(a) != cell(b) or coarser(a, 12):
        return None
    if floor(a) == -128 or floor(b) == -128:
        return "possible"
    if scale == "floor":
        return "certain" if floor(a) == floor(b) else None
    return "certain" if a == b else None


def summary(found: list[tuple[Interval, bool]]) -> tuple[int, int, int, int, int, bool]:
    """(seconds, certain seconds, meetings, first, last, any certain) of intervals with their certainty."""
    every = union([interval for interval, _ in found])
    sure = [interval for interval, certain in found if certain]
    return length(every), length(sure), len(every), every[0][0], every[-1][1], bool(sure)


def companions(
    stays: list[S], persons: set[int], window: Window, at: tuple[str, int | None], least: int
) -> list[tuple[object, ...]]:
    """`at` is the scale and, for cells, the resolution."""
    span = (window.start, window.end)
    met: dict[int, list[tuple[Interval, bool]]] = {}
    for mine in stays:
        own = shared((mine.start, mine.end), span)
        if mine.person not in persons or own is None:
            continue
        for other in stays:
            how = near(mine.place, other.place, *at)
            common = shared((other.start, other.end), own)
            if other.person in persons or how is None or common is None:
                continue
            certain = how == "certain" and mine.quality == 0 and other.quality == 0
            met.setdefault(other.person, []).append((common, certain))
    return ranked(met, least)


def visitors(stays: list[S], ranges: list[tuple[int, int]], window: Window, least: int) -> list[tuple[object, ...]]:
    met: dict[int, list[tuple[Interval, bool]]] = {}
    for stay in stays:
        present = shared((stay.start, stay.end), (window.start, window.end))
        inside = any(lo <= stay.place < hi for lo, hi in ranges)
        # a range within one cell asks for floors: a stay there whose floor is unknown may be meant
        maybe = floor(stay.place) == -128 and any(
            lo >> 21 == cell(stay.place) == (hi - 1) >> 21 and hi - lo < 1 << 21 and hi > (lo >> 21 << 21) + (1 << 13)
            for lo, hi in union(ranges)
        )
        if present is not None and (inside or maybe):
            met.setdefault(stay.person, []).append((present, inside and stay.quality == 0))
    return ranked(met, least)


def ranked(met: dict[int, list[tuple[Interval, bool]]], least: int) -> list[tuple[object, ...]]:
    rows = []
    for person, found in met.items():
        together, certain, meetings, first, last, sure = summary(found)
        if together >= least:
            rows.append((person, together, certain, meetings, first, last, sure and certain >= least))
    return sorted(rows, key=lambda row: (-row[1], row[0]))


def trajectory(stays: list[S], person: int, window: Window) -> list[tuple[int, ...]]:
    groups: dict[tuple[int, int, int], list[Interval]] = {}
    for stay in stays:
        part = shared((stay.start, stay.end), (window.start, window.end))
        if stay.person == person and part is not None:
            groups.setdefault((stay.place, stay.source, stay.quality), []).append(part)
    rows = []
    for (place, source, quality), parts in groups.items():
        spans = union([part for part in parts if part[0] < part[1]])
        points = {part for part in parts if part[0] == part[1]}
        alone = [point for point in points if not any(start <= point[0] < end for start, end in spans)]
        rows += [(place, start, end, source, quality) for start, end in spans + alone]
    return sorted(rows, key=lambda row: (row[1], row[2], row[0], row[3], row[4]))
