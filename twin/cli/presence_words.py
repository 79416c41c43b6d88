"""Commands made of words: a signature for typer, and what was typed as a model's validated parameters."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import typer

from twin.cli.presence_options import Word
from twin.errors import InvalidValue

if TYPE_CHECKING:
    from pydantic import BaseModel

M = TypeVar("M", bound="BaseModel")
Common = Sequence[tuple[str, Any, Any]]
"""(name, annotation, default) of options that are no field of a question: where the twin is, how to answer."""


def words_command(
    group: typer.Typer, name: str, words: Sequence[Word], *, help: str, common: Common, run: Callable[..., None]
) -> None:
    """Add a command of these words to a group; `run` gets what was typed as one dict, the common options by name."""
    names = {option for option, _, _ in common}

    def command(**typed: Any) -> None:
        run(read(words, typed), **{option: typed[option] for option in names})

    parameters = [(word.field, word.annotation, None) for word in words] + [*common]
    command.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [
            inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=kind, default=default)
            for name, kind, default in parameters
        ]
    )
    command.__annotations__ = {name: kind for name, kind, _ in parameters}
    group.command(name, help=help)(command)


def read(words: Sequence[Word], typed: dict[str, Any]) -> dict[str, Any]:
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


def params_of(model: type[M], command: str, words: Sequence[Word], given: dict[str, Any]) -> M:
    """The validated parameters; a wrong one is named as it is typed, and its value never repeated."""
    from pydantic import ValidationError

    typed = {word.field: word.name for word in words}
    names = {field.alias or name: typed.get(name, name) for name, field in model.model_fields.items()}
    try:
        return model.model_validate(given)
    except ValidationError as error:
        fault = error.errors(include_input=False, include_url=False)[0]
        field = str(fault["loc"][0]) if fault["loc"] else "question"
        reason = str(fault["msg"]).removeprefix("Value error, ")
        raise InvalidValue(names.get(field, field), reason, f"See twin presence {command} --help") from None
