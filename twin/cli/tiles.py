"""`twin tiles`: the city as 3D Tiles: built, kept in step, checked, packed into one file."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import orjson
import typer
from rich.console import Console

from twin.cli.arguments import AsJson, Database, Folder
from twin.cli.landmarks import group as landmarks
from twin.cli.scans import group as scans
from twin.cli.tile_tables import as_dict, issue_as_dict, print_built, print_faults, print_updated, update_as_dict
from twin.errors import EmptySource, InvalidValue

if TYPE_CHECKING:
    from tiles import Progress
    from twin.issues import Issue
    from twin.store import Store

group = typer.Typer(no_args_is_help=True, help="3D Tiles of the city: build them, check them")
group.add_typer(landmarks, name="landmark")
group.add_typer(scans)

ImageForm = Literal["jpeg", "webp"]
KindOption = Annotated[str, typer.Option(help="Only this layer, such as building; all of them if not given")]


@group.command("build")
def build(
    folder: Folder,
    *,
    kind: KindOption = "",
    texels: Annotated[
        int | None, typer.Option(min=4096, help="Most texels of a tile's images; as before if not given (4,194,304)")
    ] = None,
    images: Annotated[
        ImageForm | None, typer.Option(help="Files of a tile's images; as before if not given (jpeg)")
    ] = None,
    database_url: Database = "",
    as_json: AsJson = False,
) -> None:
    """Build the layers anew; pages see the old ones until the new ones are complete."""
    from tiles import build_layer
    from twin.store import Store

    with Store.open(folder, database_url=database_url) as store:
        reports = []
        for layer in _wanted(store, kind):
            with _progress(layer, quiet=as_json) as progress:
                made = build_layer(store, layer, folder / "tiles", progress=progress, texels=texels, images=images)
                reports.append(made)
    if as_json:
        typer.echo(orjson.dumps([as_dict(report) for report in reports]).decode())
    else:
        print_built(reports)


@group.command("update")
def update(folder: Folder, *, kind: KindOption = "", database_url: Database = "", as_json: AsJson = False) -> None:
    """Take in what the store's change log says since the last time: only the tiles that it concerns are made."""
    from tiles import Follower
    from twin.store import Store

    done = {}
    with Store.open(folder, database_url=database_url) as store:
        for name in _built(folder, kind):
            done[name] = Follower(store, folder / "tiles" / name).update()
    if as_json:
        typer.echo(orjson.dumps({name: update_as_dict(one) for name, one in done.items()}).decode())
    else:
        print_updated(done)


@group.command("pack")
def pack(
    folder: Folder,
    target: Annotated[Path, typer.Argument(help="An archive, OUT.3tz, or a new folder for a plain copy")],
    *,
    kind: KindOption = "",
    at: Annotated[str, typer.Option(help="As it stood then: ISO 8601 or epoch seconds")] = "",
    implicit: Annotated[
        bool, typer.Option("--implicit", help="Implicit tiling, tiles made anew: each feature in its finest level")
    ] = False,
    database_url: Database = "",
    as_json: AsJson = False,
) -> None:
    """Put one layer into one file (3D Tiles archive 1.3), for offline use."""
    from tiles.packout import pack_implicit, pack_layer
    from twin.store import Store

    names = _built(folder, kind)
    if len(names) > 1:
        raise InvalidValue("--kind", f"there are layers {', '.join(names)}", "Name the one to pack")
    with Store.open(folder, database_url=database_url) as store:
        make = pack_implicit if implicit else pack_layer
        packed = make(store, folder / "tiles" / names[0], target, at=_moment(store, at))
    if as_json:
        said = {"target": str(target), "files": packed.files, "bytes": packed.bytes}
        typer.echo(orjson.dumps(said | {"issues": [issue_as_dict(issue) for issue in packed.issues]}).decode())
    else:
        typer.echo(f"{target}: {packed.files:,} files, {packed.bytes / 1e6:,.1f} MB")
        print_faults(list(packed.issues))


