"""`twin presence` besides asking: what is stored, what was done to it, and doing it."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from twin.cli.arguments import AsJson
from twin.cli.presence_twin import In, opened
from twin.errors import InvalidValue, UnreadableSource

Reason = Annotated[str, typer.Option("--reason", help="Why; stands in the history")]
Key = Annotated[str, typer.Option("--key", help="Idempotency key: under one key a change is made once")]
Yes = Annotated[bool, typer.Option("--yes", help="Do what cannot be undone without asking again")]
Pseudonym = Annotated[str, typer.Argument(help="Identity, or pseudonym of 32 hex digits")]


def add_to(group: typer.Typer) -> None:
    """Add these commands to a group."""
    for command in (stats, versions, verify, compact, forget, drop_days, dropped, withdraw, correct, merge, unmerge):
        group.command(command.__name__.replace("_", "-"))(command)


def stats(where: In = None, json: AsJson = False) -> None:
    """How many people, stays, days and bytes are stored."""
    with opened(where, asks=False) as twin:
        _figures({**asdict(twin.presence.stats()), "zone": twin.store.meta.zone}, twin.store.meta.zone, json)


def versions(where: In = None, json: AsJson = False) -> None:
    """Every version of the store: what made it, when and why, and whether it can still be asked as of it."""
    with opened(where, asks=False) as twin:
        rows = [
            {**asdict(each), "content": each.content.hex() if each.content else None}
            for each in twin.presence.versions()
        ]
        zone = twin.zone
    _rows(rows, ("version", "kind", "at", "key", "added", "removed", "reason", "kept"), zone, json)


def dropped(where: In = None, json: AsJson = False) -> None:
    """The proof of retention: each segment that was dropped, its day, records, checksum and when it went."""
    with opened(where, asks=False) as twin:
        rows = [
            {**asdict(each), "day": _day(each.day), "sha256": each.sha256.hex()} for each in twin.presence.dropped()
        ]
        zone = twin.zone
    _rows(rows, ("day", "rows", "at", "version", "sha256"), zone, json)


def verify(
    *,
    deep: Annotated[bool, typer.Option("--deep", help="Look into the segments, too")] = False,
    where: In = None,
    json: AsJson = False,
) -> None:
    """Read every segment and compare its checksum; fails where one is missing or differs."""
    with opened(where, asks=False) as twin, _bar("Reading every segment") as progress:
        count = twin.presence.stats().segments
        wrong = twin.presence.verify(deep=deep, progress=progress)
    if json:
        typer.echo(orjson.dumps({"segments": count, "wrong": wrong}))
    if wrong:
        raise UnreadableSource(f"presence store: {'; '.join(wrong)}", "is damaged", "Restore the twin's folder")
    if not json:
        typer.echo(f"{count} segments, every checksum is right" + (", and so is what they hold" if deep else ""))


def compact(where: In = None, json: AsJson = False) -> None:
    """Put the small segments of each day together; answers stay as they are."""
    with opened(where, asks=False, write=True) as twin, _bar("Compacting") as progress:
        done = twin.presence.compact(progress=progress)
    _figures(asdict(done), "UTC", json)


def forget(
    *,
    before_version: Annotated[int | None, typer.Option("--before-version", help="Keep this version and later")] = None,
    older_than: Annotated[str, typer.Option("--older-than", help="Keep what was the newest then and later")] = "",
    where: In = None,
    yes: Yes = False,
    json: AsJson = False,
) -> None:
    """Let older versions go and free the room of what only they need."""
    from scenes.epidemic.windows import to_utc

    with opened(where, asks=False, write=True) as twin:
        moment = to_utc(older_than, twin.zone, "--older-than") if older_than else None
        _sure("Older versions can never be asked again.", yes)
        done = twin.presence.forget(before_version=before_version, older_than=moment)
    _figures(asdict(done), "UTC", json)


def drop_days(
    before: Annotated[datetime, typer.Argument(formats=["%Y-%m-%d"], help="Every local day before this one goes")],
    *,
    reason: Reason = "",
    where: In = None,
    yes: Yes = False,
    json: AsJson = False,
) -> None:
    """Drop whole days for good, from older versions, too, and forget whom no stay names any more."""
    with opened(where, asks=False, write=True) as twin:
        _sure(f"Every stay before {before:%Y-%m-%d} is deleted for good.", yes)
        done = twin.presence.drop_days(before.date(), reason=reason)
    _figures(asdict(done), "UTC", json)


def withdraw(
    *,
    batch: Annotated[str | None, typer.Option("--batch", help="All that was stored under this key")] = None,
    stays: Annotated[
        Path | None, typer.Option("--stays", metavar="FILE", help="Those of a trajectory's export")
    ] = None,
    person: Annotated[str | None, typer.Option("--person", help="Erase a person for good, - reads who")] = None,
    reason: Reason = "",
    key: Key = "",
    where: In = None,
    yes: Yes = False,
    json: AsJson = False,
) -> None:
    """Take stays back: those named, a whole batch, or all of a person."""
    from twin.presence.export.stays import read_stays

    with opened(where, asks=False, write=True) as twin:
        named = read_stays(stays, twin.pseudonyms.resolve) if stays else None
        if person is not None:
            _sure("All that is stored of this person is deleted for good.", yes)
            person = typer.get_text_stream("stdin").readline().strip() if person == "-" else person
        done = twin.presence.withdraw(
            stays=named,
            batch=batch,
            person=twin.pseudonyms.resolve(person) if person is not None else None,
            key=key or _key("withdraw"),
            reason=reason,
        )
    _figures(asdict(done), "UTC", json)


def correct(
    old: Annotated[Path, typer.Argument(help="The stays as they are stored: a trajectory's export")],
    new: Annotated[Path, typer.Argument(help="Those that take their place, in the same shape")],
    *,
    reason: Reason = "",
    key: Key = "",
    where: In = None,
    json: AsJson = False,
) -> None:
    """Put stays in the place of others in one step."""
    from twin.presence.export.stays import read_stays

    with opened(where, asks=False, write=True) as twin:
        before, after = (read_stays(file, twin.pseudonyms.resolve) for file in (old, new))
        done = twin.presence.correct(before, after, key=key or _key("correct"), reason=reason)
    _figures(asdict(done), "UTC", json)


def merge(
    into: Pseudonym,
    others: Annotated[list[str], typer.Argument(help="Who else they are")],
    *,
    reason: Reason = "",
    key: Key = "",
    where: In = None,
    json: AsJson = False,
) -> None:
    """Declare several identities to be one human, answered for under the first one's pseudonym."""
    with opened(where, asks=False, write=True) as twin:
        first, *rest = (twin.pseudonyms.resolve(name) for name in (into, *others))
        done = twin.presence.merge(first, rest, key=key or _key("merge"), reason=reason)
    _figures(asdict(done), "UTC", json)


