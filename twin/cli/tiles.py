"""`twin tiles build` and `twin tiles check`: the city as 3D Tiles, and whether they are right."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import orjson
import typer
from rich.console import Console
from rich.table import Table

from twin.errors import EmptySource

if TYPE_CHECKING:
    from tiles import BuildReport, Progress
    from twin.issues import Issue
    from twin.store import Store

group = typer.Typer(no_args_is_help=True, help="3D Tiles of the city: build them, check them")

Folder = Annotated[Path, typer.Argument(help="The twin's folder")]
KindOption = Annotated[str, typer.Option(help="Only this layer, such as building; all of them if not given")]
Database = Annotated[str, typer.Option(envvar="TWIN_DATABASE_URL", help="PostgreSQL; else a file in the folder")]
AsJson = Annotated[bool, typer.Option("--json", help="Answer in JSON")]

FAULTS_SHOWN = 20


@group.command("build")
def build(folder: Folder, *, kind: KindOption = "", database_url: Database = "", as_json: AsJson = False) -> None:
    """Build the layers anew; pages see the old ones until the new ones are complete."""
    from tiles import build_layer
    from twin.store import Store

    with Store.open(folder, database_url=database_url) as store:
        reports = []
        for layer in _wanted(store, kind):
            with _progress(layer, quiet=as_json) as progress:
                reports.append(build_layer(store, layer, folder / "tiles", progress=progress))
    if as_json:
        typer.echo(orjson.dumps([_as_dict(report) for report in reports]).decode())
        return
    table = Table("layer", "features", "tiles", "MB", "seconds", "features/s", "left out", "faults")
    for report in reports:
        speed = f"{report.features / report.seconds:,.0f}"
        counts = (f"{report.features:,}", f"{report.tiles:,}", f"{report.bytes / 1e6:.1f}", f"{report.seconds:.1f}")
        table.add_row(report.kind, *counts, speed, f"{report.left_out:,}", f"{len(report.issues):,}")
    Console().print(table)
    _print_faults([issue for report in reports for issue in report.issues])


@group.command("check")
def check(folder: Folder, *, kind: KindOption = "", database_url: Database = "", as_json: AsJson = False) -> None:
    """Hold built layers against the rules and the store. Ends with 1 where a rule is broken."""
    from tiles import check_layer, expected_ids, layer_kind, layers
    from twin.store import Store

    names = [kind] if kind else [layer.kind for layer in layers(folder / "tiles")]
    if not names:
        raise EmptySource(str(folder), "no layer is built", f"Build them: twin tiles build {folder}")
    found: dict[str, list[Issue]] = {}
    with Store.open(folder, database_url=database_url) as store:
        for name in names:
            expected = expected_ids(store, layer_kind(name))
            found[name] = check_layer(folder / "tiles" / name, expected=expected)
    if as_json:
        typer.echo(orjson.dumps({name: [_issue(issue) for issue in issues] for name, issues in found.items()}).decode())
    else:
        for name, issues in found.items():
            typer.echo(f"{name}: " + (f"{len(issues):,} faults" if issues else "every rule holds"))
        _print_faults([issue for issues in found.values() for issue in issues])
    if any(found.values()):
        raise typer.Exit(1)


def _wanted(store: Store, kind: str) -> list[str]:
    """The layers to build: the one asked for, or each that has entities."""
    from tiles import layer_kind, layer_kinds

    if kind:
        return [layer_kind(kind).id]
    counts = store.counts()
    there = [each.id for each in layer_kinds() if counts.get(each.id)]
    if not there:
        raise EmptySource(str(store.folder), "nothing in it is drawn as tiles", "Import buildings: twin import PATH")
    return there


@contextmanager
def _progress(layer: str, *, quiet: bool) -> Iterator[Progress]:
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), disable=quiet, transient=True) as bars:
        task = bars.add_task(f"tiles: {layer}", total=None)
        yield lambda done, total: bars.update(task, completed=done, total=total)


def _print_faults(issues: list[Issue]) -> None:
    """The rules that were met, with counts, and the first objects."""
    if not issues:
        return
    table = Table("rule", "object", "what")
    for issue in issues[:FAULTS_SHOWN]:
        table.add_row(issue.code, issue.path, issue.message)
    Console().print(table)
    if len(issues) > FAULTS_SHOWN:
        rest = ", ".join(f"{count:,} {code}" for code, count in Counter(issue.code for issue in issues).items())
        typer.echo(f"{len(issues) - FAULTS_SHOWN:,} more (in all: {rest}); --json lists them")


def _as_dict(report: BuildReport) -> dict[str, Any]:
    return {
        "kind": report.kind,
        "folder": str(report.folder),
        "features": report.features,
        "tiles": report.tiles,
        "bytes": report.bytes,
        "seconds": round(report.seconds, 3),
        "left_out": report.left_out,
        "issues": [_issue(issue) for issue in report.issues],
    }


def _issue(issue: Issue) -> dict[str, str]:
    return {"rule": issue.code, "path": issue.path, "message": issue.message, "severity": issue.severity.value}
