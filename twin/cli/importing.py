"""`twin import` and `twin quarantine`: bring city data in, and see what was refused and why."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import orjson
import typer
from rich.console import Console
from rich.table import Column, Table

from twin.errors import InvalidValue, NotATwin, TwinError

if TYPE_CHECKING:
    from twin.ingest.report import ImportReport
    from twin.ingest.run import Progress
    from twin.ingest.source import Options
    from twin.store import Store

group = typer.Typer()

DATABASE = "TWIN_DATABASE_URL"

DEFAULT_ZONE = "Asia/Shanghai"


@group.command("import")
def import_(
    paths: Annotated[list[Path], typer.Argument(help="Files, folders (walked) and .zip archives", show_default=False)],
    *,
    into: Annotated[Path, typer.Option("--into", help="The twin's folder; made if it is not there")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be taken; store nothing")] = False,
    crs: Annotated[str, typer.Option(help="Reference system of the coordinates, such as EPSG:28992")] = "",
    datum: Annotated[str, typer.Option(help="wgs84, cgcs2000, gcj02, bd09 or EPSG:n")] = "",
    vertical: Annotated[str, typer.Option(help="Heights are ellipsoidal, egm96, or metres of geoid height")] = "",
    kind: Annotated[str, typer.Option(help="Kind of the things, if the format leaves it open; stays; fixes")] = "",
    profile: Annotated[
        str, typer.Option("--source-profile", help="Of fixes: gps, wifi, tower, camera, scan, or a .toml file")
    ] = "",
    mapping: Annotated[list[str] | None, typer.Option("--map", help="OUR_FIELD=THEIR_COLUMN; repeatable")] = None,
    default_height: Annotated[float | None, typer.Option(help="Metres, where nothing tells the height")] = None,
    zone: Annotated[str, typer.Option(help="IANA zone of times without one; the twin's own if not given")] = "",
    name: Annotated[str, typer.Option(help="Name of the twin, where it is made here")] = "",
    source_name: Annotated[str, typer.Option("--source", help="Name of the source; else the file's")] = "",
    database_url: Annotated[str, typer.Option(envvar=DATABASE, help="PostgreSQL; else a file in the folder")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Answer in JSON")] = False,
) -> None:
    """Import city data: buildings, areas, roads, devices, stays; any mix of files and folders."""
    options = reading_options(
        crs=crs,
        datum=datum,
        vertical=vertical,
        kind=kind,
        mapping=mapping,
        default_height=default_height,
        zone=zone,
        source_name=source_name,
        profile=profile,
    )
    if dry_run:
        report = _try_out(paths, into, options, database_url=database_url, quiet=as_json)
    else:
        report = bring_in(paths, into, options, name=name, zone=zone, database_url=database_url, quiet=as_json)
    answer(report, into, as_json)
    if report.failed:
        raise typer.Exit(2)


def reading_options(
    *,
    crs: str,
    datum: str,
    vertical: str,
    kind: str,
    mapping: list[str] | None,
    default_height: float | None,
    zone: str,
    source_name: str = "",
    profile: str = "",
) -> Options:
    """What the command line says about how files are to be read. A source profile says that they hold fixes."""
    from twin.ingest.fixes import profile_of
    from twin.ingest.plan import FIX_KINDS
    from twin.ingest.source import Options

    if profile and kind and kind not in FIX_KINDS:
        reason = f"it makes stays of raw records, and --kind is {kind}"
        raise InvalidValue(f"--source-profile {profile}", reason, "Leave one of them out")
    options = Options(
        crs=crs or None,
        datum=datum,
        vertical=vertical or None,
        kind=kind or ("fixes" if profile else None),
        mapping=_mapping(mapping or []),
        default_height_m=default_height,
        zone=zone or DEFAULT_ZONE,
        source_name=source_name,
        profile=profile,
    )
    if options.kind in FIX_KINDS:
        profile_of(options)  # a profile that cannot be used is told before any file is read
    return options


def bring_in(
    paths: list[Path],
    into: Path,
    options: Options,
    *,
    name: str = "",
    zone: str = "",
    database_url: str = "",
    quiet: bool = False,
) -> ImportReport:
    """Import into the twin in a folder, which is made if it is not there; without `zone`, in the twin's own."""
    from twin.ingest.run import plan, run_import

    plan(paths, options)  # refuses what cannot be imported before a twin is made for it
    with _progress(quiet=quiet) as progress, _twin(into, name, options.zone, database_url) as store:
        return run_import(store, paths, replace(options, zone=zone or store.meta.zone), progress)


def _try_out(paths: list[Path], into: Path, options: Options, *, database_url: str, quiet: bool) -> ImportReport:
    from twin.ingest.run import dry_run

    with _progress(quiet=quiet) as progress, _twin_if_there(into, database_url) as known:
        return dry_run(paths, options, progress, known)


