"""Rule files to rules, and a rulebook of them: those that come with the program, and a twin's own in its `rules/`."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from scenes.epidemic.rulebook.clauses import Chosen, with_clauses
from scenes.epidemic.rulebook.faults import fault
from scenes.epidemic.rulebook.schema import Rule
from twin.errors import Conflict, InvalidValue, NotFound

FOLDER = Path(__file__).parents[1] / "rules"
"""Rules that come with the program."""

OWN = "rules"
"""A twin's folder of rules of its own."""


def read_rule(path: Path) -> Rule:
    """Read and check one file; InvalidValue names the file, the field, the reason and the way out."""
    thing = f"rule {path.name}"
    try:
        written = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InvalidValue(thing, f"cannot be read ({error.strerror})", "Check the path") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InvalidValue(thing, f"is not TOML ({error})", "See docs/adding-a-rule.md for what it holds") from error
    return parsed(written, thing)


def parsed(written: Mapping[str, Any], thing: str) -> Rule:
    """The rule that a table of fields makes, its variants checked."""
    try:
        rule = Rule.model_validate(written)
    except ValidationError as error:
        raise fault(error, thing, "See docs/adding-a-rule.md for what it may hold") from None
    for name, variant in rule.variants.items():
        try:
            with_clauses(rule, variant.set)
        except InvalidValue as error:
            raise InvalidValue(
                f"{thing}, field variants.{name}", f"{error.thing} {error.reason}", error.way_out
            ) from None
    return rule


@dataclass(frozen=True, slots=True)
class Rulebook:
    """Rules by id, each with its versions in order."""

    rules: Mapping[str, tuple[Rule, ...]]

    def __iter__(self) -> Iterator[Rule]:
        return (rule for versions in self.rules.values() for rule in versions)

    def choose(self, address: str, overrides: Mapping[str, Any] | None = None, *, on: date | None = None) -> Chosen:
        """A rule by its address `id[@version][/variant]`, with some clauses overridden.

        Without a version: the newest that held `on` a day, else the newest of all.
        """
        name, _, variant = address.strip().partition("/")
        id_, _, version = name.partition("@")
        original = self._version(id_, version, on)
        changes: dict[str, Any] = {}
        if variant:
            if variant not in original.variants:
                known = ", ".join(original.variants) or "none"
                raise NotFound(f"variant {variant!r}", f"rule {original.address} has none", f"Its variants: {known}")
            changes |= original.variants[variant].set
        changes |= overrides or {}
        rule = with_clauses(original, changes) if changes else original
        return Chosen(rule, original, variant, tuple(self._others(rule, on)))

    def _others(self, rule: Rule, on: date | None) -> Iterator[Chosen]:
        """The rules that a rule names, which name none themselves."""
        for address in rule.without.rules if rule.without else ():
            try:
                other = self.choose(address, on=on)
            except NotFound as error:
                reason = f"{error.thing}: {error.reason}"
                raise InvalidValue(f"rule {rule.id}, clause without.rules", reason, error.way_out) from None
            if other.rule.kind != "contacts" or other.without:
                reason = f"{address} is no plain rule about direct contacts"
                raise InvalidValue(f"rule {rule.id}, clause without.rules", reason, "Name one without hop or without")
            yield other

    def _version(self, id_: str, version: str, on: date | None) -> Rule:
        versions = self.rules.get(id_)
        if versions is None:
            raise NotFound(f"rule {id_!r}", "there is none", f"Take one of: {', '.join(sorted(self.rules))}")
        if version:
            for rule in versions:
                if str(rule.version) == version:
                    return rule
            known = ", ".join(str(rule.version) for rule in versions)
            raise NotFound(f"version {version!r} of rule {id_}", "there is none", f"Take one of: {known}")
        held = [rule for rule in versions if on is not None and holds(rule, on)]
        return held[-1] if held else versions[-1]


def holds(rule: Rule, on: date) -> bool:
    """Whether a rule held on a day."""
    first, last = rule.effective.from_, rule.effective.to
    return (first is None or first <= on) and (last is None or on <= last)


def rulebook(folder: Path | None = None) -> Rulebook:
    """The rules that come with the program, and those in a twin's own folder, read when asked."""
    own = sorted((folder / OWN).glob("*.toml")) if folder else []
    return _bound([*_shipped(), *((path.name, read_rule(path)) for path in own)])


@cache
def _shipped() -> tuple[tuple[str, Rule], ...]:
    return tuple((path.name, read_rule(path)) for path in sorted(FOLDER.glob("*.toml")))


def _bound(rules: Iterable[tuple[str, Rule]]) -> Rulebook:
    """Raises Conflict where two files hold the same version of a rule."""
    by_id: dict[str, dict[int, tuple[str, Rule]]] = {}
    for file, rule in rules:
        versions = by_id.setdefault(rule.id, {})
        if rule.version in versions:
            reason = f"is in {versions[rule.version][0]} and in {file}"
            raise Conflict(f"rule {rule.address}", reason, "Give one of them another version or id")
        versions[rule.version] = file, rule
    return Rulebook({id_: tuple(rule for _, (_, rule) in sorted(found.items())) for id_, found in by_id.items()})
