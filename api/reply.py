"""JSON answers: orjson (numpy and all), brotli or gzip where the body is big and the client takes it."""

from __future__ import annotations

import gzip
from typing import Any

import brotli
import orjson
from fastapi import Request, Response

COMPRESS_FROM = 16_384
"""Smaller bodies cost more to compress than to send."""

JSON = "application/json"


def reply(request: Request, content: Any, *, status: int = 200, media_type: str = JSON) -> Response:
    """Content as JSON, compressed where it pays."""
    body = orjson.dumps(content, option=orjson.OPT_SERIALIZE_NUMPY)
    headers = {"Cache-Control": "no-store"}
    if len(body) >= COMPRESS_FROM:
        headers["Vary"] = "Accept-Encoding"
        accepted = request.headers.get("accept-encoding", "")
        if "br" in accepted:
            body, headers["Content-Encoding"] = brotli.compress(body, quality=3), "br"
        elif "gzip" in accepted:
            body, headers["Content-Encoding"] = gzip.compress(body, 1), "gzip"
    return Response(body, status, headers, media_type=media_type)
