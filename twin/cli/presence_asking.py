"""A question as a command: words to parameters, the answer as a table, as JSON or into a file."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import orjson
import typer
from pydantic import ValidationError

from twin.cli.presence_options import Word
from twin.cli.presence_twin import AsJson, In, Opened, opened
from twin.cli.waiting import waiting
from twin.errors import InvalidValue, InvalidWindow

if TYPE_CHECKING:
    from scenes.epidemic.params import PagedParams
    from scenes.epidemic.question import Question

DAYS_BACK = 14
DAY_S = 86_400
ROWS_SHOWN = 50

Export = Annotated[
    Path | None,
    typer.Option("--export", metavar="FILE", help="Every row into a .csv, .ndjson, .parquet, .arrow or .arrows file"),
]

_OUTPUT = (("where", In, None), ("export", Export, None), ("json", AsJson, False))


def asks(group: typer.Typer, id: str, help: str, *words: Word) -> None:
    """Add a question to a group of commands under its own name."""

    def command(where: Path | None, export: Path | None, json: bool, **typed: Any) -> None:
        _run(id, words, typed, where=where, export=export, json=json)

    parameters = [(word.field, word.annotation, None) for word in words] + [*_OUTPUT]
    command.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [
            inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=kind, default=default)
            for name, kind, default in parameters
        ]
    )
    command.__annotations__ = {name: kind for name, kind, _ in parameters}
    group.command(id.replace("_", "-"), help=help)(command)


def _run(
    id: str, words: Sequence[Word], typed: dict[str, Any], *, where: Path | None, export: Path | None, json: bool
) -> None:
    from scenes.epidemic.queries import QUESTIONS
    from twin.cli.presence_export import export_answer, export_summary
    from twin.cli.presence_tables import answer_table
    from twin.presence.export import format_of

    question = QUESTIONS[id]
    given = _read(words, typed)
    form = None if export is None else format_of(export)
    if form is None and "limit" in question.query.params.model_fields:
        given.setdefault("limit", ROWS_SHOWN)
    with opened(where) as twin:
        params = _params(question, words, _with_window(twin, question, given))
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


def _read(words: Sequence[Word], typed: dict[str, Any]) -> dict[str, Any]:
    """What was typed as values of the parameter fields; what was not typed is left out."""
    given: dict[str, Any] = {}
    for word in words:
        value = typed[word.field]
        if value is None or value == []:
            continue
        try:
            given[word.field] = word.read(value) if word.read else value
        except InvalidValue as error:
            raise InvalidValue(word.name, error.reason, error.way_out) from error
    people = given.pop("people", None)
    if people is not None:
        given["several"] = [*given.get("several", []), *people]
    return given


def _with_window(twin: Opened, question: Question, given: dict[str, Any]) -> dict[str, Any]:
    """The window filled in, where the question needs one: without --to up to the last stay, without --from 14 days."""
    from scenes.epidemic.windows import to_utc

    if not question.query.params.model_fields["start"].is_required():
        return given
    end = given.get("end")
    if end is None:
        end = twin.presence.stats().last
        if end is None:
            raise InvalidWindow("window", "the twin holds no stays yet", "Import some: twin import STAYS --into DIR")
    start = given.get("start")
    if start is None:
        start = to_utc(end, twin.zone, "--to") - DAYS_BACK * DAY_S
    return {**given, "start": start, "end": end}


def _params(question: Question, words: Sequence[Word], given: dict[str, Any]) -> PagedParams:
    """The question's parameters; a wrong one is named as it is typed, and its value never repeated."""
    names = {word.field: word.name for word in words}
    try:
        params: Any = question.query.params.model_validate(given)
    except ValidationError as error:
        fault = error.errors(include_input=False, include_url=False)[0]
        field = str(fault["loc"][0]) if fault["loc"] else "question"
        reason = str(fault["msg"]).removeprefix("Value error, ")
        raise InvalidValue(names.get(field, field), reason, f"See twin presence {question.query.id} --help") from None
    return params  # type: ignore[no-any-return]
