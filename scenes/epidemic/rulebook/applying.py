"""A rule applied to persons: the one way by which the command line, the scene and a comparison of rules ask."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from scenes.epidemic.asked import Paged, Records, presence_of
from scenes.epidemic.rulebook.anchoring import Span, Times, end_of_day, span_of
from scenes.epidemic.rulebook.clauses import Chosen, clauses
from scenes.epidemic.rulebook.making import contact_of, together_of
from scenes.epidemic.rulebook.reading import holds
from scenes.epidemic.rulebook.rows import Ruled, of_chain, of_contact, of_lingering, ruled
from scenes.epidemic.rulebook.schema import Rule
from scenes.epidemic.windows import local
from twin.errors import InvalidWindow
from twin.presence import Presence
from twin.presence.paging import snapshot_of
from twin.types import Window

WHOLE: Paged = {"limit": None, "cursor": None, "as_of": None, "force": False}
"""Every row, as of now."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Persons by number, what is known of them, and, for contacts of contacts, who was isolated at which UTC second."""

    persons: Sequence[int]
    times: Times
    isolated: Mapping[int, int]


def apply_rule(records: Records, chosen: Chosen, asked: Asked, page: Paged = WHOLE) -> Ruled:
    """Who holds by a rule, a page of them, with the evidence, and with everything that the rule and the asker decided.

    Raises what the engine raises, and InvalidValue or InvalidWindow for a look-back without its anchor.
    """
    presence, rule = presence_of(records), chosen.rule
    if chosen.without:
        page = on_one_snapshot(presence, page)
    last = presence.stats().last
    if last is None:
        raise InvalidWindow("window", "no stays are kept at all", "Import some: twin import STAYS --into DIR")
    zone = rule.window.zone or records.zone
    end = end_of_day(last, zone)  # not the last stay itself: pages of one answer are asked for while stays arrive
    span = span_of(rule, asked.times, records.zone, end)
    said = ruling(chosen, span, zone)
    if rule.hop:
        answer: Any = _chain(records, chosen, asked, span, page)
        return ruled(replace(answer, zone=zone), of_chain, {**said, "reached": list(answer.reached)})
    if rule.lingering:
        answer = presence.lingering(
            asked.persons,
            span.window,
            rule=together_of(chosen, records.store),
            linger_s=rule.lingering.linger_s,
            half_life_s=rule.lingering.half_life_s,
            **page,
        )
        return ruled(replace(answer, zone=zone), of_lingering, said)
    contact = contact_of(chosen, records.store, span.stays)
    without = _without(records, chosen, asked, page)
    answer = presence.contacts(asked.persons, span.window, rule=contact, zone=zone, without=without, **page)
    return ruled(answer, of_contact, said)


def on_one_snapshot(presence: Presence, page: Paged) -> Paged:
    """The page on a snapshot that is named, so that several questions see the same records."""
    if page["cursor"] is not None:
        return {**page, "as_of": snapshot_of(page["cursor"])}
    return page if page["as_of"] is not None else {**page, "as_of": presence.stats().snapshot}


def _chain(records: Records, chosen: Chosen, asked: Asked, span: Span, page: Paged) -> Any:
    """Contacts of contacts: they may meet after the isolation of those asked about, until their own."""
    presence = presence_of(records)
    hop = chosen.rule.hop
    assert hop is not None
    isolation = dict(asked.isolated)
    if span.isolated is not None:
        isolation |= {person: span.isolated for person in asked.persons if person not in isolation}
    window = asked.times.window or Window(span.window.start, max(span.window.end, span.records_end))
    return presence.chain(
        asked.persons,
        window,
        rule=together_of(chosen, records.store),
        hops=hop.hops,
        theta_s=hop.theta_s,
        latency_s=hop.latency_s,
        first_contact=hop.first_contact,
        isolate_after_s=hop.isolate_after_s,
        isolation=isolation,
        **page,
    )


def _without(records: Records, chosen: Chosen, asked: Asked, page: Paged) -> list[int]:
    """Whoever holds by a rule that this one names."""
    whole: Paged = {**page, "limit": None, "cursor": None}
    return sorted({row.person for other in chosen.without for row in apply_rule(records, other, asked, whole).rows})


def ruling(chosen: Chosen, span: Span, zone: str) -> dict[str, Any]:
    """All that an answer says of its rule: which, as of when, every clause, those that are not as written, warnings."""
    rule = chosen.rule
    return {
        **about(rule),
        "variant": chosen.variant or None,
        "clauses": clauses(rule),
        "changed": {name: {"written": a, "applied": b} for name, (a, b) in chosen.changed.items()},
        "anchor": span.anchor,
        "day": span.day.isoformat(),
        "zone": zone,
        "window": _interval(span.window, zone),
        "stay_window": None if span.stays is None else _interval(span.stays, zone),
        "warnings": [*_out_of_date(rule, span), *span.notes],
    }


def about(rule: Rule) -> dict[str, Any]:
    """What a rule is called, and where it comes from."""
    return {
        "id": rule.id,
        "version": rule.version,
        "group": rule.group,
        "kind": rule.kind,
        "title_en": rule.title_en,
        "title_zh": rule.title_zh,
        "effective": {
            "from": rule.effective.from_.isoformat() if rule.effective.from_ else None,
            "to": rule.effective.to.isoformat() if rule.effective.to else None,
        },
        "source": rule.source.model_dump(),
    }


def _out_of_date(rule: Rule, span: Span) -> list[str]:
    if holds(rule, span.day):
        return []
    first, last = rule.effective.from_, rule.effective.to
    held = f"from {first}" if last is None else f"until {last}" if first is None else f"from {first} to {last}"
    return [f"rule {rule.address} held {held}; the question is about {span.day}"]


def _interval(window: Window, zone: str) -> dict[str, Any]:
    return {
        "start": window.start,
        "end": window.end,
        "start_local": local(window.start, zone),
        "end_local": local(window.end, zone),
    }
