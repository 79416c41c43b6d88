"""Who is a contact by a whole rule: time together by place or over all, cumulative stays, at one time or merely there.

The sweep is that of companions, with what the rule asks of all places together as a first sieve (no single place can
have more); then each place is measured by itself; then the stays of those who are left are read.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace

from twin.presence.answer import Answer, ContactRow, Cost
from twin.presence.contact import Contact
from twin.presence.kernels.uniting import Measure
from twin.presence.paging import Page
from twin.presence.questions.bridged import gaps_of, stays_of
from twin.presence.questions.companions import cost_of, evidence_of, sweep_of
from twin.presence.questions.dwell import Stayed
from twin.presence.questions.judging import Judged, judge
from twin.presence.questions.overlap import Found, find, person_columns
from twin.presence.questions.presences import presence_by_unit, stays_as_they_are
from twin.presence.questions.slots import slots_of
from twin.presence.segments.days import Days
from twin.presence.segments.record import RECORD_BYTES, ROW_BYTES
from twin.presence.snapshot import Own, Snapshot
from twin.presence.together import PER, Together
from twin.types import Window


def contacts(
    snapshot: Snapshot,
    persons: Sequence[int],
    window: Window,
    rule: Contact,
    page: Page,
    *,
    without: Sequence[int] = (),
) -> Answer[ContactRow]:
    """Everybody who is a contact of any of `persons`, longest first; nobody of `persons` or `without` is among them."""
    began = time.perf_counter()
    together = rule.together
    own = stays_of(snapshot, persons, window, rule)
    near = together.near.around(own.place)
    slots = slots_of(together.near, own.case, own.place)
    by = Measure(PER[together.threshold.per], Days(snapshot.zone).edges_of(window), together.threshold.span_s)
    if rule.when == "same_time":
        asked = stays_as_they_are(own, near, slots)
    else:
        asked = presence_by_unit(snapshot, own, slots, rule, window=window, by=by)
    sweep = sweep_of(asked.stays, asked.near, [*persons, *without], window, _sieve(rule))
    found = find(snapshot, replace(sweep, gaps=gaps_of(rule)))
    judged = judge(snapshot, found, asked, slots, rule, window=window, by=by)
    total = len(judged.row)
    rows = _rows(snapshot, asked.stays, found, judged, page.cut(total))
    left_out, following = page.rest(total, snapshot.version)
    return Answer(
        question="contacts",
        rows=rows,
        snapshot=snapshot.version,
        rule=rule.rule("contacts"),
        window=window,
        zone=snapshot.zone,
        total=total,
        left_out=left_out,
        next=following,
        cost=_cost(cost_of(own, found, began), judged.stayed, began),
        below_threshold=found.met - total,
        not_compared=len(near.not_compared),
    )


def _sieve(rule: Contact) -> Together:
    """What everybody must fulfil who can hold at all, with the longest gap that is bridged after any stay."""
    gaps = gaps_of(rule)
    together = rule.together if gaps is None else replace(rule.together, bridge_s=gaps.most)
    if rule.dwell is None or rule.combine == "and":
        return together
    return replace(together, threshold=replace(together.threshold, seconds=0, strict=False))


def _rows(snapshot: Snapshot, own: Own, found: Found, judged: Judged, cut: slice) -> list[ContactRow]:
    shown = judged.row[cut]
    *columns, _ = person_columns(snapshot, found, shown)
    case_s: Sequence[int | None] = [None] * len(shown)
    other_s: Sequence[int | None] = case_s
    if judged.stayed is not None:
        case_s, other_s = (column.tolist() for column in judged.stayed.at(found.union.person[shown])[2:])
    more = (judged.certain[cut], judged.most[cut], judged.surely[cut])
    certain, most, surely = (column.tolist() for column in more)
    evidence = evidence_of(own, found, shown)
    return [ContactRow(*row) for row in zip(*columns, certain, evidence, most, surely, case_s, other_s, strict=True)]


def _cost(cost: Cost, stayed: Stayed | None, began: float) -> Cost:
    """With the stays that were read person by person."""
    rows = stayed.rows if stayed else 0
    read = rows * (RECORD_BYTES + ROW_BYTES)
    return Cost(
        rows_read=cost.rows_read + rows,
        bytes_read=cost.bytes_read + read,
        least_rows=cost.least_rows + rows,
        least_bytes=cost.least_bytes + read,
        ms=(time.perf_counter() - began) * 1e3,
    )
