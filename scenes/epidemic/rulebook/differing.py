"""What changes between two rules for the same persons: who enters, who leaves, who becomes certain or possible."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, fields
from typing import Any, Literal

from scenes.epidemic.asked import Paged, Records, presence_of
from scenes.epidemic.rulebook.applying import WHOLE, Asked, apply_rule, on_one_snapshot
from scenes.epidemic.rulebook.clauses import Chosen, differences
from scenes.epidemic.rulebook.rows import Ruled, RuledRow
from twin.presence import Answer, Cost, Rule
from twin.presence.paging import page_of
from twin.types import Window

Change = Literal["enters", "leaves", "becomes_certain", "becomes_possible", "other_hops"]
CHANGES: tuple[Change, ...] = ("enters", "leaves", "becomes_certain", "becomes_possible", "other_hops")
"""In the order of the answer. other_hops: reached by more contacts or fewer than before."""


@dataclass(frozen=True, slots=True)
class DifferenceRow(RuledRow):
    """Somebody whom two rules judge differently: as the second sees them, or the first, where they leave.

    certain_a, certain_b, hops_a, hops_b: by either rule; None where they do not hold by it.
    """

    change: Change = "enters"
    certain_a: bool | None = None
    certain_b: bool | None = None
    hops_a: int | None = None
    hops_b: int | None = None


@dataclass(frozen=True, slots=True)
class Difference(Answer[DifferenceRow]):
    """What changes from rule `a` to rule `b`.

    counts   of each change, and of who is the `same` by both
    clauses  those that differ: name to the value in each, None where one has none
    """

    counts: dict[str, int] = field(default_factory=dict)
    clauses: dict[str, dict[str, Any]] = field(default_factory=dict)
    a: dict[str, Any] = field(default_factory=dict)
    b: dict[str, Any] = field(default_factory=dict)


def diff_rules(records: Records, a: Chosen, b: Chosen, asked: Asked, page: Paged = WHOLE) -> Difference:
    """Who is judged differently by two rules, on one snapshot, by change, then longest together; a page of them."""
    question = (a.rule.model_dump_json(), b.rule.model_dump_json(), sorted(asked.persons), repr(asked.times))
    wanted = page_of("diff_rules", question, page["limit"], page["cursor"])
    whole: Paged = {**on_one_snapshot(presence_of(records), page), "limit": None, "cursor": None}
    before, after = (apply_rule(records, chosen, asked, whole) for chosen in (a, b))
    rows = _rows(before, after)
    left_out, following = wanted.rest(len(rows), after.snapshot)
    same = len({row.person for row in before.rows} | {row.person for row in after.rows}) - len(rows)
    found = Counter(row.change for row in rows)
    return Difference(
        question="diff_rules",
        rows=rows[wanted.cut(len(rows))],
        snapshot=after.snapshot,
        rule=Rule(f"{a.name}..{b.name}", b.rule.version, f"First: {before.rule.text} Second: {after.rule.text}"),
        window=Window(min(before.window.start, after.window.start), max(before.window.end, after.window.end)),
        zone=after.zone,
        total=len(rows),
        left_out=left_out,
        next=following,
        cost=_both(before.cost, after.cost),
        not_compared=max(before.not_compared, after.not_compared),
        counts={**{change: found[change] for change in CHANGES}, "same": same},
        clauses={name: {"a": x, "b": y} for name, (x, y) in differences(a.rule, b.rule).items()},
        a={**before.ruling, "total": before.total},
        b={**after.ruling, "total": after.total},
    )


def _rows(before: Ruled, after: Ruled) -> list[DifferenceRow]:
    first, second = ({row.person: row for row in answer.rows} for answer in (before, after))
    made = [_row(first.get(person), second.get(person)) for person in sorted({*first, *second})]
    rows = [row for row in made if row is not None]
    return sorted(rows, key=lambda row: (CHANGES.index(row.change), -row.together_s, row.person))


def _row(first: RuledRow | None, second: RuledRow | None) -> DifferenceRow | None:
    change = _change(first, second)
    shown = second or first
    if change is None or shown is None:
        return None
    return DifferenceRow(
        **{one.name: getattr(shown, one.name) for one in fields(RuledRow)},
        change=change,
        certain_a=first.certain if first else None,
        certain_b=second.certain if second else None,
        hops_a=first.hops if first else None,
        hops_b=second.hops if second else None,
    )


def _change(first: RuledRow | None, second: RuledRow | None) -> Change | None:
    """What becomes of one person; None for nothing."""
    if first is None or second is None:
        return "enters" if first is None else "leaves"
    if first.certain != second.certain:
        return "becomes_certain" if second.certain else "becomes_possible"
    return "other_hops" if first.hops != second.hops else None


def _both(a: Cost, b: Cost) -> Cost:
    return Cost(*(getattr(a, one.name) + getattr(b, one.name) for one in fields(Cost)))
