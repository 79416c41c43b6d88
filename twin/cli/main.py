"""The `twin` command. To add a group: a file beside this one and a line in `GROUPS`."""

from __future__ import annotations

import sys

import typer

from twin.cli import bench, doctor, edit, feed, importing, info, new, presence, serve, tiles, up, user
from twin.errors import (
    AccessError,
    Conflict,
    FolderError,
    InputError,
    MissingComponent,
    NotFound,
    PortInUse,
    TwinError,
)

GROUPS: tuple[tuple[str, typer.Typer], ...] = (
    ("", importing.group),
    ("", up.group),
    ("", serve.group),
    ("", feed.group),
    ("", new.group),
    ("", info.group),
    ("", edit.group),
    ("user", user.group),
    ("presence", presence.group),
    ("tiles", tiles.group),
    ("bench", bench.group),
    ("", doctor.group),
)
"""(name, group) pairs; a group without a name adds its commands to the top level."""

EXIT_CODES: tuple[tuple[type[TwinError], int], ...] = (
    (InputError, 2),
    (NotFound, 3),
    (Conflict, 4),
    (AccessError, 5),
    (FolderError, 6),
    (PortInUse, 7),
    (MissingComponent, 8),
)

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False)
for name, group in GROUPS:
    app.add_typer(group, name=name or None)


@app.callback()
def twin() -> None:
    """Quanyu: a city twin that answers who was here, when."""


def exit_code(error: TwinError) -> int:
    """The exit code for an error: 1 where its class has none of its own."""
    return next((code for kind, code in EXIT_CODES if isinstance(error, kind)), 1)


def run() -> None:
    """Entry point: one clear line for every error we raise on purpose, 130 for Ctrl-C."""
    try:
        app()
    except TwinError as error:
        typer.echo(f"twin: {error}", err=True)
        sys.exit(exit_code(error))
    except SystemExit as ended:  # typer makes this of Ctrl-C, without a word
        if ended.code != 130:
            raise
        typer.echo("twin: interrupted; nothing is half done, run it again", err=True)
        sys.exit(130)
