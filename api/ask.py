"""Asking a scene's query on behalf of an account: rights first, then the record, then the answer."""

from __future__ import annotations

from typing import Any

from api.auth import PERSON_ROLES, may
from api.twin import Served
from scenes.base import Params, Query
from twin.store import Account


def ask(served: Served, caller: Account, query: Query, params: Params) -> dict[str, Any]:
    """Run a query. One about persons needs the right to, and stands in the audit log before it is answered."""
    if query.persons:
        may(caller, PERSON_ROLES, "questions about persons")
        pseudonyms = [served.city.pseudonyms.resolve(person).hex() for person in params.persons()]
        details = params.model_dump(mode="json", exclude=set(params.person_fields()))
        served.persons.record(user=caller.user, question=query.id, pseudonyms=pseudonyms, details=details)
    return dict(query.run(served.city, params))
