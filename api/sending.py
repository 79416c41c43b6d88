"""Sending a file over ASGI: ETag and 304, byte ranges, HEAD, and what was asked for last kept ready in memory."""

from __future__ import annotations

import functools
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path

from anyio import to_thread
from starlette.types import Send

HOT_BYTES = 96 << 20
"""Bytes of contents that are kept ready, those asked for last."""

READ = frozenset((b"accept-encoding", b"if-none-match", b"range", b"if-range"))
"""Request headers that matter here."""

_HOT_MOST = 4 << 20  # larger ones are read when they are asked for
_CHUNK = 1 << 18

Headers = list[tuple[bytes, bytes]]
Asked = dict[bytes, bytes]
Head = tuple[int, Headers]
Part = tuple[int, int] | tuple[()] | None


@dataclass(frozen=True, slots=True)
class File:
    """What is sent: where it is read from, how long it is, what stands for its bytes.

    coding  the content coding in which it lies there, empty: as it is
    """

    tag: str
    size: int
    media: bytes
    caching: bytes
    coding: bytes = b""
    path: Path | None = None
    data: bytes | None = None


class Sender:
    """Sends files. One object serves one event loop."""

    def __init__(self) -> None:
        self._hot: OrderedDict[tuple[str, bytes], bytes] = OrderedDict()
        self._hot_bytes = 0

    async def send(self, file: File, method: str, asked: Asked, send: Send) -> None:
        """Answer a GET or HEAD for a file; `asked` are the request's headers in `READ`."""
        tag = f'"{file.tag}{".br" if file.coding else ""}"'.encode()
        headers: Headers = [
            (b"etag", tag),
            (b"cache-control", file.caching),
            (b"vary", b"Accept-Encoding"),
            (b"accept-ranges", b"bytes"),
            (b"x-content-type-options", b"nosniff"),
        ]
        known = asked.get(b"if-none-match")
        if known is not None and names_tag(known, file.tag):
            await _answer(send, 304, headers)
            return
        headers.append((b"content-type", file.media))
        if file.coding:
            headers.append((b"content-encoding", file.coding))
        part: Part = None
        if method == "GET" and b"range" in asked and asked.get(b"if-range", tag) == tag:
            part = byte_range(asked[b"range"], file.size)
        if part == ():
            unmet = [(b"content-range", b"bytes */%d" % file.size), (b"content-length", b"0")]
            await _answer(send, 416, headers + unmet)
            return
        start, end = part or (0, file.size)
        if part:
            headers.append((b"content-range", b"bytes %d-%d/%d" % (start, end - 1, file.size)))
        headers.append((b"content-length", b"%d" % (end - start)))
        if method == "HEAD":
            await _answer(send, 200, headers)
            return
        await self._body(file, (start, end), (206 if part else 200, headers), send)

    async def _body(self, file: File, span: tuple[int, int], head: Head, send: Send) -> None:
        data = file.data if file.data is not None else self._warm(file)
        if data is None and file.size <= _HOT_MOST:
            data = await to_thread.run_sync(_read, file)
            self._keep(file, data)
        if data is not None:
            await _answer(send, *head, data[slice(*span)])
            return
        await _stream(file, span, head, send)

    def _warm(self, file: File) -> bytes | None:
        key = (file.tag, file.coding)
        data = self._hot.get(key)
        if data is not None:
            self._hot.move_to_end(key)
        return data

    def _keep(self, file: File, data: bytes) -> None:
        if (file.tag, file.coding) in self._hot:
            return
        self._hot[(file.tag, file.coding)] = data
        self._hot_bytes += len(data)
        while self._hot_bytes > HOT_BYTES:
            _, old = self._hot.popitem(last=False)
            self._hot_bytes -= len(old)


async def _answer(send: Send, status: int, headers: Headers, body: bytes = b"") -> None:
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def _stream(file: File, span: tuple[int, int], head: Head, send: Send) -> None:
    """A large file, piece by piece."""
    assert file.path is not None
    start, end = span
    opened = await to_thread.run_sync(functools.partial(open, file.path, "rb"))
    try:
        await send({"type": "http.response.start", "status": head[0], "headers": head[1]})
        await to_thread.run_sync(opened.seek, start)
        while start < end:
            piece = await to_thread.run_sync(opened.read, min(_CHUNK, end - start))
            start += len(piece)
            if not piece:
                raise OSError(f"{file.path} became shorter while it was sent")
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b""})
    finally:
        opened.close()


def _read(file: File) -> bytes:
    assert file.path is not None
    return file.path.read_bytes()


def names_tag(header: bytes, tag: str) -> bool:
    """Whether an If-None-Match header names a content, in whichever coding."""
    names = [part.strip().removeprefix(b"W/").strip(b'"').removesuffix(b".br") for part in header.split(b",")]
    return tag.encode() in names or header.strip() == b"*"


def accepts_brotli(header: bytes) -> bool:
    """Whether an Accept-Encoding header takes brotli."""
    if b"br" not in header:
        return False
    for part in header.split(b","):
        coding, _, quality = part.strip().partition(b";")
        if coding.strip().lower() == b"br":
            return quality.replace(b" ", b"").lower() not in (b"q=0", b"q=0.0", b"q=0.00", b"q=0.000")
    return False


def byte_range(header: bytes, size: int) -> Part:
    """A Range header to (start, end), end not included; (): it lies outside; None: it is to be ignored.

    Several ranges at once are answered with the whole, as HTTP allows.
    """
    unit, _, wanted = header.partition(b"=")
    first, dash, last = wanted.strip().partition(b"-")
    if unit.strip().lower() != b"bytes" or not dash or b"," in wanted:
        return None
    if not all(part.strip().isdigit() or not part.strip() for part in (first, last)) or not (first + last).strip():
        return None
    if not first.strip():
        length = int(last)
        return (max(size - length, 0), size) if length and size else ()
    start = int(first)
    end = min(int(last) + 1, size) if last.strip() else size
    if last.strip() and int(last) < start:
        return None
    return (start, end) if start < size else ()
