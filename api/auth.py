"""Who may: a session for everything but a short public list, checked in one place before any route is reached."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from anyio import to_thread
from fastapi import Depends, Request
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send

from api.errors import from_error, not_logged_in
from twin.errors import Forbidden, NotLoggedIn
from twin.store import Account, Store

COOKIE = "twin_session"

PUBLIC = ("/health", "/login")
PUBLIC_FOLDERS = ("/static/", "/login/")
"""Static files hold no data; the log-in page needs some of them."""

PERSON_ROLES = frozenset({"investigator", "supervisor", "admin"})
OBSERVE_ROLES = frozenset({"integrator", "admin"})
EDIT_ROLES = frozenset({"planner", "integrator", "admin"})


def is_public(path: str) -> bool:
    """Whether a path is answered without a session."""
    return path in PUBLIC or path.startswith(PUBLIC_FOLDERS)


def token_of(connection: HTTPConnection) -> str:
    """The session token a request carries, in its Bearer header or its cookie; empty where there is none."""
    scheme, _, token = connection.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return token.strip()
    for pair in connection.headers.get("cookie", "").split(";"):
        name, _, value = pair.partition("=")
        if name.strip() == COOKIE:
            return value.strip().strip('"')
    return ""


def is_foreign(connection: HTTPConnection) -> bool:
    """Whether a browser sends this from a page of another site: such a request must not use the cookie."""
    origin = connection.headers.get("origin")
    if not origin or connection.scope.get("method") in ("GET", "HEAD", "OPTIONS"):
        return False
    return origin.split("://", 1)[-1] != connection.headers.get("host", "")


class SessionGate:
    """ASGI middleware: without a valid session nothing but the public list is reached, not even a 404."""

    def __init__(self, app: ASGIApp, store: Store) -> None:
        self._app = app
        self._accounts = store.accounts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through with its account in `scope["account"]`, or answer it here."""
        if scope["type"] not in ("http", "websocket") or is_public(scope["path"]):
            await self._app(scope, receive, send)
            return
        connection = HTTPConnection(scope)
        try:
            if is_foreign(connection):
                raise Forbidden("origin", "the request comes from a page of another site", "Use this server's pages")
            token = token_of(connection)
            known = self._accounts.recent_session(token)
            scope["account"] = known or await to_thread.run_sync(self._accounts.session, token)
        except (NotLoggedIn, Forbidden) as error:
            if scope["type"] == "websocket":
                await receive()
                await send({"type": "websocket.close", "code": 4401, "reason": error.reason})
                return
            answer = not_logged_in(scope) if isinstance(error, NotLoggedIn) else from_error(error)
            await answer(scope, receive, send)
            return
        await self._app(scope, receive, send)


def _account(connection: HTTPConnection) -> Account:
    account: Account = connection.scope["account"]
    return account


Caller = Annotated[Account, Depends(_account)]
"""A route's parameter of this type is the account that asks."""


def may(account: Account, roles: frozenset[str], what: str) -> None:
    """Raise Forbidden unless the account has one of the roles."""
    if account.role not in roles:
        needed = " or ".join(sorted(roles))
        raise Forbidden(what, f"your role {account.role!r} does not include it", f"Ask for the role {needed}")


def needs(roles: frozenset[str], what: str) -> Any:
    """A route's dependency: only these roles pass."""

    def check(request: Request) -> None:
        may(_account(request), roles, what)

    check_roles: Callable[[Request], None] = check
    return Depends(check_roles)
