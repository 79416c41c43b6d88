"""Files of tilesets over HTTP, as directly as ASGI allows: a page asks for hundreds at once.

Names are stable, so a browser asks again each time and is told that nothing changed (ETag by content, 304). What is
asked for under the key of a step or a moment never changes, and says so. Nothing is compressed here: the brotli twin of
a content was made when the content was.
"""

from __future__ import annotations

from pathlib import Path
from urllib.parse import parse_qs

import orjson
from anyio import to_thread
from starlette.types import Receive, Scope, Send

from api.errors import from_error, problem
from api.moments import moment_of
from api.sending import READ, File, Sender, accepts_brotli
from api.tilesets import Built, Tilesets
from tiles.archive import SUFFIX, ArchiveSource
from tiles.contents import content_hash
from tiles.landmarks import Landmarks
from tiles.layer import View
from tiles.moments import Asked
from tiles.sources import FolderSource
from tiles.tileset import ROOT_DOCUMENT
from twin.errors import NotFound, TwinError

MEDIA = {
    ".json": b"application/json",
    ".glb": b"model/gltf-binary",
    ".subtree": b"application/octet-stream",
    SUFFIX: b"application/vnd.maxar.archive.3tz+zip",
}

ASK_AGAIN = b"private, no-cache, no-transform"
FOR_GOOD = b"private, max-age=31536000, immutable, no-transform"


class TileFiles:
    """An ASGI application for everything below `/tiles`. It runs behind the gate: whoever asks has a session."""

    def __init__(self, tilesets: Tilesets, zone: str) -> None:
        self._tilesets = tilesets
        self._zone = zone
        self._sender = Sender()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["method"] not in ("GET", "HEAD"):
            await problem(405, "WrongMethod", scope["path"], f"{scope['method']} is not answered here", "Use GET")(
                scope, receive, send
            )
            return
        headers = {header: value for header, value in scope["headers"] if header in READ}
        name, _, path = scope["path"].removeprefix(scope.get("root_path", "")).lstrip("/").partition("/")
        packed = accepts_brotli(headers.get(b"accept-encoding", b"")) and b"range" not in headers
        try:
            file = await self._find(name, path, scope["query_string"], packed)
            await self._sender.send(file, scope["method"], headers, send)
        except FileNotFoundError:
            gone = NotFound(f"tile {name}/{path}", "it is not kept any more", "Load the tileset again")
            await from_error(gone)(scope, receive, send)
        except TwinError as error:
            await from_error(error)(scope, receive, send)

    async def _find(self, name: str, path: str, query: bytes, packed: bool) -> File:
        """The file of a request; only what is in memory is looked up at once, the rest by a thread."""
        if not path and name.endswith(SUFFIX):
            return await to_thread.run_sync(_archive_file, self._tilesets.folder / name, name)
        tileset = self._tilesets.opened(name)
        if tileset is None:
            tileset = await to_thread.run_sync(lambda: self._tilesets.find(name, ever=b"at=" in query))
        if isinstance(tileset, Built):
            if query and b"at=" in query and not path.startswith("@"):
                return await to_thread.run_sync(self._of_moment, tileset, name, path, query, packed)
            if path.startswith("@"):
                key, _, rest = path[1:].partition("/")
                view = await to_thread.run_sync(tileset.moments.at_key, key)
                return _built_file(tileset, view, rest, packed, FOR_GOOD)
            return _built_file(tileset, tileset.layer.view, path, packed, ASK_AGAIN)
        if isinstance(tileset, Landmarks) and path == ROOT_DOCUMENT and b"at=" in query:
            return await to_thread.run_sync(self._landmarks_of_moment, tileset, query)
        return await to_thread.run_sync(_other_file, tileset, path, packed)

    def _landmarks_of_moment(self, landmarks: Landmarks, query: bytes) -> File:
        """Their document at `?at=` and `?known_at=`; the models that it leads to never change."""
        moment = _moment_in(query, self._zone)
        data = landmarks.document_at(moment) if moment else landmarks.document()
        return File(content_hash(data), len(data), MEDIA[".json"], ASK_AGAIN, data=data)

    def _of_moment(self, tileset: Built, name: str, path: str, query: bytes, packed: bool) -> File:
        """A file at `?at=` and `?known_at=`. The root document leads to files that stay as they are."""
        key, view = tileset.at(_moment_in(query, self._zone))
        if path != ROOT_DOCUMENT:
            return _built_file(tileset, view, path, packed, ASK_AGAIN)
        data = tileset.layer.contents.read(view.files[ROOT_DOCUMENT].content)
        data = led_to(data, f"@{key}/") if key else data
        return File(content_hash(data), len(data), MEDIA[".json"], ASK_AGAIN, data=data)


def _absent(path: str) -> NotFound:
    return NotFound(f"tile {path}", "there is no such tile", "See the `tilesets` of /twin")


def _built_file(built: Built, view: View, path: str, packed: bool, caching: bytes) -> File:
    """A file of one of our layers, at one step."""
    stored = view.files.get(path)
    if stored is None:
        raise _absent(f"{built.layer.folder.name}/{path}")
    media = MEDIA.get(path[path.rfind(".") :], b"application/octet-stream")
    contents = built.layer.contents
    if packed:
        size = contents.twin_size(stored.content)
        if size is not None:
            return File(stored.content, size, media, caching, b"br", contents.twin(stored.content))
    return File(stored.content, stored.size, media, caching, b"", contents.path(stored.content))


def _other_file(tileset: FolderSource | ArchiveSource | Landmarks, path: str, packed: bool) -> File:
    """A file of a tileset that is none of our layers: in a folder, in an archive, or the landmarks'."""
    media = MEDIA.get(path[path.rfind(".") :], b"application/octet-stream")
    if isinstance(tileset, FolderSource) and not any(part.startswith(".") for part in path.split("/")):
        plain = tileset.locate(path)
        if plain is not None:
            twin = tileset.locate(path + ".br") if packed else None
            file = twin or plain
            facts = file.stat()
            tag = f"{facts.st_mtime_ns:x}-{facts.st_size:x}-{facts.st_ino:x}"
            return File(tag, facts.st_size, media, ASK_AGAIN, b"br" if twin else b"", file)
    if not isinstance(tileset, FolderSource):
        data = tileset.read(path)
        if data is not None:
            return File(content_hash(data), len(data), media, ASK_AGAIN, data=data)
    raise _absent(path)


def _archive_file(path: Path, name: str) -> File:
    """An archive as a whole, for ranges."""
    if "/" in name or name.startswith(".") or "\0" in name or not path.is_file():
        raise _absent(name)
    facts = path.stat()
    tag = f"{facts.st_mtime_ns:x}-{facts.st_size:x}-{facts.st_ino:x}"
    return File(tag, facts.st_size, MEDIA[SUFFIX], ASK_AGAIN, path=path)


def _moment_in(query: bytes, zone: str) -> Asked | None:
    """What `at` and `known_at` of a query ask for."""
    said = parse_qs(query.decode("latin-1"))
    at, known_at = (said.get(name, [None])[0] for name in ("at", "known_at"))
    return moment_of(at, known_at, zone)


def led_to(document: bytes, prefix: str) -> bytes:
    """A root document whose contents are below a prefix."""
    tileset = orjson.loads(document)
    waiting = [tileset["root"]]
    while waiting:
        tile = waiting.pop()
        if "content" in tile:
            tile["content"]["uri"] = prefix + tile["content"]["uri"]
        waiting += tile.get("children", [])
    return orjson.dumps(tileset)
