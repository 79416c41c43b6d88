"""Rules for a terminal: the list, one whole rule, and what an answer says of the rule that it followed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson
from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table


def rules_table(answer: dict[str, Any]) -> None:
    """One line a rule."""
    heads = (Column("rule", no_wrap=True), Column("held", no_wrap=True), Column("title", overflow="fold"))
    table = Table(*heads, box=box.SIMPLE_HEAD, pad_edge=False)
    for row in answer["rows"]:
        name = row["id"] if row["version"] == 1 else f"{row['id']}@{row['version']}"
        table.add_row(*map(escape, (name, _held(row["effective"]), f"{row['title_en']} {row['title_zh']}")))
        for variant in row["variants"]:
            table.add_row(escape(f"  /{variant['id']}"), "", escape(f"{variant['title_en']} {variant['title_zh']}"))
    console = Console()
    console.print(table)
    console.print(f"{answer['total']} rules; the whole of one: twin presence rule RULE", highlight=False)


def rule_table(answer: dict[str, Any]) -> None:
    """Title, texts, origin, then one line a clause."""
    console = Console()
    version = f"version {answer['version']}, {_held(answer['effective'])}"
    console.print(f"[bold]{escape(answer['title_en'])}[/] {escape(answer['title_zh'])} ({version})", highlight=False)
    source = answer["source"]
    for text in (answer["text_en"], answer["text_zh"], f"{source['title']}: {source['citation']}", source["note"]):
        if text.strip():
            console.print(escape(text.strip()), highlight=False)
    changed = any("written" in row for row in answer["rows"])
    table = Table("clause", "value", *(["as written"] if changed else []), box=box.SIMPLE_HEAD, pad_edge=False)
    for row in answer["rows"]:
        written = [value_text(row["written"])] if "written" in row else [""] if changed else []
        table.add_row(*map(escape, (row["clause"], value_text(row["value"]), *written)))
    console.print(table)
    for name, variant in answer["variants"].items():
        clauses = ", ".join(f"{clause} = {value_text(value)}" for clause, value in variant["set"].items())
        console.print(escape(f"{answer['id']}/{name}: {variant['title_en']} {variant['title_zh']} ({clauses})"))


def by_rule(answer: dict[str, Any]) -> bool:
    """Whether an answer follows a rule, or compares two."""
    return "ruling" in answer or "counts" in answer


def ruling_lines(answer: dict[str, Any]) -> Iterator[str]:
    """What an answer says of the rule that it followed, or of the two that it compares."""
    if "counts" in answer:
        yield ", ".join(f"{name.replace('_', ' ')} {count:,}" for name, count in answer["counts"].items())
        for name, both in answer["clauses"].items():
            yield f"{name}: {value_text(both['a'])} -> {value_text(both['b'])}"
    rulings = [answer[name] for name in ("ruling", "a", "b") if name in answer]
    for ruling in rulings:
        for name, both in ruling["changed"].items():
            yield f"{ruling['id']} {name}: {value_text(both['applied'])}, written {value_text(both['written'])}"
    yield from dict.fromkeys(f"note: {warning}" for ruling in rulings for warning in ruling["warnings"])


def value_text(value: Any) -> str:
    """A clause's value as it is typed after --set."""
    if value is None:
        return "none"
    return value if isinstance(value, str) else orjson.dumps(value).decode()


def _held(effective: dict[str, Any]) -> str:
    return f"{effective['from'] or ''} to {effective['to'] or '...'}"
