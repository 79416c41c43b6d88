"""`twin user`: the accounts of a twin."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from twin.cli.arguments import AsJson

group = typer.Typer(no_args_is_help=True, help="Accounts of a twin.")

Folder = Annotated[Path, typer.Argument(metavar="DIR", help="The twin's folder")]
Name = Annotated[str, typer.Argument(help="Name of the account")]
FromStdin = Annotated[bool, typer.Option("--stdin", help="Read the password from standard input")]


def _password(stdin: bool) -> str:
    """Ask twice without echo, or read one line."""
    if stdin:
        return sys.stdin.readline().rstrip("\n")
    return str(typer.prompt("Password", hide_input=True, confirmation_prompt=True))


@group.command()
def add(
    folder: Folder,
    name: Name,
    role: Annotated[str, typer.Option(help="wall, planner, investigator, supervisor, integrator or admin")],
    scope: Annotated[str, typer.Option(help="Area that the account is for; empty: the whole twin")] = "",
    stdin: FromStdin = False,
) -> None:
    """Add an account."""
    from twin.settings import Settings
    from twin.store import Store

    with Store.open(folder, database_url=Settings().database_url) as store:
        store.accounts.add(name, _password(stdin), role, scope)
    typer.echo(f"{name} added with the role {role}")


@group.command("list")
def list_(folder: Folder, json: AsJson = False) -> None:
    """List the accounts."""
    from twin.settings import Settings
    from twin.store import Store

    with Store.open(folder, database_url=Settings().database_url) as store:
        users = store.accounts.users()
    if json:
        import orjson

        typer.echo(orjson.dumps([{"user": who.user, "role": who.role, "scope": who.scope} for who in users]).decode())
        return
    for who in users:
        typer.echo(f"{who.user}\t{who.role}\t{who.scope}")


@group.command()
def passwd(folder: Folder, name: Name, stdin: FromStdin = False) -> None:
    """Give an account a new password; its sessions end."""
    from twin.settings import Settings
    from twin.store import Store

    with Store.open(folder, database_url=Settings().database_url) as store:
        store.accounts.set_password(name, _password(stdin))
    typer.echo(f"{name} has a new password")


@group.command()
def link(
    folder: Folder,
    name: Name,
    address: Annotated[str, typer.Option(help="Where the server answers")] = "http://127.0.0.1:8000",
    minutes: Annotated[int, typer.Option(min=1, max=1440, help="How long the link stays valid")] = 15,
) -> None:
    """Print a one-time log-in link for an account."""
    from twin.settings import Settings
    from twin.store import Store

    with Store.open(folder, database_url=Settings().database_url) as store:
        token = store.accounts.one_time_link(name, minutes * 60)
    typer.echo(f"{address.rstrip('/')}/login/{token}")
