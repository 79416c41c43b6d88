"""`twin info`: what a twin holds."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

group = typer.Typer()

DATABASE = "TWIN_DATABASE_URL"


@group.command()
def info(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The twin's folder")],
    *,
    database_url: Annotated[str, typer.Option(envvar=DATABASE, help="PostgreSQL; else a file in the folder")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Answer in JSON")] = False,
) -> None:
    """Say what a twin holds: entities by kind, extent, people, stays, days, tiles."""
    import orjson

    known = gather(folder, database_url)
    if as_json:
        typer.echo(orjson.dumps(known, option=orjson.OPT_INDENT_2).decode())
    else:
        _show(known)


def gather(folder: Path, database_url: str = "") -> dict[str, Any]:
    """All figures as plain values; `presence` is null where no stay was ever stored."""
    from twin.store import Store

    with Store.open(folder, database_url=database_url) as store:
        meta, extent = store.meta, store.extent()
        presence = _presence(folder, meta.zone)
        return {
            "folder": str(folder),
            "name": meta.name,
            "zone": meta.zone,
            "created_at": meta.created_at,
            "ground_m": meta.ground_m,
            "feed": meta.feed,
            "counts": store.counts(),
            "extent": [extent.west, extent.south, extent.east, extent.north] if extent else None,
            "imports": len(store.imports()),
            "people": presence["people"] if presence else 0,
            "stays": presence["stays"] if presence else 0,
            "days": presence["days"] if presence else 0,
            "presence": presence,
            "tiles": _tiles(folder),
        }


def _presence(folder: Path, zone: str) -> dict[str, Any] | None:
    from dataclasses import asdict

    from twin.errors import NotATwin
    from twin.presence import Presence

    try:
        with Presence.open(folder / "presence", zone=zone) as presence:
            return asdict(presence.stats())
    except NotATwin:
        return None


def _tiles(folder: Path) -> list[dict[str, Any]]:
    from dataclasses import asdict

    from tiles import layers

    return [{**asdict(layer)} for layer in layers(folder / "tiles")]


def _show(known: dict[str, Any]) -> None:
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from rich.console import Console
    from rich.table import Table

    table = Table(title=f"{known['name']}  ({known['folder']})", show_header=False, title_justify="left")
    for kind, count in sorted(known["counts"].items(), key=lambda pair: -pair[1]):
        table.add_row(kind, f"{count:,}")
    if known["extent"]:
        west, south, east, north = known["extent"]
        table.add_section()
        table.add_row("extent", f"{west:.5f} {south:.5f} to {east:.5f} {north:.5f}")
    if known["ground_m"] is not None:
        table.add_row("ground", f"{known['ground_m']:.1f} m above the ellipsoid")
    presence = known["presence"]
    table.add_section()
    if presence is None:
        table.add_row("stays", "none")
    else:
        zone = ZoneInfo(known["zone"])
        for label in ("people", "stays", "days"):
            table.add_row(label, f"{presence[label]:,}")
        for label in ("first", "last"):
            if presence[label] is not None:
                table.add_row(label, datetime.fromtimestamp(presence[label], zone).isoformat(sep=" "))
        table.add_row("on disk", f"{presence['bytes'] / 1e6:,.1f} MB")
    for layer in known["tiles"]:
        table.add_row(f"tiles: {layer['kind']}", f"{layer['features']:,} features")
    if not known["tiles"]:
        table.add_row("tiles", "none")
    Console().print(table)
