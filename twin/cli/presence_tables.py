"""Presence answers as tables for a terminal: rows, then what they rest on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table

if TYPE_CHECKING:
    from scenes.base import Column as Declared

PLACES_SHOWN = 3
WIDE = 140
"""Columns of a window that shows everything."""

NARROW_COLUMNS = 3
"""Of a person's row, in a narrower one."""

Row = Mapping[str, Any]


def answer_table(columns: Sequence[Declared], answer: dict[str, Any]) -> None:
    """One line a row, in the columns that the question declares, with the places of its evidence at the end."""
    rows, console = answer["rows"], Console()
    evidence = bool(rows) and "evidence" in rows[0]
    left = columns[NARROW_COLUMNS:] if evidence and console.width < WIDE else ()
    shown = [column for column in columns if column not in left]
    heads = [Column(_head(column), no_wrap=column.type not in ("place", "text")) for column in shown]
    if evidence:
        heads.append(Column("where", overflow="fold"))
    table = Table(*heads, box=box.SIMPLE_HEAD, pad_edge=False)
    for row in rows:
        cells = [_cell(column, row.get(column.id), answer["window"]["zone"]) for column in shown]
        table.add_row(*cells, *([_where(row["evidence"])] if evidence else []))
    console.print(table)
    console.print(f"{len(rows):,} of {answer['total']:,} rows", highlight=False)
    if answer["next"]:
        said = f"{answer['left_out']:,} left out; the next page: --cursor {answer['next']}"
        console.print(said, soft_wrap=True, highlight=False)
    provenance(answer)
    if left:
        names = ", ".join(_head(column) for column in left)
        console.print(f"{names}: in a window of {WIDE} columns, or with --json", highlight=False)


def provenance(answer: dict[str, Any]) -> None:
    """What an answer rests on, and what it cost."""
    console = Console()
    window, cost, rule = answer["window"], answer["cost"], answer["rule"]
    if answer["below_threshold"]:
        console.print(f"{answer['below_threshold']:,} more people, for less time than asked for", highlight=False)
    if answer["not_compared"]:
        said = f"{answer['not_compared']:,} stays are placed too coarsely for this scale and were not compared"
        console.print(said, highlight=False)
    console.print(f"window {window['start_local']} to {window['end_local']} {window['zone']}", highlight=False)
    console.print(f"rule {rule['id']} version {rule['version']}, snapshot {answer['snapshot']}", highlight=False)
    console.print(
        f"read {cost['rows_read']:,} rows, {cost['bytes_read']:,} bytes (least possible {cost['least_rows']:,} rows, "
        f"{cost['least_bytes']:,} bytes) in {cost['ms']:.1f} ms",
        highlight=False,
    )


def figures_table(figures: Row, zone: str) -> None:
    """Names and figures; what is called first, last or at is a time."""
    table = Table("what", "figure", show_header=False)
    for name, value in figures.items():
        if name in {"first", "last", "at"} and value is not None:
            text = _local(value, zone)
        else:
            text = f"{value:,}" if isinstance(value, int) else str(value)
        table.add_row(name, escape(text))
    Console().print(table)


def _head(column: Declared) -> str:
    return column.title_en.lower()


def _cell(column: Declared, value: Any, zone: str) -> str:
    if value is None:
        return ""
    special: dict[str, Callable[[Any], str]] = {
        "minutes": lambda minutes: f"{minutes:,.1f}",
        "time": lambda moment: _local(moment, zone) if isinstance(moment, int) else _short(moment),
        "place": _place,
        "flag": lambda yes: "yes" if yes else "no",
        "share": lambda share: f"{share:.1%}",
        "number": lambda number: f"{number:,}" if isinstance(number, int) else f"{number:,.2f}",
    }
    return escape(special[column.type](value) if column.type in special else str(value))


def _where(evidence: list[dict[str, Any]]) -> str:
    """The places of the evidence, most minutes first; how many more there are is said."""
    minutes: dict[str, float] = {}
    for piece in evidence:
        name = _place(piece["place"])
        minutes[name] = minutes.get(name, 0.0) + float(piece["minutes"])
    names = sorted(minutes, key=lambda name: (-minutes[name], name))
    more = f" and {len(names) - PLACES_SHOWN} more" if len(names) > PLACES_SHOWN else ""
    return escape(", ".join(names[:PLACES_SHOWN]) + more)


def _place(place: dict[str, Any]) -> str:
    floor = "" if place["floor"] is None else f"F{place['floor']}"
    return f"{place['name']} {floor}".strip()


def _short(moment: str) -> str:
    return moment[:19].replace("T", " ")


def _local(second: int, zone: str) -> str:
    return datetime.fromtimestamp(second, ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M:%S")
