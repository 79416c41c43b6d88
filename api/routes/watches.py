"""Standing questions over HTTP: what is watched, and what is new since a snapshot that the caller keeps in mind."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from api.ask import put_on_record
from api.auth import PERSON_ROLES, Caller, needs
from api.errors import PROBLEM, PROBLEM_TYPE
from api.reply import reply
from api.twin import Served, Serving
from scenes.epidemic.asked import presence_of
from scenes.epidemic.watching import (
    AlertParams,
    OneWatchParams,
    WatchCrowdParams,
    WatchParams,
    WatchPersonsParams,
    WatchPlacesParams,
    add_watch,
    alerts_since,
    watches_answer,
)
from twin.store import Account

_PROBLEMS = {
    status: {"description": description, "content": {PROBLEM_TYPE: {"schema": PROBLEM}}}
    for status, description in (
        (403, "The role does not include questions about persons"),
        (404, "No stays of a person, or no such place, are in this twin"),
        (413, "The question would read too much to be asked again and again, unless with `force`"),
        (422, "A field is wrong: which one, why, and the way out"),
    )
}

router = APIRouter(
    prefix="/presence/watches",
    tags=["presence"],
    dependencies=[needs(PERSON_ROLES, "questions about persons")],
    responses=_PROBLEMS,  # type: ignore[arg-type]
)


@router.get("")
def watches(request: Request, served: Serving, caller: Caller) -> Response:
    """Every watch: whom or what it waits for, when, and by which rule."""
    found = watches_answer(served.city)
    persons = sorted({person for watch in found for person in watch.get("persons", ())})
    served.persons.record(user=caller.user, question="watches", pseudonyms=persons, details={})
    return reply(request, found)


@router.post("/persons", status_code=201)
def watch_persons(params: WatchPersonsParams, request: Request, served: Serving, caller: Caller) -> Response:
    """Watch for whoever is together with some persons, from now on."""
    return _added(params, request, served, caller)


@router.post("/places", status_code=201)
def watch_places(params: WatchPlacesParams, request: Request, served: Serving, caller: Caller) -> Response:
    """Watch for whoever comes to a place or into a part of the map, from now on."""
    return _added(params, request, served, caller)


@router.post("/crowd", status_code=201)
def watch_crowd(params: WatchCrowdParams, request: Request, served: Serving, caller: Caller) -> Response:
    """Watch for too many people somewhere at once, from now on."""
    return _added(params, request, served, caller)


@router.post("/alerts")
def alerts(params: AlertParams, request: Request, served: Serving, caller: Caller) -> Response:
    """What is another now than at a snapshot: rows of watched answers that are new, changed or retracted."""
    put_on_record(served, caller, "alerts", params)
    return reply(request, alerts_since(served.city, params.since))


@router.post("/remove", status_code=204)
def unwatch(params: OneWatchParams, served: Serving) -> Response:
    """Watch no longer."""
    presence_of(served.city).watches.remove(params.watch)
    return Response(status_code=204)


def _added(params: WatchParams, request: Request, served: Served, caller: Account) -> Response:
    put_on_record(served, caller, "watch", params)
    return reply(request, {"watch": add_watch(served.city, params)}, status=201)
