"""Tile files: a strong ETag by content, 304, the brotli twin where there is one. Nothing outside the folder."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path

from fastapi import APIRouter, Request, Response

from api.twin import Serving
from twin.errors import NotFound

router = APIRouter(tags=["tiles"])

MEDIA = {".json": "application/json", ".glb": "model/gltf-binary"}


@lru_cache(maxsize=200_000)
def _etag(path: str, mtime_ns: int, size: int) -> str:
    """Hash of a file's content; the file is read again only when its time or size has changed."""
    return hashlib.blake2b(Path(path).read_bytes(), digest_size=12).hexdigest()


def _locate(folder: Path, layer: str, path: str) -> Path:
    """The file a path names; refuses whatever would leave the layer's folder."""
    absent = NotFound(f"tile {layer}/{path}", "there is no such tile", "See the `tilesets` of /twin")
    if "\0" in layer + path or any(part.startswith(".") for part in path.split("/")):
        raise absent
    root = (folder / layer).resolve()
    file = (root / path).resolve()
    if root.parent != folder.resolve() or not file.is_relative_to(root) or not file.is_file():
        raise absent
    return file


def _matches(header: str, etag: str) -> bool:
    """Whether an If-None-Match header names this tag."""
    return header.strip() == "*" or etag in (part.strip().removeprefix("W/") for part in header.split(","))


@router.get("/tiles/{layer}/{path:path}")
def tile(layer: str, path: str, request: Request, served: Serving) -> Response:
    """One file of a tile layer."""
    file = _locate(served.tiles, layer, path)
    headers = {"Vary": "Accept-Encoding", "Cache-Control": "private, no-cache"}
    packed = file.with_name(file.name + ".br")
    if "br" in request.headers.get("accept-encoding", "") and packed.is_file():
        headers["Content-Encoding"] = "br"
        sent = packed
    else:
        sent = file
    facts = sent.stat()
    headers["ETag"] = f'"{_etag(str(sent), facts.st_mtime_ns, facts.st_size)}"'
    if _matches(request.headers.get("if-none-match", ""), headers["ETag"]):
        return Response(status_code=304, headers=headers)
    media = MEDIA.get(file.suffix, "application/octet-stream")
    return Response(sent.read_bytes(), headers=headers, media_type=media)
