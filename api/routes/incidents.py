"""What happens in the city."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from api.reply import reply
from api.twin import TheCity
from scenes.command_wall.queries import all_incidents

router = APIRouter(tags=["incidents"])


@router.get("/incidents")
def incidents(
    request: Request,
    city: TheCity,
    only_open: Annotated[bool, Query(alias="open", description="Only those that are not closed")] = True,
) -> Response:
    """Incidents, newest first."""
    return reply(request, [row for row in all_incidents(city) if not only_open or row["status"] != "closed"])
