"""`twin presence`: who was here, when, and with whom; and the store's own health."""

from __future__ import annotations

from dataclasses import asdict

import orjson
import typer

from twin.cli.presence_asking import asks
from twin.cli.presence_options import BRIDGE, LENGTH, NEAR, PAGES, PEOPLE, PERSON, PERSONS, SNAPSHOT, WHERE, WINDOW
from twin.cli.presence_twin import AsJson, In, opened
from twin.errors import UnreadableSource

group = typer.Typer(no_args_is_help=True, help="Who was at the same place at the same time.")

_EVERY = (*WINDOW, *SNAPSHOT, *PAGES)

asks(group, "trajectory", "Where a person was, in order of time.", PERSON, *_EVERY)
asks(
    group,
    "companions",
    "Who shared place and time with somebody for long enough, longest first, with the evidence.",
    *(PERSONS, PEOPLE, *NEAR, *LENGTH, BRIDGE, *_EVERY),
)
asks(group, "visitors", "Who was at a place or anywhere in it, longest first.", *WHERE, *LENGTH, *_EVERY)


@group.command()
def stats(where: In = None, json: AsJson = False) -> None:
    """How many people, stays, days and bytes are stored."""
    from twin.cli.presence_tables import figures_table

    with opened(where, asks=False) as twin:
        answer = {**asdict(twin.presence.stats()), "zone": twin.store.meta.zone}
    if json:
        typer.echo(orjson.dumps(answer, option=orjson.OPT_INDENT_2))
    else:
        figures_table(answer, answer["zone"])


@group.command()
def verify(where: In = None, json: AsJson = False) -> None:
    """Read every segment and compare its checksum; fails where one is missing or differs."""
    with opened(where, asks=False) as twin:
        count = twin.presence.stats().segments
        wrong = twin.presence.verify()
    if json:
        typer.echo(orjson.dumps({"segments": count, "wrong": wrong}))
    if wrong:
        raise UnreadableSource(
            f"presence segments {', '.join(wrong)}", "are missing or were changed", "Restore the twin's folder"
        )
    if not json:
        typer.echo(f"{count} segments, every checksum is right")
