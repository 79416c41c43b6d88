"""A question as a command: words to parameters, the answer as a table, as JSON or into a file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import orjson
import typer

from twin.cli.arguments import AsJson
from twin.cli.presence_options import Word
from twin.cli.presence_twin import In, Opened, opened
from twin.cli.presence_words import params_of, words_command
from twin.cli.waiting import waiting
from twin.errors import InvalidWindow

if TYPE_CHECKING:
    from scenes.epidemic.question import Question

DAYS_BACK = 14
DAY_S = 86_400
ROWS_SHOWN = 50

Export = Annotated[
    Path | None,
    typer.Option(
        "--export",
        metavar="FILE",
        help="Every row into a .csv, .ndjson, .parquet, .arrow, .arrows file; pairs into .graphml",
    ),
]

_OUTPUT = (("where", In, None), ("export", Export, None), ("json", AsJson, False))


def asks(group: typer.Typer, id: str, help: str, *words: Word) -> None:
    """Add a question to a group of commands under its own name."""

    def run(given: dict[str, Any], *, where: Path | None, export: Path | None, json: bool) -> None:
        _run(id, words, given, where=where, export=export, json=json)

    words_command(group, id.replace("_", "-"), words, help=help, common=_OUTPUT, run=run)


def _run(
    id: str, words: Sequence[Word], given: dict[str, Any], *, where: Path | None, export: Path | None, json: bool
) -> None:
    from scenes.epidemic.queries import QUESTIONS
    from twin.cli.presence_export import export_answer, export_summary
    from twin.cli.presence_tables import answer_table
    from twin.presence.export import format_of

    question = QUESTIONS[id]
    form = None if export is None else format_of(export, question.shape.names)
    if form is None and "limit" in question.query.params.model_fields:
        given.setdefault("limit", ROWS_SHOWN)
    with opened(where) as twin:
        params: Any = params_of(question.query.params, id.replace("_", "-"), words, _with_window(twin, question, given))
        if export is not None and form is not None:
            about = export_answer(twin, question, params, export, form)
        else:
            with waiting(f"Asking for {id}"):
                about = question.answer(twin, params)
    if json:
        typer.echo(orjson.dumps(about, option=orjson.OPT_INDENT_2))
    elif export is not None:
        export_summary(about)
    else:
        answer_table(question.query.columns, about)


def _with_window(twin: Opened, question: Question, given: dict[str, Any]) -> dict[str, Any]:
    """The window filled in, where the question needs one: up to the last stay, 14 days long or from the first stay."""
    from scenes.epidemic.windows import to_utc

    if not question.query.params.model_fields["start"].is_required():
        return given
    stats = twin.presence.stats()
    end = given.get("end", stats.last)
    if end is None:
        raise InvalidWindow("window", "the twin holds no stays yet", "Import some: twin import STAYS --into DIR")
    start = given.get("start")
    if start is None:
        last = to_utc(end, twin.zone, "--to")
        kept = stats.first if stats.first is not None and stats.first < last else 0
        start = max(last - DAYS_BACK * DAY_S, kept)
    return {**given, "start": start, "end": end}
