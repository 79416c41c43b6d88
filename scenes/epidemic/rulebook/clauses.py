"""Clauses by name: all of a rule's in one flat table, a rule with some of them overridden, what two differ in."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from scenes.epidemic.rulebook.faults import fault
from scenes.epidemic.rulebook.near import OPTIONS
from scenes.epidemic.rulebook.schema import Rule
from twin.errors import InvalidValue

TABLES = ("window", "near", "threshold", "gaps", "sources", "stay", "setting", "hop", "lingering", "without")
"""The tables of a rule that say who is a contact; the others say what it is called and where it comes from."""

Clauses = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Chosen:
    """A rule as it is applied: `rule` is `original` with a variant's and the asker's own clauses.

    without: the rules whose contacts are none by this one.
    """

    rule: Rule
    original: Rule
    variant: str = ""
    without: tuple[Chosen, ...] = ()

    @property
    def changed(self) -> dict[str, tuple[Any, Any]]:
        """Clauses that are not as written: (as written, as applied)."""
        return differences(self.original, self.rule)

    @property
    def name(self) -> str:
        """The id of an answer's rule: never the mere id where a clause is another."""
        of_variant = self.original.variants[self.variant].set if self.variant else {}
        asked = set(self.changed) - {*of_variant, *_dependent(of_variant)}
        return self.rule.id + (f"/{self.variant}" if self.variant else "") + ("+changed" if asked else "")


def clauses(rule: Rule) -> Clauses:
    """Every clause that is in force, by its dotted name, in the order of the schema; values as in JSON."""
    whole = rule.model_dump(mode="json", by_alias=True, include=set(TABLES), exclude_none=True)
    found: Clauses = {}
    for table in TABLES:
        for name, value in whole.get(table, {}).items():
            if isinstance(value, dict):
                found |= {f"{table}.{name}.{key}": each for key, each in value.items()}
            else:
                found[f"{table}.{name}"] = value
    return found


def differences(a: Rule, b: Rule) -> dict[str, tuple[Any, Any]]:
    """Clauses in which two rules differ: (in the first, in the second); None where one has none."""
    first, second = clauses(a), clauses(b)
    return {
        name: (first.get(name), second.get(name)) for name in {**first, **second} if first.get(name) != second.get(name)
    }


def with_clauses(rule: Rule, overrides: Mapping[str, Any]) -> Rule:
    """The rule with some clauses overridden: dotted name to value; None takes a clause or a whole table away.

    Another scale or measure drops the options of the one before. Raises InvalidValue for a clause that no rule has,
    a value that it cannot have, and clauses that do not go together.
    """
    whole = rule.model_dump(by_alias=True, exclude_none=True)
    for name in _dependent(overrides):
        if name not in overrides:
            _put(whole, name, None, rule)
    for name, value in overrides.items():
        _put(whole, name, value, rule)
    try:
        return Rule.model_validate(whole)
    except ValidationError as error:
        way_out = f"Its clauses are: {', '.join(clauses(rule))}"
        raise fault(error, f"rule {rule.id}", way_out, field="clause") from None


def read_settings(settings: Iterable[str]) -> Clauses:
    """`clause=value` as typed to overrides: the value as in TOML, else a bare word; `none` takes the clause away."""
    found: Clauses = {}
    for setting in settings:
        name, equals, value = setting.partition("=")
        if not equals or not name.strip():
            raise InvalidValue(f"setting {setting!r}", "is not clause=value", "Write such as threshold.seconds=900")
        found[name.strip()] = _read(value.strip())
    return found


def _read(value: str) -> Any:
    if value.lower() == "none":
        return None
    try:
        return tomllib.loads(f"value = {value}")["value"]
    except tomllib.TOMLDecodeError:
        return value


def _put(whole: Clauses, name: str, value: Any, rule: Rule) -> None:
    """Set or take away one clause in a rule's dumped tables."""
    table, *rest = name.split(".")
    if table not in TABLES:
        way_out = f"Its clauses are: {', '.join(clauses(rule))}"
        raise InvalidValue(f"rule {rule.id}, clause {name}", "there is no such clause", way_out)
    at = whole
    for part in (table, *rest)[:-1]:
        at = at.setdefault(part, {})
        if not isinstance(at, dict):
            raise InvalidValue(f"rule {rule.id}, clause {name}", "there is no such clause", "See twin presence rule")
    last = (table, *rest)[-1]
    if value is None:
        at.pop(last, None)
    else:
        at[last] = value


def _dependent(overrides: Mapping[str, Any]) -> list[str]:
    """Clauses that lose their meaning, or take another default, with others that are overridden."""
    lost = []
    if "near.scale" in overrides:
        lost += [f"near.{option}" for options in OPTIONS.values() for option in options]
    if "threshold.per" in overrides:
        lost.append("threshold.span_s")
    return sorted(set(lost))
