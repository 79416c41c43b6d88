"""`twin tiles landmark`: glTF models at places of their own."""

from __future__ import annotations

import getpass
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import orjson
import typer

from twin.cli.arguments import AsJson, Database, Folder
from twin.errors import InvalidValue, UnknownEntity

if TYPE_CHECKING:
    from tiles.landmarks import Standing
    from twin.entity import Entity
    from twin.store import Store

group = typer.Typer(no_args_is_help=True, help="Landmarks: glTF models at places of their own")


@group.command("add")
def add(
    folder: Folder,
    file: Annotated[Path, typer.Argument(help="The model: one GLB with everything inside")],
    *,
    lon: Annotated[float, typer.Option(help="Of the model's origin, degrees WGS84")],
    lat: Annotated[float, typer.Option(help="Of the model's origin, degrees WGS84")],
    height: Annotated[
        float | None, typer.Option(help="Ellipsoidal metres of its origin; else the ground there")
    ] = None,
    heading: Annotated[float, typer.Option(help="Where its far side (-z) looks: degrees clockwise from north")] = 0.0,
    scale: Annotated[float, typer.Option(help="Metres of one unit of the model")] = 1.0,
    name: Annotated[str, typer.Option(help="What it is called; else the file's name")] = "",
    id_: Annotated[str, typer.Option("--id", help="Its id; one that is there already is changed")] = "",
    database_url: Database = "",
    as_json: AsJson = False,
) -> None:
    """Put a model somewhere. Open pages show it within two seconds."""
    from tiles.landmarks import Standing
    from twin.store import Store

    with Store.open(folder, database_url=database_url) as store:
        standing = Standing(lon, lat, height or 0.0, heading % 360, scale)
        standing.check()
        if height is None:
            standing = replace(standing, height_m=store.ground_at(lon, lat))
        landmark = id_ or f"landmark/{file.stem}"
        _check_free(store, landmark)
        entity = replace(_entity(store, file, standing, name or file.stem), id=landmark)
        _write(store, entity)
    if as_json:
        typer.echo(orjson.dumps({"id": entity.id, "model": entity.attributes["model"]}).decode())
    else:
        typer.echo(f"{entity.id} stands at {lon}, {lat}")


@group.command("list")
def list_(folder: Folder, *, database_url: Database = "", as_json: AsJson = False) -> None:
    """Every landmark, and where it stands."""
    from tiles.landmarks import KIND, standing_of
    from twin.store import Store

    with Store.open(folder, database_url=database_url) as store:
        rows = [
            {"id": one.id, "name": one.attributes.get("name"), "model": one.attributes["model"]}
            | _row(standing_of(one))
            for one in store.each(kinds=(KIND,))
        ]
    if as_json:
        typer.echo(orjson.dumps(rows).decode())
        return
    for row in rows:
        typer.echo(f"{row['id']}\t{row['lon']:.7f}\t{row['lat']:.7f}\t{row['height_m']:.2f} m\t{row['heading_deg']:g}°")


@group.command("remove")
def remove(
    folder: Folder,
    landmark: Annotated[str, typer.Argument(help="Its id, as `list` gives it")],
    *,
    database_url: Database = "",
) -> None:
    """End a landmark's existence now; its model and its history stay."""
    from tiles.landmarks import KIND
    from twin.store import Store

    with Store.open(folder, database_url=database_url) as store:
        if store.get(landmark).kind != KIND:
            raise UnknownEntity(landmark, "it is no landmark", f"See them: twin tiles landmark list {folder}")
        store.retire([landmark], source=f"edit by {getpass.getuser()}")
    typer.echo(f"{landmark} has ended")


def _check_free(store: Store, landmark: str) -> None:
    """Raise `InvalidValue` where an id is something else's: it would become a landmark."""
    from tiles.landmarks import KIND

    try:
        kind = store.get(landmark).kind
    except UnknownEntity:
        return
    if kind != KIND:
        raise InvalidValue("--id", f"{landmark} is a {kind} already", "Give another id")


def _entity(store: Store, file: Path, standing: Standing, name: str) -> Entity:
    """The landmark, after its model was looked through and kept."""
    import shapely

    from tiles.landmarks import KIND
    from tiles.models import keep_model
    from twin.entity import Entity

    model = keep_model(store.folder, file)
    said = {"name": name, "model": model.name, "heading_deg": standing.heading_deg, "scale": standing.scale}
    point = bytes(shapely.to_wkb(shapely.Point(standing.lon, standing.lat)))
    tall = float((model.high[2] - model.low[2]) * standing.scale)
    return Entity("", KIND, None, point, standing.height_m, tall or None, attributes=said)


def _write(store: Store, entity: Entity) -> None:
    from twin.store import SourceInfo

    by = f"edit by {getpass.getuser()}"
    faults = store.faults([entity])
    if faults:
        raise InvalidValue(entity.id, faults[0].message, "Give another value")
    source = SourceInfo(by, "glTF", "EPSG:4979", "wgs84", "ellipsoidal", int(time.time()))
    store.write(iter([replace(entity, source=by)]), source=source)


def _row(standing: Standing) -> dict[str, float]:
    return {
        "lon": standing.lon,
        "lat": standing.lat,
        "height_m": standing.height_m,
        "heading_deg": standing.heading_deg,
        "scale": standing.scale,
    }
