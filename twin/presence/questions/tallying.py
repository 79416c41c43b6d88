"""How many different people were at each of some places, and anywhere at all: exact counts, by scratch."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twin.presence.kernels.layout import UNUSED, Probes, Work
from twin.presence.kernels.probing import clear, estimate
from twin.presence.kernels.tallying import AT_ONCE, Day, Marks, mark_people, tally
from twin.presence.segments.record import RECORD_BYTES
from twin.presence.segments.segment import Segment
from twin.presence.snapshot import Snapshot
from twin.presence.together import Trust
from twin.types import I64, Window

_ENTRY_BYTES = 8


@dataclass(frozen=True, slots=True)
class Tally:
    """Distinct people per place, how many records were read for it and how many of them count, and bytes."""

    people: I64
    rows_read: int
    matched: int
    bytes_read: int


def visitors_of(snapshot: Snapshot, probes: Probes, places: int, window: Window, trust: Trust) -> Tally:
    """(places,) how many had a stay at each in the window: in a range of those `probes` whose `stay` it is.

    Raises TooMuch where the places hold more records than may be read.
    """
    counts = np.zeros(places, dtype=np.int64)
    rows = entries = matched = 0
    segments = snapshot.segments(window)
    if snapshot.budget is not None:
        snapshot.admit(sum(estimate(segment.places, _of_day(probes, segment, window)) for segment in segments))
    with snapshot.scratch.cells(snapshot.people) as cell:
        touched = np.empty(snapshot.people, dtype=np.uint32)
        for first in range(0, places, AT_ONCE):
            part = _places(probes, first)
            found = np.zeros(AT_ONCE, dtype=np.int64)
            met = 0
            for segment in segments:
                worth = trust.worth(segment.tag_source, segment.tag_quality)
                work = Work(segment.places, _of_day(part, segment, window), worth)
                read = tally(work, snapshot.alias, Marks(cell, touched, found), met)
                rows, entries, matched, met = rows + read[0], entries + read[1], matched + read[2], read[3]
            clear(cell, touched[:met])
            counts[first : first + AT_ONCE] = found[: places - first]
    return Tally(counts, rows, matched, rows * RECORD_BYTES + entries * _ENTRY_BYTES)


def people_in(snapshot: Snapshot, window: Window, trust: Trust) -> Tally:
    """(1,) how many people have a stay in the window, by the records that are trusted."""
    segments = snapshot.segments(window)
    open_ended = [(segment, _to_check(segment, window, trust)) for segment in segments]
    open_ended.sort(key=lambda pair: pair[1][0] < pair[1][1])  # days that need no look at records first
    marked = rows = size = 0
    with snapshot.scratch.cells(snapshot.people) as cell:
        for segment, span in open_ended:
            if marked == snapshot.people:
                break
            worth = trust.worth(segment.tag_source, segment.tag_quality)
            read = mark_people(Day(segment.people, segment.places, worth), span, snapshot.alias, cell)
            rows, marked, size = rows + read[0], marked + read[3], size + read[1] + read[0] * RECORD_BYTES
        cell[: snapshot.people] = 0
    return Tally(np.array([marked]), rows, rows, size)


def _to_check(segment: Segment, window: Window, trust: Trust) -> tuple[int, int]:
    """The seconds that records must be looked at for; none where the whole day counts, whoever says so."""
    worth = trust.worth(segment.tag_source, segment.tag_quality)
    whole = window.start <= segment.info.base and window.end >= segment.info.until
    return (0, 0) if whole and not (worth == UNUSED).any() else (window.start, window.end)


def _places(probes: Probes, first: int) -> Probes:
    """The probes of the places that one sweep counts, numbered from 0."""
    inside = (probes.stay >= first) & (probes.stay < first + AT_ONCE)
    part = Probes._make(column[inside] for column in probes)
    return part._replace(stay=part.stay - np.uint32(first))


def _of_day(probes: Probes, segment: Segment, window: Window) -> Probes:
    """The same probes for the part of the window that lies in a segment's day."""
    n = len(probes.lo)
    start = np.full(n, max(window.start, segment.info.base), dtype=np.int64)
    end = np.full(n, min(window.end, segment.info.until), dtype=np.int64)
    return probes._replace(start=start, end=end)