def unmerge(
    persons: Annotated[list[str], typer.Argument(help="Identities, or pseudonyms of 32 hex digits")],
    *,
    reason: Reason = "",
    key: Key = "",
    where: In = None,
    json: AsJson = False,
) -> None:
    """Take identities out of their group: each is a human of their own again."""
    with opened(where, asks=False, write=True) as twin:
        names = [twin.pseudonyms.resolve(name) for name in persons]
        done = twin.presence.unmerge(names, key=key or _key("unmerge"), reason=reason)
    _figures(asdict(done), "UTC", json)


def _key(change: str) -> str:
    """A key of its own for a change that was not given one."""
    return f"{change}/{time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime())}/{secrets.token_hex(4)}"


def _sure(what: str, yes: bool) -> None:
    """Ask again before what cannot be undone."""
    if yes:
        return
    if not typer.get_text_stream("stdin").isatty():
        raise InvalidValue("--yes", f"is needed where nobody can be asked: {what[0].lower()}{what[1:-1]}", "Add it")
    typer.confirm(f"{what} Go on?", abort=True)


@contextmanager
def _bar(what: str) -> Iterator[Callable[[int, int], None]]:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bars:
        task = bars.add_task(what, total=None)
        yield lambda done, total: bars.update(task, completed=done, total=total)


def _day(number: int) -> str:
    return datetime.fromtimestamp(number * 86_400, UTC).date().isoformat()


def _figures(figures: dict[str, Any], zone: str, json: bool) -> None:
    from twin.cli.presence_tables import figures_table

    if json:
        typer.echo(orjson.dumps(figures, option=orjson.OPT_INDENT_2))
    else:
        figures_table(figures, zone)


def _rows(rows: list[dict[str, Any]], columns: tuple[str, ...], zone: str, json: bool) -> None:
    from twin.cli.presence_tables import plain_table

    if json:
        typer.echo(orjson.dumps(rows, option=orjson.OPT_INDENT_2))
    else:
        plain_table(rows, columns, zone)
