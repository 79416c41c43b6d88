"""What changes between two rules: against the two answers themselves, by pages, with the clauses that differ."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from scenes.epidemic.rulebook.applying import WHOLE, apply_rule
from scenes.epidemic.rulebook.differing import CHANGES, diff_rules
from scenes.epidemic.rulebook.reading import rulebook
from tests.scenes.epidemic.ruled_town import (
    CASE,
    COLLEAGUE,
    DINER,
    FRIEND,
    LATER,
    MATE,
    NEIGHBOUR,
    STAYS,
    Town,
    make_town,
)

REPORT = {"report": "2022-04-05"}


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    made = make_town(tmp_path_factory.mktemp("town") / "twin", STAYS[:-3])
    yield made
    made.close()


def changes(town: Town, a: Any, b: Any, **moments: str) -> dict[int, str]:
    difference = diff_rules(town, rulebook().choose(*a), rulebook().choose(*b), town.asked(**moments))
    assert difference.total == len(difference.rows)
    for change in CHANGES:
        assert difference.counts[change] == sum(row.change == change for row in difference.rows)
    return {row.person: row.change for row in difference.rows}


def test_a_rule_does_not_differ_from_itself(town: Town) -> None:
    same = ("spacetime-companion",)
    difference = diff_rules(town, rulebook().choose(*same), rulebook().choose(*same), town.asked(**REPORT))
    assert (difference.rows, difference.clauses) == ([], {})
    assert difference.counts["same"] == 3


def test_who_enters_and_who_leaves(town: Town) -> None:
    strict, loose = ("spacetime-companion",), ("spacetime-companion/or",)
    assert changes(town, strict, loose, **REPORT) == {COLLEAGUE: "enters"}
    assert changes(town, loose, strict, **REPORT) == {COLLEAGUE: "leaves"}
    narrow = ("spacetime-companion", {"near.scale": "unit", "stay": None})
    assert changes(town, strict, narrow, **REPORT) == {NEIGHBOUR: "leaves", COLLEAGUE: "enters"}


def test_who_becomes_certain_or_possible(town: Town) -> None:
    sure, doubtful = ("close-contact-general",), ("close-contact-general", {"sources.doubtful": [0]})
    everybody = {MATE, COLLEAGUE, DINER}
    assert changes(town, sure, doubtful) == dict.fromkeys(everybody, "becomes_possible")
    assert changes(town, doubtful, sure) == dict.fromkeys(everybody, "becomes_certain")


def test_rules_of_different_kinds(town: Town) -> None:
    assert changes(town, ("close-contact-general",), ("secondary-contact",)) == {FRIEND: "enters"}
    found = changes(town, ("close-contact-dining",), ("lingering-exposure",))
    assert found[DINER] == "leaves"
    assert found[LATER] == "enters"


def test_an_answer_says_what_differs_and_why(town: Town) -> None:
    a, b = rulebook().choose("spacetime-companion"), rulebook().choose("spacetime-companion", {"stay.combine": "or"})
    difference = diff_rules(town, a, b, town.asked(**REPORT))
    assert difference.clauses == {"stay.combine": {"a": "and", "b": "or"}}
    (row,) = difference.rows
    assert (row.certain_a, row.certain_b, row.hops_a, row.hops_b) == (None, True, None, 1)
    by_b = {one.person: one for one in apply_rule(town, b, town.asked(**REPORT)).rows}
    assert (row.evidence, row.together_s) == (by_b[COLLEAGUE].evidence, by_b[COLLEAGUE].together_s)
    assert [piece.case for piece in row.evidence] == [CASE]
    assert difference.rule.id == "spacetime-companion..spacetime-companion+changed"
    assert (difference.a["total"], difference.b["total"]) == (3, 4)
    assert difference.a["warnings"] == []
    assert difference.cost.rows_read > 0


def test_pages(town: Town) -> None:
    a, b = rulebook().choose("close-contact-household"), rulebook().choose("spacetime-companion/or")
    asked = town.asked(onset="2022-04-05", isolation="2022-04-06", report="2022-04-05")
    whole = diff_rules(town, a, b, asked)
    assert whole.total == 3
    rows, cursor = [], None
    while True:
        page = diff_rules(town, a, b, asked, {**WHOLE, "limit": 2, "cursor": cursor})
        assert page.counts == whole.counts
        rows += page.rows
        cursor = page.next
        if cursor is None:
            break
    assert [row.person for row in rows] == [row.person for row in whole.rows]
