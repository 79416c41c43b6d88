"""`twin bench NAME`: the headline figures on this machine."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import orjson
import typer
from rich.console import Console
from rich.table import Table

from twin.errors import InvalidValue

group = typer.Typer()

BENCHES = ("district",)


@group.command("bench")
def bench(
    name: Annotated[str, typer.Argument(help=f"One of: {', '.join(BENCHES)}")],
    data: Annotated[Path, typer.Option(help="Folder of real data")] = Path("../shared/data"),
    repeat: Annotated[int, typer.Option(min=1, help="Runs of each import")] = 3,
    people: Annotated[int, typer.Option(min=1, help="People to ask for")] = 200,
    as_json: Annotated[bool, typer.Option("--json", help="Answer as JSON")] = False,
) -> None:
    """Measure and print the figures of one area, with the machine's facts."""
    if name not in BENCHES:
        raise InvalidValue(f"bench {name}", "there is none of this name", f"Take one of: {', '.join(BENCHES)}")
    from benchmarks import district
    from benchmarks.report import machine_facts

    facts = machine_facts()
    report = district.run(data, lambda line: typer.echo(line, err=True), repeat=repeat, people=people)
    report.machine = facts
    if as_json:
        typer.echo(orjson.dumps(report.as_json(), option=orjson.OPT_INDENT_2).decode())
        return
    table = Table("what", "who", "p50", "p95", "unit", "n", "goal", "")
    for row in report.rows:
        verdict = {True: "met", False: "missed", None: ""}[row.met]
        goal = "" if row.goal is None else f"≤ {row.goal:g}"
        table.add_row(row.what, row.who, f"{row.p50:g}", f"{row.p95:g}", row.unit, str(row.n), goal, verdict)
    console = Console(width=140)
    console.print(", ".join(f"{key} {value}" for key, value in facts.items()))
    console.print(table)
