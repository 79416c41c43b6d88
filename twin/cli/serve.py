"""`twin serve`: one twin over HTTP, until Ctrl-C."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Annotated

import typer

group = typer.Typer()


def _say(json: bool, address: str, link: str) -> None:
    """Address and, on the first start, the one-time link."""
    if json:
        import orjson

        typer.echo(orjson.dumps({"address": address, "link": link or None}).decode())
        return
    typer.echo(f"Quanyu answers at {address}")
    if link:
        typer.echo(f"Log in once with  {link}  (valid for 15 minutes)")


@group.command()
def serve(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The twin's folder")],
    *,
    host: Annotated[str | None, typer.Option(help="Address to listen on; default 127.0.0.1")] = None,
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="Port; 0 takes a free one; default 8000")] = None,
    feed: Annotated[bool, typer.Option(help="Run the synthetic sensors where the twin declares them")] = True,
    link: Annotated[bool, typer.Option("--link", help="Print a one-time log-in link for admin on this start")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print address and link as one JSON line")] = False,
) -> None:
    """Serve a twin. The first start makes the account `admin` and prints a one-time log-in link."""
    from api.server import serve as run
    from twin.settings import Settings

    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    settings = Settings()
    changes: dict[str, object] = {"folder": folder, "feed": feed and settings.feed}
    if host is not None:
        changes["host"] = host
    if port is not None:
        changes["port"] = port
    settings = settings.model_copy(update=changes)
    run(settings, ready=lambda address, token: _say(json, address, token), link=link)
