"""`twin tiles cloud`, `ifc` and `remove`: point clouds and building models as tilesets beside the layers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import orjson
import typer
from rich.console import Console

from twin.cli.arguments import AsJson, Database, Folder
from twin.cli.tile_tables import issue_as_dict, print_faults
from twin.errors import MissingComponent
from twin.geo.crs import metres_per_degree

if TYPE_CHECKING:
    from tiles.scans.cloud import Progress
    from twin.store import Store

group = typer.Typer()

FAR_KM = 50.0
"""A tileset farther from the rest of the twin is told: most are in the wrong reference system."""

NameOption = Annotated[str, typer.Option(help="Of the tileset; else the file's. Its own earlier one is replaced")]
CrsOption = Annotated[str, typer.Option(help="Reference system, such as EPSG:32653; else the file's")]
VerticalOption = Annotated[str, typer.Option(help="Heights are ellipsoidal, egm96, or metres of geoid height")]


@group.command("cloud")
def cloud(
    folder: Folder,
    files: Annotated[list[Path], typer.Argument(help="LAS and LAZ files: together one cloud", show_default=False)],
    *,
    crs: CrsOption = "",
    vertical: VerticalOption = "",
    name: NameOption = "",
    colour: Annotated[str, typer.Option(help="By rgb, class, intensity or plain; else the first that it has")] = "",
    database_url: Database = "",
    as_json: AsJson = False,
) -> None:
    """Make a point cloud a tileset. Pages show it when they are opened next."""
    from tiles.scans.cloud import build_cloud
    from tiles.scans.shelf import name_of
    from twin.ingest.source import Options
    from twin.store import Store

    options = Options(crs=crs or None, vertical=vertical or None)
    with Store.open(folder, database_url=database_url) as store, _progress(quiet=as_json) as tell:
        report = build_cloud(
            folder / "tiles",
            name or name_of(files[0], "cloud"),
            files,
            options,
            title=name or files[0].name.split(".")[0],
            colour=colour,
            progress=tell,
        )
        note = _far_away(store, report.lon, report.lat)
    if as_json:
        typer.echo(orjson.dumps(asdict(report) | {"notes": [note] if note else []}).decode())
        return
    what = f"{report.points:,} points, {report.tiles:,} tiles, {report.bytes / 1e6:,.1f} MB"
    typer.echo(f"{report.name}: {what}, {report.seconds:,.1f} s; colours by {report.colour}, heights {report.vertical}")
    for why, count in report.left_out.items():
        typer.echo(f"left out: {count:,} points ({why})")
    _say(note)


@group.command("ifc")
def ifc(
    folder: Folder,
    file: Annotated[Path, typer.Argument(help="The model: IFC as text, 2x3 or 4")],
    *,
    lon: Annotated[float | None, typer.Option(help="Of its site's origin, degrees WGS84; else the file's")] = None,
    lat: Annotated[float | None, typer.Option(help="Of its site's origin, degrees WGS84; else the file's")] = None,
    height: Annotated[float | None, typer.Option(help="Ellipsoidal metres of that origin; else the file's")] = None,
    heading: Annotated[
        float | None, typer.Option(help="Where its y axis looks, degrees clockwise from north; else the file's")
    ] = None,
    crs: CrsOption = "",
    vertical: VerticalOption = "",
    spaces: Annotated[bool, typer.Option("--spaces", help="Draw rooms (IfcSpace) too")] = False,
    name: NameOption = "",
    database_url: Database = "",
    as_json: AsJson = False,
) -> None:
    """Make a building model a tileset: every element with its attributes. Pages show it when they are opened next."""
    try:
        from tiles.scans.model import build_model
    except ImportError as error:
        way = "Run .venv/bin/uv pip install --require-hashes -r locks/ifc.lock"
        raise MissingComponent("ifcopenshell", "is not installed", way) from error
    from tiles.scans.placing import Wanted
    from tiles.scans.shelf import name_of
    from twin.ingest.source import Options
    from twin.store import Store

    options = Options(crs=crs or None, vertical=vertical or None)
    with Store.open(folder, database_url=database_url) as store, _progress(quiet=as_json) as tell:
        report = build_model(
            folder / "tiles",
            name or name_of(file, "model"),
            file,
            options,
            Wanted(lon, lat, height, heading),
            title=name or file.name.split(".")[0],
            ground=store.ground_at,
            spaces=spaces,
            tell=lambda done, total: tell("elements", done, total),
        )
        note = _far_away(store, report.lon, report.lat)
    if as_json:
        said = asdict(report) | {"issues": [issue_as_dict(issue) for issue in report.issues]}
        typer.echo(orjson.dumps(said | {"notes": [note] if note else []}).decode())
        return
    what = f"{report.elements:,} elements, {report.tiles:,} tiles, {report.bytes / 1e6:,.1f} MB"
    place = f"{report.lon:.7f}, {report.lat:.7f}, {report.height_m:.2f} m, {report.heading_deg:g}°"
    typer.echo(f"{report.name}: {what}, {report.seconds:,.1f} s; it stands at {place}")
    print_faults(report.issues)
    _say(note)


@group.command("remove")
def remove(
    folder: Folder,
    name: Annotated[str, typer.Argument(help="Of a point cloud or a building model")],
    *,
    as_json: AsJson = False,
) -> None:
    """Take a point cloud or a building model away."""
    from tiles.scans.shelf import remove as remove_tileset

    remove_tileset(folder / "tiles", name)
    typer.echo(orjson.dumps({"removed": name}).decode() if as_json else f"{name} is gone")


def _far_away(store: Store, lon: float, lat: float) -> str:
    """A word where something stands far from all else in a twin; empty where it does not."""
    extent = store.extent()
    if extent is None:
        return ""
    east, north = metres_per_degree(lat)
    away_lon = max(extent.west - lon, lon - extent.east, 0.0) * east
    away_lat = max(extent.south - lat, lat - extent.north, 0.0) * north
    away = (away_lon**2 + away_lat**2) ** 0.5 / 1000
    place = f"it stands at {lon:.4f}, {lat:.4f}, {away:,.0f} km from the rest of the twin"
    return f"{place}: is its place the right one?" if away > FAR_KM else ""


def _say(note: str) -> None:
    if note:
        typer.echo(note, err=True)


@contextmanager
def _progress(*, quiet: bool) -> Iterator[Progress]:
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), disable=quiet, transient=True) as bars:
        tasks = {}

        def update(step: str, done: int, total: int) -> None:
            if step not in tasks:
                tasks[step] = bars.add_task(step, total=total)
            bars.update(tasks[step], completed=done)

        yield update
