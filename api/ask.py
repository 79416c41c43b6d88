"""Asking a scene's query on behalf of an account: rights first, then the record, then the answer."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from fastapi.responses import StreamingResponse

from api.auth import PERSON_ROLES, may
from api.twin import Served
from scenes.base import SHOWN_FROM, Params, Query
from scenes.epidemic.params import CountParams, PagedParams
from scenes.epidemic.question import Question
from twin.errors import Forbidden
from twin.presence.export import Format, encoded
from twin.store import Account


def ask(served: Served, caller: Account, query: Query, params: Params) -> dict[str, Any]:
    """Run a query. One about persons needs the right to, and stands in the audit log before it is answered."""
    if query.persons:
        put_on_record(served, caller, query.id, params)
    _shown_to(caller, params)
    return dict(query.run(served.city, params))


def put_on_record(served: Served, caller: Account, question: str, params: Params, **more: Any) -> None:
    """Write down who asks what of whom, by pseudonym; Forbidden for an account that may not ask about persons."""
    may(caller, PERSON_ROLES, "questions about persons")
    details = params.model_dump(mode="json", exclude=set(params.person_fields()))
    pseudonyms = [served.city.pseudonyms.resolve(person).hex() for person in params.persons()]
    served.persons.record(user=caller.user, question=question, pseudonyms=pseudonyms, details={**details, **more})


def export(served: Served, caller: Account, question: Question, params: PagedParams, form: Format) -> StreamingResponse:
    """Stream a whole answer, page after page on one snapshot.

    What can go wrong before the first byte goes wrong as it does for `ask`. The question is on record before it is
    asked, and how many rows will leave before any does.
    """
    query = question.query
    if query.persons:
        put_on_record(served, caller, query.id, params, export=form.media_type)
    _shown_to(caller, params)
    whole = question.export(served.city, params)
    rows = {"export": form.media_type, "rows": whole.total, "snapshot": whole.about["snapshot"]}
    if query.persons:
        put_on_record(served, caller, query.id, params, **rows)
    rule = whole.about["rule"]
    headers = {
        "Cache-Control": "no-store",
        "Content-Disposition": f'attachment; filename="{query.id}{form.suffix}"',
        "Twin-Snapshot": str(whole.about["snapshot"]),
        "Twin-Rows": str(whole.total),
        "Twin-Rule": quote(f"{rule['id']};version={rule['version']}", safe="/;=+-"),
    }
    return StreamingResponse(encoded(whole.batches, whole.schema, form), media_type=form.media_type, headers=headers)


def _shown_to(caller: Account, params: Params) -> None:
    """Small counts are shown to those alone who might ask who the few were."""
    if isinstance(params, CountParams) and caller.role not in PERSON_ROLES and params.suppress_below < SHOWN_FROM:
        reason = f"your role {caller.role!r} sees counts from {SHOWN_FROM} on"
        raise Forbidden("suppress_below", reason, f"Give {SHOWN_FROM} or more, or leave it out")
