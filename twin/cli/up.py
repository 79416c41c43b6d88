"""`twin up`: make the twin where it is not there yet, tile it, and serve it. What `./run` calls."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import orjson
import typer

from twin.errors import FolderNotWritable, InvalidValue

if TYPE_CHECKING:
    from twin.ingest.report import ImportReport

group = typer.Typer()

SOURCES = "sources.json"
"""In a city's folder: what it was made from, so that a start notices new or changed files."""


@dataclass(frozen=True, slots=True)
class CityOptions:
    """How the city's files are to be read; see `twin import --help`."""

    crs: str
    datum: str
    vertical: str
    kind: str
    mapping: list[str]
    default_height: float | None
    zone: str
    name: str


@group.command("up")
def up(
    paths: Annotated[list[Path] | None, typer.Argument(help="With --city: files and folders of your city")] = None,
    *,
    city: Annotated[bool, typer.Option("--city", help="Serve your own city instead of the synthetic district")] = False,
    folder: Annotated[Path | None, typer.Option(help="The twin's folder; default: beside TWIN_FOLDER")] = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on; default 127.0.0.1")] = None,
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="Port; 0 takes a free one; default 8000")] = None,
    crs: Annotated[str, typer.Option(help="Reference system of the coordinates, such as EPSG:28992")] = "",
    datum: Annotated[str, typer.Option(help="wgs84, cgcs2000, gcj02, bd09 or EPSG:n")] = "",
    vertical: Annotated[str, typer.Option(help="Heights are ellipsoidal, egm96, or metres of geoid height")] = "",
    kind: Annotated[str, typer.Option(help="Kind of the things, where the format leaves it open")] = "",
    mapping: Annotated[list[str] | None, typer.Option("--map", help="OUR_FIELD=THEIR_COLUMN; repeatable")] = None,
    default_height: Annotated[float | None, typer.Option(help="Metres, where nothing tells the height")] = None,
    zone: Annotated[str, typer.Option(help="IANA zone of the city's local day")] = "",
    name: Annotated[str, typer.Option(help="Name of the twin, where it is made here")] = "",
) -> None:
    """Make the twin if it is not there yet, tile it, and serve it."""
    from twin.settings import Settings

    if bool(paths) != city:
        reason = "no path follows it" if city else f"{paths[0] if paths else ''} is given without --city"
        raise InvalidValue("--city", reason, "Write for instance --city my-buildings.geojson my-cameras.csv")
    settings = Settings()
    if port is None or port > 0:
        _check_port(host or settings.host, settings.port if port is None else port)
    if city:
        options = CityOptions(crs, datum, vertical, kind, mapping or [], default_height, zone, name)
        folder = folder or settings.folder.parent / _slug(paths or [])
        _city(folder, paths or [], options)
    else:
        folder = folder or settings.folder
        _district(folder, name, zone)
    _serve(folder, host, port)


def _district(folder: Path, name: str, zone: str) -> None:
    from twin.cli.importing import DEFAULT_ZONE
    from twin.cli.new import new

    if not _is_twin(folder):
        _refuse_unwritable(folder.parent, lambda: folder.parent.mkdir(parents=True, exist_ok=True))
        new(folder, synth=True, name=name, zone=zone or DEFAULT_ZONE)
    if not (folder / "tiles").exists():
        _tile(folder)


def _city(folder: Path, paths: list[Path], options: CityOptions) -> None:
    """Import what is new: into a folder of its own first, so that an interrupted first start leaves nothing."""
    from twin.cli.importing import answer

    made_from = _signature(paths, options)
    if not _is_twin(folder):
        with _whole_or_not_at_all(folder) as making:
            report = _import(making, paths, options)
            _tile(making)
            (making / SOURCES).write_bytes(made_from)
    elif not (folder / SOURCES).exists() or (folder / SOURCES).read_bytes() != made_from:
        report = _import(folder, paths, options)
        _tile(folder)
        (folder / SOURCES).write_bytes(made_from)
    else:
        return
    answer(report, folder, as_json=False)


def _import(folder: Path, paths: list[Path], options: CityOptions) -> ImportReport:
    from twin.cli.importing import bring_in, reading_options

    reading = reading_options(
        crs=options.crs,
        datum=options.datum,
        vertical=options.vertical,
        kind=options.kind,
        mapping=options.mapping,
        default_height=options.default_height,
        zone=options.zone,
    )
    url = os.environ.get("TWIN_DATABASE_URL", "")
    return bring_in(paths, folder, reading, name=options.name or _title(paths), zone=options.zone, database_url=url)


def _tile(folder: Path) -> None:
    from twin.cli.tiles import build

    build(folder)


def _serve(folder: Path, host: str | None, port: int | None) -> None:
    from twin.cli.serve import serve

    serve(folder, host=host, port=port, link=True)


def _check_port(host: str, port: int) -> None:
    """A port in use is said before minutes of import, not after."""
    from api.server import take_port

    take_port(host, port).close()


def _is_twin(folder: Path) -> bool:
    return (folder / "twin.sqlite").exists() or (folder / "tiles").exists()


@contextmanager
def _whole_or_not_at_all(folder: Path) -> Iterator[Path]:
    """A folder to make a twin in, which gets its name only when everything in it is done."""
    making = folder.with_name(f".making-{folder.name}")
    _refuse_unwritable(folder.parent, lambda: folder.parent.mkdir(parents=True, exist_ok=True))
    _refuse_unwritable(making, lambda: shutil.rmtree(making) if making.exists() else None)
    yield making
    os.replace(making, folder)


def _refuse_unwritable(folder: Path, step: Callable[[], None]) -> None:
    try:
        step()
    except OSError as error:
        reason = error.strerror or "it cannot be written"
        raise FolderNotWritable(str(folder), reason, "Give another one with --folder or TWIN_FOLDER") from error


def _signature(paths: list[Path], options: CityOptions) -> bytes:
    files = sorted({file for path in paths for file in (path.rglob("*") if path.is_dir() else [path])})
    facts = [(str(f.resolve()), f.stat().st_size, f.stat().st_mtime_ns) for f in files if f.is_file()]
    return orjson.dumps({"files": facts, "options": options}, option=orjson.OPT_INDENT_2)


def _title(paths: list[Path]) -> str:
    return paths[0].resolve().name.split(".")[0]


def _slug(paths: list[Path]) -> str:
    """The same paths, in any order, always mean the same folder."""
    words = re.sub(r"[^a-z0-9]+", "-", _title(paths).lower()).strip("-") or "city"
    whole = "\n".join(sorted(str(path.resolve()) for path in paths))
    return f"{words}-{hashlib.sha256(whole.encode()).hexdigest()[:8]}"
