"""Questions of the presence engine under names of their own, made of the same values as the epidemic scene's queries.

A page comes as JSON; a client that would rather have Arrow, Parquet, CSV or NDJSON gets the whole answer as a stream.
Persons stand in the body alone: no address and no log of addresses can hold one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Request, Response

from api.ask import ask, export
from api.auth import PERSON_ROLES, Caller, needs
from api.errors import PROBLEM, PROBLEM_TYPE
from api.reply import reply
from api.twin import Serving
from scenes.epidemic.queries import QUESTIONS
from scenes.epidemic.question import Question
from twin.presence.export import accepted_format, formats_for

router = APIRouter(tags=["presence"])

_ANSWER = {
    "type": "object",
    "required": ["question", "snapshot", "rule", "window", "rows", "total", "left_out", "next", "cost"],
    "properties": {
        "rows": {"type": "array", "items": {"type": "object"}},
        "total": {"type": "integer", "description": "Rows that hold"},
        "left_out": {"type": "integer", "description": "Those that are not on this page"},
        "next": {"type": ["string", "null"], "description": "Cursor of the next page"},
        "snapshot": {"type": "integer", "description": "Version of the store that was asked"},
    },
}

_PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {"description": description, "content": {PROBLEM_TYPE: {"schema": PROBLEM}}}
    for status, description in (
        (403, "The role does not include questions about persons"),
        (404, "No stays of a person, or no such place, are in this twin"),
        (413, "The question would read more than it may without `force`; the reason holds the estimate"),
        (422, "A field is wrong: which one, why, and the way out"),
    )
}


def _responses(question: Question) -> dict[int | str, dict[str, Any]]:
    """What a question may answer, for the OpenAPI document."""
    binary = {"schema": {"type": "string", "format": "binary"}}
    files = {form.media_type: binary for form in formats_for(question.shape.names)}
    said = "A page as JSON; the whole answer, streamed, in a format that the Accept header prefers"
    return {200: {"description": said, "content": {"application/json": {"schema": _ANSWER}, **files}}, **_PROBLEMS}


def _endpoint(question: Question) -> Callable[..., Response]:
    """A route function whose body is the question's parameter model: validation and OpenAPI come from it."""

    def answer(params: Any, request: Request, served: Serving, caller: Caller) -> Response:
        form = accepted_format(request.headers.get("accept", ""), question.shape.names)
        if form is not None:
            return export(served, caller, question, params, form)
        return reply(request, ask(served, caller, question.query, params))

    answer.__annotations__["params"] = question.query.params
    return answer


for _id, _each in QUESTIONS.items():
    router.add_api_route(
        f"/presence/{_id.replace('_', '-')}",
        _endpoint(_each),
        methods=["POST"],
        name=f"presence_{_id}",
        summary=_each.query.title_en,
        description=_each.query.description,
        responses=_responses(_each),
        dependencies=[needs(PERSON_ROLES, "questions about persons")] if _each.query.persons else [],
    )