@group.command("prune")
def prune(
    folder: Folder,
    *,
    kind: KindOption = "",
    days: Annotated[int, typer.Option(min=0, help="Keep what layers looked like for so many days")] = 30,
    database_url: Database = "",
    as_json: AsJson = False,
) -> None:
    """Let go of what layers were, of contents that nothing names, and of images that no mesh ever named."""
    from tiles.build import prune_layer
    from twin.store import Store

    freed = {name: prune_layer(folder / "tiles" / name, days) for name in _built(folder, kind)}
    if not kind:
        with Store.open(folder, database_url=database_url) as store:
            freed["images"] = store.sweep_images()
    if as_json:
        typer.echo(orjson.dumps(freed).decode())
    else:
        for name, size in freed.items():
            typer.echo(f"{name}: {size / 1e6:,.1f} MB freed")


@group.command("check")
def check(
    folder: Annotated[Path, typer.Argument(help="The twin's folder; or any tileset: an archive, or a folder with one")],
    *,
    kind: KindOption = "",
    database_url: Database = "",
    as_json: AsJson = False,
) -> None:
    """Hold built layers against the rules and the store. Ends with 1 where a rule is broken."""
    from tiles.archive import SUFFIX

    if folder.suffix == SUFFIX or (folder / "tileset.json").is_file():
        found = {folder.name: _check_any(folder)}
    else:
        found = _check_twin(folder, kind, database_url)
    if as_json:
        typer.echo(
            orjson.dumps({name: [issue_as_dict(issue) for issue in issues] for name, issues in found.items()}).decode()
        )
    else:
        for name, issues in found.items():
            typer.echo(f"{name}: " + (f"{len(issues):,} faults" if issues else "every rule holds"))
        print_faults([issue for issues in found.values() for issue in issues])
    if any(found.values()):
        raise typer.Exit(1)


def _check_any(path: Path) -> list[Issue]:
    """A tileset that is not in a twin: only the rules, no store."""
    from tiles import check_layer
    from tiles.archive import ArchiveSource
    from tiles.check import check_tileset

    if path.is_dir():
        return check_layer(path)
    with ArchiveSource(path) as source:
        return check_tileset(source)


def _check_twin(folder: Path, kind: str, database_url: str) -> dict[str, list[Issue]]:
    from tiles import check_layer, layer_kind, layers
    from tiles.check_landmarks import check_landmarks
    from tiles.gather import gather
    from tiles.landmarks import KIND, NAME
    from tiles.scans.shelf import made_here
    from twin.store import Store

    scans = [name for name in made_here(folder / "tiles") if kind in ("", name)]
    found: dict[str, list[Issue]] = {}
    with Store.open(folder, database_url=database_url) as store:
        landmarks = check_landmarks(store) if kind in ("", KIND, NAME) else None
        if kind in (KIND, NAME) and landmarks is None:
            raise EmptySource(str(folder), "there is no landmark", f"Add one: twin tiles landmark add {folder} FILE")
        beside = landmarks is not None or bool(scans)
        only_these = beside and (bool(kind) or not layers(folder / "tiles"))
        for name in [] if only_these else _built(folder, kind):
            expected = gather(store, layer_kind(name)).features
            found[name] = check_layer(folder / "tiles" / name, expected=expected)
        if landmarks is not None:
            found[NAME] = landmarks
    return found | {name: check_layer(folder / "tiles" / name) for name in scans}


def _built(folder: Path, kind: str) -> list[str]:
    """The layers that are built: the one asked for, or all. `EmptySource` where there is none."""
    from tiles import layer_kind, layers

    built = layers(folder / "tiles")
    names = [layer.kind for layer in built if not kind or layer.kind == layer_kind(kind).id]
    if not names:
        raise EmptySource(str(folder), "no layer is built", f"Build them: twin tiles build {folder}")
    old = [layer.kind for layer in built if layer.outdated and layer.kind in names]
    if old:
        way_out = f"Build it anew, once: twin tiles build {folder}"
        raise InvalidValue(f"layer {old[0]}", "it is in the layout of an older version", way_out)
    return names


def _moment(store: Store, text: str) -> int | None:
    from scenes.epidemic.windows import to_utc

    return to_utc(text, store.meta.zone, "--at") if text else None


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
