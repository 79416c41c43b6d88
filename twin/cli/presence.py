"""`twin presence`: where somebody was, who was with them, who was there; and the store's own health."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import orjson
import typer

from twin.errors import InvalidWindow, UnreadableSource

if TYPE_CHECKING:
    from twin.presence import Presence
    from twin.store import Store
    from twin.types import Window

group = typer.Typer(no_args_is_help=True, help="Who was at the same place at the same time.")

DAYS_BACK = 14
DAY_S = 86_400

Person = Annotated[str, typer.Argument(help="Identity, or pseudonym of 32 hex digits")]
People = Annotated[list[str], typer.Argument(help="Identities, or pseudonyms of 32 hex digits")]
In = Annotated[Path | None, typer.Option("--in", metavar="DIR", help="The twin's folder; default: TWIN_FOLDER")]
From = Annotated[
    str, typer.Option("--from", help="ISO 8601, local to the twin, or epoch seconds; default: 14 days before --to")
]
To = Annotated[
    str, typer.Option("--to", help="The same, not included: a date alone is its midnight; default: the last stay")
]
MinOverlap = Annotated[float, typer.Option("--min-overlap", min=0, help="Least time in the whole window, in minutes")]
Limit = Annotated[int, typer.Option("--limit", min=1, help="Rows shown; the answer says how many are left out")]
Cursor = Annotated[str | None, typer.Option("--cursor", help="`next` of the page before")]
AsJson = Annotated[bool, typer.Option("--json", help="Answer as JSON")]


@dataclass(frozen=True, slots=True)
class _Opened:
    store: Store
    presence: Presence
    folder: Path

    def number(self, name: str) -> int:
        """The person's number in the presence store."""
        from twin.pseudonyms import Pseudonyms

        return self.presence.person(Pseudonyms.open(self.folder).resolve(name))

    def window(self, start: str, end: str) -> Window:
        """The window asked for; without --to up to the last stay, without --from 14 days long."""
        from scenes.epidemic.windows import to_utc, to_window

        if not end:
            last = self.presence.stats().last
            if last is None:
                raise InvalidWindow("window", "the twin holds no stays yet", "Import some, or give --from and --to")
            end = str(last)
        zone = self.store.meta.zone
        return to_window(start or to_utc(end, zone, "--to") - DAYS_BACK * DAY_S, end, zone)


@contextmanager
def _opened(folder: Path | None, *, asks: bool = True) -> Iterator[_Opened]:
    """The twin's parts; with `asks`, the kernels are loaded first, so that an answer's time is its own."""
    from twin.presence import Presence, warm
    from twin.settings import Settings
    from twin.store import Store

    settings = Settings()
    where = folder or settings.folder
    with (
        Store.open(where, database_url=settings.database_url) as store,
        Presence.open(where / "presence", zone=settings.zone or store.meta.zone) as presence,
    ):
        if asks:
            warm()
        yield _Opened(store, presence, where)


@group.command()
def trajectory(person: Person, where: In = None, start: From = "", end: To = "", json: AsJson = False) -> None:
    """Where a person was, in order of time."""
    from scenes.epidemic.answers import trajectory_answer
    from twin.cli.presence_tables import trajectory_table

    with _opened(where) as twin:
        found = twin.presence.trajectory(twin.number(person), twin.window(start, end))
        answer = trajectory_answer(twin.store, found)
    _show(answer, json, trajectory_table)


@group.command()
def companions(
    persons: People,
    *,
    where: In = None,
    start: From = "",
    end: To = "",
    min_overlap: MinOverlap = 10,
    scale: Annotated[str, typer.Option(help="unit, floor or cell")] = "unit",
    res: Annotated[int | None, typer.Option(min=0, max=12, help="H3 resolution at scale cell")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
    json: AsJson = False,
) -> None:
    """Who shared place and time with somebody for long enough, longest first, with the evidence."""
    from scenes.epidemic.answers import companions_answer
    from twin.cli.presence_tables import companions_table
    from twin.presence import ScaleParams, Threshold, Together, nearness

    with _opened(where) as twin:
        numbers = [twin.number(person) for person in persons]
        found = twin.presence.companions(
            numbers,
            twin.window(start, end),
            rule=Together(nearness(scale, ScaleParams(res=res)), Threshold(round(min_overlap * 60))),
            limit=limit,
            cursor=cursor,
        )
        cases = {number: twin.presence.pseudonym(number).hex() for number in numbers}
        answer = companions_answer(twin.store, found, cases)
    _show(answer, json, companions_table)


@group.command()
def visitors(
    place: Annotated[str, typer.Argument(help="Entity id of a unit, storey, building, hub, estate ...")],
    *,
    where: In = None,
    start: From = "",
    end: To = "",
    min_overlap: MinOverlap = 0,
    limit: Limit = 50,
    cursor: Cursor = None,
    json: AsJson = False,
) -> None:
    """Who was at a place or anywhere in it, longest first."""
    from scenes.epidemic.answers import visitors_answer
    from twin.cli.presence_tables import visitors_table
    from twin.presence import KeyRanges, Threshold

    with _opened(where) as twin:
        found = twin.presence.visitors(
            KeyRanges(*twin.store.places.ranges(place)),
            twin.window(start, end),
            threshold=Threshold(round(min_overlap * 60)),
            limit=limit,
            cursor=cursor,
        )
        answer = visitors_answer(twin.store, found)
    _show(answer, json, visitors_table)


@group.command()
def stats(where: In = None, json: AsJson = False) -> None:
    """How many people, stays, days and bytes are stored."""
    from twin.cli.presence_tables import stats_table

    with _opened(where, asks=False) as twin:
        answer = {**asdict(twin.presence.stats()), "zone": twin.store.meta.zone}
    _show(answer, json, stats_table)


@group.command()
def verify(where: In = None, json: AsJson = False) -> None:
    """Read every segment and compare its checksum; fails where one is missing or differs."""
    with _opened(where, asks=False) as twin:
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


def _show(answer: dict[str, Any], json: bool, table: Any) -> None:
    """Print an answer as JSON or as the table made of it."""
    if json:
        typer.echo(orjson.dumps(answer, option=orjson.OPT_INDENT_2))
    else:
        table(answer)
