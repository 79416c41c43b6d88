"""Presence answers as tables for a terminal: rows, then what they rest on."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table

PLACES_SHOWN = 3
WIDE = 140
"""Columns of a window that shows everything."""


def trajectory_table(answer: dict[str, Any]) -> None:
    """One line a stay."""
    table = Table("from", "to", "minutes", "floor", "place", "kind", "")
    for row in answer["rows"]:
        place = row["place"]
        note = "end estimated" if row["quality"] else ""
        times = _short(row["start_local"]), _short(row["end_local"])
        table.add_row(*times, _minutes(row["minutes"]), _floor(place), escape(place["name"]), place["kind"], note)
    _print(table, answer)


def companions_table(answer: dict[str, Any]) -> None:
    """One line a companion, with the places where most of the time was shared."""
    _people(answer, "meetings")


def visitors_table(answer: dict[str, Any]) -> None:
    """One line a visitor."""
    _people(answer, "visits")


def stats_table(answer: dict[str, Any]) -> None:
    """Names and figures."""
    table = Table("what", "figure", show_header=False)
    for name, value in answer.items():
        if name in {"first", "last"} and value is not None:
            text = _local(value, answer["zone"])
        else:
            text = f"{value:,}" if isinstance(value, int) else str(value)
        table.add_row(name, text)
    Console().print(table)


def _people(answer: dict[str, Any], count: str) -> None:
    """One line a person. A narrow window leaves columns out and says so."""
    zone, wide = answer["window"]["zone"], Console().width >= WIDE
    more = ("certain", count, "first", "last") if wide else ()
    columns = (Column(name, no_wrap=True) for name in ("pseudonym", "minutes", "possible", *more))
    table = Table(*columns, Column("where", overflow="fold"), box=box.SIMPLE_HEAD, pad_edge=False)
    for row in answer["rows"]:
        cells = [row["person"], _minutes(row["minutes"]), _minutes(row["possible_minutes"])]
        if wide:
            times = (_local(row[name], zone)[:16] for name in ("first", "last"))
            cells += [_minutes(row["certain_minutes"]), str(row[count]), *times]
        table.add_row(*cells, _where(row["evidence"]))
    _print(table, answer)
    if not wide:
        Console().print(f"certain, {count}, first and last: in a window of {WIDE} columns, or with --json")


def _where(evidence: list[dict[str, Any]]) -> str:
    """The places of the evidence, most minutes first; how many more there are is said."""
    minutes: dict[str, float] = {}
    for piece in evidence:
        name = f"{piece['place']['name']} {_floor(piece['place'])}".strip()
        minutes[name] = minutes.get(name, 0.0) + float(piece["minutes"])
    names = sorted(minutes, key=lambda name: (-minutes[name], name))
    more = f" and {len(names) - PLACES_SHOWN} more" if len(names) > PLACES_SHOWN else ""
    return escape(", ".join(names[:PLACES_SHOWN]) + more)


def _print(table: Table, answer: dict[str, Any]) -> None:
    console = Console()
    console.print(table)
    window, cost, rule = answer["window"], answer["cost"], answer["rule"]
    console.print(f"{len(answer['rows'])} of {answer['total']} rows", highlight=False)
    if answer["next"]:
        console.print(f"{answer['left_out']} left out; the next page: --cursor {answer['next']}", soft_wrap=True)
    if answer["below_threshold"]:
        console.print(f"{answer['below_threshold']} more people, for less time than asked for")
    if answer["not_compared"]:
        console.print(f"{answer['not_compared']} stays are placed too coarsely for this scale and were not compared")
    console.print(f"window {window['start_local']} to {window['end_local']} {window['zone']}", highlight=False)
    console.print(f"rule {rule['id']} version {rule['version']}, snapshot {answer['snapshot']}", highlight=False)
    console.print(
        f"read {cost['rows_read']:,} rows, {cost['bytes_read']:,} bytes (least possible {cost['least_rows']:,} rows, "
        f"{cost['least_bytes']:,} bytes) in {cost['ms']:.1f} ms",
        highlight=False,
    )


def _floor(place: dict[str, Any]) -> str:
    return "" if place["floor"] is None else f"F{place['floor']}"


def _minutes(value: float) -> str:
    return f"{value:,.1f}"


def _short(moment: str) -> str:
    return moment[:19].replace("T", " ")


def _local(second: int, zone: str) -> str:
    return datetime.fromtimestamp(second, ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M:%S")
