"""Who of those that a sweep found holds by a whole rule: each place measured by itself, then the cumulative stays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twin.presence.contact import Contact
from twin.presence.kernels.probing import order_within
from twin.presence.kernels.uniting import Measure
from twin.presence.questions.dwell import Met, Stayed, dwelt
from twin.presence.questions.measuring import measured_in_order
from twin.presence.questions.overlap import Found
from twin.presence.questions.presences import Presences
from twin.presence.questions.slots import Slots
from twin.presence.snapshot import Snapshot
from twin.types import I64, Bools, Window


@dataclass(frozen=True, slots=True)
class Judged:
    """(r,) rows of the sweep's union that hold, longest first, and what is said of each.

    most, surely  the most seconds by the rule's measure, of all and of what is certain
    stayed        cumulative stays, where the rule asks for any
    """

    row: I64
    certain: Bools
    most: I64
    surely: I64
    stayed: Stayed | None


@dataclass(frozen=True, slots=True)
class _Pairs:
    """(p,) a person found and a unit where they were met: row, unit, the seconds that count for the threshold.

    surely is -1 where nothing is certain.
    """

    row: I64
    unit: I64
    most: I64
    surely: I64


def judge(
    snapshot: Snapshot, found: Found, asked: Presences, slots: Slots, rule: Contact, *, window: Window, by: Measure
) -> Judged:
    """Who holds by the whole rule, of the rows that the sweep let through."""
    least = rule.together.threshold.least
    rows = np.sort(found.order)
    pairs = _pairs(found, rows, asked, rule=rule, by=by, slots=len(slots))
    most, surely = _most(len(rows), pairs.row, pairs.most), _most(len(rows), pairs.row, pairs.surely)
    met, certain, stayed = most >= least, surely >= least, None
    if rule.dwell is not None:
        both = rule.combine == "and"
        counted = pairs.most >= least if both else np.ones(len(pairs.row), dtype=np.bool_)
        doubtless = pairs.surely >= (least if both else 0)
        person = found.union.person[rows]
        slot = pairs.unit[counted] // asked.units
        who = Met(person[pairs.row[counted]], slot, doubtless[counted])
        stayed = dwelt(snapshot, slots, who, rule.dwell, window=window, rule=rule)
        long_enough, surely_long_enough = stayed.at(person)[:2]
        met = met & long_enough if both else met | long_enough
        certain = surely_long_enough if both else certain | surely_long_enough
    keep = np.flatnonzero(met)
    union = found.union
    order = keep[np.lexsort((union.person[rows[keep]], -union.together[rows[keep]]))]
    return Judged(rows[order], certain[order], most[order], np.maximum(surely[order], 0), stayed)


def _pairs(found: Found, rows: I64, asked: Presences, *, rule: Contact, by: Measure, slots: int) -> _Pairs:
    union, hits = found.union, found.hits
    count = np.diff(union.first_hit)[rows]
    row = np.repeat(np.arange(len(rows)), count)
    hit = np.arange(len(row)) + np.repeat(union.first_hit[rows] - np.cumsum(count) + count, count)
    units = max(slots * asked.units, 1)
    unit_of = asked.unit[hits.stay[hit]]
    order, _ = order_within(np.append(0, np.cumsum(count)), unit_of)
    spans = hits.start[hit], hits.end[hit], hits.certain[hit]
    start, end, certain = (column[order] for column in spans)
    by_unit = measured_in_order(row * units + unit_of[order], (start, end, certain), by)
    of, unit = by_unit.code // units, by_unit.code % units
    most, surely = by_unit.most, by_unit.surely
    if asked.own is not None:  # those asked about must have been there for as long
        own, own_surely = asked.own.at(unit)
        most, surely = np.minimum(most, own), np.minimum(surely, own_surely)
    if not rule.by_place:
        over_all = measured_in_order(row, spans, by)
        most = over_all.most[of]
        surely = np.where(surely >= 0, over_all.surely[of], -1)
    return _Pairs(of, unit, most, surely)


def _most(count: int, of: I64, seconds: I64) -> I64:
    """The most of each row's seconds; -1 for a row without any."""
    most = np.full(count, -1, dtype=np.int64)
    np.maximum.at(most, of, seconds)
    return most
