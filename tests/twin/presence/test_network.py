"""Counts of meetings and degrees equal the brute force over pairs, on every scale that divides places."""

from __future__ import annotations

from collections import Counter
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.twin.presence import oracle_network, oracle_people
from tests.twin.presence.oracle import length
from tests.twin.presence.oracle_chain import group
from tests.twin.presence.test_against_oracle import World, filled, windows
from tests.twin.presence.test_chain import crowds, often, spans
from tests.twin.presence.test_counts import asked
from tests.twin.presence.test_together import SCALES
from tests.twin.presence.test_together import rules as any_rules
from tests.twin.presence.worlds import name, worlds
from twin.presence import Floor, KeyRanges, Threshold, Together, Trust, Unit

DIVIDING = [scale for scale in SCALES if scale.partition]


@st.composite
def rules(draw: st.DrawFn) -> Together:
    return Together(
        draw(st.one_of(st.sampled_from([Unit(), Floor()]), st.sampled_from(DIVIDING))),
        Threshold(draw(st.sampled_from([0, 0, 1, 300, 600, 4000])), "meeting", strict=draw(st.booleans())),
        draw(often(0, st.sampled_from([1, 60, 1800, 40000]))),
        Trust(
            draw(often(None, st.just(frozenset({0, 1})))),
            draw(often(frozenset(), st.just(frozenset({1})))),
        ),
    )


BY = ["place", "day", "place_day", "window"]


@settings(max_examples=80, deadline=None)
@given(st.one_of(crowds(), crowds(), worlds()), st.data(), rules(), st.sampled_from(BY))
def test_network(world: World, data: st.DataObject, rule: Together, by: str) -> None:
    zone, midnight, stays = world
    window = data.draw(st.one_of(spans(midnight), windows(midnight)))
    ranges = data.draw(often(None, asked()))
    places = None if ranges is None else KeyRanges.of(ranges)
    with TemporaryDirectory() as folder, filled(folder, zone, stays, data.draw(st.integers(1, 3))) as presence:
        answer = presence.network(window, places=places, rule=rule, by=by, limit=None)  # type: ignore[arg-type]
    found = {
        (
            None if row.place is None else group(rule.near, row.place),
            oracle_network.day(row.start, zone) if by in ("day", "place_day") else None,
        ): [
            row.people,
            row.certain_people,
            row.stays,
            row.meetings,
            row.certain_meetings,
        ]
        for row in answer.rows
    }
    assert len(found) == answer.total == len(answer.rows)
    expected = oracle_network.counts(stays, window, rule, zone, by=by, ranges=ranges)
    assert {at: row for at, row in found.items() if any(row)} == {at: row for at, row in expected.items() if any(row)}


@settings(max_examples=40, deadline=None)
@given(st.one_of(crowds(), crowds(), worlds()), st.data(), rules())
def test_degrees(world: World, data: st.DataObject, rule: Together) -> None:
    zone, midnight, stays = world
    window = data.draw(st.one_of(spans(midnight), windows(midnight)))
    ranges = data.draw(often(None, asked()))
    places = None if ranges is None else KeyRanges.of(ranges)
    persons = data.draw(st.sets(st.integers(0, 6), min_size=1, max_size=3))
    with TemporaryDirectory() as folder, filled(folder, zone, stays, data.draw(st.integers(1, 3))) as presence:
        answer = presence.degrees(window, places=places, rule=rule, limit=None)
        some = presence.degrees(window, persons=list(persons), places=places, rule=rule, limit=None)
        met = presence.degrees(window, persons=list(persons), places=places, rule=rule, met=True, limit=None).rows
        everybody = list(range(7)) if places is None else None
        edges = presence.contact_graph(window, persons=everybody, places=places, rule=rule, limit=None).rows
    expected = oracle_network.degrees(stays, window, rule, ranges)
    found = [(row.person, (row.stays, row.meetings, row.certain_meetings)) for row in answer.rows]
    assert found == sorted(expected.items(), key=lambda item: (-item[1][1], item[0]))
    assert some.rows == [row for row in answer.rows if row.person in persons]
    for row in met:
        own = [edge.certain for edge in edges if row.person in (edge.person, edge.other)]
        assert row.met == len(own)
        if not rule.bridge_s:  # with gaps bridged, companions do not see doubt in parts of a stay far from their own
            assert row.certain_met == sum(own)
    degrees = [row[1] for row in expected.values()]
    assert answer.distribution == sorted(Counter(degrees).items())
    assert answer.most == max(degrees, default=0)
    assert answer.mean == pytest.approx(sum(degrees) / max(len(degrees), 1))


@settings(max_examples=80, deadline=None)
@given(st.one_of(crowds(), worlds()), st.data(), any_rules(), st.sampled_from(["persons", "places", "both"]))
def test_contact_graph(world: World, data: st.DataObject, rule: Together, of: str) -> None:
    """By any scale and any threshold, of persons, of places, and of these persons at these places."""
    zone, midnight, stays = world
    window = data.draw(st.one_of(spans(midnight), windows(midnight)))
    persons = set(range(7)) if of == "places" else data.draw(st.sets(st.integers(0, 6), min_size=1, max_size=6))
    ranges = None if of == "persons" else data.draw(asked())
    with TemporaryDirectory() as folder, filled(folder, zone, stays, data.draw(st.integers(1, 3))) as presence:
        answer = presence.contact_graph(
            window,
            persons=None if of == "places" else sorted(persons),
            places=None if ranges is None else KeyRanges.of(ranges),
            rule=rule,
            limit=None,
        )
        first = presence.contact_graph(window, persons=list(range(7)), rule=rule, limit=1)
        rest = presence.contact_graph(window, persons=list(range(7)), rule=rule, cursor=first.next, limit=None)
        whole = presence.contact_graph(window, persons=list(range(7)), rule=rule, limit=None)
    there = stays if ranges is None else [stay for stay in stays if oracle_network.meant(stay.place, ranges)]
    assert [
        (row.person, row.other, row.together_s, row.certain_s, row.meetings, row.first, row.last, row.certain)
        for row in answer.rows
    ] == [
        (one, other, length(met), sure, len(met), met[0][0], met[-1][1], certain)
        for one, other, met, sure, certain in oracle_people.meetings(there, persons, window, rule, zone)
    ]
    for row in answer.rows:
        assert (row.pseudonym, row.other_pseudonym) == (name(row.person), name(row.other))
        assert row.possible_s == row.together_s - row.certain_s
    assert whole.rows == (first.rows + rest.rows if first.next else first.rows)
