"""`twin new`: make a twin, empty or with the synthetic district in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from twin.synth import Spec

group = typer.Typer()

DATABASE = "TWIN_DATABASE_URL"

_STAGES = {"draw": "Drawing the district", "model": "Storing the model", "places": "Placing", "stays": "Days of stays"}


@group.command()
def new(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The twin's folder; must be new or empty")],
    *,
    name: Annotated[str, typer.Option(help="Name of the twin; the folder's if not given")] = "",
    zone: Annotated[str, typer.Option(help="IANA time zone of its local day")] = "Asia/Shanghai",
    synth: Annotated[bool, typer.Option("--synth", help="Fill it with the synthetic district")] = False,
    small: Annotated[bool, typer.Option("--small", help="A tiny one: 0.3 km², 300 buildings, 2,000 people")] = False,
    seed: Annotated[int, typer.Option(help="The same seed gives the same district")] = 7,
    area: Annotated[float | None, typer.Option(help="Square kilometres  [default: 10]", show_default=False)] = None,
    buildings: Annotated[int | None, typer.Option(help="[default: 12000]", show_default=False)] = None,
    people: Annotated[int | None, typer.Option(help="[default: 150000]", show_default=False)] = None,
    days: Annotated[int | None, typer.Option(help="Local days of stays  [default: 14]", show_default=False)] = None,
    until: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Their last day")] = None,
    database_url: Annotated[str, typer.Option(envvar=DATABASE, help="PostgreSQL; else a file in the folder")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Answer in JSON")] = False,
) -> None:
    """Make a twin: empty, or with a synthetic district of any size (--synth)."""
    sizes = {"area_km2": area, "buildings": buildings, "people": people, "days": days}
    given: dict[str, Any] = {key: value for key, value in sizes.items() if value is not None}
    if until is not None:
        given["until"] = until.date()
    if not synth and not small:
        _empty(folder, name or folder.resolve().name, zone, database_url=database_url, as_json=as_json, given=given)
        return
    _synthetic(folder, _spec(seed, zone, small, given), name, database_url, as_json)


def _spec(seed: int, zone: str, small: bool, given: dict[str, Any]) -> Spec:
    from dataclasses import replace

    from twin.synth import Spec

    base = Spec.small(seed) if small else Spec(seed=seed)
    return replace(base, zone=zone, **given)


def _empty(folder: Path, name: str, zone: str, *, database_url: str, as_json: bool, given: dict[str, Any]) -> None:
    import orjson

    from twin.errors import InvalidValue
    from twin.store import Store

    if given:
        option = "--" + next(iter(given)).removesuffix("_km2")
        raise InvalidValue(option, "is for a synthetic district", "Add --synth, or leave it out")
    with Store.create(folder, name=name, zone=zone, database_url=database_url) as store:
        meta = store.meta
    if as_json:
        typer.echo(orjson.dumps({"folder": str(folder), "name": meta.name, "zone": meta.zone}).decode())
    else:
        typer.echo(f"{meta.name} made in {folder}; fill it with: twin import PATH --into {folder}")


def _synthetic(folder: Path, spec: Spec, name: str, database_url: str, as_json: bool) -> None:
    import orjson

    from twin.synth import make_synthetic

    with _progress(quiet=as_json) as said:
        made = make_synthetic(folder, spec, name=name, database_url=database_url, progress=said)
    if as_json:
        typer.echo(orjson.dumps(made.as_json()).decode())
        return
    seconds = sum(made.seconds.values())
    typer.echo(
        f"{made.entities:,} entities, {made.people:,} people, {made.stays:,} stays in {seconds:.1f} s: {folder}\n"
        f"Three planted outbreaks ({', '.join(str(n) for n in made.cases)} cases): {folder}/synth/outbreaks.json"
    )


@contextmanager
def _progress(quiet: bool) -> Iterator[Callable[[str, int, int], None]]:
    """A bar per stage on standard error."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), disable=quiet) as bars:
        tasks = {stage: bars.add_task(title, total=1, start=False) for stage, title in _STAGES.items()}
        order = list(tasks)

        def said(stage: str, done: int, total: int) -> None:
            for earlier in order[: order.index(stage)]:
                bars.update(tasks[earlier], completed=1, total=1)
                bars.stop_task(tasks[earlier])
            bars.start_task(tasks[stage])
            bars.update(tasks[stage], completed=min(done, total), total=max(total, 1))

        yield said
        for task in tasks.values():
            bars.update(task, completed=1, total=1)
