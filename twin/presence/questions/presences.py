"""What is probed for when a rule measures places: the stays of those asked about, or their presence at places by day.

A unit is what is measured by itself: a slot (one person's square, floor, building …), or a slot on one local day.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twin.presence.contact import Contact
from twin.presence.kernels.uniting import Measure
from twin.presence.near.nearness import Neighbourhood
from twin.presence.near.ranges import KeyRanges
from twin.presence.questions.measuring import Measured, measured
from twin.presence.questions.slots import Slots
from twin.presence.snapshot import Own, Snapshot
from twin.types import I64, Window


@dataclass(frozen=True, slots=True)
class Presences:
    """What is probed for, as stays, and what is near to each.

    unit        (n,) the unit of each stay
    units       how many units a slot has: unit // units is the slot
    own         what those asked about did in each unit; None where the stays themselves are probed for
    """

    stays: Own
    near: Neighbourhood
    unit: I64
    units: int
    own: Measured | None


def stays_as_they_are(own: Own, near: Neighbourhood, slots: Slots) -> Presences:
    """The stays themselves: whoever is met was there at the same time."""
    return Presences(own, near, slots.number(own.case, own.place), 1, None)


def presence_by_unit(
    snapshot: Snapshot, own: Own, slots: Slots, rule: Contact, *, window: Window, by: Measure
) -> Presences:
    """Units where those asked about were for long enough, each for as long as whoever else may be there."""
    slot = slots.number(own.case, own.place)
    own, slot = own.take(slot >= 0), slot[slot >= 0]
    edges = by.edges if rule.when == "same_day" else np.array([window.start, window.end], dtype=np.int64)
    units = len(edges) - 1
    piece, day = _cut(own, edges)
    start, end = np.maximum(own.start[piece], edges[day]), np.minimum(own.end[piece], edges[day + 1])
    there = measured(slot[piece] * units + day, (start, end, own.certain[piece]), by)
    unit = there.code[there.most >= rule.together.threshold.least]
    at, spans = _spans(snapshot, window, unit % units, edges)
    where = unit[at] // units
    nothing, certain = np.zeros(len(where), dtype=np.uint8), np.ones(len(where), dtype=np.bool_)
    stays = Own(slots.case[where], slots.place[where], spans[:, 0], spans[:, 1], nothing, nothing, certain)
    return Presences(stays, _near(slots, where), unit[at], units, there)


def _cut(own: Own, edges: I64) -> tuple[I64, I64]:
    """(piece, day) for every day between edges that each piece touches; a point touches the one it lies in."""
    first = np.searchsorted(edges, own.start, side="right") - 1
    count = np.searchsorted(edges, np.maximum(own.end, own.start + 1), side="left") - first
    return _dealt(first, count)


def _dealt(first: I64, count: I64) -> tuple[I64, I64]:
    """(n,) runs first .. first + count to (which run, number) of each of their members."""
    which = np.repeat(np.arange(len(count)), count)
    return which, np.arange(len(which)) + np.repeat(first - np.cumsum(count) + count, count)


def _spans(snapshot: Snapshot, window: Window, day: I64, edges: I64) -> tuple[I64, I64]:
    """(u,) days of units to (which unit, (k, 2) span), by start: the days, cut where the store cuts its own."""
    infos = [info for info in snapshot.infos if info.base < window.end and info.until > window.start]
    cuts = np.concatenate([edges, *([info.base, info.until] for info in infos)]).astype(np.int64)
    cuts = np.unique(np.clip(cuts, window.start, window.end))
    lo, hi = (np.clip(edges[day + more], window.start, window.end) for more in (0, 1))
    first = np.searchsorted(cuts, lo)
    which, at = _dealt(first, np.searchsorted(cuts, hi) - first)
    order = np.argsort(cuts[at], kind="stable")
    return which[order], np.stack([cuts[at], cuts[at + 1]], axis=1)[order]


def _near(slots: Slots, where: I64) -> Neighbourhood:
    """What is near to each of (n,) presences in slots."""
    order = np.argsort(slots.slot, kind="stable")
    first = np.searchsorted(slots.slot[order], where)
    which, row = _dealt(first, np.searchsorted(slots.slot[order], where, side="right") - first)
    at = order[row]
    ranges = KeyRanges(slots.ranges.lo[at], slots.ranges.hi[at])
    return Neighbourhood(which, ranges, slots.certain[at], slots.floor[at], np.empty(0, dtype=np.int64))
