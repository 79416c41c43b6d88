"""`twin feed`: post observations to a running server, from a file or from the synthetic sensors of a twin."""

from __future__ import annotations

import http.client
import time
from collections.abc import Iterable, Iterator
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlsplit

import orjson
import typer

from twin.errors import AccessError, InputError, NotLoggedIn, TwinError

if TYPE_CHECKING:
    from twin.store import Store

group = typer.Typer()
BATCH = 5000
SENDERS = ("integrator", "admin")


class Sender:
    """Posts batches of observation lines to one server under a session token."""

    def __init__(self, url: str, token: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise InputError(url, "it is not an http(s) address", "Give --url http://127.0.0.1:8000")
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        self._url = url
        self._connection = kind(parts.hostname, parts.port, timeout=60)
        self._headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/x-ndjson"}

    def close(self) -> None:
        """End the connection."""
        self._connection.close()

    def send(self, lines: Iterable[bytes]) -> tuple[int, int]:
        """Post one batch; answers how many were accepted and refused."""
        try:
            self._connection.request("POST", "/live/observations", b"\n".join(lines), self._headers)
            response = self._connection.getresponse()
            body = orjson.loads(response.read())
        except (OSError, http.client.HTTPException, orjson.JSONDecodeError) as error:
            raise TwinError(self._url, "no twin server answers there", "Start one: twin serve DIR") from error
        if response.status in (401, 403):
            raise AccessError(self._url, body["reason"], body["way_out"])
        if response.status != 200:
            raise InputError(self._url, body["reason"], body["way_out"])
        return int(body["accepted"]), len(body["refused"])


def _token(store: Store) -> str:
    """A session of an account that may post; whoever owns the folder may open one."""
    for account in store.accounts.users():
        if account.role in SENDERS:
            return store.accounts.open_session(account, 86400)
    raise NotLoggedIn("account", "no account may post observations", "twin user add DIR NAME --role integrator")


def _from_file(path: Path) -> Iterator[list[bytes]]:
    """Lines of a file, some thousands at a time."""
    with path.open("rb") as file:
        lines = (line.rstrip(b"\n") for line in file if line.strip())
        while batch := list(islice(lines, BATCH)):
            yield batch


def _synthetic(store: Store) -> Iterator[list[bytes]]:
    """What the twin's sensors would say, second by second, without end."""
    from twin.synth.feed import SyntheticFeed

    source = SyntheticFeed(store.each(kinds=("sensor",)), zone=store.meta.zone)
    while True:
        ids, times, values = source.step(int(time.time()))
        lines = [
            orjson.dumps({"datastream": id, "time": when, "result": value})
            for id, when, value in zip(ids, times.tolist(), values.tolist(), strict=True)
        ]
        for first in range(0, len(lines), BATCH):
            yield lines[first : first + BATCH]
        time.sleep(1)


@group.command()
def feed(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The twin's folder")],
    url: Annotated[str, typer.Option(help="Where the server answers")] = "http://127.0.0.1:8000",
    file: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="NDJSON of {datastream, time, result}")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the counts as JSON")] = False,
) -> None:
    """Post observations to a running server: those of a file, or the synthetic sensors' until Ctrl-C."""
    from rich.progress import Progress, SpinnerColumn, TextColumn

    from twin.settings import Settings
    from twin.store import Store

    accepted = refused = 0
    with (
        Store.open(folder, database_url=Settings().database_url) as store,
        closing(Sender(url, _token(store))) as sender,
        Progress(SpinnerColumn(), TextColumn("{task.description}"), transient=True, disable=json) as progress,
    ):
        task = progress.add_task("sending")
        for batch in _from_file(file) if file else _synthetic(store):
            taken, not_taken = sender.send(batch)
            accepted, refused = accepted + taken, refused + not_taken
            progress.update(task, description=f"{accepted:,} accepted, {refused:,} refused")
    if json:
        typer.echo(orjson.dumps({"accepted": accepted, "refused": refused}).decode())
    else:
        typer.echo(f"{accepted:,} observations accepted, {refused:,} refused")
