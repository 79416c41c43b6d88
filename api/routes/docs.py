"""The API's own page: drawn from the OpenAPI document on the server, so that nothing comes from elsewhere."""

from __future__ import annotations

from html import escape
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from api.pages import ONLY_US

router = APIRouter(include_in_schema=False)

_STYLE = """body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1d2733}
h2{margin-top:2.5rem;border-bottom:1px solid #d5dce4}code,pre{font-family:ui-monospace,monospace;font-size:.9em}
table{border-collapse:collapse;width:100%}td,th{text-align:left;padding:.2rem .8rem .2rem 0;vertical-align:top}
.method{display:inline-block;min-width:4rem;font-weight:600;color:#1f7a8c}section{margin:1.2rem 0}"""


def _resolved(schema: dict[str, Any], document: dict[str, Any]) -> dict[str, Any]:
    name = schema.get("$ref", "").rsplit("/", 1)[-1]
    found: dict[str, Any] = document["components"]["schemas"][name] if name else schema
    return found


def _type_of(schema: dict[str, Any]) -> str:
    if "anyOf" in schema:
        return " or ".join(_type_of(each) for each in schema["anyOf"])
    if "enum" in schema:
        return " | ".join(str(value) for value in schema["enum"])
    return str(schema.get("type", schema.get("$ref", "").rsplit("/", 1)[-1]))


def _row(name: str, required: bool, schema: dict[str, Any], text: str) -> str:
    default = "required" if required else f"default {schema.get('default')!r}"
    return (
        f"<tr><td><code>{escape(name)}</code></td><td>{escape(_type_of(schema))}</td>"
        f"<td>{escape(default)}</td><td>{escape(text)}</td></tr>"
    )


def _fields(operation: dict[str, Any], document: dict[str, Any]) -> str:
    """The parameters and body fields of one operation as table rows."""
    rows = [
        _row(each["name"], each.get("required", False), each["schema"], each.get("description", ""))
        for each in operation.get("parameters", [])
    ]
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
    if body:
        model = _resolved(body, document)
        for name, schema in model.get("properties", {}).items():
            rows.append(_row(name, name in model.get("required", []), schema, schema.get("description", "")))
    return f"<table>{''.join(rows)}</table>" if rows else ""


def document_page(document: dict[str, Any]) -> str:
    """The whole page."""
    by_tag: dict[str, list[str]] = {}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            tag = (operation.get("tags") or ["other"])[0]
            by_tag.setdefault(tag, []).append(
                f'<section><span class="method">{method.upper()}</span><code>{escape(path)}</code>'
                f"<p>{escape(operation.get('description', ''))}</p>{_fields(operation, document)}</section>"
            )
    parts = "".join(f"<h2>{escape(tag)}</h2>{''.join(sections)}" for tag, sections in by_tag.items())
    title = escape(document["info"]["title"])
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title} API</title><style>{_STYLE}</style>'
        f"<h1>{title} API</h1><p>{escape(document['info']['description'])} "
        f'The document itself: <a href="/openapi.json">/openapi.json</a>.</p>{parts}</html>'
    )


@router.get("/docs")
def docs(request: Request) -> HTMLResponse:
    """Every route and its parameters."""
    return HTMLResponse(document_page(request.app.openapi()), headers=ONLY_US)
