"""Clauses by name: overridden, taken away, typed at a command line, compared."""

from __future__ import annotations

from typing import Any

import pytest

from scenes.epidemic.rulebook.clauses import clauses, differences, read_settings, with_clauses
from scenes.epidemic.rulebook.reading import rulebook
from scenes.epidemic.rulebook.schema import Rule
from twin.errors import InvalidValue


@pytest.fixture
def rule() -> Rule:
    return rulebook().choose("spacetime-companion").rule


def test_every_clause_can_be_set_to_what_it_is(rule: Rule) -> None:
    assert with_clauses(rule, clauses(rule)) == rule


@pytest.mark.parametrize(
    "overrides",
    [
        {"threshold.seconds": 900, "stay.who": "both"},
        {"near.scale": "building"},
        {"near.scale": "cell", "near.res": 9},
        {"threshold.per": "span", "threshold.span_s": 3600},
        {"sources.error_m.wifi": 25, "gaps.by_source.wifi": 600},
        {"setting.premises": ["food"]},
        {"stay": None},
        {"sources.error_m.gps": None, "sources.error_m.signalling": None},
    ],
)
def test_what_differs_is_what_was_overridden(rule: Rule, overrides: dict[str, Any]) -> None:
    changed = differences(rule, with_clauses(rule, overrides))
    for name, value in overrides.items():
        if value is None:
            assert all(after is None for clause, (_, after) in changed.items() if clause.startswith(name))
            assert any(clause.startswith(name) for clause in changed)
        else:
            assert changed[name][1] == value


def test_another_scale_drops_the_options_of_the_one_before(rule: Rule) -> None:
    other = with_clauses(rule, {"near.scale": "building"})
    assert other.near.side_m is None
    assert with_clauses(rule, {"near.scale": "square", "near.side_m": 400}).near.side_m == 400
    assert with_clauses(rule, {"near.scale": "compartments"}).near.nearby == 0
    spans = with_clauses(rule, {"threshold.per": "span", "threshold.span_s": 60})
    assert with_clauses(spans, {"threshold.per": "day"}).threshold.span_s is None  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("overrides", "clause", "reason"),
    [
        ({"threshold.colour": 1}, "threshold.colour", "there is no such field"),
        ({"colour": 1}, "colour", "there is no such clause"),
        ({"title_en": "X"}, "title_en", "there is no such clause"),
        ({"threshold.seconds.more": 1}, "threshold.seconds.more", "there is no such clause"),
        ({"threshold.seconds": "many"}, "threshold.seconds", "integer"),
        ({"stay.who": "nobody"}, "stay.who", "either"),
        ({"near.res": 9}, "near", "res has no meaning at scale square"),
        ({"hop.theta_s": 60}, "", "threshold has no part"),
        ({"threshold": None}, "", "threshold is missing"),
    ],
)
def test_wrong_overrides_are_named(rule: Rule, overrides: dict[str, Any], clause: str, reason: str) -> None:
    with pytest.raises(InvalidValue) as caught:
        with_clauses(rule, overrides)
    assert caught.value.thing == (
        f"rule spacetime-companion, clause {clause}" if clause else "rule spacetime-companion"
    )
    assert reason in caught.value.reason
    assert caught.value.way_out


def test_settings_as_typed() -> None:
    typed = [
        "threshold.seconds=900", "threshold.strict=false", "stay.who=both", "stay.hours=1.5", "near.origin=[113, 22]",
        'sources.only=["wifi"]', "stay=none", "near.scale = cell",
    ]  # fmt: skip
    assert read_settings(typed) == {
        "threshold.seconds": 900,
        "threshold.strict": False,
        "stay.who": "both",
        "stay.hours": 1.5,
        "near.origin": [113, 22],
        "sources.only": ["wifi"],
        "stay": None,
        "near.scale": "cell",
    }
    for wrong in ("threshold", "=5", ""):
        with pytest.raises(InvalidValue, match="clause=value"):
            read_settings([wrong])


def test_a_changed_rule_does_not_go_by_the_mere_name() -> None:
    book = rulebook()
    assert book.choose("spacetime-companion").name == "spacetime-companion"
    assert book.choose("spacetime-companion", {"threshold.strict": True}).name == "spacetime-companion"
    assert book.choose("spacetime-companion", {"threshold.strict": False}).name == "spacetime-companion+changed"
    assert book.choose("spacetime-companion/or", {"stay.hours": 20}).name == "spacetime-companion/or+changed"
    assert book.choose("vehicle-coach/ventilated").name == "vehicle-coach/ventilated"
