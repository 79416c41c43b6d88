"""`twin bench NAME`: the headline figures on this machine. To add a bench: a command in this file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import orjson
import typer
from rich.console import Console
from rich.table import Table

from twin.cli.arguments import AsJson
from twin.errors import InvalidValue, MissingComponent

if TYPE_CHECKING:
    from benchmarks.report import Report

group = typer.Typer(no_args_is_help=True, help="The headline figures on this machine.")

People = Annotated[int, typer.Option(help="People of the synthetic district")]
Days = Annotated[int, typer.Option(help="Days that they live")]
Seed = Annotated[int, typer.Option(help="Another seed is another district")]
Folder = Annotated[Path | None, typer.Option(help="Where to work; a world that lies there is used again")]
Keep = Annotated[bool, typer.Option("--keep", help="Leave the stores in the folder for the next run")]


@group.command("district")
def district(
    data: Annotated[Path, typer.Option(help="Folder of real data")] = Path("../shared/data"),
    repeat: Annotated[int, typer.Option(min=1, help="Runs of each import")] = 3,
    people: Annotated[int, typer.Option(min=1, help="People to ask for")] = 200,
    as_json: AsJson = False,
) -> None:
    """Import, tile, generate, serve, ask, look."""
    from benchmarks.district import run
    from benchmarks.report import machine_facts

    facts = machine_facts()
    report = run(data, _say, repeat=repeat, people=people)
    report.machine = facts
    show(report, as_json=as_json)


@group.command("presence")
def presence(
    *,
    people: People = 2_830_000,
    days: Days = 14,
    seed: Seed = 1,
    folder: Folder = None,
    keep: Keep = False,
    peers: Annotated[str, typer.Option(help="Databases to stand beside, or none")] = "duckdb,chdb,postgres",
    postgres_days: Annotated[int, typer.Option(help="Days that PostgreSQL holds")] = 3,
    runs: Annotated[int, typer.Option(help="Runs of each question")] = 200,
    as_json: AsJson = False,
) -> None:
    """Who was here, when: a whole district's stays, beside three databases on the very same ones."""
    from benchmarks.presence.run import Options, run
    from benchmarks.presence.world import WorldSpec
    from benchmarks.report import machine_facts

    facts = machine_facts()
    report = run(Options(WorldSpec(people, days, seed), folder, keep, peers, postgres_days, runs), _say)
    report.machine = facts
    show(report, as_json=as_json)


@group.command("detection")
def detection(
    data: Annotated[Path, typer.Option(help="Folder of real data")] = Path("../shared/data"),
    people: Annotated[int, typer.Option(min=1, help="People with planted diaries")] = 60,
    days: Annotated[int, typer.Option(min=1, help="Days of theirs")] = 7,
    peers: Annotated[str, typer.Option(help="NAME=PYTHON,...: where peers are installed, if not here")] = "",
    as_json: AsJson = False,
) -> None:
    """Stays in raw fixes, against known truths and beside trackintel and scikit-mobility."""
    from benchmarks.detection.run import PEERS, run
    from benchmarks.process import interpreters
    from benchmarks.report import machine_facts

    facts = machine_facts()
    report = run(data, _say, people=people, days=days, pythons=interpreters(peers, PEERS))
    report.machine = facts
    show(report, as_json=as_json)


@group.command("tiles")
def tiles(
    *,
    data: Annotated[Path, typer.Option(help="Folder of real data")] = Path("../shared/data"),
    repeat: Annotated[int, typer.Option(min=1, help="Runs of each build")] = 3,
    edits: Annotated[int, typer.Option(min=1, help="Edits of one building each")] = 50,
    million: Annotated[int, typer.Option(min=0, help="Footprints of the large build; 0: none")] = 1_000_000,
    pictures: Annotated[Path | None, typer.Option(file_okay=False, exists=True, help="Folder for screenshots")] = None,
    peers: Annotated[str, typer.Option(help="NAME=PYTHON,...: where trimesh, py3dtiles are installed")] = "",
    as_json: AsJson = False,
) -> None:
    """Cities into tiles, first views, edits, serving beside nginx."""
    from benchmarks.process import interpreters
    from benchmarks.report import machine_facts
    from benchmarks.tiles.peers import PROGRAMS
    from benchmarks.tiles.run import Options, run

    facts = machine_facts()
    report = run(data, Options(repeat, edits, million, pictures, interpreters(peers, PROGRAMS)), _say)
    report.machine = facts
    show(report, as_json=as_json)


