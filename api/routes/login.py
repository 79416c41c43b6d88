"""Logging in and out."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from fastapi.responses import FileResponse, RedirectResponse
from pydantic import BaseModel, ConfigDict, Field

from api.auth import COOKIE, Caller, token_of
from api.pages import page
from api.reply import reply
from api.twin import Served, Serving
from twin.store import Account

router = APIRouter(tags=["accounts"])


class LoginBody(BaseModel):
    """Name and password."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    user: str = Field(min_length=1, max_length=100)
    password: str = Field(min_length=1, max_length=1000)


def _give_cookie(answer: Response, request: Request, served: Served, account: Account) -> None:
    seconds = served.settings.session_hours * 3600
    token = served.city.store.accounts.open_session(account, seconds)
    answer.set_cookie(
        COOKIE, token, max_age=seconds, httponly=True, samesite="lax", secure=request.url.scheme == "https"
    )


@router.get("/login", response_class=FileResponse)
def login_page() -> FileResponse:
    """The log-in page."""
    return page("login")


@router.get("/login/{token}")
def follow_link(token: str, request: Request, served: Serving) -> Response:
    """Redeem a one-time link and go to the wall. A link works once."""
    account = served.city.store.accounts.redeem(token)
    answer = RedirectResponse("/wall", status_code=303)
    _give_cookie(answer, request, served, account)
    return answer


@router.post("/login")
def login(body: LoginBody, request: Request, served: Serving) -> Response:
    """Log in with name and password; the session comes as a cookie."""
    account = served.city.store.accounts.check(body.user, body.password)
    answer = reply(request, {"user": account.user, "role": account.role})
    _give_cookie(answer, request, served, account)
    return answer


@router.post("/logout")
def logout(request: Request, served: Serving, caller: Caller) -> Response:
    """End this session everywhere it is used."""
    served.city.store.accounts.close_session(token_of(request))
    answer = reply(request, {"user": caller.user, "role": None})
    answer.delete_cookie(COOKIE)
    return answer


@router.get("/me")
def me(request: Request, caller: Caller) -> Response:
    """Who is logged in."""
    return reply(request, {"user": caller.user, "role": caller.role})
