"""`twin presence watch`: questions that stand, kept with the stays, and what is new to them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import orjson
import typer

from twin.cli.arguments import AsJson
from twin.cli.presence_options import BRIDGE, LENGTH, NEAR, PEOPLE, PERSONS, TRUST, WHERE, Word, option, switch
from twin.cli.presence_twin import In, opened
from twin.cli.presence_words import params_of, words_command
from twin.errors import InvalidValue

group = typer.Typer(no_args_is_help=True, help="Questions that stand, and what new stays change of their answers.")

_EVERY = (
    option("name", str, "--name", "What the watch is called; a name is made if not given"),
    option("start", str, "--from", "ISO 8601, local to the twin, or epoch seconds; may lie ahead"),
    option("end", str, "--to", "The same, not included"),
    switch("force", "--force", "Watch even where the question reads much"),
)
_OVER = option("over", int, "--over", "More people at once than this")


def _watches(kind: str, help: str, *words: Word) -> None:
    def add(given: dict[str, Any], **where: Any) -> None:
        _add(kind, words, given, **where)

    common = (("where", In, None), ("json", AsJson, False))
    words_command(group, kind, words, help=help, common=common, run=add)


def _add(kind: str, words: tuple[Word, ...], given: dict[str, Any], *, where: Any, json: bool) -> None:
    from scenes.epidemic import watching

    models: dict[str, type[watching.WatchParams]] = {
        "persons": watching.WatchPersonsParams,
        "places": watching.WatchPlacesParams,
        "crowd": watching.WatchCrowdParams,
    }
    with opened(where, asks=False, write=True) as twin:
        id = watching.add_watch(twin, params_of(models[kind], f"watch {kind}", words, given))
    typer.echo(orjson.dumps({"watch": id}) if json else f"{id}: watched from now on; see twin presence watch alerts")


_watches(
    "persons",
    "Watch for whoever is together with some persons.",
    *(PERSONS, PEOPLE, *NEAR, *LENGTH, *TRUST, BRIDGE, *_EVERY),
)
_watches("places", "Watch for whoever comes to a place.", *WHERE, *LENGTH, *TRUST, *_EVERY)
_watches("crowd", "Watch for too many people somewhere at once.", *WHERE, _OVER, *TRUST, *_EVERY)


@group.command("list")
def list_(where: In = None, json: AsJson = False) -> None:
    """Every watch: whom or what it waits for, and when."""
    from scenes.epidemic.watching import watches_answer
    from twin.cli.presence_tables import plain_table

    with opened(where, asks=False) as twin:
        rows = watches_answer(twin)
    if json:
        typer.echo(orjson.dumps(rows, option=orjson.OPT_INDENT_2))
        return
    for row in rows:
        row["from"], row["to"] = row["window"]["start_local"], row["window"]["end_local"]
    plain_table(rows, ("id", "kind", "from", "to", "rule"), "UTC")


@group.command()
def remove(watch: Annotated[str, typer.Argument(help="Its id")], where: In = None) -> None:
    """Watch no longer."""
    with opened(where, asks=False, write=True) as twin:
        twin.presence.watches.remove(watch)
    typer.echo(f"{watch}: watched no longer")


@group.command()
def alerts(
    since: Annotated[
        int | None, typer.Option(help="Snapshot that was seen before; default: what was shown last")
    ] = None,
    where: In = None,
    json: AsJson = False,
) -> None:
    """What is new to every watch; without --since each thing is shown once."""
    from scenes.epidemic.watching import alerts_answer, alerts_since
    from twin.cli.presence_tables import plain_table

    if since is not None and since < 0:
        raise InvalidValue("--since", "is negative", "Give the snapshot of the alerts before, 0 for everything")
    with opened(where, write=since is None) as twin:
        if since is None:
            delivery = twin.presence.watches.poll()
            answer = alerts_answer(delivery)
        else:
            answer = alerts_since(twin, since)
        if json:
            typer.echo(orjson.dumps(answer, option=orjson.OPT_INDENT_2))
        else:
            rows = [_line(alert) for alert in answer["alerts"]]
            plain_table(rows, ("watch", "change", "person", "before", "after"), twin.zone)
        if since is None:
            twin.presence.watches.acknowledge(delivery.snapshot)


def _line(alert: Mapping[str, Any]) -> dict[str, Any]:
    return {**alert, "before": _state(alert["before"]), "after": _state(alert["after"])}


def _state(state: Mapping[str, Any] | None) -> str:
    if state is None:
        return ""
    if "most" in state:
        return f"{state['most']:,} at once"
    return f"{state['minutes']:,.1f} min" + ("" if state["certain"] else ", possible")
