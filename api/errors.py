"""Errors to HTTP: one table of statuses, one shape (RFC 9457 problem+json), also for bad parameters and wrong paths."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import orjson
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.types import Scope

from twin import errors

PROBLEM_TYPE = "application/problem+json"

PROBLEM: dict[str, Any] = {
    "type": "object",
    "required": ["type", "title", "status", "detail", "thing", "reason", "way_out"],
    "properties": {
        "type": {"type": "string", "description": "/problems/ and the name of the error"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "thing, reason and way out in one line"},
        "thing": {"type": "string", "description": "the field or object that is wrong"},
        "reason": {"type": "string"},
        "way_out": {"type": "string"},
    },
}
"""The shape of every error, for the OpenAPI document."""

STATUS: dict[type[errors.TwinError], int] = {
    errors.TwinError: 500,
    errors.InputError: 400,
    errors.UnknownFormat: 415,
    errors.UnreadableSource: 400,
    errors.EmptySource: 400,
    errors.MissingCrs: 400,
    errors.WrongCrs: 400,
    errors.InvalidWindow: 422,
    errors.InvalidValue: 422,
    errors.TooMuch: 413,
    errors.NotFound: 404,
    errors.UnknownEntity: 404,
    errors.UnknownPerson: 404,
    errors.UnknownPlace: 404,
    errors.Conflict: 409,
    errors.AccessError: 403,
    errors.NotLoggedIn: 401,
    errors.Forbidden: 403,
    errors.FolderError: 503,
    errors.NotATwin: 503,
    errors.FolderNotWritable: 503,
    errors.FolderInUse: 503,
    errors.DiskFull: 507,
    errors.PortInUse: 503,
    errors.MissingComponent: 501,
}


def problem(status: int, kind: str, thing: str, reason: str, way_out: str = "") -> Response:
    """One problem document; `kind` names the error class."""
    body = {
        "type": f"/problems/{kind}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": f"{thing}: {reason}" + (f". {way_out}" if way_out else ""),
        "thing": thing,
        "reason": reason,
        "way_out": way_out,
    }
    headers = {"WWW-Authenticate": "Bearer"} if status == 401 else {}
    return Response(orjson.dumps(body), status, headers, media_type=PROBLEM_TYPE)


def from_error(error: errors.TwinError) -> Response:
    """The problem document of one of our own errors."""
    kind = type(error)
    status = next(STATUS[base] for base in kind.__mro__ if base in STATUS)
    return problem(status, kind.__name__, error.thing, error.reason, error.way_out)


def not_logged_in(scope: Scope) -> Response:
    """What a request without a session gets: a page is led to the log-in page, all else is told so."""
    request = Request(scope)
    if request.method == "GET" and "text/html" in request.headers.get("accept", ""):
        return Response(status_code=303, headers={"Location": f"/login?next={quote(request.url.path)}"})
    return from_error(errors.NotLoggedIn("session", "you are not logged in", "Log in at /login or send a Bearer token"))


def _first_fault(error: RequestValidationError) -> tuple[str, str]:
    """Field and reason of the first fault; the value is never repeated, for it may name a person."""
    fault: dict[str, Any] = error.errors()[0]
    where = [str(part) for part in fault["loc"] if part not in ("body", "query", "path")]
    if fault["type"] == "json_invalid":
        return "body", "the body is not valid JSON"
    return ".".join(where) or "body", str(fault["msg"])


def install(app: FastAPI) -> None:
    """Give an application the one shape of errors."""

    @app.exception_handler(errors.TwinError)
    def raised_on_purpose(request: Request, error: errors.TwinError) -> Response:
        return from_error(error)

    @app.exception_handler(RequestValidationError)
    def bad_parameters(request: Request, error: RequestValidationError) -> Response:
        field, reason = _first_fault(error)
        more = len(error.errors()) - 1
        way_out = "The parameters are described at /docs" + (f"; {more} more fields are wrong" if more else "")
        return problem(422, "InvalidValue", field, reason, way_out)

    @app.exception_handler(HTTPException)
    def refused_by_the_router(request: Request, error: HTTPException) -> Response:
        if error.status_code == 404:
            return problem(404, "UnknownPath", request.url.path, "there is nothing at this path", "See /docs")
        if error.status_code == 405:
            return problem(405, "WrongMethod", request.url.path, f"{request.method} is not answered here", "See /docs")
        return problem(error.status_code, "BadRequest", request.url.path, str(error.detail))

    @app.exception_handler(Exception)
    def fault_of_ours(request: Request, error: Exception) -> Response:
        # uvicorn logs it with its trace
        return problem(500, "Fault", request.url.path, "the server met a fault of its own", "See the server's log")
