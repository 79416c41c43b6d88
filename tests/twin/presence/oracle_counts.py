"""Brute force for footfall and occupancy, second by second where it has to be, written to be read."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from tests.twin.presence.oracle import Interval, S, cell, floor, length, shared, union
from twin.presence import Trust
from twin.types import Window

Ranges = list[tuple[int, int]]


def presence_at(stays: list[S], ranges: Ranges, span: Interval, trust: Trust) -> dict[int, list[tuple[Interval, bool]]]:
    """Person to (interval within the span, certain)."""
    found: dict[int, list[tuple[Interval, bool]]] = {}
    for stay in stays:
        present = shared((stay.start, stay.end), span)
        if present is None or (trust.only is not None and stay.source not in trust.only):
            continue
        inside = any(lo <= stay.place < hi for lo, hi in ranges)
        maybe = floor(stay.place) == -128 and any(
            lo >> 21 == cell(stay.place) == (hi - 1) >> 21 and hi - lo < 1 << 21 and hi > (lo >> 21 << 21) + (1 << 13)
            for lo, hi in union(ranges)
        )
        if inside or maybe:
            sure = inside and stay.quality == 0 and stay.source not in trust.doubtful
            found.setdefault(stay.person, []).append((present, sure))
    return found


def buckets(window: Window, step: str | int, zone: str) -> list[Interval]:
    """Local days or hours by the clock on the wall, or so many seconds each, clipped to the window."""
    if isinstance(step, int):
        return [(t, min(t + step, window.end)) for t in range(window.start, window.end, step)]
    labels = [(t, _label(t, step, ZoneInfo(zone))) for t in _quarters(window)]
    edges = [t for (_, before), (t, label) in pairwise(labels) if label != before]
    return list(pairwise([window.start, *edges, window.end]))


def _quarters(window: Window) -> Iterator[int]:
    """The start of the window, then every quarter of an hour: clocks change, and hours begin, at none but these."""
    yield window.start
    yield from range(window.start // 900 * 900 + 900, window.end, 900)


def _label(second: int, step: str, zone: ZoneInfo) -> tuple[object, ...]:
    local = datetime.fromtimestamp(second, zone)
    if step == "day":
        return (local.date(),)
    return local.date(), local.hour, local.utcoffset() or timedelta()


def footfall(
    stays: list[S], ranges: Ranges, window: Window, step: str | int, how: tuple[str, Trust]
) -> list[tuple[int, ...]]:
    """(start, end, people, certain, arrivals, certain, seconds, certain) of each bucket."""
    zone, trust = how
    whole = presence_at(stays, ranges, (window.start - 1, window.end), trust)
    arrived = [
        (start, any(sure and span[0] == start for span, sure in spans))
        for spans in whole.values()
        for start, _ in union([span for span, _ in spans])
    ]
    rows = []
    for start, end in buckets(window, step, zone):
        there = presence_at(stays, ranges, (start, end), trust)
        sure = [[span for span, certain in spans if certain] for spans in there.values()]
        came = [certain for at, certain in arrived if start <= at < end]
        rows.append(
            (
                start,
                end,
                len(there),
                sum(bool(spans) for spans in sure),
                len(came),
                sum(came),
                sum(length([span for span, _ in spans]) for spans in there.values()),
                sum(length(spans) for spans in sure),
            )
        )
    return rows


def at_instant(stays: list[S], ranges: Ranges, second: int, trust: Trust) -> tuple[int, int]:
    """(people, people for certain) there in the second that begins then."""
    there = presence_at(stays, ranges, (second, second + 1), trust)
    return len(there), sum(any(sure for _, sure in spans) for spans in there.values())


def peak(stays: list[S], ranges: Ranges, window: Window, trust: Trust) -> tuple[int, int | None, int]:
    """(the most at once, when first, the most for certain): it is reached when somebody comes."""
    instants = sorted({window.start, *(stay.start for stay in stays if window.start <= stay.start < window.end)})
    counts = [at_instant(stays, ranges, t, trust) for t in instants]
    most = max(count for count, _ in counts)
    when = next(t for t, (count, _) in zip(instants, counts, strict=True) if count == most)
    return most, when if most else None, max(sure for _, sure in counts)


def seconds(stays: list[S], ranges: Ranges, window: Window, trust: Trust) -> tuple[int, int]:
    """Person-seconds in the window, and the certain ones."""
    there = presence_at(stays, ranges, (window.start, window.end), trust).values()
    every = sum(length([span for span, _ in spans]) for spans in there)
    return every, sum(length([span for span, sure in spans if sure]) for spans in there)
