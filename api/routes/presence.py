"""Questions about persons under names of their own; the same queries as the epidemic scene's."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from api.ask import ask
from api.auth import PERSON_ROLES, Caller, needs
from api.reply import reply
from api.twin import Serving
from scenes.epidemic import queries
from scenes.epidemic.params import CompanionParams, TrajectoryParams, VisitorParams

router = APIRouter(tags=["presence"], dependencies=[needs(PERSON_ROLES, "questions about persons")])


@router.post("/presence/trajectory")
def trajectory(params: TrajectoryParams, request: Request, served: Serving, caller: Caller) -> Response:
    """The stays of one person in a window."""
    return reply(request, ask(served, caller, queries.trajectory, params))


@router.post("/presence/companions")
def companions(params: CompanionParams, request: Request, served: Serving, caller: Caller) -> Response:
    """Who shared place and time with one or several persons."""
    return reply(request, ask(served, caller, queries.companions, params))


@router.post("/presence/visitors")
def visitors(params: VisitorParams, request: Request, served: Serving, caller: Caller) -> Response:
    """Who was at a place or in a polygon."""
    return reply(request, ask(served, caller, queries.visitors, params))
