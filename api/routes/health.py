"""Whether the server answers. The one question that needs no log-in."""

from fastapi import APIRouter, Request, Response

from api.reply import reply

router = APIRouter(tags=["health"])


@router.get("/health")
def health(request: Request) -> Response:
    """The server answers requests."""
    return reply(request, {"status": "ok"})
