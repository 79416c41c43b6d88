"""`twin doctor`: is everything there that this twin needs?"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, NamedTuple

import orjson
import typer
from rich.console import Console
from rich.table import Table

from twin.errors import TwinError

group = typer.Typer()


class Finding(NamedTuple):
    """One check's outcome."""

    what: str
    fine: bool
    detail: str


def spatialite() -> str:
    """SpatiaLite's version, loaded the way the store loads it."""
    from twin.store.spatialite import spatialite_version

    return spatialite_version()


def geoid() -> str:
    """The geoid's height at a point that is well known: 0 lon, 0 lat is 17.2 m in EGM96."""
    from twin.geo.crs import geoid_height

    return f"EGM96, {geoid_height([[0.0, 0.0]])[0]:.1f} m at 0, 0"


def front_end() -> str:
    """Whether the third-party files are where the pages look for them."""
    vendor = Path(__file__).resolve().parents[2] / "frontend-static" / "vendor"
    if not (vendor / "cesium").exists():
        raise FileNotFoundError(f"{vendor} has no cesium; run ./run --setup-only")
    return str(vendor)


def room(folder: Path) -> str:
    """Free room where the twin lies."""
    free = shutil.disk_usage(folder if folder.exists() else Path.cwd()).free
    if free < 2**30:
        raise OSError(f"only {free / 2**20:.0f} MB left")
    return f"{free / 2**30:.0f} GB free"


def model(folder: Path) -> str:
    """The twin opens, and what it holds."""
    from twin.settings import Settings
    from twin.store import Store

    with Store.open(folder, database_url=Settings().database_url) as store:
        return f"{sum(store.counts().values())} entities"


def findings(folder: Path) -> Iterator[Finding]:
    """Every check in turn; a check that raises is a finding, not the end."""
    checks: tuple[tuple[str, Callable[[], str]], ...] = (
        ("SpatiaLite", spatialite),
        ("geoid", geoid),
        ("front end", front_end),
        ("disk", lambda: room(folder)),
        ("model", lambda: model(folder)),
    )
    for what, check in checks:
        try:
            yield Finding(what, True, check())
        except (TwinError, OSError, ImportError, ArithmeticError, RuntimeError) as error:
            yield Finding(what, False, str(error))


@group.command("doctor")
def doctor(
    folder: Annotated[Path, typer.Argument(help="The twin's folder")] = Path("twins/district"),
    as_json: Annotated[bool, typer.Option("--json", help="Answer as JSON")] = False,
) -> None:
    """Check the parts that a twin needs; exit code 1 where one is missing."""
    found = list(findings(folder))
    if as_json:
        typer.echo(orjson.dumps([finding._asdict() for finding in found]).decode())
    else:
        table = Table("check", "", "detail")
        for finding in found:
            table.add_row(finding.what, "ok" if finding.fine else "missing", finding.detail)
        Console().print(table)
    raise typer.Exit(0 if all(finding.fine for finding in found) else 1)
