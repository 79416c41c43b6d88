"""`twin presence rules | rule | contacts | diff-rules`: contacts by a written rule, and what another changes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import orjson
import typer

from twin.cli.arguments import AsJson
from twin.cli.presence_asking import asks
from twin.cli.presence_options import PAGES, PEOPLE, PERSONS, SNAPSHOT, Word, argument, option
from twin.cli.presence_twin import In
from twin.errors import NotATwin

if TYPE_CHECKING:
    from scenes.epidemic.rulebook.reading import Rulebook


def _settings(values: list[str]) -> dict[str, Any]:
    """`clause=value`, as often as wanted."""
    from scenes.epidemic.rulebook.clauses import read_settings

    return read_settings(values)


def _setting(field: str, name: str, of: str) -> Word:
    help = f"Another value for a clause{of}; none takes it away; may be repeated"
    return Word(
        field, Annotated[list[str] | None, typer.Option(name, metavar="CLAUSE=VALUE", help=help)], name, _settings
    )


_TIMES = (
    option("onset", str, "--onset", "Onset of symptoms: the look-back counts from it; a date or a time"),
    option("sampling", str, "--sampling", "When the sample was taken: likewise"),
    option("report", str, "--report", "When they were reported: likewise"),
    option("isolation", str, "--isolation", "When they were isolated: contacts end then"),
    option("start", str, "--from", "A window instead of these: ISO 8601, local to the twin, or epoch seconds"),
    option("end", str, "--to", "Its end, not included: a date alone is its midnight"),
)

_EVERY = (PEOPLE, *_TIMES, *SNAPSHOT, *PAGES)


def add_to(group: typer.Typer) -> None:
    """Add the commands to a group."""
    asks(
        group,
        "contacts",
        "Who is a contact of somebody by a written rule, with the evidence and every clause.",
        *(argument("rule", str, "RULE", "id, id@version or id/variant; see twin presence rules"), PERSONS),
        *(_setting("settings", "--set", ""), *_EVERY),
    )
    asks(
        group,
        "diff_rules",
        "Who enters and who leaves from one rule to another, and by which clauses.",
        *(argument("a", str, "A", "A rule"), argument("b", str, "B", "Another, or the same with --set-b"), PERSONS),
        *(_setting("set_a", "--set-a", " of A"), _setting("set_b", "--set-b", " of B"), *_EVERY),
    )
    group.command("rules")(rules)
    group.command("rule")(rule)


def rules(where: In = None, json: AsJson = False) -> None:
    """The rules: those that come with the program and the twin's own, with their variants."""
    from scenes.epidemic.ruled import rules_answer
    from twin.cli.presence_rule_tables import rules_table

    answer = rules_answer(_book(where))
    if json:
        typer.echo(orjson.dumps(answer, option=orjson.OPT_INDENT_2))
    else:
        rules_table(answer)


def rule(
    address: Annotated[str, typer.Argument(metavar="RULE", help="id, id@version or id/variant")],
    settings: Annotated[
        list[str] | None, typer.Option("--set", metavar="CLAUSE=VALUE", help="Another value for a clause")
    ] = None,
    where: In = None,
    json: AsJson = False,
) -> None:
    """A whole rule: its text in both languages, where it comes from, every clause."""
    from scenes.epidemic.ruled import rule_answer
    from twin.cli.presence_rule_tables import rule_table

    answer = rule_answer(_book(where).choose(address, _settings(settings or [])))
    if json:
        typer.echo(orjson.dumps(answer, option=orjson.OPT_INDENT_2))
    else:
        rule_table(answer)


def _book(where: Path | None) -> Rulebook:
    """The rulebook of a twin; of none, where none is named and there is none."""
    from scenes.epidemic.rulebook.reading import rulebook
    from twin.settings import Settings

    folder = where or Settings().folder
    if where is not None and not where.is_dir():
        raise NotATwin(str(where), "there is no such folder", "Leave --in out for the rules of the program")
    return rulebook(folder if folder.is_dir() else None)