@group.command("quarantine")
def quarantine(
    folder: Annotated[Path, typer.Argument(help="The twin's folder")],
    *,
    import_id: Annotated[int | None, typer.Option("--import", help="Only of this import")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Also what was repaired or noted")] = False,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="Rows at a time")] = 100,
    cursor: Annotated[str, typer.Option(help="Where the last page ended")] = "",
    database_url: Annotated[str, typer.Option(envvar=DATABASE, help="PostgreSQL address")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Answer in JSON")] = False,
) -> None:
    """List what imports refused (with --all also repaired or noted): rule, place in the source, reason."""
    from twin.issues import Severity
    from twin.store import Store

    severity = None if everything else Severity.REJECTED

    with Store.open(folder, database_url=database_url) as store:
        page = store.quarantine(import_id=import_id, severity=severity, limit=limit, cursor=cursor or None)
    if as_json:
        typer.echo(orjson.dumps(page).decode())
        return
    table = Table("import", Column("rule", no_wrap=True), "what happened", "where", "why")
    for row in page.rows:
        issue = row.issue
        table.add_row(str(row.import_id), issue.code, issue.severity.value, issue.path, issue.message)
    Console().print(table)
    if page.next:
        typer.echo(f"more: twin quarantine {folder} --cursor {page.next}" + (" --all" if everything else ""))


def _mapping(pairs: list[str]) -> dict[str, str]:
    mapping = {}
    for pair in pairs:
        ours, equals, theirs = pair.partition("=")
        if not (ours and equals and theirs):
            raise InvalidValue(f"--map {pair}", "it is not OUR_FIELD=THEIR_COLUMN", "Write for instance --map height=H")
        mapping[ours.strip()] = theirs.strip()
    return mapping


@contextmanager
def _twin_if_there(folder: Path, database_url: str) -> Iterator[Store | None]:
    from twin.store import Store

    try:
        store = Store.open(folder, database_url=database_url)
    except NotATwin:
        yield None
        return
    with store:
        yield store


@contextmanager
def _twin(folder: Path, name: str, zone: str, database_url: str) -> Iterator[Store]:
    """The twin in a folder; one that had to be made is taken away again if nothing could be imported into it."""
    from twin.store import Store

    try:
        store = Store.open(folder, database_url=database_url)
    except NotATwin:
        was_there = folder.exists()
        store = Store.create(folder, name=name or folder.resolve().name, zone=zone, database_url=database_url)
        try:
            with store:
                yield store
        except (TwinError, KeyboardInterrupt):
            if not _has_anything(folder, database_url) and not was_there:
                shutil.rmtree(folder)
            raise
        return
    with store:
        yield store


def _has_anything(folder: Path, database_url: str) -> bool:
    from twin.store import Store

    with Store.open(folder, database_url=database_url) as store:
        return bool(store.counts())


@contextmanager
def _progress(*, quiet: bool) -> Iterator[Progress]:
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TransferSpeedColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), disable=quiet, transient=True) as bars:
        tasks: dict[str, Any] = {}

        def update(source: str, done: int, total: int) -> None:
            if source not in tasks:
                tasks[source] = bars.add_task(source[-60:], total=total)
            bars.update(tasks[source], completed=done)

        yield update


def answer(report: ImportReport, folder: Path, as_json: bool) -> None:
    """Print what was taken and what was refused, and where the list of it is."""
    if as_json:
        typer.echo(orjson.dumps(report.as_dict()).decode())
        return
    console = Console()
    console.print(_sources_table(report))
    rules = _rules_table(report)
    if rules.row_count:
        console.print(rules)
    if report.linked:
        typer.echo(f"{report.linked:,} things were linked to the areas they lie in")
    if report.dry_run:
        typer.echo("Nothing was stored: this was a dry run")
    elif rules.row_count:
        typer.echo(f"What was refused: twin quarantine {folder}; with repairs and notes: add --all")


def _sources_table(report: ImportReport) -> Table:
    table = Table("source", "format", "outcome", "taken", "refused")
    for source in report.sources:
        kinds = ", ".join(f"{count:,} {kind}" for kind, count in source.taken.most_common()) or "-"
        outcome = source.status.replace("-", " ")
        if source.reason:
            outcome += f": {source.reason}" + (f". {source.way_out}" if source.way_out else "")
        table.add_row(source.name, source.format, outcome, kinds, f"{source.refused:,}")
    return table


def _rules_table(report: ImportReport) -> Table:
    table = Table(Column("rule", no_wrap=True), "what happened", "count", "for instance")
    for source in report.sources:
        for (code, severity), count in source.rules.most_common():
            example = next(iter(source.examples.get((code, severity), ())), None)
            instance = f"{example.path}: {example.message}" if example else ""
            table.add_row(code, severity, f"{count:,}", instance)
    return table