@group.command("cells")
def cells(
    twin: Annotated[Path, typer.Argument(help="A twin's folder, with tiles")],
    kind: Annotated[str, typer.Option(help="Kind of cells; enough of them to lie over the twin")] = "h3-12",
    frames: Annotated[int, typer.Option(min=3, help="Frames without and with each form")] = 15,
    as_json: AsJson = False,
) -> None:
    """A hundred thousand cells over a city: what they add to a frame, in headless Chromium with software GL."""
    from benchmarks.cells import run
    from benchmarks.report import machine_facts

    facts = machine_facts()
    report = run(twin, _say, kind=kind, frames=frames)
    report.machine = facts
    show(report, as_json=as_json)


@group.command("outbreaks")
def outbreaks(
    twin: Annotated[Path, typer.Argument(help="A synthetic twin's folder")],
    as_json: AsJson = False,
) -> None:
    """The planted outbreaks of a synthetic twin, looked for without knowing them: recall and precision."""
    from benchmarks.outbreaks import run
    from benchmarks.report import machine_facts

    report = run(twin, _say)
    report.machine = machine_facts()
    show(report, as_json=as_json)


@group.command("presence-growth")
def presence_growth(
    *,
    days: Annotated[str, typer.Option(help="Sizes by days, on the first crowd")] = "1,2,4,7,14,30,60,100,200",
    people: Annotated[str, typer.Option(help="Sizes by people, over 14 days")] = "300000,700000,1400000,2830000",
    runs: Annotated[int, typer.Option(min=1, help="Runs of each question")] = 100,
    image: Annotated[Path, typer.Option(help="Where to draw it")] = Path("docs/images/presence-growth.svg"),
    as_json: AsJson = False,
) -> None:
    """What becomes of answers and ingest as days and people grow, and a picture of it."""
    try:
        from benchmarks.presence.plot import draw
    except ImportError as error:
        way = "Run .venv/bin/uv pip install --require-hashes -r locks/bench.lock"
        raise MissingComponent("matplotlib", "is not installed", way) from error
    from benchmarks.presence.growth import study
    from benchmarks.report import Report, machine_facts

    report = Report(machine_facts())
    draw(study(report, _say, days=_numbers("days", days), people=_numbers("people", people), runs=runs), image)
    _say(f"drawn: {image}")
    show(report, as_json=as_json)


def _numbers(field: str, text: str) -> list[int]:
    try:
        return [int(part) for part in text.split(",")]
    except ValueError as error:
        raise InvalidValue(field, "are numbers with commas between them", "For example 1,2,4") from error


def show(report: Report, *, as_json: bool) -> None:
    """Print a report for people or for programs."""
    if as_json:
        typer.echo(orjson.dumps(report.as_json(), option=orjson.OPT_INDENT_2).decode())
        return
    table = Table("what", "who", "p50", "p95", "unit", "n", "goal", "")
    for row in report.rows:
        verdict = {True: "met", False: "missed", None: ""}[row.met]
        table.add_row(row.what, row.who, f"{row.p50:g}", f"{row.p95:g}", row.unit, str(row.n), row.goals, verdict)
    console = Console(width=160)
    console.print(", ".join(f"{key} {value}" for key, value in report.machine.items()))
    console.print(table)


def _say(line: str) -> None:
    typer.echo(line, err=True)
