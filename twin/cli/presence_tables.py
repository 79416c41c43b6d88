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

from twin.cli.presence_rule_tables import by_rule, ruling_lines

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
    evidence = bool(rows) and bool(_pieces(rows[0])) and "place" not in rows[0]
    columns = [column for column in columns if not _says_nothing(column, rows)]
    left = columns[NARROW_COLUMNS:] if evidence and console.width < WIDE else []
    shown = [column for column in columns if column not in left]
    lines = [[_cell(column, row.get(column.id), answer["window"]["zone"]) for column in shown] for row in rows]
    heads = [_width(column, [line[at] for line in lines]) for at, column in enumerate(shown)]
    if evidence:
        heads.append(Column("where", overflow="fold", min_width=16))
    table = Table(*heads, box=box.SIMPLE_HEAD, pad_edge=False)
    for row, line in zip(rows, lines, strict=True):
        table.add_row(*line, *([_where(_pieces(row))] if evidence else []))
    console.print(table)
    console.print(f"{len(rows):,} of {answer['total']:,} rows", highlight=False)
    if answer["next"]:
        window = f"--from {answer['window']['start_local']} --to {answer['window']['end_local']} "
        words = "" if by_rule(answer) else window  # a rule makes its window of what is known of a case
        said = f"{answer['left_out']:,} left out; the next page: {words}--cursor {answer['next']}"
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
        console.print(f"{answer['below_threshold']:,} more, for less than was asked for", highlight=False)
    if answer["not_compared"]:
        said = f"{answer['not_compared']:,} of their stays too coarsely placed for this scale: not compared"
        console.print(said, highlight=False)
    if "distribution" in answer:
        console.print(f"{answer['mean']:,.1f} meetings on average, {answer['most']:,} at the most", highlight=False)
    for line in ruling_lines(answer):
        console.print(line, highlight=False, markup=False, soft_wrap=True)
    console.print(f"window {window['start_local']} to {window['end_local']} {window['zone']}", highlight=False)
    kept = answer["kept"]
    if kept and (kept["start"] > window["start"] or kept["end"] < window["end"]):
        console.print(f"kept are stays from {kept['start_local']} to {kept['end_local']}", highlight=False)
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


def plain_table(rows: Sequence[Row], names: Sequence[str], zone: str) -> None:
    """One line a row, in the columns named; `at` is a time."""
    heads = [Column(name, overflow="fold") for name in names]
    table = Table(*heads, box=box.SIMPLE_HEAD, pad_edge=False)
    for row in rows:
        table.add_row(
            *(escape(_local(row[name], zone) if name == "at" and row[name] else _word(row[name])) for name in names)
        )
    Console().print(table)
    Console().print(f"{len(rows):,} rows", highlight=False)


def _word(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:,}" if isinstance(value, int) else str(value)


def _head(column: Declared) -> str:
    return column.title_en.lower()


def _cell(column: Declared, value: Any, zone: str) -> str:
    if value is None:
        return ""
    special: dict[str, Callable[[Any], str]] = {
        "minutes": lambda minutes: f"{minutes:,.1f}",
        "time": lambda moment: _local(moment, zone)[:16] if isinstance(moment, int) else _short(moment),
        "place": _place,
        "entity": lambda entity: entity["name"] or entity["entity"],
        "flag": lambda yes: "yes" if yes else "no",
        "share": lambda share: f"{share:.1%}",
        "number": lambda number: f"{number:,}" if isinstance(number, int) else f"{number:,.2f}",
    }
    return escape(special[column.type](value) if column.type in special else str(value))


def _width(column: Declared, cells: Sequence[str]) -> Column:
    """A column that gives way last where its words cannot be broken: a pseudonym cut short is nobody's."""
    unbroken = column.type == "text" and not any(" " in cell for cell in cells)
    widest = max((len(cell) for cell in cells), default=0)
    return Column(_head(column), no_wrap=column.type != "place", min_width=widest if unbroken else None)


def _says_nothing(column: Declared, rows: Sequence[Row]) -> bool:
    """The one person asked about, or the one place, in every row of several; what was not asked for."""
    if column.type in ("entity", "place") or column.id in ("met", "certain_met"):
        return all(row[column.id] is None for row in rows)
    return column.id == "person" and len(rows) > 1 and len({row["person"] for row in rows}) == 1


def _pieces(row: Row) -> list[dict[str, Any]]:
    """The places and minutes that a row rests on, however deep they lie."""
    found: list[dict[str, Any]] = []
    for value in row.values():
        for item in value if isinstance(value, list) else ():
            if isinstance(item, dict):
                found += [item] if "place" in item and "minutes" in item else _pieces(item)
    return found


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
